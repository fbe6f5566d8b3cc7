"""The same plans in PDF files by two producers and in the layouts that people print; what a page break cut is whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from layouts import TRUTH_FOLDER, load
from printed_files import SOFFICE, convert, pdf_of, write_docx
from renderings import Grid, Layout, arrange, expected_items, read_items

from plansearch.errors import LimitError, ReadError
from plansearch.frameworks import bundled_frameworks
from plansearch.limits import Limits
from plansearch.parsing import parse_document
from plansearch.readers.pdf import read_pdf
from plansearch.types import Document, Plan, Table

TRUTHS = {path.stem: load(path) for path in sorted(TRUTH_FOLDER.glob("*.jsonl"))}
MERGED = Layout(merged_units=True)
LAYOUTS = {
    "merged": MERGED,
    "unmerged, numbers shifted": Layout(merged=False, shifted=True),
    "landscape, small, narrow": Layout(
        merged=False, landscape=True, font_size=9, widths=(0.1, 0.16, 0.22, 0.1), page_numbers=False
    ),
    "long rows over pages": Layout(one_row_each=True, repeat_header=False, font_size=14),
    "pillars as rows": Layout(pillar_rows=True, shifted=True, number_column=True),
    "outline": Layout(outline=True),
}
UNRULED = Layout(merged=False, ruled=False)
CASES = [(stem, layout) for place, stem in enumerate(TRUTHS) for n, layout in enumerate(LAYOUTS) if (place + n) % 2]
by_case = pytest.mark.parametrize(("stem", "layout"), CASES, ids=[f"{stem}, {layout}" for stem, layout in CASES])
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")


def plan_of(document: Document) -> Plan:
    return parse_document(document, bundled_frameworks())


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """Every case as a Word document, printed by LibreOffice in one go."""
    folder = tmp_path_factory.mktemp("printed")
    sources = []
    for number, (stem, layout) in enumerate(CASES):
        sources.append(folder / f"{number}.docx")
        write_docx(arrange(TRUTHS[stem], LAYOUTS[layout]), LAYOUTS[layout], sources[-1])
    return dict(zip(CASES, convert(sources, "pdf", folder), strict=True))


@needs_office
@pytest.mark.xdist_group("office")
@by_case
def test_plan_printed_by_libreoffice_is_whole(stem: str, layout: str, printed: dict[tuple[str, str], Path]) -> None:
    plan = plan_of(read_pdf(printed[stem, layout].read_bytes(), "計畫.pdf"))
    assert read_items(plan) == expected_items(TRUTHS[stem])


@by_case
def test_plan_written_directly_is_whole(stem: str, layout: str) -> None:
    setting = replace(LAYOUTS[layout], merged=False, merged_units=False)
    plan = plan_of(read_pdf(pdf_of(arrange(TRUTHS[stem], setting), setting), "計畫.pdf"))
    assert read_items(plan) == expected_items(TRUTHS[stem])


@needs_office
@pytest.mark.xdist_group("office")
def test_tables_without_rules_are_read_by_their_columns(tmp_path: Path) -> None:
    sources = [tmp_path / f"{number}.docx" for number in range(len(TRUTHS))]
    for truth, path in zip(TRUTHS.values(), sources, strict=True):
        write_docx(arrange(truth, UNRULED), UNRULED, path)
    found = wanted = 0
    for truth, path in zip(TRUTHS.values(), convert(sources, "pdf", tmp_path), strict=True):
        read = read_items(plan_of(read_pdf(path.read_bytes(), "計畫.pdf")))
        found += len([item for item in expected_items(truth) if item in read])
        wanted += len(expected_items(truth))
    assert found >= 0.95 * wanted, f"{found} of {wanted}"


def table_of(*rows: tuple[str, ...], layout: Layout = MERGED) -> Document:
    """A PDF with a title and a table whose rows are given cell by cell."""
    from renderings import Field  # noqa: PLC0415

    grid = Grid(tuple(tuple(Field((cell,) if cell else ()) for cell in row) for row in rows), layout.widths)
    return read_pdf(pdf_of(("示範市松林區公所113年度提升服務計畫", grid), layout), "計畫.pdf")


HEADER = ("執行要項", "項目", "執行重點", "承辦單位")


def test_words_of_a_wrapped_line_keep_their_spaces_and_characters() -> None:
    text = (
        "請至 iTaiwan Free Wi-Fi Service Desk 申請 Open Data API key，"
        "並以 https://data.example.gov.tw/dataset/113 下載資料。"
    )
    (table,) = (
        block for block in table_of(HEADER, ("一、甲", "(一)乙", text, "秘書室")).blocks if isinstance(block, Table)
    )
    assert table.rows[1].cells[2].text == text


def test_place_of_an_item_is_its_page_table_and_row() -> None:
    document = table_of(HEADER, ("一、甲", "(一)乙", "1.丙。", "秘書室"), ("", "(二)丁", "1.戊。", "人事室"))
    rows = [row for block in document.blocks if isinstance(block, Table) for row in block.rows]
    assert [row.span.label for row in rows] == ["第 1 頁 表 1 第 1 列", "第 1 頁 表 1 第 2 列", "第 1 頁 表 1 第 3 列"]


def test_page_numbers_are_no_text() -> None:
    texts = [
        block.text
        for block in table_of(HEADER, ("一、甲", "(一)乙", "1.丙。", "秘書室")).blocks
        if not isinstance(block, Table)
    ]
    assert texts == ["示範市松林區公所113年度提升服務計畫"]


def test_pdf_with_a_password_says_so() -> None:
    import io  # noqa: PLC0415

    from reportlab.lib.pdfencrypt import StandardEncryption  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    target = io.BytesIO()
    canvas = Canvas(target, encrypt=StandardEncryption("secret"))
    canvas.drawString(72, 72, "plan")
    canvas.save()
    with pytest.raises(ReadError, match=r"「鎖.pdf」有密碼保護"):
        read_pdf(target.getvalue(), "鎖.pdf")


@pytest.mark.parametrize("data", [b"%PDF-1.4\n", b"%PDF-1.7\n%%EOF\n"], ids=["head alone", "head and end"])
def test_broken_pdf_says_so(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"「壞.pdf」"):
        read_pdf(data, "壞.pdf")


def test_too_many_pages_are_refused() -> None:
    long = pdf_of(tuple("一、一行文字。" for _ in range(120)), MERGED)
    with pytest.raises(LimitError, match=r"超過上限 1 頁"):
        read_pdf(long, "長.pdf", limits=Limits(max_pages=1))


def test_a_pdf_whose_pages_lead_nowhere_is_broken() -> None:
    objects = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
    data = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % (n, o) for n, o in enumerate(objects, 1))
    with pytest.raises(ReadError, match="不完整或已損毀"):
        read_pdf(data + b"trailer<</Size 3/Root 1 0 R>>\n%%EOF", "甲.pdf")
