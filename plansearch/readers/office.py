"""Word, OpenDocument, web pages, RTF and Markdown: made plain, read by pandoc, turned into a document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plansearch.errors import ReadError
from plansearch.readers.detection import Kind
from plansearch.readers.odt_package import plain_text
from plansearch.readers.office_tree import TreeReader, apart
from plansearch.readers.pandoc import read_tree
from plansearch.readers.word_package import plain_word
from plansearch.types import Damage, Document, Span

_BOXED = "文字方塊裡的文字"


def read_office(kind: Kind, data: bytes, name: str) -> Document:
    """Read a file of one of the ``OFFICE_KINDS``.

    Raises:
        ReadError: it is broken, or what reads it is not installed.
        LimitError: it takes too long or too much memory.
    """
    return _READERS[kind](data, name)


def _read_word(data: bytes, name: str) -> Document:
    plain = plain_word(data, name)
    boxed = [apart(_BOXED, text, Span()) for text in plain.boxed]
    return _document(read_tree(plain.data, "docx", name), data, name, damage=boxed)


def _read_open_document(data: bytes, name: str) -> Document:
    plain = plain_text(data, name)
    boxed = [apart(_BOXED, text, Span()) for text in plain.boxed]
    return _document(read_tree(plain.data, "odt", name), data, name, damage=boxed)


def _document(
    tree: dict[str, Any], data: bytes, name: str, *, encoding: str | None = None, damage: Sequence[Damage] = ()
) -> Document:
    reader = TreeReader()
    blocks = tuple(reader.read(tree["blocks"]))
    if not blocks:
        raise ReadError(
            f"「{name}」裡沒有文字，可能只有圖片（例如掃描檔）。請改用有文字的原始檔，或存成 PDF 後加 --ocr。"
        )
    found = (*reader.damage, *damage)
    return Document(name, blocks, hashlib.sha256(data).hexdigest(), encoding, found)


_READERS: Mapping[Kind, Callable[[bytes, str], Document]] = {
    "docx": _read_word,
    "odt": _read_open_document,
}
