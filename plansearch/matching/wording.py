"""How much of their words two items share, rare ones counting more.

What counts are pairs of neighbouring characters and whole words of Latin letters or digits, of the text without its
topic. Their weight is BM25's inverse document frequency over the index and over what plans say in general, so that
an index of two plans has sensible weights too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log1p
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from plansearch.background import common_texts
from plansearch.index import PlanIndex
from plansearch.text import fold, token_runs

Numbers = npt.NDArray[np.float64]
"""One number for each pair."""
Rows = npt.NDArray[np.int64]
"""Rows of `Wordings`, one for each pair."""


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
    """The words of some items as rows of sparse matrices, ``(n_items, n_words)``.

    A word's column holds the square root of its weight, so the product of two rows is the weight they share.
    """

    def __init__(
        self, words: sparse.csr_matrix, synonyms: sparse.csr_matrix, clauses: sparse.csr_matrix, ends: Rows
    ) -> None:
        self._words = words
        self._synonyms = synonyms
        self._clauses = clauses
        self._ends = ends
        """Where each item's clauses end among the rows of ``clauses``; an item has one at least."""
        self._weights = _weights_of(words)
        self._clause_weights = _weights_of(clauses)

    @classmethod
    def of(cls, index: PlanIndex, positions: Sequence[int]) -> Wordings:
        """The words of the items at some positions, in this order."""
        texts = index.catalog.texts(positions)
        said = {text: _EXCEPTION.sub("", text) for text in dict.fromkeys(texts.values())}
        bags = {text: frozenset(character_pairs(kept)) for text, kept in said.items()}
        added = {text: _synonyms(index, said[text]) - bag for text, bag in bags.items()}
        parts = {text: [frozenset(character_pairs(clause)) for clause in clauses_of(said[text])] for text in bags}
        known = frozenset().union(*bags.values(), *(bag for some in parts.values() for bag in some))
        columns = {word: column for column, word in enumerate(sorted(known))}
        weights = _weights(index, columns)
        ordered = [texts[int(position)] for position in positions]
        return cls(
            _matrix([bags[text] for text in ordered], columns, weights),
            _matrix([added[text] for text in ordered], columns, weights),
            _matrix([bag for text in ordered for bag in parts[text]], columns, weights),
            np.cumsum([len(parts[text]) for text in ordered], dtype=np.int64),
        )

    def shared(self) -> sparse.csr_matrix:
        """The rows themselves, for who looks for pairs that share much, ``(n_items, n_words)``."""
        return self._words

    def overlap(self, first: Rows, second: Rows) -> Overlap:
        """What each row of ``first`` shares with the row of ``second`` at the same place."""
        shared, meant, found = np.empty(len(first)), np.empty(len(first)), np.empty(len(first))
        for start in range(0, len(first), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            one, other = self._words[first[part]], self._words[second[part]]
            shared[part] = _products(one, other)
            meant[part] = _products(one, self._synonyms[second[part]]) + _products(self._synonyms[first[part]], other)
            found[part] = self._clauses_found(first[part], second[part])
        return _ratios(shared, meant, found, self._weights[first], self._weights[second])

    def overlap_between(self, first: Rows, second: Rows) -> Overlap:
        """What each row of ``first`` shares with each of ``second``, ``(n_first, n_second)``."""
        one, other = self._words[first], self._words[second]
        shared = (one @ other.T).toarray()
        meant = (one @ self._synonyms[second].T + self._synonyms[first] @ other.T).toarray()
        found = self._clauses_found_between(first, second)
        return _ratios(shared, meant, found, self._weights[first][:, np.newaxis], self._weights[second][np.newaxis, :])

    def _clause_rows(self, rows: Rows) -> tuple[Rows, Rows]:
        """The clauses of some items, one item's after the other's, and how many each has."""
        counts = self._ends[rows] - np.where(rows > 0, self._ends[rows - 1], 0)
        starts = np.cumsum(counts) - counts
        first = self._ends[rows] - counts
        return np.repeat(first - starts, counts) + np.arange(counts.sum()), counts

    def _clauses_found_between(self, first: Rows, second: Rows) -> Numbers:
        """``Overlap.clauses`` of each row of ``first`` with each of ``second``."""
        if not len(first) or not len(second):
            return np.zeros((len(first), len(second)))
        ours, n_ours = self._clause_rows(first)
        theirs, n_theirs = self._clause_rows(second)
        shared = (self._clauses[ours] @ self._clauses[theirs].T).toarray()
        weights = self._clause_weights[ours][:, np.newaxis] + self._clause_weights[theirs][np.newaxis, :]
        likeness = shared / np.maximum(weights - shared, _NOTHING)
        our_starts, their_starts = np.cumsum(n_ours) - n_ours, np.cumsum(n_theirs) - n_theirs
        of_ours = np.maximum.reduceat(likeness, their_starts, axis=1)
        of_theirs = np.maximum.reduceat(likeness, our_starts, axis=0)
        return np.maximum(
            np.add.reduceat(of_ours, our_starts, axis=0) / n_ours[:, np.newaxis],
            np.add.reduceat(of_theirs, their_starts, axis=1) / n_theirs[np.newaxis, :],
        )

    def _clauses_found(self, first: Rows, second: Rows) -> Numbers:
        """``Overlap.clauses`` of each row of ``first`` with the row of ``second`` at the same place."""
        ours, n_ours = self._clause_rows(first)
        theirs, n_theirs = self._clause_rows(second)
        sizes = n_ours * n_theirs
        pair = np.repeat(np.arange(len(first)), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        one = (np.cumsum(n_ours) - n_ours)[pair] + within // n_theirs[pair]
        other = (np.cumsum(n_theirs) - n_theirs)[pair] + within % n_theirs[pair]
        likeness = np.empty(len(pair))
        for start in range(0, len(pair), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            a, b = ours[one[part]], theirs[other[part]]
            shared = _products(self._clauses[a], self._clauses[b])
            likeness[part] = shared / np.maximum(self._clause_weights[a] + self._clause_weights[b] - shared, _NOTHING)
        of_ours, of_theirs = np.zeros(len(ours)), np.zeros(len(theirs))
        np.maximum.at(of_ours, one, likeness)
        np.maximum.at(of_theirs, other, likeness)
        return np.maximum(_means(of_ours, n_ours), _means(of_theirs, n_theirs))


_AT_ONCE = 20_000
"""Pairs whose rows are multiplied at once, some tens of megabytes."""
_NOTHING = 1e-9
"""Stands for the weight of a text without words, so that it shares nothing."""


_EXCEPTION: Final = re.compile(r"(?<![^\W\d_])除了?[^，,。；;：:]{2,20}?[之以]?外(?=[，,])")
"""除滿意度調查外， says that the rest is about something else."""

_CLAUSE: Final = re.compile(r"[^，,。；;、：:！!？?（）()\n]+")
_SHORTEST_CLAUSE: Final = 4
"""Characters of a clause at least; shorter pieces are names in a list."""


def clauses_of(text: str) -> list[str]:
    """The pieces of a text between punctuation marks, without very short ones; the whole text where there is none."""
    pieces = (match[0].strip() for match in _CLAUSE.finditer(text))
    return [piece for piece in pieces if len(piece) >= _SHORTEST_CLAUSE] or [text]


def character_pairs(text: str) -> list[str]:
    """Pairs of neighbouring Chinese characters and whole other words, folded; a character alone is itself."""
    found: list[str] = []
    for run, chinese in token_runs(fold(text)):
        pairs = [first + second for first, second in pairwise(run)] if chinese else []
        found.extend(pairs or [run])
    return found


def _ratios(shared: Numbers, meant: Numbers, clauses: Numbers, first: Numbers, second: Numbers) -> Overlap:
    either = np.maximum(first + second - shared, _NOTHING)
    return Overlap(
        np.minimum(shared / either, 1.0),
        np.minimum(shared / np.maximum(np.minimum(first, second), _NOTHING), 1.0),
        np.minimum((shared + meant) / either, 1.0),
        np.minimum(clauses, 1.0),
    )


def _means(values: Numbers, counts: Rows) -> Numbers:
    """The mean of each group of neighbouring values."""
    if not len(counts):
        return np.empty(0)
    means: Numbers = np.add.reduceat(values, np.cumsum(counts) - counts) / counts
    return means


def _weights_of(rows: sparse.csr_matrix) -> Numbers:
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()


def _products(one: sparse.csr_matrix, other: sparse.csr_matrix) -> Numbers:
    return np.asarray(one.multiply(other).sum(axis=1)).ravel()


def _matrix(bags: Sequence[Iterable[str]], columns: Mapping[str, int], weights: Numbers) -> sparse.csr_matrix:
    kept = [sorted(columns[word] for word in bag if word in columns) for bag in bags]
    indices = np.fromiter((column for row in kept for column in row), dtype=np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in kept], dtype=np.int64)])
    return sparse.csr_matrix((np.sqrt(weights[indices]), indices, indptr), shape=(len(kept), len(columns)))


def _weights(index: PlanIndex, columns: Mapping[str, int]) -> Numbers:
    """How much each word says, by how few texts have it."""
    counts, texts = _common_counts()
    known = index.lexical.counts(columns)
    whole = texts + len(index)
    held = (min(counts.get(word, 0) + known.get(word, 0), whole) for word in columns)
    return np.fromiter((log1p((whole - count + 0.5) / (count + 0.5)) for count in held), dtype=np.float64)


@cache
def _common_counts() -> tuple[Mapping[str, int], int]:
    texts = common_texts()
    return Counter(word for text in texts for word in set(character_pairs(text))), len(texts)


def _synonyms(index: PlanIndex, text: str) -> frozenset[str]:
    """The words of all terms that are other ways to say what a text says."""
    terms = (term for expansion in index.vocabulary.expand(text) for term in expansion.terms)
    return frozenset(word for term in terms for word in _term_pairs(term))


@cache
def _term_pairs(term: str) -> tuple[str, ...]:
    return tuple(character_pairs(term))
