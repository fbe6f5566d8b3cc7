"""Two scores for a pair of items: how much of the wording is shared, and how near the meanings are.

From them and from whether both answer one requirement come two probabilities: that one was copied from the other (or
both from a third), and that both are the same measure. The weights were fitted to judged pairs
(``benchmarks/calibrate_pairs.py``).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.index import PlanIndex
from plansearch.matching.wording import Overlap, Wordings
from plansearch.matching.words import Numbers, Rows
from plansearch.results import IndexedItem
from plansearch.types import FloatMatrix, Progress


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for pairs being alike; every field has one number for each pair."""

    lexical: Numbers
    """Share of the wording that both have, from 0 to 1."""
    cosines: Numbers
    jaccard: Numbers
    """Logarithm of that share, as are the next three; `Overlap` says of what."""
    contained: Numbers
    synonymous: Numbers
    clauses: Numbers
    meaning: Numbers
    """How much nearer the vectors are than those of different measures, in standard deviations of the model."""
    one_requirement: Numbers
    """1 where both answer one requirement, in two plans. Within a plan it says nothing: a list has different ones."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic function over `Evidence`."""

    base: float
    jaccard: float = 0.0
    contained: float = 0.0
    synonymous: float = 0.0
    clauses: float = 0.0
    meaning: float = 0.0
    one_requirement: float = 0.0

    def odds(self, evidence: Evidence) -> Numbers:
        """Log odds of each pair."""
        return (
            self.base
            + self.jaccard * evidence.jaccard
            + self.contained * evidence.contained
            + self.synonymous * evidence.synonymous
            + self.clauses * evidence.clauses
            + self.meaning * evidence.meaning
            + self.one_requirement * evidence.one_requirement
        )


COPY: Final = Weights(base=4.49, jaccard=3.22, contained=6.01, meaning=0.55)
"""Tells whether a wording was copied."""
SAME: Final = Weights(base=2.31, synonymous=1.9, clauses=0.56, meaning=0.42, one_requirement=1.94)
"""Tells whether two items are the same measure."""

COPY_THRESHOLD: Final = 0.35
"""Least probability of a copy; `plansearch.matching.trade` says what each threshold finds and misses."""
SAME_THRESHOLD: Final = 0.5
"""Least probability of one measure."""
PERHAPS_THRESHOLD: Final = 0.3
"""Probability from which on two items may be one measure: seven of eight judged pairs that are come to more, and fewer
than half of the pairs that do are. Nobody is told to lack what comes to it."""
LOOK_THRESHOLD: Final = 0.2
"""Probability from which on an item is shown, for people to look at before they take something for missing."""

SMALLEST: Final = 0.02
"""Added to a share before its logarithm is taken, so that sharing nothing is not infinitely far."""

_AT_ONCE: Final = 5_000
"""Pairs whose vectors are multiplied at once, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike pairs of items are; every field has one number for each pair, from 0 to 1."""

    lexical: Numbers
    """Share of the wording that both have, rare words counting more (weighted Jaccard)."""
    semantic: Numbers
    """Nearness of the vectors: 0 where they are no nearer than different measures are, 1 where they are equal."""
    copied: Numbers
    """Probability that the wording was copied."""
    same: Numbers
    """Probability that both are the same measure, in whatever words."""

    def where(self, kept: npt.NDArray[Any] | tuple[npt.NDArray[Any], ...]) -> Likeness:
        """Those of some of the pairs: by place, or by what says yes or no to each."""
        return Likeness(self.lexical[kept], self.semantic[kept], self.copied[kept], self.same[kept])


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRows:
    """What items are compared by, besides their words."""

    positions: Rows
    texts: Rows
    plans: Rows
    codes: Rows
    requirements: sparse.csr_matrix
    """Which items answer which requirement, ``(n_items, n_requirements)``."""
    vectors: FloatMatrix
    """The distinct ones, ``(n_vectors, dimension)``."""
    vector_of: Rows
    """Which of them each item has."""

    @classmethod
    def of(cls, index: PlanIndex, positions: Rows, items: Sequence[IndexedItem]) -> ComparedRows:
        """Of some items, which stand at some positions."""
        codes = [_codes(item) for item in items]
        vector_of = index.dense.distinct(positions)[1]
        first = np.unique(vector_of, return_index=True)[1]
        return cls(
            positions,
            numbered([item.item.text for item in items]),
            numbered([item.plan for item in items]),
            numbered(codes),
            _requirements(codes),
            index.vectors(positions[first].tolist()),
            vector_of,
        )

    def at(self, some: Rows) -> ComparedRows:
        """Of some of the items."""
        return ComparedRows(
            self.positions[some],
            self.texts[some],
            self.plans[some],
            self.codes[some],
            self.requirements[some],
            self.vectors,
            self.vector_of[some],
        )


class Matcher:
    """Compares items of one index; what it needs of them is worked out once.

    Items are named by their row, which is their place in ``positions``.
    """

    def __init__(
        self,
        index: PlanIndex,
        positions: Sequence[int],
        *,
        items: Sequence[IndexedItem] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Read what is compared.

        Args:
            index: where the items are.
            positions: of the items.
            items: what stands there, where that is known already.
            progress: told (done, total) of texts as they are read, where there are many.
        """
        items = index.items(positions) if items is None else items
        self.index = index
        self.wordings = Wordings.of(index, list(dict.fromkeys(one.item.text for one in items)), progress)
        self.rows = ComparedRows.of(index, np.asarray(positions, dtype=np.int64), items)

    def part(self, some: Rows, *, apart: bool = False) -> Matcher:
        """Some of the items, under their places in ``some``, without reading them again.

        Args:
            some: their rows.
            apart: compare them as if each stood in a plan of its own.
        """
        part = copy(self)
        part.rows = self.rows.at(some)
        if apart:
            part.rows = replace(part.rows, plans=np.arange(len(some)))
        return part

    @property
    def positions(self) -> Rows:
        """Where each item stands in the index."""
        return self.rows.positions

    @property
    def texts(self) -> Rows:
        """Number of each item's text, the same for equal ones."""
        return self.rows.texts

    @property
    def plans(self) -> Rows:
        """Number of each item's plan."""
        return self.rows.plans

    @property
    def codes(self) -> Rows:
        """Number of the requirements that each item answers, the same for equal ones."""
        return self.rows.codes

    def __len__(self) -> int:
        return len(self.positions)

    def likeness(self, first: Rows, second: Rows) -> Likeness:
        """How alike each row of ``first`` is to the row of ``second`` at the same place."""
        return self._judge(self.evidence(first, second))

    def likeness_between(self, first: Rows, second: Rows) -> Likeness:
        """How alike each row of ``first`` is to each of ``second``: every field is ``(n_first, n_second)``."""
        cosines = (self.vectors(first) @ self.vectors(second).T).astype(np.float64)
        shared = (self.rows.requirements[first] @ self.rows.requirements[second].T).toarray() > 0
        across = self.plans[first][:, np.newaxis] != self.plans[second][np.newaxis, :]
        overlap = self.wordings.overlap_between(self.texts[first], self.texts[second])
        return self._judge(self._evidence(overlap, cosines, shared & across))

    def evidence(self, first: Rows, second: Rows) -> Evidence:
        """What speaks for each row of ``first`` being like the row of ``second`` at the same place."""
        cosines, shared = np.empty(len(first)), np.empty(len(first), dtype=np.bool_)
        for start in range(0, len(first), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            cosines[part] = np.einsum("ij,ij->i", self.vectors(first[part]), self.vectors(second[part]))
            both = self.rows.requirements[first[part]].multiply(self.rows.requirements[second[part]])
            shared[part] = np.asarray(both.sum(axis=1)).ravel() > 0
        across = self.plans[first] != self.plans[second]
        return self._evidence(self.wordings.overlap(self.texts[first], self.texts[second]), cosines, shared & across)

    def vectors(self, rows: Rows) -> FloatMatrix:
        """Normalised vectors of some rows, ``(n_rows, dimension)``."""
        return self.rows.vectors[self.rows.vector_of[rows]]

    def _evidence(self, overlap: Overlap, cosines: Numbers, one_requirement: npt.NDArray[np.bool_]) -> Evidence:
        return Evidence(
            overlap.jaccard,
            cosines,
            np.log(overlap.jaccard + SMALLEST),
            np.log(overlap.contained + SMALLEST),
            np.log(overlap.synonymous + SMALLEST),
            np.log(overlap.clauses + SMALLEST),
            self.index.between.standardise(cosines),
            one_requirement.astype(np.float64),
        )

    def _judge(self, evidence: Evidence) -> Likeness:
        mean = self.index.between.mean
        copied = _probability(COPY.odds(evidence))
        return Likeness(
            evidence.lexical,
            np.clip((evidence.cosines - mean) / max(1.0 - mean, SMALLEST), 0.0, 1.0),
            copied,
            # what was copied is the same measure
            np.maximum(copied, _probability(SAME.odds(evidence))),
        )


def _probability(odds: Numbers) -> Numbers:
    likely: Numbers = 1.0 / (1.0 + np.exp(-odds))
    return likely


def numbered(names: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """A number for each name, the same for equal ones."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.asarray([numbers[name] for name in names], dtype=np.int64)


def _codes(found: IndexedItem) -> tuple[tuple[str, str], ...]:
    """Framework and code of every requirement that an item answers, by itself or by the crosswalk."""
    item = found.item
    own = [(found.framework, item.code)] if found.framework and item.code else []
    return tuple(dict.fromkeys([*own, *((match.framework, match.code) for match in item.crosswalk)]))


def _requirements(codes: Sequence[Sequence[tuple[str, str]]]) -> sparse.csr_matrix:
    """Which items answer which requirement, ``(n_items, n_requirements)``."""
    columns = {code: column for column, code in enumerate(dict.fromkeys(code for some in codes for code in some))}
    indices = np.fromiter((columns[code] for some in codes for code in some), dtype=np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(some) for some in codes], dtype=np.int64)])
    return sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(len(codes), max(len(columns), 1)))
