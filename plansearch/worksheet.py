"""The items of a file as a list that a person edits in a spreadsheet, and what came back of it.

A workbook is written with every cell as text, so that nothing in it runs as a formula; a CSV comes from
``inspect -o``, with its own guards. Reading compares each cell with what was written there: untouched cells
are the item's own values again, to the character.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.corrections import (
    CorrectedPlan,
    Correction,
    CorrectionsFile,
    Wording,
    compare_wordings,
    find_requirement,
)
from plansearch.errors import CorrectionError, reason_of
from plansearch.limits import Limits
from plansearch.parsing.columns import unit_entries
from plansearch.safety import check_file
from plansearch.types import PlanItem

_SHEET, _HELP = "項目", "說明"
_ADDED = "+"
"""Key of an item that a person added before."""
_MAX_ROWS = 20_000
_LIMITS = Limits()
_NO_WORKBOOK = (InvalidFileException, BadZipFile, OSError, LookupError, ValueError, EOFError, TypeError, SyntaxError)
"""What openpyxl raises for what is no workbook; broken XML is a `SyntaxError`."""
_GUARDED = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "(")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its title, its name in CSV, its width in characters, and whether it may be edited."""

    title: str
    field: str
    width: int
    editable: bool = True


_COLUMNS = (
    _Column("項目鍵（請勿更動）", "key", 4, editable=False),
    _Column("計畫", "plan", 18, editable=False),
    _Column("位置", "location", 14, editable=False),
    _Column("執行要項（原文）", "requirement", 30, editable=False),
    _Column("執行要項代碼", "code", 10),
    _Column("主題", "topic", 22),
    _Column("編號", "number", 8),
    _Column("措施", "text", 60),
    _Column("承辦單位", "units", 18),
    _Column("完成期限", "deadline", 14),
)
_EDITABLE = tuple(column for column in _COLUMNS if column.editable)
_INSTRUCTIONS = (
    "這份表列出 plansearch 從計畫檔讀到的每一項，一列一項。",
    "請在「項目」工作表修改：執行要項代碼、主題、編號、措施、承辦單位、完成期限。灰底的欄位只供對照，改了不算。",
    "承辦單位有好幾個時，用頓號（、）隔開。主題有好幾層時，由外到內用「 > 」隔開。",
    "執行要項代碼可用 plansearch requirements 查看，例如 1.3；不屬於任何要項就留空白。",
    "多出來的項目，刪除整列。少了的項目，在該在的位置插入一列，隱藏的第一欄留空白。",
    "改好存檔後，執行 plansearch correct 計畫檔 這份表.xlsx，再執行 plansearch index 更新索引。",
    "原檔不會被更動；更正另存在計畫檔旁邊的 .corrections.json。",
)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as it came back: its number in the list, and its cells by field."""

    number: int
    cells: Mapping[str, str]

    def where(self, field: str) -> str:
        title = next(column.title for column in _COLUMNS if column.field == field)
        return f"第 {self.number} 列「{title}」欄"


def item_key(corrected: CorrectedPlan, number: int, position: int) -> str:
    """What names an item of a list: plan, place, and what source and text it was made from.

    Args:
        corrected: the plan with its corrections.
        number: which plan of its file it is, from 1.
        position: of the item in ``corrected.plan``, from 0.
    """
    place = corrected.origins[position]
    if place is None:
        return _ADDED
    return _key(number, place, corrected.original.items[place - 1], corrected.original.sha256)


def _key(number: int, place: int, item: PlanItem, sha256: str) -> str:
    return f"{number}.{place}.{zlib.crc32(item.text.encode('utf-8', 'replace')):08x}.{sha256[:8]}"


def write_workbook(plans: Sequence[CorrectedPlan], path: Path) -> None:
    """Write the items of a file as a workbook.

    Raises:
        CorrectionError: it cannot be written.
    """
    workbook = Workbook()
    sheet = workbook.active
    if not isinstance(sheet, Worksheet):
        msg = "a new workbook has a sheet"
        raise TypeError(msg)
    sheet.title = _SHEET
    _write_header(sheet)
    row = 2
    for number, corrected in enumerate(plans, 1):
        for position, item in enumerate(corrected.plan.items):
            values = _written(corrected, number, position, item)
            for column, shown in enumerate(_COLUMNS, 1):
                _write_cell(sheet, row, column, values[shown.field], editable=shown.editable)
            row += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{max(row - 1, 2)}"
    notes = workbook.create_sheet(_HELP)
    notes.column_dimensions["A"].width = 100
    for line, text in enumerate(_INSTRUCTIONS, 1):
        _write_cell(notes, line, 1, text, editable=True)
    try:
        workbook.save(path)
    except OSError as error:
        raise CorrectionError(
            f"無法寫入「{path}」（{reason_of(error)}）。如果它正在 Excel 裡開著，請先關閉；並確認資料夾可以寫入。"
        ) from error


def _write_header(sheet: Worksheet) -> None:
    for number, column in enumerate(_COLUMNS, 1):
        cell = sheet.cell(1, number, column.title)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = column.width
        dimension.number_format = "@"  # what is typed into a new row stays as it was typed
        dimension.hidden = column.field == "key"
    sheet.freeze_panes = "B2"


def _write_cell(sheet: Worksheet, row: int, column: int, text: str, *, editable: bool) -> None:
    cell = sheet.cell(row, column)
    if not isinstance(cell, Cell):
        return
    cell.value = text
    cell.data_type = "s"  # openpyxl would take a text that begins with = for a formula
    cell.number_format = "@"
    cell.quotePrefix = int(text.startswith(_GUARDED))
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.protection = Protection(locked=not editable)
    if not editable:
        cell.fill = PatternFill("solid", fgColor="EEEEEE")


def _written(corrected: CorrectedPlan, number: int, position: int, item: PlanItem) -> dict[str, str]:
    """What stands in each cell of an item's row."""
    values = {
        "key": item_key(corrected, number, position),
        "plan": corrected.plan.name,
        "location": item.span.label,
        "requirement": item.requirement or "",
    } | _cells(Wording.of(item))
    return {field: _cell_text(value) for field, value in values.items()}


def _cells(wording: Wording) -> dict[str, str]:
    return {
        "code": wording.code or "",
        "topic": wording.topic or "",
        "number": wording.number or "",
        "text": wording.text,
        "units": "、".join(wording.units),
        "deadline": wording.deadline or "",
    }


def _cell_text(text: str) -> str:
    """A text as a cell can hold it: no control characters, which XML does not have."""
    clean: str = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
    return clean.replace("\r\n", "\n").replace("\r", "\n")


def read_corrected(
    path: Path, plans: Sequence[CorrectedPlan], before: CorrectionsFile | None
) -> tuple[Correction, ...]:
    """What a person changed in the list of a file's items.

    Args:
        path: the list, as a workbook or CSV.
        plans: the file's plans, as they are now.
        before: the corrections that are there already; what of them does not fit is kept.

    Raises:
        CorrectionError: the list cannot be read, belongs to another file, or says what cannot be.
    """
    check_file(path, path.name, _LIMITS)
    rows = list(_rows_of_csv(path) if path.suffix.lower() == ".csv" else _rows_of_workbook(path))
    places = _places(rows, plans, path.name)
    found: list[Correction] = []
    for number, corrected in enumerate(plans, 1):
        mine = [(row, place) for row, (plan, place) in zip(rows, places, strict=True) if plan == number]
        if not mine:
            raise CorrectionError(
                f"「{path.name}」裡沒有「{corrected.plan.name}」的任何一項。請確認沒有刪錯；至少要留下一項。"
            )
        wanted = [(place, _wording_of(row, place, corrected)) for row, place in mine]
        found += compare_wordings(corrected.original, number, wanted)
    kept = [correction for corrected in plans for correction in corrected.unfit] if before else []
    return (*found, *(correction for correction in kept if correction not in found))


def _places(rows: Sequence[_Row], plans: Sequence[CorrectedPlan], name: str) -> list[tuple[int, int | None]]:
    """For each row its plan and the item's place; a row without a key belongs to the plan of the row above it."""
    known = {
        _key(number, place, item, corrected.original.sha256): (number, place)
        for number, corrected in enumerate(plans, 1)
        for place, item in enumerate(corrected.original.items, 1)
    }
    found: list[tuple[int, int | None]] = []
    seen: dict[str, int] = {}
    plan = 1
    for row in rows:
        key = row.cells["key"].strip().removeprefix("'")
        if key in {"", _ADDED}:
            found.append((plan, None))
            continue
        if key not in known:
            raise CorrectionError(
                f"「{name}」第 {row.number} 列對不到計畫裡的項目：原檔在匯出之後有變動，或這份表屬於另一個檔案。"
                "請重新執行 plansearch inspect 計畫檔 -o 新表.xlsx，在新表上修改。"
            )
        if key in seen:
            raise CorrectionError(
                f"「{name}」第 {row.number} 列與第 {seen[key]} 列是同一項（複製列時一起複製了隱藏的第一欄）。"
                "新增的列請把隱藏的第一欄清空。"
            )
        seen[key] = row.number
        plan = known[key][0]
        found.append(known[key])
    return found


def _wording_of(row: _Row, place: int | None, corrected: CorrectedPlan) -> Wording:
    """What a row says. A cell that nobody touched is the item's own value, to the character."""
    item = None
    if place is not None and place in corrected.origins:
        item = corrected.plan.items[corrected.origins.index(place)]
    was = Wording.of(item) if item else Wording(None, None, None, "", (), None)
    shown = {field: _cell_text(text) for field, text in _cells(was).items()}
    touched = {
        column.field: _plain(row.cells[column.field])
        for column in _EDITABLE
        if not _is_untouched(row.cells[column.field], shown[column.field])
    }
    text = touched.get("text", was.text)
    if not text.strip():
        raise CorrectionError(f"{row.where('text')}是空白的。請填寫措施；要刪除這一項請刪除整列。")
    code = (touched["code"].strip() or None) if "code" in touched else was.code
    if "code" in touched and code and find_requirement(code, corrected.original) is None:
        raise CorrectionError(
            f"{row.where('code')}：沒有「{code}」這個代碼。"
            "請用 plansearch requirements 查看，例如 1.3；不屬於任何要項就留空白。"
        )
    units = was.units
    if "units" in touched:
        units = tuple(name for entry in unit_entries(touched["units"]) for name in entry)
    return Wording(
        code,
        _optional(touched, "topic", was.topic),
        _optional(touched, "number", was.number),
        text,
        units,
        _optional(touched, "deadline", was.deadline),
    )


def _optional(touched: Mapping[str, str], field: str, was: str | None) -> str | None:
    return (touched[field].strip() or None) if field in touched else was


def _is_untouched(cell: str, written: str) -> bool:
    return _settled(cell) in {_settled(written), _settled(_guarded(written))}


def _settled(text: str) -> str:
    """A text without what spreadsheets change by themselves: line ends, spaces at its ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _guarded(text: str) -> str:
    """A text as CSV guards it against running as a formula."""
    return f"'{text}" if text.startswith(_GUARDED) else text


def _plain(text: str) -> str:
    """A text without the guard that CSV puts before it."""
    stripped = _settled(text)
    return stripped[1:] if stripped.startswith("'") and stripped[1:].startswith(_GUARDED) else stripped


def _rows_of_workbook(path: Path) -> Iterator[_Row]:
    try:
        workbook = load_workbook(path, read_only=False, data_only=False, keep_links=False)
    except (
        InvalidFileException,
        BadZipFile,
        OSError,
        LookupError,
        ValueError,
        EOFError,
        TypeError,
        SyntaxError,
    ) as error:
        raise CorrectionError(
            f"無法讀取「{path.name}」。請用 plansearch inspect 計畫檔 -o 新表.xlsx 匯出的表修改，並存成 .xlsx 或 .csv。"
        ) from error
    sheet = workbook[_SHEET] if _SHEET in workbook.sheetnames else workbook.worksheets[0]
    header: dict[int, str] = {}
    for number, row in enumerate(sheet.iter_rows(max_row=_MAX_ROWS), 1):
        if not header:
            header = _header([str(cell.value or "") for cell in row], path.name)
            continue
        cells = {field: _text_of_cell(row[column], number, field) for column, field in header.items()}
        if any(text.strip() for field, text in cells.items() if field != "key"):
            yield _Row(number, cells)


def _text_of_cell(cell: object, number: int, field: str) -> str:
    """A cell as text; a formula or a date is none that could be meant."""
    value = getattr(cell, "value", None)
    kind = getattr(cell, "data_type", "n")
    where = _Row(number, {}).where(field)
    if kind == "f":
        raise CorrectionError(f"{where}是公式。請改成文字（在最前面加一個單引號 '）。")
    if kind == "d":
        raise CorrectionError(f"{where}被試算表當成日期。請把儲存格格式改成「文字」，再重新輸入。")
    if kind == "e":
        raise CorrectionError(f"{where}是錯誤值（{value}）。請改成文字。")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _rows_of_csv(path: Path) -> Iterator[_Row]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp950")
        except UnicodeDecodeError as error:
            raise CorrectionError(f"「{path.name}」的文字編碼無法辨識。請另存成「CSV UTF-8」。") from error
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise CorrectionError(f"「{path.name}」不是完整的 CSV（{error}）。請重新匯出。") from error
    header = _header(lines[0] if lines else [], path.name)
    for number, line in enumerate(lines[1:_MAX_ROWS], 2):
        cells = {field: line[column] if column < len(line) else "" for column, field in header.items()}
        if any(text.strip() for field, text in cells.items() if field != "key"):
            yield _Row(number, cells)


def _header(titles: Sequence[str], name: str) -> dict[int, str]:
    """Which column holds which field; all that may be edited must be there."""
    fields = {column.title: column.field for column in _COLUMNS} | {column.field: column.field for column in _COLUMNS}
    header = {number: fields[title.strip()] for number, title in enumerate(titles) if title.strip() in fields}
    needed = [column for column in _COLUMNS if column.editable or column.field == "key"]
    missing = [column.title for column in needed if column.field not in header.values()]
    if missing:
        raise CorrectionError(
            f"「{name}」的第 1 列少了這些欄位：{'、'.join(missing)}。"
            "請在 plansearch inspect 計畫檔 -o 新表.xlsx 匯出的表上修改，不要刪除欄位。"
        )
    return header
