"""The vectors of an index and exact search in them. The only module that knows FAISS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

_faiss: Final[Any] = faiss
"""FAISS's types leave out half of what it has."""

DENSE_FILES: Final = ("dense.faiss", "dense_rows.npy")

DIRECT_LIMIT: Final = 2000
"""Texts up to which one matrix product is quicker than FAISS with a selector."""

Positions = npt.NDArray[np.int64]
"""Positions of items in an index, ascending."""


class DenseStore:
    """One vector per distinct text, and for every item the row of its vector.

    Similarity is the inner product, which of normalised vectors is the cosine: higher is nearer.
    """

    def __init__(self, index: Any, rows: npt.NDArray[np.int32]) -> None:  # noqa: ANN401  FAISS has no types
        self._index = index
        self._rows = rows
        self._vectors: FloatMatrix = index.reconstruct_n(0, index.ntotal)

    @staticmethod
    def write(directory: Path, vectors: FloatMatrix, rows: Sequence[int]) -> None:
        """Write distinct vectors, ``(n_texts, dimension)``, and the row of each item."""
        index = _faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        # Through Python's own file: FAISS can't open a path with Chinese characters on Windows.
        with (directory / DENSE_FILES[0]).open("wb") as file:
            _faiss.write_index(index, _faiss.PyCallbackIOWriter(file.write))
        np.save(directory / DENSE_FILES[1], np.asarray(rows, dtype=np.int32), allow_pickle=False)

    @classmethod
    def open(cls, directory: Path) -> DenseStore:
        """Open what `write` wrote.

        Raises:
            IndexBrokenError: a file is missing, cut off, or doesn't fit the other.
        """
        try:
            with (directory / DENSE_FILES[0]).open("rb") as file:
                index = _faiss.read_index(_faiss.PyCallbackIOReader(file.read))
            rows = np.load(directory / DENSE_FILES[1], allow_pickle=False)
        except (OSError, EOFError, ValueError, RuntimeError) as error:
            raise IndexBrokenError(f"索引的向量檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        if rows.ndim != 1 or (rows.size and not 0 <= rows.min() <= rows.max() < index.ntotal):
            raise IndexBrokenError(f"索引的向量檔彼此不合：{directory}。請重新建立索引。")
        return cls(index, rows)

    @property
    def n_items(self) -> int:
        """How many items have a vector."""
        return len(self._rows)

    @property
    def n_texts(self) -> int:
        """How many distinct texts, and so vectors, there are."""
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def vectors(self, positions: Positions | None = None) -> FloatMatrix:
        """The vectors of items, ``(n_items, dimension)``; of all items in order by default."""
        rows = self._rows if positions is None else self._rows[positions]
        return self._vectors[rows]

    def scores(self, query: FloatMatrix) -> FloatMatrix:
        """Similarity of queries, ``(n_queries, dimension)``, to all items: ``(n_queries, n_items)``."""
        similarities: FloatMatrix = (query @ self._vectors.T)[:, self._rows]
        return similarities

    def nearest(
        self, query: FloatMatrix, limit: int, positions: Positions | None = None
    ) -> tuple[npt.NDArray[np.int64], FloatMatrix]:
        """The items nearest to each query, best first, ties by position.

        Args:
            query: ``(n_queries, dimension)``.
            limit: how many at most.
            positions: the items that may answer; all by default.

        Returns:
            Positions and similarities, both ``(n_queries, min(limit, n_allowed))``.
        """
        allowed = np.arange(self.n_items, dtype=np.int64) if positions is None else positions
        depth = min(limit, len(allowed))
        best = np.empty((len(query), depth), dtype=np.int64)
        nearness = np.empty((len(query), depth), dtype=np.float32)
        if not depth:
            return best, nearness
        texts = np.unique(self._rows[allowed]).astype(np.int64)
        for place, similar in enumerate(self._similar_texts(query, texts, depth)):
            # Every text has an item, so the nearest `depth` items are among those of the nearest `depth` texts.
            candidates = allowed[similar[self._rows[allowed]] > -np.inf]
            scores = similar[self._rows[candidates]]
            order = np.argsort(-scores, kind="stable")[:depth]
            best[place], nearness[place] = candidates[order], scores[order]
        return best, nearness

    def _similar_texts(self, query: FloatMatrix, texts: npt.NDArray[np.int64], depth: int) -> Iterator[FloatMatrix]:
        """For each query the similarity of each text row, minus infinity where it can't be among the nearest."""
        asked = np.ascontiguousarray(query, dtype=np.float32)
        depth = min(depth, len(texts))
        if len(texts) <= DIRECT_LIMIT:
            found, scores = np.broadcast_to(texts, (len(asked), len(texts))), asked @ self._vectors[texts].T
        else:
            parameters = _faiss.SearchParameters(sel=_faiss.IDSelectorBatch(texts))
            scores, found = self._index.search(asked, depth, params=parameters)
        for rows, row_scores in zip(found, scores, strict=True):
            similar = np.full(self.n_texts, -np.inf, dtype=np.float32)
            similar[rows] = row_scores
            yield similar
