"""What filters and folding ask of items, as mapped columns: whose they are, what they answer, which say the same.

A filter over a million items is a few additions over these columns; the same question to SQLite takes a second.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.results import Filters
from plansearch.store.mapping import mapped
from plansearch.types import Plan

FACET_FILES: Final = ("item_plans.npy", "item_flags.npy", "item_keys.npy", "facet_starts.npy", "facet_members.npy")
FACET_NAMES: Final = "facets.json"

PLAN_FACETS: Final = ("agency", "type", "city", "year")
ITEM_FACETS: Final = ("requirement", "unit")

MEASURE: Final = 1
RESTATING: Final = 2
"""Bits of an item's flags: it is a measure; it only says its requirement again."""

Mask = npt.NDArray[np.bool_]
"""One truth for each item, ``(n_items,)``."""


@dataclass(frozen=True)
class Facets:
    """Reads what `write_facets` wrote; arrays are mapped, not read."""

    plans: npt.NDArray[np.int32]
    """Number of each item's plan, ascending, ``(n_items,)``."""
    keys: npt.NDArray[np.int64]
    """Equal for items that say the same, ``(n_items,)``."""
    _flags: npt.NDArray[np.uint8]
    _starts: npt.NDArray[np.int64]
    _members: npt.NDArray[np.int32]
    _directory: Path

    @classmethod
    def open(cls, directory: Path) -> Facets:
        """Open the columns of a generation.

        Raises:
            IndexBrokenError: one is missing or doesn't fit the others.
        """
        try:
            plans, flags, keys, starts, members = (mapped(directory / name) for name in FACET_FILES)
        except (OSError, EOFError, ValueError) as error:
            raise _broken(directory, str(error)) from error
        kinds = [(one.ndim, one.dtype.str) for one in (plans, flags, keys, starts, members)]
        expected = [(1, np.dtype(kind).str) for kind in (np.int32, np.uint8, np.int64, np.int64, np.int32)]
        if kinds != expected or not len(plans) == len(flags) == len(keys):
            raise _broken(directory, "columns")
        if not len(starts) or starts[0] != 0 or starts[-1] != len(members) or np.any(starts[1:] < starts[:-1]):
            raise _broken(directory, "members")
        if len(plans) and (plans[0] < 0 or np.any(plans[1:] < plans[:-1])):
            raise _broken(directory, "plans")
        return cls(plans, keys, flags, starts, members, directory)

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.plans)

    @cached_property
    def restating(self) -> Mask:
        """Which items only say their requirement again."""
        return (self._flags & RESTATING) > 0

    def values(self, facet: str) -> Sequence[str]:
        """All values that items or their plans have, sorted; years are written as numbers."""
        return self._names[facet]

    def allowed(self, filters: Filters) -> Mask:
        """Which measures pass all filters.

        Values are compared as they are; a requirement also stands for the codes under it.
        """
        allowed = (self._flags & MEASURE) > 0
        asked = zip(
            PLAN_FACETS, (filters.agencies, filters.types, filters.cities, map(str, filters.years)), strict=True
        )
        of_plans = [self._plans_with(facet, wanted) for facet, values in asked if (wanted := list(values))]
        if of_plans:
            allowed &= np.logical_and.reduce(of_plans)[self.plans]
        if filters.requirements:
            allowed &= self._items_with("requirement", self._codes_under(filters.requirements))
        if filters.units:
            allowed &= self._items_with("unit", filters.units)
        return allowed

    def counts(self, facet: str, positions: npt.NDArray[np.int64]) -> dict[str, int]:
        """How many of some items each value of a facet has; values that none has are left out."""
        of_plan = facet in PLAN_FACETS
        n_plans = int(self.plans[-1]) + 1 if self.n_items else 0
        counted = np.zeros(n_plans if of_plan else self.n_items, dtype=np.int64)
        if of_plan:
            counted += np.bincount(self.plans[positions], minlength=n_plans)
        else:
            counted[positions] = 1
        names, first = self._names[facet], self._first[facet]
        starts = self._starts[first : first + len(names) + 1]
        members = self._members[starts[0] : starts[-1]]
        # plans without an item stand behind all that have one
        known = np.where(members < len(counted), counted[np.minimum(members, len(counted) - 1)], 0)
        before = np.concatenate([[0], np.cumsum(known)])
        totals = before[starts[1:] - starts[0]] - before[starts[:-1] - starts[0]]
        return {name: int(total) for name, total in zip(names, totals.tolist(), strict=True) if total}

    def _plans_with(self, facet: str, wanted: Iterable[str]) -> Mask:
        n_plans = int(self.plans[-1]) + 1 if self.n_items else 0
        return self._having(facet, wanted, n_plans)

    def _items_with(self, facet: str, wanted: Iterable[str]) -> Mask:
        return self._having(facet, wanted, self.n_items)

    def _having(self, facet: str, wanted: Iterable[str], n_members: int) -> Mask:
        having = np.zeros(n_members, dtype=np.bool_)
        for value in wanted:
            number = self._number(facet, value)
            if number is not None:
                members = self._members[self._starts[number] : self._starts[number + 1]]
                if len(members) and (members[0] < 0 or np.any(members[1:] <= members[:-1])):
                    raise _broken(self._directory, "members")
                # plans without an item stand behind all that have one
                having[members[members < n_members]] = True
        return having

    def _number(self, facet: str, value: str) -> int | None:
        names = self._names[facet]
        place = bisect_left(names, value)
        return self._first[facet] + place if place < len(names) and names[place] == value else None

    def _codes_under(self, wanted: Sequence[str]) -> list[str]:
        """The codes that stand under any of some requirements or pillars, themselves too."""
        return [
            code
            for code in self._names["requirement"]
            if any(code == above or code.startswith(f"{above}.") for above in wanted)
        ]

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        try:
            names: Any = json.loads((self._directory / FACET_NAMES).read_text(encoding="utf-8"))
            known = {facet: [str(value) for value in names[facet]] for facet in (*PLAN_FACETS, *ITEM_FACETS)}
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _broken(self._directory, str(error)) from error
        if sum(map(len, known.values())) != len(self._starts) - 1:
            raise _broken(self._directory, "names")
        return known

    @cached_property
    def _first(self) -> Mapping[str, int]:
        """The number of the first value of each facet."""
        first, number = {}, 0
        for facet, values in self._names.items():
            first[facet] = number
            number += len(values)
        return first


def write_facets(
    directory: Path, plans: Sequence[Plan], *, restating: Iterable[int] = (), keys: Sequence[int] | None = None
) -> None:
    """Write the columns of all items of some plans, in order.

    Args:
        directory: a folder that has none yet.
        plans: in the order of their positions.
        restating: positions of items that only say their requirement again.
        keys: a number for each item, equal for items that say the same; by default no two do.
    """
    counts = [len(plan.items) for plan in plans]
    items = [item for plan in plans for item in plan.items]
    flags = np.fromiter((MEASURE * item.is_measure for item in items), dtype=np.uint8, count=len(items))
    flags[sorted(restating)] |= RESTATING
    holders: dict[str, dict[str, list[int]]] = {facet: {} for facet in (*PLAN_FACETS, *ITEM_FACETS)}
    for number, plan in enumerate(plans):
        about = plan.metadata
        for facet, value in zip(PLAN_FACETS, (about.agency, about.agency_type, about.city, about.year), strict=True):
            if value is not None:
                holders[facet].setdefault(str(value), []).append(number)
    for position, item in enumerate(items):
        codes = ([item.code] if item.code is not None else []) + [match.code for match in item.crosswalk]
        for facet, values in (("requirement", codes), ("unit", item.units)):
            for value in dict.fromkeys(values):
                holders[facet].setdefault(value, []).append(position)
    names = {facet: sorted(values) for facet, values in holders.items()}
    members = [holders[facet][value] for facet, values in names.items() for value in values]
    columns: tuple[npt.NDArray[Any], ...] = (
        np.repeat(np.arange(len(plans), dtype=np.int32), counts),
        flags,
        np.arange(len(items), dtype=np.int64) if keys is None else np.asarray(keys, dtype=np.int64),
        np.concatenate([[0], np.cumsum([len(some) for some in members], dtype=np.int64)]).astype(np.int64),
        np.fromiter((member for some in members for member in some), dtype=np.int32),
    )
    for name, column in zip(FACET_FILES, columns, strict=True):
        np.save(directory / name, column, allow_pickle=False)
    (directory / FACET_NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")


def _broken(directory: Path, what: str) -> IndexBrokenError:
    return IndexBrokenError(f"索引的篩選檔無法讀取：{directory}（{what}）。請重新執行 plansearch index 建立索引。")
