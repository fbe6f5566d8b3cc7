"""The words of an index and BM25 scores of them. The only module that knows bm25s.

bm25s scores every word in every item when the index is built. Importing it takes 0.35 s, so a search
reads the arrays it saved and adds up the columns of its words, which gives the same sums.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

LEXICAL_FILES: Final = ("data.csc.index.npy", "indices.csc.index.npy", "indptr.csc.index.npy", "vocabulary.sqlite")

K1: Final = 0.9
B: Final = 0.4
"""Term saturation and length normalisation of BM25. Plan items are short and hardly repeat a word; on the
judged queries anything from 0.6 to 1.2 and 0.3 to 0.5 does as well, the usual 1.5 and 0.75 a little worse."""


class LexicalStore:
    """A sparse matrix of BM25 scores, items by tokens, kept by columns."""

    def __init__(
        self,
        vocabulary: sqlite3.Connection,
        data: npt.NDArray[np.float32],
        indices: npt.NDArray[np.int32],
        indptr: npt.NDArray[np.int64],
        n_items: int,
    ) -> None:
        self._vocabulary = vocabulary
        self._data = data
        self._indices = indices
        self._indptr = indptr
        self.n_items = n_items

    @staticmethod
    def write(directory: Path, token_lists: Sequence[Sequence[str]]) -> None:
        """Score and write the tokens of all items, in order.

        Raises:
            ValueError: there is no token at all.
        """
        import bm25s  # noqa: PLC0415  0.35 s that only a build should take

        # Sorted, since bm25s numbers the tokens by the order of a set, which no two processes share.
        columns = {token: column for column, token in enumerate(sorted({t for tokens in token_lists for t in tokens}))}
        if not columns:
            msg = "an index needs at least one token"
            raise ValueError(msg)
        scorer = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy", csc_backend="numpy")
        ids = [[columns[token] for token in tokens] for tokens in token_lists]
        scorer.index((ids, columns), create_empty_token=False, show_progress=False)
        scorer.save(directory, show_progress=False)
        with closing(sqlite3.connect(directory / LEXICAL_FILES[3])) as connection, connection:
            connection.execute("CREATE TABLE tokens (token TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
            connection.executemany("INSERT INTO tokens VALUES (?, ?)", columns.items())

    @classmethod
    def open(cls, directory: Path, n_items: int) -> LexicalStore:
        """Open what `write` wrote; the arrays are mapped, not read.

        Raises:
            IndexBrokenError: a file is missing, cut off, or doesn't fit the others.
        """
        try:
            data, indices, indptr = (
                np.load(directory / name, mmap_mode="r", allow_pickle=False) for name in LEXICAL_FILES[:3]
            )
        except (OSError, EOFError, ValueError) as error:
            raise IndexBrokenError(f"索引的詞彙檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        if not _fit(data, indices, indptr, n_items):
            raise IndexBrokenError(f"索引的詞彙檔彼此不合：{directory}。請重新建立索引。")
        try:
            # Nobody writes to a finished generation, so it needs no locks, and several threads may read it.
            uri = f"{(directory / LEXICAL_FILES[3]).resolve().as_uri()}?mode=ro&immutable=1"
            vocabulary = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise IndexBrokenError(f"索引的詞彙檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        return cls(vocabulary, data, indices, indptr, n_items)

    def close(self) -> None:
        """Let go of the vocabulary."""
        self._vocabulary.close()

    @property
    def n_tokens(self) -> int:
        """How many distinct tokens the items have."""
        return len(self._indptr) - 1

    def columns(self, tokens: Iterable[str]) -> dict[str, int]:
        """The columns of those tokens that the index knows.

        Raises:
            IndexBrokenError: the vocabulary can't be read.
        """
        known: dict[str, int] = {}
        try:
            for token in sorted(set(tokens)):
                row = self._vocabulary.execute("SELECT number FROM tokens WHERE token = ?", (token,)).fetchone()
                if row is not None:
                    known[token] = range(self.n_tokens).index(row[0])
        except (sqlite3.Error, ValueError) as error:
            raise IndexBrokenError(
                f"索引的詞彙檔無法讀取（{error}）。請重新執行 plansearch index 建立索引。"
            ) from error
        return known

    def counts(self, tokens: Iterable[str]) -> dict[str, int]:
        """In how many items each of those tokens stands that the index knows."""
        return {token: len(self._holders(column)) for token, column in self.columns(tokens).items()}

    def scores(self, tokens: Sequence[str]) -> FloatMatrix:
        """BM25 scores of all items, ``(n_items,)``; a token given twice counts twice."""
        known = self.columns(tokens)
        scores = np.zeros(self.n_items, dtype=np.float32)
        for token in tokens:
            if token in known:
                start, end = self._indptr[known[token]], self._indptr[known[token] + 1]
                # An item stands at most once in a column, so plain indexing adds all.
                scores[self._indices[start:end]] += self._data[start:end]
        return scores

    def coverage(self, weights: Mapping[str, float]) -> FloatMatrix:
        """How much of some tokens each item has, by their weights: ``(n_items,)``, from 0 to 1."""
        known = self.columns(weights)
        covered: FloatMatrix = np.zeros(self.n_items, dtype=np.float32)
        for token in sorted(known):
            covered[self._holders(known[token])] += weights[token]
        covered /= np.float32(sum(weights.values()) or 1.0)
        return covered

    def holders(self, tokens: Iterable[str]) -> npt.NDArray[np.int64]:
        """Positions of the items that have all of these tokens, ascending."""
        wanted = sorted(set(tokens))
        known = self.columns(wanted)
        if not wanted or len(known) < len(wanted):
            return np.empty(0, dtype=np.int64)
        # the rarest first, so that what is intersected stays small
        columns = sorted((self._holders(column) for column in known.values()), key=len)
        held = np.sort(columns[0])
        for column in columns[1:]:
            held = np.intersect1d(held, column, assume_unique=True)
        return held.astype(np.int64)

    def tokens_with(self, part: str) -> list[str]:
        """All tokens that a string is a part of, sorted."""
        try:
            rows = self._vocabulary.execute("SELECT token FROM tokens WHERE instr(token, ?) ORDER BY token", (part,))
            return [row[0] for row in rows]
        except sqlite3.Error as error:
            raise IndexBrokenError(
                f"索引的詞彙檔無法讀取（{error}）。請重新執行 plansearch index 建立索引。"
            ) from error

    def _holders(self, column: int) -> npt.NDArray[np.int32]:
        return self._indices[self._indptr[column] : self._indptr[column + 1]]


def _fit(data: npt.NDArray[Any], indices: npt.NDArray[Any], indptr: npt.NDArray[Any], n_items: int) -> bool:
    """Whether three arrays are the columns of a matrix with so many rows."""
    if any(one.ndim != 1 for one in (data, indices, indptr)) or not len(indptr):
        return False
    if data.dtype.kind != "f" or indices.dtype.kind != "i" or indptr.dtype.kind != "i":
        return False
    if len(data) != len(indices) or indptr[0] != 0 or indptr[-1] != len(data) or np.any(indptr[1:] < indptr[:-1]):
        return False
    return not len(data) or bool(0 <= indices.min() <= indices.max() < n_items and np.isfinite(data).all())
