"""Items that say the same in the same words, folded into one hit; `plansearch.sameness` tells which do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of items with one text: the best one, and its twins, best first."""

    best: int
    twins: tuple[int, ...]


def single_groups(positions: Iterable[int]) -> list[Group]:
    """Every item as a group of its own, in order."""
    return [Group(int(position), ()) for position in positions]


def fold_twins(index: PlanIndex, ranked: Sequence[int], limit: int | None) -> list[Group]:
    """Fold ranked items that say the same.

    Args:
        index: where they are.
        ranked: positions, best first.
        limit: how many groups are wanted; ``None`` for all.

    Returns:
        Groups in the order of their best items.
    """
    members: dict[int, list[int]] = {}
    for position, key in zip(ranked, index.facets.keys[np.asarray(ranked, dtype=np.int64)].tolist(), strict=True):
        if key in members:
            members[key].append(position)
        elif limit is None or len(members) < limit:
            members[key] = [position]
    return [Group(some[0], tuple(some[1:])) for some in members.values()]


def without_copies(index: PlanIndex, ranked: npt.NDArray[np.int64], unwanted: Sequence[int]) -> npt.NDArray[np.int64]:
    """Ranked positions without those of the same text as some unwanted items."""
    if not unwanted:
        return ranked
    keys = index.facets.keys
    return ranked[~np.isin(keys[ranked], keys[np.asarray(unwanted, dtype=np.int64)])]
