"""A Word file made plain before pandoc reads it: numbers written out, changes accepted, wrappers taken off.

pandoc knows the tables and the text of a Word file, but of its numbers only 1 a i: Chinese ones, numbered headings
and lists that go on after a table come out wrong. So the numbers are written into the text here, as Word shows them.
Nothing but the text goes on to pandoc: no pictures, no macros, no objects, no links to anything outside.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement, register_namespace, tostring

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from plansearch.errors import ReadError
from plansearch.readers.detection import BROKEN_PACKAGE
from plansearch.readers.list_numbers import BULLET
from plansearch.readers.word_numbering import W, WordNumbering

_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_TRANSITIONAL = W[1:-1].encode()
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_UNWRAPPED = frozenset(
    W + name for name in ("sdt", "sdtContent", "smartTag", "customXml", "ins", "moveTo", "fldSimple")
)
"""Elements that only wrap what counts."""
_DROPPED = frozenset(
    W + name
    for name in (
        "del",
        "moveFrom",
        "drawing",
        "pict",
        "object",
        "sectPr",
        "sdtPr",
        "sdtEndPr",
        "smartTagPr",
        "tblPr",
        "tblHeader",
    )
) | {_COMPATIBILITY + "AlternateContent"}
"""Deleted text, pictures, text boxes, and settings that nothing here needs. Header rows are rows like any other: pandoc
cuts off cells that reach from them into the table."""
_SYMBOLS = {"A3": "□", "A8": "□", "6F": "□", "FE": "☑", "52": "☑", "FC": "✓", "FD": "☒"}
"""Signs of the Wingdings fonts that are no bullets, by the end of their code."""
_MAX_COLUMNS = 63
"""Word's own limit."""
_CONTENTS_STYLE = re.compile(r"toc\s?\d|table of figures|目錄\s?\d?", re.IGNORECASE)
_REPAIR = "檔案不完整或已損毀，請用 Word 開啟後另存新檔。"

register_namespace("w", W[1:-1])  # pandoc looks for elements by this prefix


@dataclass(frozen=True, slots=True)
class PlainWord:
    """A Word file made plain, and the text in it that stands apart from its paragraphs and tables."""

    data: bytes
    boxed: tuple[str, ...]
    """Texts of text boxes."""


def plain_word(data: bytes, name: str) -> PlainWord:
    """Make a Word file plain.

    Raises:
        ReadError: it is broken, or its XML is unsafe.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            main = _main_part(archive)
            folder = posixpath.dirname(main)
            parts = {
                part: _parse(archive, posixpath.join(folder, f"{part}.xml"))
                for part in ("numbering", "styles", "footnotes", "endnotes")
            }
            document = _parse(archive, main)
    except (ParseError, DefusedXmlException) as error:
        raise ReadError(f"「{name}」的內容無法解讀：{_REPAIR}") from error
    except BROKEN_PACKAGE as error:
        raise ReadError(f"「{name}」無法開啟：{_REPAIR}") from error
    if document is None:
        raise ReadError(f"「{name}」裡沒有文件內容：{_REPAIR}")
    try:
        boxed = tuple(_boxed_texts(document))
        _simplify(document, _contents_styles(parts["styles"]))
        _join_deleted_ends(document)
        _fill_rows(document)
        _number(document, WordNumbering(parts["numbering"], parts["styles"]))
        notes = {part: root for part in ("footnotes", "endnotes") if (root := parts[part]) is not None}
        for root in notes.values():
            _simplify(root, frozenset())
            _number(root, WordNumbering(None, None))
        return PlainWord(_packed(document, notes), boxed)
    except RecursionError as error:
        raise ReadError(f"「{name}」的內容層層相套，深得無法讀取。請用 Word 開啟後另存新檔。") from error


def _main_part(archive: zipfile.ZipFile) -> str:
    """The path of the document's text, which some producers call ``word/document2.xml``."""
    links = _parse(archive, "_rels/.rels")
    for link in links.iter(f"{_RELATIONSHIPS}Relationship") if links is not None else ():
        target = link.get("Target", "").lstrip("/")
        if link.get("Type", "").endswith("/officeDocument") and target in archive.namelist():
            return target
    return "word/document.xml"


def _parse(archive: zipfile.ZipFile, path: str) -> Element | None:
    if path not in archive.namelist():
        return None
    text = archive.read(path).replace(_STRICT, _TRANSITIONAL)
    root: Element = defusedxml.ElementTree.fromstring(text, forbid_dtd=True)
    return root


def _boxed_texts(document: Element) -> Iterator[str]:
    """The texts of text boxes, each once: a box is written twice, for newer and for older Word."""
    seen: set[str] = set()
    for box in document.iter(f"{W}txbxContent"):
        text = "".join(run.text or "" for run in box.iter(f"{W}t")).strip()
        if text and text not in seen:
            seen.add(text)
            yield text


def _contents_styles(styles: Element | None) -> frozenset[str]:
    """Ids of the styles of a table of contents, whose lines would be taken for the headings that they name."""
    found = set[str]()
    for style in styles.iter(f"{W}style") if styles is not None else ():
        title = style.find(f"{W}name")
        if title is not None and _CONTENTS_STYLE.fullmatch(title.get(f"{W}val", "")):
            found.add(style.get(f"{W}styleId", ""))
    return frozenset(found)


def _simplify(root: Element, contents: frozenset[str]) -> None:
    """Take off wrappers, accept changes, drop what is no text; in place, from the leaves up."""
    for element in [*root.iter()]:
        if element.tag == f"{W}rPr":
            continue  # what it says of a paragraph's end is needed below
        children: list[Element] = []
        for child in element:
            children.extend(_kept(child, contents))
        element[:] = children


def _kept(child: Element, contents: frozenset[str]) -> list[Element]:
    """What is left of an element: itself, what it wraps, or nothing."""
    if child.tag in _UNWRAPPED and not _is_contents(child):
        return [kept for inner in child for kept in _kept(inner, contents)]
    dropped = (
        child.tag in _UNWRAPPED | _DROPPED
        or (child.tag == f"{W}r" and _is_hidden(child))
        or (child.tag == f"{W}p" and _style_of(child) in contents)
        or (child.tag == f"{W}tr" and child.find(f"{W}trPr/{W}del") is not None)
    )
    return [] if dropped else [child]


def _is_contents(wrapper: Element) -> bool:
    gallery = wrapper.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery")
    return gallery is not None and gallery.get(f"{W}val") == "Table of Contents"


def _is_hidden(run: Element) -> bool:
    hidden = run.find(f"{W}rPr/{W}vanish")
    return hidden is not None and hidden.get(f"{W}val", "1") not in {"0", "false", "off"}


def _style_of(paragraph: Element) -> str:
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    return style.get(f"{W}val", "") if style is not None else ""


def _join_deleted_ends(root: Element) -> None:
    """Where the end of a paragraph was deleted, its text goes on in the next, which keeps its own number."""
    for parent in root.iter():
        kept: list[Element] = []
        for child in reversed(parent):
            following = kept[-1] if kept else None
            ends = child.tag != f"{W}p" or child.find(f"{W}pPr/{W}rPr/{W}del") is None
            if ends or following is None or following.tag != f"{W}p":
                kept.append(child)
                continue
            properties = len(following.findall(f"{W}pPr"))
            following[properties:properties] = [inner for inner in child if inner.tag != f"{W}pPr"]
        if len(kept) != len(parent):
            parent[:] = reversed(kept)


def _fill_rows(root: Element) -> None:
    """Put empty cells where a row begins later than its table, which pandoc does not see."""
    for row in root.iter(f"{W}tr"):
        skipped = row.find(f"{W}trPr/{W}gridBefore")
        count = skipped.get(f"{W}val", "") if skipped is not None else ""
        first = next((place for place, child in enumerate(row) if child.tag == f"{W}tc"), None)
        if first is not None and count.isascii() and count.isdigit():
            for _ in range(min(int(count), _MAX_COLUMNS)):
                cell = Element(f"{W}tc")
                SubElement(cell, f"{W}p")
                row.insert(first, cell)
    for span in root.iter(f"{W}gridSpan"):
        columns = span.get(f"{W}val", "")
        span.set(f"{W}val", str(min(int(columns), _MAX_COLUMNS) if columns.isascii() and columns.isdigit() else 1))


def _number(root: Element, numbering: WordNumbering) -> None:
    """Write each paragraph's number into its text, and take away its properties: none are needed any more."""
    for paragraph in root.iter(f"{W}p"):
        mark = numbering.mark_of(paragraph)
        for properties in paragraph.findall(f"{W}pPr"):
            paragraph.remove(properties)
        for symbol in [*paragraph.iter(f"{W}sym")]:
            sign = _SYMBOLS.get(symbol.get(f"{W}char", "")[-2:].upper(), BULLET)
            symbol.clear()
            symbol.tag, symbol.text = f"{W}t", sign
        if mark and any((text.text or "").strip() for text in paragraph.iter(f"{W}t")):
            run = Element(f"{W}r")
            text = SubElement(run, f"{W}t", {_SPACE: "preserve"})
            text.text = mark
            paragraph.insert(0, run)


_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def _packed(document: Element, notes: dict[str, Element]) -> bytes:
    """A new Word file of nothing but the text and its notes."""
    overrides = f'<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>'
    overrides += "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_WORD_TYPE}.{part}+xml"/>' for part in ("styles", *notes)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/><Default '
            f'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}'
            "</Types>",
        )
        archive.writestr("_rels/.rels", _links({"officeDocument": "word/document.xml"}))
        archive.writestr("word/_rels/document.xml.rels", _links({part: f"{part}.xml" for part in ("styles", *notes)}))
        archive.writestr("word/document.xml", tostring(document, encoding="utf-8"))
        archive.writestr("word/styles.xml", f'<w:styles xmlns:w="{W[1:-1]}"/>')
        for part, root in notes.items():
            archive.writestr(f"word/{part}.xml", tostring(root, encoding="utf-8"))
    return stream.getvalue()


def _links(targets: dict[str, str]) -> str:
    links = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{_RELATIONSHIPS[1:-1]}">{links}</Relationships>'
