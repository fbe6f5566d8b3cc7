"""Copied wording and equal measures: within a plan, between agencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

import numpy as np
import numpy.typing as npt

from plansearch.agencies import Agency, find_agency, group_agencies
from plansearch.errors import QueryError
from plansearch.findings import DuplicateGroup, DuplicatePair, Duplicates, PairClass, PairScope
from plansearch.index import PlanIndex
from plansearch.matching import (
    COPY_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Matcher,
    alike_pairs,
    cluster_texts,
    numbered,
)
from plansearch.matching.candidates import Pairs
from plansearch.promises import differences
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
        progress: told (done, total) of items.

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
    matcher = Matcher(index, positions)
    pairs = alike_pairs(matcher, LOWEST_THRESHOLD, progress)
    items = index.items(positions)
    measures = set(measures_of(index, list(dict.fromkeys(one.plan for one in items))).positions)
    formal = [position not in measures for position in positions]
    owners = numbered([owner[one.plan] for one in items])
    pairs = pairs.where(_in_scope(pairs, matcher.plans, owners, scope))
    if named:
        asked = _of_agencies(named, items)
        pairs = pairs.where(asked[pairs.first] | asked[pairs.second])
    found = Duplicates(
        scope,
        (),
        (),
        copy_threshold,
        same_threshold,
        searched=len(positions),
        model=index.model,
        agencies=tuple(agency.name for agency in named),
        candidates=tuple(_pair(items, formal, pairs, place) for place in range(len(pairs))),
    )
    return at_thresholds(found, copy_threshold, same_threshold)


def at_thresholds(found: Duplicates, copy_threshold: float, same_threshold: float) -> Duplicates:
    """The same answer with other thresholds, from what was compared already.

    Raises:
        ValueError: a threshold is not between `LOWEST_THRESHOLD` and 1.
    """
    _check(copy_threshold, same_threshold)
    kept = [
        _classed(pair, "copy" if pair.copied >= copy_threshold else "same")
        for pair in found.candidates
        if pair.copied >= copy_threshold or pair.same >= same_threshold
    ]
    groups, number_of = _groups(kept, same_threshold)
    numbered = [replace(pair, group=number_of.get((pair.first.id, pair.second.id), 0)) for pair in kept]
    numbered.sort(key=_surest_first)
    return replace(
        found,
        pairs=tuple(numbered),
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


def _surest_first(pair: DuplicatePair) -> tuple[str, bool, float]:
    """Copies before equal measures, measures before goals and closing clauses, the surest first."""
    return pair.kind, pair.is_formal, -(pair.copied if pair.kind == "copy" else pair.same)


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


def _in_scope(
    pairs: Pairs, plans: npt.NDArray[np.int64], owners: npt.NDArray[np.int64], scope: PairScope
) -> npt.NDArray[np.bool_]:
    kept = np.ones(len(pairs), dtype=np.bool_)
    if scope == "within":
        kept[:] = plans[pairs.first] == plans[pairs.second]
    elif scope == "across":
        kept[:] = owners[pairs.first] != owners[pairs.second]
    return kept


def _pair(items: Sequence[IndexedItem], formal: Sequence[bool], pairs: Pairs, place: int) -> DuplicatePair:
    row, other = int(pairs.first[place]), int(pairs.second[place])
    first, second = items[row], items[other]
    one = pairs.likeness
    copied = float(one.copied[place])
    return DuplicatePair(
        "copy" if copied >= COPY_THRESHOLD else "same",
        first,
        second,
        lexical=float(one.lexical[place]),
        semantic=float(one.semantic[place]),
        copied=copied,
        same=float(one.same[place]),
        differences=(),
        group=0,
        is_formal=formal[row] and formal[other],
    )


def _groups(
    pairs: Sequence[DuplicatePair], threshold: float
) -> tuple[tuple[DuplicateGroup, ...], dict[tuple[str, str], int]]:
    """Groups of two items and more, with the number of each pair's group; a pair in none is left out.

    Items join while they are alike on average, so a pair may link two groups without belonging to either.
    """
    items = {item.id: item for pair in pairs for item in (pair.first, pair.second)}
    row_of = {identifier: row for row, identifier in enumerate(items)}
    links = {(row_of[pair.first.id], row_of[pair.second.id]): pair.same for pair in pairs}
    listed = list(items.values())
    clusters = cluster_texts([one.item.text for one in listed], links, min(threshold, COPY_THRESHOLD))
    number_of_row = {row: number for number, rows in enumerate(clusters, 1) for row in rows}
    numbers = {pair: number_of_row.get(pair[0], 0) for pair in links}
    inside = {pair: number for pair, number in numbers.items() if number_of_row.get(pair[1]) == number}
    copies = {(row_of[pair.first.id], row_of[pair.second.id]) for pair in pairs if pair.kind == "copy"}
    not_copied = {number for pair, number in inside.items() if pair not in copies}
    groups = tuple(
        DuplicateGroup(number, tuple(listed[row] for row in rows), number not in not_copied)
        for number, rows in enumerate(clusters, 1)
    )
    return groups, {(listed[first].id, listed[second].id): number for (first, second), number in inside.items()}


def _classed(pair: DuplicatePair, kind: PairClass) -> DuplicatePair:
    differing = differences(pair.first.item.text, pair.second.item.text, copied=kind == "copy")
    return replace(pair, kind=kind, differences=differing)
