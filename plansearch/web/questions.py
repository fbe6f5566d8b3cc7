"""What can be asked that takes seconds: each question with its settings, and how an index answers it.

A question is the key under which its answer is remembered, so that a page and the JSON interface that ask the same
share one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from plansearch.benchmark import benchmark_agency, benchmark_all
from plansearch.comparison import ENTRIES_PER_CELL, compare, compare_years
from plansearch.duplicates import find_duplicates
from plansearch.duplication import Duplicates, PairScope
from plansearch.findings import Benchmark, Comparison, GapReport, Overview, Standing
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.overview import agency_overview
from plansearch.results import Filters
from plansearch.types import Progress

Answer = TypeVar("Answer", covariant=True)  # noqa: PLC0105  the word that readers know

Names = tuple[str, ...]


class Question(Protocol[Answer]):
    """Something to ask an index."""

    def __hash__(self) -> int: ...

    def answer(self, index: PlanIndex, progress: Progress) -> Answer:
        """Work it out.

        Raises:
            PlansearchError: it can't be answered.
        """


@dataclass(frozen=True, slots=True)
class ComparisonQuestion:
    """Agencies side by side: `plansearch compare`."""

    asked: str = ""
    """A requirement's or a pillar's code, or words; empty for all requirements."""
    agencies: Names = ()
    types: Names = ()
    cities: Names = ()
    year: int | None = None
    limit: int | None = ENTRIES_PER_CELL
    """Items of each agency where words are asked; ``None`` for all."""

    def answer(self, index: PlanIndex, progress: Progress) -> Comparison:  # noqa: ARG002  it tells nothing
        """Put them side by side."""
        filters = Filters(types=self.types, cities=self.cities)
        return compare(index, self.asked, agencies=self.agencies, filters=filters, year=self.year, limit=self.limit)


@dataclass(frozen=True, slots=True)
class YearsQuestion:
    """One agency's plans of two years: `plansearch compare --years`."""

    agency: str
    years: tuple[int, int]
    asked: str = ""
    """A requirement's or a pillar's code; empty for all."""

    def answer(self, index: PlanIndex, progress: Progress) -> Comparison:  # noqa: ARG002  it tells nothing
        """Tell what became of each measure."""
        return compare_years(index, self.agency, self.years, self.asked)


@dataclass(frozen=True, slots=True)
class GapsQuestion:
    """What an agency lacks: `plansearch gaps`."""

    agency: str
    peers: Names = ()
    year: int | None = None
    least_peers: int | None = None

    def answer(self, index: PlanIndex, progress: Progress) -> GapReport:
        """Look at what its peers have."""
        return find_gaps(
            index,
            self.agency,
            peers=self.peers,
            year=self.year,
            least_peers=self.least_peers,
            progress=progress,
        )


@dataclass(frozen=True, slots=True)
class DuplicatesQuestion:
    """What says the same: `plansearch duplicates`, at the usual thresholds.

    `plansearch.duplicates.at_thresholds` gives the answer at others, without comparing again.
    """

    scope: PairScope = "all"
    agencies: Names = ()
    types: Names = ()
    cities: Names = ()
    years: tuple[int, ...] = ()

    def answer(self, index: PlanIndex, progress: Progress) -> Duplicates:
        """Compare all with all."""
        filters = Filters(types=self.types, cities=self.cities, years=self.years)
        return find_duplicates(index, scope=self.scope, agencies=self.agencies, filters=filters, progress=progress)


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """Where an agency stands: `plansearch benchmark`."""

    agency: str
    peers: Names = ()
    year: int | None = None

    def answer(self, index: PlanIndex, progress: Progress) -> Benchmark:
        """Measure it against its peers."""
        return benchmark_agency(index, self.agency, peers=self.peers, year=self.year, progress=progress)


@dataclass(frozen=True, slots=True)
class StandingQuestion:
    """Where all agencies stand: `plansearch benchmark --all`."""

    year: int | None = None

    def answer(self, index: PlanIndex, progress: Progress) -> Standing:
        """Measure each against those of its type."""
        return benchmark_all(index, year=self.year, progress=progress)


@dataclass(frozen=True, slots=True)
class OverviewQuestion:
    """All about one agency: `plansearch report`."""

    agency: str
    peers: Names = ()
    year: int | None = None

    def answer(self, index: PlanIndex, progress: Progress) -> Overview:
        """Put all that is known of it together."""
        return agency_overview(index, self.agency, peers=self.peers, year=self.year, progress=progress)
