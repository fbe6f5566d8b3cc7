"""pandoc's syntax tree to a document: paragraphs, tables with their spans, list numbers, and what stands apart.

The tree is pandoc-types' JSON: each node has a type ``t`` and content ``c``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plansearch.numbering import leading_mark
from plansearch.readers.list_numbers import BULLET, written_number
from plansearch.types import Cell, Damage, Paragraph, Row, Span, Table

_Node = dict[str, Any]

_WRITTEN_AS = {
    "LowerAlpha": "lowerLetter",
    "UpperAlpha": "upperLetter",
    "LowerRoman": "lowerRoman",
    "UpperRoman": "upperRoman",
}
_DELIMITERS = {"OneParen": ("", ")"), "TwoParens": ("(", ")")}
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\ufffc]")
"""Soft hyphens, joiners, marks of width zero, and the place of an object: nothing that a reader sees."""
_QUOTES = {"SingleQuote": ("‘", "’"), "DoubleQuote": ("“", "”")}
_LINE_BREAK_TAG = re.compile(r"<br\s*/?>|</?(?:p|div|li|ol|ul)\b[^>]*>", re.IGNORECASE)
_TEXT_OF: Mapping[str, Callable[[Any], list[_Node]]] = {
    "Para": lambda content: content,
    "Plain": lambda content: content,
    "Header": lambda content: content[2],
}
_BLOCKS_OF: Mapping[str, Callable[[Any], list[_Node]]] = {
    "BlockQuote": lambda content: content,
    "Div": lambda content: content[1],
    "Figure": lambda content: content[2],
}
_INLINES_OF: Mapping[str, Callable[[Any], list[_Node]]] = {
    **dict.fromkeys(("Emph", "Strong", "Underline", "Superscript", "Subscript", "SmallCaps"), lambda content: content),
    **dict.fromkeys(("Span", "Link", "Cite"), lambda content: content[1]),
}
"""Where pandoc keeps what a node holds."""
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_SHOWN_LENGTH = 40
"""Characters of a note that a report quotes; enough to find it in the file."""


@dataclass(slots=True)
class TreeReader:
    """Reads the blocks of one tree in order, and counts their paragraphs and tables."""

    paragraphs: int = 0
    tables: int = 0
    damage: list[Damage] = field(default_factory=list)
    """Notes and struck-out text, which are no part of the measures beside them."""

    def read(self, blocks: Sequence[_Node]) -> Iterator[Paragraph | Table]:
        """The paragraphs and tables of the file."""
        for piece in self._pieces(blocks):
            if isinstance(piece, _Text):
                span = Span(paragraph=self.paragraphs + 1)
                if piece.text:
                    self.paragraphs += 1
                    yield Paragraph(piece.text, span)
                self._report(piece, span)
            else:
                yield self._table(piece)

    def _pieces(self, blocks: Sequence[_Node]) -> Iterator[_Text | _Node]:
        """Texts and tables, out of whatever holds them."""
        for block in blocks:
            kind, content = block["t"], block.get("c")
            if kind in _TEXT_OF:
                yield _text(_TEXT_OF[kind](content))
            elif kind in _BLOCKS_OF:
                yield from self._pieces(_BLOCKS_OF[kind](content))
            elif kind in {"LineBlock", "CodeBlock"}:
                yield from _lines(block)
            elif kind in {"OrderedList", "BulletList", "DefinitionList"}:
                yield from self._list(block)
            elif kind == "Table":
                yield block

    def _list(self, block: _Node) -> Iterator[_Text | _Node]:
        kind, content = block["t"], block["c"]
        if kind == "OrderedList":
            yield from self._ordered(content)
        elif kind == "BulletList":
            for item in content:
                yield from self._item(item, f"{BULLET} ")
        else:
            for term, definitions in content:
                yield _text(term)
                for definition in definitions:
                    yield from self._pieces(definition)

    def _ordered(self, content: Sequence[Any]) -> Iterator[_Text | _Node]:
        (start, style, delimiter), items = content
        before, after = _DELIMITERS.get(delimiter["t"], ("", "."))
        for number, item in enumerate(items, start):
            written = written_number(number, _WRITTEN_AS.get(style["t"], "decimal"))
            yield from self._item(item, f"{before}{written}{after} ", number)

    def _item(self, item: Sequence[_Node], mark: str, number: int | None = None) -> Iterator[_Text | _Node]:
        """An entry of a list: its number before its first text, unless the text says the same number itself."""
        waiting = mark
        for piece in self._pieces(item):
            if isinstance(piece, _Text) and piece.text and waiting:
                own = leading_mark(piece.text).mark
                said = own is not None and (number is None or own.value == number)
                piece.text = piece.text if said else waiting + piece.text
                waiting = ""
            yield piece

    def _table(self, table: _Node) -> Table:
        _, _, _, head, bodies, foot = table["c"]
        self.tables += 1
        number = self.tables
        rows = [*head[1]]
        for _, _, between, body in bodies:
            rows += [*between, *body]
        rows += foot[1]
        return Table(tuple(self._row(row, Span(table=number, row=place)) for place, row in enumerate(rows, 1)))

    def _row(self, row: Sequence[Any], span: Span) -> Row:
        return Row(tuple(self._cell(cell, span) for cell in row[1]), span)

    def _cell(self, cell: Sequence[Any], span: Span) -> Cell:
        _, _, row_span, column_span, blocks = cell
        content: list[Paragraph | Table] = []
        for piece in self._pieces(blocks):
            if isinstance(piece, _Text):
                if piece.text:
                    content.append(Paragraph(piece.text, span))
                self._report(piece, span)
            else:
                content.append(self._table(piece))
        paragraphs = tuple(part for part in content if isinstance(part, Paragraph))
        nested = len(paragraphs) < len(content)
        return Cell(paragraphs, row_span, column_span, content=tuple(content) if nested else ())

    def _report(self, piece: _Text, span: Span) -> None:
        for note in piece.notes:
            texts = [part.text for part in self._pieces(note) if isinstance(part, _Text) and part.text]
            self.damage.append(apart("註腳", "".join(texts), span))
        if piece.struck:
            self.damage.append(apart("加了刪除線的文字", "".join(piece.struck), span))


def apart(what: str, text: str, span: Span) -> Damage:
    """A remark that a text was seen, but belongs to no measure."""
    shown = text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
    return Damage("text_apart", f"{what}「{shown}」沒有列入措施，引用前請對照原檔。", None, span)


@dataclass(slots=True)
class _Text:
    """The text of one paragraph; a newline stands where its author broke the line."""

    text: str
    notes: list[list[_Node]] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)


def _text(inlines: Sequence[_Node]) -> _Text:
    result = _Text("")
    text = _INVISIBLE.sub("", _inline_text(inlines, result)).replace("\u00a0", " ").replace("\u2011", "-")
    result.text = re.sub(r"[ \t]*\n\s*", "\n", text).strip()
    return result


def _lines(block: _Node) -> Iterator[_Text]:
    """The lines of a block whose line ends count."""
    if block["t"] == "LineBlock":
        yield from (_text(line) for line in block["c"])
    else:
        yield from (_Text(line.strip()) for line in block["c"][1].splitlines())


def _inline_text(inlines: Sequence[_Node], result: _Text) -> str:
    parts: list[str] = []
    for position, inline in enumerate(inlines):
        kind: str = inline["t"]
        content: Any = inline.get("c")
        if kind in _INLINES_OF:
            parts.append(_inline_text(_INLINES_OF[kind](content), result))
        elif kind == "SoftBreak":
            parts.append(_soft_break(inlines, position))
        elif kind == "Quoted":
            opening, closing = _QUOTES[content[0]["t"]]
            parts.append(opening + _inline_text(content[1], result) + closing)
        elif kind == "Note":
            result.notes.append(content)
        elif kind == "Strikeout":
            result.struck.append(_inline_text(content, result))
        else:
            parts.append(_plain(kind, content))
    return "".join(parts)


def _plain(kind: str, content: Any) -> str:  # noqa: ANN401 - as pandoc has it
    """The text of an inline that holds no others; pictures have none."""
    if kind == "Str":
        return str(content)
    if kind in {"Space", "LineBreak"}:
        return " " if kind == "Space" else "\n"
    if kind == "RawInline":
        return "\n" if _LINE_BREAK_TAG.fullmatch(content[1]) else ""
    return str(content[1]) if kind in {"Code", "Math"} else ""


def _soft_break(inlines: Sequence[_Node], position: int) -> str:
    """A line end in the file's own text: nothing between Chinese characters, else a space."""
    before = _edge(inlines[position - 1 : position], -1)
    after = _edge(inlines[position + 1 : position + 2], 0)
    return "" if _CJK.match(before) and _CJK.match(after) else " "


def _edge(inlines: Sequence[_Node], place: int) -> str:
    """The first or last character of an inline, or nothing."""
    text = _inline_text(inlines, _Text("")) if inlines else ""
    return text[place] if text else ""
