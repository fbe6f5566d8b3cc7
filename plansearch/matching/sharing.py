"""What one text shares with many others, quickly: millions of pairs are compared where an index is large.

The words of the one text are spread out in a small table, in which those of all others are looked up at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.matching.words import Numbers, Rows, WordMatrices

_AT_ONCE: Final = 2000
"""Texts that one is compared with at once, some megabytes."""

_NOTHING: Final = 1e-9
"""Stands for the weight of a clause without words, so that it shares nothing."""


class Sharing:
    """The rows of all matrices, text by text: its words, their synonyms, then its clauses."""

    def __init__(self, matrices: WordMatrices, clause_weights: Numbers) -> None:
        n_texts, n_words = matrices.words.shape
        counts = np.diff(matrices.clause_ends, prepend=0)
        self._ends = np.cumsum(counts + 2)
        self._starts = self._ends - counts - 2
        order = np.empty(int(counts.sum()) + 2 * n_texts, dtype=np.int64)
        is_clause = np.ones(len(order), dtype=np.bool_)
        is_clause[self._starts] = is_clause[self._starts + 1] = False
        order[self._starts], order[self._starts + 1] = np.arange(n_texts), n_texts + np.arange(n_texts)
        order[is_clause] = 2 * n_texts + np.arange(int(counts.sum()))
        rows = sparse.vstack([matrices.words, matrices.synonyms, matrices.clauses], format="csr")[order]
        # a word that no text has keeps every row from being empty, which `reduceat` could not add up
        stop = sparse.csr_matrix(np.ones((len(order), 1)))
        rows = sparse.hstack([rows, stop], format="csr")
        self._columns: npt.NDArray[np.integer] = rows.indices
        self._values: Numbers = rows.data
        self._row_ends: Rows = rows.indptr.astype(np.int64)
        self._clause_weights = np.zeros(len(order))
        self._clause_weights[is_clause] = clause_weights
        self._place = np.zeros(n_words + 1, dtype=np.int64)
        """Where each word stands in the table; 0 for those that the one text has not."""

    def of(self, first: Rows, second: Rows) -> tuple[Numbers, Numbers, Numbers]:
        """Of each pair the weight of shared words, of words shared by a synonym, and how well clauses are found."""
        shared, meant, found = np.empty(len(first)), np.empty(len(first)), np.empty(len(first))
        order = np.argsort(first, kind="stable")
        begins = np.flatnonzero(np.diff(first[order], prepend=-1))
        for begin, end in zip(begins, [*begins[1:], len(order)], strict=True):
            for start in range(begin, end, _AT_ONCE):
                part = order[start : min(start + _AT_ONCE, end)]
                shared[part], meant[part], found[part] = self._with_others(int(first[part[0]]), second[part])
        return shared, meant, found

    def _with_others(self, text: int, others: Rows) -> tuple[Numbers, Numbers, Numbers]:
        counts = self._ends[others] - self._starts[others]
        begins = np.cumsum(counts) - counts
        rows = np.repeat(self._starts[others] - begins, counts) + np.arange(counts.sum())
        sums = self._products(text, rows)
        shared = sums[0, begins]
        meant = sums[0, begins + 1] + sums[1, begins]
        theirs = np.ones(len(rows), dtype=np.bool_)
        theirs[begins] = theirs[begins + 1] = False
        ours = self._clause_weights[self._starts[text] + 2 : self._ends[text]]
        both = sums[2:, theirs]
        likeness = both / np.maximum(ours[:, np.newaxis] + self._clause_weights[rows[theirs]] - both, _NOTHING)
        n_theirs = counts - 2
        starts = np.cumsum(n_theirs) - n_theirs
        of_theirs = np.add.reduceat(likeness.max(axis=0), starts) / n_theirs
        of_ours = np.maximum.reduceat(likeness, starts, axis=1).mean(axis=0)
        return shared, meant, np.maximum(of_theirs, of_ours)

    def _products(self, text: int, rows: Rows) -> Numbers:
        """The products of all rows of a text with some others, ``(n_own, n_rows)``."""
        own = slice(self._row_ends[self._starts[text]], self._row_ends[self._ends[text]])
        columns = self._columns[own]
        self._place[columns] = np.arange(1, len(columns) + 1)
        self._place[-1] = 0
        lengths = np.diff(self._row_ends[self._starts[text] : self._ends[text] + 1])
        table = np.zeros((len(lengths), len(columns) + 1))
        table[np.repeat(np.arange(len(lengths)), lengths), self._place[columns]] = self._values[own]
        table[:, 0] = 0.0
        lengths = self._row_ends[rows + 1] - self._row_ends[rows]
        begins = np.cumsum(lengths) - lengths
        entries = np.repeat(self._row_ends[rows] - begins, lengths) + np.arange(lengths.sum())
        values = table[:, self._place[self._columns[entries]]]
        values *= self._values[entries]
        self._place[columns] = 0
        products: Numbers = np.add.reduceat(values, begins, axis=1)
        return products
