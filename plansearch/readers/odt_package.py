"""An OpenDocument text made plain before pandoc reads it: numbers written out, lists and frames taken apart.

pandoc knows the tables and the text, but counts each list by itself and writes only 1 a i. So the numbers are
written into the text here, as LibreOffice shows them; see OpenDocument 1.3, part 3, chapters 5.3 and 16.31.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError, tostring

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from plansearch.errors import ReadError
from plansearch.readers.detection import BROKEN_PACKAGE
from plansearch.readers.list_numbers import complete_mark, style_of_sequence, written_bullet, written_number

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _OFFICE = f"{{{_BASE}text:1.0}}", f"{{{_BASE}style:1.0}}", f"{{{_BASE}office:1.0}}"
_DRAW = f"{{{_BASE}drawing:1.0}}"
_TABLE = f"{{{_BASE}table:1.0}}"
_ROW_GROUPS = frozenset(f"{_TABLE}{name}" for name in ("table-header-rows", "table-rows", "table-row-group"))
_EXTENDED = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_DROPPED = frozenset(
    {f"{_OFFICE}{name}" for name in ("annotation", "annotation-end", "forms", "scripts", "event-listeners")}
    | {f"{_TEXT}{name}" for name in ("tracked-changes", "sequence-decls", "ruby-text", "table-of-content")}
    | {f"{_TEXT}{name}" for name in ("illustration-index", "table-index", "alphabetical-index", "user-index")}
)
"""Deleted text, remarks, tables of contents, and what is not text at all; pictures and text boxes go with them."""
_INLINES = frozenset(
    f"{_TEXT}{name}" for name in ("span", "a", "s", "tab", "line-break", "note", "note-citation", "note-body", "list")
)
"""What pandoc reads inside of a paragraph; whatever else has text there (fields, forms) becomes a ``span``."""
_PARAGRAPHS = frozenset({f"{_TEXT}p", f"{_TEXT}h"})
_PLACE = re.compile(r"%(\d{1,2})%")
_REPAIR = "檔案不完整或已損毀，請用 LibreOffice 或 Word 開啟後另存新檔。"
_MIMETYPE = "application/vnd.oasis.opendocument.text"


@dataclass(frozen=True, slots=True)
class PlainText:
    """An OpenDocument text made plain, and the text in it that stands in boxes."""

    data: bytes
    boxed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts, and what it shows."""

    bullet: str | None = None
    style: str = "decimal"
    before: str = ""
    after: str = ""
    pattern: str = ""
    """Such as ``(%1%)``, with every level that is shown; newer LibreOffice writes it."""
    start: int = 1
    shown: int = 1
    """Levels that are shown, this one and those above it."""


@dataclass(slots=True)
class _Count:
    """How far a list has counted, level by level (from 1)."""

    style: str
    numbers: dict[int, int] = field(default_factory=dict)


def plain_text(data: bytes, name: str) -> PlainText:
    """Make an OpenDocument text plain.

    Raises:
        ReadError: it is broken, locked, or its XML is unsafe.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if b"encryption-data" in _part(archive, "META-INF/manifest.xml"):
                raise ReadError(f"「{name}」有密碼保護，無法讀取。請解除密碼後另存新檔。")
            content: Element = defusedxml.ElementTree.fromstring(archive.read("content.xml"), forbid_dtd=True)
            written = _part(archive, "styles.xml")
            styles: Element | None = (
                defusedxml.ElementTree.fromstring(written, forbid_dtd=True) if written.strip() else None
            )
    except (ParseError, DefusedXmlException) as error:
        raise ReadError(f"「{name}」的內容無法解讀：{_REPAIR}") from error
    except BROKEN_PACKAGE as error:
        raise ReadError(f"「{name}」無法開啟：{_REPAIR}") from error
    try:
        boxed = tuple(_boxed_texts(content))
        _drop(content, _hidden_styles(content))
        _take_fields(content)
        _unwrap_rows(content)
        _Numberer(content, styles).number(content)
        return PlainText(_packed(content, written), boxed)
    except RecursionError as error:
        raise ReadError(f"「{name}」的內容層層相套，深得無法讀取。請用 LibreOffice 開啟後另存新檔。") from error


def _part(archive: zipfile.ZipFile, path: str) -> bytes:
    return archive.read(path) if path in archive.namelist() else b""


def _boxed_texts(content: Element) -> Iterator[str]:
    for box in content.iter(f"{_DRAW}text-box"):
        text = "".join("".join(paragraph.itertext()) for paragraph in box.iter(f"{_TEXT}p")).strip()
        if text:
            yield text


def _unwrap_rows(content: Element) -> None:
    """Header rows and groups of rows are rows like any other: pandoc cuts off cells that reach out of them."""
    for table in content.iter(f"{_TABLE}table"):
        while any(child.tag in _ROW_GROUPS for child in table):
            table[:] = [row for child in table for row in (list(child) if child.tag in _ROW_GROUPS else [child])]


def _hidden_styles(content: Element) -> frozenset[str]:
    """Names of the styles whose text is not shown."""
    return frozenset(
        style.get(f"{_STYLE}name", "")
        for style in content.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}text-properties")
        if properties.get(f"{_TEXT}display") == "none"
    )


def _take_fields(content: Element) -> None:
    """Make the fields inside of paragraphs what pandoc reads: their text."""
    for paragraph in [element for element in content.iter() if element.tag in _PARAGRAPHS]:
        for element in paragraph.iter():
            if element.tag not in _INLINES | _PARAGRAPHS and (element.text or len(element)):
                element.tag = f"{_TEXT}span"
                element.attrib.clear()


def _drop(root: Element, hidden: frozenset[str]) -> None:
    """Drop what is no text, and what is not shown, and keep the text that follows it."""
    for parent in [*root.iter()]:
        kept: list[Element] = []
        for child in parent:
            unseen = child.tag == f"{_TEXT}span" and child.get(f"{_TEXT}style-name", "") in hidden
            if child.tag not in _DROPPED and not str(child.tag).startswith(_DRAW) and not unseen:
                kept.append(child)
            elif child.tail and kept:
                kept[-1].tail = (kept[-1].tail or "") + child.tail
            elif child.tail:
                parent.text = (parent.text or "") + child.tail
        if len(kept) != len(parent):
            parent[:] = kept


class _Numberer:
    """Counts through a document, writes each number into its paragraph, and takes the lists apart."""

    def __init__(self, content: Element, styles: Element | None) -> None:
        roots = [root for root in (styles, content) if root is not None]
        self._levels: dict[str, dict[int, _Level]] = {}
        self._lists_of_paragraphs: dict[str, str] = {}
        self._outline: dict[int, _Level] = {}
        for root in roots:
            for listed in root.iter(f"{_TEXT}list-style"):
                self._levels[listed.get(f"{_STYLE}name", "")] = _levels_of(listed)
            for style in root.iter(f"{_STYLE}style"):
                named = style.get(f"{_STYLE}list-style-name")
                if named:
                    self._lists_of_paragraphs[style.get(f"{_STYLE}name", "")] = named
            for outline in root.iter(f"{_TEXT}outline-style"):
                self._outline = _levels_of(outline)
        self._heading_count = _Count("")
        self._by_id: dict[str, _Count] = {}
        self._by_style: dict[str, _Count] = {}

    def number(self, element: Element) -> None:
        """Number all that stands in an element, in place."""
        children: list[Element] = []
        for child in element:
            if child.tag == f"{_TEXT}list":
                children.extend(self._list(child, self._count_of(child), 1))
                continue
            if child.tag == f"{_TEXT}h":
                self._number_heading(child)
            elif child.tag not in _PARAGRAPHS:
                self.number(child)
            children.append(child)
        if len(children) != len(element) or any(one is not other for one, other in zip(children, element, strict=True)):
            element[:] = children

    def _count_of(self, listed: Element) -> _Count:
        """The count that a list goes on with, or a new one."""
        style = listed.get(f"{_TEXT}style-name") or self._style_of_first(listed)
        earlier = self._by_id.get(listed.get(f"{_TEXT}continue-list", ""))
        if earlier is None and listed.get(f"{_TEXT}continue-numbering") == "true":
            earlier = self._by_style.get(style)
        count = earlier if earlier is not None else _Count(style)
        self._by_style[style] = count
        self._by_id[listed.get("{http://www.w3.org/XML/1998/namespace}id", "")] = count
        return count

    def _style_of_first(self, listed: Element) -> str:
        """The list style of the first paragraph in a list that names none itself."""
        first = next((element for element in listed.iter() if element.tag in _PARAGRAPHS), None)
        return self._lists_of_paragraphs.get(first.get(f"{_TEXT}style-name", ""), "") if first is not None else ""

    def _list(self, listed: Element, count: _Count, depth: int) -> Iterator[Element]:
        """The paragraphs of a list, numbered."""
        levels = self._levels.get(listed.get(f"{_TEXT}style-name") or count.style, {})
        for item in listed:
            counted = item.tag != f"{_TEXT}list-item"
            for child in item:
                if child.tag == f"{_TEXT}list":
                    yield from self._list(child, count, depth + 1)
                    continue
                if child.tag in _PARAGRAPHS and not counted:
                    counted = True
                    _write(child, _next(count, levels, depth, item.get(f"{_TEXT}start-value")))
                elif child.tag not in _PARAGRAPHS:
                    self.number(child)
                yield child

    def _number_heading(self, heading: Element) -> None:
        depth = _whole(heading.get(f"{_TEXT}outline-level"), 1)
        if heading.get(f"{_TEXT}is-list-header") != "true" and depth in self._outline:
            _write(heading, _next(self._heading_count, self._outline, depth, None))


def _next(count: _Count, levels: Mapping[int, _Level], depth: int, given: str | None) -> str:
    """Count one on, and give the number to be shown."""
    level = levels.get(depth, _Level(style="none"))
    number = count.numbers.get(depth, level.start - 1) + 1
    count.numbers[depth] = _whole(given, number) if given else number
    for below in [place for place in count.numbers if place > depth]:
        del count.numbers[below]
    if level.bullet is not None:
        return written_bullet(level.bullet)
    if level.style == "none":
        return ""

    def shown(place: int) -> str:
        other = levels.get(place, level)
        return written_number(count.numbers.get(place, other.start), other.style)

    if level.pattern:
        return complete_mark(_PLACE.sub(lambda match: shown(int(match.group(1))), level.pattern))
    places = range(max(depth - level.shown + 1, 1), depth + 1)
    return complete_mark(level.before + ".".join(shown(place) for place in places) + level.after)


def _write(paragraph: Element, mark: str) -> None:
    if mark and "".join(paragraph.itertext()).strip():
        paragraph.text = mark + (paragraph.text or "")


def _levels_of(listed: Element) -> dict[int, _Level]:
    levels: dict[int, _Level] = {}
    for element in listed:
        depth = _whole(element.get(f"{_TEXT}level"), 0)
        if element.tag == f"{_TEXT}list-level-style-bullet":
            levels[depth] = _Level(bullet=element.get(f"{_TEXT}bullet-char", ""))
        elif depth:
            levels[depth] = _Level(
                style=style_of_sequence(element.get(f"{_STYLE}num-format", "")),
                before=element.get(f"{_STYLE}num-prefix", ""),
                after=element.get(f"{_STYLE}num-suffix", ""),
                pattern=element.get(f"{_EXTENDED}num-list-format", ""),
                start=_whole(element.get(f"{_TEXT}start-value"), 1),
                shown=_whole(element.get(f"{_TEXT}display-levels"), 1),
            )
    return levels


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return max(int(text or ""), 0)
    except ValueError:
        return otherwise


def _packed(content: Element, styles: bytes) -> bytes:
    """A new OpenDocument text of nothing but the text and its styles."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mimetype", _MIMETYPE, compress_type=zipfile.ZIP_STORED)
        archive.writestr("content.xml", tostring(content, encoding="utf-8"))
        if styles:
            archive.writestr("styles.xml", styles)
    return stream.getvalue()
