"""Mean and spread of how similar all items are to any question, without looking at the items.

Of vectors x with mean m and mean product S = E[x x'], the similarity q'x to a question q has the mean q'm and the
variance q'Sq - (q'm)².
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

Floats = npt.NDArray[np.float64]

AT_ONCE: Final = 65_536
"""Vectors that are taken to 64 bits at once, some 200 MB."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the vectors of all items."""

    count: int
    total: Floats
    """``(dimension,)``."""
    products: Floats
    """``(dimension, dimension)``."""

    @classmethod
    def none(cls, dimension: int) -> Moments:
        """Of no item."""
        return cls(0, np.zeros(dimension), np.zeros((dimension, dimension)))

    @classmethod
    def of_averages(cls, averages: Floats) -> Moments:
        """As of one item, from what `averages` gave: `distribution` is the same."""
        return cls(1, averages[0], averages[1:])

    @property
    def averages(self) -> Floats:
        """Mean and mean products, ``(1 + dimension, dimension)``."""
        return np.concatenate([self.total[np.newaxis], self.products]) / max(self.count, 1)

    def with_vectors(self, vectors: FloatMatrix, times: npt.NDArray[np.int64] | None = None) -> Moments:
        """With those of more items, ``(n_vectors, dimension)``, each as often as ``times`` says, by default once."""
        return self._changed(vectors, np.ones(len(vectors), dtype=np.int64) if times is None else times)

    def without(self, vectors: FloatMatrix) -> Moments:
        """Without those of some items, ``(n_items, dimension)``."""
        return self._changed(vectors, np.full(len(vectors), -1, dtype=np.int64))

    def distribution(self, asked: FloatMatrix) -> tuple[float, float]:
        """Mean and standard deviation of the similarity of all items to a question's vector, ``(1, dimension)``."""
        question, count = asked[0].astype(np.float64), max(self.count, 1)
        mean = float(question @ self.total) / count
        square = float(question @ self.products @ question) / count
        return mean, sqrt(max(square - mean * mean, 0.0))

    def to_bytes(self) -> bytes:
        """As bytes: the count, the total, and the products but for those below the diagonal, which are the same."""
        upper = self.products[np.triu_indices(len(self.total))]
        return np.concatenate([[float(self.count)], self.total, upper]).astype("<f8").tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, dimension: int) -> Moments:
        """What `to_bytes` made bytes of.

        Raises:
            IndexBrokenError: it is not of this dimension.
        """
        values = np.frombuffer(content, dtype="<f8") if len(content) % 8 == 0 else np.empty(0)
        if len(values) != 1 + dimension + dimension * (dimension + 1) // 2:
            raise IndexBrokenError("索引的向量統計不完整。請重新執行 plansearch index --store 建立索引。")
        products = np.zeros((dimension, dimension))
        products[np.triu_indices(dimension)] = values[1 + dimension :]
        products += np.triu(products, 1).T
        return cls(int(values[0]), values[1 : 1 + dimension].astype(np.float64), products)

    def _changed(self, vectors: FloatMatrix, times: npt.NDArray[np.int64]) -> Moments:
        total, products = self.total.copy(), self.products.copy()
        for start in range(0, len(vectors), AT_ONCE):
            some = vectors[start : start + AT_ONCE].astype(np.float64)
            weighted = times[start : start + AT_ONCE, np.newaxis] * some
            total += weighted.sum(axis=0)
            products += weighted.T @ some
        return Moments(self.count + int(times.sum()), total, products)
