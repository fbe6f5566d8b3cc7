from __future__ import annotations

import io
import time
from dataclasses import replace
from itertools import pairwise

import docx
import pytest
from answers import (
    ANSWER,
    ILLEGAL,
    INJECTED,
    PLAIN,
    TONE_COLUMNS,
    TONE_ROWS,
    answer_with,
    cells_of,
    draw,
    large,
)
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph
from PIL import Image

from plansearch.report.memo import memo_of
from plansearch.report.rendering import Figure, PictureFormat, Report
from plansearch.report.tones import LOOKS


def opened(report: Report) -> Document:
    return docx.Document(io.BytesIO(memo_of(report)))


def texts_of(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def outline(document: Document) -> list[str | list[list[str]]]:
    """Everything that stands in a memo, in order: paragraphs as text, tables as lists."""
    blocks = [
        texts_of(block) if isinstance(block, Table) else block.text
        for block in document.iter_inner_content()
        if isinstance(block, Table | Paragraph)
    ]
    return [block for block in blocks if block]


def settings_of(row: _Row) -> set[str]:
    properties = row._tr.trPr  # noqa: SLF001 - python-docx has no public way to them
    return set() if properties is None else {element.tag.rpartition("}")[2] for element in properties}


def test_everything_of_a_report_is_in_the_memo_in_order() -> None:
    first, second, third, fourth = ANSWER.sections
    legend = "標示：" + "".join(f" {look.label} 　" for look in LOOKS.values())
    assert outline(opened(ANSWER)) == [
        ANSWER.heading,
        *ANSWER.notes,
        legend,
        "涵蓋率 <圖>",
        "長條圖：第 1 項最低，第 6 項最高。",
        first.title,
        *first.notes,
        cells_of(first),
        second.title,
        cells_of(second),
        third.title,
        "沒有資料。",
        fourth.title,
        *fourth.notes,
        "製作說明",
        [["項目", "內容"], *map(list, ANSWER.made)],
    ]


def test_a_report_without_sections_has_one_table_under_its_title() -> None:
    assert outline(opened(PLAIN)) == ["共 21 項", cells_of(PLAIN.parts[0])]


def test_what_looks_like_markup_or_a_formula_is_text() -> None:
    assert [row[1] for row in texts_of(opened(answer_with(*INJECTED)).tables[0])[1:]] == list(INJECTED)


def test_characters_that_xml_lacks_are_replaced_and_line_ends_are_one_kind() -> None:
    assert [row[1] for row in texts_of(opened(answer_with(*ILLEGAL)).tables[0])[1:]] == list(ILLEGAL.values())
    assert opened(replace(PLAIN, heading="題\x00目")).paragraphs[0].text == "題�目"


def test_the_page_is_a4_landscape_with_numbered_pages() -> None:
    section = opened(ANSWER).sections[0]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (29.7, 21.0)  # type: ignore[union-attr]
    footer = section.footer.paragraphs[0]
    assert footer.text == "第  頁，共  頁"
    fields = [element.text for run in footer.runs for element in run.element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]


@pytest.mark.parametrize("name", ["Normal", "Title", "Heading 1"])
def test_chinese_text_has_a_chinese_font_that_no_theme_overrules(name: str) -> None:
    document = opened(ANSWER)
    fonts = document.styles[name].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "Microsoft JhengHei"
    assert [attribute for attribute in fonts.attrib if attribute.endswith("Theme")] == []
    languages = {element.get(qn("w:eastAsia")) for element in document.styles.element.iter(qn("w:lang"))}
    assert languages == {"zh-TW"}


def test_headings_are_headings() -> None:
    document = opened(ANSWER)
    styles = {paragraph.text: paragraph.style.name for paragraph in document.paragraphs if paragraph.style is not None}
    assert styles[ANSWER.heading] == "Title"
    assert {styles[section.title] for section in ANSWER.sections} == {"Heading 1"}


def test_the_header_row_repeats_and_rows_stay_whole_unless_they_are_long() -> None:
    table = opened(answer_with("短", "字" * 5000)).tables[0]
    assert [settings_of(row) for row in table.rows] == [{"cantSplit", "tblHeader"}, {"cantSplit"}, set()]


def test_columns_share_the_page_in_proportion() -> None:
    table = opened(ANSWER).tables[0]
    widths = [column.width.cm for column in table.columns if column.width is not None]
    wanted = [column.least_width for column in TONE_COLUMNS]
    assert sum(widths) == pytest.approx(29.7 - 3.2, abs=0.05)
    assert [round(width / sum(widths), 3) for width in widths] == [round(one / sum(wanted), 3) for one in wanted]
    assert [cell.width for cell in table.rows[1].cells] == [column.width for column in table.columns]


def test_each_tone_has_a_look_of_its_own() -> None:
    table = opened(ANSWER).tables[0]
    looks = {}
    for record, row in zip(TONE_ROWS, table.rows[1:], strict=True):
        properties = row.cells[1]._tc.tcPr  # noqa: SLF001
        assert properties is not None
        shade, border = properties.find(qn("w:shd")), properties.find(qn("w:tcBorders")).find(qn("w:left"))
        looks[record["tone"]] = (shade.get(qn("w:fill")), border.get(qn("w:val")))
        before = row.cells[0]._tc.tcPr.find(qn("w:tcBorders")).find(qn("w:right"))  # type: ignore[union-attr]  # noqa: SLF001
        assert before.attrib == border.attrib
    assert {tone: fill for tone, (fill, _) in looks.items()} == {tone: look.fill for tone, look in LOOKS.items()}
    assert len(set(looks.values())) == len(LOOKS)


def test_tables_do_not_run_into_each_other() -> None:
    table = PLAIN.parts[0]
    document = opened(replace(PLAIN, sections=(table, table), made=(("甲", "乙"),)))
    kinds = [type(block) for block in document.iter_inner_content()]
    assert (Table, Table) not in set(pairwise(kinds))
    assert kinds[-1] is Paragraph


def test_a_figure_says_in_words_what_it_shows() -> None:
    document = opened(ANSWER)
    (shape,) = document.inline_shapes
    (properties,) = document.element.body.iter(qn("wp:docPr"))
    assert (properties.get("title"), properties.get("descr")) == (
        ANSWER.figures[0].title,
        ANSWER.figures[0].description,
    )
    assert shape.width / shape.height == pytest.approx(300 / 120, abs=0.01)


def draw_upright(_: PictureFormat) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1500, 9000), "navy").save(file, "PNG")
    return file.getvalue()


def test_a_figure_higher_than_wide_has_an_upright_page_on_which_it_fits() -> None:
    document = opened(replace(ANSWER, figures=(Figure("高", "很高", draw_upright),)))
    assert [section.orientation for section in document.sections] == [
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
    ]
    (shape,) = document.inline_shapes
    assert shape.height.cm == pytest.approx(22, abs=0.01)
    assert shape.width / shape.height == pytest.approx(1500 / 9000, abs=0.01)


def test_a_large_figure_is_made_to_fit_and_a_small_one_is_not_blown_up() -> None:
    def draw_wide(_: PictureFormat) -> bytes:
        file = io.BytesIO()
        Image.new("RGB", (9000, 1500), "navy").save(file, "PNG")
        return file.getvalue()

    document = opened(replace(ANSWER, figures=(Figure("寬", "很寬", draw_wide), Figure("小", "很小", draw))))
    widths = [round(shape.width.cm, 1) for shape in document.inline_shapes]
    assert widths == [26.5, round(300 / 72 * 2.54, 1)]


def test_the_file_says_whose_it_is() -> None:
    properties = opened(ANSWER).core_properties
    assert (properties.title, properties.author, properties.comments) == (ANSWER.heading, "plansearch", "")


def test_five_thousand_rows_take_seconds() -> None:
    before = time.monotonic()
    content = memo_of(large(5000))
    assert time.monotonic() - before < 30
    rows = docx.Document(io.BytesIO(content)).element.body.iter(qn("w:tr"))
    assert sum(1 for _ in rows) == 5001
