"""How good one ranking is, from the grades of its hits."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2
from typing import Final

from plansearch.evaluation.judgements import ANSWERS

NDCG_DEPTH: Final = 10
"""A first page of hits."""
RECALL_DEPTH: Final = 20


def ndcg(grades: Sequence[int], judged: Sequence[int], depth: int = NDCG_DEPTH) -> float:
    """Normalised discounted cumulative gain, from 0 to 1 (Järvelin and Kekäläinen 2002; gain 2^grade - 1, Burges 2005).

    Args:
        grades: of the hits, best hit first; 0 for a hit that nobody judged.
        judged: of all judged items, in any order; one of them at least is above 0.
        depth: how many hits count.
    """
    return _gain(grades[:depth]) / _gain(sorted(judged, reverse=True)[:depth])


def recall(grades: Sequence[int], judged: Sequence[int], depth: int = RECALL_DEPTH) -> float | None:
    """Part of the items that answer the query (grade 2) among the first hits; ``None`` where no item answers it.

    Args:
        grades: of the hits, best hit first.
        judged: of all judged items.
        depth: how many hits count.
    """
    wanted = sum(grade == ANSWERS for grade in judged)
    return sum(grade == ANSWERS for grade in grades[:depth]) / wanted if wanted else None


def reciprocal_rank(grades: Sequence[int]) -> float:
    """One over the rank of the first relevant hit, 0 where there is none.

    Relevant is grade 1 and above, and all hits count, as in trec_eval's ``recip_rank``.
    """
    return next((1 / rank for rank, grade in enumerate(grades, start=1) if grade > 0), 0.0)


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1))
