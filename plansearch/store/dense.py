"""The vectors of an index and exact search in them. The only module that knows FAISS.

The vectors lie in one array that is mapped, not read. A search in few of them is one matrix product; where
there are many, FAISS's exact index is made of the same array. So FAISS is imported only when it pays, and never
opens a path itself, which on Windows fails where the path has Chinese characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

DENSE_FILES: Final = ("vectors.npy", "vector_rows.npy")

DIRECT_LIMIT: Final = 2000
"""Texts up to which one matrix product is quicker than FAISS with a selector."""

EXACT_NEIGHBOURS: Final = 20_000
"""Texts up to which neighbours are searched exactly, in about three seconds on two cores."""

CELLS_SEARCHED: Final = 24
"""Cells of the inverted file that are looked at for the neighbours of a text."""

POINTS_PER_CELL: Final = 40
"""Vectors by which each cell is found; FAISS warns below 39."""

Positions = npt.NDArray[np.int64]
"""Positions of items in an index, ascending."""


class DenseStore:
    """One vector per distinct text, and for every item the row of its vector.

    Similarity is the inner product, which of normalised vectors is the cosine: higher is nearer.
    """

    def __init__(self, vectors: FloatMatrix, rows: npt.NDArray[np.int32]) -> None:
        self._vectors = vectors
        self._rows = rows

    @staticmethod
    def write(directory: Path, vectors: FloatMatrix, rows: Sequence[int]) -> None:
        """Write distinct vectors, ``(n_texts, dimension)``, and the row of each item."""
        np.save(directory / DENSE_FILES[0], np.ascontiguousarray(vectors, dtype=np.float32), allow_pickle=False)
        np.save(directory / DENSE_FILES[1], np.asarray(rows, dtype=np.int32), allow_pickle=False)

    @classmethod
    def open(cls, directory: Path) -> DenseStore:
        """Open what `write` wrote.

        Raises:
            IndexBrokenError: a file is missing, cut off, or doesn't fit the other.
        """
        try:
            vectors = np.load(directory / DENSE_FILES[0], mmap_mode="r", allow_pickle=False)
            rows = np.load(directory / DENSE_FILES[1], allow_pickle=False)
        except (OSError, EOFError, ValueError) as error:
            raise IndexBrokenError(f"索引的向量檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        plausible = (vectors.ndim, rows.ndim) == (2, 1) and rows.size > 0
        plausible = plausible and (vectors.dtype, rows.dtype) == (np.float32, np.int32)
        if not plausible or not 0 <= rows.min() <= rows.max() < len(vectors):
            raise IndexBrokenError(f"索引的向量檔彼此不合：{directory}。請重新建立索引。")
        return cls(vectors, rows)

    @property
    def n_items(self) -> int:
        """How many items have a vector."""
        return len(self._rows)

    @property
    def n_texts(self) -> int:
        """How many distinct texts, and so vectors, there are."""
        return len(self._vectors)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    def vectors(self, positions: Positions | None = None) -> FloatMatrix:
        """The vectors of items, ``(n_items, dimension)``; of all items in order by default."""
        rows = self._rows if positions is None else self._rows[positions]
        return self._vectors[rows]

    def scores(self, query: FloatMatrix) -> FloatMatrix:
        """Similarity of queries, ``(n_queries, dimension)``, to all items: ``(n_queries, n_items)``.

        Raises:
            IndexBrokenError: some vectors are no numbers.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            similarities: FloatMatrix = (query @ self._vectors.T)[:, self._rows]
        if not np.isfinite(similarities).all():
            raise IndexBrokenError("索引的向量檔裡有不是數字的值。請重新執行 plansearch index 建立索引。")
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

    def distinct(self, positions: Positions) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The distinct texts of some items, as rows of vectors ascending, and which of them each item has."""
        texts, of_item = np.unique(self._rows[positions], return_inverse=True)
        return texts.astype(np.int64), of_item.astype(np.int64)

    def neighbours(self, texts: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
        """For each of some texts the others among them that are nearest to it, best first.

        Up to `EXACT_NEIGHBOURS` texts the search is exact, which takes the square of their number; of more, only the
        texts in the nearest cells of an inverted file are looked at.

        Args:
            texts: rows of vectors, as `distinct` gives them.
            limit: how many neighbours.

        Returns:
            Places in ``texts``, ``(n_texts, min(limit, n_texts - 1))``.
        """
        import faiss  # noqa: PLC0415  50 ms that a question doesn't need

        vectors = np.ascontiguousarray(self._vectors[texts])
        depth = min(limit, len(texts) - 1)
        index: Any = faiss.IndexFlatIP(self.dimension)
        if len(texts) > EXACT_NEIGHBOURS:
            cells = int(4 * len(texts) ** 0.5)
            index = faiss.IndexIVFFlat(index, self.dimension, cells, faiss.METRIC_INNER_PRODUCT)
            index.nprobe = CELLS_SEARCHED
            index.cp.niter = 8  # cells need not be perfect
            index.train(vectors[:: max(1, len(texts) // (cells * POINTS_PER_CELL))])
        index.add(vectors)
        found = index.search(vectors, depth + 1)[1]
        # a text is its own nearest, but equal vectors may stand before it
        own = found == np.arange(len(texts))[:, np.newaxis]
        own[~own.any(axis=1), -1] = True
        neighbours: npt.NDArray[np.int64] = found[~own].reshape(len(texts), depth).astype(np.int64)
        return neighbours

    @cached_property
    def _faiss_index(self) -> tuple[Any, Any]:
        """FAISS (whose types leave out half of what it has) and its exact index of all vectors."""
        import faiss  # noqa: PLC0415  50 ms that a small index doesn't need

        index = faiss.IndexFlatIP(self.dimension)
        index.add(np.ascontiguousarray(self._vectors))
        return faiss, index

    def _similar_texts(self, query: FloatMatrix, texts: npt.NDArray[np.int64], depth: int) -> Iterator[FloatMatrix]:
        """For each query the similarity of each text row, minus infinity where it can't be among the nearest."""
        asked = np.ascontiguousarray(query, dtype=np.float32)
        depth = min(depth, len(texts))
        if len(texts) <= DIRECT_LIMIT:
            found, scores = np.broadcast_to(texts, (len(asked), len(texts))), asked @ self._vectors[texts].T
        else:
            faiss, index = self._faiss_index
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(texts))
            scores, found = index.search(asked, depth, params=parameters)
        for rows, row_scores in zip(found, scores, strict=True):
            similar = np.full(self.n_texts, -np.inf, dtype=np.float32)
            similar[rows] = row_scores
            yield similar
