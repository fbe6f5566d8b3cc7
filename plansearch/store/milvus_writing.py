"""Writes a generation into Milvus: only what differs from the one before, and nothing twice.

What is there already tells how far a build had come. So a build that died needs no record of its own to go on: the next
one finds the items that were written, leaves them, and writes the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from plansearch.store.milvus import Milvus, Row
from plansearch.store.milvus_rows import UNUSED, ItemToWrite, plan_row
from plansearch.store.milvus_schema import (
    FOREVER,
    PLAN_FIELDS,
    WORD_FIELDS,
    Collections,
    any_of,
    item_fields,
    seen_by,
)
from plansearch.store.moments import Moments
from plansearch.types import FloatMatrix, Plan

BATCH: Final = 500
"""Items written at once, about 3 MB; Milvus takes 64 MB."""

_TIMES: Final = ("since", "until", "plan")


@dataclass(frozen=True, slots=True)
class Passages:
    """What some items are found by."""

    tokens: Sequence[Sequence[str]]
    vectors: FloatMatrix
    same: Sequence[int]
    """A number for each, equal for items that say the same."""


@dataclass(frozen=True, slots=True)
class PlanToWrite:
    """A plan with its items."""

    plan: Plan
    key: str
    items: Sequence[ItemToWrite]


@dataclass(slots=True)
class Difference:
    """How a generation differs from the one before."""

    moments: Moments
    tokens: int
    items: Counter[str] = field(default_factory=Counter)
    """How many more or fewer items each word has, by the word's key."""
    written: int = 0
    """Items that were written by this build, not by the dead one before."""


class GenerationWriter:
    """Writes for one generation, which nobody sees yet.

    Args:
        milvus: where.
        collections: in which.
        generation: the new one.
        read: gives tokens and vectors of items.
        keep: called now and then.
        after_death: whether a build of this generation died, and may have left something of any plan.
    """

    def __init__(
        self,
        milvus: Milvus,
        collections: Collections,
        generation: int,
        *,
        read: Callable[[Sequence[ItemToWrite]], Passages],
        keep: Callable[[], None],
        after_death: bool,
    ) -> None:
        self._milvus = milvus
        self._names = collections
        self._generation = generation
        self._read = read
        self._keep = keep
        self._after_death = after_death
        self._before: frozenset[str] = frozenset()

    def make_collections(self, dimension: int) -> None:
        """Make what is missing."""
        self._milvus.create(self._names.items, item_fields(dimension))
        self._milvus.create(self._names.plans, PLAN_FIELDS)
        self._milvus.create(self._names.words, WORD_FIELDS)

    def plans_before(self) -> dict[str, str]:
        """The keys of the plans that the generation before has, by their names."""
        rows = self._milvus.all_rows(self._names.plans, seen_by(self._generation - 1), ["plan"])
        keys = {row["plan"]: row["key"] for row in rows}
        self._before = frozenset(keys)
        return keys

    def plans_left(self) -> set[str]:
        """Plans of which a build that died had written or ended items."""
        left = f"since == {self._generation} or until == {self._generation}"
        names = (self._names.items, self._names.plans)
        return {row["plan"] for name in names for row in self._milvus.all_rows(name, left, ["plan"])}

    def write_plans(self, plans: Sequence[PlanToWrite], removed: Sequence[str], difference: Difference) -> None:
        """Write plans that are new or changed or may be half written, and end those that are gone."""
        for some in _batches(plans):
            self._write_batch(some, [one.plan.name for one in some], difference)
        for start in range(0, len(removed), BATCH):
            self._write_batch([], removed[start : start + BATCH], difference)

    def write_words(self, difference: Difference) -> None:
        """Bring up to date in how many items the words stand."""
        changed = sorted(key for key, more in difference.items.items() if more)
        for start in range(0, len(changed), BATCH * 2):
            self._keep()
            some = changed[start : start + BATCH * 2]
            before = {row["key"]: self._items_before(row) for row in self._words(some)}
            rows = [self._word(key, before.get(key, 0), difference.items[key]) for key in some]
            self._milvus.upsert(self._names.words, rows)
        if self._after_death:
            self._put_words_back(frozenset(changed))

    def flush(self) -> None:
        """Wait until all is on the disk and indexed."""
        for name in (self._names.items, self._names.plans, self._names.words):
            self._milvus.flush(name)

    def count(self, generation: int) -> int:
        """How many items a generation sees."""
        return self._milvus.count(self._names.items, seen_by(generation))

    def remove_ended(self) -> None:
        """Remove what the generation before this one does not see either."""
        for name in (self._names.items, self._names.plans):
            self._milvus.delete(name, f"until < {self._generation}")

    def _write_batch(self, plans: Sequence[PlanToWrite], names: Sequence[str], difference: Difference) -> None:
        self._keep()
        items = {item.key: item for one in plans for item in one.items}
        there = self._there(self._names.items, names)
        before = {key for key, row in there.items() if self._was_seen(row)}
        self._add([item for key, item in items.items() if key not in before], there, difference)
        self._end(sorted(before - items.keys()), there, difference)
        # those that the dead build had ended, and that are wanted after all
        self._put_until(self._names.items, [key for key in sorted(before & items.keys()) if _ends(there[key])], FOREVER)
        self._remove(self._names.items, [key for key in there.keys() - items.keys() if self._is_new(there[key])])
        self._write_plan_rows({one.key: one.plan for one in plans}, names)

    def _there(self, name: str, plans: Sequence[str]) -> dict[str, Row]:
        """What is there of some plans, seen or not, by key; nothing is asked where nothing can be there."""
        if not self._after_death and self._before.isdisjoint(plans):
            return {}
        return {row["key"]: row for row in self._milvus.all_rows(name, any_of("plan", plans), _TIMES)}

    def _add(self, items: Sequence[ItemToWrite], there: Mapping[str, Row], difference: Difference) -> None:
        for start in range(0, len(items), BATCH):
            some = items[start : start + BATCH]
            read = self._read(some)
            self._keep()
            rows = [
                item.row(self._generation, tokens, vector, same)
                for item, tokens, vector, same in zip(some, read.tokens, read.vectors, read.same, strict=True)
            ]
            missing = [row for row in rows if row["key"] not in there or not self._is_new(there[row["key"]])]
            self._milvus.upsert(self._names.items, missing)
            difference.written += len(missing)
            for row in rows:
                difference.items.update(map(str, row["words"]))
            difference.tokens += sum(map(len, read.tokens))
            difference.moments = difference.moments.with_vectors(read.vectors)

    def _end(self, keys: Sequence[str], there: Mapping[str, Row], difference: Difference) -> None:
        for start in range(0, len(keys), BATCH):
            some = keys[start : start + BATCH]
            rows = self._milvus.get(self._names.items, some, ["tokens", "words", "vector"])
            for row in rows:
                difference.items.subtract(map(str, row["words"]))
            difference.tokens -= sum(row["tokens"] for row in rows)
            difference.moments = difference.moments.without(np.asarray([row["vector"] for row in rows], np.float32))
            self._put_until(self._names.items, [key for key in some if not _ends(there[key])], self._generation)

    def _put_until(self, name: str, keys: Sequence[str], until: int) -> None:
        for start in range(0, len(keys), BATCH):
            rows = self._milvus.get(name, keys[start : start + BATCH], ["*"])
            self._milvus.upsert(name, [{**_plain(row), "until": until} for row in rows])

    def _remove(self, name: str, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), BATCH):
            self._milvus.delete(name, any_of("key", sorted(keys)[start : start + BATCH]))

    def _write_plan_rows(self, plans: Mapping[str, Plan], names: Sequence[str]) -> None:
        """Written after the items: a plan that is there is whole."""
        there = self._there(self._names.plans, names)
        before = {key for key, row in there.items() if self._was_seen(row)}
        self._milvus.upsert(
            self._names.plans,
            [plan_row(plan, key, self._generation) for key, plan in plans.items() if key not in before],
        )
        gone = [key for key in sorted(before - plans.keys()) if not _ends(there[key])]
        self._put_until(self._names.plans, gone, self._generation)
        back = [key for key in sorted(before & plans.keys()) if _ends(there[key])]
        self._put_until(self._names.plans, back, FOREVER)
        self._remove(self._names.plans, [key for key in there.keys() - plans.keys() if self._is_new(there[key])])

    def _words(self, keys: Sequence[str]) -> list[Row]:
        return self._milvus.get(self._names.words, keys, ["since", "items", "items_before"])

    def _items_before(self, row: Row) -> int:
        return int(row["items_before"] if row["since"] == self._generation else row["items"])

    def _word(self, key: str, before: int, more: int) -> Row:
        return {"key": key, "since": self._generation, "items": before + more, "items_before": before, **UNUSED}

    def _put_words_back(self, changed: frozenset[str]) -> None:
        """What the dead build counted of items that are not wanted any more."""
        left = self._milvus.all_rows(
            self._names.words, f"since == {self._generation}", ["since", "items", "items_before"]
        )
        rows = [self._word(row["key"], row["items_before"], 0) for row in left if row["key"] not in changed]
        for start in range(0, len(rows), BATCH * 2):
            self._milvus.upsert(self._names.words, rows[start : start + BATCH * 2])

    def _was_seen(self, row: Row) -> bool:
        return bool(row["since"] < self._generation <= row["until"])

    def _is_new(self, row: Row) -> bool:
        return bool(row["since"] == self._generation)


def _ends(row: Row) -> bool:
    return bool(row["until"] != FOREVER)


def _plain(row: Row) -> dict[str, Any]:
    """An entity as it can be written again."""
    return {name: list(value) if name in {"vector", "unused"} else value for name, value in row.items()}


def _batches(plans: Iterable[PlanToWrite]) -> Iterator[list[PlanToWrite]]:
    """Plans together that have about `BATCH` items; a plan is never divided."""
    some: list[PlanToWrite] = []
    size = 0
    for one in plans:
        if some and size + len(one.items) > BATCH:
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.items)
    if some:
        yield some
