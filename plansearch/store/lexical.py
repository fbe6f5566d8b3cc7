"""The words of an index and BM25 scores of them. The only module that knows bm25s.

bm25s scores every word in every item when the index is built. Importing it takes 0.35 s, so a search
reads the arrays it saved and adds up the columns of its words, which gives the same sums.

The arrays are mapped: of a million items a question reads the columns of its words and nothing else. So a column is
looked at for damage when it is read, not when the index is opened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.store.mapping import mapped
from plansearch.types import FloatMatrix

LEXICAL_FILES: Final = ("data.csc.index.npy", "indices.csc.index.npy", "indptr.csc.index.npy", "vocabulary.sqlite")
SAMPLE_FILES: Final = ("sample_data.npy", "sample_indices.npy", "sample_indptr.npy")

SAMPLE_SIZE: Final = 32_768
"""Items, evenly spread, from which a large index takes the mean and the deviation of a question's scores: the mean is
then right to 0.006 deviations, and the whole columns of common words need not be read."""

REMEMBERED: Final = 100_000
"""Tokens whose columns are remembered, some ten megabytes."""

MANY_ROWS: Final = 4_096
"""Rows from which on it pays to write down where each stands before they are looked up in many columns."""

PLACED_AT_MOST: Final = 16
"""Times as many rows as a column may have, so that they are looked up there; in a longer one to search is quicker."""

AT_ONCE: Final = 16
"""Every so many-th item tells about where the best ones begin."""

K1: Final = 0.9
B: Final = 0.4
"""Term saturation and length normalisation of BM25. Plan items are short and hardly repeat a word; on the
judged queries anything from 0.6 to 1.2 and 0.3 to 0.5 does as well, the usual 1.5 and 0.75 a little worse."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A sparse matrix by columns: the column ``c`` has ``data[indptr[c]:indptr[c + 1]]`` at ``indices`` of the same."""

    data: npt.NDArray[np.float32]
    indices: npt.NDArray[np.int32]
    """Rows, ascending in each column, each once."""
    indptr: npt.NDArray[np.int64]
    n_rows: int
    checked: set[int] = field(default_factory=set)
    """Columns that were looked at and are in order: the same words come in question after question."""

    @classmethod
    def open(cls, directory: Path, names: Sequence[str], n_rows: int) -> Columns:
        """Map the three arrays of a matrix.

        Raises:
            IndexBrokenError: one is missing, cut off, or doesn't fit the others.
        """
        try:
            data, indices, indptr = (mapped(directory / name) for name in names)
        except (OSError, EOFError, ValueError) as error:
            raise IndexBrokenError(f"索引的詞彙檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        if not _fit(data, indices, indptr):
            raise IndexBrokenError(f"索引的詞彙檔彼此不合：{directory}。請重新建立索引。")
        return cls(data, indices, indptr, n_rows)

    def holders(self, column: int) -> npt.NDArray[np.int32]:
        """The rows that have something in a column.

        Raises:
            IndexBrokenError: there are no such rows.
        """
        rows = self.indices[self.indptr[column] : self.indptr[column + 1]]
        if column not in self.checked:
            if len(rows) and not (rows[0] >= 0 and rows[-1] < self.n_rows and bool(np.all(rows[1:] > rows[:-1]))):
                raise _broken_column()
            self.checked.add(column)
        return rows

    def column(self, column: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """The rows of a column and what they have there.

        Raises:
            IndexBrokenError: it is damaged.
        """
        return self.holders(column), self.data[self.indptr[column] : self.indptr[column + 1]]

    def places_of(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int32] | None:
        """Where each row of the matrix stands among some rows, -1 for nowhere; ``None`` where it isn't worth it."""
        if len(rows) < MANY_ROWS:
            return None
        places = np.full(self.n_rows, -1, dtype=np.int32)
        places[rows] = np.arange(len(rows), dtype=np.int32)
        return places

    def at(
        self, column: int, rows: npt.NDArray[np.int64], placed: npt.NDArray[np.int32] | None = None
    ) -> npt.NDArray[np.float32]:
        """What some rows, ascending, have in a column, 0 for nothing; the shorter is looked up in the longer.

        Args:
            column: which.
            rows: which.
            placed: what `places_of` said of the rows.
        """
        holders, values = self.column(column)
        found = np.zeros(len(rows), dtype=np.float32)
        if placed is not None and len(holders) <= PLACED_AT_MOST * len(rows):
            at = placed[holders]
            inside = at >= 0
            found[at[inside]] = values[inside]
            return found
        if len(holders) < len(rows):
            places = np.searchsorted(rows, holders)
            inside = places < len(rows)
            inside[inside] = rows[places[inside]] == holders[inside]
            found[places[inside]] = values[inside]
            return found
        places = np.searchsorted(holders, rows.astype(np.int32))
        inside = places < len(holders)
        inside[inside] = holders[places[inside]] == rows[inside]
        found[inside] = values[places[inside]]
        return found

    def every(self, step: int) -> Columns:
        """The same matrix with every so many-th row."""
        kept = np.asarray(self.indices) % step == 0
        counts = np.concatenate([[0], np.cumsum(kept, dtype=np.int64)])
        n_rows = -(-self.n_rows // step)
        return Columns(self.data[kept], self.indices[kept] // step, counts[self.indptr], n_rows)


class LexicalStore:
    """A sparse matrix of BM25 scores, items by tokens, kept by columns."""

    def __init__(
        self,
        vocabulary: sqlite3.Connection,
        columns: Columns,
        n_items: int,
        sample: Columns | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._columns = columns
        self._sample = sample
        self._numbers: dict[str, int | None] = {}
        """Columns that were looked up; ``None`` of tokens that the index doesn't know."""
        self.n_items = n_items

    @staticmethod
    def write(
        directory: Path, vocabulary: Sequence[str], token_lists: Sequence[Sequence[int]], *, sampled: bool = False
    ) -> None:
        """Score and write the tokens of all items, in order.

        Args:
            directory: a folder that has none yet.
            vocabulary: all tokens, each once.
            token_lists: the tokens of each item as places in the vocabulary, repeats kept.
            sampled: write the sample from which `distribution` is told, too.

        Raises:
            ValueError: there is no token at all.
        """
        import bm25s  # noqa: PLC0415  0.35 s that only a build should take

        columns = {token: column for column, token in enumerate(vocabulary)}
        if not columns:
            msg = "an index needs at least one token"
            raise ValueError(msg)
        scorer = bm25s.BM25(k1=K1, b=B, method="lucene", backend="numpy", csc_backend="numpy")
        # bm25s takes only lists in a pair, and any sequence as an object of its own
        scorer.index(bm25s.tokenization.Tokenized(token_lists, columns), create_empty_token=False, show_progress=False)
        scorer.save(directory, show_progress=False)
        with closing(sqlite3.connect(directory / LEXICAL_FILES[3])) as connection, connection:
            connection.execute("CREATE TABLE tokens (token TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")
            connection.executemany("INSERT INTO tokens VALUES (?, ?)", columns.items())
        if sampled:
            n_items = len(token_lists)
            sample = Columns.open(directory, LEXICAL_FILES[:3], n_items).every(max(1, n_items // SAMPLE_SIZE))
            arrays: tuple[npt.NDArray[Any], ...] = (sample.data, sample.indices, sample.indptr)
            for name, array in zip(SAMPLE_FILES, arrays, strict=True):
                np.save(directory / name, array, allow_pickle=False)

    @classmethod
    def open(cls, directory: Path, n_items: int) -> LexicalStore:
        """Open what `write` wrote; the arrays are mapped, not read.

        Raises:
            IndexBrokenError: a file is missing, cut off, or doesn't fit the others.
        """
        columns = Columns.open(directory, LEXICAL_FILES[:3], n_items)
        sample = None
        if all((directory / name).exists() for name in SAMPLE_FILES):
            step = max(1, n_items // SAMPLE_SIZE)
            sample = Columns.open(directory, SAMPLE_FILES, -(-n_items // step))
            if len(sample.indptr) != len(columns.indptr):
                raise IndexBrokenError(f"索引的詞彙檔彼此不合：{directory}。請重新建立索引。")
        try:
            # Nobody writes to a finished generation, so it needs no locks, and several threads may read it.
            uri = f"{(directory / LEXICAL_FILES[3]).resolve().as_uri()}?mode=ro&immutable=1"
            vocabulary = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise IndexBrokenError(f"索引的詞彙檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        return cls(vocabulary, columns, n_items, sample)

    def close(self) -> None:
        """Let go of the vocabulary."""
        self._vocabulary.close()

    @property
    def n_tokens(self) -> int:
        """How many distinct tokens the items have."""
        return len(self._columns.indptr) - 1

    def columns(self, tokens: Iterable[str]) -> dict[str, int]:
        """The columns of those tokens that the index knows.

        Raises:
            IndexBrokenError: the vocabulary can't be read.
        """
        wanted = dict.fromkeys(tokens)
        if len(self._numbers) > REMEMBERED:
            self._numbers.clear()
        try:
            for token in [token for token in wanted if token not in self._numbers]:
                row = self._vocabulary.execute("SELECT number FROM tokens WHERE token = ?", (token,)).fetchone()
                self._numbers[token] = None if row is None else range(self.n_tokens).index(row[0])
        except (sqlite3.Error, ValueError) as error:
            raise IndexBrokenError(
                f"索引的詞彙檔無法讀取（{error}）。請重新執行 plansearch index 建立索引。"
            ) from error
        return {token: number for token in wanted if (number := self._numbers[token]) is not None}

    def counts(self, tokens: Iterable[str]) -> dict[str, int]:
        """In how many items each of those tokens stands that the index knows."""
        return {token: len(self._columns.holders(column)) for token, column in self.columns(tokens).items()}

    def scores(self, weights: Mapping[str, float]) -> FloatMatrix:
        """BM25 scores of all items, ``(n_items,)``, each token's as often as its weight says."""
        known = self.columns(weights)
        scores = np.zeros(self.n_items, dtype=np.float32)
        for token, weight in weights.items():
            if token in known:
                rows, values = self._columns.column(known[token])
                # An item stands at most once in a column, so plain indexing adds all.
                with np.errstate(over="ignore", invalid="ignore"):
                    scores[rows] += values if weight == 1 else np.float32(weight) * values
        return _finite(scores)

    def partial_scores(self, weights: Mapping[str, float], budget: int) -> npt.NDArray[np.float32]:
        """`scores` without those of the commonest tokens, ``(n_items,)``.

        Args:
            weights: tokens and how often each counts.
            budget: how many entries of columns are read; the rarest tokens come first, and one of them at least.
        """
        known = self.columns(weights)
        rarest = sorted(known, key=lambda token: (len(self._columns.holders(known[token])), token))
        scores, read = np.zeros(self.n_items, dtype=np.float32), 0
        for token in rarest:
            rows, values = self._columns.column(known[token])
            if read and read + len(rows) > budget:
                break
            read += len(rows)
            with np.errstate(over="ignore", invalid="ignore"):
                scores[rows] += np.float32(weights[token]) * values
        return _finite(scores)

    def distribution(self, weights: Mapping[str, float]) -> tuple[float, float]:
        """Mean and standard deviation of `scores` over all items, from the sample where there is one."""
        if self._sample is None:
            scores = self.scores(weights).astype(np.float64)
            return float(scores.mean()), float(scores.std())
        scores = np.zeros(self._sample.n_rows)
        for token, column in self.columns(weights).items():
            rows, values = self._sample.column(column)
            scores[rows] += weights[token] * values
        return float(scores.mean()), float(scores.std())

    def at(self, tokens: Iterable[str], positions: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float32]]:
        """BM25 scores of single tokens at some positions, ascending; tokens that no item has are left out."""
        places = self._columns.places_of(positions)
        return {
            token: _finite(self._columns.at(column, positions, places))
            for token, column in self.columns(tokens).items()
        }

    def coverage(self, weights: Mapping[str, float]) -> FloatMatrix:
        """How much of some tokens each item has, by their weights: ``(n_items,)``, from 0 to 1."""
        known = self.columns(weights)
        covered: FloatMatrix = np.zeros(self.n_items, dtype=np.float32)
        for token in sorted(known):
            covered[self._columns.holders(known[token])] += weights[token]
        covered /= np.float32(sum(weights.values()) or 1.0)
        return covered

    def holders(self, tokens: Iterable[str]) -> npt.NDArray[np.int64]:
        """Positions of the items that have all of these tokens, ascending."""
        wanted = sorted(set(tokens))
        known = self.columns(wanted)
        if not wanted or len(known) < len(wanted):
            return np.empty(0, dtype=np.int64)
        # the rarest first, so that what is intersected stays small
        columns = sorted((self._columns.holders(column) for column in known.values()), key=len)
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


def best_positions(scores: npt.NDArray[np.float32], limit: int) -> npt.NDArray[np.int64]:
    """Positions of the highest scores above 0, ascending; of equal ones at the end there may be more than the limit.

    To sort a million would take longer than all the rest of a search.
    """
    seen = np.sort(scores[::AT_ONCE])
    least = seen[-min(len(seen), 1 + 2 * limit // AT_ONCE)] if len(seen) else 0.0
    found = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores)
    if len(found) < limit and least > 0:
        found = np.flatnonzero(scores)
    if len(found) > limit:
        values = scores[found]
        found = found[values >= np.partition(values, -limit)[-limit]]
    return found


def _finite(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if not np.isfinite(scores).all():
        raise _broken_column()
    return scores


def _broken_column() -> IndexBrokenError:
    return IndexBrokenError("索引的詞彙檔彼此不合。請重新執行 plansearch index 建立索引。")


def _fit(data: npt.NDArray[Any], indices: npt.NDArray[Any], indptr: npt.NDArray[Any]) -> bool:
    """Whether three arrays are the columns of a matrix."""
    if any(one.ndim != 1 for one in (data, indices, indptr)) or not len(indptr):
        return False
    if data.dtype.kind != "f" or indices.dtype.kind != "i" or indptr.dtype.kind != "i":
        return False
    return (
        len(data) == len(indices)
        and indptr[0] == 0
        and indptr[-1] == len(data)
        and not bool(np.any(indptr[1:] < indptr[:-1]))
    )
