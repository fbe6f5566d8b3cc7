"""The items of a file as a list that a person edits in a spreadsheet, and what came back of it.

A workbook is written with every cell as text, so that nothing in it runs as a formula; a CSV comes from
``inspect -o``, with its own guards. Reading compares each cell with what was written there: untouched cells
are the item's own values again, to the character.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.cells import GUARDED, lines_taken, print_across, row_height, write_text
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
from plansearch.listfile import COLUMNS, EDITABLE, SHEET, ListRow, guarded, rows_of
from plansearch.parsing.columns import unit_entries
from plansearch.safety import check_file
from plansearch.types import PlanItem
from plansearch.xmltext import xml_text

_HELP = "說明"
_ADDED = "+"
"""Key of an item that a person added before."""
_LIMITS = Limits()
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
_EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d+")
_DAY = re.compile(r"(?:\d{4}[/-])?(\d{1,2})[/月-](\d{1,2})日?")


_INSTRUCTIONS = (
    "這份表列出 plansearch 從計畫檔讀到的每一項，一列一項。",
    "請在「項目」工作表修改：執行要項代碼、主題、編號、措施、承辦單位、完成期限。灰底的欄位只供對照，改了不算。",
    "承辦單位有好幾個時，用頓號（、）隔開。主題有好幾層時，由外到內用「 > 」隔開。",
    "執行要項代碼可用 plansearch requirements 查看，例如 1.3；不屬於任何要項就留空白。",
    "多出來的項目，刪除整列。少了的項目，在該在的位置插入一列，隱藏的第一欄留空白。",
    "改好存檔後，執行 plansearch correct 計畫檔 這份表.xlsx，再執行 plansearch index 更新索引。",
    "這份表如果是在網頁上下載的，請在同一頁上傳，再重建索引。",
    "原檔不會被更動；更正另存在計畫檔旁邊的 .corrections.json。",
)


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
    made = workbook_bytes(plans)  # saved to the disk itself, one that does not fit there leaves a traceback
    try:
        path.write_bytes(made)
    except OSError as error:
        raise CorrectionError(
            f"無法寫入「{path}」（{reason_of(error)}）。如果它正在 Excel 裡開著，請先關閉；並確認資料夾可以寫入。"
        ) from error


def workbook_bytes(plans: Sequence[CorrectedPlan], mark: str = "") -> bytes:
    """The items of a file as a workbook, which keeps a mark that `mark_of` finds again."""
    workbook = Workbook()
    workbook.properties.keywords = mark or None
    sheet = workbook.active
    if not isinstance(sheet, Worksheet):
        msg = "a new workbook has a sheet"
        raise TypeError(msg)
    sheet.title = SHEET
    _write_header(sheet)
    row = 2
    for number, corrected in enumerate(plans, 1):
        for position, item in enumerate(corrected.plan.items):
            values = _written(corrected, number, position, item)
            for column, shown in enumerate(COLUMNS, 1):
                _write_cell(sheet, row, column, values[shown.field], editable=shown.editable)
            sheet.row_dimensions[row].height = row_height(
                max(lines_taken(values[shown.field], shown.width) for shown in COLUMNS if shown.field != "key")
            )
            row += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{max(row - 1, 2)}"
    notes = workbook.create_sheet(_HELP)
    notes.column_dimensions["A"].width = 100
    for line, text in enumerate(_INSTRUCTIONS, 1):
        _write_cell(notes, line, 1, text, editable=True)
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def mark_of(path: Path) -> str:
    """The mark of a workbook; empty where it has none, or the list is no workbook."""
    if path.suffix != ".xlsx":
        return ""
    with closing(load_workbook(path, read_only=True)) as workbook:
        return str(workbook.properties.keywords or "")


def _write_header(sheet: Worksheet) -> None:
    for number, column in enumerate(COLUMNS, 1):
        cell = sheet.cell(1, number, column.title)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width = column.width
        dimension.number_format = "@"  # what is typed into a new row stays as it was typed
        dimension.hidden = column.field == "key"
    sheet.freeze_panes = "B2"
    print_across(sheet)


def _write_cell(sheet: Worksheet, row: int, column: int, text: str, *, editable: bool) -> None:
    cell = write_text(sheet, row, column, text)
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
    return {field: xml_text(value) for field, value in values.items()}


def _cells(wording: Wording) -> dict[str, str]:
    return {
        "code": wording.code or "",
        "topic": wording.topic or "",
        "number": wording.number or "",
        "text": wording.text,
        "units": "、".join(wording.units),
        "deadline": wording.deadline or "",
    }


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
    return corrections_in(list(rows_of(path)), path.name, plans, before)


def corrections_in(
    rows: Sequence[ListRow], name: str, plans: Sequence[CorrectedPlan], before: CorrectionsFile | None
) -> tuple[Correction, ...]:
    """What a person changed in the rows of a list.

    Args:
        rows: of the list.
        name: what to call the list.
        plans: as `read_corrected`.
        before: as `read_corrected`.

    Raises:
        CorrectionError: a row belongs to another file, or says what cannot be.
    """
    places = _places(rows, plans, name)
    found: list[Correction] = []
    for number, corrected in enumerate(plans, 1):
        mine = [(row, place) for row, (plan, place) in zip(rows, places, strict=True) if plan == number]
        if not mine:
            raise CorrectionError(
                f"「{name}」裡沒有「{corrected.plan.name}」的任何一項。請確認沒有刪錯；至少要留下一項。"
            )
        wanted = [(place, _wording_of(row, place, corrected)) for row, place in mine]
        found += compare_wordings(corrected.original, number, wanted)
    kept = [correction for corrected in plans for correction in corrected.unfit] if before else []
    return (*found, *(correction for correction in kept if correction not in found))


def _places(rows: Sequence[ListRow], plans: Sequence[CorrectedPlan], name: str) -> list[tuple[int, int | None]]:
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


def _wording_of(row: ListRow, place: int | None, corrected: CorrectedPlan) -> Wording:
    """What a row says. A cell that nobody touched is the item's own value, to the character."""
    item = None
    if place is not None and place in corrected.origins:
        item = corrected.plan.items[corrected.origins.index(place)]
    was = Wording.of(item) if item else Wording(None, None, None, "", (), None)
    shown = {field: xml_text(text) for field, text in _cells(was).items()}
    touched = {
        column.field: _plain(row.cells[column.field])
        for column in EDITABLE
        if not _is_untouched(row, column.field, shown[column.field])
    }
    for field, cell in touched.items():
        if row.narrow and "?" in cell and _narrowed(shown[field]) != shown[field]:
            raise CorrectionError(
                f"{row.where(field)}有 Big5 沒有的字，存檔時變成了「?」。請另存成「CSV UTF-8」或 .xlsx。"
            )
        if field in row.retyped and _EXPONENT.fullmatch(cell):
            raise CorrectionError(f"{row.where(field)}被試算表改成了 {cell}。請把儲存格格式改成「文字」，再重新輸入。")
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


def _is_untouched(row: ListRow, field: str, written: str) -> bool:
    cell = _settled(row.cells[field])
    as_written = {_settled(written), _settled(guarded(written))}
    if cell in as_written or (row.narrow and cell in {_narrowed(text) for text in as_written}):
        return True
    return field in row.retyped and cell != "" and _retyped(cell) == _retyped(_settled(written))


def _narrowed(text: str) -> str:
    """A text as it comes out of a file in Big5."""
    return text.encode("cp950", errors="replace").decode("cp950")


def _retyped(text: str) -> object:
    """What a spreadsheet takes a text for: a number, a day; else the text itself."""
    day = _DAY.fullmatch(text)
    if day is not None:
        return ("day", int(day.group(1)), int(day.group(2)))
    return float(text) if _NUMBER.fullmatch(text) else text


def _settled(text: str) -> str:
    """A text without what spreadsheets change by themselves: line ends, spaces at its ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _plain(text: str) -> str:
    """A text without the guard that CSV puts before it."""
    stripped = _settled(text)
    return stripped[1:] if stripped.startswith("'") and stripped[1:].startswith(GUARDED) else stripped
