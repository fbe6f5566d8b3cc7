"""What an agency lacks beside its peers, and what its source may have lost.

A wrong 「you lack this」 costs trust, so three things are kept apart: requirements without a measure, measures that
peers have and nothing of the agency's own comes near, and places where the source lost something, of which nobody can
tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from plansearch.agencies import Agency
from plansearch.findings import Gap, GapKind, GapReport, NearestItem, PeerGroup
from plansearch.frameworks import Framework, Requirement, bundled_frameworks, find_framework
from plansearch.index import PlanIndex
from plansearch.losses import Loss, Losses
from plansearch.matching import (
    LOOK_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Links,
    Matcher,
    alike_pairs,
    are_few,
    cluster_texts,
)
from plansearch.peers import as_compared, find_peers, one_agency
from plansearch.results import IndexedItem
from plansearch.retrieval import MEASURE_ANSWERED, answers_measures
from plansearch.substance import Measures, codes_in, measures_of
from plansearch.types import Progress

WIDENED_LEAST: Final = 2
"""Peers that have to have a measure where they have other duties: what one does alone is likely its own duty."""

EXAMPLES: Final = 2
"""Peers' own words that a gap shows."""

SECOND_LOOKS: Final = 400
"""Gaps whose measures are asked for as questions, those first that most peers have: each takes 50 ms."""


@dataclass(frozen=True, slots=True)
class _Peers:
    """The peers' measures, and whose they are."""

    group: PeerGroup
    measures: Measures
    owners: tuple[str, ...]
    """Name of the agency of each measure."""

    def holding(self, places: Iterable[int]) -> tuple[str, ...]:
        """Agencies that have any of some measures, in the order of the peers."""
        names = {self.owners[place] for place in places}
        return tuple(agency.name for agency in self.group.agencies if agency.name in names)

    def words_of(self, names: Sequence[str], places: Sequence[int]) -> tuple[IndexedItem, ...]:
        """Of each of some agencies the first of some measures that is its own."""
        first = {self.owners[place]: place for place in reversed(places)}
        return tuple(self.measures.items[first[name]] for name in names)

    def examples(self, places: Sequence[int]) -> tuple[IndexedItem, ...]:
        """The first measures of different agencies."""
        first: dict[str, int] = {}
        for place in places:
            first.setdefault(self.owners[place], place)
        return tuple(self.measures.items[place] for place in list(first.values())[:EXAMPLES])


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything that one answer is worked out from."""

    index: PlanIndex
    agency: Agency
    mine: Measures
    theirs: _Peers
    framework: Framework | None
    losses: Losses
    least_peers: int


def find_gaps(
    index: PlanIndex,
    agency: str,
    *,
    peers: Sequence[str] = (),
    year: int | None = None,
    least_peers: int | None = None,
    progress: Progress | None = None,
) -> GapReport:
    """Find what an agency lacks beside its peers.

    Args:
        index: where the plans are.
        agency: its name or a part of it, or its plan's file.
        peers: whom it is compared with, as `plansearch.peers.find_peers` takes it.
        year: which plans count; of each agency its last one by default.
        least_peers: how many peers have to have a measure for it to be listed; by default 1 among agencies that were
            chosen or are of one type, and 2 where peers were widened to agencies with other duties.
        progress: told (done, total) of measures that were compared, then of those that were asked for as questions.

    Raises:
        PlansearchError: the agency or the peers are unknown, or the index fails.
    """
    own = one_agency(index, agency, year)
    group = find_peers(index, own, peers, year=year)
    case = _Case(
        index,
        own,
        measures_of(index, [plan.plan for plan in own.plans]),
        _peers(index, group),
        find_framework(own.framework),
        Losses.of(index, [plan.plan for plan in own.plans], own.framework),
        least_peers if least_peers is not None else _least_peers(group),
    )
    listed = _missing_requirements(case)
    measures, rare, covered = _missing_measures(case, progress)
    return GapReport(
        as_compared(own),
        group,
        (*(gap for gap in listed if gap.kind != "damage"), *measures, *(gap for gap in listed if gap.kind == "damage")),
        index.model,
        own.framework,
        case.least_peers,
        rare,
        PERHAPS_THRESHOLD,
        covered,
        unread=index.unread,
        unasked=max(0, len(measures) - SECOND_LOOKS),
    )


def _least_peers(group: PeerGroup) -> int:
    return WIDENED_LEAST if group.basis == "widened" and len(group.agencies) >= WIDENED_LEAST else 1


def _peers(index: PlanIndex, group: PeerGroup) -> _Peers:
    owner = {plan: agency.name for agency in group.agencies for plan in agency.plans}
    measures = measures_of(index, list(owner))
    return _Peers(group, measures, tuple(owner[one.plan] for one in measures.items))


def _anywhere(losses: Losses) -> tuple[Loss, ...]:
    """Damage by which anything may be missing: then nothing is called missing."""
    return (*losses.unread, *(losses.unplaced if losses.framework is None else ()))


def _missing_requirements(case: _Case) -> list[Gap]:
    """Requirements without a measure, and places where the source lost something."""
    mine, theirs = _by_code(case.mine.items, case.framework), _by_code(case.theirs.measures.items, case.framework)
    total, losses = len(case.theirs.group.agencies), case.losses
    copied = _restated(case.index, case.agency)
    own_framework = case.framework.id if case.framework else None
    gaps = [Gap("damage", None, None, 0, total, damage=one.damage, plan=one.plan) for one in _anywhere(losses)]
    for requirement in case.framework.requirements if case.framework else ():
        holders = theirs.get(requirement.code, [])
        missing = requirement.code not in mine
        behind = losses.behind_requirement if missing else losses.at
        lost = next(iter(behind(requirement.code, own_framework)), None)
        if lost is not None:
            gaps.append(replace(_gap(case, requirement, "damage", holders), plan=lost.plan, damage=lost.damage))
        elif missing and (said_again := copied.get(requirement.code)):
            gap = _gap(case, requirement, "boilerplate", holders)
            gaps.append(replace(gap, nearest=NearestItem(said_again)))
        elif missing:
            gaps.append(_gap(case, requirement, "requirement", holders))
    order = {"requirement": 0, "boilerplate": 1, "damage": 2}
    return sorted(gaps, key=lambda gap: (order[gap.kind], -gap.peers_with))


def _by_code(items: Sequence[IndexedItem], framework: Framework | None) -> dict[str, list[int]]:
    """Places of the measures of each requirement."""
    places: dict[str, list[int]] = {}
    for place, found in enumerate(items):
        for code in codes_in(found, framework.id if framework else None):
            places.setdefault(code, []).append(place)
    return places


def _restated(index: PlanIndex, agency: Agency) -> dict[str, IndexedItem]:
    """Of each requirement the first item that only says it again."""
    names = {plan.plan for plan in agency.plans}
    items = (one for one in index.items(sorted(index.restating)) if one.plan in names and one.item.code)
    found: dict[str, IndexedItem] = {}
    for one in items:
        found.setdefault(one.item.code or "", one)
    return found


def _gap(case: _Case, requirement: Requirement, kind: GapKind, holders: Sequence[int]) -> Gap:
    names = case.theirs.holding(holders)
    total = len(case.theirs.group.agencies)
    examples = case.theirs.examples(holders)
    words = case.theirs.words_of(names, holders)
    gap = Gap(kind, requirement.code, requirement.title, len(names), total)
    return replace(gap, examples=examples, holders=names, of_holders=words)


def _missing_measures(case: _Case, progress: Progress | None) -> tuple[list[Gap], int, int]:
    """Measures of peers that nothing of the agency's own comes near; how many were too rare; how many it has."""
    theirs, mine = case.theirs, case.mine
    if not len(theirs.measures) or _anywhere(case.losses):
        return [], 0, 0
    positions = (*theirs.measures.positions, *mine.positions)
    items = (*theirs.measures.items, *mine.items)
    matcher = Matcher(case.index, positions, items=items, progress=None if are_few(len(items)) else progress)
    groups, near = _groups(matcher, len(theirs.measures), progress)
    nearest = _nearest_own(matcher, theirs.measures, mine)
    titles = {one.code: one.title for one in case.framework.requirements} if case.framework else {}
    lost = {code for code in titles if case.losses.at(code, case.losses.framework)}
    gaps: list[Gap] = []
    rare = covered = 0
    for group in _without_plans_themselves(groups, theirs.measures):
        own = max((nearest[place] for place in group), key=_sameness) if len(mine) else None
        code = _main_code([theirs.measures.items[place] for place in group], case.framework)
        holders = theirs.holding(group)
        if own is not None and _sameness(own) >= PERHAPS_THRESHOLD:
            covered += 1
        elif lost & _codes_of([theirs.measures.items[place] for place in group], case.framework):
            continue  # it may stand in what the source lost, which is listed by itself
        elif len(holders) < case.least_peers:
            rare += 1
        else:
            gap = Gap("measure", code, titles.get(code or ""), len(holders), len(theirs.group.agencies))
            typical = _most_typical(group, near)
            examples, words = theirs.examples(typical), theirs.words_of(holders, typical)
            maybe = tuple(name for name in theirs.holding(_near_ones(group, near)) if name not in holders)
            covered_maybe = _sameness(own) >= LOOK_THRESHOLD
            gap = replace(gap, examples=examples, nearest=own, holders=holders, of_holders=words, maybe_holders=maybe)
            gaps.append(replace(gap, maybe_covered=covered_maybe))
    gaps.sort(key=lambda gap: (-gap.peers_with, _sameness(gap.nearest)))
    return _looked_at(case, gaps, progress), rare, covered


def _sameness(near: NearestItem | None) -> float:
    return near.same if near is not None and near.same is not None else 0.0


def _near_ones(group: Sequence[int], near: Mapping[int, Mapping[int, float]]) -> set[int]:
    """What comes as near one of a group as would do for the agency itself to be taken to have it."""
    return {other for place in group for other, same in near.get(place, {}).items() if same >= PERHAPS_THRESHOLD}


def _looked_at(case: _Case, gaps: Sequence[Gap], progress: Progress | None) -> list[Gap]:
    """Gaps after a second look: asked as a question, the peers' measure finds what is said quite otherwise.

    Only the first `SECOND_LOOKS` get one.
    """
    if not len(case.mine):
        return list(gaps)
    asked = [gap.examples[0].item.text for gap in gaps[:SECOND_LOOKS]]
    likely = answers_measures(case.index, asked, case.mine.positions, progress)
    best = likely.argmax(axis=1)
    looked = [_answered(case, *one) for one in zip(gaps, best.tolist(), likely.max(axis=1).tolist(), strict=False)]
    return [*looked, *gaps[SECOND_LOOKS:]]


def _answered(case: _Case, gap: Gap, best: int, answers: float) -> Gap:
    """A gap with what answers it best, where that is near."""
    found, near = case.mine.items[best], answers >= MEASURE_ANSWERED
    is_other = gap.nearest is not None and found.id != gap.nearest.found.id
    also = NearestItem(found, answers=answers) if near and is_other else None
    return replace(gap, also_near=also, maybe_covered=near or gap.maybe_covered)


def _groups(
    matcher: Matcher, n_measures: int, progress: Progress | None
) -> tuple[list[list[int]], dict[int, dict[int, float]]]:
    """Measures that are the same, and what comes near each of them, with how alike it is, in order.

    What has one text is compared once, so that a text that all plans have takes no square of their number.

    Args:
        matcher: the peers' measures first.
        n_measures: how many those are.
        progress: told (done, total) of texts.
    """
    texts = matcher.texts[:n_measures]
    firsts = np.unique(texts, return_index=True)[1]
    pairs = alike_pairs(matcher.part(firsts), LOOK_THRESHOLD, progress)
    first, second, same = firsts[pairs.first], firsts[pairs.second], pairs.likeness.same
    near: dict[int, dict[int, float]] = {}
    for one, other, alike in zip(first.tolist(), second.tolist(), same.tolist(), strict=True):
        near.setdefault(one, {})[other] = alike
        near.setdefault(other, {})[one] = alike
    groups = cluster_texts(texts, Links(first, second, same), SAME_THRESHOLD)
    grouped = {place for group in groups for place in group}
    return [*groups, *([place] for place in range(n_measures) if place not in grouped)], near


def _without_plans_themselves(groups: Sequence[Sequence[int]], measures: Measures) -> list[Sequence[int]]:
    """Groups without those that only say that a plan is made: nobody who has a plan lacks that."""
    about = {(one.id, each.code) for one in bundled_frameworks() for each in one.requirements if each.about_plan}
    return [
        group
        for group in groups
        if not all((measures.items[place].framework, measures.items[place].item.code) in about for place in group)
    ]


def _nearest_own(matcher: Matcher, theirs: Measures, mine: Measures) -> list[NearestItem]:
    """For each measure of the peers the agency's own that is most likely the same; nothing where it has none.

    Args:
        matcher: the peers' measures, then the agency's own.
        theirs: the peers' measures.
        mine: the agency's own.
    """
    nearest: list[NearestItem] = []
    own = np.arange(len(theirs), len(theirs) + len(mine))
    for start in range(0, len(theirs) if len(mine) else 0, _BLOCK):
        likeness = matcher.likeness_between(np.arange(start, min(start + _BLOCK, len(theirs))), own)
        for row, best in enumerate(likeness.same.argmax(axis=1).tolist()):
            found = mine.items[best]
            nearest.append(NearestItem(found, float(likeness.same[row, best]), float(likeness.lexical[row, best])))
    return nearest


_BLOCK: Final = 500
"""Measures that are compared with all own ones at once."""


def _codes_of(items: Sequence[IndexedItem], framework: Framework | None) -> set[str]:
    """All requirements that some items answer."""
    return {code for one in items for code in codes_in(one, framework.id if framework else None)}


def _main_code(items: Sequence[IndexedItem], framework: Framework | None) -> str | None:
    """The requirement that most of some items answer; the first of equally many."""
    codes = [code for one in items for code in codes_in(one, framework.id if framework else None)]
    return max(dict.fromkeys(codes), key=codes.count) if codes else None


def _most_typical(group: Sequence[int], near: Mapping[int, Mapping[int, float]]) -> list[int]:
    """The members of a group, those first that are most like all others."""
    members = set(group)

    def closeness(place: int) -> float:
        return sum(same for other, same in near.get(place, {}).items() if other in members)

    return sorted(group, key=lambda place: (-closeness(place), place))
