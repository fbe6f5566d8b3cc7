"""Rows that line breaks inside a cell tore apart, put together again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from plansearch.numbering import leading_mark
from plansearch.parsing.columns import header_of, is_deadline, is_units
from plansearch.types import Cell, Paragraph, Row, Table

_HEADING_STYLES = frozenset({"section", "cjk", "paren_cjk"})

_Piece = Paragraph | Row


def rejoin_rows(blocks: Sequence[Paragraph | Table]) -> list[Paragraph | Table]:
    """Join a row that has too few cells with the lines right below it, where together they fill its table.

    A line break inside a cell ends the line of the row; the rest of the cell, and the cells after it, stand on
    the next lines. Only lines that follow without a gap and add up to the header's number of columns are joined.
    """
    pieces: list[_Piece] = []
    tables: list[int] = []  # of each piece: the number of its table, or of its paragraph
    for number, block in enumerate(blocks):
        rows = block.rows if isinstance(block, Table) else (block,)
        pieces.extend(rows)
        tables.extend([number] * len(rows))
    joined: list[tuple[int, _Piece]] = []
    columns = position = 0
    while position < len(pieces):
        piece, length = pieces[position], 1
        if isinstance(piece, Row):
            if header_of(piece) is not None:
                columns = len(piece.cells)
            elif _is_torn(piece, columns):
                piece, length = _whole(pieces, position, columns)
        table, last = tables[position], tables[position + length - 1]
        tables = [table if number == last else number for number in tables] if last != table else tables
        joined.append((table, piece))
        position += length
    return list(_grouped(joined))


def _is_torn(row: Row, columns: int) -> bool:
    last = row.cells[-1].text.strip()
    return len(row.cells) < columns and bool(last) and not is_units(last) and not is_deadline(last)


def _whole(pieces: Sequence[_Piece], position: int, columns: int) -> tuple[_Piece, int]:
    """The row that begins at a position with all that belongs to it, and how many pieces that is."""
    first = pieces[position]
    row = first
    for length, piece in enumerate(pieces[position + 1 :], 2):
        if not isinstance(row, Row) or not _follows(row, piece):
            break
        cells = (Cell((piece,)),) if isinstance(piece, Paragraph) else piece.cells
        middle = Cell((*row.cells[-1].paragraphs, *cells[0].paragraphs))
        row = Row((*row.cells[:-1], middle, *cells[1:]), row.span.to(piece.span))
        if len(row.cells) == columns and isinstance(piece, Row):
            return row, length
        if len(row.cells) > columns:
            break
    return first, 1


def _follows(row: Row, piece: _Piece) -> bool:
    """Whether a piece stands on the next line and does not begin a row of its own."""
    if piece.span.first_line is None or piece.span.first_line != (row.span.last_line or 0) + 1:
        return False
    if isinstance(piece, Row) and (not piece.cells[0].paragraphs or header_of(piece) is not None):
        return False
    mark = leading_mark(piece.text if isinstance(piece, Paragraph) else piece.cells[0].text).mark
    return mark is None or mark.style not in _HEADING_STYLES


def _grouped(pieces: Sequence[tuple[int, _Piece]]) -> Iterator[Paragraph | Table]:
    """Paragraphs, and the rows of each table as one."""
    for _, group in groupby(pieces, key=itemgetter(0)):
        rows: list[Row] = []
        for _, piece in group:
            if isinstance(piece, Row):
                rows.append(piece)
            else:
                yield piece
        if rows:
            yield Table(tuple(rows))
