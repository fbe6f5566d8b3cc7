"""What one text shares with many others, quickly: millions of pairs are compared where an index is large.

The words of the one text are spread out in a table of all words, by which those of all others are multiplied at once.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse

from plansearch.matching.words import Numbers, Rows, WordMatrices

_AT_ONCE: Final = 2000
"""Texts that one is compared with at once, some megabytes."""

_WIDTH: Final = 8
"""Rows of a text that the table holds at once: its words, their synonyms, and mostly all of its clauses."""

_NOTHING: Final = 1e-9
"""Stands for the weight of a clause without words, so that it shares nothing."""


class Sharing:
    """The rows of all matrices, text by text: its words, their synonyms, then its clauses."""

    def __init__(self, matrices: WordMatrices, clause_weights: Numbers) -> None:
        n_texts, n_words = matrices.words.shape
        n_clauses = np.diff(matrices.clause_ends, prepend=0)
        self._ends = np.cumsum(n_clauses + 2)
        self._starts = self._ends - n_clauses - 2
        order = np.empty(len(clause_weights) + 2 * n_texts, dtype=np.int64)
        self._is_clause = np.ones(len(order), dtype=np.bool_)
        self._is_clause[self._starts] = self._is_clause[self._starts + 1] = False
        order[self._starts], order[self._starts + 1] = np.arange(n_texts), n_texts + np.arange(n_texts)
        order[self._is_clause] = 2 * n_texts + np.arange(len(clause_weights))
        rows = sparse.vstack([matrices.words, matrices.synonyms, matrices.clauses], format="csr")
        self._rows: sparse.csr_matrix = rows[order]
        self._weights = np.zeros(len(order))
        self._weights[self._is_clause] = clause_weights
        self._table = np.zeros((n_words, _WIDTH))

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
        starts = self._starts[others]
        counts = self._ends[others] - starts
        begins = np.cumsum(counts) - counts
        rows = np.repeat(starts - begins, counts) + np.arange(begins[-1] + counts[-1])
        sums = self._products(text, rows)
        shared = sums[begins, 0]
        meant = sums[begins + 1, 0] + sums[begins, 1]
        is_clause = self._is_clause[rows]
        both = sums[is_clause, 2:]
        ours = self._weights[self._starts[text] + 2 : self._ends[text]]
        likeness = both / np.maximum(ours + self._weights[rows[is_clause]][:, np.newaxis] - both, _NOTHING)
        n_theirs = counts - 2
        groups = np.cumsum(n_theirs) - n_theirs
        of_theirs = np.add.reduceat(likeness.max(axis=1), groups) / n_theirs
        of_ours = np.maximum.reduceat(likeness, groups, axis=0).mean(axis=1)
        return shared, meant, np.maximum(of_theirs, of_ours)

    def _products(self, text: int, rows: Rows) -> Numbers:
        """The products of some rows with all of a text, ``(n_rows, n_own)``."""
        theirs = self._rows[rows]
        begin, end = int(self._starts[text]), int(self._ends[text])
        parts = [self._multiplied(theirs, start, min(start + _WIDTH, end)) for start in range(begin, end, _WIDTH)]
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def _multiplied(self, theirs: sparse.csr_matrix, start: int, end: int) -> Numbers:
        ends = self._rows.indptr[start : end + 1]
        columns = self._rows.indices[ends[0] : ends[-1]]
        place = np.repeat(np.arange(end - start), np.diff(ends))
        self._table[columns, place] = self._rows.data[ends[0] : ends[-1]]
        products: Numbers = (theirs @ self._table)[:, : end - start]
        self._table[columns, place] = 0.0
        return products
