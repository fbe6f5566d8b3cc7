"""Bars of one agency beside what its peers have: what the chart holds and where everything goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from plansearch.report.canvas import (
    ACCENT,
    BAND,
    FAINT,
    GAP,
    HAIRLINE,
    INK,
    LEGEND,
    MARGIN,
    NO_DATA,
    TITLE,
    Area,
    Lettering,
    Picture,
    Sheet,
    number_text,
)
from plansearch.report.fonts import Font

_NAME = Lettering(most=3, even=True, upright="middle")
_NUMBER = Lettering(align="right", upright="middle")
_HEADING = Lettering(size=8.0, colour=FAINT, align="right", upright="bottom")
_TICK = Lettering(size=8.0, colour=FAINT, align="center")

_WIDEST_NAME = 140.0
_PLOT = 220.0
_NUMBER_WIDTHS = (44.0, 44.0, 74.0)
_HEADINGS = ("本機關", "中位數", "中間一半")
_LOWEST_ROW = 26.0
_BAR, _BAND, _MEDIAN = 9.0, 17.0, 21.0
"""Heights in points: each can be seen behind the next."""
_SWATCH = 28.0
_PAD = 3.0
_MOST_TICKS = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class BarChart:
    """What one agency has of each thing, and the median and quartiles of its peers.

    Raises:
        ValueError: the parts are not equally long, there are none, or a number is not finite.
    """

    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    """Of the agency; ``None`` where nothing is known."""
    medians: tuple[float | None, ...]
    lower_quartiles: tuple[float | None, ...]
    upper_quartiles: tuple[float | None, ...]
    unit: str
    """What is counted, such as "項" or "%"."""
    ours: str
    """Name of the agency."""
    peers: str
    """Who it stands beside, such as "同類機關 14 個"."""
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        series = (self.values, self.medians, self.lower_quartiles, self.upper_quartiles)
        if not self.labels or any(len(numbers) != len(self.labels) for numbers in series):
            message = "labels, values, medians and quartiles are not equally long, or there are none"
            raise ValueError(message)
        if not all(map(math.isfinite, self.known)):
            message = "a value is not finite; None says that there is none"
            raise ValueError(message)

    @property
    def known(self) -> tuple[float, ...]:
        """All numbers that there are."""
        series = (*self.values, *self.medians, *self.lower_quartiles, *self.upper_quartiles)
        return tuple(value for value in series if value is not None)

    def middle_half(self, at: int) -> tuple[float, float] | None:
        """The lower and upper quartile of a label, or ``None`` unless both are known."""
        lower, upper = self.lower_quartiles[at], self.upper_quartiles[at]
        return None if lower is None or upper is None else (lower, upper)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where names, bars and numbers lie, in points, and what the axis spans."""

    names: Area
    plot: Area
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, bars: BarChart, font: Font) -> _Plan:
        lines = [font.drawable(line) for name in bars.labels for line in name.splitlines()]
        longest = max((font.width(line, _NAME.size) for line in lines), default=0.0)
        names = Area(MARGIN, 0, min(longest + 1, _WIDEST_NAME))
        return cls(names, Area(names.right + GAP, 0, _PLOT), _ticks(min((0.0, *bars.known)), max((0.0, *bars.known))))

    @property
    def numbers(self) -> tuple[Area, ...]:
        lefts = (self.plot.right + GAP + sum(_NUMBER_WIDTHS[:column]) for column in range(len(_NUMBER_WIDTHS)))
        return tuple(Area(left, 0, width) for left, width in zip(lefts, _NUMBER_WIDTHS, strict=True))

    @property
    def width(self) -> float:
        return self.numbers[-1].right + MARGIN

    def across(self, value: float) -> float:
        """Where a value lies, in points from the left edge."""
        first, last = self.ticks[0], self.ticks[-1]
        return self.plot.left + (value - first) / (last - first) * self.plot.width


def lay_out(bars: BarChart, font: Font) -> Picture:
    """A bar chart as shapes; see `charts.bar_chart`."""
    sheet, plan = Sheet(font), _Plan.of(bars, font)
    page = Area(MARGIN, MARGIN, plan.width - 2 * MARGIN)
    top = page.top + sheet.write(bars.title, page, TITLE) + GAP
    top += _explain(sheet, bars, replace(page, top=top)) + GAP
    top += _head(sheet, bars, plan, top)
    heights = [max(_LOWEST_ROW, sheet.height(label, plan.names.width, _NAME) + 2 * _PAD) for label in bars.labels]
    _draw_grid(sheet, plan, Area(plan.plot.left, top, plan.plot.width, sum(heights)))
    for at, height in enumerate(heights):
        if at:
            sheet.stroke((page.left, top), (page.right, top), BAND, 0.5)
        _draw_row(sheet, bars, plan, at, Area(page.left, top, page.width, height))
        top += height
    top += _name_ticks(sheet, plan, top + _PAD) + GAP
    top += sheet.write_notes(bars.notes, replace(page, top=top))
    return sheet.picture(bars.title, plan.width, top + MARGIN)


def _explain(sheet: Sheet, bars: BarChart, area: Area) -> float:
    """The legend: whose the bars, the bands and the marks are; returns its height."""
    top = area.top
    meanings = (
        f"{bars.ours}（本機關）",
        f"{bars.peers}的中間一半：第 1 至第 3 四分位數",
        f"{bars.peers}的中位數",
    )
    for number, meaning in enumerate(meanings):
        words = Area(area.left + _SWATCH + GAP, top, area.width - _SWATCH - GAP)
        height = max(sheet.height(meaning, words.width, LEGEND), _BAND) + 1
        middle = top + height / 2
        if number == 0:
            sheet.box(_bar(area.left, area.left + _SWATCH, middle, _BAR), ACCENT)
        elif number == 1:
            sheet.box(_bar(area.left, area.left + _SWATCH, middle, _BAND - _PAD), BAND, edge=FAINT, line=0.5)
        else:
            _mark_median(sheet, area.left + _SWATCH / 2, middle, _BAND - _PAD)
        sheet.write(meaning, replace(words, height=height), LEGEND)
        top += height
    return top - area.top


def _head(sheet: Sheet, bars: BarChart, plan: _Plan, top: float) -> float:
    """The unit and what the columns of numbers are; returns the height."""
    height = max(sheet.height(f"單位：{bars.unit}", plan.plot.width, _HEADING), _HEADING.size * 1.5)
    sheet.write(f"單位：{bars.unit}", replace(plan.plot, top=top, height=height), replace(_HEADING, align="left"))
    for heading, area in zip(_HEADINGS, plan.numbers, strict=True):
        sheet.write(heading, replace(area, top=top, height=height), _HEADING)
    return height + _PAD


def _draw_grid(sheet: Sheet, plan: _Plan, area: Area) -> None:
    for tick in plan.ticks:
        x = plan.across(tick)
        at_zero = tick == 0
        sheet.stroke((x, area.top), (x, area.bottom), INK if at_zero else HAIRLINE, 1.0 if at_zero else 0.5)


def _name_ticks(sheet: Sheet, plan: _Plan, top: float) -> float:
    width = plan.plot.width / (len(plan.ticks) - 1)
    areas = [Area(plan.across(tick) - width / 2, top, width) for tick in plan.ticks]
    return max(sheet.write(number_text(tick), area, _TICK) for tick, area in zip(plan.ticks, areas, strict=True))


def _draw_row(sheet: Sheet, bars: BarChart, plan: _Plan, at: int, area: Area) -> None:
    """One label: its name, the peers' band, our bar, the peers' median, and all of it as numbers."""
    sheet.write(bars.labels[at], replace(plan.names, top=area.top, height=area.height), _NAME)
    middle, value, median, half = area.top + area.height / 2, bars.values[at], bars.medians[at], bars.middle_half(at)
    if half:
        band = _bar(plan.across(half[0]), plan.across(half[1]), middle, _BAND)
        sheet.box(band, BAND, edge=FAINT, line=0.5)
    if value is not None:
        sheet.box(_bar(plan.across(0), plan.across(value), middle, _BAR), ACCENT)
    if median is not None:
        _mark_median(sheet, plan.across(median), middle, _MEDIAN)
    words = (
        NO_DATA if value is None else number_text(value),
        number_text(median),
        f"{number_text(half[0])}～{number_text(half[1])}" if half else number_text(None),
    )
    for number, (text, place) in enumerate(zip(words, plan.numbers, strict=True)):
        style = replace(_NUMBER, colour=INK if number else ACCENT)
        sheet.write(text, replace(place, top=area.top, height=area.height), style)


def _bar(start: float, end: float, middle: float, height: float) -> Area:
    return Area(min(start, end), middle - height / 2, abs(end - start), height)


def _mark_median(sheet: Sheet, x: float, middle: float, height: float) -> None:
    """A black line with a white rim, which shows on the bar and on the band alike."""
    top, bottom = middle - height / 2, middle + height / 2
    sheet.stroke((x, top), (x, bottom), "#ffffff", 4.0)
    sheet.stroke((x, top), (x, bottom), INK, 2.0)


def _ticks(low: float, high: float) -> tuple[float, ...]:
    """Round numbers at even steps, from ``low`` or less to ``high`` or more."""
    span = high - low or 1.0
    power = 10.0 ** math.floor(math.log10(span / _MOST_TICKS))
    step = next(factor * power for factor in _STEPS if factor * power * _MOST_TICKS >= span * (1 - 1e-9))
    first, last = math.floor(low / step), math.ceil((low + span) / step)
    return tuple(number * step for number in range(first, last + 1))
