"""What a user wrote as a filter, turned into the values that an index has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from plansearch.errors import UnknownFilterValueError
from plansearch.results import Filters
from plansearch.retrieval.asked import Asked
from plansearch.text import fold

SUGGESTIONS: Final = 5
"""How many known values an unknown filter value is answered with."""

LIKENESS: Final = 0.5
"""Least part of the characters asked for that a suggested value has, in their order."""


def resolve_filters(index: Asked, filters: Filters) -> Filters:
    """Replace what a user wrote by the values that the index has.

    Raises:
        UnknownFilterValueError: there is no such value, or a part of a name fits several.
    """

    def resolve(option: str, wanted: Sequence[str], pick: Callable[[str, Sequence[str]], list[str]]) -> tuple[str, ...]:
        known = index.catalog.values(option) if wanted else []
        return tuple(dict.fromkeys(_resolve(option, value, known, pick(value, known)) for value in wanted))

    return Filters(
        agencies=resolve("agency", filters.agencies, _by_part),
        types=resolve("type", filters.types, _by_kind),
        cities=resolve("city", filters.cities, _by_part),
        years=tuple(map(int, resolve("year", [str(year) for year in filters.years], _by_name))),
        requirements=resolve("requirement", filters.requirements, _by_code),
        units=resolve("unit", filters.units, _by_part),
    )


def _resolve(option: str, value: str, known: Sequence[str], picked: Sequence[str]) -> str:
    if len(picked) == 1:
        return picked[0]
    if picked:
        raise UnknownFilterValueError(option, value, picked, ambiguous=True)
    raise UnknownFilterValueError(option, value, _nearest(value, known))


def _by_name(value: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if fold(name) == fold(value.strip())]


def _by_part(value: str, known: Sequence[str]) -> list[str]:
    part = fold(value.strip())
    return _by_name(value, known) or [name for name in known if part and part in fold(name)]


def _by_kind(value: str, known: Sequence[str]) -> list[str]:
    """A part of the kind's name, or a longer name for it: 戶政事務所 is 戶政, 區公所 is 公所."""
    kind = fold(value.strip())
    return _by_part(value, known) or [name for name in known if fold(name) in kind]


def _by_code(value: str, known: Sequence[str]) -> list[str]:
    """The code as the index writes it, or the beginning of codes (``1``, ``A.2``)."""
    code = fold(value.strip()).rstrip(".")
    beginnings = {name[: len(code)] for name in known if fold(f"{name}.").startswith(f"{code}.")}
    return sorted(beginnings) if code else []


def _nearest(value: str, known: Sequence[str]) -> list[str]:
    """Known values like the one asked for, best first; numbers by how far they are."""
    if value.isdecimal() and all(name.isdecimal() for name in known):
        return sorted(known, key=lambda name: (abs(int(name) - int(value)), name))[:SUGGESTIONS]
    from difflib import SequenceMatcher  # noqa: PLC0415  only a wrong filter needs it

    wanted = fold(value.strip())
    if not wanted:
        return list(known[:SUGGESTIONS])

    def alike_to(name: str) -> float:
        # a name is often asked for by a part of it, so what counts is how much of the question it has
        blocks = SequenceMatcher(None, wanted, fold(name), autojunk=False).get_matching_blocks()
        return sum(block.size for block in blocks) / max(len(wanted), 1)

    likeness = {name: alike_to(name) for name in known}
    alike = [name for name in known if likeness[name] >= LIKENESS]
    return sorted(alike, key=lambda name: (-likeness[name], len(name)))[:SUGGESTIONS]
