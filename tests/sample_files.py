"""Make the sample plans of ``corpus/`` that are no plain texts: docx, odt, pdf, xlsx and a saved web page.

``tests/corpus_truth/files/<file>.jsonl`` holds what each says: the first line describes the plan, every further
line is one item. ``python tests/sample_files.py --write`` rewrites the files from it; nothing else does. With the same
versions of the packages that write them, the bytes are the same each time.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pypandoc
from docx import Document
from layouts import CORPUS_FOLDER, NUMERALS, SIX_PILLARS, TRUTH_FOLDER
from openpyxl import Workbook
from openpyxl.styles import Alignment
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase._cidfontdata import defaultUnicodeEncodings
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FILE_TRUTH = TRUTH_FOLDER / "files"
HEADER = ("構面", "執行要項", "執行重點", "承辦單位")
WRITTEN = datetime(2024, 12, 31, 8)  # noqa: DTZ001 - what the files say of themselves has no zone
MODIFIED = re.compile(rb"(<(?:dcterms:(?:created|modified)[^>]*|dc:date|meta:creation-date)>)[^<]*")
FONT = "MSung-Light"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of the table; the pillar is empty where the row above has the same."""

    pillar: str
    span: int
    """Rows that the pillar's cell reaches over; 0 where it is empty."""
    requirement: str
    measures: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a file says, in order: lines, then the table."""

    title: str
    lines: tuple[str, ...]
    rows: tuple[Row, ...]


def load_truth(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a plan is, and its items."""
    head, *items = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return head, items


def sample_of(path: Path) -> Sample:
    """Lay out a plan's truth."""
    head, items = load_truth(path)
    lines: list[str] = []
    for section, group in groupby(items, key=lambda item: str(item["section"])):
        lines.append(section)
        lines += [(item["number"] or "") + item["text"] for item in group if item["code"] is None]
    measures = [item for item in items if item["code"]]
    by_code = groupby(measures, key=lambda item: str(item["code"]))
    grouped: list[tuple[str, list[dict[str, Any]]]] = [(code, list(group)) for code, group in by_code]
    pillars = [code.split(".")[0] for code, _ in grouped]
    rows = []
    for place, (code, own) in enumerate(grouped):
        pillar, requirement = titles_of(code)
        begins = place == 0 or pillars[place] != pillars[place - 1]
        texts = tuple(item["number"] + item["text"] for item in own)
        units = tuple(dict.fromkeys(unit for item in own for unit in item["units"]))
        units = units if len(units) == 1 else tuple(unit for item in own for unit in item["units"])
        rows.append(Row(pillar if begins else "", pillars.count(pillars[place]) * begins, requirement, texts, units))
    return Sample(str(head["title"]), tuple(lines), tuple(rows))


def titles_of(code: str) -> tuple[str, str]:
    """Pillar and requirement of a code, as plans write them."""
    pillar, requirement = (int(part) - 1 for part in code.split("."))
    name = list(SIX_PILLARS)[pillar]
    return f"{NUMERALS[pillar]}、{name}", f"({NUMERALS[requirement]}){SIX_PILLARS[name][requirement]}"


def write_docx(sample: Sample) -> bytes:
    """A Word file whose pillar cells are merged downwards."""
    document = Document()
    document.core_properties.created = document.core_properties.modified = WRITTEN
    document.add_heading(sample.title, 0)
    for line in sample.lines:
        document.add_paragraph(line)
    table = document.add_table(1 + len(sample.rows), len(HEADER), style="Table Grid")
    for cell, title in zip(table.rows[0].cells, HEADER, strict=True):
        cell.text = title
    for number, row in enumerate(sample.rows, 1):
        cells = table.rows[number].cells
        if row.span > 1:
            cells[0].merge(table.rows[number + row.span - 1].cells[0])
        if row.pillar:
            cells[0].text = row.pillar
        cells[1].text = row.requirement
        cells[2].text = row.measures[0]
        for measure in row.measures[1:]:
            cells[2].add_paragraph(measure)
        cells[3].text = "\n".join(row.units)
    file = io.BytesIO()
    document.save(file)
    return settled(file.getvalue())


def web_table(sample: Sample) -> str:
    """The table as HTML."""
    lines = ["<table border=1><tr>" + "".join(f"<th>{title}</th>" for title in HEADER) + "</tr>"]
    for row in sample.rows:
        pillar = f'<td rowspan="{row.span}">{html.escape(row.pillar)}</td>' if row.span else ""
        measures = "".join(f"<p>{html.escape(measure)}</p>" for measure in row.measures)
        units = "".join(f"<p>{unit}</p>" for unit in row.units)
        lines.append(f"<tr>{pillar}<td>{html.escape(row.requirement)}</td><td>{measures}</td><td>{units}</td></tr>")
    return "\n".join([*lines, "</table>"])


def write_html(sample: Sample) -> bytes:
    """A page as an agency's site has it, with what surrounds the plan."""
    lines = "\n".join(f"<p>{html.escape(line)}</p>" for line in sample.lines)
    agency = sample.title.split("114")[0]
    return f"""<!DOCTYPE html>
<html lang="zh-Hant"><head><meta charset="utf-8"><title>{sample.title} - {agency}</title></head>
<body>
<header><a href="#main">跳到主要內容</a><nav><ul><li><a href="/">首頁</a></li><li><a href="/news">最新消息</a></li>
<li><a href="/service">便民服務</a></li></ul></nav></header>
<main id="main"><h1>{sample.title}</h1>
{lines}
{web_table(sample)}
</main>
<footer><p>地址：示範市東湖區湖濱路1號　電話：00-1234567</p><p>更新日期：114-01-10　瀏覽人次：358</p></footer>
</body></html>
""".encode()


def write_odt(sample: Sample) -> bytes:
    """An OpenDocument text by pandoc."""
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in sample.lines)
    page = f"<h1>{sample.title}</h1>{lines}{web_table(sample)}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.odt"
        pypandoc.convert_text(page, "odt", format="html", outputfile=str(path))
        return settled(path.read_bytes())


def write_xlsx(sample: Sample) -> bytes:
    """A workbook with the title over all columns and merged cells."""
    workbook = Workbook()
    workbook.properties.created = workbook.properties.modified = WRITTEN
    sheet: Any = workbook.active
    sheet.title = "提升服務計畫"
    for line in (sample.title, *sample.lines):
        sheet.append([line])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=len(HEADER))
    sheet.append(HEADER)
    for row in sample.rows:
        sheet.append([row.pillar, row.requirement, "\n".join(row.measures), "\n".join(row.units)])
        if row.span > 1:
            first = sheet.max_row
            sheet.merge_cells(start_row=first, end_row=first + row.span - 1, start_column=1, end_column=1)
    for column, width in zip("ABCD", (24, 40, 60, 12), strict=True):
        sheet.column_dimensions[column].width = width
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    file = io.BytesIO()
    workbook.save(file)
    return settled(file.getvalue())


def write_pdf(sample: Sample) -> bytes:
    """A PDF of several pages; a row may go on over a page's end, and each page repeats the header."""
    rl_config.invariant = 1
    defaultUnicodeEncodings[FONT] = ("cht", "UniCNS-UCS2-H")  # reportlab names a Simplified encoding here
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("plan", fontName=FONT, fontSize=10, leading=15, wordWrap="CJK")
    title = ParagraphStyle("title", parent=style, fontSize=15, leading=24, alignment=1)

    def cell(*texts: str) -> list[Paragraph]:
        return [Paragraph(html.escape(text), style) for text in texts]

    rows = [[cell(name) for name in HEADER]]
    grid: list[Any] = [("GRID", (0, 0), (-1, -1), 0.6, colors.black), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    for number, row in enumerate(sample.rows, 1):
        rows.append([cell(row.pillar), cell(row.requirement), cell(*row.measures), cell(*row.units)])
        if row.span > 1:
            grid.append(("SPAN", (0, number), (0, number + row.span - 1)))
    table = Table(rows, colWidths=(90, 150, 200, 60), repeatRows=1, style=TableStyle(grid))
    file = io.BytesIO()
    document = SimpleDocTemplate(file, pagesize=A4, title=sample.title, invariant=1)
    lines = [Paragraph(html.escape(line), style) for line in sample.lines]
    document.build([Paragraph(sample.title, title), Spacer(1, 12), *lines, Spacer(1, 8), table])
    return file.getvalue()


def settled(data: bytes) -> bytes:
    """A packed file without the time at which it was made."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            entry = zipfile.ZipInfo(member.filename, WRITTEN.timetuple()[:6])
            entry.compress_type = member.compress_type
            new.writestr(entry, MODIFIED.sub(rb"\g<1>2024-12-31T08:00:00Z", old.read(member)))
    return file.getvalue()


WRITERS: dict[str, Callable[[Sample], bytes]] = {
    ".docx": write_docx,
    ".html": write_html,
    ".odt": write_odt,
    ".pdf": write_pdf,
    ".xlsx": write_xlsx,
}


def main() -> None:
    """Rewrite the files, if asked to."""
    parser = argparse.ArgumentParser(description="Make the files in corpus/ that are no plain texts.")
    parser.add_argument("--write", action="store_true", required=True, help="rewrite the files of corpus/")
    parser.parse_args()
    for path in sorted(FILE_TRUTH.glob("*.jsonl")):
        target = CORPUS_FOLDER / path.stem
        target.write_bytes(WRITERS[target.suffix](sample_of(path)))


if __name__ == "__main__":
    main()
