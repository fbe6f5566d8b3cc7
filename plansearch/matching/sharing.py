"""What the texts of many pairs share, quickly: millions of pairs are compared where an index is large.

Pairs come block by block; the words of their first texts are spread out in one small table, by which those of the
second ones are multiplied at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.matching.words import Numbers, Rows, WordMatrices

_PAIRS_AT_ONCE: Final = 2000
_FIRSTS_AT_ONCE: Final = 64
"""Pairs of a block, and first texts in it, so that what is looked up stays in the processor's cache."""

_NOTHING: Final = 1e-9
"""Stands for the weight of a clause without words, so that it shares nothing."""


class Sharing:
    """The rows of all matrices, text by text: its words, their synonyms, then its clauses."""

    def __init__(self, matrices: WordMatrices, clause_weights: Numbers) -> None:
        n_texts, self._n_words = matrices.words.shape
        n_clauses = np.diff(matrices.clause_ends, prepend=0)
        self._ends = np.cumsum(n_clauses + 2)
        self._starts = self._ends - n_clauses - 2
        order = np.empty(len(clause_weights) + 2 * n_texts, dtype=np.int64)
        self._is_clause = np.ones(len(order), dtype=np.bool_)
        self._is_clause[self._starts] = self._is_clause[self._starts + 1] = False
        order[self._starts], order[self._starts + 1] = np.arange(n_texts), n_texts + np.arange(n_texts)
        order[self._is_clause] = 2 * n_texts + np.arange(len(clause_weights))
        rows = sparse.vstack([matrices.words, matrices.synonyms, matrices.clauses], format="csr")[order]
        self._columns: npt.NDArray[np.integer] = rows.indices
        self._values: Numbers = rows.data
        self._row_ends: Rows = rows.indptr.astype(np.int64)
        self._weights = np.ones(len(order))
        self._weights[self._is_clause] = clause_weights
        self._place = np.zeros(_FIRSTS_AT_ONCE * self._n_words, dtype=np.int32)
        """Where in a block's table each word of each first text stands; 0 for words that it has not."""

    def of(self, first: Rows, second: Rows) -> tuple[Numbers, Numbers, Numbers]:
        """Of each pair the weight of shared words, of words shared by a synonym, and how well clauses are found."""
        found = np.empty((3, len(first)))
        order = np.argsort(first, kind="stable")
        number = np.cumsum(np.diff(first[order], prepend=-1) > 0)
        start = 0
        while start < len(order):
            several = int(np.searchsorted(number, number[start] + _FIRSTS_AT_ONCE))
            part = order[start : min(start + _PAIRS_AT_ONCE, several)]
            found[:, part] = self._of_block(first[part], second[part])
            start += len(part)
        return found[0], found[1], found[2]

    def _of_block(self, first: Rows, second: Rows) -> Numbers:
        """As `of`, ``(3, n_pairs)``, of a block of pairs in the order of their first texts."""
        texts, text_of = np.unique(first, return_inverse=True)
        rows, begins, counts = _ranges(self._starts[second], self._ends[second])
        sums = self._products(texts, rows, np.repeat(text_of, counts))
        is_clause = self._is_clause[rows]
        n_theirs, n_ours = counts - 2, (self._ends - self._starts)[texts] - 2
        ours = np.ones((len(texts), sums.shape[1] - 2))
        own, _, own_counts = _ranges(self._starts[texts] + 2, self._ends[texts])
        ours[np.repeat(np.arange(len(texts)), own_counts), _places(own_counts)] = self._weights[own]
        both = sums[is_clause, 2:]
        weights = ours[np.repeat(text_of, n_theirs)] + self._weights[rows[is_clause], np.newaxis]
        likeness = both / np.maximum(weights - both, _NOTHING)
        groups = np.cumsum(n_theirs) - n_theirs
        of_theirs = np.add.reduceat(likeness.max(axis=1), groups) / n_theirs
        of_ours = np.maximum.reduceat(likeness, groups, axis=0).sum(axis=1) / n_ours[text_of]
        meant = sums[begins + 1, 0] + sums[begins, 1]
        return np.stack([sums[begins, 0], meant, np.maximum(of_theirs, of_ours)])

    def _products(self, texts: Rows, rows: Rows, text_of: Rows) -> Numbers:
        """The products of some rows, each with all rows of one of some texts, ``(n_rows, most rows of a text)``.

        Args:
            texts: the texts.
            rows: rows of any texts.
            text_of: for each of them the place in ``texts`` of the one that it is multiplied with.
        """
        own, _, counts = _ranges(self._starts[texts], self._ends[texts])
        entries, _, lengths = _ranges(self._row_ends[own], self._row_ends[own + 1])
        words = np.repeat(np.repeat(np.arange(len(texts)), counts), lengths) * self._n_words + self._columns[entries]
        self._place[words] = np.arange(1, len(words) + 1)
        table = np.zeros((len(words) + 1, int(counts.max())))
        table[self._place[words], np.repeat(_places(counts), lengths)] = self._values[entries]

        entries, _, lengths = _ranges(self._row_ends[rows], self._row_ends[rows + 1])
        place = self._place[np.repeat(text_of * self._n_words, lengths) + self._columns[entries]]
        self._place[words] = 0
        ends = np.concatenate([[0], np.cumsum(lengths)])
        shared = sparse.csr_matrix((self._values[entries], place, ends), shape=(len(rows), len(table)), copy=False)
        products: Numbers = shared @ table
        return products


def _ranges(starts: Rows, ends: Rows) -> tuple[Rows, Rows, Rows]:
    """The numbers of some ranges one behind the other, where each range begins among them, and how long it is."""
    counts = ends - starts
    begins = np.cumsum(counts) - counts
    return np.repeat(starts - begins, counts) + np.arange(int(counts.sum())), begins, counts


def _places(counts: Rows) -> Rows:
    """0, 1, 2 … within each of some ranges."""
    return _ranges(np.zeros_like(counts), counts)[0]
