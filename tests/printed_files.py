"""Writers of what ``renderings`` arranges: docx (to be printed), PDF and xlsx, each by another producer."""

# ruff: noqa: ANN401, SLF001 (python-docx and reportlab have no types, and the first no public way to these settings)

from __future__ import annotations

import io
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
from docx import Document as WordDocument
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from openpyxl.styles import Alignment
from renderings import Blocks, Field, Grid, Layout
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase._cidfontdata import defaultUnicodeEncodings
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

SOFFICE = shutil.which("soffice")
CJK_FONT = "Noto Serif CJK TC"
_OFFICE_SECONDS = 300
"""For one conversion of many files."""
_PAGE_CM = (21.0, 29.7)
_MARGIN_CM = 2.0
_CID_FONT = "MSung-Light"
"""A font that is named in the file but not in it, as old producers do."""


def convert(files: list[Path], target: str, folder: Path) -> list[Path]:
    """Convert files with LibreOffice, all in one call; ``target`` is a suffix, or suffix and filter."""
    command = [str(SOFFICE), "--headless", "--norestore", f"-env:UserInstallation={(folder / 'profile').as_uri()}"]
    command += ["--convert-to", target, "--outdir", str(folder), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=_OFFICE_SECONDS)
    return [folder / f"{file.stem}.{target.partition(':')[0]}" for file in files]


def places(grid: Grid) -> list[tuple[int, int, Field]]:
    """Row, column and content of every cell, counted with the cells that reach down from above."""
    taken: set[tuple[int, int]] = set()
    found = []
    for row, cells in enumerate(grid.rows):
        column = 0
        for cell in cells:
            while (row, column) in taken:
                column += 1
            found.append((row, column, cell))
            taken |= {(row + down, column + right) for down in range(cell.rows) for right in range(cell.columns)}
            column += cell.columns
    return found


def write_docx(blocks: Blocks, layout: Layout, path: Path) -> None:
    """A Word document with a real table: merged cells, a header row that repeats, rows that pages may cut."""
    document = WordDocument()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = CJK_FONT, Pt(layout.font_size)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), CJK_FONT)
    normal.paragraph_format.space_after = Pt(0)
    section = document.sections[0]
    size = _PAGE_CM[::-1] if layout.landscape else _PAGE_CM
    section.orientation = WD_ORIENT.LANDSCAPE if layout.landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(size[0]), Cm(size[1])
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(_MARGIN_CM)
    if layout.page_numbers:
        _page_number(section.footer.paragraphs[0])
    for block in blocks:
        if isinstance(block, Grid):
            _word_table(document, block, layout, size[0] - 2 * _MARGIN_CM)
        else:
            document.add_paragraph(block)
    document.save(str(path))


def _page_number(paragraph: Any) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _word_table(document: Any, grid: Grid, layout: Layout, width: float) -> None:
    table = document.add_table(len(grid.rows), len(grid.shares), style="Table Grid" if layout.ruled else "Normal Table")
    table.autofit = False
    for row, column, cell in places(grid):
        top = table.cell(row, column)
        if cell.rows > 1 or cell.columns > 1:
            top = top.merge(table.cell(row + cell.rows - 1, column + cell.columns - 1))
        top.paragraphs[0].text = cell.lines[0] if cell.lines else ""
        for line in cell.lines[1:]:
            top.add_paragraph(line)
    for column, share in enumerate(grid.shares):
        table.columns[column].width = Cm(width * share)
        for cell in table.columns[column].cells:
            cell.width = Cm(width * share)
    if layout.repeat_header:
        header = OxmlElement("w:tblHeader")
        table.rows[0]._tr.get_or_add_trPr().append(header)


def pdf_of(blocks: Blocks, layout: Layout) -> bytes:
    """A PDF by reportlab: rows are cut by pages, the font is not embedded, no line breaking rules of Chinese."""
    defaultUnicodeEncodings[_CID_FONT] = ("cht", "UniCNS-UCS2-H")  # reportlab names a Simplified encoding here
    pdfmetrics.registerFont(UnicodeCIDFont(_CID_FONT))
    style = ParagraphStyle(
        "plain", fontName=_CID_FONT, fontSize=layout.font_size, leading=layout.font_size * 1.4, wordWrap="CJK"
    )
    size = landscape(A4) if layout.landscape else A4
    margin = _MARGIN_CM * 28.35
    story: list[Any] = []
    for block in blocks:
        if isinstance(block, Grid):
            story.append(_flowing_table(block, layout, style, size[0] - 2 * margin))
        else:
            story += [Paragraph(escape(block), style), Spacer(1, 2)]
    target = io.BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=size, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin
    )

    def number(canvas: Any, template: Any) -> None:
        if layout.page_numbers:
            canvas.setFont(_CID_FONT, 9)
            canvas.drawCentredString(size[0] / 2, 28, f"第 {template.page} 頁")

    document.build(story, onFirstPage=number, onLaterPages=number)
    return target.getvalue()


def _flowing_table(grid: Grid, layout: Layout, style: Any, width: float) -> Any:
    data: list[list[Any]] = [["" for _ in grid.shares] for _ in grid.rows]
    commands: list[tuple[Any, ...]] = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    for row, column, cell in places(grid):
        data[row][column] = [Paragraph(escape(line), style) for line in cell.lines]
        if cell.rows > 1 or cell.columns > 1:
            commands.append(("SPAN", (column, row), (column + cell.columns - 1, row + cell.rows - 1)))
    widths = [width * share for share in grid.shares]
    return Table(
        data,
        colWidths=widths,
        repeatRows=int(layout.repeat_header),
        splitInRow=int(not layout.repeat_header),
        style=commands,
    )


def write_xlsx(blocks: Blocks, path: Path) -> None:
    """A workbook as people make it: the title in a merged cell, the chapters as rows, then the table."""
    book = openpyxl.Workbook()
    sheet = book.active
    columns = max((len(block.shares) for block in blocks if isinstance(block, Grid)), default=1)
    row = 1
    for block in blocks:
        if isinstance(block, Grid):
            for down, column, cell in places(block):
                place = sheet.cell(row + down, column + 1, "\n".join(cell.lines) or None)
                place.alignment = Alignment(wrap_text=True, vertical="top")
                if cell.rows > 1 or cell.columns > 1:
                    sheet.merge_cells(
                        start_row=row + down,
                        start_column=column + 1,
                        end_row=row + down + cell.rows - 1,
                        end_column=column + cell.columns,
                    )
            row += len(block.rows)
        else:
            sheet.cell(row, 1, block)
            sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=columns)
            row += 1
    book.save(path)
