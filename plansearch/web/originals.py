"""The original text beside its plan: each line, paragraph or row as it was read, and what was made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from plansearch.types import Cell, Damage, Document, Paragraph, PlanItem, Row, Span, Table

PASSAGES_ON_A_PAGE: Final = 2_000
"""Lines and rows of the original on one page; a plan has some hundred."""
_MANY: Final = 2
"""Passages up to which an item's place is exact; of more, those with its words are taken."""
_WORDS: Final = 12
"""Characters by which a passage is known to hold an item's text."""
_WIDEST: Final = 100
_TALLEST: Final = 1_000
_BETWEEN_CELLS: Final = "　"
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a table in the original."""

    texts: tuple[str, ...]
    columns: int = 1
    rows: int = 1
    covered: bool = False
    """Another cell reaches over it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or a row of a table, of the original."""

    number: int
    """From 1, in order."""
    place: str
    """Where it stands, in words."""
    spans: tuple[Span, ...]
    table: int | None
    """Which table it is a row of, counted from 1 over the file."""
    cells: tuple[ShownCell, ...]
    """One for a paragraph."""
    items: tuple[int, ...] = ()
    """Numbers of the plan's items that were read here."""
    damage: tuple[str, ...] = ()
    """Kinds of what was lost or scrambled here."""

    @property
    def text(self) -> str:
        """All its text."""
        return "\n".join(text for cell in self.cells for text in cell.texts)


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it was read."""

    passages: tuple[Passage, ...]
    encoding: str | None

    @classmethod
    def of(cls, document: Document) -> Original:
        """The passages of a document, before it is known what was made of them."""
        made: list[Passage] = []
        tables = 0
        for block in document.blocks:
            if isinstance(block, Paragraph):
                cells = (ShownCell((block.text,)),)
                made.append(Passage(len(made) + 1, block.span.label, (block.span,), None, cells))
                continue
            tables += 1
            for row in block.rows:
                spans = tuple(dict.fromkeys(_spans(row)))
                made.append(Passage(len(made) + 1, row.span.label, spans, tables, _cells(row)))
        return cls(tuple(made), document.encoding)

    def about(self, items: Sequence[PlanItem], damage: Sequence[Damage]) -> Original:
        """The same with what was made of each passage; items are numbered from 1."""
        places = _Places.of(self.passages)
        made: dict[int, list[int]] = {}
        for number, item in enumerate(items, 1):
            for passage in places.find(item.span, item.text):
                made.setdefault(passage, []).append(number)
        lost: dict[int, list[str]] = {}
        for one in damage:
            for passage in places.find(one.span, ""):
                lost.setdefault(passage, []).append(one.kind)
        return replace(
            self,
            passages=tuple(
                replace(
                    passage,
                    items=tuple(made.get(passage.number, ())),
                    damage=tuple(dict.fromkeys(lost.get(passage.number, ()))),
                )
                for passage in self.passages
            ),
        )

    @property
    def parts(self) -> int:
        """How many pages it takes."""
        return max(1, -(-len(self.passages) // PASSAGES_ON_A_PAGE))

    @property
    def begins(self) -> dict[int, int]:
        """In which passage each item begins, as far as that is known."""
        return {item: passage.number for passage in reversed(self.passages) for item in passage.items}

    def part_of(self, item: int | None) -> int:
        """The part, from 1, in which an item begins; the first where it is not known."""
        found = 1 if item is None else self.begins.get(item, 1)
        return (found - 1) // PASSAGES_ON_A_PAGE + 1

    def runs(self, part: int) -> list[tuple[Passage, ...]]:
        """One part, from 1: paragraphs that follow each other, and the rows of one table, together."""
        begin = (part - 1) * PASSAGES_ON_A_PAGE
        shown = self.passages[begin : begin + PASSAGES_ON_A_PAGE]
        return [tuple(run) for _, run in groupby(shown, key=lambda passage: passage.table)]


def _spans(row: Row) -> Iterator[Span]:
    """Every place that a row's items may say they stand at."""
    yield row.span
    for cell in row.cells:
        for paragraph in cell.paragraphs:
            yield paragraph.span
        for part in cell.content:
            if isinstance(part, Paragraph):
                yield part.span
            else:
                for inner in part.rows:
                    yield from _spans(inner)


def _cells(row: Row) -> tuple[ShownCell, ...]:
    """A row's cells; where places that others reach over have cells of their own, those stay, and none is widened."""
    whole = any(cell.merged for cell in row.cells)
    return tuple(
        ShownCell(
            tuple(_texts(cell.content or cell.paragraphs)),
            columns=1 if whole else min(max(cell.column_span, 1), _WIDEST),
            rows=1 if whole else min(max(cell.row_span, 1), _TALLEST),
            covered=cell.merged is not None,
        )
        for cell in row.cells
    )


def _texts(content: Iterable[Paragraph | Table]) -> Iterator[str]:
    """What stands in a cell, line by line; a row of a table inside of it is one."""
    for part in content:
        if isinstance(part, Paragraph):
            yield part.text
            continue
        for row in part.rows:
            yield _BETWEEN_CELLS.join(_inline(cell) for cell in row.cells)


def _inline(cell: Cell) -> str:
    return " ".join(_texts(cell.content or cell.paragraphs))


@dataclass(frozen=True, slots=True)
class _Places:
    """Which passages stand where."""

    lines: Mapping[int, Sequence[int]]
    exact: Mapping[Span, Sequence[int]]
    pages: Mapping[tuple[str | None, int | None, int | None], Sequence[int]]
    texts: Mapping[int, str]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> _Places:
        lines: dict[int, list[int]] = {}
        exact: dict[Span, list[int]] = {}
        pages: dict[tuple[str | None, int | None, int | None], list[int]] = {}
        for passage in passages:
            for span in passage.spans:
                for line in _lines_of(span):
                    lines.setdefault(line, []).append(passage.number)
                exact.setdefault(span, []).append(passage.number)
                pages.setdefault(_page_of(span), []).append(passage.number)
        texts = {passage.number: _compact(passage.text) for passage in passages}
        return cls(lines, exact, pages, texts)

    def find(self, span: Span, text: str) -> list[int]:
        """The passages that a place means; among many, those that hold the text, where any does."""
        if span == Span():
            found: list[int] = []
        elif span.first_line is not None:
            found = [passage for line in _lines_of(span) for passage in self.lines.get(line, ())]
        else:
            found = list(self.exact.get(span, ())) or list(self.pages.get(_page_of(span), ()))
        found = list(dict.fromkeys(found))
        if len(found) > _MANY and text:
            begin = _compact(text)[:_WORDS]
            found = [passage for passage in found if begin and begin in self.texts[passage]] or found
        return found


def _lines_of(span: Span) -> range:
    if span.first_line is None:
        return range(0)
    last = span.first_line if span.last_line is None else span.last_line
    return range(span.first_line, last + 1)


def _page_of(span: Span) -> tuple[str | None, int | None, int | None]:
    return span.sheet, span.page, span.table


def _compact(text: str) -> str:
    return _SPACE.sub("", text)
