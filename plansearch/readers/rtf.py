r"""RTF made plain before pandoc reads it, and the merged cells that pandoc does not see.

RTF carries the numbers of its lists as text for readers that do not count (``\listtext``); they are taken, since
pandoc counts anew and writes only 1 a i. Rows say where each cell ends (``\cellx``), which tells the merged ones; see
Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_LIST_TEXT = re.compile(rb"\{\s*\\(?:listtext|pntext)(?![a-z])\s*(?:\\pard\s*)?(?:\\plain(?![a-z]))?")
"""With it goes what would end the cell that the paragraph stands in, as pandoc has it."""
_LIST_NUMBER = re.compile(rb"\\(?:ls|ilvl)\d+ ?")
_CODE_PAGE = re.compile(rb"\\ansicpg950|\\fcharset136")
_UNICODE = re.compile(rb"\\u-?\d")
_PAIR = re.compile(rb"\\'([89a-f][0-9a-f])(?:\\'([0-9a-f]{2})|\\([\\{}])|([@-~]))", re.IGNORECASE)
_ROW_WORDS = re.compile(rb"\\(?:(trowd|clvmgf|clvmrg|clmgf|clmrg|row|nestrow)(?![a-z])|cellx(-?\d+))")
_NEAR = 60
"""Twips (1/20 point) by which the edges of one column may differ."""


@dataclass(frozen=True, slots=True)
class _CellRule:
    """Where a cell ends, in twips, and whether the one above or to the left reaches over it."""

    edge: int
    under: bool
    beside: bool


def plain_rtf(data: bytes) -> bytes:
    """Make RTF plain: the numbers of lists are text, and Big5 characters are written so that pandoc knows them."""
    data = _LIST_TEXT.sub(b"{", data)
    data = _LIST_NUMBER.sub(b"", data)
    if _CODE_PAGE.search(data[:20_000]) and not _UNICODE.search(data):
        data = _PAIR.sub(_unicode_of, data)
    return data


def _unicode_of(pair: re.Match[bytes]) -> bytes:
    trail = bytes.fromhex(pair.group(2).decode()) if pair.group(2) else pair.group(3) or pair.group(4)
    try:
        character = (bytes.fromhex(pair.group(1).decode()) + trail).decode("cp950")
    except UnicodeDecodeError:
        return b"\\u-3?"  # U+FFFD
    code = ord(character)
    return b"\\u%d?" % (code - 0x10000 if code > 0x7FFF else code)  # noqa: PLR2004 - RTF's numbers are 16 bits, signed


def has_nested_tables(data: bytes) -> bool:
    """Whether tables stand inside of tables, which pandoc does not read from RTF."""
    return b"\\nestrow" in data


def merge_cells(tree: dict[str, Any], data: bytes) -> None:
    """Write the merged cells of the RTF into pandoc's tree, in place; where the two do not match, leave it as it is."""
    rules = [*_rows(data)]
    tables = [[row for rows in _row_lists(table) for row in rows] for table in _tables(tree["blocks"])]
    if not all(rules) or sum(map(len, tables)) != len(rules):
        return
    begin = 0
    for rows in tables:
        _merge(rows, rules[begin : begin + len(rows)])
        begin += len(rows)


def _rows(data: bytes) -> Iterator[list[_CellRule]]:
    """The rules of each row, in order; nested rows give an empty one, which nothing matches."""
    cells: list[_CellRule] = []
    under = beside = False
    for word in _ROW_WORDS.finditer(data):
        name = word.group(1)
        if name is None:
            cells.append(_CellRule(int(word.group(2)), under, beside))
            under = beside = False
        elif name == b"trowd":
            cells, under, beside = [], False, False
        elif name in {b"row", b"nestrow"}:
            yield list(cells) if name == b"row" else []
        else:
            under, beside = under or name == b"clvmrg", beside or name == b"clmrg"


def _tables(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if block["t"] == "Table":
            yield block
        elif block["t"] == "BlockQuote":
            yield from _tables(block["c"])
        elif block["t"] == "Div":
            yield from _tables(block["c"][1])


def _row_lists(table: dict[str, Any]) -> Iterator[list[Any]]:
    _, _, _, head, bodies, foot = table["c"]
    yield head[1]
    for body in bodies:
        yield body[2]
        yield body[3]
    yield foot[1]


def _merge(rows: Sequence[Any], rules: Sequence[Sequence[_CellRule]]) -> None:
    """Give the cells of one table their spans; a row lists only the cells that begin in it."""
    edges: list[int] = []
    for edge in sorted({cell.edge for row in rules for cell in row}):
        if not edges or edge - edges[-1] > _NEAR:
            edges.append(edge)
    above: dict[int, Any] = {}
    for row, cells in zip(rows, rules, strict=True):
        kept: list[Any] = []
        column = 0
        for cell, rule in zip(row[1], cells, strict=False):
            last = max((place for place, edge in enumerate(edges) if edge <= rule.edge), default=column)
            width = max(last - column + 1, 1)
            if rule.beside and kept:
                kept[-1][3] += width
            elif rule.under and column in above:
                above[column][2] += 1
            else:
                cell[3] = width
                above[column] = cell
                kept.append(cell)
            column += width
        row[1] = kept
