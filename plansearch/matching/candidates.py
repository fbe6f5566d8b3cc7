"""Which pairs of many items are worth a look, without looking at all of them.

Of a few thousand items all pairs are looked at. Of more, only those are that are near in meaning (neighbours in the
vector index) or that share rare words; the work then grows with the number of items, not with its square.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse

from plansearch.matching.pairing import Matcher
from plansearch.matching.words import Rows
from plansearch.types import Progress

ALL_PAIRS_LIMIT: Final = 4000
"""Items up to which all pairs are looked at: 8 million, some seconds."""

LOOKED_AT: Final = 2_000_000
"""Pairs that are looked at for each of the two reasons, shared evenly among the items."""

FEWEST_PARTNERS: Final = 24
"""Items that each item is compared with for each reason, however many items there are."""

RARE: Final = 200
"""Items that have a word, up to which it is rare: common ones would bring every item together with every other."""

_BLOCK: Final = 500
"""Rows that are compared with all others at once."""


def are_few(n_items: int, n_others: int | None = None) -> bool:
    """Whether all pairs of so many items, or of some with so many others, can be looked at."""
    if n_others is None:
        return n_items <= ALL_PAIRS_LIMIT
    return 2 * n_items * n_others <= ALL_PAIRS_LIMIT**2


def partners_of_each(n_items: int) -> int:
    """How many items each of so many is compared with, for each reason."""
    return max(FEWEST_PARTNERS, LOOKED_AT // max(n_items, 1))


def pairs_worth_a_look(matcher: Matcher, progress: Progress | None = None) -> tuple[Rows, Rows]:
    """Pairs of rows that may be alike, each once, in order; ``progress`` is told (done, total) of steps."""
    tell = progress or _nobody
    first, second = _in_meaning(matcher)
    tell(2, 3)
    others = _in_words(matcher.wordings.shared()[matcher.texts], partners_of_each(len(matcher)))
    first, second = np.concatenate([first, others[0]]), np.concatenate([second, others[1]])
    apart = first != second
    keys = np.minimum(first, second)[apart] * len(matcher) + np.maximum(first, second)[apart]
    keys.sort()
    keys = keys[np.diff(keys, prepend=-1) > 0]
    tell(3, 3)
    low, high = np.divmod(keys, max(len(matcher), 1))
    return low, high


def _nobody(_done: int, _total: int) -> None:
    """Stands for a progress that nobody looks at."""


def product_of(starts: Rows, counts: Rows, other_starts: Rows, other_counts: Rows) -> tuple[Rows, Rows, Rows]:
    """All pairs of places of two ranges, for many pairs of ranges: which pair of ranges, and the two places."""
    sizes = counts * other_counts
    pair = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    place, other = np.divmod(within, other_counts[pair])
    return pair, starts[pair] + place, other_starts[pair] + other


def _in_meaning(matcher: Matcher) -> tuple[Rows, Rows]:
    """Pairs of rows whose vectors are equal or neighbours."""
    dense = matcher.index.dense
    texts, of_row = dense.distinct(matcher.positions)
    order = np.argsort(of_row, kind="stable")
    counts = np.bincount(of_row, minlength=len(texts))
    starts = np.cumsum(counts) - counts
    near = dense.neighbours(texts, partners_of_each(len(texts)))
    one = np.repeat(np.arange(len(texts)), near.shape[1] + 1)
    other = np.hstack([np.arange(len(texts))[:, np.newaxis], near]).ravel()
    _, first, second = product_of(starts[one], counts[one], starts[other], counts[other])
    return order[first], order[second]


def _in_words(words: sparse.csr_matrix, partners: int) -> tuple[Rows, Rows]:
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
            if len(columns) > partners:
                columns = columns[np.argpartition(-weights, partners)[:partners]]
            first.append(np.full(len(columns), start + row, dtype=np.int64))
            second.append(columns.astype(np.int64))
    return np.concatenate(first), np.concatenate(second)
