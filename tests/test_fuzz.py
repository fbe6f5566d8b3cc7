"""300 broken and odd files of every format: none is lost without a word, none hangs, none leads to a bug of ours.

The files are made from one small plan by code, with a seed of their own each, so a failure can be made again.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pypandoc
import pytest
from docx import Document as WordDocument
from openpyxl import Workbook
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase._cidfontdata import defaultUnicodeEncodings
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from plansearch.collection import ReadingOptions, read_collection
from plansearch.limits import Limits

TITLE = "示範市松林區公所113年度提升服務計畫"
LINES = ("壹、計畫目標", "一、提供民眾合宜的服務。", "貳、計畫內容")
ROWS = (
    ("執行要項", "執行重點", "承辦單位"),
    ("臨櫃服務", "1. 設置服務鈴。 2. 增設座椅。", "秘書室"),
    ("線上服務", "1. 申請表單全部上網。", "資訊"),
)
CHUNKS = 10
FILES = 300
SECONDS = 60.0
"""For a tenth of the files, on two busy cores; an idle machine needs a few."""


def text() -> str:
    return "\n".join([TITLE, "", *LINES, "", *("\t".join(row) for row in ROWS)]) + "\n"


def html(rows: tuple[tuple[str, ...], ...] = ROWS) -> str:
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    body = "".join(f"<p>{line}</p>" for line in (TITLE, *LINES))
    return f"<!DOCTYPE html><html><head><meta charset=utf-8></head><body>{body}<table>{table}</table></body></html>"


def markdown() -> str:
    head, *rest = (f"| {' | '.join(row)} |" for row in ROWS)
    return "\n\n".join([f"# {TITLE}", *LINES, "\n".join([head, "|---|---|---|", *rest])]) + "\n"


def rtf() -> bytes:
    lines = [TITLE, *LINES, *(" ".join(row) for row in ROWS)]
    escaped = "\\par ".join("".join(f"\\u{ord(sign)}?" for sign in line) for line in lines)
    return ("{\\rtf1\\ansi\\uc1 " + escaped + "}").encode("ascii")


def docx() -> bytes:
    document = WordDocument()
    for line in (TITLE, *LINES):
        document.add_paragraph(line)
    table = document.add_table(len(ROWS), 3)
    for row, cells in zip(table.rows, ROWS, strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def xlsx() -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in ((TITLE,), *((line,) for line in LINES), *ROWS):
        sheet.append(row)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


OPEN_TEXT = b"application/vnd.oasis.opendocument.text"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = "".join(f' xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "text", "table"))


def open_document(kind: str, body: str) -> bytes:
    file = io.BytesIO()
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        content = f'<office:document-content{NAMES} office:version="1.2"><office:body>{body}</office:body>'
        archive.writestr("content.xml", content + "</office:document-content>", zipfile.ZIP_DEFLATED)
        archive.writestr("META-INF/manifest.xml", "<manifest/>", zipfile.ZIP_DEFLATED)
    return file.getvalue()


def open_table(rows: tuple[tuple[str, ...], ...]) -> str:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ("<table:table-row>" + "".join(cell.format(one) for one in row) + "</table:table-row>" for row in rows)
    columns = '<table:table-column table:number-columns-repeated="3"/>'
    return f'<table:table table:name="表">{columns}{"".join(lines)}</table:table>'


@cache
def written_by_pandoc() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "計畫.odt"
        pypandoc.convert_text(html(), "odt", format="html", outputfile=str(path))
        return path.read_bytes()


def open_text(body: str) -> bytes:
    content = f'<office:document-content{NAMES} office:version="1.2"><office:body><office:text>{body}'
    end = "</office:text></office:body></office:document-content>"
    return with_member(written_by_pandoc(), "content.xml", (content + end).encode())


def with_member(data: bytes, member: str, content: bytes) -> bytes:
    """A packed file with another content of one of its members."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped(members | {member: content})


def open_sheet(rows: tuple[tuple[str, ...], ...]) -> bytes:
    return open_document("spreadsheet", f"<office:spreadsheet>{open_table(rows)}</office:spreadsheet>")


def ods() -> bytes:
    rows = ((TITLE,), *((line,) for line in LINES), *ROWS)
    return open_sheet(rows)


def pdf() -> bytes:
    defaultUnicodeEncodings["MSung-Light"] = ("cht", "UniCNS-UCS2-H")  # reportlab names a Simplified encoding here
    pdfmetrics.registerFont(UnicodeCIDFont("MSung-Light"))
    file = io.BytesIO()
    canvas = Canvas(file, invariant=True)
    canvas.setFont("MSung-Light", 12)
    for number, line in enumerate((TITLE, *LINES, *(" ".join(row) for row in ROWS))):
        canvas.drawString(60, 780 - 24 * number, line)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


BASES: dict[str, Callable[[], bytes]] = {
    ".txt": lambda: text().encode(),
    ".html": lambda: html().encode(),
    ".md": lambda: markdown().encode(),
    ".rtf": rtf,
    ".docx": docx,
    ".odt": written_by_pandoc,
    ".pdf": pdf,
    ".xlsx": xlsx,
    ".ods": ods,
}


@cache
def base(suffix: str) -> bytes:
    return BASES[suffix]()


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 8, 64))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def scramble(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + chance.randbytes(chance.randrange(1, 400)) + data[start + chance.randrange(200) :]


def repeat(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start : start + 300] * chance.randrange(2, 40) + data[start:]


INSIDE = {
    ".docx": "word/document.xml",
    ".odt": "content.xml",
    ".xlsx": "xl/worksheets/sheet1.xml",
    ".ods": "content.xml",
}
"""Where the text stands in a packed file."""


def mutated(suffix: str, mutate: Callable[[bytes, random.Random], bytes], chance: random.Random) -> bytes:
    """A broken file; every other packed one is whole outside and broken inside."""
    data = base(suffix)
    if suffix in INSIDE and chance.random() < 0.5:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.read(INSIDE[suffix])
        return with_member(data, INSIDE[suffix], mutate(inside, chance))
    return mutate(data, chance)


MUTATIONS = (cut, flip, scramble, repeat)


def odd_files() -> dict[str, bytes]:
    """Files that are whole, but wrong, large or deep."""
    big_cell = ((*ROWS[0],), ("臨櫃服務", "很長的措施，" * 20_000 + "完。", "秘書室"))
    many_rows = (ROWS[0], *(("臨櫃服務", f"{number}號措施。", "秘書室") for number in range(10_000)))
    numbered = "\n".join("\t".join(row) for row in many_rows)
    files = {
        "big_cell.txt": "\n".join([TITLE, "", *("\t".join(row) for row in big_cell)]).encode(),
        "many_rows.txt": (TITLE + "\n\n" + numbered).encode(),
        "big_cell.html": html(big_cell).encode(),
        "many_rows.html": html(many_rows).encode(),
        "many_rows.ods": open_sheet(many_rows),
        "deep_tables.html": ("<table><tr><td>" * 3000 + "甲").encode(),
        "deep_boxes.html": ("<div>" * 20_000 + "甲" + "</div>" * 20_000).encode(),
        "deep.rtf": b"{\\rtf1 " + b"{" * 20_000 + b"x" + b"}" * 20_000 + b"}",
        "deep.md": (">" * 3000 + " 甲").encode(),
        "deep_list.md": "\n".join("  " * depth + "- 甲" for depth in range(300)).encode(),
        "deep.odt": open_text("<text:section>" * 5000 + "</text:section>" * 5000),
        "deep_tables.odt": open_text("<table:table><table:table-row><table:table-cell>" * 40),
        "cp950.txt": text().encode("cp950"),
        "utf16.txt": text().encode("utf-16"),
        "utf16_bare.txt": text().encode("utf-16-le"),
        "gb18030.txt": text().encode("gb18030"),
        "mojibake.txt": text().encode().decode("latin-1").encode(),
        "double.txt": text().encode("cp950").decode("latin-1").encode(),
        "cp950.html": html().encode("cp950"),
        "nulls.txt": b"\0" * 4000,
        "spaces.txt": b" \n" * 4000,
        "marks.txt": "、。（）".encode() * 2000,
        "controls.txt": bytes(range(32)) * 50 + text().encode(),
        "empty.docx": b"",
        "zip_only.docx": zipped({"a.txt": b"x"}),
        "no_document.docx": zipped({"[Content_Types].xml": b"<Types/>", "word/styles.xml": b"<x/>"}),
        "bomb.docx": zipped({"word/document.xml": b"0" * 60_000_000}),
        "bomb.xlsx": zipped({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * 60_000_000}),
        "entities.odt": zipped({"mimetype": OPEN_TEXT, "content.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
        "picture.txt": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    }
    kinds = [*BASES]
    renamed = {
        f"renamed_{kind[1:]}{other}": base(kind) for kind, other in zip(kinds, kinds[1:] + kinds[:1], strict=True)
    }
    return files | renamed | {f"as_text_{kind[1:]}.txt": base(kind) for kind in kinds[1:]}


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@cache
def all_files() -> tuple[tuple[str, bytes], ...]:
    files = odd_files()
    number = 0
    while len(files) < FILES:
        suffix = [*BASES][number % len(BASES)]
        mutate = MUTATIONS[number // len(BASES) % len(MUTATIONS)]
        files[f"{number:03}_{mutate.__name__}{suffix}"] = mutated(suffix, mutate, random.Random(number))  # noqa: S311
        number += 1
    return tuple(files.items())


@pytest.mark.parametrize("suffix", BASES)
def test_the_plan_that_all_are_made_of_is_read_whole(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"計畫{suffix}").write_bytes(base(suffix))
    collection = read_collection(tmp_path)
    assert collection.skipped == ()
    found = " ".join(item.text for item in collection.plans[0].items)
    assert all(measure in found for measure in ("設置服務鈴。", "增設座椅。", "申請表單全部上網。"))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_file_is_lost_and_none_hangs(chunk: int, tmp_path: Path) -> None:
    files = all_files()[chunk::CHUNKS]
    assert len(all_files()) == FILES
    for name, data in files:
        (tmp_path / name).write_bytes(data)
    started = time.monotonic()
    collection = read_collection(tmp_path, options=ReadingOptions(Limits(timeout=10)))
    assert time.monotonic() - started < SECONDS
    told = {plan.name.split("[")[0] for plan in collection.plans}
    told |= {file.name.split("（")[0] for file in collection.skipped}
    assert told == {name for name, _ in files}
    assert all(plan.items for plan in collection.plans)
    bugs = [(file.name, file.reason) for file in collection.skipped if "沒有預期" in file.reason]
    assert bugs == []
    for file in collection.skipped:
        assert file.reason.endswith(("。", "」"))
        assert "Traceback" not in file.reason
