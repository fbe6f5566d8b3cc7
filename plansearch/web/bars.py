"""One agency's figures as bars over the middle half and the median of its peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from plansearch.findings import Benchmark, BenchmarkLine, Spread
from plansearch.report.benchmark_view import SPREADS, figure_in_words, peers_spread

WIDTH: Final = 100.0
"""Of a bar that is as long as can be."""
LEAST_SCALE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure, in words and as lengths from 0 to `WIDTH`; ``None`` where it is not known."""

    code: str | None
    title: str
    lost: bool
    own: str
    peers: str
    value: float | None
    lower: float | None
    median: float | None
    upper: float | None

    @property
    def span(self) -> float:
        """Length of the peers' middle half."""
        return 0.0 if self.lower is None or self.upper is None else round(self.upper - self.lower, 2)


@dataclass(frozen=True, slots=True)
class BarTable:
    """One kind of figure, line by line."""

    name: str
    title: str
    bars: tuple[Bar, ...]


def pillar_bars(result: Benchmark) -> tuple[BarTable, ...]:
    """Each kind of figure of the pillars."""
    return tuple(_table(name, f"各構面的{title}", result.pillars, of) for name, title, of in SPREADS)


def requirement_bars(result: Benchmark) -> BarTable:
    """How many measures the single requirements have."""
    name, title, spread_of = SPREADS[0]
    return _table(name, f"各執行要項的{title}", result.requirements, spread_of)


def _table(
    name: str, title: str, lines: Sequence[BenchmarkLine], spread_of: Callable[[BenchmarkLine], Spread]
) -> BarTable:
    spreads = [spread_of(line) for line in lines]
    known = [value for one in spreads for value in (one.value, one.upper, one.median) if value is not None]
    longest = max([LEAST_SCALE, *known])

    def length(value: float | None) -> float | None:
        return None if value is None else round(WIDTH * value / longest, 2)

    bars = tuple(
        Bar(
            line.code,
            line.title,
            line.lost,
            figure_in_words(name, one.value),
            peers_spread(name, one),
            length(one.value),
            length(one.lower),
            length(one.median),
            length(one.upper),
        )
        for line, one in zip(lines, spreads, strict=True)
    )
    return BarTable(name, title, bars)
