"""Mean and spread of how similar all items are to any question, without looking at the items.

Of vectors x with mean m and mean product S = E[x x'], the similarity q'x to a question q has the mean q'm and the
variance q'Sq - (q'm)².
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

Floats = npt.NDArray[np.float64]


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

    def with_vectors(self, vectors: FloatMatrix) -> Moments:
        """With those of more items, ``(n_items, dimension)``."""
        return self._changed(vectors, 1)

    def without(self, vectors: FloatMatrix) -> Moments:
        """Without those of some items, ``(n_items, dimension)``."""
        return self._changed(vectors, -1)

    def mean(self, asked: FloatMatrix) -> float:
        """Mean similarity to a question's vector, ``(1, dimension)``."""
        return float(asked[0].astype(np.float64) @ self.total) / max(self.count, 1)

    def deviation(self, asked: FloatMatrix) -> float:
        """Standard deviation of the similarity to a question's vector, ``(1, dimension)``."""
        question = asked[0].astype(np.float64)
        square = float(question @ self.products @ question) / max(self.count, 1)
        return sqrt(max(square - self.mean(asked) ** 2, 0.0))

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

    def _changed(self, vectors: FloatMatrix, sign: int) -> Moments:
        exact = vectors.astype(np.float64)
        products = self.products + sign * (exact.T @ exact)
        return Moments(self.count + sign * len(exact), self.total + sign * exact.sum(axis=0), products)
