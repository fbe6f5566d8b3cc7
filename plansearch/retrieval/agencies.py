"""Search inside each agency: who covers a subject, who may, who lost text, and who does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from plansearch.agencies import Agency, group_agencies
from plansearch.index import PlanIndex
from plansearch.results import AgencyHits, AgencyResult, Caveat, Coverage, Filters, Hit, SearchMode
from plansearch.retrieval.filters import resolve_filters
from plansearch.retrieval.folding import fold_twins
from plansearch.retrieval.searching import NO_FILTERS, added_terms, check_limit, hits_of, inquire, named_headings, rank
from plansearch.text import fold
from plansearch.types import PlanItem

ITEMS_PER_AGENCY: Final = 3
"""Items shown of each agency unless told otherwise."""

_AIMS: Final = ("目标", "目的", "愿景", "缘起", "理念", "前言")
"""Words, folded, in the names of sections that say what a plan is for."""

_ORDER: Final[dict[Coverage, int]] = {"found": 0, "possible": 1, "lost": 2, "absent": 3, "unasked": 4}


def search_by_agency(
    index: PlanIndex,
    query: str,
    *,
    filters: Filters = NO_FILTERS,
    limit: int | None = ITEMS_PER_AGENCY,
    mode: SearchMode = "hybrid",
    exact: bool = False,
    why: bool = False,
) -> AgencyResult:
    """Find the best items of each agency, and tell which agencies have none.

    Each agency is searched for itself, so a long plan takes no place from a short one.

    Args:
        index: what to search.
        query: as `search`.
        filters: which agencies and items may answer.
        limit: how many hits of each agency at most; ``None`` for all that are close enough.
        mode: as `search`.
        exact: add no words to the question.
        why: say of each hit why it was found.

    Raises:
        PlansearchError: as `search`.
    """
    check_limit(limit)
    inquiry = inquire(index, query, mode=mode, exact=exact)
    resolved = resolve_filters(index, filters)
    caveats = index.catalog.caveats(resolved)
    positions = index.catalog.allowed_by_plan(resolved)
    agencies = []
    kept = set(index.catalog.plan_names(resolved))
    for agency in group_agencies(plan for plan in index.plans if plan.plan in kept):
        names = tuple(plan.plan for plan in agency.plans)
        places = sorted(place for name in names for place in positions.get(name, []))
        ranked = rank(inquiry, np.asarray(places, dtype=np.int64))
        hits = hits_of(index, inquiry, fold_twins(index, ranked.tolist(), limit), why=why)
        lost = tuple(caveat for caveat in caveats if caveat.plan in names)
        agencies.append(_one_agency(agency, hits, lost, total=len(ranked), searched=len(places)))
    agencies.sort(key=lambda one: (_ORDER[one.state], -max((hit.score for hit in one.hits), default=0.0)))
    return AgencyResult(
        inquiry.query,
        mode,
        resolved,
        index.model,
        tuple(agencies),
        unread=index.unread,
        added=added_terms(inquiry.question),
        unknown=inquiry.question.unknown,
        headings=named_headings(index, inquiry.question),
        phrases=inquiry.question.phrases,
        exact=exact,
    )


def _one_agency(
    agency: Agency, hits: tuple[Hit, ...], lost: tuple[Caveat, ...], *, total: int, searched: int
) -> AgencyHits:
    about = agency.plans[-1].metadata
    names = tuple(plan.plan for plan in agency.plans)
    return AgencyHits(
        about.agency, about.agency_type, about.city, names, _state(hits, lost, searched), hits, total, searched, lost
    )


def _state(hits: Sequence[Hit], lost: Sequence[Caveat], searched: int) -> Coverage:
    measures = [hit for hit in hits if not hit.restates]
    if any(hit.grade != "possible" and not is_aim(hit.found.item) for hit in measures):
        return "found"
    if measures:
        return "possible"
    # a requirement's number that is skipped may as well have been left out on purpose
    if any(one.damage.kind != "numbering_gap" for one in lost):
        return "lost"
    return "absent" if searched else "unasked"


def is_aim(item: PlanItem) -> bool:
    """Whether an item says what a plan is for rather than what is done."""
    return item.code is None and any(word in fold(item.section or "") for word in _AIMS)
