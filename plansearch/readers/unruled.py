"""Tables without rules: columns by the white between them under a row of headers, rows by what begins beside them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from plansearch.numbering import leading_mark
from plansearch.readers.glyphs import Glyph, Line, em_of, lines_of
from plansearch.readers.grids import Rule
from plansearch.readers.page_numbers import is_page_number

_MIN_COLUMNS = 3
_MAX_HEADER = 14
"""Characters of a column's header."""
_GUTTER = 0.8
"""Of a character: the least white between two columns."""
_HEADER_GAP = 1.5
"""Of a character: the least white between two headers; Chinese that is spread over a line is closer."""
_PADDING = 2.0
"""Points left of a column's text; its edge is then at the same place on every page."""
_MIN_LINES = 4
"""Lines under the headers; fewer show no columns."""


def rules_of_columns(glyphs: Sequence[Glyph], page: int, width: float) -> list[Rule]:
    """Rules where a table without any would have them; none where a page of that width has no such table."""
    lines = lines_of(glyphs, page)
    em = em_of(lines)
    for place, line in enumerate(lines):
        headers = _parts(line, _HEADER_GAP * em)
        if len(headers) < _MIN_COLUMNS or any(len(part) > _MAX_HEADER for part in headers):
            continue
        body = _body(lines[place:], em)
        edges = column_edges(body, em)
        if len(body) > _MIN_LINES and len(edges) > _MIN_COLUMNS:
            right = max(edges[-1], width - edges[0])  # the margins are taken for equal, as its text ends anywhere
            return _rules(body, [*edges[:-1], right])
    return []


def _parts(line: Line, gap: float) -> list[list[Glyph]]:
    parts = [[line.glyphs[0]]]
    for before, glyph in pairwise(line.glyphs):
        if glyph.x0 - before.x1 >= gap:
            parts.append([])
        parts[-1].append(glyph)
    return parts


def _body(lines: Sequence[Line], em: float) -> list[Line]:
    """The header and the lines below it, up to a section's heading."""
    body: list[Line] = []
    for line in lines:
        mark = leading_mark(line.text).mark
        if body and mark is not None and mark.style == "section":
            break
        body.append(line)
    while len(body) > 1 and (is_page_number(body[-1].text) or _stands_in_gutter(body, em)):
        body.pop()
    return body


def _stands_in_gutter(body: Sequence[Line], em: float) -> bool:
    """Whether the last line closes a gutter that is open above it: it is a foot, or text below the table."""
    return len(column_edges(body, em)) < len(column_edges(body[:-1], em))


def column_edges(lines: Sequence[Line], em: float) -> list[float]:
    """Where the columns begin, after white stripes that no character stands in, and where the last one ends."""
    spans = sorted((glyph.x0, glyph.x1) for line in lines for glyph in line.glyphs)
    edges, end = [spans[0][0] - _PADDING], spans[0][1]
    for begin, stop in spans:
        if begin - end >= _GUTTER * em:
            edges.append(begin - _PADDING)
        end = max(end, stop)
    return [*edges, end + _PADDING]


def _rules(body: Sequence[Line], edges: Sequence[float]) -> list[Rule]:
    top, bottom = body[0].top - 1, body[-1].bottom + 1
    sizes = [_width(body, left, right) for left, right in pairwise(edges)]
    main = sizes.index(max(sizes))
    levels = [top]
    for above, line in pairwise(body):
        if above is body[0] or begins_row(above, line, edges, main):
            levels.append((above.bottom + line.top) / 2)
    upright = [Rule(True, edge, top, bottom) for edge in edges]
    return upright + [Rule(False, level, edges[0], edges[-1]) for level in (*levels, bottom)]


def _width(body: Sequence[Line], left: float, right: float) -> int:
    return sum(left <= glyph.centre < right for line in body for glyph in line.glyphs)


def begins_row(above: Line, line: Line, edges: Sequence[float], main: int) -> bool:
    """Whether a line begins a row: a heading or a unit begins in it, beside measures that may go on anywhere.

    Args:
        above: the line before it.
        line: the line.
        edges: of the columns, from the left.
        main: the column of the measures.
    """
    for column, (left, right) in enumerate(pairwise(edges)):
        text = "".join(glyph.text for glyph in line.glyphs if left <= glyph.centre < right)
        before = any(left <= glyph.centre < right for glyph in above.glyphs)
        begins = bool(text) and (not before or leading_mark(text).mark is not None)
        if column != main and begins:
            return True
    return False
