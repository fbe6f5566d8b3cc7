"""Search: which plan items answer a question, over all plans or agency by agency."""

from __future__ import annotations

from plansearch.retrieval.agencies import ITEMS_PER_AGENCY, is_aim, search_by_agency
from plansearch.retrieval.alone import (
    LOOK,
    MEASURE_ANSWERED,
    POSSIBLE,
    SURE,
    answers_alone,
    answers_measures,
    best_of,
)
from plansearch.retrieval.counting import filter_counts
from plansearch.retrieval.filters import resolve_filters
from plansearch.retrieval.searching import MAX_QUERY_LENGTH, search

__all__ = [
    "ITEMS_PER_AGENCY",
    "LOOK",
    "MAX_QUERY_LENGTH",
    "MEASURE_ANSWERED",
    "POSSIBLE",
    "SURE",
    "answers_alone",
    "answers_measures",
    "best_of",
    "filter_counts",
    "is_aim",
    "resolve_filters",
    "search",
    "search_by_agency",
]
