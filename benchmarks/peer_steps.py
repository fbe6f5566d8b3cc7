"""The steps of `peers.py`: one system builds, starts and answers, in a process of its own.

    python benchmarks/peer_steps.py --step ask --system lancedb FOLDER

The interpreter needs the system alone: of plansearch nothing is imported where another system runs. All get the same
tokens, vectors and questions, which lie in FOLDER.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from measuring import MEGABYTE, Memory, size_of, tell, timed, use_one_core

HITS: Final = 10
WARMING: Final = 20
CELLS_FROM: Final = 50_000
"""Vectors from which on LanceDB gets a vector index; before it, its search of all of them is as fast, and exact."""

Answer = Callable[[int], "list[int]"]
"""Positions of the items that answer the question of a number, best first."""
FilteredAnswer = Callable[[int, str], "list[int]"]
"""The same of one city."""


@dataclass(frozen=True, slots=True)
class Built:
    """A build from given vectors and tokens."""

    seconds: float
    size: float
    """Of what questions need, in megabytes."""
    whole: float
    """With what the next build needs: plansearch's vector cache."""
    peak: float
    """Most memory, in megabytes, with the texts and vectors that were given."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Starting, and warm questions; times in milliseconds, memory in megabytes."""

    start_seconds: float
    """Importing and opening."""
    first: float
    n: int
    median: float
    p99: float
    filtered_median: float
    """Under a filter on one city; -1 where the system ranks first and filters what is left."""
    filtered_p99: float
    resident: float


@dataclass(frozen=True)
class Given:
    """What all systems are given."""

    folder: Path

    def _lines(self, name: str) -> list[str]:
        return (self.folder / f"{name}.txt").read_text(encoding="utf-8").split("\n")

    @cached_property
    def tokens(self) -> list[str]:
        """Of each item, joined by spaces."""
        return self._lines("tokens")

    @cached_property
    def cities(self) -> list[str]:
        """Of each item."""
        return self._lines("cities")

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """Of each item, ``(n_items, 384)``."""
        vectors: npt.NDArray[np.float32] = np.load(self.folder / "vectors.npy", mmap_mode="r")
        return vectors

    @cached_property
    def questions(self) -> list[str]:
        """As people write them."""
        return self._lines("questions")

    @cached_property
    def question_tokens(self) -> list[str]:
        """Of each question, joined by spaces."""
        return self._lines("question_tokens")

    @cached_property
    def question_vectors(self) -> npt.NDArray[np.float32]:
        """Of each question."""
        vectors: npt.NDArray[np.float32] = np.load(self.folder / "question_vectors.npy")
        return vectors


@dataclass(frozen=True, slots=True)
class System:
    """How one system builds and opens."""

    build: Callable[[Given, Path], float]
    """Returns the seconds that it took, without imports and without reading what is given."""
    start: Callable[[Given, Path], Any]
    """Import and open."""
    asking: Callable[[Given, Any], tuple[Answer, FilteredAnswer | None]]
    """Ways to ask what `start` gave."""


def build_txtai(given: Given, directory: Path) -> float:
    """Its default index for so many vectors (FAISS), its BM25 in SQLite, the same weight for both."""
    from txtai import Embeddings

    row = {tokens: number for number, tokens in enumerate(given.tokens)}
    scoring = {"method": "bm25", "terms": True, "normalize": True, "tokenizer": {"whitespace": True}}
    vectors, started = given.vectors, perf_counter()
    embeddings = Embeddings(
        method="external", transform=lambda texts: vectors[[row[text] for text in texts]], hybrid=True, scoring=scoring
    )
    embeddings.index((number, tokens, None) for number, tokens in enumerate(given.tokens))
    embeddings.config["transform"] = None  # a function can't be saved
    embeddings.save(str(directory))
    return perf_counter() - started


def start_txtai(given: Given, directory: Path) -> Any:  # noqa: ANN401  has no types
    """Load it; questions get their vectors from those that are given."""
    from txtai import Embeddings

    row = {tokens: number for number, tokens in enumerate(given.question_tokens)}
    vectors = given.question_vectors
    embeddings = Embeddings()
    embeddings.load(str(directory), config={"transform": lambda texts: vectors[[row[text] for text in texts]]})
    return embeddings


def ask_txtai(given: Given, embeddings: Any) -> tuple[Answer, FilteredAnswer | None]:  # noqa: ANN401
    """Hybrid search. Its filters are SQL over what was found, so that few or no hits may be left."""
    return lambda number: [place for place, _ in embeddings.search(given.question_tokens[number], HITS)], None


def build_lancedb(given: Given, directory: Path) -> float:
    """Full-text index over the tokens; vectors in cells where there are many, as txtai has them."""
    import lancedb
    import pyarrow as pa

    tokens, cities, vectors, started = given.tokens, given.cities, given.vectors, perf_counter()
    data = pa.table(
        {
            "place": pa.array(range(len(tokens)), pa.int64()),
            "tokens": tokens,
            "city": cities,
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(np.ravel(vectors)), vectors.shape[1]),
        }
    )
    table = lancedb.connect(directory).create_table("items", data)
    table.create_fts_index(
        "tokens",
        base_tokenizer="whitespace",
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        lower_case=False,
    )
    table.create_scalar_index("city", index_type="BITMAP")
    if len(tokens) >= CELLS_FROM:
        table.create_index(metric="cosine", vector_column_name="vector", index_type="IVF_FLAT")
    return perf_counter() - started


def start_lancedb(given: Given, directory: Path) -> Any:  # noqa: ANN401, ARG001  has no types
    """Open the table."""
    import lancedb

    return lancedb.connect(directory).open_table("items")


def ask_lancedb(given: Given, table: Any) -> tuple[Answer, FilteredAnswer | None]:  # noqa: ANN401
    """Hybrid search with its own fusion (reciprocal ranks); filters run before it."""

    def query(number: int) -> Any:  # noqa: ANN401
        asked = table.search(query_type="hybrid").vector(given.question_vectors[number])
        return asked.text(given.question_tokens[number]).distance_type("cosine").limit(HITS).select(["place"])

    def places(query: Any) -> list[int]:  # noqa: ANN401
        found: list[int] = query.to_arrow()["place"].to_pylist()
        return found

    return lambda number: places(query(number)), lambda number, city: places(query(number).where(f"city = '{city}'"))


def build_plansearch(given: Given, directory: Path) -> float:
    """The same plans; it cuts the texts into tokens itself, and its vector cache has all vectors."""
    from million_steps import encoder_of
    from synthetic import synthetic_plans

    from plansearch import PlanIndex

    plans = list(synthetic_plans(len(given.tokens)))
    encoder, started = encoder_of(given.folder), perf_counter()
    PlanIndex.build_from(plans, (), directory, encoder=encoder)
    return perf_counter() - started


def start_plansearch(given: Given, directory: Path) -> Any:  # noqa: ANN401, ARG001  as the others
    """Open the index."""
    from plansearch import PlanIndex

    return PlanIndex.open(directory)


def ask_plansearch(given: Given, index: Any) -> tuple[Answer, FilteredAnswer | None]:  # noqa: ANN401
    """Search as everybody does: with synonyms, feedback, folding of copies, and the items themselves."""
    from million_steps import encoder_of

    from plansearch import Filters, PlanIndex, search

    index.close()
    index = PlanIndex.open(index.directory, encoder=encoder_of(given.folder))

    def answer(number: int, filters: Filters) -> list[int]:
        result = search(index, given.questions[number], limit=HITS, filters=filters)
        return [index.catalog.position(hit.found.id) for hit in result.hits]

    return lambda number: answer(number, Filters()), lambda number, city: answer(number, Filters(cities=(city,)))


SYSTEMS: Final = {
    "plansearch": System(build_plansearch, start_plansearch, ask_plansearch),
    "txtai": System(build_txtai, start_txtai, ask_txtai),
    "lancedb": System(build_lancedb, start_lancedb, ask_lancedb),
}


def build(system: str, folder: Path) -> list[Built]:
    """Build from what is given."""
    use_one_core()
    directory = directory_of(system, folder)
    if system != "plansearch":
        shutil.rmtree(directory, ignore_errors=True)
    took = SYSTEMS[system].build(Given(folder), directory)
    whole = size_of(directory)
    if system == "plansearch":
        # its cache of vectors was there before, as in any build but the first
        generation = directory / (directory / "CURRENT").read_text(encoding="utf-8").strip()
        cache = (directory / "vectors.sqlite").stat().st_size / MEGABYTE
        return [Built(took, size_of(generation), size_of(generation) + cache, Memory.now().peak)]
    return [Built(took, whole, whole, Memory.now().peak)]


def ask(system: str, folder: Path, budget: float) -> list[Asked]:
    """Start, then ask questions one after another."""
    use_one_core()
    given = Given(folder)
    city, n_questions = given.cities[0], len(given.question_vectors)
    given.__dict__.pop("cities")
    _ = given.questions, given.question_tokens
    started = perf_counter()
    opened = SYSTEMS[system].start(given, directory_of(system, folder))
    took = perf_counter() - started
    answer, filtered = SYSTEMS[system].asking(given, opened)
    calls = [partial(answer, number) for number in range(n_questions)]
    first = timed(calls[:1], budget)
    timed(calls[1:WARMING], budget)
    times = timed(calls[WARMING:], budget)
    narrow = None
    if filtered is not None:
        calls = [partial(filtered, number, city) for number in range(n_questions)]
        timed(calls[:WARMING], budget)
        narrow = timed(calls[WARMING:], budget)
    return [
        Asked(
            took, first.median, times.n, times.median, times.p99,
            narrow.median if narrow else -1, narrow.p99 if narrow else -1, Memory.now().resident,
        )
    ]  # fmt: skip


def directory_of(system: str, folder: Path) -> Path:
    """Where a system keeps its files."""
    return folder / ("index" if system == "plansearch" else system)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one step and tell what it measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", choices=("build", "ask"), required=True)
    parser.add_argument("--system", choices=SYSTEMS, required=True)
    parser.add_argument("--budget", type=float, default=60.0)
    asked = parser.parse_args(arguments)
    if asked.step == "build":
        tell(build(asked.system, asked.folder))
    else:
        tell(ask(asked.system, asked.folder, asked.budget))


if __name__ == "__main__":
    main()
