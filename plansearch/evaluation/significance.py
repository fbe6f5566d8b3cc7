"""How far a mean over queries can be trusted, and whether two means differ by more than chance.

Both resample queries, since other queries are what might have been asked (Smucker, Allan and Carterette 2007,
"A comparison of statistical significance tests for information retrieval evaluation").
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

import numpy as np

RESAMPLES: Final = 2_000
SIGN_FLIPS: Final = 10_000
"""Random assignments of signs: enough to tell a p of 0.05 within 0.004 (twice its standard error)."""
EXACT_QUERIES: Final = 12
"""Up to this many queries that differ, all assignments of signs are tried (4,096) instead of random ones."""
SEED: Final = 20170101
"""The same input gives the same figures."""
CONFIDENCE: Final = 0.95

_ROUNDING: Final = 1e-12
"""Sums of the same numbers in another order differ by less."""


class Interval(NamedTuple):
    """From where to where a mean may lie."""

    low: float
    high: float


def bootstrap_interval(values: Sequence[float]) -> Interval | None:
    """95 % percentile bootstrap interval of a mean (Efron 1979); ``None`` for less than two values.

    Args:
        values: one for each query.
    """
    if len(values) < 2:  # noqa: PLR2004  one value says nothing about others
        return None
    sample = np.asarray(values, dtype=np.float64)
    chosen = np.random.default_rng(SEED).integers(0, len(sample), (RESAMPLES, len(sample)))
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(sample[chosen].mean(axis=1), [tail, 100 - tail])
    return Interval(float(low), float(high))


def randomisation_p(differences: Sequence[float]) -> float:
    """Two-sided p value of a paired randomisation test (Fisher 1935).

    How often a mean difference at least as large would come about if it were chance which of two ways of searching
    did better on each query.

    Args:
        differences: second minus first, one for each query.
    """
    moved = np.asarray([value for value in differences if value], dtype=np.float64)
    if not len(moved):
        return 1.0
    observed = abs(moved.sum()) - _ROUNDING
    if len(moved) <= EXACT_QUERIES:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(moved))))
        return float((np.abs(signs @ moved) >= observed).mean())
    signs = np.random.default_rng(SEED).choice((-1.0, 1.0), (SIGN_FLIPS, len(moved)))
    # the assignment that was observed counts as one of them, so that p is never 0 (Phipson and Smyth 2010)
    return float((np.abs(signs @ moved) >= observed).sum() + 1) / (SIGN_FLIPS + 1)
