"""Measure an index in Milvus beside the same one on this machine: size, writing, answers, time.

``python benchmarks/milvus.py FOLDER QUERIES ITEMS [URI]`` makes ITEMS items out of the measures of a folder of plans
(each of a half of two measures, with a vector between theirs, so that no two are equal), builds both indexes of them in
a temporary folder, and asks the questions of a file of judged queries. Without URI it writes a Milvus Lite file.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from plansearch.building import passage
from plansearch.collection import read_collection
from plansearch.encoders import load_encoder
from plansearch.evaluation import read_judged_queries
from plansearch.index import PlanIndex
from plansearch.remote import RemoteIndex, StoreAddress, build_remote_from
from plansearch.results import SearchResult
from plansearch.retrieval import search
from plansearch.retrieval.remote import search_remote
from plansearch.store.milvus import Milvus
from plansearch.types import Encoder, FloatMatrix, Plan, PlanItem, Progress

ITEMS_PER_PLAN = 50
NOISE = 0.35
"""Length of what is added to a vector at random: two measures of one subject are about so far apart."""


class MixedEncoder:
    """Takes questions to the real model; knows the vectors of the mixed texts."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: dict[str, FloatMatrix] = {}
        self.name = f"mixed {encoder.name}"
        self.dimension = encoder.dimension

    def know(self, text: str, vector: FloatMatrix) -> None:
        """Remember the vector of a text."""
        self._vectors[text] = vector

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of texts that are known, and of the program's own examples."""
        if all(text in self._vectors for text in texts):
            return np.stack([self._vectors[text] for text in texts])
        return self._encoder.encode_passages(texts, progress)


def mixed_plans(plans: Sequence[Plan], count: int, encoder: Encoder) -> tuple[list[Plan], MixedEncoder]:
    """Plans with so many items."""
    items = [item for plan in plans for item in plan.items]
    vectors = encoder.encode_passages([passage(item) for item in items])
    mixed, random = MixedEncoder(encoder), np.random.default_rng(7)
    made: list[PlanItem] = []
    for number in range(count):
        first, second = random.integers(len(items), size=2)
        one, other = items[first].text, items[second].text
        text = f"{one[: max(8, len(one) // 2)]}；{other[len(other) // 2 :]}（{number}）"
        item = replace(items[first], text=text)
        vector = 0.6 * vectors[first] + 0.4 * vectors[second]
        vector = vector + NOISE * random.normal(size=len(vector)) / np.sqrt(len(vector))
        mixed.know(passage(item), (vector / np.linalg.norm(vector)).astype(np.float32))
        made.append(item)
    some = [plans[number % len(plans)] for number in range(-(-count // ITEMS_PER_PLAN))]
    return [
        replace(
            plan,
            name=f"{number:06d}.txt",
            sha256=str(number),
            items=tuple(made[number * ITEMS_PER_PLAN : (number + 1) * ITEMS_PER_PLAN]),
        )
        for number, plan in enumerate(some)
    ], mixed


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def agreement(local: SearchResult, distant: SearchResult) -> float:
    """Part of the first ten that two answers share."""
    first, second = ({hit.found.id for hit in result.hits} for result in (local, distant))
    return len(first & second) / max(len(first), len(second)) if first or second else 1.0


def main(folder: Path, queries: Path, count: int, uri: str | None) -> None:
    """Print the table."""
    plans, encoder = mixed_plans(read_collection(folder).plans, count, load_encoder(None))
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        PlanIndex.build_from(plans, (), work / "local", encoder=encoder)  # also fills the cache of vectors
        address = StoreAddress(uri or str(work / "milvus.db"), os.environ.get("PLANSEARCH_STORE_TOKEN"), name="bench")
        milvus = Milvus.connect(address)
        for label, some in (("first build", plans[:-2]), ("100 items more", plans)):
            began = time.monotonic()
            build_remote_from(some, (), milvus, work / "local", encoder=encoder)
            seconds = time.monotonic() - began
            print(f"{label}: {seconds:.1f} s, {sum(len(one.items) for one in some) / seconds:.0f} items/s of all")
        milvus.close()
        index, cache = size(work / "local" / "gen-000001"), size(work / "local" / "vectors.sqlite")
        print(f"bytes an item here: index {index / count:.0f}, cache of vectors {cache / count:.0f}")
        if uri is None:
            print(f"bytes an item in the file: {size(work / 'milvus.db') / count:.0f}")
        texts = [one.query for one in read_judged_queries(queries)]
        with (
            PlanIndex.open(work / "local", encoder=encoder) as local,
            RemoteIndex.open(address, encoder=encoder) as far,
        ):
            here, there, shared = [], [], []
            for text in texts:
                began = time.monotonic()
                first = search(local, text)
                middle = time.monotonic()
                second = search_remote(far, text)
                here.append(middle - began)
                there.append(time.monotonic() - middle)
                shared.append(agreement(first, second))
        print(f"first ten shared: {sum(shared) / len(shared):.3f}, worst {min(shared):.1f}, of {len(shared)} questions")
        for label, times in (("local", here), ("Milvus", there)):
            print(f"{label}: median {median(times) * 1000:.0f} ms, 95 % {quantiles(times, n=20)[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    plans_folder, questions, items, *uris = sys.argv[1:]
    main(Path(plans_folder), Path(questions), int(items), uris[0] if uris else None)
