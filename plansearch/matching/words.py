"""The words of texts as sparse matrices: pairs of characters, by their weight.

What counts are pairs of neighbouring characters and whole words of Latin letters or digits, of the text without its
topic. Their weight is BM25's inverse document frequency over the index and over what plans say in general, so that
an index of two plans has sensible weights too.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from plansearch.types import Progress

Numbers = npt.NDArray[np.float64]
"""One number for each pair, or for each row."""
Rows = npt.NDArray[np.int64]
"""Rows of a matrix."""

TOLD_EVERY: Final = 2000
"""Texts after which progress is told: half a second of work."""

_EXCEPTION: Final = re.compile(r"(?<![^\W\d_])除了?[^，,。；;：:]{2,20}?[之以]?外(?=[，,])")
"""除滿意度調查外， says that the rest is about something else."""

_CLAUSE: Final = re.compile(r"[^，,。；;、：:！!？?（）()\n]+")
_SHORTEST_CLAUSE: Final = 4
"""Characters of a clause at least; shorter pieces are names in a list."""


@dataclass(frozen=True, slots=True)
class WordMatrices:
    """The words of some texts.

    A word's column holds the square root of its weight, so the product of two rows is the weight they share.
    """

    words: sparse.csr_matrix
    """``(n_texts, n_words)``."""
    synonyms: sparse.csr_matrix
    """Words of other ways to say what a text says, which it has not itself, ``(n_texts, n_words)``."""
    clauses: sparse.csr_matrix
    """Words of each clause, text by text, ``(n_clauses, n_words)``."""
    clause_ends: Rows
    """Where each text's clauses end among the rows of ``clauses``; a text has one at least."""


def read_words(index: PlanIndex, texts: Sequence[str], progress: Progress | None = None) -> WordMatrices:
    """Read the words of some texts.

    Args:
        index: whose synonyms and word counts are used.
        texts: distinct texts.
        progress: told (done, total) of texts, where there are many.
    """
    reader = _Reader(index)
    for done, text in enumerate(texts, 1):
        reader.read(text)
        if progress is not None and done % TOLD_EVERY == 0:
            progress(done, len(texts))
    return reader.matrices()


def character_pairs(text: str) -> list[str]:
    """Pairs of neighbouring Chinese characters and whole other words, folded; a character alone is itself."""
    return _folded_pairs(fold(text))


def _folded_pairs(folded: str) -> list[str]:
    found: list[str] = []
    for run, chinese in token_runs(folded):
        pairs = [first + second for first, second in pairwise(run)] if chinese else []
        found.extend(pairs or [run])
    return found


def row_weights(rows: sparse.csr_matrix) -> Numbers:
    """The sum of the weights of each row's words, ``(n_rows,)``."""
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()


@dataclass(slots=True)
class _Ragged:
    """Rows of numbers, one behind the other."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q", [0]))

    def add(self, row: Iterable[int]) -> None:
        self.numbers.extend(row)
        self.ends.append(len(self.numbers))

    def matrix(self, column_of: Rows, weights: Numbers) -> sparse.csr_matrix:
        """Rows of the square roots of the columns' weights."""
        columns = (
            column_of[np.frombuffer(self.numbers, dtype=np.int64)] if self.numbers else np.empty(0, dtype=np.int64)
        )
        return _rows_of(columns, np.frombuffer(self.ends, dtype=np.int64), weights)


class _Reader:
    """Numbers words as they come, and remembers clauses, of which plans share many."""

    def __init__(self, index: PlanIndex) -> None:
        self._index = index
        self._numbers: dict[str, int] = {}
        self._clauses: dict[str, frozenset[int]] = {}
        self._terms: dict[str, int] = {}
        self._words_of_texts, self._words_of_clauses, self._terms_of_texts = _Ragged(), _Ragged(), _Ragged()
        self._clause_ends = array("q")

    def read(self, text: str) -> None:
        """Take up one text."""
        said = _EXCEPTION.sub("", text)
        folded = fold(said)
        pieces = [(match[0].strip(), self._words(folded[slice(*match.span())])) for match in _CLAUSE.finditer(said)]
        whole = frozenset[int]().union(*(words for _, words in pieces))
        self._words_of_texts.add(whole)
        for words in [words for piece, words in pieces if len(piece) >= _SHORTEST_CLAUSE] or [whole]:
            self._words_of_clauses.add(words)
        self._clause_ends.append(len(self._words_of_clauses.ends) - 1)
        terms = self._index.vocabulary.other_terms(folded)
        self._terms_of_texts.add(self._terms.setdefault(term, len(self._terms)) for term in terms)

    def _words(self, folded: str) -> frozenset[int]:
        if (known := self._clauses.get(folded)) is None:
            numbers = self._numbers
            known = frozenset([numbers.setdefault(word, len(numbers)) for word in _folded_pairs(folded)])
            self._clauses[folded] = known
        return known

    def matrices(self) -> WordMatrices:
        """All that was taken up; columns are in the order of the words."""
        ordered = sorted(self._numbers)
        columns = {word: column for column, word in enumerate(ordered)}
        weights = _weights(self._index, columns)
        column_of = np.fromiter((columns[word] for word in self._numbers), dtype=np.int64, count=len(ordered))
        words = self._words_of_texts.matrix(column_of, weights)
        synonyms = self._synonyms(words, columns, weights)
        clauses = self._words_of_clauses.matrix(column_of, weights)
        return WordMatrices(words, synonyms, clauses, np.array(self._clause_ends, dtype=np.int64))

    def _synonyms(self, words: sparse.csr_matrix, columns: Mapping[str, int], weights: Numbers) -> sparse.csr_matrix:
        """The words of each text's added terms, without those that it has itself."""
        of_terms = _Ragged()
        for term in self._terms:
            of_terms.add(columns[word] for word in set(_term_pairs(term)) if word in columns)
        everything = np.arange(len(columns), dtype=np.int64)
        terms = self._terms_of_texts.matrix(np.arange(len(self._terms), dtype=np.int64), np.ones(len(self._terms)))
        added = (terms @ of_terms.matrix(everything, np.ones(len(columns)))).tocsr()
        kept = (added - added.multiply(words > 0)).tocsr()
        kept.eliminate_zeros()
        return _rows_of(kept.indices.astype(np.int64), kept.indptr, weights)


def _rows_of(columns: Rows, ends: npt.NDArray[np.integer], weights: Numbers) -> sparse.csr_matrix:
    rows = sparse.csr_matrix((np.sqrt(weights[columns]), columns, ends), shape=(len(ends) - 1, len(weights)))
    rows.sort_indices()
    return rows


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


@cache
def _term_pairs(term: str) -> tuple[str, ...]:
    return tuple(character_pairs(term))
