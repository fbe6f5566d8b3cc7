from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from office_files import html_of, write_numbered_docx

from plansearch.errors import ReadError, UnsupportedFormatError
from plansearch.readers import read_document
from plansearch.readers.detection import Kind, detect_kind

TEXT = "示範市松林區公所113年度提升服務計畫\n壹、依據\n服務計畫辦理。\n"
LINES = TEXT.splitlines()


def packed(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (TEXT.encode(), "計畫.txt", "text"),
        (TEXT.encode(), "計畫", "text"),
        (TEXT.encode("cp950"), "計畫.docx", "text"),
        (TEXT.encode("utf-16"), "計畫.doc", "text"),
        (TEXT.encode(), "計畫.md", "markdown"),
        (b"<!DOCTYPE html><html></html>", "計畫.doc", "html"),
        (b"\xef\xbb\xbf  <html xmlns:o='x'>", "計畫.xls", "html"),
        ("<html><body>甲</body></html>".encode("utf-16"), "計畫.html", "html"),
        (b"<!-- saved from url -->\n<!doctype HTML>", "計畫.txt", "html"),
        (b"<p>1.</p>\ttext", "計畫.txt", "text"),
        (b"From: <Saved by a browser>\nMIME-Version: 1.0\nContent-Type: multipart/related\n\n", "計畫.mht", "mhtml"),
        (b"{\\rtf1\\ansi}", "計畫.doc", "rtf"),
        (b"%PDF-1.7\n", "計畫.docx", "pdf"),
        (packed(word__document="", **{"word/document.xml": "<w/>"}), "計畫.doc", "docx"),
        (packed(**{"xl/workbook.xml": "<w/>"}), "計畫.docx", "xlsx"),
        (packed(mimetype="application/vnd.oasis.opendocument.text"), "計畫.zip", "odt"),
        (packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "計畫.ods", "ods"),
        (OLE + "WordDocument".encode("utf-16-le"), "計畫.docx", "legacy_text"),
        (OLE + "Workbook".encode("utf-16-le"), "計畫.doc", "legacy_sheet"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w/>', "計畫.doc", "legacy_text"),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, name: str, kind: Kind) -> None:
    assert detect_kind(data, name) == kind


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"PK\x03\x04 cut off", "計畫.docx", "不完整或已損毀"),
        (b"\0\1\2\3", "計畫.docx", r"不是 \.docx 應有的格式：檔案不完整或已損毀"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "計畫.docx", "密碼保護.+解除密碼"),
        (OLE, "計畫.ppt", "可能是舊式簡報"),
        (packed(**{"[Content_Types].xml": "", "ppt/presentation.xml": ""}), "簡報.pptx", "可能是簡報"),
        (packed(plan="甲"), "計畫.zip", "壓縮檔.+解壓縮"),
        (b"\x89PNG\r\n", "計畫.png", "圖片.+--ocr"),
    ],
)
def test_what_cannot_be_read_says_what_it_is_and_what_to_do(data: bytes, name: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        detect_kind(data, name)


def test_a_file_under_the_wrong_suffix_is_read_as_what_it_is(tmp_path: Path) -> None:
    word, page = tmp_path / "網頁.html", tmp_path / "文件.docx"
    write_numbered_docx(tuple(LINES), word)
    page.write_text(html_of(tuple(LINES)), encoding="utf-8")
    texts = [[getattr(block, "text", None) for block in read_document(path).blocks] for path in (word, page)]
    assert texts == [LINES, LINES]


def test_an_unknown_suffix_is_no_plan() -> None:
    with pytest.raises(UnsupportedFormatError, match=r"「紀錄\.log」的格式尚未支援"):
        detect_kind(TEXT.encode(), "紀錄.log")
