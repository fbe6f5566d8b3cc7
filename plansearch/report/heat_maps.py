"""A heat map of agencies by requirements: what it holds and where everything goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Literal

from plansearch.errors import ChartError
from plansearch.report.canvas import (
    ACCENT,
    BAND,
    GAP,
    LEGEND,
    MARGIN,
    NO_DATA,
    TITLE,
    Area,
    Lettering,
    Picture,
    Sheet,
    channels,
    ink_on,
    number_text,
)
from plansearch.report.fonts import Font

MOST_ROWS: Final = 500
"""A PNG of so many, 23 columns wide, takes 200 MB of memory while it is drawn."""

_SHADES: Final = ("#f7fbff", "#deebf7", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
"""ColorBrewer's Blues: one hue, ever darker, so it reads the same in grey and to the colour-blind."""

_ROW_NAME = Lettering(most=2, ending=6, even=True, upright="middle")
_COLUMN_NAME = Lettering(size=8.0, align="center", most=7, even=True, upright="bottom")
_GROUP_NAME = Lettering(size=8.5, align="center", most=5, even=True, upright="middle")
_MARK = Lettering(size=8.0, align="center", most=2, even=True, upright="middle")

_WIDEST_NAME = 150.0
_ALL_COLUMNS = 690.0
"""With the names of the rows, what an A4 page on its side has room for at full size."""
_NARROWEST_CELL, _WIDEST_CELL = 30.0, 72.0
_LOWEST_ROW = 18.0
_NARROWEST_PICTURE = 380.0
_GROUP_GAP = 4.0
_SET_APART = 5.0
"""Above and below the highlighted row, in points."""
_PAD = 3.0
_NAMES_AGAIN_AFTER = 40
"""Longer grids name their columns under the last row too."""
_SWATCHES = 5
_SWATCH = Area(0, 0, 36.0, 16.0)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """How much of each requirement each agency has, as shades of one colour.

    A line break in the name of a row or column is kept. The shades run from 0 to 1 where all values lie between,
    else from the lowest value, or 0, to the highest.

    Raises:
        ValueError: the parts do not fit together, there is nothing to show, or a number is not finite.
    """

    title: str
    rows: tuple[str, ...]
    """Agencies."""
    columns: tuple[str, ...]
    """Requirements; up to 23 fit an A4 page on its side."""
    values: tuple[tuple[float | None, ...], ...]
    """``values[row][column]``; ``None`` is drawn as hatched "無資料"."""
    marks: tuple[tuple[str, ...], ...]
    """What is written in each cell, may be ``""``; where no cell has any, the values themselves are written."""
    legend: str
    """What a darker cell means."""
    highlight: int | None
    """The row to set apart."""
    notes: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    """Names of neighbouring columns and how many each has, such as the six pillars; may be empty."""

    def __post_init__(self) -> None:
        shape = [len(self.columns)] * len(self.rows)
        fits = shape and self.columns and shape == [len(row) for row in self.values] == [len(row) for row in self.marks]
        grouped = not self.groups or sum(count for _, count in self.groups) == len(self.columns)
        apart = self.highlight is None or 0 <= self.highlight < len(self.rows)
        if not (fits and grouped and apart and all(count > 0 for _, count in self.groups)):
            message = "rows, columns, values, marks, groups and highlight do not fit together"
            raise ValueError(message)
        if not all(map(math.isfinite, self.known)):
            message = "a value is not finite; None says that there is none"
            raise ValueError(message)

    @property
    def known(self) -> tuple[float, ...]:
        """All values that there are, row by row."""
        return tuple(value for row in self.values for value in row if value is not None)

    @property
    def scale(self) -> tuple[float, float]:
        """The values of the lightest and of the darkest shade."""
        low, high = min((0.0, *self.known)), max((0.0, *self.known))
        return (low, 1.0) if high <= 1 else (low, high)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the rows and columns of a grid lie, in points."""

    names: Area
    lefts: tuple[float, ...]
    cell: float
    heights: tuple[float, ...]

    @classmethod
    def of(cls, grid: HeatMap, sheet: Sheet) -> _Plan:
        lines = [sheet.font.drawable(line) for name in grid.rows for line in name.splitlines()]
        longest = max((sheet.font.width(line, _ROW_NAME.size) for line in lines), default=0.0)
        names = Area(MARGIN + GAP, 0, min(longest + 1, _WIDEST_NAME))
        cell = min(max(_ALL_COLUMNS / len(grid.columns), _NARROWEST_CELL), _WIDEST_CELL)
        starts = set(accumulate(count for _, count in grid.groups))
        gaps = list(accumulate(_GROUP_GAP if column in starts else 0.0 for column in range(len(grid.columns))))
        first = names.right + GAP
        lefts = tuple(first + column * cell + gap for column, gap in enumerate(gaps))
        heights = tuple(
            max(
                _LOWEST_ROW,
                sheet.height(name, names.width, _ROW_NAME) + _PAD,
                *(sheet.height(mark, cell - _PAD, _MARK) + _PAD for mark in set(marks)),
            )
            for name, marks in zip(grid.rows, _written(grid), strict=True)
        )
        return cls(names, lefts, cell, heights)

    @property
    def right(self) -> float:
        return self.lefts[-1] + self.cell

    @property
    def width(self) -> float:
        return max(self.right + MARGIN, _NARROWEST_PICTURE)


def lay_out(grid: HeatMap, font: Font) -> Picture:
    """A heat map as shapes; see `charts.heat_map`.

    Raises:
        ChartError: more than `MOST_ROWS` rows.
    """
    if len(grid.rows) > MOST_ROWS:
        raise ChartError(f"熱度圖最多畫 {MOST_ROWS:,} 列，這裡有 {len(grid.rows):,} 列；請縮小範圍，或改用表格輸出。")
    sheet = Sheet(font)
    plan = _Plan.of(grid, sheet)
    page = Area(MARGIN, MARGIN, plan.width - 2 * MARGIN)
    top = page.top + sheet.write(grid.title, page, TITLE) + GAP
    top += _name_groups(sheet, grid, plan, top)
    top += _name_columns(sheet, grid, plan, top, "bottom")
    top += _draw_rows(sheet, grid, plan, top)
    if len(grid.rows) > _NAMES_AGAIN_AFTER:
        top += _PAD + _name_columns(sheet, grid, plan, top + _PAD, "top")
    top += 2 * GAP
    top += _explain(sheet, grid, Area(page.left, top, page.width))
    top += sheet.write_notes(grid.notes, Area(page.left, top, page.width))
    return sheet.picture(grid.title, plan.width, top + MARGIN)


def _name_groups(sheet: Sheet, grid: HeatMap, plan: _Plan, top: float) -> float:
    """Bars with the names of the groups; returns their height."""
    areas, first = [], 0
    for _, count in grid.groups:
        left = plan.lefts[first]
        first += count
        areas.append(Area(left, top, plan.lefts[first - 1] + plan.cell - left))
    names = [name for name, _ in grid.groups]
    heights = [sheet.height(name, area.width - 2 * _PAD, _GROUP_NAME) for name, area in zip(names, areas, strict=True)]
    height = max(heights, default=0.0) + 2 * _PAD
    for name, area in zip(names, areas, strict=True):
        sheet.box(Area(area.left, top, area.width, height), BAND)
        sheet.write(name, Area(area.left + _PAD, top, area.width - 2 * _PAD, height), _GROUP_NAME)
    return height + _PAD if areas else 0.0


def _name_columns(sheet: Sheet, grid: HeatMap, plan: _Plan, top: float, upright: Literal["top", "bottom"]) -> float:
    """The names of the columns, standing on what is below or hanging from what is above; returns their height."""
    style = replace(_COLUMN_NAME, upright=upright)
    width = plan.cell - 1
    height = max(sheet.height(name, width, style) for name in grid.columns)
    for name, left in zip(grid.columns, plan.lefts, strict=True):
        sheet.write(name, Area(left + 0.5, top, width, height), style)
    return height + _PAD


def _draw_rows(sheet: Sheet, grid: HeatMap, plan: _Plan, start: float) -> float:
    """Every agency's name and cells, with a frame around the highlighted one; returns their height."""
    top, written, scale = start, _written(grid), grid.scale
    for row, height in enumerate(plan.heights):
        ours = row == grid.highlight
        top += _SET_APART if ours else 0.0
        style = replace(_ROW_NAME, colour=ACCENT) if ours else _ROW_NAME
        sheet.write(grid.rows[row], Area(plan.names.left, top, plan.names.width, height), style)
        for left, value, mark in zip(plan.lefts, grid.values[row], written[row], strict=True):
            _draw_cell(sheet, Area(left, top, plan.cell, height), _fraction(value, scale), mark)
        if ours:
            sheet.box(Area(MARGIN, top, _PAD, height), ACCENT)
            sheet.box(Area(plan.lefts[0], top, plan.right - plan.lefts[0], height), edge=ACCENT, line=2.0)
        top += height + (_SET_APART if ours else 0.0)
    return top - start


def _draw_cell(sheet: Sheet, area: Area, fraction: float | None, mark: str) -> None:
    """A cell with its mark; ``fraction`` is its place on the scale, ``None`` for no data."""
    fill = "#ffffff" if fraction is None else shade(fraction)
    sheet.box(area, fill, line=0.5, hatched=fraction is None)
    inner = Area(area.left + _PAD / 2, area.top, area.width - _PAD, area.height)
    sheet.write(mark, inner, replace(_MARK, colour=ink_on(fill)))


def _explain(sheet: Sheet, grid: HeatMap, area: Area) -> float:
    """The legend: what the shades, the hatching and the frame mean; returns its height."""
    top = area.top + sheet.write(grid.legend, area, replace(LEGEND, upright="top")) + _PAD
    low, high = grid.scale
    left, row = area.left, Area(area.left, top, _SWATCH.width, _SWATCH.height)
    for step in range(_SWATCHES):
        fraction = step / (_SWATCHES - 1)
        _draw_cell(sheet, replace(row, left=left), fraction, number_text(low + fraction * (high - low)))
        left += row.width
    if len(grid.known) < len(grid.rows) * len(grid.columns):
        left += 2 * GAP
        _draw_cell(sheet, replace(row, left=left), None, "")
        sheet.write(NO_DATA, Area(left + row.width + _PAD, top, area.right - left, row.height), LEGEND)
    top += row.height + GAP
    if grid.highlight is not None:
        name, words = grid.rows[grid.highlight], Area(row.right + GAP, top, area.right - row.right - GAP)
        height = max(row.height, sheet.height(name, words.width, LEGEND))
        sheet.box(Area(area.left + 1, top + (height - row.height) / 2, row.width, row.height), edge=ACCENT, line=2.0)
        sheet.write(name, replace(words, height=height), LEGEND)
        top += height + GAP
    return top - area.top


def _written(grid: HeatMap) -> tuple[tuple[str, ...], ...]:
    """What stands in each cell: the marks, or, without any, the numbers."""
    if any(mark for row in grid.marks for mark in row):
        return grid.marks
    return tuple(tuple("" if value is None else number_text(value) for value in row) for row in grid.values)


def _fraction(value: float | None, scale: tuple[float, float]) -> float | None:
    return None if value is None else (value - scale[0]) / (scale[1] - scale[0])


def shade(fraction: float) -> str:
    """The shade at a place between 0 (lightest) and 1 (darkest)."""
    place = fraction * (len(_SHADES) - 1)
    below = min(int(place), len(_SHADES) - 2)
    pairs = zip(channels(_SHADES[below]), channels(_SHADES[below + 1]), strict=True)
    mixed = (round(first + (second - first) * (place - below)) for first, second in pairs)
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
