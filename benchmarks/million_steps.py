"""The steps of `million.py` and what each tells; every one runs in a process of its own (`measuring.py`).

python benchmarks/million_steps.py --step build FOLDER --items 10000
"""

from __future__ import annotations

import argparse
import inspect
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from measuring import Memory, size_of, tell, timed, use_one_core
from synthetic import Kept, filters_keeping, queries, synthetic_plans
from synthetic_encoder import SyntheticEncoder

from plansearch import PlanIndex, search
from plansearch.background import PROBES, example_measures
from plansearch.building import passage
from plansearch.encoders import load_encoder
from plansearch.errors import EncoderError
from plansearch.results import Filters, SearchResult
from plansearch.store.layout import VECTOR_CACHE, current_generation
from plansearch.store.vectors import VectorCache, text_hash
from plansearch.types import Plan

HITS: Final = 10
WARMING: Final = 30
"""Questions asked before time is taken; every filter is among them."""
EMBEDDED_AT_ONCE: Final = 4096
SAME_SCORE: Final = 1e-5
"""Log odds by which two items may differ and still share a place."""
COMMON: Final = "common.npy"
"""Mean vectors of the bundled model, around which the synthetic ones lie."""
MODEL: Final = "model.txt"
"""The name under which they are kept."""
QUESTIONS: Final = "questions.txt"
"""Written beforehand: what makes them holds a dictionary that a question needs not."""
MOST_QUESTIONS: Final = 2000


@dataclass(frozen=True, slots=True)
class Preparation:
    """Making texts and vectors, before anything is built."""

    plans_seconds: float
    vectors_seconds: float
    """Of the stand-in and of writing them to the cache."""
    texts: int


@dataclass(frozen=True, slots=True)
class Building:
    """One build from cached vectors."""

    seconds: float
    embedded: int
    peak: float
    """Memory in megabytes, with the plans that are indexed."""
    plans_memory: float
    """Memory in megabytes before it began, which is the plans."""
    size: float
    """Of the index without the vector cache, in megabytes."""
    cache: float
    """Of the vector cache, in megabytes."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening an index; memory in megabytes."""

    seconds: float
    before: float
    resident: float
    anonymous: float


@dataclass(frozen=True, slots=True)
class Asking:
    """Warm questions under filters that keep one share; times in milliseconds, memory in megabytes."""

    share: float
    """What was asked for."""
    kept: float
    """What the filters really keep, on average, of items that may answer."""
    n: int
    median: float
    p99: float
    slowest: float
    first_with_filter: float
    """Median of the first question under each filter."""
    resident: float
    anonymous: float
    with_hits: float
    """Share of the questions that are answered."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How much of the exact answer is found, on average of the questions that have one."""

    share: float
    n: int
    recall: float
    worst: float
    exact_median: float
    """Milliseconds of the exact search; of the search itself where it is exact."""
    is_exact: bool
    """Whether search knows no other way, so that there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The bundled engine alone."""

    median: float
    """Milliseconds for a question, 0 where it is not installed."""
    resident: float
    """Megabytes of a process that has it and this script loaded, and no index."""


def vectors(asked: argparse.Namespace) -> list[Preparation]:
    """Put the vectors of all texts into the cache, and remove an index that is there."""
    shutil.rmtree(asked.folder / "hundred", ignore_errors=True)
    for generation in (asked.folder / "index").glob("gen-*"):
        shutil.rmtree(generation)
    started = perf_counter()
    plans = list(synthetic_plans(asked.items))
    # by their keys, since a table that grows at its end is written much faster
    texts = sorted({passage(item) for plan in plans for item in plan.items}, key=text_hash)
    made = perf_counter()
    directory = asked.folder / "index"
    directory.mkdir(parents=True, exist_ok=True)
    (asked.folder / QUESTIONS).write_text("\n".join(queries(WARMING + MOST_QUESTIONS)), encoding="utf-8")
    encoder = encoder_of(asked.folder)
    with VectorCache(directory / VECTOR_CACHE) as cache:
        missing = cache.missing(encoder.name, texts)
        for start in range(0, len(missing), EMBEDDED_AT_ONCE):
            batch = missing[start : start + EMBEDDED_AT_ONCE]
            cache.add(encoder.name, batch, encoder.encode_passages(batch))
    return [Preparation(made - started, perf_counter() - made, len(texts))]


def build(asked: argparse.Namespace) -> list[Building]:
    """Build an index, with what the cache knows."""
    plans: list[Plan] = list(synthetic_plans(asked.items))
    encoder, before = encoder_of(asked.folder), Memory.now()
    started = perf_counter()
    directory = asked.folder / "index"
    report = PlanIndex.build_from(plans, (), directory, encoder=encoder)
    took = perf_counter() - started
    cache = (directory / VECTOR_CACHE).stat().st_size / 1e6
    size = size_of(current_generation(directory))
    return [Building(took, report.embedded, Memory.now().peak, before.resident, size, cache)]


def open_index(asked: argparse.Namespace) -> list[Opening]:
    """Open an index."""
    use_one_core()
    before, started = Memory.now(), perf_counter()
    with PlanIndex.open(asked.folder / "index"):
        took, after = perf_counter() - started, Memory.now()
    return [Opening(took, before.resident, after.resident, after.anonymous)]


def ask(asked: argparse.Namespace) -> list[Asking]:
    """Ask warm questions."""
    use_one_core()
    with PlanIndex.open(asked.folder / "index", encoder=encoder_of(asked.folder)) as index:
        kept, share = filters_of(index, asked.share)
        answer = partial(answer_of, index)
        questions = questions_of(asked)
        warming = [partial(answer, query, kept[place % len(kept)]) for place, query in enumerate(questions[:WARMING])]
        first = timed(warming[: len(kept)], asked.budget)
        timed(warming[len(kept) :], asked.budget / 2, at_least=0)
        found: list[SearchResult] = []
        calls = [
            partial(_collected, found, partial(answer, query, kept[place % len(kept)]))
            for place, query in enumerate(questions[WARMING:])
        ]
        times = timed(calls, asked.budget)
        memory = Memory.now()
    answered = sum(bool(result.hits) for result in found) / len(found)
    return [
        Asking(
            asked.share, share, times.n, times.median, times.p99, times.slowest, first.median,
            memory.resident, memory.anonymous, answered,
        )
    ]  # fmt: skip


def recall(asked: argparse.Namespace) -> list[Recall]:
    """Compare with the exact answer."""
    use_one_core()
    can_compare = "exhaustive" in inspect.signature(search).parameters
    with PlanIndex.open(asked.folder / "index", encoder=encoder_of(asked.folder)) as index:
        kept, _ = filters_of(index, asked.share)
        exact: list[tuple[str, Kept, SearchResult]] = []

        def answer(query: str, one: Kept) -> None:
            exact.append((query, one, (exhaustive_of if can_compare else answer_of)(index, query, one)))

        calls = [
            partial(answer, query, kept[place % len(kept)]) for place, query in enumerate(questions_of(asked)[WARMING:])
        ]
        times = timed(calls, asked.budget)
        parts = [
            part_found(answer_of(index, query, one), result)
            for query, one, result in exact
            if result.hits and can_compare
        ]
    found, worst = float(np.mean(parts or [1])), min(parts, default=1.0)
    return [Recall(asked.share, len(parts), found, worst, times.median, not can_compare)]


def engine(asked: argparse.Namespace) -> list[Engine]:
    """Embed questions with the bundled engine."""
    use_one_core()
    try:
        encoder = load_encoder()
    except EncoderError:
        return [Engine(0.0, 0.0)]
    calls = [partial(encoder.encode_queries, [query]) for query in questions_of(asked)[WARMING:]]
    timed(calls, 1.0)
    times = timed(calls, asked.budget)
    return [Engine(times.median, Memory.now().resident)]


def encoder_of(folder: Path) -> SyntheticEncoder:
    """The stand-in, under the bundled model's name and around its mean vectors where that is installed.

    So the command line can ask the index through the real engine, at real cost. It is loaded the first time only.
    """
    if not (folder / MODEL).exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            bundled = load_encoder()
        except EncoderError:
            return SyntheticEncoder()
        passages, questions = bundled.encode_passages(example_measures()), bundled.encode_queries(PROBES)
        np.save(folder / COMMON, np.stack([passages.mean(axis=0), questions.mean(axis=0)]))
        (folder / MODEL).write_text(bundled.name, encoding="utf-8")
    return SyntheticEncoder((folder / MODEL).read_text(encoding="utf-8"), np.load(folder / COMMON))


def questions_of(asked: argparse.Namespace) -> list[str]:
    """Those to warm up with, then as many as are asked for."""
    path: Path = asked.folder / QUESTIONS
    return path.read_text(encoding="utf-8").split("\n")[: WARMING + min(asked.queries, MOST_QUESTIONS)]


def filters_of(index: PlanIndex, share: float) -> tuple[list[Kept], float]:
    """Filters that keep about a share of the items, and what they really keep of the items that may answer."""
    if share >= 1:
        return [Kept(Filters(), 1.0)], 1.0
    kept = filters_keeping(((plan.metadata, plan.items) for plan in index.plans), share)
    whole = len(index.catalog.allowed(Filters()))
    return list(kept), float(np.mean([len(index.catalog.allowed(one.filters)) / whole for one in kept]))


def answer_of(index: PlanIndex, query: str, kept: Kept) -> SearchResult:
    """The answer as everybody gets it."""
    return search(index, query, limit=HITS, filters=kept.filters)


def exhaustive_of(index: PlanIndex, query: str, kept: Kept) -> SearchResult:
    """The answer after looking at every item."""
    exhaustive: Callable[..., SearchResult] = search
    return exhaustive(index, query, limit=HITS, filters=kept.filters, exhaustive=True)


def part_found(answer: SearchResult, exact: SearchResult) -> float:
    """How much of the exact answer another one has; an item as good as its last is as good."""
    wanted = {hit.found.id for hit in exact.hits}
    least = exact.hits[-1].score - SAME_SCORE
    found = sum(hit.found.id in wanted or hit.score >= least for hit in answer.hits)
    return min(1.0, found / len(wanted))


def _collected(results: list[SearchResult], call: Callable[[], SearchResult]) -> None:
    results.append(call())


def main() -> None:
    """Run one step and tell what it measured."""
    steps: dict[str, Callable[[argparse.Namespace], Sequence[object]]] = {
        "vectors": vectors,
        "build": build,
        "open": open_index,
        "ask": ask,
        "recall": recall,
        "engine": engine,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", choices=steps, required=True)
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--budget", type=float, default=60.0)
    asked = parser.parse_args()
    tell(steps[asked.step](asked))


if __name__ == "__main__":
    main()
