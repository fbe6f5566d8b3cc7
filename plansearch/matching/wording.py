"""How much of their words two items share, rare ones counting more; `words` says what counts as a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from plansearch.index import PlanIndex
from plansearch.matching.sharing import Sharing
from plansearch.matching.words import Numbers, Rows, WordMatrices, read_words, row_weights
from plansearch.types import Progress


@dataclass(frozen=True, slots=True)
class Overlap:
    """What pairs of texts share; every field has one number for each pair, from 0 to 1."""

    jaccard: Numbers
    """Weight of the shared pairs by that of all pairs that either text has."""
    contained: Numbers
    """Weight of the shared pairs by that of the text that has less."""
    synonymous: Numbers
    """As ``jaccard``, but pairs are shared too where one text has a synonym of what the other says."""
    clauses: Numbers
    """How well the clauses of one text are found among those of the other: the mean of each one's best ``jaccard``, of
    the text that is found better. A long measure may have a short one as one of its parts."""


class Wordings:
    """The words of some distinct texts, which are compared by their rows."""

    def __init__(self, matrices: WordMatrices) -> None:
        self._matrices = matrices
        self._weights = row_weights(matrices.words)
        self._clause_weights = row_weights(matrices.clauses)

    @classmethod
    def of(cls, index: PlanIndex, texts: Sequence[str], progress: Progress | None = None) -> Wordings:
        """The words of some distinct texts, in this order; progress is told (done, total) of them."""
        return cls(read_words(index, texts, progress))

    def shared(self) -> sparse.csr_matrix:
        """The rows themselves, for who looks for pairs that share much, ``(n_texts, n_words)``."""
        return self._matrices.words

    def overlap(self, first: Rows, second: Rows) -> Overlap:
        """What each row of ``first`` shares with the row of ``second`` at the same place."""
        shared, meant, found = self._sharing.of(first, second)
        return _ratios(shared, meant, found, self._weights[first], self._weights[second])

    @cached_property
    def _sharing(self) -> Sharing:
        """Only who compares pairs needs it; tables of pairs are products of matrices."""
        return Sharing(self._matrices, self._clause_weights)

    def overlap_between(self, first: Rows, second: Rows) -> Overlap:
        """What each row of ``first`` shares with each of ``second``, ``(n_first, n_second)``."""
        words, synonyms = self._matrices.words, self._matrices.synonyms
        one, other = words[first], words[second]
        shared = (one @ other.T).toarray()
        meant = (one @ synonyms[second].T + synonyms[first] @ other.T).toarray()
        found = self._clauses_found_between(first, second)
        return _ratios(shared, meant, found, self._weights[first][:, np.newaxis], self._weights[second][np.newaxis, :])

    def _clause_rows(self, rows: Rows) -> tuple[Rows, Rows]:
        """The clauses of some texts, one text's after the other's, and how many each has."""
        ends = self._matrices.clause_ends
        counts = ends[rows] - np.where(rows > 0, ends[rows - 1], 0)
        starts = np.cumsum(counts) - counts
        first = ends[rows] - counts
        return np.repeat(first - starts, counts) + np.arange(counts.sum()), counts

    def _clauses_found_between(self, first: Rows, second: Rows) -> Numbers:
        """``Overlap.clauses`` of each row of ``first`` with each of ``second``."""
        if not len(first) or not len(second):
            return np.zeros((len(first), len(second)))
        ours, n_ours = self._clause_rows(first)
        theirs, n_theirs = self._clause_rows(second)
        clauses = self._matrices.clauses
        shared = (clauses[ours] @ clauses[theirs].T).toarray()
        weights = self._clause_weights[ours][:, np.newaxis] + self._clause_weights[theirs][np.newaxis, :]
        likeness = shared / np.maximum(weights - shared, _NOTHING)
        our_starts, their_starts = np.cumsum(n_ours) - n_ours, np.cumsum(n_theirs) - n_theirs
        of_ours = np.maximum.reduceat(likeness, their_starts, axis=1)
        of_theirs = np.maximum.reduceat(likeness, our_starts, axis=0)
        return np.maximum(
            np.add.reduceat(of_ours, our_starts, axis=0) / n_ours[:, np.newaxis],
            np.add.reduceat(of_theirs, their_starts, axis=1) / n_theirs[np.newaxis, :],
        )


_NOTHING = 1e-9
"""Stands for the weight of a text without words, so that it shares nothing."""


def _ratios(shared: Numbers, meant: Numbers, clauses: Numbers, first: Numbers, second: Numbers) -> Overlap:
    either = np.maximum(first + second - shared, _NOTHING)
    return Overlap(
        np.minimum(shared / either, 1.0),
        np.minimum(shared / np.maximum(np.minimum(first, second), _NOTHING), 1.0),
        np.minimum((shared + meant) / either, 1.0),
        np.minimum(clauses, 1.0),
    )
