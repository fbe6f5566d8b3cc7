"""A document that holds several things comes apart: two agencies' plans, a letter before a plan, a form after it.

A new part begins only where two signs agree, since plans name other plans all the time: a title of its own (another
agency or year), and below it a numbering that begins again or a table with a header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from plansearch.numbering import Mark, leading_mark
from plansearch.parsing.columns import fold_header, header_of
from plansearch.parsing.metadata import agency_name, metadata_of
from plansearch.titles import PLAN, compact, kind_of_title
from plansearch.types import Damage, Document, Metadata, Paragraph, Span, Table

_SCORE_WORDS = re.compile(r"配分|得分|評分|自評|分數|評審|複評|初評|權重|佐證")
_MIN_SCORE_WORDS = 2
_MAX_HEADER = 12
"""Characters of a header; more is a sentence that speaks of scores."""
_BEGINS_WITHIN = 8
"""Blocks below a title in which its plan must begin."""
_FORM_BEGINS_WITHIN = 3
_ANNEX = re.compile(r"\s*附(?:件|表|錄)(?:[一二三四五六七八九十]{1,3}|\d{1,2}(?!\d))?\s*[:：、.]?\s*")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a document that is one thing."""

    document: Document
    title: str | None
    """What it is headed with, as far as that made it a part; ``None`` for the first."""
    agency: str | None = None
    """Of the heading, where it is no title but the name of an agency alone."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a part begins, and whose it is."""

    position: int
    title: str | None
    agency: str | None
    year: int | None
    is_plan: bool
    named_alone: bool = False


def divide(document: Document) -> tuple[Part, ...]:
    """Take a document apart; one that is a single thing comes back as it is."""
    starts = _starts(document)
    if len(starts) == 1:
        return (Part(document, None),)
    ends = [*(start.position for start in starts[1:]), len(document.blocks)]
    heads: list[_Start] = []
    contents: list[list[Paragraph | Table]] = []
    for start, end in zip(starts, ends, strict=True):
        blocks = document.blocks[start.position : end]
        if start.title is None and heads:
            contents[max(number for number, head in enumerate(heads) if head.is_plan)].extend(blocks)
        else:
            heads.append(start)
            contents.append(list(blocks))
    damage = _spread_damage(document.damage, [_first_span(content) for content in contents])
    return tuple(
        Part(
            replace(document, blocks=tuple(content), damage=tuple(own)),
            head.title,
            head.agency if head.named_alone else None,
        )
        for head, content, own in zip(heads, contents, damage, strict=True)
    )


def _starts(document: Document) -> list[_Start]:
    """Where parts begin, in order. A start without a title, but the first, goes on with the plan before it."""
    blocks = document.blocks
    starts = [_first_start(document)]
    counted: Mark | None = None
    has_content = False
    for position, block in enumerate(blocks):
        found = _plan_start(blocks, position, starts) if has_content else None
        if found is None and has_content and starts[-1].is_plan:
            found = _form_start(blocks, position)
        if found is not None and found.position > starts[-1].position:
            starts.append(found)
            if found.is_plan:
                counted, has_content = None, False
            continue
        if not starts[-1].is_plan and _resumes(block, counted):
            plan = next(start for start in reversed(starts) if start.is_plan)
            starts.append(replace(plan, position=position, title=None))
        mark = _section_mark(block)
        if mark is not None and starts[-1].is_plan:
            counted = mark
        has_content = has_content or isinstance(block, Table) or _is_numbered(block) or _is_prose(block)
    return starts


def _first_start(document: Document) -> _Start:
    """What the document begins with; whose it is stays open where it begins as something else than a plan."""
    if _is_other_document(document.blocks):
        return _Start(0, None, None, None, is_plan=True)
    metadata = metadata_of(document)
    first = document.blocks[0] if document.blocks else None
    alone = agency_name(first.text) if isinstance(first, Paragraph) and metadata.agency is None else None
    return _Start(0, None, metadata.agency or alone, metadata.year, is_plan=True, named_alone=alone is not None)


def _plan_start(blocks: Sequence[Paragraph | Table], position: int, starts: Sequence[_Start]) -> _Start | None:
    """The start of another plan: a title, or an agency's name alone, and a plan's beginning below it."""
    title = _title_line(blocks[position])
    if title is None or not _begins_below(blocks, position):
        return None
    before = blocks[position - 1] if position else None
    lines = [title]
    if kind_of_title(title.text) == PLAN:
        metadata = _read_title(lines)
        if metadata.agency is None and isinstance(before, Paragraph) and agency_name(before.text):
            lines = [before, title]
            metadata = _read_title(lines)
        start = _Start(position - len(lines) + 1, compact(title.text), metadata.agency, metadata.year, is_plan=True)
    elif (name := agency_name(title.text)) is not None and isinstance(blocks[position], Paragraph):
        start = _Start(position, compact(title.text), name, None, is_plan=True, named_alone=True)
        if not isinstance(blocks[position + 1], Table):
            return None
    else:
        return None
    current = next(start for start in reversed(starts) if start.is_plan)
    return start if _is_another(start, current, is_first=len(starts) == 1, blocks=blocks) else None


def _read_title(lines: Sequence[Paragraph]) -> Metadata:
    return metadata_of(Document("", tuple(lines), ""))


def _is_another(start: _Start, current: _Start, *, is_first: bool, blocks: Sequence[Paragraph | Table]) -> bool:
    """Whether a title names another agency or another year than the plan before it."""
    if start.agency and current.agency:
        other_year = start.year is not None and current.year is not None and start.year != current.year
        return not _same_agency(start.agency, current.agency) or other_year
    if start.agency is None or not is_first:
        return False
    return _is_other_document(blocks)


def _same_agency(first: str, second: str) -> bool:
    """Whether two names are one agency's, in full and without its city."""
    return first.endswith(second) or second.endswith(first)


def _is_other_document(blocks: Sequence[Paragraph | Table]) -> bool:
    """Whether a document begins as something else than a plan: a letter, minutes."""
    head = [block.text for block in blocks[:4] if isinstance(block, Paragraph)]
    kinds = [kind for text in head if (kind := kind_of_title(text)) is not None]
    return bool(kinds) and PLAN not in kinds


def _form_start(blocks: Sequence[Paragraph | Table], position: int) -> _Start | None:
    """The start of a form: a title that says so above a table of scores, or such a table alone."""
    block = blocks[position]
    if isinstance(block, Table):
        return _Start(position, "評核表", None, None, is_plan=False) if _is_score_table(block) else None
    title = compact(_ANNEX.sub("", block.text, count=1))
    if kind_of_title(title) in {None, PLAN}:
        return None
    below = blocks[position + 1 : position + 1 + _FORM_BEGINS_WITHIN]
    if any(isinstance(other, Table) and _is_score_table(other) for other in below):
        return _Start(position, title, None, None, is_plan=False)
    return None


def _is_score_table(table: Table) -> bool:
    words = [fold_header(cell.text) for row in table.rows[:2] for cell in row.cells]
    return sum(len(word) <= _MAX_HEADER and _SCORE_WORDS.search(word) is not None for word in words) >= _MIN_SCORE_WORDS


def _title_line(block: Paragraph | Table) -> Paragraph | None:
    """A paragraph without a number, or the only cell of a table's first row."""
    if isinstance(block, Paragraph):
        return block if leading_mark(block.text).mark is None else None
    filled = [cell for cell in block.rows[0].cells if cell.paragraphs] if block.rows else []
    return filled[0].paragraphs[0] if len(filled) == 1 and len(block.rows) > 1 else None


def _begins_below(blocks: Sequence[Paragraph | Table], position: int) -> bool:
    """Whether a numbering begins with 1, or a table has a header, soon below; sections going on are none of it."""
    block = blocks[position]
    if isinstance(block, Table):
        return any(header_of(row) is not None for row in block.rows[1:4])
    for other in blocks[position + 1 : position + 1 + _BEGINS_WITHIN]:
        if isinstance(other, Table):
            return any(header_of(row) is not None for row in other.rows[:3])
        mark = leading_mark(other.text).mark
        if mark is not None and mark.style in {"section", "cjk"}:
            return mark.value == 1
    return False


def _section_mark(block: Paragraph | Table) -> Mark | None:
    if isinstance(block, Table):
        return None
    mark = leading_mark(block.text).mark
    return mark if mark is not None and mark.style == "section" else None


def _resumes(block: Paragraph | Table, counted: Mark | None) -> bool:
    """Whether a section goes on with the plan's own numbering."""
    mark = _section_mark(block)
    return mark is not None and counted is not None and mark.value == counted.value + 1


def _is_numbered(block: Paragraph | Table) -> bool:
    return isinstance(block, Paragraph) and leading_mark(block.text).mark is not None


def _is_prose(block: Paragraph | Table) -> bool:
    return isinstance(block, Paragraph) and "。" in block.text


def _first_span(blocks: Sequence[Paragraph | Table]) -> Span:
    first = blocks[0]
    return first.span if isinstance(first, Paragraph) else first.rows[0].span if first.rows else Span()


def _spread_damage(damage: Sequence[Damage], begins: Sequence[Span]) -> list[list[Damage]]:
    """What the reader saw goes to the part in which it stands, by line or page."""
    spread: list[list[Damage]] = [[] for _ in begins]
    for one in damage:
        place = _place(one.span)
        inside = [number for number, begin in enumerate(begins) if _place(begin) <= place]
        spread[inside[-1] if inside else 0].append(one)
    return spread


def _place(span: Span) -> tuple[int, int]:
    return (span.page or 0, span.first_line or 0)
