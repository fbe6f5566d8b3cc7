"""How good search is on queries that people have judged, and whether one way of searching is better than another."""

from __future__ import annotations

from plansearch.evaluation.judgements import JudgedQuery, Judgement, read_judged_queries
from plansearch.evaluation.outcomes import Comparison, Evaluation, Variant
from plansearch.evaluation.scoring import compare_evaluations, evaluate

__all__ = [
    "Comparison",
    "Evaluation",
    "JudgedQuery",
    "Judgement",
    "Variant",
    "compare_evaluations",
    "evaluate",
    "read_judged_queries",
]
