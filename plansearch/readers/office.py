"""Word, OpenDocument, web pages, RTF and Markdown: made plain, read by pandoc, turned into a document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plansearch.errors import ReadError
from plansearch.limits import DEFAULT_LIMITS
from plansearch.readers.decoding import decode
from plansearch.readers.detection import Kind
from plansearch.readers.legacy import modernise
from plansearch.readers.odt_package import plain_text
from plansearch.readers.office_tree import TreeReader, apart
from plansearch.readers.pandoc import convert, read_tree
from plansearch.readers.rtf import has_nested_tables, merge_cells, plain_rtf
from plansearch.readers.webpage import page_of_archive, plain_page
from plansearch.readers.word_package import plain_word
from plansearch.types import Damage, Document, Span

_MARKDOWN = (
    "markdown-smart-tex_math_dollars-raw_tex-citations-example_lists-subscript-superscript"
    "+east_asian_line_breaks+lists_without_preceding_blankline"
)
"""Pandoc's Markdown without what plain notes in Chinese do not mean by ``$``, ``@``, ``~`` and ``^``."""
_BOXED = "文字方塊裡的文字"


def read_office(kind: Kind, data: bytes, name: str, timeout: float = DEFAULT_LIMITS.timeout) -> Document:
    """Read a file of one of the ``OFFICE_KINDS``; what reads it may take ``timeout`` seconds.

    Raises:
        ReadError: it is broken, or what reads it is not installed.
        LimitError: it takes too long or too much memory.
    """
    return _READERS[kind](data, name, timeout)


def _read_word(data: bytes, name: str, timeout: float) -> Document:
    plain = plain_word(data, name)
    boxed = [apart(_BOXED, text, Span()) for text in plain.boxed]
    return _document(read_tree(plain.data, "docx", name, timeout), data, name, damage=boxed)


def _read_open_document(data: bytes, name: str, timeout: float) -> Document:
    plain = plain_text(data, name)
    boxed = [apart(_BOXED, text, Span()) for text in plain.boxed]
    return _document(read_tree(plain.data, "odt", name, timeout), data, name, damage=boxed)


def _read_page(data: bytes, name: str, timeout: float) -> Document:
    page = plain_page(data, name)
    return _document(read_tree(page.html, "html", name, timeout), data, name, encoding=page.encoding)


def _read_archived_page(data: bytes, name: str, timeout: float) -> Document:
    page = plain_page(page_of_archive(data, name), name)
    return _document(read_tree(page.html, "html", name, timeout), data, name, encoding=page.encoding)


def _read_rtf(data: bytes, name: str, timeout: float) -> Document:
    if has_nested_tables(data):
        return _read_legacy(data, name, timeout)
    tree = read_tree(plain_rtf(data), "rtf", name, timeout)
    merge_cells(tree, data)
    return _document(tree, data, name)


def _read_legacy(data: bytes, name: str, timeout: float) -> Document:
    read = _read_word(modernise(data, name, "docx", timeout), name, timeout)
    return replace(read, sha256=hashlib.sha256(data).hexdigest())


def _read_markdown(data: bytes, name: str, timeout: float) -> Document:
    """Read Markdown. Tables may stand in it as HTML, which pandoc reads only where all of it is HTML."""
    decoded = decode(data, name)
    tree = read_tree(decoded.text.lstrip("\ufeff").encode(), _MARKDOWN, name, timeout)
    if any(block["t"] == "RawBlock" and "<table" in block["c"][1].lower() for block in tree["blocks"]):
        html = convert(decoded.text.lstrip("\ufeff").encode(), _MARKDOWN, "html", name, timeout)
        tree = read_tree(html, "html", name, timeout)
    return _document(tree, data, name, encoding=decoded.encoding)


def _document(
    tree: dict[str, Any], data: bytes, name: str, *, encoding: str | None = None, damage: Sequence[Damage] = ()
) -> Document:
    reader = TreeReader()
    title = tree["meta"].get("title", {})
    head = [{"t": "Para", "c": title["c"]}] if title.get("t") == "MetaInlines" else []
    blocks = tuple(reader.read([*head, *tree["blocks"]]))
    if not blocks:
        raise ReadError(
            f"「{name}」裡沒有文字，可能只有圖片（例如掃描檔）。請改用有文字的原始檔，或存成 PDF 後加 --ocr。"
        )
    found = (*reader.damage, *damage)
    return Document(name, blocks, hashlib.sha256(data).hexdigest(), encoding, found)


_READERS: Mapping[Kind, Callable[[bytes, str, float], Document]] = {
    "docx": _read_word,
    "odt": _read_open_document,
    "html": _read_page,
    "mhtml": _read_archived_page,
    "rtf": _read_rtf,
    "markdown": _read_markdown,
    "legacy_text": _read_legacy,
}
