"""Agencies side by side: requirement by requirement, or by what answers a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.agencies import find_agency, group_agencies
from plansearch.comparison.alignment import Alignment, Heading, headings_apart
from plansearch.comparison.columns import FEWEST, Column, choose_requirements, columns_of
from plansearch.errors import QueryError, UnknownAgencyError
from plansearch.findings import Cell, CellEntry, CellState, Comparison, ComparisonRow, ComparisonScope
from plansearch.frameworks import Framework, Requirement
from plansearch.index import PlanIndex
from plansearch.results import Filters
from plansearch.retrieval import LOOK, POSSIBLE, SURE, answers_alone, best_of, is_aim
from plansearch.retrieval.searching import check_limit
from plansearch.substance import codes_in

ENTRIES_PER_CELL: Final = 5
"""Items of each agency that answer a question, unless told otherwise."""

CANDIDATES: Final = 2
"""Items shown of an agency that has nothing sure: what may answer all the same."""

OTHER_TITLE: Final = "不屬於任何執行要項（計畫目標、推動及管考等）"

NO_FILTERS: Final = Filters()


def compare(
    index: PlanIndex,
    asked: str = "",
    *,
    agencies: Sequence[str] = (),
    filters: Filters = NO_FILTERS,
    year: int | None = None,
    limit: int | None = ENTRIES_PER_CELL,
) -> Comparison:
    """Put agencies side by side.

    Of two agencies the measures that match stand on one row, then what only one of them has.

    Args:
        index: where the plans are.
        asked: a requirement's code (``1.3``), a pillar's (``1``), or a question in words; the whole framework where
            it is empty.
        agencies: their names or parts of them, or files that could not be read; all by default.
        filters: which agencies take part where none are named.
        year: which plans count; of each agency its last one by default.
        limit: of a question, how many items of each agency at most; weak candidates only where nothing answers.
            ``None`` for all, weak candidates too.

    Raises:
        PlansearchError: an agency, a code or a filter is unknown, fewer than two are left, or the index fails.
    """
    check_limit(limit)
    _refuse_names(index, asked)
    columns = columns_of(index, agencies, filters, year)
    chosen = choose_requirements(columns, asked)
    cut = 0
    scope: ComparisonScope
    if chosen is None:
        scope, framework = "question", None
        rows, cut = _question_rows(index, columns, asked, limit)
    else:
        framework, requirements = chosen
        scope = "requirements" if asked.strip() else "framework"
        rows = requirement_rows(index, columns, framework, requirements, whole=scope == "framework")
    return Comparison(
        scope,
        asked.strip(),
        framework.id if framework else None,
        framework.title if framework else None,
        tuple(column.agency for column in columns),
        tuple(rows),
        index.model,
        cut=cut,
    )


def _refuse_names(index: PlanIndex, asked: str) -> None:
    """See that no agencies are taken for a question.

    Raises:
        QueryError: every word of it is one.
    """
    known = group_agencies(index.plans)
    words = asked.split()
    if not words:
        return
    try:
        names = [find_agency(known, word).name for word in words if not word.isdecimal()]
    except UnknownAgencyError:
        return
    if len(names) == len(words):
        options = " ".join(f"--agency {name}" for name in names)
        raise QueryError(f"「{asked}」是機關的名稱。要比較機關請寫 {options}。")


def requirement_rows(
    index: PlanIndex,
    columns: Sequence[Column],
    framework: Framework,
    requirements: Sequence[Requirement],
    *,
    whole: bool,
) -> list[ComparisonRow]:
    """The rows of some requirements, and where the whole framework is compared also what stands under none."""
    pillars = {pillar.code: pillar.title for pillar in framework.pillars}
    # asked once for all agencies, and only where one of them has nothing
    answers = cache(partial(answers_alone, index))
    if len(columns) == FEWEST and all(column.agency.unread is None for column in columns):
        return _aligned_rows(index, columns, framework, requirements, pillars, whole=whole)
    rows = [
        ComparisonRow(
            "requirement",
            one.code,
            one.title,
            pillars[one.pillar],
            tuple(_requirement_cell(column, framework, one, answers) for column in columns),
        )
        for one in requirements
    ]
    if whole and any(column.under_none(framework.id) for column in columns):
        cells = [
            Cell("measures", tuple(CellEntry(column.items[place]) for place in places))
            if (places := column.under_none(framework.id))
            else column.empty_cell(column.losses.behind_measure(None, framework.id))
            for column in columns
        ]
        rows.append(ComparisonRow("other", None, OTHER_TITLE, None, tuple(cells)))
    return rows


def _requirement_cell(
    column: Column,
    framework: Framework,
    requirement: Requirement,
    answers: Callable[[str], npt.NDArray[np.float64]],
) -> Cell:
    """What an agency has under a requirement; where that is nothing, what of it may answer all the same."""
    places = column.under(requirement.code, framework.id)
    entries = tuple(CellEntry(column.items[place], restates=place in column.restating) for place in places)
    damage = tuple(one.damage for one in column.losses.at(requirement.code, framework.id))
    if any(not entry.restates for entry in entries):
        return Cell("measures", entries, damage)
    if damage or column.agency.unread is not None:
        return Cell("unread" if column.agency.unread is not None else "lost", entries, damage)
    if entries:
        return Cell("absent", entries)
    likely = answers(requirement.title)
    best = best_of(likely, column.positions, POSSIBLE)[:CANDIDATES]
    place_of = {position: place for place, position in enumerate(column.positions)}
    return column.empty_cell(
        column.losses.behind_requirement(requirement.code, framework.id),
        [
            CellEntry(
                column.items[place_of[position]],
                float(likely[position]),
                related_code=next(iter(codes_in(column.items[place_of[position]], framework.id)), None),
            )
            for position in best
        ],
    )


def _aligned_rows(
    index: PlanIndex,
    columns: Sequence[Column],
    framework: Framework,
    requirements: Sequence[Requirement],
    pillars: dict[str, str],
    *,
    whole: bool,
) -> list[ComparisonRow]:
    first, second = columns
    alignment = Alignment(index, first, second, framework.id)
    headings = [
        Heading(
            one.code,
            one.title,
            pillars[one.pillar],
            frozenset(first.under(one.code, framework.id)),
            frozenset(second.under(one.code, framework.id)),
        )
        for one in requirements
    ]
    if whole:
        beside = [frozenset(column.under_none(framework.id)) for column in columns]
        headings.append(Heading(None, OTHER_TITLE, None, beside[0], beside[1]))
    by_code = {one.code: one for one in requirements}
    answers = cache(partial(answers_alone, index))
    rows: list[ComparisonRow] = []
    for heading in headings_apart(headings, alignment):
        found = alignment.rows_under(heading)
        if not found and heading.code is not None:
            requirement = by_code[heading.code]
            cells = tuple(_requirement_cell(column, framework, requirement, answers) for column in columns)
            # both may have it, on a row under another heading, where its partner stands
            if not all(cell.state == "measures" for cell in cells):
                found = [ComparisonRow("requirement", heading.code, heading.title, heading.pillar, cells)]
        rows += found
    return rows


@dataclass(frozen=True, slots=True)
class _Answers:
    """What of one column answers a question: places of its items, best first."""

    column: Column
    places: tuple[int, ...]
    cut: int
    likely: npt.NDArray[np.float64]
    """Of all items of the index."""

    @property
    def state(self) -> CellState:
        """Whether it has measures, or only weak candidates."""
        sure = any(
            self.likely[self.column.positions[place]] >= SURE and not is_aim(self.column.items[place].item)
            for place in self.places
        )
        return "measures" if sure else "possible"

    def cell(self) -> Cell:
        """All of it in one cell."""
        losses = self.column.losses.behind_answer()
        if not self.places:
            return self.column.empty_cell(losses)
        rated = [(place, float(self.likely[self.column.positions[place]])) for place in self.places]
        entries = tuple(
            CellEntry(self.column.items[place], relevance, weak=relevance < SURE) for place, relevance in rated
        )
        damage = tuple(one.damage for one in losses) if self.state == "possible" else ()
        return Cell(self.state, entries, damage)


def _question_rows(
    index: PlanIndex, columns: Sequence[Column], asked: str, limit: int | None
) -> tuple[list[ComparisonRow], int]:
    likely = answers_alone(index, asked)
    answers = [_answers(column, likely, limit) for column in columns]
    cut = sum(one.cut for one in answers)
    if len(columns) == FEWEST and all(one.places and one.state == "measures" for one in answers):
        return _aligned_answers(index, answers, asked), cut
    return [ComparisonRow("question", None, asked, None, tuple(one.cell() for one in answers))], cut


def _answers(column: Column, likely: npt.NDArray[np.float64], limit: int | None) -> _Answers:
    place_of = {position: place for place, position in enumerate(column.positions)}
    near = [place_of[position] for position in best_of(likely, column.positions, POSSIBLE)]
    sure = [place for place in near if likely[column.positions[place]] >= SURE]
    # what a plan aims at is no hint by itself that it does it
    looked = [place_of[position] for position in best_of(likely, column.positions, LOOK)]
    weak = [place for place in looked if place in near or not is_aim(column.items[place].item)][:CANDIDATES]
    if limit is None:
        kept = near if sure else [*near, *(place for place in weak if place not in near)]
    else:
        kept = sure[:limit] if sure else weak
    return _Answers(column, tuple(kept), max(len(near) - len(kept), 0), likely)


def _aligned_answers(index: PlanIndex, answers: Sequence[_Answers], asked: str) -> list[ComparisonRow]:
    first, second = answers
    alignment = Alignment(index, first.column, second.column, None, likely=first.likely)
    heading = Heading(None, asked, None, frozenset(first.places), frozenset(second.places), is_question=True)
    apart = headings_apart([heading], alignment)[0]

    def best_first(places: Iterable[int]) -> list[int]:
        order = {place: rank for one in answers for rank, place in enumerate(one.places)}
        return sorted(places, key=lambda place: (order.get(place, len(order)), place))

    return alignment.rows_under(apart, best_first)
