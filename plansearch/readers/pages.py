"""Pages as lines and tables in reading order, without what is printed on every page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from plansearch.numbering import leading_mark
from plansearch.readers.glyphs import Glyph, Line, lines_of
from plansearch.readers.grids import Lattice, Rule, lattices_of
from plansearch.readers.page_numbers import is_page_number
from plansearch.readers.unruled import rules_of_columns

_MARGIN_LINES = 3
"""Lines at the head and the foot of a page that may be printed on every page."""
_HEAD, _FOOT = 0.15, 0.85
"""Of the page's height: heads stand above, feet below."""
_SAME_PLACE = 6.0
"""Points by which a head or foot moves from page to page."""
_MIN_SHARE = 0.6
"""Of the pages that have a line in that place."""
_DIGITS = re.compile(r"\d+")
_FIELD = re.compile(r"[（(【]?[\u4e00-\u9fff]{2,6}[：:]\S")
_MIN_TITLE = 6
"""Characters; a longer head may be the plan's title, and is kept once."""


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """A cell on a page; its lines are placed from its own left edge."""

    column: int
    row_span: int
    column_span: int
    lines: tuple[Line, ...]
    width: float
    merged: Literal["up", "left"] | None = None
    """It is no cell, but a place that the cell above or to the left of it reaches over."""


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A row on a page, with a cell for every column; ``number`` counts from 1 in its table."""

    number: int
    cells: tuple[PrintedCell, ...]


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """The part of a table that stands on one page; ``number`` counts the page's tables from 1."""

    page: int
    number: int
    edges: tuple[float, ...]
    """Of its columns, from its own left edge."""
    rows: tuple[PrintedRow, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page; ``number`` counts from 1."""

    number: int
    width: float
    height: float
    content: tuple[Line | PrintedTable, ...]
    """From top to bottom."""


def page_of(number: int, width: float, height: float, glyphs: Sequence[Glyph], rules: Iterable[Rule]) -> Page:
    """Part a page's characters between its tables and the lines around them."""
    lattices = _outermost(lattices_of(rules)) or lattices_of(rules_of_columns(glyphs, number, width))
    tables: list[tuple[float, PrintedTable]] = []
    rest = list(glyphs)
    for place, lattice in enumerate(lattices, 1):
        inside = [glyph for glyph in rest if _holds(lattice, glyph)]
        kept = frozenset(map(id, inside))
        rest = [glyph for glyph in rest if id(glyph) not in kept]
        tables.append((lattice.top, _table(lattice, inside, number, place)))
    content: list[tuple[float, Line | PrintedTable]] = [(line.top, line) for line in lines_of(rest, number)]
    content += tables
    return Page(number, width, height, tuple(item for _, item in sorted(content, key=lambda pair: pair[0])))


def without_furniture(pages: Sequence[Page]) -> list[Page]:
    """Drop page numbers, and the heads and feet that stand on most pages; a head that may be the title stays once."""
    places = {page.number: _margin_lines(page) for page in pages}
    kept: set[str] = set()
    cleaned = []
    for page in pages:
        dropped: set[int] = set()
        for line in places[page.number]:
            key = _key(line)
            if is_page_number(line.text):
                dropped.add(id(line))
            elif _is_repeated(line, list(places.values())):
                is_title = len(line.text) >= _MIN_TITLE and line.top < _HEAD * page.height and key not in kept
                kept.add(key)
                dropped |= set() if is_title else {id(line)}
        cleaned.append(replace(page, content=tuple(item for item in page.content if id(item) not in dropped)))
    return cleaned


def _outermost(lattices: Sequence[Lattice]) -> list[Lattice]:
    """Tables that do not stand in a cell of another one; what is drawn inside a cell belongs to that cell."""
    return [
        lattice
        for lattice in lattices
        if not any(
            box.holds((lattice.edges[0] + lattice.edges[-1]) / 2, (lattice.top + lattice.bottom) / 2)
            and other.area > lattice.area
            for other in lattices
            for box in other.boxes
        )
    ]


def _holds(lattice: Lattice, glyph: Glyph) -> bool:
    return lattice.edges[0] <= glyph.centre < lattice.edges[-1] and lattice.top <= glyph.middle < lattice.bottom


def _table(lattice: Lattice, glyphs: Sequence[Glyph], page: int, number: int) -> PrintedTable:
    rows: dict[int, list[PrintedCell]] = {}
    for box in lattice.boxes:
        own = [glyph for glyph in glyphs if box.holds(glyph.centre, glyph.middle)]
        lines = tuple(line.moved(box.x0) for line in lines_of(own, page))
        for down in range(box.rows):
            for right in range(box.columns):
                cell = PrintedCell(box.column + right, 1, 1, (), 0.0, "left" if right else "up")
                if not down and not right:
                    cell = PrintedCell(box.column, box.rows, box.columns, lines, box.x1 - box.x0)
                rows.setdefault(box.row + down, []).append(cell)
    printed = (PrintedRow(row + 1, tuple(sorted(rows[row], key=lambda cell: cell.column))) for row in sorted(rows))
    return PrintedTable(page, number, tuple(edge - lattice.edges[0] for edge in lattice.edges), tuple(printed))


def _margin_lines(page: Page) -> list[Line]:
    """The outermost lines of a page, as far as they stand at its head or foot and outside of tables."""
    head: list[Line] = []
    for item in page.content[:_MARGIN_LINES]:
        if not isinstance(item, Line) or item.top > _HEAD * page.height:
            break
        head.append(item)
    foot: list[Line] = []
    for item in page.content[: -_MARGIN_LINES - 1 : -1]:
        if not isinstance(item, Line) or item.bottom < _FOOT * page.height:
            break
        foot.append(item)
    return head + [line for line in foot if not any(line is other for other in head)]


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text)


def _is_repeated(line: Line, margins: Sequence[Sequence[Line]]) -> bool:
    """Whether a line is printed in the same place of most pages; what is numbered, or names a unit, is text."""
    if leading_mark(line.text).mark is not None or _FIELD.match(line.text):
        return False
    pages = sum(
        any(_key(other) == _key(line) and abs(other.top - line.top) <= _SAME_PLACE for other in margin)
        for margin in margins
    )
    return pages >= max(2, _MIN_SHARE * len(margins))
