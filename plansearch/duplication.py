"""What a search for duplicates answers with: pairs and groups of items that say the same.

An index of a hundred thousand items has millions of pairs, so they are kept in columns, and each is made into an
object when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, overload

import numpy as np
import numpy.typing as npt

from plansearch.promises import Difference, differences
from plansearch.results import IndexedItem

PairClass = Literal["copy", "same"]
"""Copied wording; or the same measure in own words."""

PairScope = Literal["within", "across", "all"]
"""Pairs within one plan, between agencies, or all."""

FLAGS_COUNTED: Final = 5000
"""Pairs of which it is counted how many promise different things, which takes a second or two for so many."""

Column = npt.NDArray[Any]
"""One value for each pair, ``(n_pairs,)``."""


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two items that say the same."""

    kind: PairClass
    first: IndexedItem
    second: IndexedItem
    lexical: float
    """Share of the wording that both have, from 0 to 1."""
    semantic: float
    """Nearness in meaning, from 0 (as different measures are) to 1."""
    copied: float
    """How likely the wording was copied, from 0 to 1."""
    same: float
    """How likely both are the same measure, from 0 to 1."""
    differences: tuple[Difference, ...]
    group: int
    """Number of its group, from 1; 0 for none."""
    is_formal: bool = False
    """Neither is a measure: both say what a plan is for, how it is followed up, that it may be amended."""

    @property
    def is_within(self) -> bool:
        """Whether both stand in one plan."""
        return self.first.plan == self.second.plan


@dataclass(frozen=True, slots=True, eq=False)
class PairList(Sequence[DuplicatePair]):
    """Pairs in columns; each is put together, and its differences are worked out, when it is asked for.

    It equals any sequence of equal pairs.
    """

    items: tuple[IndexedItem, ...]
    """All items that were compared."""
    first: Column
    """Places in ``items``."""
    second: Column
    lexical: Column
    semantic: Column
    copied: Column
    same: Column
    is_copy: Column
    group: Column
    is_formal: Column
    stands_for: Column
    """Of each pair how many others, of items with the same two texts, are not listed."""
    is_compared: bool = True
    """Whether the differences of its pairs are worked out."""

    def __len__(self) -> int:
        return len(self.first)

    @overload
    def __getitem__(self, place: int) -> DuplicatePair: ...
    @overload
    def __getitem__(self, place: slice) -> PairList: ...
    def __getitem__(self, place: int | slice) -> DuplicatePair | PairList:
        if isinstance(place, slice):
            return self.where(np.arange(len(self))[place])
        first, second = self.items[self.first[place]], self.items[self.second[place]]
        is_copy = bool(self.is_copy[place])
        differing = differences(first.item.text, second.item.text, copied=is_copy) if self.is_compared else ()
        return DuplicatePair(
            "copy" if is_copy else "same",
            first,
            second,
            lexical=float(self.lexical[place]),
            semantic=float(self.semantic[place]),
            copied=float(self.copied[place]),
            same=float(self.same[place]),
            differences=differing,
            group=int(self.group[place]),
            is_formal=bool(self.is_formal[place]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PairList | tuple | list):
            return NotImplemented
        return len(self) == len(other) and all(one == two for one, two in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def where(self, kept: Column) -> PairList:
        """Those for which ``kept`` says so, or those at some places, in this order."""
        columns: dict[str, Any] = {name: getattr(self, name)[kept] for name in _COLUMNS}
        return replace(self, **columns)

    def of(self, kind: PairClass) -> PairList:
        """Those of a class."""
        return self.where(self.is_copy if kind == "copy" else ~self.is_copy)

    @property
    def unlisted(self) -> int:
        """How many pairs its pairs stand for, besides themselves."""
        return int(self.stands_for.sum())


_COLUMNS: Final = tuple(one.name for one in fields(PairList) if one.type == "Column")


def no_pairs() -> PairList:
    """None at all."""
    nothing = np.empty(0)
    numbers, answers = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.bool_)
    return PairList((), numbers, numbers, nothing, nothing, nothing, nothing, answers, numbers, answers, numbers)


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Items that say the same, all of them with each other on average."""

    number: int
    items: tuple[IndexedItem, ...]
    copied: bool
    """Whether its pairs are copies."""

    @property
    def agencies(self) -> tuple[str, ...]:
        """Names of the agencies, each once, in order."""
        return tuple(dict.fromkeys(one.metadata.agency or one.plan for one in self.items))


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Copies and equal measures."""

    scope: PairScope
    pairs: PairList
    """Copies first, the surest first."""
    groups: tuple[DuplicateGroup, ...]
    copy_threshold: float
    same_threshold: float
    searched: int
    """How many measures were compared."""
    model: str
    agencies: tuple[str, ...] = ()
    """One side of each pair is of these, where any were named."""
    candidates: PairList = field(default_factory=no_pairs)
    """All pairs down to the lowest threshold that can be asked for, so that another one needs no new search; their
    differences are not worked out."""
    crowded: int = 0
    """Measures that are like more others than each is compared with in a very large index; pairs are missing."""

    def of(self, kind: PairClass) -> PairList:
        """The pairs of a class."""
        return self.pairs.of(kind)

    @property
    def unlisted(self) -> int:
        """Pairs that are not listed, of texts that very many plans have."""
        return self.pairs.unlisted

    @property
    def flagged(self) -> int | None:
        """How many pairs promise different things; ``None`` where there are too many to find out."""
        if len(self.pairs) > FLAGS_COUNTED:
            return None
        return sum(bool(pair.differences) for pair in self.pairs)
