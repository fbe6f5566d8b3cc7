"""Items that say the same in the same words under the same requirement: compared once, and listed one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.duplication import PairScope
from plansearch.matching.candidates import product_of
from plansearch.matching.pairing import Matcher
from plansearch.matching.words import Rows

LISTED: Final = 1600
"""Pairs of the items of two texts that are listed; of more, one or two items of each text are paired with all of the
other, and the others are counted: a text that a thousand plans have makes half a million pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Which pairs of items are asked for."""

    scope: PairScope = "all"
    owners: npt.NDArray[np.int64] | None = None
    """Number of the agency of each row; by default each plan is an agency's only one."""
    asked: npt.NDArray[np.bool_] | None = None
    """Rows of which each pair has one at least; any by default."""

    def has(self, plans: Rows, first: Rows, second: Rows) -> npt.NDArray[np.bool_]:
        """Which pairs of rows are asked for; ``plans`` is the number of each row's plan."""
        kept = np.ones(len(first), dtype=np.bool_)
        owners = plans if self.owners is None else self.owners
        if self.scope == "within":
            kept &= plans[first] == plans[second]
        elif self.scope == "across":
            kept &= owners[first] != owners[second]
        if self.asked is not None:
            kept &= self.asked[first] | self.asked[second]
        return kept


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Pairs of rows of different plans, made of pairs of texts."""

    pair: Rows
    """Which pair of texts each pair of rows belongs to."""
    first: Rows
    second: Rows
    stands_for: Rows
    """How many others of the two texts each pair stands for."""


@dataclass(frozen=True, slots=True, eq=False)
class Twins:
    """Rows by what they say: equal text, headings and requirements."""

    order: Rows
    """All rows, those that say the same side by side, those that are asked for first."""
    starts: Rows
    """Where each text begins in ``order``."""
    counts: Rows
    """How many rows each text has."""
    plans: Rows
    """Number of the plan of each row."""
    wanted: Wanted

    @classmethod
    def of(cls, matcher: Matcher, wanted: Wanted) -> Twins:
        """Find what says the same among a matcher's rows."""
        vectors = matcher.index.dense.distinct(matcher.positions)[1]
        keys = np.stack([matcher.texts, vectors, matcher.codes], axis=1)
        text = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
        later = np.zeros(len(text), dtype=np.bool_) if wanted.asked is None else ~wanted.asked
        order = np.lexsort((np.arange(len(text)), later, text))
        counts = np.bincount(text)
        return cls(order, np.cumsum(counts) - counts, counts, matcher.plans, wanted)

    @property
    def first_rows(self) -> Rows:
        """One row of each text."""
        return self.order[self.starts]

    def spread(self, first: Rows, second: Rows) -> Spread:
        """The pairs of rows of pairs of texts, each once, that stand in different plans and are asked for.

        Args:
            first: a text of each pair.
            second: the other, which may be the same: then its rows are paired with each other.
        """
        pair, one, other = self._listed(first, second)
        once = (first[pair] != second[pair]) | (one < other)
        rows, others = self.order[one], self.order[other]
        kept = np.flatnonzero(
            once & (self.plans[rows] != self.plans[others]) & self.wanted.has(self.plans, rows, others)
        )
        pair, rows, others = pair[kept], rows[kept], others[kept]
        stands_for = np.zeros(len(pair), dtype=np.int64)
        listed = np.bincount(pair, minlength=len(first))
        many = np.flatnonzero((self._sizes(first, second) > LISTED) & (listed > 0))
        _, shown_first = np.unique(pair, return_index=True)
        place = np.zeros(len(first), dtype=np.int64)
        place[pair[shown_first]] = shown_first
        stands_for[place[many]] = self._all_of(first[many], second[many]) - listed[many]
        return Spread(pair, np.minimum(rows, others), np.maximum(rows, others), stands_for)

    def _sizes(self, first: Rows, second: Rows) -> Rows:
        return self.counts[first] * self.counts[second]

    def _listed(self, first: Rows, second: Rows) -> tuple[Rows, Rows, Rows]:
        """Which pair of texts, and two places in ``order``, of all pairs that are listed."""
        is_many = self._sizes(first, second) > LISTED
        ones, others = np.ones(len(self.counts), dtype=np.int64), self._other_owners()
        few = self._products(first, second, np.flatnonzero(~is_many), (self.starts, self.counts), None)
        several = [
            self._products(first, second, np.flatnonzero(is_many), one, other)
            # what stands beside the first row in one agency's plans is paired with a row of another agency
            for hub in (self.starts, others)
            for one, other in (((hub, ones), None), (None, (hub, ones)))
        ]
        many = np.unique(np.concatenate(several, axis=1), axis=1)
        pair, place, partner = np.concatenate([few, many], axis=1)
        return pair, place, partner

    def _products(
        self,
        first: Rows,
        second: Rows,
        pairs: Rows,
        rows: tuple[Rows, Rows] | None,
        partners: tuple[Rows, Rows] | None,
    ) -> npt.NDArray[np.int64]:
        """For some pairs of texts all pairs of some of their rows: ``(3, n_pairs)``, the pair and two places.

        Args:
            first: a text of each pair.
            second: the other.
            pairs: which pairs.
            rows: where the rows of each text begin that are paired, and how many they are; all by default.
            partners: the same of the other text of a pair.
        """
        starts, counts = rows or (self.starts, self.counts)
        other_starts, other_counts = partners or (self.starts, self.counts)
        one, other = first[pairs], second[pairs]
        pair, place, partner = product_of(starts[one], counts[one], other_starts[other], other_counts[other])
        return np.stack([pairs[pair], place, partner])

    def _other_owners(self) -> Rows:
        """Of each text the first place that is another agency's than its first; its first where there is none."""
        owners = (self.plans if self.wanted.owners is None else self.wanted.owners)[self.order]
        text = np.repeat(np.arange(len(self.counts)), self.counts)
        places = np.flatnonzero(owners != owners[self.starts][text])
        found: Rows = self.starts.copy()
        found[text[places[::-1]]] = places[::-1]
        return found

    def _all_of(self, first: Rows, second: Rows) -> Rows:
        """How many pairs of rows of different plans that are asked for some pairs of texts have."""
        owners = self.plans if self.wanted.owners is None or self.wanted.scope == "all" else self.wanted.owners
        everything = np.ones(len(owners), dtype=np.bool_)
        whole = self._pairs_between(first, second, owners, everything)
        return (
            whole
            if self.wanted.asked is None
            else whole - self._pairs_between(first, second, owners, ~self.wanted.asked)
        )

    def _pairs_between(self, first: Rows, second: Rows, owners: Rows, counted: npt.NDArray[np.bool_]) -> Rows:
        """How many pairs of counted rows of different owners some pairs of texts have."""
        text = np.repeat(np.arange(len(self.counts)), self.counts)
        shape = (len(self.counts), int(owners.max(initial=0)) + 1)
        held = sparse.csr_matrix((counted[self.order].astype(np.int64), (text, owners[self.order])), shape=shape)
        totals = np.asarray(held.sum(axis=1)).ravel()
        together = np.asarray(held[first].multiply(held[second]).sum(axis=1)).ravel()
        pairs = totals[first] * totals[second] - together
        counts: Rows = np.where(first == second, pairs // 2, pairs).astype(np.int64)
        return counts
