"""Plain text with the marks that extraction leaves: tabs for cells, ``<p>``, ``<ol>``, page breaks.

Two ways of writing a table are known: a row on each line with tabs between its cells, and a cell on
each line that begins with a tab. Which one a file uses is counted, since both begin lines with tabs.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from plansearch.numbering import leading_mark
from plansearch.readers.decoding import decode
from plansearch.readers.drawn_tables import find_tables
from plansearch.types import Cell, Document, Paragraph, Row, Span, Table

_ATTRIBUTES = r"""(?:\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"']+))?)*\s*/?"""
_BLOCK_TAG = re.compile(rf"</?(?:p|br|ol|ul|li|div|tr|td|th|table|tbody|thead){_ATTRIBUTES}>", re.IGNORECASE | re.ASCII)
_INLINE_TAG = re.compile(rf"</?(?:b|i|u|em|strong|span|font|sup|sub|a){_ATTRIBUTES}>", re.IGNORECASE | re.ASCII)
_PARAGRAPH_BEFORE_PARAGRAPH = re.compile(r"(?<=[。！？])[ \u3000]+(?=[\u4e00-\u9fff「『《])")
"""A space after a full stop is not written in Chinese: two paragraphs were joined there."""
_RULE = re.compile(r"[\s\-—–=─_|:]*")
_FIELD = re.compile(r"[\u4e00-\u9fff]{2,6}單位[：:]")
_RAGGED = 5
"""Columns by which lines of one paragraph differ, where a mark may not begin a line."""
_NARROWEST, _WIDEST = 40, 120
"""Columns between which people wrap text."""
_MIN_FULL_LINES = 4
"""Lines that fill the width and go on; fewer do so by chance."""
_ENDS = "。；：！？"
_CELL_LINE = re.compile(r"\t[^\t]*")
_MIN_CELL_LINE_SHARE = 0.8
"""Of the lines with tabs; a table with a row on each line has next to none but its continued rows."""


def read_plaintext(data: bytes, name: str) -> Document:
    """Read a text file's bytes.

    Raises:
        ReadError: the bytes are no text, or in an unknown encoding.
    """
    decoded = decode(data, name)
    lines = decoded.text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\f", "").split("\n")
    with_tabs = [line for line in lines if "\t" in line]
    cell_lines = sum(_CELL_LINE.fullmatch(line) is not None for line in with_tabs)
    one_cell_a_line = bool(with_tabs) and cell_lines >= _MIN_CELL_LINE_SHARE * len(with_tabs)
    blocks = _blocks_of_cell_lines(lines) if one_cell_a_line else _blocks_with_tables(lines)
    return Document(name, tuple(blocks), hashlib.sha256(data).hexdigest(), decoded.encoding)


def split_paragraphs(text: str, span: Span) -> tuple[Paragraph, ...]:
    """Cut a text at its block tags, drop the tags, and resolve entities; empty pieces are dropped."""
    pieces: list[str] = []
    for piece in _BLOCK_TAG.split(text):
        pieces.extend(_PARAGRAPH_BEFORE_PARAGRAPH.split(html.unescape(_INLINE_TAG.sub("", piece))))
    return tuple(Paragraph(piece.strip(), span) for piece in pieces if piece.strip())


def _blocks_with_tables(lines: Sequence[str]) -> Iterator[Paragraph | Table]:
    """Lines, and the tables that are drawn between them."""
    tables = find_tables(lines)
    taken = {number for table in tables for number in range(table.begin, table.end)}
    width = _wrapped_at([line for number, line in enumerate(lines) if number not in taken])
    begin = 0
    for table in tables:
        yield from _blocks_of_row_lines(lines[begin : table.begin], width, begin + 1)
        yield table.table
        begin = table.end
    yield from _blocks_of_row_lines(lines[begin:], width, begin + 1)


def _blocks_of_row_lines(lines: Sequence[str], width: int | None, first: int) -> Iterator[Paragraph | Table]:
    rows: list[Row] = []
    wrapped: list[tuple[str, int]] = []
    for number, line in enumerate(lines, first):
        if "\t" not in line and wrapped and _goes_on(wrapped[-1][0], line, width):
            wrapped.append((line, number))
            continue
        yield from _unwrapped(wrapped)
        wrapped = []
        if "\t" in line:
            if not _RULE.fullmatch(line):
                rows.append(_row(line, number))
            continue
        if rows:
            yield Table(tuple(rows))
            rows = []
        if line.strip():
            wrapped = [(line, number)]
    yield from _unwrapped(wrapped)
    if rows:
        yield Table(tuple(rows))


def _wrapped_at(lines: Sequence[str]) -> int | None:
    """The width at which a text was wrapped by hand, in columns (a Chinese character has two); ``None`` if it was not.

    Wrapped text has lines of nearly one width and none beyond it, most of which stop in the middle of a sentence and go
    on without a number.
    """
    texts = [line for line in lines if "\t" not in line and line.strip()]
    widest = max(map(_columns, texts), default=0)
    full = sum(_columns(line) > widest - _RAGGED for line in texts)
    cut = sum(_goes_on(line, following, widest) for line, following in pairwise(texts))
    wrapped = cut >= _MIN_FULL_LINES and 2 * cut > full
    return widest if _NARROWEST <= widest <= _WIDEST and wrapped else None


def _goes_on(line: str, following: str, width: int | None) -> bool:
    """Whether a line fills the width, stops in the middle, and the next goes on without a number of its own."""
    if width is None or not following.strip() or _columns(line) <= width - _RAGGED:
        return False
    begins = leading_mark(following).mark is not None or _FIELD.match(following.strip()) is not None
    return line.rstrip()[-1] not in _ENDS and not begins


def _begins_section(line: str) -> bool:
    mark = leading_mark(line).mark
    return mark is not None and mark.style == "section"


def _unwrapped(lines: Sequence[tuple[str, int]]) -> Iterator[Paragraph]:
    if lines:
        text = lines[0][0].strip()
        for line in (line.strip() for line, _ in lines[1:]):
            latin = text[-1:].isascii() and line[:1].isascii() and text[-1:].isalnum() and line[:1].isalnum()
            text += (" " if latin else "") + line
        yield from split_paragraphs(text, Span(lines[0][1], lines[-1][1]))


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in line.rstrip())


def _row(line: str, number: int) -> Row:
    span = Span(number, number)
    return Row(tuple(Cell(split_paragraphs(cell, span)) for cell in line.split("\t")), span)


def _blocks_of_cell_lines(lines: Sequence[str]) -> Iterator[Paragraph | Table]:
    """A line with a tab begins a cell, a line without one goes on in it, a blank line ends the row.

    A blank line inside a cell is told from one between rows by what follows it: only a cell begins with a tab.
    """
    rows: list[Row] = []
    cells: list[list[Paragraph]] = []
    ended = False
    for number, line in enumerate(lines, 1):
        paragraphs = list(split_paragraphs(line, Span(number, number)))
        if line.startswith("\t"):
            if ended and cells:
                rows.append(_row_of(cells))
                cells = []
            cells.append(paragraphs)
        elif not line.strip():
            ended = True
            continue
        elif (cells or rows) and not _begins_section(line):
            cells[-1].extend(paragraphs)
        else:
            if cells:
                yield Table((*rows, _row_of(cells)))
                rows, cells = [], []
            yield from paragraphs
        ended = False
    if cells:
        yield Table((*rows, _row_of(cells)))


def _row_of(cells: Sequence[Sequence[Paragraph]]) -> Row:
    spans = [paragraph.span for cell in cells for paragraph in cell]
    span = spans[0].to(spans[-1]) if spans else Span()
    return Row(tuple(Cell(tuple(cell)) for cell in cells), span)
