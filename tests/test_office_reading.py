"""What office files hold beside their text: notes, changes, boxes, frames, contents, links to outside, traps."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from office_files import element_of

from plansearch.errors import LimitError, ReadError, UnsupportedFormatError
from plansearch.limits import Limits
from plansearch.readers import legacy, read_document
from plansearch.types import Document, Paragraph, Row, Table

NOTE = '<w:footnote w:id="2"><w:p><w:r><w:t>見附件一。</w:t></w:r></w:p></w:footnote>'


def texts(document: Document) -> list[str | list[list[tuple[str, int, int]]]]:
    """Paragraphs, and tables as rows of (text, row span, column span)."""
    return [
        block.text
        if isinstance(block, Paragraph)
        else [[(cell.text, cell.row_span, cell.column_span) for cell in row.cells] for row in block.rows]
        for block in document.blocks
    ]


def word(tmp_path: Path, *paragraphs: str, edit: Callable[[str], str] | None = None, **parts: str) -> Path:
    """A Word file of paragraphs given as OOXML; ``parts`` are further members of ``word/``."""
    document = WordDocument()
    for inner in paragraphs:
        paragraph = document.add_paragraph()
        for element in parse_xml(
            f"<w:p {nsdecls('w', 'wp', 'a')} xmlns:v='urn:schemas-microsoft-com:vml'>{inner}</w:p>"
        ):
            element_of(paragraph).append(element)
    stream = io.BytesIO()
    document.save(stream)
    path = tmp_path / "計畫.docx"
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if edit is not None and name == "word/document.xml":
                content = edit(content.decode()).encode()
            new.writestr(name, content)
        for name, text in parts.items():
            new.writestr(f"word/{name}.xml", text)
    return path


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def test_a_footnote_stands_in_no_text_but_is_reported(tmp_path: Path) -> None:
    path = word(
        tmp_path,
        run("每年辦理調查") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run("二次。"),
        footnotes=f"<w:footnotes {nsdecls('w')}>{NOTE}</w:footnotes>",
    )
    document = read_document(path)
    assert texts(document) == ["每年辦理調查二次。"]
    assert [(damage.kind, damage.detail, damage.span.label) for damage in document.damage] == [
        ("text_apart", "註腳「見附件一。」沒有列入措施，引用前請對照原檔。", "第 1 段")
    ]


def test_text_in_boxes_and_struck_text_are_reported(tmp_path: Path) -> None:
    inside = "<w:p><w:r><w:t>框中的字</w:t></w:r></w:p>"
    frame = f"<v:shape><v:textbox><w:txbxContent>{inside}</w:txbxContent></v:textbox></v:shape>"
    box = f"<w:r><w:pict>{frame}</w:pict></w:r>"
    document = read_document(word(tmp_path, run("甲") + run("乙", "<w:strike/>") + run("丙"), box + run("丁")))
    assert texts(document) == ["甲丙", "丁"]
    assert [damage.detail.partition("」")[0] for damage in document.damage] == [
        "加了刪除線的文字「乙",
        "文字方塊裡的文字「框中的字",
    ]


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next(tmp_path: Path) -> None:
    mark = '<w:pPr><w:rPr><w:del w:id="1" w:author="甲" w:date="2024-01-01T00:00:00Z"/></w:rPr></w:pPr>'
    assert texts(read_document(word(tmp_path, mark + run("前半"), run("後半"), run("另一段")))) == [
        "前半後半",
        "另一段",
    ]


def test_tabs_breaks_symbols_and_hyphens_of_word_are_text(tmp_path: Path) -> None:
    path = word(
        tmp_path,
        run("1.") + "<w:r><w:tab/></w:r>" + run("甲") + "<w:r><w:br/></w:r>" + run("2.乙"),
        '<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>' + run("丙") + "<w:r><w:softHyphen/></w:r>" + run("丁"),
        run("A") + "<w:r><w:noBreakHyphen/></w:r>" + run("B"),
    )
    assert texts(read_document(path)) == ["1. 甲\n2.乙", "□丙丁", "A-B"]


def test_a_table_of_contents_is_left_out(tmp_path: Path) -> None:
    contents = (
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        "<w:sdtContent><w:p><w:r><w:t>壹、依據 1</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    path = word(tmp_path, run("壹、依據"), edit=lambda xml: xml.replace("<w:body>", f"<w:body>{contents}"))
    assert texts(read_document(path)) == ["壹、依據"]


@pytest.mark.parametrize("member", ["word/document.xml", "word/numbering.xml", "content.xml"])
def test_xml_that_defines_entities_is_refused(member: str, tmp_path: Path) -> None:
    trap = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    path = word(tmp_path, run("甲"))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if member == "content.xml":
        parts = {"mimetype": b"application/vnd.oasis.opendocument.text", member: b"<x>&secret;</x>"}
    plain = re.sub(rb"^<\?xml[^>]*\?>", b"", parts[member])
    parts[member] = b'<?xml version="1.0"?>' + trap.encode() + plain
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ReadError, match="內容無法解讀"):
        read_document(path)


def test_a_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "網頁.html"
    path.write_text(
        "<html><head><link rel=stylesheet href='http://127.0.0.1:9/a.css'><script src='http://127.0.0.1:9/a.js'></script>"
        "<base href='http://127.0.0.1:9/'></head><body><p>一、甲<img src='http://127.0.0.1:9/a.png' alt='圖'></p>"
        "<iframe src='file:///etc/passwd'>框</iframe><object data='file:///etc/passwd'></object><p>二、乙</p></body></html>",
        encoding="utf-8",
    )
    assert texts(read_document(path)) == ["一、甲", "二、乙"]


def test_lists_of_a_page_show_the_numbers_that_a_browser_shows(tmp_path: Path) -> None:
    path = tmp_path / "網頁.html"
    path.write_text(
        "<body><ol style='list-style-type: trad-chinese-informal' start=2><li>甲<li>乙<ol type=a><li>丙</ol></ol>"
        "<ol style='list-style:none'><li>(一)丁</ol><ul><li>戊</ul><ol><li>1.己<li value=5>庚</ol></body>",
        encoding="utf-8",
    )
    expected = ["二、 甲", "三、 乙", "a. 丙", "(一)丁", "● 戊", "1.己", "5. 庚"]
    assert texts(read_document(path)) == expected


def test_cells_of_a_page_keep_their_spans_and_lines(tmp_path: Path) -> None:
    path = tmp_path / "網頁.html"
    path.write_text(
        "<table><thead><tr><th rowspan=2>一<th colspan=2>二<tr><th>三<th>四</thead>"
        "<tr><td>五<br>六<td>七<td rowspan=99999999>八</table>",
        encoding="utf-8",
    )
    assert texts(read_document(path)) == [
        [[("一", 2, 1), ("二", 1, 2)], [("三", 1, 1), ("四", 1, 1)], [("五\n六", 1, 1), ("七", 1, 1), ("八", 1, 1)]]
    ]


@pytest.mark.parametrize(
    "page", ["<div>" * 300 + "一、甲", "<p>一、" + "甲" * 4_000_000 + "</p>"], ids=["too deep", "too large"]
)
def test_a_page_that_cannot_be_read_whole_is_not_read_in_part(page: str, tmp_path: Path) -> None:
    path = tmp_path / "網頁.html"
    path.write_text(f"<p>一、先讀到的</p>{page}", encoding="utf-8")
    with pytest.raises(LimitError, match="無法完整讀取"):
        read_document(path)


def test_rows_of_word_that_begin_or_end_inside_of_the_table_keep_their_columns(tmp_path: Path) -> None:
    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{run(text)}</w:p></w:tc>"

    rows = (
        cell("一") + cell("二") + cell("三"),
        '<w:trPr><w:gridBefore w:val="1"/></w:trPr>' + cell("四") + cell("五"),
        cell("六", '<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>') + cell("七"),
        cell("", '<w:gridSpan w:val="2"/><w:vMerge/>') + cell("八"),
    )
    grid = f"<w:tblPr/><w:tblGrid>{'<w:gridCol/>' * 3}</w:tblGrid>"
    table = f"<w:tbl>{grid}{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"
    path = word(tmp_path, edit=lambda xml: xml.replace("<w:body>", f"<w:body>{table}"))
    assert texts(read_document(path)) == [
        [
            [("一", 1, 1), ("二", 1, 1), ("三", 1, 1)],
            [("", 1, 1), ("四", 1, 1), ("五", 1, 1)],
            [("六", 2, 2), ("七", 1, 1)],
            [("八", 1, 1)],
        ]
    ]


def test_a_web_archive_gives_its_page(tmp_path: Path) -> None:
    path = tmp_path / "網頁.mht"
    path.write_bytes(
        b"From: <Saved by a browser>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: text/html; charset=big5\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode("<p>一、服務計畫辦理</p>".encode("cp950"))
        + b"\r\n--B\r\nContent-Type: image/png\r\n\r\nx\r\n--B--\r\n"
    )
    assert texts(read_document(path)) == ["一、服務計畫辦理"]


def test_a_file_of_pictures_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"沒有文字，可能只有圖片.+--ocr"):
        read_document(word(tmp_path, ""))


def test_pandoc_is_stopped_when_it_takes_longer_than_allowed(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match=r"讀了 0\.001 秒還沒讀完，已放棄"):
        read_document(word(tmp_path, run("甲")), limits=Limits(timeout=0.001))


def test_without_libreoffice_an_old_file_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "計畫.doc"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "WordDocument".encode("utf-16-le"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(legacy, "_PLACES", ())
    with pytest.raises(UnsupportedFormatError, match=r"沒有安裝。請安裝 LibreOffice，或用 Word 開啟後另存成 \.docx"):
        read_document(path)


def test_a_span_says_where_to_look_in_word(tmp_path: Path) -> None:
    document = WordDocument()
    document.add_paragraph("甲")
    document.add_paragraph("")
    document.add_paragraph("乙")
    document.add_table(2, 1).cell(1, 0).text = "丙"
    document.save(str(tmp_path / "計畫.docx"))
    blocks = read_document(tmp_path / "計畫.docx").blocks
    table = blocks[2]
    assert isinstance(table, Table)
    rows: tuple[Row, ...] = table.rows
    assert [block.span.label for block in blocks if isinstance(block, Paragraph)] == ["第 1 段", "第 2 段"]
    assert [row.span.label for row in rows] == ["表 1 第 1 列", "表 1 第 2 列"]
