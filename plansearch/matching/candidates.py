"""Which pairs of many items are worth a look, without looking at all of them.

Of a few thousand items all pairs are looked at. Of more, only those are that are near in meaning (neighbours in the
vector index) or that share rare words; the work then grows with the number of items, not with its square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.matching.pairing import Likeness, Matcher
from plansearch.matching.words import Rows
from plansearch.types import Progress

ALL_PAIRS_LIMIT: Final = 4000
"""Items up to which all pairs are looked at: 8 million, some seconds."""

NEIGHBOURS: Final = 24
"""Texts nearest in meaning that each text is compared with, where there are too many for all pairs."""

SHARERS: Final = 24
"""Items that share most rare words with an item and that it is compared with."""

RARE: Final = 200
"""Items that have a word, up to which it is rare: common ones would bring every item together with every other."""

TWINS_LISTED: Final = 40
"""Items of one text up to which each is paired with each; of more, each is paired with the first."""

_BLOCK: Final = 500
"""Rows that are compared with all others at once."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a matcher's rows, ``first`` below ``second``, in order; with how alike they are."""

    first: Rows
    second: Rows
    likeness: Likeness

    def __len__(self) -> int:
        return len(self.first)

    def where(self, kept: npt.NDArray[np.bool_]) -> Pairs:
        """Those of the pairs for which ``kept`` says so, ``(n_pairs,)``."""
        one = self.likeness
        fields = (one.lexical[kept], one.semantic[kept], one.copied[kept], one.same[kept])
        return Pairs(self.first[kept], self.second[kept], Likeness(*fields))


def alike_pairs(matcher: Matcher, floor: float, progress: Progress | None = None) -> Pairs:
    """All pairs of a matcher's items that are the same measure at least as likely as ``floor``.

    Args:
        matcher: the items.
        floor: least ``likeness.same``.
        progress: told (done, total) of items.
    """
    if len(matcher) <= ALL_PAIRS_LIMIT:
        return _of_all(matcher, floor, progress)
    first, second = pairs_worth_a_look(matcher)
    likeness = matcher.likeness(first, second)
    if progress is not None:
        progress(len(matcher), len(matcher))
    pairs = Pairs(first, second, likeness)
    return pairs.where(likeness.same >= floor)


def _of_all(matcher: Matcher, floor: float, progress: Progress | None) -> Pairs:
    everything = np.arange(len(matcher))
    kept: list[tuple[Rows, Rows]] = []
    parts: list[tuple[npt.NDArray[np.float64], ...]] = []
    for start in range(0, len(matcher), _BLOCK):
        rows, others = everything[start : start + _BLOCK], everything[start:]
        likeness = matcher.likeness_between(rows, others)
        first, second = np.nonzero(np.triu(likeness.same >= floor, k=1))
        kept.append((rows[first], others[second]))
        fields = (likeness.lexical, likeness.semantic, likeness.copied, likeness.same)
        parts.append(tuple(field[first, second] for field in fields))
        if progress is not None:
            progress(min(start + _BLOCK, len(matcher)), len(matcher))
    if not kept:
        nothing = np.empty(0)
        return Pairs(everything, everything, Likeness(nothing, nothing, nothing, nothing))
    whole = [np.concatenate([part[field] for part in parts]) for field in range(4)]
    return Pairs(np.concatenate([a for a, _ in kept]), np.concatenate([b for _, b in kept]), Likeness(*whole))


def pairs_worth_a_look(matcher: Matcher) -> tuple[Rows, Rows]:
    """Pairs of rows that may be alike, each once, in order."""
    first, second = _in_meaning(matcher)
    others = _in_words(matcher.wordings.shared())
    first, second = np.concatenate([first, others[0]]), np.concatenate([second, others[1]])
    keys = np.unique(np.minimum(first, second) * len(matcher) + np.maximum(first, second))
    low, high = np.divmod(keys, len(matcher))
    different = low != high
    return low[different], high[different]


def _in_meaning(matcher: Matcher) -> tuple[Rows, Rows]:
    """Pairs of rows whose texts are equal or neighbours in meaning."""
    texts, of_row = matcher.index.dense.distinct(matcher.positions)
    order = np.argsort(of_row, kind="stable")
    starts = np.searchsorted(of_row[order], np.arange(len(texts) + 1))
    first: list[Rows] = []
    second: list[Rows] = []
    for text, near in enumerate(matcher.index.dense.neighbours(texts, NEIGHBOURS)):
        own = order[starts[text] : starts[text + 1]]
        twins = own if len(own) <= TWINS_LISTED else own[:1]
        reached = [twins, *(order[starts[other] : starts[other + 1]][:TWINS_LISTED] for other in near.tolist())]
        partners = np.concatenate(reached)
        first.append(np.repeat(own, len(partners)))
        second.append(np.tile(partners, len(own)))
    return np.concatenate(first), np.concatenate(second)


def _in_words(words: sparse.csr_matrix) -> tuple[Rows, Rows]:
    """Pairs of rows that share most of their rare words."""
    counts = np.asarray((words > 0).sum(axis=0)).ravel()
    rare = words[:, np.flatnonzero((counts > 1) & (counts <= RARE))].tocsr()
    first: list[Rows] = []
    second: list[Rows] = []
    for start in range(0, rare.shape[0], _BLOCK):
        shared = (rare[start : start + _BLOCK] @ rare.T).tocsr()
        for row in range(shared.shape[0]):
            begin, end = shared.indptr[row], shared.indptr[row + 1]
            columns, weights = shared.indices[begin:end], shared.data[begin:end]
            if len(columns) > SHARERS:
                columns = columns[np.argpartition(-weights, SHARERS)[:SHARERS]]
            first.append(np.full(len(columns), start + row, dtype=np.int64))
            second.append(columns.astype(np.int64))
    return np.concatenate(first), np.concatenate(second)
