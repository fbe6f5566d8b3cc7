"""Copied wording and equal measures: within a plan, between agencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

import numpy as np
import numpy.typing as npt

from plansearch.agencies import Agency, find_agency, group_agencies
from plansearch.duplication import DuplicateGroup, Duplicates, PairList, PairScope, no_pairs
from plansearch.errors import QueryError
from plansearch.index import PlanIndex
from plansearch.matching import (
    COPY_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Links,
    Matcher,
    Pairs,
    Wanted,
    alike_pairs,
    are_few,
    cluster_texts,
    numbered,
)
from plansearch.results import Filters, IndexedItem
from plansearch.retrieval import resolve_filters
from plansearch.substance import measures_of
from plansearch.types import Progress

LOWEST_THRESHOLD: Final = PERHAPS_THRESHOLD
"""Pairs below this are not kept."""

NO_FILTERS: Final = Filters()


def find_duplicates(
    index: PlanIndex,
    *,
    scope: PairScope = "all",
    agencies: Sequence[str] = (),
    plans: Sequence[str] | None = None,
    filters: Filters = NO_FILTERS,
    copy_threshold: float = COPY_THRESHOLD,
    same_threshold: float = SAME_THRESHOLD,
    progress: Progress | None = None,
) -> Duplicates:
    """Find items that say the same.

    Args:
        index: where to look.
        scope: ``within`` one plan, ``across`` agencies, or ``all`` pairs.
        agencies: where any are named, one side of each pair is of these.
        plans: names of the plans that are compared; all by default.
        filters: which items are compared, on both sides.
        copy_threshold: least probability that a wording was copied, for a pair to be called ``copy``.
        same_threshold: least probability of one measure, for a pair to be called ``same``; not below
            `LOWEST_THRESHOLD`.
        progress: told (done, total) of items; of very many first of texts as they are read.

    Raises:
        ValueError: a threshold is not between `LOWEST_THRESHOLD` and 1.
        UnknownFilterValueError: an agency or a filter names what no plan has.
    """
    _check(copy_threshold, same_threshold)
    _check_scope(scope)
    grouped = group_agencies(index.plans)
    named = [find_agency(grouped, name) for name in agencies]
    owner = {plan.plan: agency.name for agency in grouped for plan in agency.plans}
    positions = _positions(index, plans, resolve_filters(index, filters))
    items = index.items(positions)
    wanted = Wanted(scope, numbered([owner[one.plan] for one in items]), _of_agencies(named, items) if named else None)
    matcher = Matcher(index, positions, items=items, progress=None if are_few(len(items)) else progress)
    pairs = alike_pairs(matcher, LOWEST_THRESHOLD, progress, wanted)
    known = dict(zip(positions, items, strict=True))
    measures = set(measures_of(index, list(dict.fromkeys(one.plan for one in items)), known).positions)
    formal = np.asarray([position not in measures for position in positions], dtype=np.bool_)
    found = Duplicates(
        scope,
        no_pairs(),
        (),
        copy_threshold,
        same_threshold,
        searched=len(positions),
        model=index.model,
        agencies=tuple(agency.name for agency in named),
        candidates=_candidates(items, formal, pairs),
        crowded=pairs.crowded,
    )
    return at_thresholds(found, copy_threshold, same_threshold)


def at_thresholds(found: Duplicates, copy_threshold: float, same_threshold: float) -> Duplicates:
    """The same answer with other thresholds, from what was compared already.

    Raises:
        ValueError: a threshold is not between `LOWEST_THRESHOLD` and 1.
    """
    _check(copy_threshold, same_threshold)
    compared = found.candidates
    kept = compared.where((compared.copied >= copy_threshold) | (compared.same >= same_threshold))
    kept = replace(kept, is_copy=kept.copied >= copy_threshold, is_compared=True)
    groups, numbers = _groups(kept, same_threshold)
    pairs = replace(kept, group=numbers)
    return replace(
        found,
        pairs=pairs.where(_surest_first(pairs)),
        groups=groups,
        copy_threshold=copy_threshold,
        same_threshold=same_threshold,
    )


def _positions(index: PlanIndex, plans: Sequence[str] | None, filters: Filters) -> list[int]:
    if plans is None:
        return index.catalog.allowed(filters)
    wanted = set(plans)
    by_plan = index.catalog.allowed_by_plan(filters)
    return [place for plan, places in by_plan.items() if plan in wanted for place in places]


def _check_scope(scope: str) -> None:
    if scope not in get_args(PairScope):
        msg = f"scope is one of {', '.join(get_args(PairScope))}, not {scope!r}"
        raise ValueError(msg)


def _surest_first(pairs: PairList) -> npt.NDArray[np.int64]:
    """Copies before equal measures, measures before goals and closing clauses, the surest first."""
    sureness = np.where(pairs.is_copy, pairs.copied, pairs.same)
    return np.lexsort((-sureness, pairs.is_formal, ~pairs.is_copy))


def _of_agencies(agencies: Sequence[Agency], items: Sequence[IndexedItem]) -> npt.NDArray[np.bool_]:
    """Which items are of some agencies.

    Raises:
        QueryError: none is.
    """
    theirs = {plan.plan for agency in agencies for plan in agency.plans}
    asked = np.asarray([one.plan in theirs for one in items], dtype=np.bool_)
    if not asked.any():
        names = "、".join(agency.name for agency in agencies)
        raise QueryError(f"篩選之下沒有「{names}」的計畫。請放寬篩選，或用 plansearch plans 看它有哪些年度。")
    return asked


def _check(*thresholds: float) -> None:
    for threshold in thresholds:
        if not LOWEST_THRESHOLD <= threshold <= 1:
            msg = f"a threshold is from {LOWEST_THRESHOLD} to 1, not {threshold}"
            raise ValueError(msg)


def _candidates(items: tuple[IndexedItem, ...], formal: npt.NDArray[np.bool_], pairs: Pairs) -> PairList:
    """Pairs that are not yet told apart by the thresholds, in columns."""
    one = pairs.likeness
    return PairList(
        items,
        pairs.first,
        pairs.second,
        one.lexical,
        one.semantic,
        one.copied,
        one.same,
        one.copied >= COPY_THRESHOLD,
        np.zeros(len(pairs), dtype=np.int64),
        formal[pairs.first] & formal[pairs.second],
        pairs.stands_for,
        is_compared=False,
    )


def _groups(pairs: PairList, threshold: float) -> tuple[tuple[DuplicateGroup, ...], npt.NDArray[np.int64]]:
    """Groups of two items and more, and the number of each pair's group, 0 for none.

    Items join while they are alike on average, so a pair may link two groups without belonging to either.
    """
    # items are numbered in the order in which the pairs bring them
    mentioned, place = np.unique(np.stack([pairs.first, pairs.second], axis=1).ravel(), return_index=True)
    listed = mentioned[np.argsort(place)]
    row_of = np.zeros(len(pairs.items), dtype=np.int64)
    row_of[listed] = np.arange(len(listed))
    first, second = row_of[pairs.first], row_of[pairs.second]
    items = [pairs.items[place] for place in listed.tolist()]
    texts = numbered([one.item.text for one in items])
    clusters = cluster_texts(texts, Links(first, second, pairs.same), min(threshold, COPY_THRESHOLD))
    number_of_row = np.zeros(len(items), dtype=np.int64)
    for number, rows in enumerate(clusters, 1):
        number_of_row[rows] = number
    numbers = np.where(number_of_row[first] == number_of_row[second], number_of_row[first], 0)
    not_copied = set(numbers[~pairs.is_copy].tolist())
    groups = tuple(
        DuplicateGroup(number, tuple(items[row] for row in rows), number not in not_copied)
        for number, rows in enumerate(clusters, 1)
    )
    return groups, numbers
