"""How time and memory grow from a thousand items to a million: a table, a picture, and what is worse than linear.

    python benchmarks/growth.py FOLDER [--items 1000 10000 100000 1000000] [--queries 200] [--budget 60]

Every size is measured as `million.py` does it, in FOLDER/<items>; what is measured there already is read. The picture
goes to FOLDER/growth.png and FOLDER/growth.svg. Between two sizes, the exponent is that of the items to which a figure
grew: 1 is linear, 0 is none. The exit code says whether any figure grew worse than linearly.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Final

import matplotlib as mpl
from million import Measured, measure

mpl.use("Agg")
from matplotlib import pyplot as plt

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
TOLERANCE: Final = 0.05
"""Of an exponent beyond 1 that a busy machine can make."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is followed from size to size."""

    name: str
    unit: str
    of: Callable[[Measured], float]


FIGURES: Final = (
    Figure("query p50, no filter", "ms", lambda one: one.asked[0].median),
    Figure("query p99, no filter", "ms", lambda one: one.asked[0].p99),
    Figure("query p50, filter keeps 1 %", "ms", lambda one: one.asked[1].median),
    Figure("query p99, filter keeps 1 %", "ms", lambda one: one.asked[1].p99),
    Figure("query p50, filter keeps 90 %", "ms", lambda one: one.asked[2].median),
    Figure("query p99, filter keeps 90 %", "ms", lambda one: one.asked[2].p99),
    Figure("exact query p50", "ms", lambda one: one.recalls[0].exact_median),
    Figure("opening", "s", lambda one: one.opening),
    Figure("memory after opening", "MB", lambda one: max(opening.resident for opening in one.openings)),
    Figure("memory after questions", "MB", lambda one: one.memory),
    Figure("build from cached vectors", "s", lambda one: one.build.seconds),
    Figure("most memory of the build", "MB", lambda one: one.build.peak),
    Figure("adding 100 items", "s", lambda one: one.added.seconds),
    Figure("index on disk", "MB", lambda one: one.build.size),
)
PANELS: Final = (("query", "ms"), ("opening, build, adding", "s"), ("memory, disk", "MB"))
"""Title of each part of the picture, and the unit of what is drawn in it."""


def exponents(items: Sequence[int], values: Sequence[float]) -> list[float]:
    """From one size to the next, the power of the number of items by which a figure grew."""
    return [
        log(max(value, 1e-9) / max(before, 1e-9)) / log(n / n_before)
        for (n_before, n), (before, value) in zip(pairwise(items), pairwise(values), strict=True)
    ]


def print_table(measured: Sequence[Measured]) -> bool:
    """Print all figures and the last recall; whether none grew worse than linearly."""
    items, linear = [one.items for one in measured], True
    print("| | " + " | ".join(f"{n:,}" for n in items) + " | exponents | |")
    print("| --- |" + " ---: |" * (len(items) + 1) + " --- |")
    for figure in FIGURES:
        values = [figure.of(one) for one in measured]
        powers = exponents(items, values)
        worse = [f"{n:,}" for n, power in zip(items[1:], powers, strict=True) if power > 1 + TOLERANCE]
        linear = linear and not worse
        cells = " | ".join(f"{value:,.3g}" for value in values)
        verdict = f"worse than linear up to {', '.join(worse)}" if worse else ""
        print(f"| {figure.name}, {figure.unit} | {cells} | {' '.join(f'{p:.2f}' for p in powers)} | {verdict} |")
    for place, under in enumerate(("no filter", "filter keeps 1 %", "filter keeps 90 %")):
        cells = " | ".join(
            "exact" if one.recalls[place].is_exact else f"{one.recalls[place].recall:.3f}" for one in measured
        )
        print(f"| recall@10, {under} | {cells} | | |")
    return linear


def draw(measured: Sequence[Measured], folder: Path) -> None:
    """Draw all figures over the number of items, both axes logarithmic, with a line that grows as the items do.

    The exponent from the first size to the last stands beside each name.
    """
    items = [one.items for one in measured]
    picture, axes = plt.subplots(1, len(PANELS), figsize=(15, 5), layout="constrained")
    for axis, (title, unit) in zip(axes, PANELS, strict=True):
        drawn = [(figure.name, [figure.of(one) for one in measured]) for figure in FIGURES if figure.unit == unit]
        for name, values in drawn:
            whole = exponents([items[0], items[-1]], [values[0], values[-1]])
            label = f"{name} ({', '.join(f'{power:.2f}' for power in whole)})"
            axis.plot(items, values, ":" if "p99" in name else "-", marker="o", markersize=4, label=label)
        start = min(values[0] for _, values in drawn)
        axis.plot(items, [start * n / items[0] for n in items], color="0.6", linestyle="--", label="linear (1.00)")
        axis.set(xscale="log", yscale="log", xlabel="items", ylabel=unit, title=title)
        axis.grid(visible=True, which="major", color="0.9")
        axis.legend(fontsize="small", frameon=False)
    for suffix in ("png", "svg"):
        picture.savefig(folder / f"growth.{suffix}", dpi=120)
    plt.close(picture)


def main() -> int:
    """Measure what is not measured yet, print the table, draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, nargs="+", default=SIZES)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of asking for each filter and size")
    asked = parser.parse_args()
    measured = [measure(asked.folder / str(n), n, asked.queries, asked.budget) for n in sorted(asked.items)]
    linear = print_table(measured)
    draw(measured, asked.folder)
    return int(not linear)


if __name__ == "__main__":
    sys.exit(main())
