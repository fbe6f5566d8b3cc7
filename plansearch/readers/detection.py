"""What a file is: by its content, and by its suffix only where the content leaves it open.

Files are called what people call them: a web page saved as ``.doc``, a ``.docx`` with the bytes of the old format,
a text that somebody renamed. The first bytes tell; the suffix parts plain text from Markdown, and nothing more.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from pathlib import PurePath
from typing import Literal

from plansearch.errors import ReadError, UnsupportedFormatError
from plansearch.readers.decoding import decode

Kind = Literal[
    "text", "markdown", "html", "mhtml", "rtf", "docx", "odt", "pdf", "xlsx", "ods", "legacy_text", "legacy_sheet"
]
"""What a file is. The two ``legacy`` kinds are what only LibreOffice reads."""
OFFICE_KINDS: frozenset[Kind] = frozenset({"markdown", "html", "mhtml", "rtf", "docx", "odt", "legacy_text"})
"""What ``readers.office`` reads."""

SUFFIXES = (
    ".docx",
    ".odt",
    ".pdf",
    ".xlsx",
    ".ods",
    ".html",
    ".htm",
    ".rtf",
    ".md",
    ".doc",
    ".xls",
    ".txt",
)
"""Suffixes of the files that can be read, lower case, as they are told to users; a file's content may say more."""

_TEXT_SUFFIXES = frozenset(
    {"", ".txt", ".text", *SUFFIXES, ".docm", ".dot", ".dotx", ".xlsm", ".xhtml", ".mht", ".mhtml"}
)
"""What a text may be called and still be meant as a plan; others (``.log``, ``.toml``) are something else."""
_BINARY_SUFFIXES = frozenset(
    {".docx", ".docm", ".dotx", ".odt", ".pdf", ".xlsx", ".xlsm", ".ods", ".doc", ".dot", ".xls"}
)
_MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PDF_HEAD = 1024
"""Bytes before which a PDF must say that it is one, by its own standard."""
_BEFORE_TAGS = r"(?:\s|<\?xml[^>]*>|<!--.*?-->)*"
_PAGE = re.compile(rf"{_BEFORE_TAGS}<(?:!doctype\s+html|html|head)\b", re.IGNORECASE | re.DOTALL)
_FRAGMENT = re.compile(
    rf"{_BEFORE_TAGS}<(?:!doctype\s+html|html|head|body|meta|title|table|div|p|h[1-6])\b", re.IGNORECASE | re.DOTALL
)
_HEAD = 4096
"""Characters in which a page says that it is one."""
_MHTML = re.compile(
    rb"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:MIME-Version:|Content-Type:\s*multipart/related)",
    re.IGNORECASE,
)
_WORD_XML = re.compile(rb"<\?mso-application\s+progid=\"(Word|Excel)\.")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_KIND_OF_MEMBER: tuple[tuple[str, Kind], ...] = (
    ("word/document.xml", "docx"),
    ("word/document2.xml", "docx"),  # what Office on the web calls it
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "legacy_sheet"),
)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_KIND_OF_MIMETYPE: tuple[tuple[str, Kind], ...] = (
    (_OPEN_DOCUMENT + "text", "odt"),
    (_OPEN_DOCUMENT + "spreadsheet", "ods"),
    ("application/vnd.sun.xml.writer", "legacy_text"),
    ("application/vnd.sun.xml.calc", "legacy_sheet"),
)
BROKEN_PACKAGE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    LookupError,
    ValueError,
    EOFError,
)
"""What Python raises where a packed file is broken, locked, or packed in a way that it does not know."""
_DAMAGED = "檔案不完整或已損毀，請重新取得原檔，或用原本的程式開啟後另存新檔。"


def detect_kind(data: bytes, name: str) -> Kind:
    """Tell what a file is.

    Args:
        data: its bytes.
        name: what it is called, with its suffix.

    Raises:
        UnsupportedFormatError: no reader knows this kind of file.
        ReadError: it is locked by a password, or broken.
    """
    suffix = PurePath(name).suffix.lower()
    if data.startswith(_ZIP):
        return _kind_of_zip(data, name)
    if data.startswith(_OLE):
        return _kind_of_ole(data, name)
    if b"%PDF-" in data[:_PDF_HEAD]:
        return "pdf"
    if data.lstrip()[:5] == b"{\\rtf":
        return "rtf"
    if data.startswith(_PICTURES):
        raise UnsupportedFormatError(f"「{name}」是圖片，沒有文字可讀。請改用原始檔，或存成 PDF 後加 --ocr。")
    xml = _WORD_XML.search(data[:_HEAD])
    if xml:
        return "legacy_text" if xml.group(1) == b"Word" else "legacy_sheet"
    return _kind_of_text(data, name, suffix)


def _kind_of_text(data: bytes, name: str, suffix: str) -> Kind:
    """Web pages by how they begin; other text by its suffix."""
    if _MHTML.match(data[:_HEAD]):
        return "mhtml"
    page = _FRAGMENT if suffix not in {".txt", *_MARKDOWN_SUFFIXES} else _PAGE  # a text may begin with a tag
    if page.match(_beginning(data)):
        return "html"
    if suffix in _MARKDOWN_SUFFIXES:
        return "markdown"
    if suffix in _BINARY_SUFFIXES:
        _check_is_text(data, name)
    if suffix not in _TEXT_SUFFIXES:
        known = "、".join(SUFFIXES)
        raise UnsupportedFormatError(
            f"「{name}」的格式尚未支援（目前可讀：{known}）。請用原本的程式另存成其中一種，例如 .docx。"
        )
    return "text"


def _check_is_text(data: bytes, name: str) -> None:
    """A text that somebody called ``.docx`` is read as what it is; what is no text is a broken file."""
    try:
        decode(data, name)
    except ReadError as error:
        raise ReadError(f"「{name}」的內容不是 {PurePath(name).suffix} 應有的格式：{_DAMAGED}") from error


def _beginning(data: bytes) -> str:
    """The first characters, as far as they are ASCII: enough for a page's tags in any encoding that pages use."""
    head = data[: 2 * _HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    return head[:_HEAD].decode("utf-8-sig", errors="replace")


def _kind_of_zip(data: bytes, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = frozenset(archive.namelist())
            mimetype = archive.read("mimetype")[:100].decode("ascii", errors="replace") if "mimetype" in members else ""
    except BROKEN_PACKAGE as error:
        raise ReadError(f"「{name}」無法開啟：{_DAMAGED}") from error
    for member, kind in _KIND_OF_MEMBER:
        if member in members:
            return kind
    for begin, kind in _KIND_OF_MIMETYPE:
        if mimetype.startswith(begin):
            return kind
    if "[Content_Types].xml" in members or mimetype:
        raise UnsupportedFormatError(
            f"「{name}」不是文書或試算表（可能是簡報），無法讀取。請另存成 .docx、.odt 或 .pdf 再試。"
        )
    raise UnsupportedFormatError(f"「{name}」是壓縮檔。請先解壓縮，再把裡面的檔案放進資料夾。")


def _kind_of_ole(data: bytes, name: str) -> Kind:
    """Word, Excel or something else by the names of the streams in the old binary container."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise ReadError(f"「{name}」有密碼保護，無法讀取。請在 Word 或 Excel 解除密碼後另存新檔。")
    if has("WordDocument"):
        return "legacy_text"
    if has("Workbook") or has("Book"):
        return "legacy_sheet"
    raise UnsupportedFormatError(
        f"「{name}」不是文書或試算表（可能是舊式簡報，或檔案已損毀），無法讀取。請另存成 .docx 或 .pdf 再試。"
    )
