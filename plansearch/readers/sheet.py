"""Spreadsheets (xlsx by openpyxl, ods from its XML): the lines and tables of each sheet, cells as they are shown."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import openpyxl
from openpyxl.cell.cell import Cell as ExcelCell
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.errors import ReadError
from plansearch.readers.number_formats import shown_date, shown_number
from plansearch.readers.ods_package import ods_sheets
from plansearch.readers.sheet_cells import Sheet, SheetCell
from plansearch.types import Cell, Damage, Document, Paragraph, Row, Span, Table

_BROKEN = "試算表不完整或已損毀。請用 Excel 或 LibreOffice 開啟後另存新檔，再試一次。"
_FORMULA = re.compile(rb"<f[ >/]")


def read_sheet(kind: Literal["xlsx", "ods"], data: bytes, name: str) -> Document:
    """Read a spreadsheet's bytes.

    Raises:
        ReadError: it has a password, is broken, or has no sheet with text.
    """
    try:
        sheets = ods_sheets(data, name) if kind == "ods" else _excel_sheets(data)
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(f"「{name}」無法開啟：{_BROKEN}") from error
    shown = [sheet for sheet in sheets if sheet.cells and not sheet.hidden]
    if not shown:
        hidden = "、".join(f"「{sheet.name}」" for sheet in sheets if sheet.cells)
        reason = f"有文字的工作表（{hidden}）都是隱藏的。請先取消隱藏" if hidden else "工作表都是空的。請確認檔案"
        raise ReadError(f"「{name}」沒有可讀的內容：{reason}。")
    blocks: list[Paragraph | Table] = []
    for sheet in shown:
        blocks.extend(_blocks(sheet, sheet.name if len(shown) > 1 else None))
    damage = tuple(found for sheet in sheets for found in _damage(sheet))
    return Document(name, tuple(blocks), hashlib.sha256(data).hexdigest(), damage=damage)


def _damage(sheet: Sheet) -> Iterator[Damage]:
    if sheet.hidden and sheet.cells:
        detail = f"工作表「{sheet.name}」是隱藏的，沒有讀取；其中若有計畫內容，請取消隱藏後再讀。"
        yield Damage("sheet_unread", detail, None, Span(sheet=sheet.name))
    elif sheet.unknown:
        rows = "、".join(str(row) for row in sheet.unknown[:5]) + ("等" if len(sheet.unknown) > 5 else "")  # noqa: PLR2004
        detail = (
            f"工作表「{sheet.name}」第 {rows} 列有公式沒有算出結果（或是錯誤值），該格沒有讀到；"
            "請用 Excel 開啟、存檔後再讀。"
        )
        yield Damage("sheet_unread", detail, None, Span(sheet=sheet.name, row=sheet.unknown[0]))


def _blocks(sheet: Sheet, name: str | None) -> Iterator[Paragraph | Table]:
    """Rows with a single text at the left edge are lines around the table; all others are its rows."""
    first = min(cell.column for cell in sheet.cells)
    last = max(cell.column + cell.columns - 1 for cell in sheet.cells)
    rows: dict[int, list[SheetCell]] = {}
    covered: dict[int, list[SheetCell]] = {}
    for cell in sheet.cells:
        rows.setdefault(cell.row, []).append(cell)
        for down in range(1, cell.rows):
            covered.setdefault(cell.row + down, []).append(cell)
    table: list[Row] = []
    for number in sorted(rows):
        span = Span(sheet=name, row=number)
        filled = [cell for cell in rows[number] if cell.lines]
        alone = len(filled) == 1 and not any(cell.lines for cell in covered.get(number, ()))
        if alone and (filled[0].column == first or not table) and filled[0].rows == 1:
            if table:
                yield Table(tuple(table))
                table = []
            yield from (Paragraph(line, span) for line in filled[0].lines)
        elif filled:
            table.append(Row(tuple(_cells(rows[number], covered.get(number, ()), range(first, last + 1), span)), span))
    if table:
        yield Table(tuple(table))


def _cells(own: Sequence[SheetCell], above: Sequence[SheetCell], columns: range, span: Span) -> Iterator[Cell]:
    """A cell for every column; what another one reaches over is marked so."""
    begins = {cell.column: cell for cell in own}
    reached: dict[int, Literal["up", "left"]] = {
        column: "left" for cell in own for column in range(cell.column + 1, cell.column + cell.columns)
    }
    reached |= {column: "up" for cell in above for column in range(cell.column, cell.column + cell.columns)}
    for column in columns:
        cell = begins.get(column)
        if cell is not None:
            yield Cell(tuple(Paragraph(line, span) for line in cell.lines), cell.rows, cell.columns)
        else:
            yield Cell((), merged=reached.get(column))


# Excel


@dataclass(frozen=True, slots=True)
class _Merges:
    """Merged ranges: (row, column) of the first cell to how many rows and columns, and the places they cover."""

    sizes: Mapping[tuple[int, int], tuple[int, int]]
    covered: frozenset[tuple[int, int]]


def _excel_sheets(data: bytes) -> list[Sheet]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that it does not know, which hold no text
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
        uncalculated = openpyxl.load_workbook(io.BytesIO(data), keep_links=False) if _has_formulas(data) else None
    sheets = []
    for sheet in book.worksheets:
        formulas = uncalculated[sheet.title] if uncalculated is not None else None
        sheets.append(_excel_sheet(sheet, formulas))
    return sheets


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(
            _FORMULA.search(archive.read(member))
            for member in archive.namelist()
            if member.startswith("xl/worksheets/") and member.endswith(".xml")
        )


def _excel_sheet(sheet: Worksheet, formulas: Worksheet | None) -> Sheet:
    merges = _merges(sheet)
    cells: list[SheetCell] = []
    unknown: list[int] = []
    for row in sheet.iter_rows():
        for cell in row:
            place = (cell.row, cell.column)
            if place in merges.covered:
                continue
            lost = formulas is not None and cell.value is None and formulas.cell(*place).data_type == "f"
            if lost or cell.data_type == "e":
                unknown.append(cell.row)
                continue
            lines = _lines(_shown(cell))
            size = merges.sizes.get(place, (1, 1))
            if lines or size != (1, 1):
                cells.append(SheetCell(cell.row, cell.column, *size, lines))
    return Sheet(sheet.title, _trimmed(cells), sheet.sheet_state != "visible", tuple(dict.fromkeys(unknown)))


def _merges(sheet: Worksheet) -> _Merges:
    sizes: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for area in sheet.merged_cells.ranges:
        height = min(area.max_row, sheet.max_row) - area.min_row + 1
        width = min(area.max_col, sheet.max_column) - area.min_col + 1
        sizes[area.min_row, area.min_col] = (max(height, 1), max(width, 1))
        covered |= {(area.min_row + down, area.min_col + right) for down in range(height) for right in range(width)}
        covered.discard((area.min_row, area.min_col))
    return _Merges(sizes, frozenset(covered))


def _shown(cell: ExcelCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        code = cell.number_format
        return str(value) if isinstance(value, int) and code == "General" else shown_number(value, code)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return shown_date(value, cell.number_format)
    return str(value)


def _lines(text: str) -> tuple[str, ...]:
    """The lines of a cell that are not empty; some exports write ``_x000D_`` for a line end."""
    plain = text.replace("_x000D_", "\n").replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n")
    return tuple(line.strip() for line in plain.split("\n") if line.strip())


def _trimmed(cells: Sequence[SheetCell]) -> tuple[SheetCell, ...]:
    """Cells without the empty merged ones that stand right of or below all text."""
    filled = [cell for cell in cells if cell.lines]
    if not filled:
        return ()
    right = max(cell.column for cell in filled)
    bottom = max(cell.row for cell in filled)
    return tuple(cell for cell in cells if cell.lines or (cell.column <= right and cell.row <= bottom))
