"""How long duplicates and gaps take in indexes of up to a hundred thousand items, and how many pairs they find.

    python benchmarks/pairs_at_scale.py FOLDER [--items 1000 10000 100000] [--recall 10000]

The indexes are made of `synthetic.py`'s plans in FOLDER/<items>; one that is there already is used. Every measurement
runs in a process of its own, with as many threads as the machine has cores. Where ``--recall`` is given, the pairs that
are found in an index of so many items are held against those of an exhaustive search, which looks at all pairs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from measuring import Memory
from synthetic import SyntheticEncoder, synthetic_plans

from plansearch.duplicates import LOWEST_THRESHOLD, find_duplicates
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.matching import COPY_THRESHOLD, SAME_THRESHOLD, Matcher, Pairs, alike_pairs, candidates
from plansearch.results import Filters

SIZES: Final = (1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """One question to one index."""

    name: str
    items: int
    seconds: float
    peak: float
    """Megabytes, of which the index's mapped files are a part."""
    found: str


def ask_duplicates(index: PlanIndex) -> str:
    """All pairs of all items."""
    found = find_duplicates(index)
    return (
        f"{len(found.pairs):,} pairs ({len(found.of('copy')):,} copies), {len(found.groups):,} groups, "
        f"{found.unlisted:,} pairs unlisted, {found.crowded:,} items crowded"
    )


def ask_duplicates_of_one(index: PlanIndex) -> str:
    """All pairs that one agency has a part in."""
    found = find_duplicates(index, agencies=[index.plans[0].plan])
    return f"{len(found.pairs):,} pairs"


def ask_gaps(index: PlanIndex) -> str:
    """One agency against those of its type."""
    return _gaps(index, ())


def ask_gaps_of_all(index: PlanIndex) -> str:
    """One agency against all others."""
    return _gaps(index, ("all",))


def _gaps(index: PlanIndex, peers: tuple[str, ...]) -> str:
    found = find_gaps(index, index.plans[0].plan, peers=peers)
    measures = len(found.of("measure"))
    return f"{measures:,} measures missing, {found.covered:,} there, of {len(found.peers.agencies):,} peers"


STEPS: Final[dict[str, Callable[[PlanIndex], str]]] = {
    "duplicates": ask_duplicates,
    "duplicates of one agency": ask_duplicates_of_one,
    "gaps, peers of one type": ask_gaps,
    "gaps, all peers": ask_gaps_of_all,
}


def build(folder: Path, n_items: int) -> None:
    """Make an index of so many items, unless it is there."""
    if not (folder / "CURRENT").exists():
        PlanIndex.build_from(list(synthetic_plans(n_items)), (), folder, encoder=SyntheticEncoder())


def run(folder: Path, name: str) -> None:
    """Ask one question and print what it took as JSON."""
    with PlanIndex.open(folder, encoder=SyntheticEncoder()) as index:
        started = perf_counter()
        found = STEPS[name](index)
        seconds = perf_counter() - started
        print("\n" + json.dumps(asdict(Measured(name, len(index), seconds, Memory.now().peak, found))))


def measure(folder: Path, name: str) -> Measured:
    """Ask one question in a process of its own."""
    command = [sys.executable, __file__, str(folder), "--step", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def recall(folder: Path) -> None:
    """Print how many of all pairs are found where only likely ones are looked at."""
    with PlanIndex.open(folder, encoder=SyntheticEncoder()) as index:
        matcher = Matcher(index, index.catalog.allowed(Filters()))
        few = alike_pairs(matcher, LOWEST_THRESHOLD)
        limit = candidates.ALL_PAIRS_LIMIT
        candidates.ALL_PAIRS_LIMIT = len(matcher)  # type: ignore[misc]
        every = alike_pairs(matcher, LOWEST_THRESHOLD)
        candidates.ALL_PAIRS_LIMIT = limit  # type: ignore[misc]
    found = np.isin(_keys(every, len(matcher)), _keys(few, len(matcher)))
    copied, same = every.likeness.copied >= COPY_THRESHOLD, every.likeness.same >= SAME_THRESHOLD
    print("\n| pairs | of all | found | recall |\n| --- | ---: | ---: | ---: |")
    for name, kind in (("copy", copied), ("same or copy", same | copied), ("same, no copy", same & ~copied)):
        print(f"| {name} | {kind.sum():,} | {(found & kind).sum():,} | {found[kind].mean():.4f} |")
    print(f"\n{few.stands_for.sum():,} pairs are counted without being listed, {few.crowded:,} items are crowded.")


def _keys(pairs: Pairs, n_items: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return pairs.first * n_items + pairs.second


def main() -> None:
    """Measure all sizes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, nargs="+", default=SIZES)
    parser.add_argument("--recall", type=int)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step is not None:
        run(options.folder, options.step)
        return
    print("| | items | seconds | peak MB | found |\n| --- | ---: | ---: | ---: | --- |")
    for n_items in options.items:
        folder = options.folder / str(n_items)
        build(folder, n_items)
        for name in STEPS:
            one = measure(folder, name)
            print(f"| {one.name} | {one.items:,} | {one.seconds:.1f} | {one.peak:,.0f} | {one.found} |", flush=True)
    if options.recall is not None:
        folder = options.folder / str(options.recall)
        build(folder, options.recall)
        recall(folder)


if __name__ == "__main__":
    main()
