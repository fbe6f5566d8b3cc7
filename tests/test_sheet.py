"""The same plans in spreadsheets, and what people do with spreadsheets."""

from __future__ import annotations

import datetime as dt
import io
import time
from pathlib import Path

import openpyxl
import pytest
from layouts import TRUTH_FOLDER, load
from printed_files import SOFFICE, convert, write_xlsx
from renderings import Layout, arrange, expected_items, read_items

from plansearch.errors import ReadError
from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers.number_formats import shown_date, shown_number
from plansearch.readers.sheet import read_sheet
from plansearch.types import Document, Paragraph, Plan, Table

TRUTHS = {path.stem: load(path) for path in sorted(TRUTH_FOLDER.glob("*.jsonl"))}
LAYOUTS = {
    "merged": Layout(merged_units=True),
    "unmerged, numbers shifted": Layout(merged=False, shifted=True),
    "one row for each requirement": Layout(one_row_each=True),
    "pillars as rows": Layout(pillar_rows=True, shifted=True, number_column=True),
    "outline": Layout(outline=True),
}
CASES = [(stem, layout) for place, stem in enumerate(TRUTHS) for n, layout in enumerate(LAYOUTS) if (place + n) % 2]
by_case = pytest.mark.parametrize(("stem", "layout"), CASES, ids=[f"{stem}, {layout}" for stem, layout in CASES])
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")


def plan_of(document: Document) -> Plan:
    return parse_document(document, bundled_frameworks())


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    folder = tmp_path_factory.mktemp("workbooks")
    paths = {}
    for number, (stem, layout) in enumerate(CASES):
        paths[stem, layout] = folder / f"{number}.xlsx"
        write_xlsx(arrange(TRUTHS[stem], LAYOUTS[layout]), paths[stem, layout])
    return paths


@pytest.fixture(scope="module")
def opened(workbooks: dict[tuple[str, str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[object, Path]:
    """The workbooks as LibreOffice saves them."""
    return dict(zip(workbooks, convert([*workbooks.values()], "ods", tmp_path_factory.mktemp("opened")), strict=True))


@by_case
def test_plan_in_a_workbook_is_whole(stem: str, layout: str, workbooks: dict[tuple[str, str], Path]) -> None:
    plan = plan_of(read_sheet("xlsx", workbooks[stem, layout].read_bytes(), "計畫.xlsx"))
    assert read_items(plan) == expected_items(TRUTHS[stem])


@needs_office
@pytest.mark.xdist_group("office")
@by_case
def test_plan_in_an_open_document_sheet_is_whole(stem: str, layout: str, opened: dict[object, Path]) -> None:
    plan = plan_of(read_sheet("ods", opened[stem, layout].read_bytes(), "計畫.ods"))
    assert read_items(plan) == expected_items(TRUTHS[stem])


HEADER = ("執行要項", "執行重點", "完成期限", "承辦單位")


def saved(book: openpyxl.Workbook) -> Document:
    target = io.BytesIO()
    book.save(target)
    return read_sheet("xlsx", target.getvalue(), "計畫.xlsx")


def book_of(*rows: tuple[object, ...], name: str = "計畫") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = name
    for row in rows:
        book.active.append(row)
    return book


def cells_of(document: Document) -> list[list[str]]:
    return [
        [cell.text for cell in row.cells] for block in document.blocks if isinstance(block, Table) for row in block.rows
    ]


def test_lines_above_and_below_the_table_are_no_rows() -> None:
    document = saved(book_of(("某計畫",), (), HEADER, ("(一)甲", "1.乙。", "6月底前", "秘書室"), ("伍、其他",)))
    lines = [(block.text, block.span.label) for block in document.blocks if isinstance(block, Paragraph)]
    assert lines == [("某計畫", "第 1 列"), ("伍、其他", "第 5 列")]
    assert cells_of(document) == [[*HEADER], ["(一)甲", "1.乙。", "6月底前", "秘書室"]]


def test_cell_with_line_breaks_has_paragraphs() -> None:
    document = saved(book_of(HEADER, ("(一)甲", "1.乙。\n\n2.丙。_x000D_\n3.丁。", "", "秘書室")))
    (table,) = (block for block in document.blocks if isinstance(block, Table))
    assert [paragraph.text for paragraph in table.rows[1].cells[1].paragraphs] == ["1.乙。", "2.丙。", "3.丁。"]


def test_place_in_one_of_several_sheets_names_it() -> None:
    book = book_of(HEADER, ("(一)甲", "1.乙。", "", "秘書室"), name="本所")
    other = book.create_sheet("分所")
    other.append(HEADER)
    other.append(("(一)甲", "1.丙。", "", "總務"))
    book.create_sheet("空白")
    document = saved(book)
    rows = [row.span.label for block in document.blocks if isinstance(block, Table) for row in block.rows]
    assert rows == [
        "工作表「本所」 第 1 列",
        "工作表「本所」 第 2 列",
        "工作表「分所」 第 1 列",
        "工作表「分所」 第 2 列",
    ]
    assert document.damage == ()


def test_hidden_sheet_is_named_and_not_read() -> None:
    book = book_of(HEADER, ("(一)甲", "1.乙。", "", "秘書室"))
    book.create_sheet("舊版").append(("(一)甲", "1.舊的。"))
    book["舊版"].sheet_state = "hidden"
    document = saved(book)
    assert "舊的" not in str(document.blocks)
    assert [(damage.kind, "「舊版」是隱藏的" in damage.detail) for damage in document.damage] == [
        ("sheet_unread", True)
    ]


def test_workbook_whose_sheets_are_empty_or_hidden_says_so() -> None:
    book = book_of()
    with pytest.raises(ReadError, match="工作表都是空的"):
        saved(book)
    book.create_sheet("舊版").append(("(一)甲", "1.舊的。"))
    book["舊版"].sheet_state = "veryHidden"
    with pytest.raises(ReadError, match="「舊版」）都是隱藏的"):
        saved(book)


def test_formula_without_a_result_is_named() -> None:
    document = saved(book_of(HEADER, ("(一)甲", '="1."&"乙。"', "", "秘書室")))
    assert [(damage.kind, "第 2 列有公式" in damage.detail) for damage in document.damage] == [("sheet_unread", True)]


def test_merged_cells_say_over_what_they_reach() -> None:
    book = book_of(HEADER, ("(一)甲", "1.乙。", "6月", "秘書室"), (None, "2.丙。", "7月", None))
    book.active.merge_cells("A2:A3")
    book.active.merge_cells("D2:D3")
    (table,) = (block for block in saved(book).blocks if isinstance(block, Table))
    assert [(cell.row_span, cell.merged) for cell in table.rows[1].cells] == [
        (2, None),
        (1, None),
        (1, None),
        (2, None),
    ]
    assert [cell.merged for cell in table.rows[2].cells] == ["up", None, None, "up"]


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x05\x06" + bytes(18)], ids=["cut", "empty archive"])
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_broken_spreadsheet_says_so(kind: str, data: bytes) -> None:
    with pytest.raises(ReadError, match=r"「壞」無法開啟"):
        read_sheet("ods" if kind == "ods" else "xlsx", data, "壞")


def test_ten_thousand_rows_are_read_in_seconds() -> None:
    rows = [(f"(一)要項{number}", f"1.第 {number} 項措施。", "每月", "秘書室") for number in range(10_000)]
    begin = time.monotonic()
    document = saved(book_of(HEADER, *rows))
    assert sum(len(block.rows) for block in document.blocks if isinstance(block, Table)) == 10_001
    assert time.monotonic() - begin < 30


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (0.95, "0%", "95%"),
        (0.125, "0.0%", "12.5%"),
        (1234567, "#,##0", "1,234,567"),
        (3, '0"次"', "3次"),
        (7, "000", "007"),
        (2.5, "General", "2.5"),
        (0.1 + 0.2, "General", "0.3"),
        (1234.5, "#,##0.00_);(#,##0.00)", "1,234.50"),
    ],
)
def test_number_is_shown_by_its_format(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("yyyy/m/d", "2024/6/5"),
        ("mm-dd-yy", "06-05-24"),
        ("[$-404]e/m/d;@", "113/6/5"),
        ('[$-404]e"年"mm"月"dd"日"', "113年06月05日"),
        ('m"月"d"日"', "6月5日"),
        ("General", "2024/6/5"),
    ],
)
def test_date_is_shown_by_its_format(code: str, shown: str) -> None:
    assert shown_date(dt.datetime(2024, 6, 5, tzinfo=None), code) == shown  # noqa: DTZ001
