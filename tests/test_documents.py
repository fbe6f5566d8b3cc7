from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import get_args

import docx
import pypdfium2
import pytest
from answers import ANSWER, DAY, FIGURE, ILLEGAL, INJECTED, PLAIN, TEXT_COLUMNS, TONE_ROWS, answer_with, cells_of, draw
from lxml import html
from openpyxl import load_workbook
from printed_files import SOFFICE, convert

from plansearch.cli.delivery import deliver
from plansearch.cli.options import FormatName
from plansearch.errors import PlansearchError, QueryError
from plansearch.report.documents import FileFormat, render_file
from plansearch.report.records import Record
from plansearch.report.rendering import Format, Report, Section, render
from plansearch.report.screen import Screen
from plansearch.report.serialise import Column
from plansearch.report.tones import LOOKS
from plansearch.version import __version__

needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")

SUFFIXES: dict[str, FileFormat] = {
    ".txt": "table",
    ".json": "json",
    ".jsonl": "jsonl",
    ".csv": "csv",
    ".md": "md",
    ".xlsx": "xlsx",
    ".docx": "docx",
    ".html": "html",
    ".png": "png",
    ".svg": "svg",
}


Read = Callable[[bytes], list[list[str]]]
READERS: dict[Format, Read] = {
    "xlsx": lambda content: [
        ["" if value is None else str(value) for value in row]
        for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
    ],
    "docx": lambda content: [
        [cell.text for cell in row.cells] for row in docx.Document(io.BytesIO(content)).tables[0].rows
    ],
    "html": lambda content: [
        [cell.text_content() for cell in row.iter("th", "td")]
        for row in html.fromstring(content.decode("utf-8")).xpath("//table")[0].iter("tr")
    ],
}
"""Read the first table of a document back."""


def labels_of(path: Path) -> dict[str, str]:
    """Labels and values of how a document was made, read from the document."""
    if path.suffix == ".xlsx":
        rows = load_workbook(path)["製作說明"].iter_rows(max_col=2, values_only=True)
        return {str(label): str(value) for label, value in rows}
    if path.suffix == ".docx":
        return {row.cells[0].text: row.cells[1].text for row in docx.Document(str(path)).tables[-1].rows}
    page = html.fromstring(path.read_bytes())
    return {line.find("dt").text_content(): line.find("dd").text_content() for line in page.xpath("//dl/div")}


def test_the_command_line_knows_the_formats_that_reports_have() -> None:
    assert get_args(FormatName) == get_args(Format)


@pytest.mark.parametrize("form", get_args(Format))
def test_every_format_of_every_report_is_a_file(form: Format) -> None:
    empty = [answer_with(), replace(PLAIN, columns=(), rows=())]
    assert all(render_file(report, form, Screen()) for report in (ANSWER, PLAIN))
    assert all(render_file(report, form, Screen()) or form == "jsonl" for report in empty)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md"])
def test_the_file_of_a_text_format_is_its_text(form: Format) -> None:
    assert render_file(ANSWER, form, Screen()).decode("utf-8") == render(ANSWER, form, Screen())


@pytest.mark.parametrize("form", ["xlsx", "docx", "html"])
def test_a_document_is_no_text(form: Format) -> None:
    with pytest.raises(ValueError, match="is a document"):
        render(ANSWER, form, Screen())


def test_csv_and_json_give_the_rows_and_the_whole_whatever_the_sections_are() -> None:
    heading, *rows = csv.reader(io.StringIO(render_file(ANSWER, "csv", Screen()).decode("utf-8-sig"), newline=""))
    assert heading == list(ANSWER.fields)
    assert rows == [
        [str(row["code"]), str(row["text"]), str(row["count"]), str(row["share"]), "秘書室、民政課", row["state"] or ""]
        for row in TONE_ROWS
    ]
    assert json.loads(render_file(ANSWER, "json", Screen())) == {"found": 31}
    lines = render_file(ANSWER, "jsonl", Screen()).decode("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(TONE_ROWS)


def test_the_picture_of_a_report_is_its_first_figure() -> None:
    assert render_file(ANSWER, "png", Screen()) == draw("png")
    assert render_file(ANSWER, "svg", Screen()) == draw("svg")
    with pytest.raises(ValueError, match="no figures"):
        render_file(PLAIN, "png", Screen())


def test_markdown_has_sections_notes_figures_and_how_it_was_made() -> None:
    section = Section("節 | 一", TEXT_COLUMNS, ({"number": 1, "text": "甲\n乙"},), notes=("# 註", "1. 甲"))
    said = Section("節二", (), (), notes=("只有說明",))
    report = replace(PLAIN, sections=(section, said), figures=(FIGURE,), made=(DAY,), notes=("- 先看這裡",))
    assert render(report, "md", Screen()).splitlines() == [
        "## 共 21 項",
        "",
        "\\- 先看這裡",
        "",
        "### 圖：涵蓋率 \\<圖>",
        "",
        "長條圖：第 1 項最低，第 6 項最高。",
        "",
        "### 節 \\| 一",
        "",
        "\\# 註",
        "",
        "1\\. 甲",
        "",
        "| 序 | 文字 |",
        "| --- | --- |",
        "| 1 | 甲<br>乙 |",
        "",
        "### 節二",
        "",
        "只有說明",
        "",
        "### 製作說明",
        "",
        "- 日期：2026-11-25",
    ]


def test_a_section_without_a_title_makes_the_markdown_of_rows_alone() -> None:
    assert render(replace(PLAIN, sections=PLAIN.parts), "md", Screen()) == render(PLAIN, "md", Screen())


def test_the_tones_of_a_report_are_those_of_its_cells_in_the_order_of_legends() -> None:
    assert ANSWER.tones == tuple(LOOKS)
    assert PLAIN.tones == ()
    column = Column("甲", "a", tone="t")
    rows: tuple[Record, ...] = ({"a": "x", "t": "new"}, {"a": "y", "t": "lost"}, {"a": "z", "t": None}, {"a": "z"})
    assert replace(PLAIN, columns=(column,), rows=rows).tones == ("lost", "new")


def test_a_tone_that_does_not_exist_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="t is 'gone', which is no tone"):
        Column("甲", "a", tone="t").tone_of({"t": "gone"})


def test_a_column_is_wide_enough_for_a_short_title() -> None:
    assert [Column("年", "a", width=2).least_width, Column("執行要項代碼", "a", width=4).least_width] == [6, 12]
    assert Column("措施", "a", width=50).least_width == 50


@pytest.mark.parametrize(("suffix", "form"), SUFFIXES.items())
def test_the_suffix_of_a_file_says_its_format(suffix: str, form: FileFormat, tmp_path: Path) -> None:
    path = tmp_path / f"結果{suffix.upper()}"
    deliver(ANSWER, None, path)
    written = path.read_bytes()
    if form in {"xlsx", "docx"}:
        assert written.startswith(b"PK")
    elif form == "html":
        program = ("程式", f"plansearch {__version__}")
        assert written == render_file(replace(ANSWER, made=(*ANSWER.made, program)), form, Screen())
    else:
        assert written == render_file(ANSWER, form, Screen())


@pytest.mark.parametrize("suffix", [".xlsx", ".docx", ".html"])
def test_a_document_says_when_it_was_made_and_by_what(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"結果{suffix}"
    before = datetime.now().astimezone().date().isoformat()
    deliver(PLAIN, None, path)
    labels = labels_of(path)
    assert before <= labels["日期"] <= datetime.now().astimezone().date().isoformat()
    assert labels["程式"] == f"plansearch {__version__}"
    deliver(ANSWER, None, path)
    assert labels_of(path)["日期"] == "2026-11-25"


@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_what_no_terminal_can_show_is_refused_there(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(QueryError, match=f"{form} 不能印在畫面上。請加 -o 檔名.{form} 寫成檔案。"):
        deliver(ANSWER, form, None)
    assert capsys.readouterr().out == ""


def test_a_page_may_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(replace(PLAIN, made=(DAY,)), "html", None)
    out = capsys.readouterr().out
    assert out.startswith("<!DOCTYPE html>")
    assert [cell.text for cell in html.fromstring(out).xpath("//tbody/tr/td[2]")] == list(INJECTED)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_report_without_figures_is_no_picture(suffix: str, tmp_path: Path) -> None:
    message = r"這個答案可以寫成 \.json、\.jsonl、\.csv、\.md、\.xlsx、\.docx、\.html、\.txt；"
    with pytest.raises(QueryError, match=message):
        deliver(PLAIN, None, tmp_path / f"圖{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_names_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"不會寫 \.pdf 檔（.+）。這個答案可以寫成 .+、\.png、\.svg；或用 --format"):
        deliver(ANSWER, None, tmp_path / "a.pdf")


def test_several_figures_are_several_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "圖.png"
    deliver(replace(ANSWER, figures=(FIGURE, FIGURE, FIGURE)), None, path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["圖-2.png", "圖-3.png", "圖.png"]
    told = f"已寫入 {path}、{tmp_path / '圖-2.png'}、{tmp_path / '圖-3.png'}：{ANSWER.heading}\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_cannot_be_written_is_one_message(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(PlansearchError, match="無法寫入"):
        deliver(ANSWER, None, tmp_path / "沒有這個資料夾" / f"a{suffix}")


@pytest.mark.parametrize("form", ["xlsx", "docx", "html", "md"])
@pytest.mark.parametrize("text", [*ILLEGAL, '&C&"Arial"&K', ""])
def test_no_text_of_a_report_can_break_a_document(form: Format, text: str) -> None:
    section = Section(text, (Column(text, "a", tone="t"),), ({"a": text, "t": "new"},), notes=(text,), name=text)
    figure = replace(FIGURE, title=text, description=text)
    report = replace(
        PLAIN, heading=text, sections=(section, section), figures=(figure,), made=((text, text),), notes=(text,)
    )
    content = render_file(report, form, Screen())
    if form != "md":
        assert READERS[form](content) == [[ILLEGAL.get(text, text)]] * 2


def shown(report: Report) -> list[str]:
    """Every text of a report."""
    texts = [report.heading, *report.notes, *(text for line in report.made for text in line)]
    for section in report.sections:
        texts += [section.title, *section.notes]
        texts += [cell for row in cells_of(section) for cell in row] if section.rows else []
    return [*texts, *(text for figure in report.figures for text in (figure.title, figure.description))]


def characters(text: str) -> Counter[str]:
    """How often each character occurs; fonts may give a compatibility form of one."""
    return Counter("".join(unicodedata.normalize("NFKC", text).split()))


@needs_office
@pytest.mark.parametrize("form", ["xlsx", "docx", "html"])
def test_what_libreoffice_prints_of_a_document_has_all_its_text(form: Format, tmp_path: Path) -> None:
    path = tmp_path / f"answer.{form}"
    path.write_bytes(render_file(ANSWER, form, Screen()))
    (printed,) = convert([path], "pdf", tmp_path)
    with pypdfium2.PdfDocument(printed) as document:
        # The library gives a hyphen at the end of a line as one of these.
        text = "".join(page.get_textpage().get_text_bounded() for page in document).translate({2: "-", 0xFFFE: "-"})
    assert characters("".join(shown(ANSWER))) - characters(text) == Counter()


@needs_office
def test_what_libreoffice_reads_of_a_workbook_are_the_same_texts(tmp_path: Path) -> None:
    path = tmp_path / "answer.xlsx"
    path.write_bytes(render_file(answer_with(*INJECTED, "_x0041_"), "xlsx", Screen()))
    (converted,) = convert([path], "csv:Text - txt - csv (StarCalc):44,34,76,1", tmp_path)
    rows = list(csv.reader(io.StringIO(converted.read_text(encoding="utf-8"), newline="")))
    assert [row[1] for row in rows[1:]] == [*INJECTED, "_x0041_"]


@pytest.mark.parametrize("form", READERS)
def test_a_document_read_back_is_the_rows_of_the_report(form: Format) -> None:
    assert READERS[form](render_file(PLAIN, form, Screen())) == cells_of(PLAIN.parts[0])
