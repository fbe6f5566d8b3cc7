"""The list of a file's items as a file: its columns, and its rows as they come back from a spreadsheet.

Excel and its like save a list as ``.xlsx``, and as CSV in UTF-8, in Big5, or as ``Unicode text`` with tabs. Where they
may have changed something by themselves (numbers, days, characters that Big5 lacks), a row says so.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from plansearch.cells import GUARDED
from plansearch.errors import CorrectionError

SHEET = "項目"
_MAX_ROWS = 20_000
_TOO_LONG = f"「{{name}}」超過 {_MAX_ROWS} 列，沒有採用。請刪除多餘的列，或把計畫檔拆成幾個再匯出。"
_NO_WORKBOOK = (
    *(InvalidFileException, BadZipFile, OSError, LookupError, ValueError, EOFError, TypeError, SyntaxError),
    *(AttributeError, ArithmeticError, RuntimeError, zlib.error),
)
"""What openpyxl raises for what is no workbook; broken XML is a `SyntaxError`."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its title, its name in CSV, its width in characters, and whether it may be edited."""

    title: str
    field: str
    width: int
    editable: bool = True


COLUMNS = (
    Column("項目鍵（請勿更動）", "key", 4, editable=False),
    Column("計畫", "plan", 18, editable=False),
    Column("位置", "location", 14, editable=False),
    Column("執行要項（原文）", "requirement", 30, editable=False),
    Column("執行要項代碼", "code", 10),
    Column("主題", "topic", 22),
    Column("編號", "number", 8),
    Column("措施", "text", 60),
    Column("承辦單位", "units", 18),
    Column("完成期限", "deadline", 14),
)
EDITABLE = tuple(column for column in COLUMNS if column.editable)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row as it came back: its number in the list, and its cells by field."""

    number: int
    cells: Mapping[str, str]
    retyped: frozenset[str] = frozenset()
    """Fields that a spreadsheet may have written in its own way: 1.10 as 1.1, 5/31 as 5月31日."""
    narrow: bool = False
    """Saved as Big5, where a character that it lacks became a question mark."""

    def where(self, field: str) -> str:
        """A cell's place in words."""
        title = next(column.title for column in COLUMNS if column.field == field)
        return f"第 {self.number} 列「{title}」欄"


def rows_of(path: Path) -> Iterator[ListRow]:
    """The rows of a list that say something.

    Raises:
        CorrectionError: it is no list of items, or a cell cannot be what a person meant.
    """
    return _rows_of_csv(path) if path.suffix.lower() == ".csv" else _rows_of_workbook(path)


def guarded(text: str) -> str:
    """A text as CSV guards it against running as a formula."""
    return f"'{text}" if text.startswith(GUARDED) else text


def _rows_of_workbook(path: Path) -> Iterator[ListRow]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of extensions that it does not know
            _check_length(path)
            workbook = load_workbook(path, keep_links=False)
    except _NO_WORKBOOK as error:
        raise CorrectionError(
            f"無法讀取「{path.name}」。請用 plansearch inspect 計畫檔 -o 新表.xlsx 匯出的表修改，並存成 .xlsx 或 .csv。"
        ) from error
    if not workbook.worksheets:
        raise CorrectionError(f"「{path.name}」沒有工作表。請用 plansearch inspect 計畫檔 -o 新表.xlsx 重新匯出。")
    sheet = _list_sheet(workbook)
    for area in sheet.merged_cells.ranges:
        raise CorrectionError(
            f"「{path.name}」第 {area.min_row} 列有合併的儲存格（{area.coord}），其他列的內容已經不見。"
            "請取消合併，並把每一列都填好。"
        )
    header: dict[int, str] = {}
    for number, row in enumerate(sheet.iter_rows(max_row=_MAX_ROWS), 1):
        if not header:
            header = _header([str(cell.value or "") for cell in row], path.name)
            continue
        cells = {field: _text_of_cell(row[column], number, field) for column, field in header.items()}
        if any(text.strip() for field, text in cells.items() if field != "key"):
            numbers = frozenset(field for column, field in header.items() if row[column].data_type == "n")
            yield ListRow(number, cells, numbers)


def _list_sheet(workbook: Workbook) -> Any:  # noqa: ANN401 - openpyxl has another class for each way of reading
    return workbook[SHEET] if SHEET in workbook.sheetnames else workbook.worksheets[0]


def _check_length(path: Path) -> None:
    """Refuse a list that is longer than any file's items, before all of it is in memory."""
    workbook = load_workbook(path, read_only=True, keep_links=False)
    try:
        if not workbook.worksheets:
            return
        for row in _list_sheet(workbook).iter_rows(min_row=_MAX_ROWS + 1, values_only=True):
            if any(value is not None for value in row):
                raise CorrectionError(_TOO_LONG.format(name=path.name))
    finally:
        workbook.close()


def _text_of_cell(cell: object, number: int, field: str) -> str:
    """A cell as text; a formula or a date is none that could be meant."""
    value = getattr(cell, "value", None)
    kind = getattr(cell, "data_type", "n")
    where = ListRow(number, {}).where(field)
    if kind == "f":
        raise CorrectionError(f"{where}是公式。請改成文字（在最前面加一個單引號 '）。")
    if kind == "d":
        raise CorrectionError(f"{where}被試算表當成日期。請把儲存格格式改成「文字」，再重新輸入。")
    if kind == "e":
        raise CorrectionError(f"{where}是錯誤值（{value}）。請改成文字。")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _rows_of_csv(path: Path) -> Iterator[ListRow]:
    text, encoding = _decoded(path)
    beginning = text.partition("\n")[0]
    delimiter = max((",", "\t", ";"), key=beginning.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise CorrectionError(f"「{path.name}」不是完整的 CSV。請重新匯出。") from error
    header = _header(lines[0] if lines else [], path.name)
    if len(lines) > _MAX_ROWS:
        raise CorrectionError(_TOO_LONG.format(name=path.name))
    retyped = frozenset({"code", "number", "deadline"})
    for number, line in enumerate(lines[1:], 2):
        cells = {field: line[column] if column < len(line) else "" for column, field in header.items()}
        if any(text.strip() for field, text in cells.items() if field != "key"):
            yield ListRow(number, cells, retyped, narrow=encoding == "cp950")


def _decoded(path: Path) -> tuple[str, str]:
    """The text of a CSV, and the encoding that Excel saved it in."""
    data = path.read_bytes()
    encodings = ("utf-16",) if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "cp950")
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding), encoding
    raise CorrectionError(f"「{path.name}」的文字編碼無法辨識。請另存成「CSV UTF-8」。")


def _header(titles: Sequence[str], name: str) -> dict[int, str]:
    """Which column holds which field; all that may be edited must be there."""
    fields = {column.title: column.field for column in COLUMNS} | {column.field: column.field for column in COLUMNS}
    header = {number: fields[title.strip()] for number, title in enumerate(titles) if title.strip() in fields}
    needed = [column for column in COLUMNS if column.editable or column.field == "key"]
    missing = [column.title for column in needed if column.field not in header.values()]
    if missing:
        raise CorrectionError(
            f"「{name}」的第 1 列少了這些欄位：{'、'.join(missing)}。"
            "請在 plansearch inspect 計畫檔 -o 新表.xlsx 匯出的表上修改，不要刪除欄位。"
        )
    return header
