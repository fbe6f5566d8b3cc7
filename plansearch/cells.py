"""Cells of a workbook that hold text, and sheets that print well: what all workbooks have in common."""

from __future__ import annotations

from typing import Final

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.xmltext import xml_text

GUARDED: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "(")
"""What a spreadsheet takes for the beginning of a formula, or, in ``(1)``, of a negative number."""
_LINE_HEIGHT: Final = 18.0
"""Points of one line of text in a cell."""
_TALLEST_ROW: Final = 409.0
"""Points; Excel shows no taller row."""
MOST_LINES: Final = int(_TALLEST_ROW // _LINE_HEIGHT)
"""Lines of text that a row can show."""
_AT_THE_TOP: Final = Alignment(wrap_text=True, vertical="top")


def write_text(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write a text that stays a text, also when somebody edits the cell; rows and columns count from 1."""
    cell = sheet.cell(row, column)
    if not isinstance(cell, Cell):
        msg = f"{cell.coordinate} lies inside a merged cell"
        raise TypeError(msg)
    cell.value = xml_text(text)
    cell.data_type = "s"  # openpyxl would take a text that begins with = for a formula
    cell.number_format = "@"
    cell.quotePrefix = int(text.startswith(GUARDED))
    cell.alignment = _AT_THE_TOP
    return cell


def lines_taken(text: str, width: float) -> int:
    """How many lines a text takes in a column so many Latin characters wide; Chinese ones take two."""
    return sum(
        1 + int(sum(1 if character.isascii() else 2 for character in line) // max(width, 1))
        for line in text.split("\n")
    )


def row_height(lines: int) -> float:
    """The height, in points, of a row with so many lines of text."""
    return min(_LINE_HEIGHT * lines, _TALLEST_ROW)


def print_across(sheet: Worksheet, *, repeat_header: bool = True) -> None:
    """Make a sheet print in landscape, as wide as the paper, by default with its first row on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if repeat_header:
        sheet.print_title_rows = "1:1"
