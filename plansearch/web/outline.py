"""A plan under its headings, with its damage where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from plansearch.report.catalog_view import RELATIONS
from plansearch.report.plan_view import METHODS
from plansearch.results import IndexedItem
from plansearch.types import Alignment, Damage, PlanItem, Span

NO_SECTION: Final = "計畫內容"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on the page of its plan."""

    number: int
    """From 1, in the plan."""
    found: IndexedItem
    alignment: str
    """How its requirement was matched, where that is not said of the heading."""
    crosswalk: str
    """What it answers in other frameworks."""
    damage: tuple[Damage, ...]
    """What stands at its place."""


@dataclass(slots=True)
class Group:
    """What stands under one requirement."""

    code: str | None
    title: str
    alignment: str
    entries: list[Entry] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)


@dataclass(slots=True)
class Chapter:
    """What stands under one section."""

    title: str
    groups: list[Group] = field(default_factory=list)


def alignment_in_words(alignment: Alignment | None) -> str:
    """How a requirement was matched to a framework's, and how sure that is; nothing where it was not."""
    if alignment is None:
        return ""
    sure = "" if alignment.method in {"text", "person"} else f"，把握 {alignment.confidence:.2f}"
    return f"{METHODS[alignment.method]}{sure}"


def outline_of(
    items: Sequence[IndexedItem], damage: Sequence[Damage], titles: Mapping[str, str]
) -> tuple[Chapter, ...]:
    """A plan's items under sections and requirements, in its order.

    Args:
        items: all of the plan.
        damage: what its source lost or scrambled; requirements that lost all their measures get a heading of their own.
        titles: of the framework's requirements, by code.
    """
    headed = {one.item.code for one in items if one.item.code}
    beside = _beside_items(items, [one for one in damage if one.code is None or not _has(titles, headed, one.code)])
    chapters: list[Chapter] = []
    for section, of_section in groupby(enumerate(items, 1), key=lambda pair: pair[1].item.section):
        chapter = Chapter(section or NO_SECTION)
        for _, group in groupby(of_section, key=lambda pair: _heading(pair[1].item)):
            chapter.groups.append(_group(list(group), beside))
        chapters.append(chapter)
    _put_damage(chapters, damage, titles, headed)
    return tuple(chapters)


def _has(titles: Mapping[str, str], headed: Iterable[str], code: str) -> bool:
    return code in titles or code in headed


def _heading(item: PlanItem) -> tuple[str | None, str | None, str | None]:
    return item.code, item.requirement, item.pillar


def _group(entries: Sequence[tuple[int, IndexedItem]], beside: Mapping[int, Sequence[Damage]]) -> Group:
    first = entries[0][1].item
    parts = [first.code, first.requirement]
    if first.code is None and first.pillar and first.pillar != first.requirement:
        parts = [first.pillar, first.requirement]
    alignment = alignment_in_words(first.alignment)
    group = Group(first.code, " ".join(part for part in parts if part), alignment)
    for number, found in entries:
        own = alignment_in_words(found.item.alignment)
        crosswalk = "、".join(f"{one.code}（{RELATIONS[one.relation]}）" for one in found.item.crosswalk)
        entry = Entry(number, found, "" if own == alignment else own, crosswalk, tuple(beside.get(number, ())))
        group.entries.append(entry)
    return group


def _beside_items(items: Sequence[IndexedItem], damage: Sequence[Damage]) -> dict[int, list[Damage]]:
    """Damage that no requirement claims, by the number of the last item that begins where it is or before."""
    found: dict[int, list[Damage]] = {}
    for one in damage:
        place = _place(one.span)
        before = [number for number, each in enumerate(items, 1) if _begins_by(_place(each.item.span), place)]
        if before:
            found.setdefault(before[-1], []).append(one)
    return found


def _place(span: Span) -> tuple[str, int, int]:
    """Where something begins, as far as its format counts through the file."""
    return span.sheet or "", span.page or 0, span.first_line or (span.row or 0 if span.sheet else 0)


def _begins_by(place: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return place[0] == other[0] and place != ("", 0, 0) and other[1:] != (0, 0) and place[1:] <= other[1:]


def _put_damage(
    chapters: list[Chapter], damage: Sequence[Damage], titles: Mapping[str, str], headed: Iterable[str]
) -> None:
    """Put what a requirement lost beside its heading, which is made where all of it was lost."""
    known = set(headed)
    for one in damage:
        if one.code is None:
            continue
        if one.code not in known and one.code in titles:
            _insert(chapters, Group(one.code, f"{one.code} {titles[one.code]}", ""))
            known.add(one.code)
        group = next((group for chapter in chapters for group in chapter.groups if group.code == one.code), None)
        if group is not None:
            group.damage.append(one)


def _insert(chapters: list[Chapter], lost: Group) -> None:
    """Put a requirement without measures after the last one before it."""
    place = (len(chapters) - 1, len(chapters[-1].groups)) if chapters else None
    first: tuple[int, int] | None = None
    before: tuple[int, int] | None = None
    for number, chapter in enumerate(chapters):
        for position, group in enumerate(chapter.groups):
            if group.code is None:
                continue
            first = first or (number, position)
            if _order(group.code) < _order(lost.code or ""):
                before = (number, position + 1)
    where = before or first or place
    if where is None:
        chapters.append(Chapter(NO_SECTION, [lost]))
    else:
        chapters[where[0]].groups.insert(where[1], lost)


def _order(code: str) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in code.split("."))
