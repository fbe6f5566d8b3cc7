"""Names the items that may answer a question best, where an index is too large to rate all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.retrieval.pools import SomeItems
from plansearch.types import FloatMatrix


@dataclass(frozen=True, slots=True)
class Depth:
    """How many candidates each leg names."""

    texts: int
    """Nearest to each vector."""
    items: int
    """With most of the words, by their rarity."""


FIRST: Final = Depth(texts=100, items=200)
"""The best of all items, whatever the filters: they say whether the subject is known, and feed back."""

FINAL: Final = Depth(texts=200, items=400)
"""Those among which the hits are. ``benchmarks/RESULTS.md`` says how often one is missed."""

READ_AT_MOST: Final = 600_000
"""Entries of words' columns that are read to name items; rare words come first."""


def name_candidates(
    index: PlanIndex,
    depth: Depth,
    *,
    vectors: Sequence[FloatMatrix],
    weights: Mapping[str, float],
    allowed: npt.NDArray[np.bool_] | None = None,
) -> SomeItems:
    """Items that may be the best: nearest to any of some vectors, or with most of some words.

    Args:
        index: one whose dense store is approximate.
        depth: how many of each leg.
        vectors: each ``(1, dimension)``.
        weights: tokens and how often each counts.
        allowed: which items may answer, ``(n_items,)``; all by default.
    """
    named = [np.empty(0, dtype=np.int64)]
    if vectors:
        named.append(index.dense.candidates(np.concatenate(vectors), depth.texts, allowed))
    if weights:
        may = np.ones(len(index), dtype=np.bool_) if allowed is None else allowed
        named.append(index.lexical.leading(weights, depth.items, may, READ_AT_MOST))
    return SomeItems(index, np.unique(np.concatenate(named)))
