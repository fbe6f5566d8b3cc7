"""Tables in plain text: drawn with lines (``│ ─``, ``| -``), or set in columns with spaces.

A text of fixed width is a page of characters. What parts its columns is found by where it stands; which lines of a
cell are one paragraph is found as on the pages of a PDF.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from plansearch.numbering import leading_mark
from plansearch.readers.glyphs import Glyph, Line
from plansearch.readers.unruled import begins_row, column_edges
from plansearch.readers.wrapping import frame_of, join_lines, paragraphs_of
from plansearch.types import Cell, Paragraph, Row, Span, Table

_UPRIGHT = "│┃║|｜┆┊"
_JOINTS = "┌┬┐├┼┤└┴┘┏┳┓┣╋┫┗┻┛╔╦╗╠╬╣╚╩╝╒╤╕╞╪╡╘╧╛╭╮╰╯┠┨┯┷┿╫╟╢╥╨+"
_LEVEL = "─━═=┄┅┈－—:-"
_FRAME = re.compile(rf"\s*[{_UPRIGHT}{_JOINTS}].*[{_UPRIGHT}{_JOINTS}]\s*")
_EDGE = re.compile(rf"[{_UPRIGHT}{_JOINTS}]")
_RULE = re.compile(rf"\s*[{_LEVEL}]{{2,}}[\s{_LEVEL}]*|\s*[{_LEVEL}]\s*")
_MIN_LINES, _MIN_COLUMNS = 3, 2
_HEIGHT = 2.0
"""Of a line, in columns: as high as a Chinese character is wide."""
_NEAR = 2
"""Columns by which the drawn edges of one column may differ."""
_GAP = re.compile(r"(?:[ ]{2,}|\u3000+[ \u3000]*)")
_MIN_HEADERS = 3
_MAX_HEADER = 14
"""Characters of a column's header."""
_MIN_BODY = 4
"""Lines below the headers; fewer show no columns."""
_MIN_BLANKS = 2
"""Blank lines between rows before they are a habit of the table."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table and the lines that it takes: from ``begin`` up to, not with, ``end``, both from 0."""

    table: Table
    begin: int
    end: int


@dataclass(slots=True)
class _Box:
    """A cell that is being read: its column and how many it takes, the row it began in, and its lines."""

    column: int
    columns: int
    row: int
    rows: int = 1
    lines: list[Line] = field(default_factory=list)


def find_tables(lines: Sequence[str]) -> list[TextTable]:
    """The tables of a text, in order."""
    found: list[TextTable] = []
    place = 0
    while place < len(lines):
        table = _drawn(lines, place) or _spaced(lines, place)
        if table is not None:
            found.append(table)
        place = table.end if table is not None else place + 1
    return found


# drawn with lines


def _drawn(lines: Sequence[str], begin: int) -> TextTable | None:
    end = begin
    while end < len(lines) and "\t" not in lines[end] and _FRAME.fullmatch(lines[end]):
        end += 1
    block = lines[begin:end]
    if len(block) < _MIN_LINES:
        return None
    wide = min((True, False), key=lambda wide: len({x for line in block for x in _edges_of(line, wide=wide)}))
    placed = [_edges_of(line, wide=wide) for line in block]
    columns = max(Counter(len(edges) - 1 for edges in placed).items(), key=lambda item: (item[1], item[0]))[0]
    model = next(edges for edges in placed if len(edges) - 1 == columns)
    if columns < _MIN_COLUMNS:
        return None
    ruled = sum(_is_ruled(line) for line in block[1:-1])
    each = ruled < 2 and not any(character in line for line in block for character in "│┃║")  # noqa: PLR2004
    boxes = _boxes(block, placed, model, begin, each=each)
    return TextTable(_table(boxes, model), begin, end) if boxes else None


def _edges_of(line: str, *, wide: bool) -> list[int]:
    """Columns in which the upright lines stand."""
    return [x for character, x in _columns(line, wide=wide) if _EDGE.fullmatch(character)]


def _columns(line: str, *, wide: bool) -> list[tuple[str, int]]:
    """Each character and the column that it begins in; lines are as wide as Chinese in old files, else half of it."""
    x = 0
    places = []
    for character in line:
        places.append((character, x))
        x += 2 if unicodedata.east_asian_width(character) in ("WFA" if wide else "WF") else 1
    return places


def _is_ruled(line: str) -> bool:
    return any(_RULE.fullmatch(piece) for piece in _EDGE.split(line.strip())[1:-1])


def _boxes(
    block: Sequence[str], placed: Sequence[Sequence[int]], model: Sequence[int], first: int, *, each: bool
) -> list[_Box]:
    """The cells of drawn lines; ``each`` where no line is drawn between rows, so that every line is one."""
    boxes: list[_Box] = []
    open_boxes: dict[int, _Box] = {}
    row = 0
    for number, (line, edges) in enumerate(zip(block, placed, strict=True), first + 1):
        pieces = _EDGE.split(line.strip())[1:-1]
        spans = [_span(edges, place, model) for place in range(len(pieces))]
        ruled = [_RULE.fullmatch(piece) is not None for piece in pieces]
        if any(ruled):
            closed = {column for (column, _), rule in zip(spans, ruled, strict=True) if rule}
            kept = {column: box for column, box in open_boxes.items() if column not in closed and not all(ruled)}
            for box in kept.values():
                box.rows += 1
            row += bool(open_boxes)
            open_boxes = kept
        elif each:
            row, open_boxes = row + bool(open_boxes), {}
        for (column, columns), piece, rule, left in zip(spans, pieces, ruled, edges, strict=False):
            if rule:
                continue
            if column not in open_boxes:
                open_boxes[column] = _Box(column, columns, row)
                boxes.append(open_boxes[column])
            open_boxes[column].lines += _line_of(piece, left + 2, number)
    return boxes


def _span(edges: Sequence[int], place: int, model: Sequence[int]) -> tuple[int, int]:
    """The column that a piece of a line begins in, and over how many it goes."""
    if len(edges) == len(model):
        return place, 1
    begin, end = (min(range(len(model)), key=lambda n: abs(model[n] - edges[place + step])) for step in (0, 1))
    return begin, max(end - begin, 1)


# set with spaces


def _spaced(lines: Sequence[str], begin: int) -> TextTable | None:
    """A table whose columns stand apart by spaces, under a line of headers."""
    headers = [part for part in _GAP.split(lines[begin].strip()) if part]
    if len(headers) < _MIN_HEADERS or "\t" in lines[begin] or any(len(part) > _MAX_HEADER for part in headers):
        return None
    if any(leading_mark(part).mark is not None or part[-1] in "：:。" for part in headers):
        return None
    body: list[tuple[int, Line]] = []
    for place in range(begin, len(lines)):
        mark = leading_mark(lines[place]).mark
        if "\t" in lines[place] or (mark is not None and mark.style == "section"):
            break
        body += [(place, line) for line in _line_of(lines[place], 0, place + 1)]
    edges = column_edges([line for _, line in body], _HEIGHT)
    while len(body) > _MIN_BODY and len(column_edges([line for _, line in body[:-1]], _HEIGHT)) > len(edges):
        body.pop()  # what stands below the table closes a gutter
        edges = column_edges([line for _, line in body], _HEIGHT)
    if len(body) <= _MIN_BODY or len(edges) <= _MIN_HEADERS:
        return None
    model = [0, *(int(edge) for edge in edges[1:-1]), int(edges[-1]) + 1]
    return TextTable(_table(_columns_of(body, model), model), begin, body[-1][0] + 1)


def _columns_of(body: Sequence[tuple[int, Line]], model: Sequence[int]) -> list[_Box]:
    """The cells of lines that are parted by white; rows are apart by blank lines, or by what begins in them."""
    sizes = [
        sum(left <= glyph.x0 < right for _, line in body for glyph in line.glyphs) for left, right in pairwise(model)
    ]
    main = sizes.index(max(sizes))
    blanks = sum(place > before + 1 for (before, _), (place, _) in pairwise(body[1:]))
    boxes: list[_Box] = []
    row = 0
    current: dict[int, _Box] = {}
    for position, (place, line) in enumerate(body):
        before = body[position - 1] if position else None
        if before is not None:
            apart = place > before[0] + 1
            begins = begins_row(before[1], line, [float(edge) for edge in model], main)
            if position == 1 or (apart if blanks >= _MIN_BLANKS else begins):
                row, current = row + 1, {}
        for column, (left, right) in enumerate(pairwise(model)):
            glyphs = [glyph for glyph in line.glyphs if left <= glyph.x0 < right]
            if column not in current:
                current[column] = _Box(column, 1, row)
                boxes.append(current[column])
            if glyphs:
                text = _text_between(line, left, right)
                current[column].lines += [Line(text, tuple(glyphs), 1)]
    return boxes


def _text_between(line: Line, left: int, right: int) -> str:
    text, end = "", None
    for glyph in line.glyphs:
        if left <= glyph.x0 < right:
            text += (" " if end is not None and glyph.x0 > end else "") + glyph.text
            end = glyph.x1
    return text


# both


def _line_of(text: str, left: int, number: int) -> list[Line]:
    """A line of fixed width as a printed one; none where nothing is written."""
    glyphs = [
        Glyph(character, left + x, left + x + (2 if _is_wide(character) else 1), _HEIGHT * number, _HEIGHT * number + 2)
        for character, x in _columns(text, wide=True)
        if character.strip()
    ]
    return [Line(text.strip(), tuple(glyphs), 1)] if glyphs else []


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WFA"


def _table(boxes: Sequence[_Box], model: Sequence[int]) -> Table:
    cells: dict[int, list[tuple[int, Cell]]] = {}
    for box in boxes:
        same = [other.lines for other in boxes if (other.column, other.columns) == (box.column, box.columns)]
        left = min((line.x0 for lines in same for line in lines), default=0.0)
        width = model[min(box.column + box.columns, len(model) - 1)] - model[box.column]
        moved = [[line.moved(left) for line in lines] for lines in same]
        frame = frame_of(moved, 0.0, max([width - 1.0, *(line.x1 for lines in moved for line in lines)]), 0.0)
        own = [line.moved(left) for line in box.lines]
        paragraphs = tuple(
            Paragraph(join_lines(group, frame), Span(_number(group[0]), _number(group[-1])))
            for group in paragraphs_of(own, frame)
        )
        cells.setdefault(box.row, []).append((box.column, Cell(paragraphs, box.rows, box.columns)))
    rows = []
    for number in sorted(cells):
        row = tuple(cell for _, cell in sorted(cells[number], key=lambda item: item[0]))
        spans = [paragraph.span for cell in row for paragraph in cell.paragraphs]
        if spans:
            first = min(span.first_line or 0 for span in spans)
            rows.append(Row(row, Span(first, max(span.last_line or 0 for span in spans))))
    return Table(tuple(rows))


def _number(line: Line) -> int:
    return round(line.top / _HEIGHT)
