from __future__ import annotations

import io
import time
from dataclasses import replace
from zipfile import ZipFile

import pytest
from answers import ANSWER, ILLEGAL, INJECTED, LONG, PLAIN, TONE_ROWS, answer_with, cells_of, large
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from plansearch.report.rendering import Report, Section
from plansearch.report.serialise import Column
from plansearch.report.tones import LOOKS
from plansearch.report.workbook import LONGEST_CELL, sheet_names, workbook_of


def opened(report: Report) -> Workbook:
    return load_workbook(io.BytesIO(workbook_of(report)))


def values_of(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def written(section: Section) -> list[list[object]]:
    """What a sheet should hold: numbers as numbers, nothing where a cell is empty."""
    rows: list[list[object]] = [[column.title for column in section.columns]]
    for row in section.rows:
        numbers = [column.number(row) for column in section.columns]
        texts = [column.cell(row) for column in section.columns]
        rows.append([text or None if number is None else number for number, text in zip(numbers, texts, strict=True)])
    return rows


def test_each_section_is_a_sheet_with_all_its_rows() -> None:
    workbook = opened(ANSWER)
    assert workbook.sheetnames == [
        "並列",
        "二、容易出錯的文字  測試   a b",
        "三、沒有列",
        "四、只有說明",
        "圖",
        "製作說明",
    ]
    for sheet, section in zip(workbook.worksheets[:3], ANSWER.sections, strict=False):
        assert values_of(sheet) == written(section)
    assert values_of(workbook["四、只有說明"]) == [["這一節沒有表。"]]


def test_a_report_without_sections_is_one_sheet() -> None:
    workbook = opened(PLAIN)
    assert workbook.sheetnames == ["結果", "製作說明"]
    assert values_of(workbook["結果"]) == written(PLAIN.parts[0])
    assert values_of(workbook["製作說明"]) == [["內容", "共 21 項"]]


def test_texts_are_texts_whatever_they_begin_with_and_numbers_are_numbers() -> None:
    sheet = opened(answer_with(*INJECTED))["結果"]
    kinds = {cell.data_type for (cell,) in sheet.iter_rows(min_row=2, min_col=2, max_col=2)}
    assert kinds == {"s"}
    quoted = {cell.value for (cell,) in sheet.iter_rows(min_row=2, min_col=2, max_col=2) if cell.quotePrefix}
    assert quoted == {text for text in INJECTED if text[0] in "=+-@＝＋－＠\t("}
    assert [cell.data_type for (cell,) in sheet.iter_rows(min_row=2, max_col=1)] == ["n"] * len(INJECTED)
    with ZipFile(io.BytesIO(workbook_of(answer_with(*INJECTED)))) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**15, True], ids=["nan", "inf", "too exact", "bool"])
def test_what_excel_has_no_number_for_is_a_text(number: float) -> None:
    report = replace(PLAIN, rows=({"number": number, "text": "x"},))
    assert opened(report)["結果"]["A2"].value == str(number)


def test_characters_that_xml_lacks_are_replaced_and_line_ends_are_one_kind() -> None:
    sheet = opened(answer_with(*ILLEGAL))["結果"]
    assert [row[1] for row in values_of(sheet)[1:]] == list(ILLEGAL.values())


def test_a_text_that_excel_would_take_for_an_escape_is_escaped() -> None:
    assert opened(answer_with("_x0041_"))["結果"]["B2"].value == "_x005F_x0041_"


def test_a_text_too_long_for_a_cell_is_cut_and_that_is_said() -> None:
    workbook = opened(answer_with("字" * 40_000, "\N{GRINNING FACE}" * 20_000, "短"))
    cut, faces, short = (str(row[1]) for row in values_of(workbook["結果"])[1:])
    for text in (cut, faces):
        assert len(text.encode("utf-16-le")) // 2 <= LONGEST_CELL
        assert text.endswith("…（全文超過 Excel 一格的上限，請看 .docx 或 .html）")
    assert short == "短"
    assert values_of(workbook["製作說明"])[-1] == ["注意", "有 2 格的全文超過 Excel 一格的上限（32767 字），沒有放完。"]


def test_a_table_can_be_read_sorted_and_printed() -> None:
    sheet = opened(ANSWER)["並列"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("A2", "A1:F10", "$1:$1")
    page = sheet.page_setup
    assert (page.orientation, page.paperSize, page.fitToWidth, page.fitToHeight) == ("landscape", 9, 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert all(cell.font.bold for cell in sheet[1])
    assert all(cell.alignment.wrap_text for row in sheet.iter_rows() for cell in row)
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDEF"]
    assert widths == [12, 50, 8, 8, 16, 12]


def test_rows_are_as_high_as_their_text_and_never_higher_than_excel_shows() -> None:
    sheet = opened(answer_with("短", LONG, "字" * 5000))["結果"]
    heights = [sheet.row_dimensions[row].height for row in (2, 3, 4)]
    assert heights[0] == 18
    assert 36 <= heights[1] <= 72
    assert heights[2] == 409
    assert sheet.column_dimensions["B"].width > 50


def test_each_tone_has_a_look_of_its_own() -> None:
    sheet = opened(ANSWER)["並列"]
    looks = {
        row["tone"]: (sheet.cell(number, 2).fill.fgColor.rgb, sheet.cell(number, 2).border.left.style)
        for number, row in enumerate(TONE_ROWS, 2)
    }
    assert {tone: fill for tone, (fill, _) in looks.items()} == {tone: f"00{look.fill}" for tone, look in LOOKS.items()}
    assert len(set(looks.values())) == len(LOOKS)
    assert sheet.cell(2, 1).fill.fill_type is None


def test_the_last_sheet_says_how_it_was_made_what_to_know_and_what_the_colours_mean() -> None:
    rows = values_of(opened(ANSWER)["製作說明"])
    assert rows == [
        ["內容", ANSWER.heading],
        ["日期", "2026-11-25"],
        ["模型", "multilingual-e5-small"],
        ["比較對象", "示範市所有區公所"],
        ["說明", ANSWER.notes[0]],
        ["說明", ANSWER.notes[1]],
        ["一、各機關並列", "每一格是該機關自己的文字。"],
        ["一、各機關並列", "=疑似要由人看過。"],
        ["四、只有說明", "這一節沒有表。"],
        *(["標示" if place == 0 else None, look.label] for place, look in enumerate(LOOKS.values())),
    ]


def test_a_figure_has_a_sheet_with_its_title_and_what_it_shows() -> None:
    sheet = opened(ANSWER)["圖"]
    assert values_of(sheet) == [["涵蓋率 <圖>"], ["長條圖：第 1 項最低，第 6 項最高。"]]
    (image,) = sheet._images  # noqa: SLF001 - openpyxl has no public way to what it read
    assert (image.width, image.height, image.anchor._from.row) == (300, 120, 2)  # noqa: SLF001


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        pytest.param(["甲", "甲", "甲"], ["甲", "甲 (2)", "甲 (3)"], id="equal"),
        pytest.param(["ABC", "abc"], ["ABC", "abc (2)"], id="equal but for capitals"),
        pytest.param([r"1/2: a\b? [c]*"], ["1 2  a b   c"], id="signs that Excel refuses"),
        pytest.param(["'引號'"], ["引號"], id="apostrophes at the ends"),
        pytest.param(["字" * 40, "字" * 40], ["字" * 31, f"{'字' * 27} (2)"], id="too long"),
        pytest.param(["\N{GRINNING FACE}" * 20], ["\N{GRINNING FACE}" * 15], id="pairs of units"),
        pytest.param(["", "  ", "??"], ["表 1", "表 2", "表 3"], id="nothing left"),
        pytest.param(["History", "製作說明"], ["History (2)", "製作說明 (2)"], id="taken already"),
        pytest.param([f"{'a' * 30}'b"], ["a" * 30], id="apostrophe where it is cut"),
    ],
)
def test_sheets_have_names_that_excel_takes(wanted: list[str], names: list[str]) -> None:
    assert sheet_names(wanted, ["製作說明"]) == names


def test_sections_of_the_same_name_are_sheets_of_their_own() -> None:
    section = Section("同名", (Column("欄", "a"),), ({"a": "x"},))
    assert opened(replace(PLAIN, sections=(section, section))).sheetnames == ["同名", "同名 (2)", "製作說明"]


def test_five_thousand_rows_take_seconds() -> None:
    before = time.monotonic()
    content = workbook_of(large(5000))
    assert time.monotonic() - before < 30
    sheet = load_workbook(io.BytesIO(content), read_only=True)["結果"]
    assert list(sheet.iter_rows(min_row=5001, values_only=True)) == [tuple(cells_of(large(1).parts[0])[1])]
