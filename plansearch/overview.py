"""All that can be said of one agency's plan beside its peers', for one page."""

from __future__ import annotations

from collections.abc import Sequence

from plansearch.benchmark import benchmark_agency
from plansearch.duplicates import find_duplicates
from plansearch.findings import GapReport, Lesson, Overview
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.peers import one_agency
from plansearch.results import Caveat
from plansearch.types import Progress


def agency_overview(
    index: PlanIndex,
    agency: str,
    *,
    peers: Sequence[str] = (),
    year: int | None = None,
    progress: Progress | None = None,
) -> Overview:
    """Where an agency stands, what it lacks, from whom to learn, what is copied, and what its source lost.

    Args:
        index: where the plans are.
        agency: its name or a part of it, or its plan's file.
        peers: whom it is compared with, as `plansearch.peers.find_peers` takes it.
        year: which plans count; of each agency its last one by default.
        progress: told (done, total) of the four steps.

    Raises:
        PlansearchError: as `benchmark_agency` and `find_gaps`.
    """
    own = one_agency(index, agency, year)
    tell = progress or _nobody
    tell(0, _STEPS)
    measured = benchmark_agency(index, own.name, peers=peers, year=year)
    tell(1, _STEPS)
    gaps = find_gaps(index, own.name, peers=peers, year=year)
    tell(2, _STEPS)
    plans = (*gaps.agency.plans, *(plan for peer in gaps.peers.agencies for plan in peer.plans))
    duplicates = find_duplicates(index, agencies=[own.name], plans=plans)
    tell(3, _STEPS)
    damage = tuple(Caveat(plan.plan, plan.metadata, one) for plan in own.plans for one in index.damage(plan.plan))
    tell(_STEPS, _STEPS)
    return Overview(measured, gaps, duplicates, _lessons(gaps), damage)


_STEPS = 4


def _nobody(_done: int, _total: int) -> None:
    """Stands for a progress that nobody looks at."""


def _lessons(gaps: GapReport) -> tuple[Lesson, ...]:
    """By peer, what it has of all that is lacking; who has most comes first."""
    missing = gaps.of("requirement", "boilerplate", "measure")
    lessons = [
        Lesson(peer.name, tuple(gap for gap in missing if peer.name in gap.holders)) for peer in gaps.peers.agencies
    ]
    return tuple(sorted((one for one in lessons if one.gaps), key=lambda one: -len(one.gaps)))
