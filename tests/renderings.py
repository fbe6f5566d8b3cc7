"""The truth about the sample plans as paged documents and spreadsheets, in the layouts that people make.

``arrange`` turns a truth into paragraphs and a table, whose cells may be merged; the writers below it put the same
content into files by different producers, so that no reader is tested against one producer's habits alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from layouts import NUMERALS, Truth, titles

from plansearch.types import Plan

CJK_FONT = "Noto Serif CJK TC"
HEADINGS = ("執行要項", "執行重點", "完成期限", "承辦單位")
_OFFICE_SECONDS = 240
"""For all conversions of a test session together."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a plan is set."""

    merged: bool = True
    """Pillars and requirements that several rows share are one tall cell; else they stand in the first row alone."""
    merged_units: bool = False
    """A unit that several rows of one requirement share is one tall cell."""
    one_row_each: bool = False
    """Every requirement is one row, however many rows the truth has for it."""
    shifted: bool = False
    """The first pillar counts making the plan as its (一), so that its other requirements move by one."""
    pillar_rows: bool = False
    """A pillar is a row of its own over the whole width."""
    outline: bool = False
    """No table: one line under the other."""
    repeat_header: bool = True
    landscape: bool = False
    font_size: float = 12
    widths: tuple[float, ...] = (0.18, 0.26, 0.42, 0.14)
    """Of the columns (pillar, requirement, measures, unit), as shares; a deadline column is as wide as the units'."""
    page_numbers: bool = True
    number_column: bool = False
    ruled: bool = True
    """Whether the table is drawn; else white parts its columns."""


@dataclass(frozen=True, slots=True)
class Field:
    """One cell of a table: its paragraphs, and over how many rows and columns it goes."""

    lines: tuple[str, ...]
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; a row lists only the cells that begin in it, as HTML does. The first row is the header."""

    rows: tuple[tuple[Field, ...], ...]
    shares: tuple[float, ...]
    """Width of each column, adding up to 1."""


Blocks = tuple[str | Grid, ...]


def arrange(truth: Truth, layout: Layout) -> Blocks:
    """The plan's title, chapters and table in reading order."""
    blocks: list[str | Grid] = [truth.metadata["title"]]
    for chapter in truth.chapters:
        if chapter.has_table:
            blocks.append(chapter.heading)
            blocks.extend(_outline(truth, layout) if layout.outline else [_grid(truth, layout)])
            continue
        section = chapter.heading.rstrip("：")
        items = [(item.number or "") + item.text for item in truth.items if item.section == section]
        if chapter.inline:
            blocks.append(chapter.heading + "".join((*chapter.text, *items)))
        else:
            blocks.extend((chapter.heading, *chapter.text, *items))
    return tuple(blocks)


def entries_of(truth: Truth, indices: Sequence[int]) -> list[str]:
    """The lines of the measure cell of some rows: sub-headings where they change, and the measures."""
    lines: list[str] = []
    path: list[str] = []
    for item in (item for index in indices for item in truth.items if item.row == index):
        topics = item.topic.split(" > ") if item.topic else []
        lines += [name for depth, name in enumerate(topics) if path[: depth + 1] != topics[: depth + 1]]
        path = topics
        lines.append((item.number or "") + item.text)
    return lines


def _titles(truth: Truth, code: str, layout: Layout) -> tuple[str, str]:
    pillar, requirement = titles(truth, code)
    if layout.shifted and code.startswith(("1.", "A.1.")):
        number, text = requirement[:3], requirement[3:]
        return pillar, f"{number[0]}{NUMERALS[NUMERALS.index(number[1]) + 1]}{number[2]}{text}"
    return pillar, requirement


def _groups(truth: Truth, layout: Layout) -> list[list[int]]:
    """Indices of the truth's rows that make one row of the table."""
    if not layout.one_row_each:
        return [[index] for index in range(len(truth.rows))]
    return [list(group) for _, group in groupby(range(len(truth.rows)), key=lambda index: truth.rows[index].code)]


def _units_of(truth: Truth, indices: Sequence[int]) -> tuple[str, ...]:
    """The unit cell of some rows: one name where all agree, else one beside each measure."""
    rows = [truth.rows[index] for index in indices]
    if len(rows) == 1 or len({row.units for row in rows}) == 1:
        return rows[0].units
    return tuple("、".join(item.units) for index in indices for item in truth.items if item.row == index)


def _deadlines_of(truth: Truth, indices: Sequence[int]) -> tuple[str, ...]:
    rows = [truth.rows[index] for index in indices]
    if len(rows) == 1 or len({row.deadlines for row in rows}) == 1:
        return rows[0].deadlines
    return tuple(item.deadline or "" for index in indices for item in truth.items if item.row == index)


def _grid(truth: Truth, layout: Layout) -> Grid:
    dated = any(row.deadlines for row in truth.rows)
    groups = _groups(truth, layout)
    plans = [_titles(truth, truth.rows[group[0]].code, layout) for group in groups]
    head = [Field((HEADINGS[0],), columns=1 if layout.pillar_rows else 2), Field((HEADINGS[1],))]
    head += [Field((HEADINGS[2],))] if dated else []
    head += [Field((HEADINGS[3],))]
    rows: list[tuple[Field, ...]] = [((Field(("項次",)),) if layout.number_column else ()) + tuple(head)]
    columns = 3 + dated - layout.pillar_rows + layout.number_column + 1
    for place, group in enumerate(groups):
        pillar, requirement = plans[place]
        cells = [Field((str(place + 1),))] if layout.number_column else []
        if (
            layout.pillar_rows
            and pillar != (plans[place - 1][0] if place else "")
            and truth.rows[group[0]].code != "0.1"
        ):
            rows.append((Field((pillar,), columns=columns),))
        heads = [(requirement, 1)] if layout.pillar_rows else [(pillar, 0), (requirement, 1)]
        for text, depth in heads:
            run = _run([plan[: depth + 1] for plan in plans], place)
            if run and (layout.merged or run == 1):
                cells.append(Field((text,), rows=run))
            elif not layout.merged:
                cells.append(Field((text,) if run else ()))
        cells.append(Field(tuple(entries_of(truth, group))))
        cells += [Field(_deadlines_of(truth, group))] if dated else []
        units = [(*plan, *_units_of(truth, each)) for plan, each in zip(plans, groups, strict=True)]
        run = _run(units, place) if layout.merged_units and len(_units_of(truth, group)) == 1 else 1
        cells += [Field(_units_of(truth, group), rows=run)] if run else []
        rows.append(tuple(cells))
    return Grid(tuple(rows), _shares(layout, dated=dated))


def _run(keys: Sequence[object], place: int) -> int:
    """Over how many rows the key that begins at a place goes; 0 inside of a run."""
    if place and keys[place - 1] == keys[place]:
        return 0
    return next((n for n, key in enumerate(keys[place:]) if key != keys[place]), len(keys) - place)


def _shares(layout: Layout, *, dated: bool) -> tuple[float, ...]:
    widths = [*layout.widths[:3], *([layout.widths[3]] if dated else []), layout.widths[3]]
    if layout.pillar_rows:
        widths = widths[1:]
    if layout.number_column:
        widths = [0.06, *widths]
    return tuple(width / sum(widths) for width in widths)


def _outline(truth: Truth, layout: Layout) -> list[str]:
    lines: list[str] = []
    before = ("", "")
    for index, row in enumerate(truth.rows):
        now = _titles(truth, row.code, layout)
        lines += [now[0]] if now[0] != before[0] else []
        lines += [now[1]] if now != before and row.code != "0.1" else []
        before = now
        items = [item for item in truth.items if item.row == index]
        entries = entries_of(truth, [index])
        if len(items) > 1 and (len(row.units) == len(items) or len(row.deadlines) == len(items)):
            # one line for all would not say which is whose
            texts = [(item.number or "") + item.text for item in items]
            for entry in entries:
                item = items[texts.index(entry)] if entry in texts else None
                lines += [entry, *(_fields(item.units, item.deadline) if item else ())]
        else:
            lines += [*entries, *_fields(row.units, "、".join(row.deadlines))]
    return lines


def _fields(units: Sequence[str], deadline: str | None) -> list[str]:
    named = [f"承辦單位：{'、'.join(dict.fromkeys(units))}"] if units else []
    return named + ([f"完成期限：{deadline}"] if deadline else [])


UNSCORED = ("依據", "實施對象", "期程")
"""Sections whose entries are no measures."""
Item = tuple[str | None, str, tuple[str, ...]]


def expected_items(truth: Truth) -> list[Item]:
    """Code, text without spaces and units of every item that the truth names."""
    scored = (item for item in truth.items if not any(word in item.section for word in UNSCORED))
    return [(item.code, "".join(item.text.split()), item.units) for item in scored]


def read_items(plan: Plan) -> list[Item]:
    """The same of the items that were read; where a line was wrapped, nobody knows of a space beside Chinese."""
    scored = (item for item in plan.items if not any(word in (item.section or "") for word in UNSCORED))
    return [(item.code, "".join(item.text.split()), item.units) for item in scored]
