"""All pairs of some items that are the same measure, of few and of very many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.matching.candidates import are_few, pairs_worth_a_look, partners_of_each
from plansearch.matching.pairing import SAME_THRESHOLD, Likeness, Matcher
from plansearch.matching.twins import Twins, Wanted
from plansearch.matching.words import Rows
from plansearch.types import Progress

_BLOCK: Final = 500
"""Rows that are compared with all others at once, where these are a few thousand."""

_CELLS: Final = _BLOCK * 4000
"""Pairs that are compared at once, some tens of megabytes."""

EVERYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a matcher's rows, ``first`` below ``second``, in order; with how alike they are."""

    first: Rows
    second: Rows
    likeness: Likeness
    stands_for: Rows
    """Of each pair how many others of the same two texts are as alike and not listed."""
    crowded: int = 0
    """Items that have more near ones than were looked at, so that pairs of theirs are missing."""

    def __len__(self) -> int:
        return len(self.first)

    def where(self, kept: npt.NDArray[np.bool_] | Rows) -> Pairs:
        """Those of the pairs for which ``kept`` says so, ``(n_pairs,)``, or those at some places, in this order."""
        likeness = self.likeness.where(kept)
        return replace(
            self,
            first=self.first[kept],
            second=self.second[kept],
            likeness=likeness,
            stands_for=self.stands_for[kept],
        )


def alike_pairs(matcher: Matcher, floor: float, progress: Progress | None = None, wanted: Wanted = EVERYTHING) -> Pairs:
    """All pairs of a matcher's items that are the same measure at least as likely as ``floor``.

    Of very many items nearly all: within a plan all, between plans those of items that are near in meaning or share
    rare words.

    Args:
        matcher: the items.
        floor: least ``likeness.same``.
        progress: told (done, total) of items.
        wanted: which pairs are asked for.
    """
    tell = _Share(progress, len(matcher))
    if are_few(len(matcher)):
        return _wanted(matcher, _of_rows(matcher, np.arange(len(matcher)), floor, tell), wanted)
    if wanted.asked is not None and are_few(int(wanted.asked.sum()), len(matcher)):
        return _wanted(matcher, _of_asked(matcher, np.flatnonzero(wanted.asked), floor, tell), wanted)
    parts = []
    if wanted.scope != "across":
        parts.append(_wanted(matcher, _within_plans(matcher, floor, wanted, tell.part(0.0, 0.3)), wanted))
    if wanted.scope != "within":
        parts.append(_across_plans(matcher, floor, wanted, tell.part(0.3, 1.0)))
    pairs = _joined(parts)
    return pairs.where(np.lexsort((pairs.second, pairs.first)))


@dataclass(frozen=True, slots=True)
class _Share:
    """A part of a longer work, which tells how far all of it is."""

    progress: Progress | None
    total: int
    begin: float = 0.0
    end: float = 1.0

    def part(self, begin: float, end: float) -> _Share:
        width = self.end - self.begin
        return replace(self, begin=self.begin + begin * width, end=self.begin + end * width)

    def __call__(self, done: int, total: int) -> None:
        if self.progress is not None:
            share = self.begin + (self.end - self.begin) * done / max(total, 1)
            self.progress(round(share * self.total), self.total)


def _wanted(matcher: Matcher, pairs: Pairs, wanted: Wanted) -> Pairs:
    return pairs.where(wanted.has(matcher.plans, pairs.first, pairs.second))


def _joined(parts: Sequence[Pairs]) -> Pairs:
    fields = [np.concatenate([np.asarray(getattr(one.likeness, name)) for one in parts]) for name in Likeness.__slots__]
    return Pairs(
        np.concatenate([one.first for one in parts]),
        np.concatenate([one.second for one in parts]),
        Likeness(*fields),
        np.concatenate([one.stands_for for one in parts]),
        max(one.crowded for one in parts),
    )


def _pairs(first: Rows, second: Rows, likeness: Likeness) -> Pairs:
    return Pairs(first, second, likeness, np.zeros(len(first), dtype=np.int64))


_NOTHING: Final = np.empty(0)
_NONE: Final = _pairs(_NOTHING.astype(np.int64), _NOTHING.astype(np.int64), Likeness(*[_NOTHING] * 4))


def _of_rows(matcher: Matcher, some: Rows, floor: float, tell: Progress) -> Pairs:
    """All pairs of some rows, ascending."""
    parts = [_NONE]
    for start in range(0, len(some), _BLOCK):
        rows, others = some[start : start + _BLOCK], some[start:]
        likeness = matcher.likeness_between(rows, others)
        found = np.nonzero(np.triu(likeness.same >= floor, k=1))
        parts.append(_pairs(rows[found[0]], others[found[1]], likeness.where(found)))
        tell(min(start + _BLOCK, len(some)), len(some))
    return _joined(parts)


def _of_asked(matcher: Matcher, asked: Rows, floor: float, tell: Progress) -> Pairs:
    """All pairs of few rows with any."""
    everything = np.arange(len(matcher))
    is_asked = np.zeros(len(matcher), dtype=np.bool_)
    is_asked[asked] = True
    parts = [_NONE]
    block = max(1, _CELLS // len(matcher))
    for start in range(0, len(asked), block):
        rows = asked[start : start + block]
        likeness = matcher.likeness_between(rows, everything)
        # what is asked twice comes from the smaller of the two
        once = ~is_asked | (everything > rows[:, np.newaxis])
        found = np.nonzero((likeness.same >= floor) & once)
        first, second = rows[found[0]], everything[found[1]]
        parts.append(_pairs(np.minimum(first, second), np.maximum(first, second), likeness.where(found)))
        tell(min(start + block, len(asked)), len(asked))
    pairs = _joined(parts)
    return pairs.where(np.lexsort((pairs.second, pairs.first)))


def _within_plans(matcher: Matcher, floor: float, wanted: Wanted, tell: Progress) -> Pairs:
    """All pairs of rows of one plan."""
    order = np.argsort(matcher.plans, kind="stable")
    plans = np.split(order, np.flatnonzero(np.diff(matcher.plans[order])) + 1)
    parts = [_NONE]
    for done, rows in enumerate(plans, 1):
        if wanted.asked is None or wanted.asked[rows].any():
            parts.append(_of_rows(matcher, rows, floor, _silent))
        tell(done, len(plans))
    return _joined(parts)


def _silent(_done: int, _total: int) -> None:
    """Stands for the progress of a small part."""


_AT_ONCE: Final = 100_000
"""Pairs that are compared between two tellings, about a quarter of a second."""


def _across_plans(matcher: Matcher, floor: float, wanted: Wanted, tell: _Share) -> Pairs:
    """Pairs of rows of different plans that are likely alike; what is equal in all that counts is compared once."""
    twins = Twins.of(matcher, wanted)
    several = matcher.part(twins.first_rows, apart=True)
    first, second = pairs_worth_a_look(several, tell.part(0.0, 0.5))
    # what has twins in other plans is like itself, too
    repeated = np.flatnonzero(twins.counts > 1)
    first, second = np.concatenate([first, repeated]), np.concatenate([second, repeated])
    parts = [_NONE]
    told = tell.part(0.5, 1.0)
    for start in range(0, len(first), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        likeness = several.likeness(first[part], second[part])
        kept = np.flatnonzero(likeness.same >= floor)
        parts.append(_pairs(first[part][kept], second[part][kept], likeness.where(kept)))
        told(min(start + _AT_ONCE, len(first)), len(first))
    found = _joined(parts)
    spread = twins.spread(found.first, found.second)
    rows = found.where(spread.pair)
    return replace(
        rows,
        first=spread.first,
        second=spread.second,
        stands_for=spread.stands_for,
        crowded=_crowded(found, twins),
    )


def _crowded(found: Pairs, twins: Twins) -> int:
    """Items that are the same as so many others that there are likely more, which were not looked at."""
    same = found.likeness.same >= SAME_THRESHOLD
    partners = np.bincount(np.concatenate([found.first[same], found.second[same]]), minlength=len(twins.counts))
    return int(twins.counts[partners >= partners_of_each(len(twins.counts))].sum())
