"""OpenDocument spreadsheets, from their XML (OpenDocument 1.3, part 3, chapter 9); a cell's text is what it shows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import defusedxml.ElementTree

from plansearch.errors import ReadError
from plansearch.readers.sheet_cells import Sheet, SheetCell

_BASE = "{urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE, _STYLE = (f"{_BASE}{part}:1.0}}" for part in ("table", "text", "office", "style"))
_SKIPPED = frozenset({f"{_OFFICE}annotation", f"{_OFFICE}annotation-end", f"{_TEXT}note"})
_MOST_REPEATED = 1000
"""Rows or cells of one text that are meant; programs fill a sheet to its end with empty ones, which cost nothing."""
_ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "Err:5")


def ods_sheets(data: bytes, name: str) -> list[Sheet]:
    """The sheets of an OpenDocument spreadsheet.

    Raises:
        ReadError: it has a password.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise ReadError(f"「{name}」有密碼保護，無法讀取。請在 LibreOffice 或 Excel 解除密碼後另存新檔。")
        root: Element = defusedxml.ElementTree.fromstring(archive.read("content.xml"))
    hidden = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}table-properties")
        if properties.get(f"{_TABLE}display") == "false"
    }
    return [_sheet(table, hidden=table.get(f"{_TABLE}style-name") in hidden) for table in root.iter(f"{_TABLE}table")]


def _sheet(table: Element, *, hidden: bool) -> Sheet:
    cells: list[SheetCell] = []
    unknown: list[int] = []
    number = 1
    for row in table.iter(f"{_TABLE}table-row"):
        repeated = int(row.get(f"{_TABLE}number-rows-repeated", "1"))
        own = list(_cells(row, number))
        kept = [cell for cell in own if not (cell.lines and cell.lines[0].startswith(_ERRORS))]
        unknown += [number] if len(kept) < len(own) else []
        if any(cell.lines or cell.rows > 1 or cell.columns > 1 for cell in kept):
            for down in range(min(repeated, _MOST_REPEATED)):
                cells.extend(
                    SheetCell(cell.row + down, cell.column, cell.rows, cell.columns, cell.lines) for cell in kept
                )
        number += repeated
    title = table.get(f"{_TABLE}name", "")
    return Sheet(title, tuple(cells) if any(cell.lines for cell in cells) else (), hidden, tuple(unknown))


def _cells(row: Element, number: int) -> Iterator[SheetCell]:
    column = 1
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        if cell.tag == f"{_TABLE}table-cell":
            lines = tuple(_lines(cell))
            height = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
            width = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
            if lines or height > 1 or width > 1:
                for right in range(min(repeated, _MOST_REPEATED)):
                    yield SheetCell(number, column + right, height, width, lines)
        column += repeated


def _lines(cell: Element) -> Iterator[str]:
    for paragraph in cell:
        if paragraph.tag == f"{_TEXT}p":
            yield from (line.strip() for line in "".join(_pieces(paragraph)).split("\n") if line.strip())


def _pieces(element: Element) -> Iterator[str]:
    """The text of a paragraph, with its spaces, tabs and line breaks, without remarks."""
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " " * int(child.get(f"{_TEXT}c", "1"))
        elif child.tag == f"{_TEXT}tab":
            yield "\t"
        elif child.tag == f"{_TEXT}line-break":
            yield "\n"
        elif child.tag not in _SKIPPED:
            yield from _pieces(child)
        yield child.tail or ""
