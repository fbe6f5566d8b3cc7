"""Pairs of measures that say the same, as a page lists them: class by class, with what differs of what was copied."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from plansearch.duplication import DuplicatePair, Duplicates
from plansearch.report.duplicates_view import pairs_by_class

LONGEST: Final = 1000
"""Characters of texts whose differences are looked for; longer ones would hold the page up."""

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PairView:
    """Two measures side by side."""

    pair: DuplicatePair
    first_marks: Ranges
    """Ranges ``[start, end)`` of the first one's text that the second does not have."""
    second_marks: Ranges

    @property
    def is_equal(self) -> bool:
        """Whether both texts are the same, letter by letter."""
        return self.pair.first.item.text == self.pair.second.item.text

    @property
    def has_marks(self) -> bool:
        """Whether what differs is marked."""
        return bool(self.first_marks or self.second_marks)

    @classmethod
    def of(cls, pair: DuplicatePair) -> PairView:
        """A pair; of two that were not copied, all would be marked, so nothing is."""
        first, second = pair.first.item.text, pair.second.item.text
        if pair.kind != "copy":
            return cls(pair, (), ())
        return cls(pair, *differing(first, second))


@dataclass(frozen=True, slots=True)
class PairPart:
    """The pairs of one class."""

    title: str
    total: int
    pairs: tuple[PairView, ...]
    """The surest of them."""


def pair_parts(result: Duplicates, limit: int) -> tuple[PairPart, ...]:
    """The classes that have any pair, each with its surest ones."""
    parts = [(title, pairs) for title, pairs in pairs_by_class(result.pairs) if len(pairs)]
    return tuple(PairPart(title, len(pairs), tuple(map(PairView.of, pairs[:limit]))) for title, pairs in parts)


def differing(first: str, second: str) -> tuple[Ranges, Ranges]:
    """Where two texts differ: ranges of the first, and of the second; none of very long ones."""
    if max(len(first), len(second)) > LONGEST:
        return (), ()
    steps = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    changed = [step for step in steps if step[0] != "equal"]
    ours = tuple((start, end) for _, start, end, _, _ in changed if end > start)
    theirs = tuple((start, end) for _, _, _, start, end in changed if end > start)
    return ours, theirs
