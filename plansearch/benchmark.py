"""Where agencies stand among their peers: how many measures, how concrete, how original, requirement by requirement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from plansearch.concreteness import MARKERS, markers
from plansearch.errors import QueryError
from plansearch.findings import Benchmark, BenchmarkLine, ComparedAgency, GridRow, PeerGroup, Spread, Standing
from plansearch.frameworks import Framework, find_framework
from plansearch.index import PlanIndex
from plansearch.losses import Losses
from plansearch.matching import Matcher
from plansearch.peers import FEWEST_PEERS, all_agencies, as_compared, find_peers, one_agency
from plansearch.results import IndexedItem
from plansearch.substance import Measures, codes_in, measures_of
from plansearch.types import Progress

Level = Literal["whole", "pillar", "requirement"]

_BLOCK: Final = 500
"""Measures that are compared with all others at once."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A requirement, a pillar, or the whole framework."""

    level: Level
    code: str | None
    title: str
    codes: tuple[str, ...]
    """Of its requirements."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """One agency with what its measures are worth."""

    agency: ComparedAgency
    measures: Measures
    marks: tuple[frozenset[str], ...]
    """Of each measure."""
    lost: frozenset[str]
    """Requirements at which its source lost something."""
    losses: Losses

    def places(self, part: _Part, framework: Framework) -> list[int]:
        """The measures that answer some requirements; all that it has of the whole plan."""
        if part.level == "whole":
            return list(range(len(self.measures)))
        wanted = set(part.codes)
        return [
            place for place, one in enumerate(self.measures.items) if wanted.intersection(codes_in(one, framework.id))
        ]

    def counts(self, framework: Framework) -> Counter[str]:
        """How many measures answer each requirement."""
        return Counter(code for one in self.measures.items for code in codes_in(one, framework.id))

    def may_answer(self, codes: Sequence[str]) -> bool:
        """Whether what its source lost may have answered any of some requirements."""
        return bool(self.losses.hiding) or bool(self.lost.intersection(codes))

    def answered(self, framework: Framework) -> set[str]:
        """The requirements that have a measure."""
        return set(self.counts(framework))


def benchmark_agency(
    index: PlanIndex,
    agency: str,
    *,
    peers: Sequence[str] = (),
    year: int | None = None,
    progress: Progress | None = None,
) -> Benchmark:
    """Measure one agency's plan against its peers'.

    Args:
        index: where the plans are.
        agency: its name or a part of it, or its plan's file.
        peers: whom it is compared with, as `plansearch.peers.find_peers` takes it.
        year: which plans count; of each agency its last one by default.
        progress: told (done, total) of agencies.

    Raises:
        PlansearchError: the agency or the peers are unknown, its framework is unknown, or the index fails.
    """
    own = one_agency(index, agency, year)
    group = find_peers(index, own, peers, year=year)
    framework = _framework(own.framework, own.name)
    return _Field(index, [as_compared(own), *group.agencies], framework, progress).benchmark(0, group)


def benchmark_all(index: PlanIndex, *, year: int | None = None, progress: Progress | None = None) -> Standing:
    """Measure every agency's plan against those of its own type.

    An agency whose type has fewer than three others is measured against all.

    Raises:
        PlansearchError: there are fewer than two agencies, no plan has a known framework, or the index fails.
    """
    agencies = all_agencies(index, year)
    if not agencies and year is not None:
        raise QueryError(f"沒有 {year} 年的計畫。可用 plansearch plans 看索引裡有哪些年度。")
    if len(agencies) <= 1:
        raise QueryError(
            "索引裡只有一個機關，沒有可以比較的對象。請先把其他機關的計畫放進資料夾，再執行 plansearch index。"
        )
    used = [one.framework for one in agencies if one.framework]
    framework = _framework(max(dict.fromkeys(used), key=used.count) if used else None, "這些計畫")
    field = _Field(index, [as_compared(one) for one in agencies], framework, progress)
    groups = [find_peers(index, one, year=year) for one in agencies]
    done = tuple(field.benchmark(place, group) for place, group in enumerate(groups))
    return Standing(framework.id, framework.title, tuple(one.agency for one in done), done, index.model)


def _framework(identifier: str | None, whose: str) -> Framework:
    found = find_framework(identifier)
    if found is None:
        raise QueryError(f"「{whose}」不是依已知架構寫成的，沒有執行要項可以逐項比較。")
    return found


class _Field:
    """Some agencies, measured once, of which any may be set against any others."""

    def __init__(
        self, index: PlanIndex, agencies: Sequence[ComparedAgency], framework: Framework, progress: Progress | None
    ) -> None:
        self._index = index
        self._framework = framework
        self._subjects: list[_Subject] = []
        for done, agency in enumerate(agencies, 1):
            self._subjects.append(_subject(index, agency, framework))
            if progress is not None:
                progress(done, len(agencies))
        positions = [place for subject in self._subjects for place in subject.measures.positions]
        counts = np.asarray([len(subject.measures) for subject in self._subjects], dtype=np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self._nearest = _nearest_of_each(Matcher(index, positions), self._starts)

    def benchmark(self, place: int, group: PeerGroup) -> Benchmark:
        """One of the agencies among some of the others."""
        subject = self._subjects[place]
        names = {agency.name for agency in group.agencies}
        others = [other for other, one in enumerate(self._subjects) if one.agency.name in names and other != place]
        framework = self._framework
        parts = [_Part("whole", None, "整份計畫", tuple(one.code for one in framework.requirements))]
        for pillar in framework.pillars:
            codes = tuple(one.code for one in pillar.requirements)
            parts.append(_Part("pillar", pillar.code, pillar.title, codes))
            parts += [_Part("requirement", one.code, one.title, (one.code,)) for one in pillar.requirements]
        ranked = group.basis != "widened"
        lines = tuple(self._line(place, others, part, ranked=ranked) for part in parts)
        return Benchmark(
            subject.agency,
            group,
            framework.id,
            framework.title,
            lines,
            self._index.model,
            tuple(self._grid_row(one) for one in (place, *others)),
            self._marks(place, others),
            self._index.unread,
        )

    def _line(self, place: int, others: Sequence[int], part: _Part, *, ranked: bool) -> BenchmarkLine:
        everyone = [place, *others]
        places = {one: self._subjects[one].places(part, self._framework) for one in everyone}

        own = self._subjects[place]
        unread = bool(own.losses.unread)
        lost = unread or bool(own.lost.intersection(part.codes))

        def spread(measure: Callable[[int], float | None]) -> Spread:
            # with what was lost nobody knows the place of a requirement, with what was not read that of anything
            knows_place = ranked and not unread and not (lost and part.level == "requirement")
            return _spread(measure(place), [measure(other) for other in others], ranked=knows_place)

        def measures(one: int) -> float | None:
            subject = self._subjects[one]
            unknown = part.level == "requirement" and not places[one] and subject.may_answer(part.codes)
            return None if unknown else float(len(places[one]))

        def coverage(one: int) -> float | None:
            subject = self._subjects[one]
            answered = subject.answered(self._framework)
            known = [code in answered for code in part.codes if code in answered or code not in subject.lost]
            # any of those that are not answered may stand in what was not understood
            return None if not known or (subject.losses.hiding and not all(known)) else fmean(known)

        def concreteness(one: int) -> float | None:
            marks = self._subjects[one].marks
            return fmean(len(marks[at]) / len(MARKERS) for at in places[one]) if places[one] else None

        def originality(one: int) -> float | None:
            rivals = [other for other in everyone if other != one]
            if not places[one] or not rivals:
                return None
            rows = self._starts[one] + np.asarray(places[one], dtype=np.int64)
            return float(1.0 - self._nearest[np.ix_(rows, np.asarray(rivals))].max(axis=1).mean())

        return BenchmarkLine(
            part.code,
            part.title,
            part.level,
            spread(measures),
            spread(coverage),
            spread(concreteness),
            spread(originality),
            lost=lost,
        )

    def _grid_row(self, place: int) -> GridRow:
        subject = self._subjects[place]
        codes = [one.code for one in self._framework.requirements]
        counts = subject.counts(self._framework)
        measures = (counts[code] or (None if subject.may_answer([code]) else 0) for code in codes)
        return GridRow(subject.agency, tuple(measures))

    def _marks(self, place: int, others: Sequence[int]) -> tuple[tuple[str, float | None, float | None], ...]:
        def share(one: int, mark: str) -> float | None:
            marks = self._subjects[one].marks
            return fmean(mark in some for some in marks) if marks else None

        found = []
        for mark in MARKERS:
            known = [value for other in others if (value := share(other, mark)) is not None]
            found.append((str(mark), share(place, mark), float(np.median(known)) if known else None))
        return tuple(found)


def _subject(index: PlanIndex, agency: ComparedAgency, framework: Framework) -> _Subject:
    measures = measures_of(index, agency.plans)
    losses = Losses.of(index, agency.plans, agency.framework)
    # without requirements nobody knows which of them a plan answers
    lost = frozenset(
        one.code for one in framework.requirements if agency.framework is None or losses.at(one.code, framework.id)
    )
    return _Subject(agency, measures, tuple(_marks_of(one) for one in measures.items), lost, losses)


def _marks_of(found: IndexedItem) -> frozenset[str]:
    return frozenset(map(str, markers(found.item)))


def _nearest_of_each(matcher: Matcher, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How alike each measure is to the most similar one of each agency, ``(n_measures, n_agencies)``."""
    nearest = np.zeros((len(matcher), len(starts) - 1))
    everything = np.arange(len(matcher))
    full = np.flatnonzero(np.diff(starts))
    for start in range(0, len(matcher), _BLOCK):
        rows = everything[start : start + _BLOCK]
        same = matcher.likeness_between(rows, everything).same
        nearest[np.ix_(rows, full)] = np.maximum.reduceat(same, starts[full], axis=1)
    return nearest


def _spread(value: float | None, others: Sequence[float | None], *, ranked: bool) -> Spread:
    """A number among others; quartiles only where three or more are known, a place only among agencies of a kind."""
    known = [other for other in others if other is not None]
    if len(known) < FEWEST_PEERS:
        return Spread(value, None, None, None)
    lower, median, upper = (float(each) for each in np.percentile(known, [25, 50, 75]))
    if value is None or not ranked:
        return Spread(value, lower, median, upper)
    return Spread(value, lower, median, upper, 1 + sum(other > value for other in known), len(known) + 1)
