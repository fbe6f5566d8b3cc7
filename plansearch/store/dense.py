"""The vectors of an index and the search in them. The only module that knows FAISS.

The vectors lie in one array that is mapped, not read. A search in few of them is one matrix product. Of many, an
inverted file of vectors in 8 bits names the candidates (`candidates`), whose vectors are then looked at as they are.
FAISS is imported only where it pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.store.mapping import VectorFile, mapped
from plansearch.store.moments import Moments
from plansearch.store.rough import RoughVectors
from plansearch.types import FloatMatrix

DENSE_FILES: Final = ("vectors.npy", "vector_rows.npy")
APPROXIMATE_FILES: Final = ("text_items.npy", "text_starts.npy", "vector_moments.npy", "vectors.ivf")
"""Written of many texts only: the items of each text, what `Cells.distribution` needs, and FAISS's inverted file;
beside them `RoughVectors`."""

APPROXIMATE_FROM: Final = 100_000
"""Texts from which on an inverted file is made: below, two matrix products take less than 50 ms on one core."""

CELLS_PROBED: Final = 48
"""Cells of the inverted file that are looked at for a question without filters; with filters more, by the share of
texts that they leave, so that as many vectors are compared."""

READ_AT_MOST: Final = 4_000
"""Vectors of a large index that are read one by one. Mapped, every one of them would bring its neighbours into memory,
and a few hundred questions the whole file."""

EXACT_NEIGHBOURS: Final = 20_000
"""Texts up to which neighbours are searched exactly, in about three seconds on two cores."""

CELLS_SEARCHED: Final = 24
"""Cells of the inverted file that are looked at for the neighbours of a text."""

POINTS_PER_CELL: Final = 40
"""Vectors by which each cell is found; FAISS warns below 39."""

CELLS_BY_ROOT: Final = 4
"""Cells by the square root of the number of texts, as FAISS's guidelines say."""

TRAINING_ROUNDS: Final = 8
"""Rounds of k-means; cells need not be perfect."""

Positions = npt.NDArray[np.int64]
"""Positions of items in an index, ascending."""
Rows = npt.NDArray[np.int32]


class DenseStore:
    """One vector per distinct text, and for every item the row of its vector.

    Similarity is the inner product, which of normalised vectors is the cosine: higher is nearer.
    """

    def __init__(
        self,
        vectors: FloatMatrix,
        rows: npt.NDArray[np.int32],
        cells: Cells | None = None,
        file: VectorFile | None = None,
    ) -> None:
        self._vectors = vectors
        self._rows = rows
        self._cells = cells
        self._file = file

    @staticmethod
    def write(directory: Path, vectors: FloatMatrix, rows: Sequence[int], *, approximate: bool = False) -> None:
        """Write distinct vectors, ``(n_texts, dimension)``, and the row of each item.

        Args:
            directory: a folder that has none yet.
            vectors: normalised.
            rows: in which of them each item's vector is.
            approximate: make an inverted file, too.
        """
        vectors, of_item = np.ascontiguousarray(vectors, dtype=np.float32), np.asarray(rows, dtype=np.int32)
        np.save(directory / DENSE_FILES[0], vectors, allow_pickle=False)
        np.save(directory / DENSE_FILES[1], of_item, allow_pickle=False)
        if approximate:
            Cells.write(directory, vectors, of_item)

    @classmethod
    def open(cls, directory: Path) -> DenseStore:
        """Open what `write` wrote.

        Raises:
            IndexBrokenError: a file is missing, cut off, or doesn't fit the other.
        """
        try:
            vectors, rows = mapped(directory / DENSE_FILES[0]), mapped(directory / DENSE_FILES[1])
        except (OSError, EOFError, ValueError) as error:
            raise IndexBrokenError(f"索引的向量檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        plausible = (vectors.ndim, rows.ndim) == (2, 1) and rows.size > 0
        plausible = plausible and vectors.dtype == np.float32 and rows.dtype == np.int32
        if not plausible or not 0 <= rows.min() <= rows.max() < len(vectors):
            raise IndexBrokenError(f"索引的向量檔彼此不合：{directory}。請重新建立索引。")
        cells = Cells.open(directory, len(rows), vectors.shape)
        file = None if cells is None else VectorFile.open(directory / DENSE_FILES[0], vectors.shape)
        return cls(vectors, rows, cells, file)

    def close(self) -> None:
        """Let go of the file of vectors."""
        if self._file is not None:
            self._file.close()

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
        if self._file is None or len(rows) > READ_AT_MOST:
            return self._vectors[rows]
        return self._file.rows(rows)

    def rough_vectors(self, positions: Positions) -> npt.NDArray[np.int8]:
        """The vectors of items in 8 bits, ``(n_items, dimension)``, for `RoughVectors.similarities`.

        Raises:
            ValueError: the store is not approximate.
        """
        return self.cells.rough.of(self._rows[positions])

    def scores(self, query: FloatMatrix) -> FloatMatrix:
        """Similarity of queries, ``(n_queries, dimension)``, to all items: ``(n_queries, n_items)``.

        Raises:
            IndexBrokenError: some vectors are no numbers.
        """
        scores: FloatMatrix = similarities(query, self._vectors)[:, self._rows]
        return scores

    @property
    def is_approximate(self) -> bool:
        """Whether there are so many texts that `candidates` names them by an inverted file."""
        return self._cells is not None

    @property
    def cells(self) -> Cells:
        """The inverted file.

        Raises:
            ValueError: there are so few texts that there is none.
        """
        if self._cells is None:
            msg = "a store of few texts is searched exactly"
            raise ValueError(msg)
        return self._cells

    def candidates(self, query: FloatMatrix, limit: int, allowed: npt.NDArray[np.bool_] | None = None) -> Positions:
        """Items of the texts nearest to any of some queries, ascending; nearly all of the nearest, not surely all.

        Args:
            query: ``(n_queries, dimension)``.
            limit: how many texts for each query.
            allowed: which items may answer, ``(n_items,)``; all by default.

        Raises:
            ValueError: the store is not approximate.
        """
        texts = None
        if allowed is not None:
            texts = np.zeros(self.n_texts, dtype=np.bool_)
            texts[self._rows[allowed]] = True
        items = self.cells.items(self.cells.texts(query, limit, texts))
        return items if allowed is None else items[allowed[items]]

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


class Cells:
    """An inverted file of vectors in 8 bits: cells of near texts, of which a search looks at the nearest."""

    def __init__(self, path: Path, rough: RoughVectors, items: Rows, starts: Rows, moments: Moments) -> None:
        self._path = path
        self._shape = rough.codes.shape
        self.rough = rough
        self._items = items
        self._starts = starts
        self._moments = moments

    @staticmethod
    def write(directory: Path, vectors: FloatMatrix, rows: npt.NDArray[np.int32]) -> None:
        """Make the cells of all vectors, ``(n_texts, dimension)``; the same vectors give the same cells."""
        import faiss  # noqa: PLC0415  50 ms that a small index doesn't need

        n_texts, dimension = vectors.shape
        n_cells = max(1, min(int(CELLS_BY_ROOT * n_texts**0.5), n_texts // POINTS_PER_CELL))
        inverted = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimension), dimension, n_cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        inverted.cp.niter = TRAINING_ROUNDS
        inverted.train(vectors[:: max(1, n_texts // (n_cells * POINTS_PER_CELL))])
        inverted.add(vectors)
        # FAISS can't open a path with Chinese characters on Windows, so Python writes the file
        (directory / APPROXIMATE_FILES[3]).write_bytes(faiss.serialize_index(inverted).data)
        order = np.argsort(rows, kind="stable").astype(np.int32)
        starts = np.searchsorted(rows[order], np.arange(n_texts + 1)).astype(np.int32)
        np.save(directory / APPROXIMATE_FILES[0], order, allow_pickle=False)
        np.save(directory / APPROXIMATE_FILES[1], starts, allow_pickle=False)
        moments = Moments.none(dimension).with_vectors(vectors, np.bincount(rows, minlength=n_texts))
        np.save(directory / APPROXIMATE_FILES[2], moments.averages, allow_pickle=False)
        RoughVectors.write(directory, vectors)

    @classmethod
    def open(cls, directory: Path, n_items: int, shape: tuple[int, ...]) -> Cells | None:
        """Map what `write` wrote; ``None`` where there is nothing.

        Raises:
            IndexBrokenError: it doesn't fit the vectors.
        """
        if not any((directory / name).exists() for name in APPROXIMATE_FILES):
            return None
        try:
            items, starts, moments = (mapped(directory / name) for name in APPROXIMATE_FILES[:3])
            rough = RoughVectors.open(directory, shape)
        except (OSError, EOFError, ValueError) as error:
            raise IndexBrokenError(f"索引的向量檔無法讀取：{directory}（{error}）。請重新建立索引。") from error
        whole = (len(items), len(starts)) == (n_items, shape[0] + 1)
        whole = whole and items.dtype == np.int32 and starts.dtype == np.int32
        whole = whole and moments.shape == (shape[1] + 1, shape[1]) and bool(np.isfinite(moments).all())
        if not whole or starts[0] != 0 or starts[-1] != n_items or np.any(starts[1:] < starts[:-1]):
            raise IndexBrokenError(f"索引的向量檔彼此不合：{directory}。請重新建立索引。")
        return cls(directory / APPROXIMATE_FILES[3], rough, items, starts, Moments.of_averages(moments))

    def texts(self, query: FloatMatrix, limit: int, allowed: npt.NDArray[np.bool_] | None) -> npt.NDArray[np.int64]:
        """The texts nearest to any of some queries, ascending.

        Args:
            query: ``(n_queries, dimension)``.
            limit: how many for each query.
            allowed: which texts may answer, ``(n_texts,)``; all by default.
        """
        probed, selector = CELLS_PROBED, None
        if allowed is not None:
            share = np.count_nonzero(allowed) / len(allowed)
            probed = int(CELLS_PROBED / share) + 1 if share else 0
            if not probed:
                return np.empty(0, dtype=np.int64)
            selector = self._faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        parameters = self._faiss.SearchParametersIVF(nprobe=min(probed, self._inverted.nlist), sel=selector)
        found = self._inverted.search(np.ascontiguousarray(query, dtype=np.float32), limit, params=parameters)[1]
        if found.max(initial=-1) >= self._shape[0]:
            raise IndexBrokenError(f"索引的向量檔彼此不合：{self._path}。請重新建立索引。")
        return np.unique(found[found >= 0])

    def distribution(self, query: FloatMatrix) -> tuple[float, float]:
        """Mean and standard deviation of the similarity of all items to a query, ``(1, dimension)``."""
        return self._moments.distribution(query)

    def items(self, texts: npt.NDArray[np.int64]) -> Positions:
        """The items of some texts, ascending."""
        first = self._starts[texts].astype(np.int64)
        counts = self._starts[texts + 1] - first
        before = np.cumsum(counts) - counts
        places = np.repeat(first - before, counts) + np.arange(counts.sum())
        return np.sort(self._items[places]).astype(np.int64)

    @cached_property
    def _faiss(self) -> Any:  # noqa: ANN401  its types leave out half of what it has
        import faiss  # noqa: PLC0415  50 ms that a search by words doesn't need

        return faiss

    @cached_property
    def _inverted(self) -> Any:  # noqa: ANN401  FAISS has no types
        """FAISS's inverted file, mapped, or read where FAISS can't open its path.

        Raises:
            IndexBrokenError: it is missing, or doesn't fit the vectors.
        """
        faiss = self._faiss
        try:
            inverted = faiss.read_index(str(self._path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
            # it would start threads for every question to read ahead
            faiss.downcast_InvertedLists(inverted.invlists).prefetch_nthread = 0
        except RuntimeError:
            try:
                inverted = faiss.deserialize_index(np.fromfile(self._path, dtype=np.uint8))
            except (OSError, RuntimeError) as error:
                raise IndexBrokenError(f"索引的向量檔無法讀取：{self._path}。請重新建立索引。") from error
        if (inverted.ntotal, inverted.d) != self._shape:
            raise IndexBrokenError(f"索引的向量檔彼此不合：{self._path}。請重新建立索引。")
        return inverted


def similarities(query: FloatMatrix, vectors: FloatMatrix) -> FloatMatrix:
    """Similarity of queries, ``(n_queries, dimension)``, to vectors, ``(n, dimension)``: ``(n_queries, n)``.

    Raises:
        IndexBrokenError: some vectors are no numbers.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        found: FloatMatrix = query @ vectors.T
    if not np.isfinite(found).all():
        raise IndexBrokenError("索引的向量檔裡有不是數字的值。請重新執行 plansearch index 建立索引。")
    return found
