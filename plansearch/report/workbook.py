"""A report as a workbook for Excel: a sheet for each section, the figures, and how it was made."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.cells import MOST_LINES, lines_taken, print_across, row_height, write_text
from plansearch.report.rendering import MADE, Figure, Report, Section
from plansearch.report.serialise import Column
from plansearch.report.tones import LOOKS, Look, Tone
from plansearch.xmltext import xml_text

LONGEST_CELL: Final = 32_767
"""Characters that a cell of Excel can hold."""
_CUT: Final = "…（全文超過 Excel 一格的上限，請看 .docx 或 .html）"
_LONGEST_NAME: Final = 31
"""UTF-16 units that the name of a sheet can have."""
_FIGURE: Final = "圖"
_FONT: Final = "Microsoft JhengHei"
_A4: Final = 9
"""Excel's number of this size of paper."""
_EXACT: Final = 10**15
"""From here on, Excel rounds whole numbers."""
_ROOM: Final = 0.88
"""The part of a column's width that text can use: Chinese characters are wider than two Latin ones, and cells have
margins."""
_WIDEST: Final = 120
"""Latin characters; a column is made so wide only where a row could not show the whole of its text."""
_PIXELS_ACROSS: Final = 1000
"""Of a figure on its sheet."""
_LONGEST_HEADER: Final = 200
"""Characters; Excel holds 255 with what it adds itself."""
_NOT_IN_NAMES: Final = re.compile(r"[\\/?*\[\]:\x00-\x1f\ufffd]")
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""Excel reads ``_x0041_`` as an escaped A."""
_BODY: Final = Font(name=_FONT, size=11)
_BOLD: Final = Font(name=_FONT, size=11, bold=True)
_HEADER_FILL: Final = PatternFill("solid", fgColor="DCE3EA")
_HEADER_ALIGNMENT: Final = Alignment(wrap_text=True, vertical="center")
_INDENTED: Final = Alignment(wrap_text=True, vertical="top", horizontal="left", indent=1)
"""So that a text does not touch its tone's border, and a number not the text beside it."""
_NUMBER: Final = Alignment(wrap_text=True, vertical="top", horizontal="right", indent=1)
_THIN: Final = Side("thin", color="BFC5CB")
_GRID: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_SIDES: Final[Mapping[str, Any]] = {
    "solid": "thick",
    "dashed": "mediumDashed",
    "dotted": "mediumDashDotDot",
    "double": "double",
}
"""How Excel calls the borders of `plansearch.report.tones`."""


def workbook_of(report: Report) -> bytes:
    """A report as the content of an ``.xlsx`` file."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    names = sheet_names(
        [*(part.name or part.title for part in report.parts), *([_FIGURE] * len(report.figures))], [MADE]
    )
    sheets = [workbook.create_sheet(name) for name in names]
    styles = {tone: _Style.of(LOOKS[tone]) for tone in report.tones}
    tables, pictures = sheets[: len(report.parts)], sheets[len(report.parts) :]
    cut = 0
    for sheet, part in zip(tables, report.parts, strict=True):
        _prepare_page(sheet, part.title or report.heading, is_table=bool(part.columns))
        cut += _write_part(sheet, part, styles)
    for sheet, figure in zip(pictures, report.figures, strict=True):
        _write_figure(sheet, figure)
    _write_made(workbook.create_sheet(MADE), report, styles, cut)
    workbook.properties.title = xml_text(report.heading)
    workbook.properties.creator = "plansearch"
    made = io.BytesIO()
    workbook.save(made)
    return made.getvalue()


def sheet_names(wanted: Sequence[str], reserved: Iterable[str] = ()) -> list[str]:
    r"""Names that Excel takes for sheets, each as near as possible to the one wanted.

    Args:
        wanted: the names, in the order of the sheets.
        reserved: names that other sheets have.

    Returns:
        Names of at most 31 characters without ``\ / ? * [ ] :`` and without an apostrophe at an end, all different
        also where capital and small letters count as the same.
    """
    taken = {name.casefold() for name in (*reserved, "History")}  # Excel keeps the last one for itself
    names = []
    for place, name in enumerate(wanted, 1):
        plain = _NOT_IN_NAMES.sub(" ", xml_text(name)).strip(" '") or f"表 {place}"
        chosen = next(one for one in _numbered(plain) if one.casefold() not in taken)
        taken.add(chosen.casefold())
        names.append(chosen)
    return names


def _numbered(name: str) -> Iterator[str]:
    """A name, cut to its length, then with 2, 3, … behind it."""
    number = 1
    while True:
        ending = "" if number == 1 else f" ({number})"
        kept = name
        while len(f"{kept}{ending}".encode("utf-16-le")) // 2 > _LONGEST_NAME:
            kept = kept[:-1]
        yield f"{kept.rstrip(chr(39) + ' ')}{ending}"
        number += 1


@dataclass(frozen=True, slots=True)
class _Style:
    """A tone's look as openpyxl has it, made once for all cells."""

    fill: PatternFill
    border: Border

    @classmethod
    def of(cls, look: Look) -> _Style:
        side = Side(_SIDES[look.border], color=look.ink)
        return cls(PatternFill("solid", fgColor=look.fill), Border(left=side, right=_THIN, top=_THIN, bottom=_THIN))


def _write_part(sheet: Worksheet, part: Section, styles: Mapping[Tone, _Style]) -> int:
    """Write a section; give how many of its cells had to be cut."""
    if not part.columns:
        sheet.column_dimensions["A"].width = _WIDEST
        for row, note in enumerate(part.notes, 1):
            _write_line(sheet, row, note)
        return 0
    texts = [[column.cell(row) for column in part.columns] for row in part.rows]
    widths = [_width_of(column, [line[place] for line in texts]) for place, column in enumerate(part.columns)]
    _write_header(sheet, part.columns, widths)
    cut = 0
    for number, (record, line) in enumerate(zip(part.rows, texts, strict=True), 2):
        for place, (column, text) in enumerate(zip(part.columns, line, strict=True), 1):
            short, shortened = _fitting(text)
            cell = write_text(sheet, number, place, short)
            _dress(cell, column.number(record), column.tone_of(record), styles)
            cut += shortened
        lines = max(lines_taken(text, width * _ROOM) for text, width in zip(line, widths, strict=True))
        sheet.row_dimensions[number].height = row_height(lines)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(part.columns))}{max(len(part.rows) + 1, 2)}"
    return cut


def _prepare_page(sheet: Worksheet, title: str, *, is_table: bool = False) -> None:
    print_across(sheet, repeat_header=is_table)
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToWidth = 1
    sheet.freeze_panes = "A2" if is_table else None
    # An ampersand begins a command there, and programs differ in how one is written as itself.
    sheet.oddHeader.center.text = " ".join(xml_text(title).replace("&", "＆").split())[:_LONGEST_HEADER] or None
    sheet.oddFooter.center.text = "第 &P 頁，共 &N 頁"


def _width_of(column: Column, texts: Sequence[str]) -> float:
    """What a column asks for; more where a row could not show the whole of a very long text."""
    width = float(column.least_width)
    while width < _WIDEST and any(
        len(text) > width and lines_taken(text, width * _ROOM) > MOST_LINES for text in texts
    ):
        width *= 1.25
    return min(width, max(column.least_width, _WIDEST))


def _write_header(sheet: Worksheet, columns: Sequence[Column], widths: Sequence[float]) -> None:
    for place, (column, width) in enumerate(zip(columns, widths, strict=True), 1):
        cell = write_text(sheet, 1, place, _fitting(column.title)[0])
        cell.font, cell.fill, cell.border, cell.alignment = _BOLD, _HEADER_FILL, _GRID, _HEADER_ALIGNMENT
        sheet.column_dimensions[get_column_letter(place)].width = width
    titles = [lines_taken(column.title, width * _ROOM) for column, width in zip(columns, widths, strict=True)]
    sheet.row_dimensions[1].height = row_height(max(titles)) + 6


def _dress(cell: Cell, number: float | None, tone: Tone | None, styles: Mapping[Tone, _Style]) -> None:
    """Make a number of the text of one, and show what the cell means."""
    cell.font, cell.border = _BODY, _GRID
    if tone is not None:
        cell.border, cell.fill, cell.alignment = styles[tone].border, styles[tone].fill, _INDENTED
    if number is not None and math.isfinite(number) and abs(number) < _EXACT:
        cell.value, cell.number_format, cell.quotePrefix, cell.alignment = number, "General", 0, _NUMBER
    elif not cell.value:
        cell.value = None


def _fitting(text: str) -> tuple[str, int]:
    """A text as long as a cell can hold, and 1 where it had to be cut."""
    escaped = _ESCAPE.sub("_x005F_", xml_text(text))
    if len(escaped.encode("utf-16-le")) // 2 <= LONGEST_CELL:
        return escaped, 0
    units = escaped.encode("utf-16-le")[: 2 * (LONGEST_CELL - len(_CUT))]
    return units.decode("utf-16-le", errors="ignore") + _CUT, 1


def _write_line(sheet: Worksheet, row: int, text: str, *, font: Font = _BODY) -> None:
    write_text(sheet, row, 1, _fitting(text)[0]).font = font
    sheet.row_dimensions[row].height = row_height(lines_taken(text, _WIDEST * _ROOM))


def _write_figure(sheet: Worksheet, figure: Figure) -> None:
    """A figure under its title, with what it shows in words; it prints on one page."""
    _prepare_page(sheet, figure.title)
    sheet.column_dimensions["A"].width = _WIDEST
    _write_line(sheet, 1, figure.title, font=_BOLD)
    _write_line(sheet, 2, figure.description)
    image = Image(io.BytesIO(figure.draw("png")))
    if image.height > image.width:
        sheet.page_setup.orientation = "portrait"
    sheet.page_setup.fitToHeight = 1
    scale = min(1.0, _PIXELS_ACROSS / image.width)
    image.width, image.height = int(image.width * scale), int(image.height * scale)
    sheet.add_image(image, "A3")


def _write_made(sheet: Worksheet, report: Report, styles: Mapping[Tone, _Style], cut: int) -> None:
    """The last sheet: what the workbook is, how it was made, what its notes and colours say."""
    _prepare_page(sheet, MADE)
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 100
    lines = [("內容", report.heading), *report.made]
    lines += [("說明", note) for note in report.notes]
    lines += [(part.title or part.name, note) for part in report.parts for note in part.notes]
    if cut:
        lines.append(("注意", f"有 {cut} 格的全文超過 Excel 一格的上限（{LONGEST_CELL} 字），沒有放完。"))
    for row, (label, text) in enumerate(lines, 1):
        write_text(sheet, row, 1, _fitting(label)[0]).font = _BOLD
        write_text(sheet, row, 2, _fitting(text)[0]).font = _BODY
        sheet.row_dimensions[row].height = row_height(max(lines_taken(label, 20), lines_taken(text, 100 * _ROOM)))
    for row, (tone, style) in enumerate(styles.items(), len(lines) + 1):
        write_text(sheet, row, 1, "標示" if row == len(lines) + 1 else "").font = _BOLD
        cell = write_text(sheet, row, 2, LOOKS[tone].label)
        cell.font, cell.border, cell.fill, cell.alignment = _BODY, style.border, style.fill, _INDENTED
