"""A fixed yardstick for how much a shared word and a near vector say, whatever plans an index has.

``background`` makes it when an index is built; questions are measured by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p
from typing import Final

import numpy as np
import numpy.typing as npt

LEAST_DEVIATION: Final = 1e-6
"""Stands for a deviation of nothing, which only a model that finds everything alike has."""


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """In how many of some texts each token stands."""

    texts: int
    counts: Mapping[str, int]

    def weight(self, token: str) -> float:
        """How much it says that an item has this token: BM25's inverse document frequency.

        ``ln(1 + (N - n + 0.5) / (n + 0.5))``, the largest for tokens that stand in none of the texts.
        """
        count = self.counts.get(token, 0)
        return log1p((self.texts - count + 0.5) / (count + 0.5))


@dataclass(frozen=True, slots=True)
class Chance:
    """Mean and standard deviation of a model's similarity between texts that have nothing to do with each other."""

    mean: float
    deviation: float

    def standardise(self, similarities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """How many deviations each similarity lies above chance; the scale is the same for all models."""
        return (similarities - self.mean) / max(self.deviation, LEAST_DEVIATION)
