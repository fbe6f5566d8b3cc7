"""The items that a question is rated for: all of an index, or those that may be its best.

To look at every item takes a time that grows with the index. Of a large one, two legs name the candidates, by words and
by vectors, and only those are rated; how far each stands out among all items is known without looking at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.store.dense import similarities
from plansearch.types import FloatMatrix

Scores = npt.NDArray[np.float64]
"""One number for each item of a pool, ``(n_rated,)``."""

Positions = npt.NDArray[np.int64]
"""Positions of items in an index, ascending."""


class Pool(Protocol):
    """What the legs say of some items; all results are ``(n_rated,)``."""

    @property
    def positions(self) -> Positions:
        """Which items are rated."""
        ...

    def cosines(self, asked: FloatMatrix) -> Scores:
        """Similarity to a vector, ``(1, dimension)``."""
        ...

    def standing_out_in_meaning(self, asked: FloatMatrix, cosines: Scores) -> Scores:
        """How far cosines to a vector lie above the mean of all items, in standard deviations."""
        ...

    def standing_out_in_words(self, weights: Mapping[str, float]) -> Scores:
        """How far BM25 scores of weighted tokens lie above the mean of all items, in standard deviations."""
        ...

    def coverage(self, weights: Mapping[str, float]) -> Scores:
        """How much of some tokens each item has, by their weights, 0 to 1."""
        ...

    def vectors(self, places: Positions) -> FloatMatrix:
        """Vectors of some of the items, by their places among them, ``(n_places, dimension)``."""
        ...


class WholeIndex:
    """All items of an index."""

    def __init__(self, index: PlanIndex) -> None:
        self._index = index

    @cached_property
    def positions(self) -> Positions:
        """All of them."""
        return np.arange(len(self._index), dtype=np.int64)

    def cosines(self, asked: FloatMatrix) -> Scores:
        """Similarity to a vector, ``(1, dimension)``."""
        cosines: Scores = self._index.dense.scores(asked)[0].astype(np.float64)
        return cosines

    def standing_out_in_meaning(self, asked: FloatMatrix, cosines: Scores) -> Scores:  # noqa: ARG002  all are here
        """How far cosines to a vector lie above the mean of all items, in standard deviations."""
        return standard_scores(cosines)

    def standing_out_in_words(self, weights: Mapping[str, float]) -> Scores:
        """How far BM25 scores of weighted tokens lie above the mean of all items, in standard deviations."""
        return standard_scores(self._index.lexical.scores(weights).astype(np.float64))

    def coverage(self, weights: Mapping[str, float]) -> Scores:
        """How much of some tokens each item has, by their weights, 0 to 1."""
        return self._index.lexical.coverage(weights).astype(np.float64)

    def vectors(self, places: Positions) -> FloatMatrix:
        """Vectors of some of the items, by their places among them, ``(n_places, dimension)``."""
        return self._index.dense.vectors(places)


class SomeItems:
    """Some items of an index; what stands out does so among all."""

    def __init__(self, index: PlanIndex, positions: Positions, *, spread: tuple[float, float] | None = None) -> None:
        """Take some items.

        Args:
            index: where they are.
            positions: which, ascending.
            spread: mean and deviation of the BM25 scores of all items, where they are known already.
        """
        self._index = index
        self._spread = spread
        self.positions = positions
        self._known: dict[str, npt.NDArray[np.float32] | None] = {}
        """What each token that was asked for gives to the items; ``None`` where no item of the index has it."""
        self._cosines: dict[bytes, Scores] = {}
        """Similarity to each vector that was asked for: the question's own comes several times."""

    def cosines(self, asked: FloatMatrix) -> Scores:
        """Similarity to a vector, ``(1, dimension)``."""
        key = asked.tobytes()
        if key not in self._cosines:
            self._cosines[key] = self._compared(asked)[0].astype(np.float64)
        return self._cosines[key]

    def standing_out_in_meaning(self, asked: FloatMatrix, cosines: Scores) -> Scores:
        """How far cosines to a vector lie above the mean of all items, in standard deviations."""
        return standardised(cosines, self._index.dense.cells.distribution(asked))

    def standing_out_in_words(self, weights: Mapping[str, float]) -> Scores:
        """How far BM25 scores of weighted tokens lie above the mean of all items, in standard deviations."""
        scores = np.zeros(len(self.positions))
        for token, values in self._values(weights).items():
            scores += weights[token] * values
        return standardised(scores, self._spread or self._index.lexical.distribution(weights))

    def coverage(self, weights: Mapping[str, float]) -> Scores:
        """How much of some tokens each item has, by their weights, 0 to 1."""
        covered = np.zeros(len(self.positions))
        for token, values in self._values(weights).items():
            covered += weights[token] * (values > 0)
        return covered / (sum(weights.values()) or 1.0)

    def vectors(self, places: Positions) -> FloatMatrix:
        """Vectors of some of the items, by their places among them, ``(n_places, dimension)``."""
        return self._vectors[places]

    @cached_property
    def _vectors(self) -> FloatMatrix:
        """Read once: to gather thousands from a mapped file takes longer than to compare them."""
        return self._index.dense.vectors(self.positions)

    def _compared(self, asked: FloatMatrix) -> FloatMatrix:
        return similarities(asked, self._vectors)

    def _values(self, tokens: Mapping[str, float]) -> dict[str, npt.NDArray[np.float32]]:
        """What each token gives to the items; a token that several terms have is looked up once."""
        new = [token for token in tokens if token not in self._known]
        if new:
            found = self._index.lexical.at(new, self.positions)
            self._known.update((token, found.get(token)) for token in new)
        return {token: values for token in tokens if (values := self._known[token]) is not None}


class RoughItems(SomeItems):
    """Some items whose vectors are looked at in 8 bits: enough to name those that may answer, not to rate them."""

    def vectors(self, places: Positions) -> FloatMatrix:
        """Vectors of some of the items as they are, by their places among them, ``(n_places, dimension)``."""
        return self._index.dense.vectors(self.positions[places])

    @cached_property
    def _rough(self) -> npt.NDArray[np.int8]:
        return self._index.dense.rough_vectors(self.positions)

    def _compared(self, asked: FloatMatrix) -> FloatMatrix:
        return self._index.dense.cells.rough.similarities(asked, self._rough)


def standard_scores(values: Scores) -> Scores:
    """Deviations from the mean in standard deviations, ``(n,)``; zeros where all values are equal."""
    return standardised(values, (float(values.mean()), float(values.std())))


def standardised(values: Scores, distribution: tuple[float, float]) -> Scores:
    """Deviations from a mean in standard deviations, ``(n,)``; zeros where nothing deviates.

    Args:
        values: of some items.
        distribution: mean and standard deviation of all items.
    """
    mean, deviation = distribution
    if deviation <= np.finfo(np.float32).eps:
        return np.zeros_like(values)
    scores: Scores = (values - mean) / deviation
    return scores
