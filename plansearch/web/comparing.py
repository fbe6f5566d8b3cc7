"""Agencies side by side, requirement by requirement or by a question; or one agency's plans of two years."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from plansearch.comparison import ENTRIES_PER_CELL
from plansearch.errors import QueryError
from plansearch.findings import Cell, CellState, Comparison, ComparisonRow, PeerGroup
from plansearch.report.comparison_view import (
    EMPTY_CELLS,
    agencies_section,
    beside_in_words,
    comparison_report,
    damage_of,
    entry_remarks,
    heading,
)
from plansearch.report.finding_words import CHANGES, TONES, place_of, year_of
from plansearch.report.records import Record
from plansearch.report.rendering import Report
from plansearch.web.beside import BesidePeers, BesidePeersQuestion
from plansearch.web.choosing import Choices, Names, Place, Year, Years
from plansearch.web.exports import ExportFormat, download_of
from plansearch.web.fields import AddressForm, Word
from plansearch.web.pairs import Ranges, differing
from plansearch.web.questions import ComparisonQuestion, YearsQuestion
from plansearch.web.sections import Table, table_of
from plansearch.web.website import Website, plan_address, website_of
from plansearch.web.wording import refusal
from plansearch.web.working import PATIENCE, Job

router = APIRouter(include_in_schema=False)

PATH: Final = "/compare"
TITLE: Final = "並列比較"
COLUMNS: Final = 20
"""Agencies beside each other on one page; an export has all."""
PAIR: Final = 2
MOST_AT_ONCE: Final = 500
"""Agencies that stand side by side unasked; with more, all that they wrote would be held in memory at once."""
MARKED_FROM: Final = 0.5
"""Share of the wording that two measures have in common, from which on it helps to see what differs."""


class CompareForm(AddressForm):
    """A comparison with its settings, as an address holds it."""

    agency: Names = []
    """Names of agencies or of files that could not be read; one alone stands beside its peers."""
    type: Names = []
    city: Names = []
    year: Year = None
    years: Years = []
    """Two years of one agency, instead of agencies."""
    what: Word = ""
    """Code of a requirement or pillar; everything where it is empty."""
    q: Annotated[str, Field(max_length=5000)] = ""
    """A question in words, instead."""
    whole: bool = False
    """All that answers a question, weak candidates too."""
    everyone: bool = False
    """All agencies, however many there are."""
    differ: bool = False
    """Of two years only what changed."""
    start: Place = 1
    """The first agency on this page."""

    @property
    def asked(self) -> str:
        """What is compared: words where there are any, else a code."""
        return self.q.strip() or self.what.strip()

    def address(self, path: str = PATH, **changes: object) -> str:
        """The address of this comparison, with some settings changed."""
        found = super().address(path, **changes)
        return found if "?" in found else f"{found}?what="  # without any setting, nothing is asked yet

    def question(self) -> ComparisonQuestion | YearsQuestion | BesidePeersQuestion:
        """What an index is asked.

        Raises:
            QueryError: two years were chosen without one agency, or an agency without two years.
        """
        limit = None if self.whole else ENTRIES_PER_CELL
        if self.years:
            if len(self.years) != PAIR or len(self.agency) != 1:
                raise QueryError("要比較兩個年度，請選一個機關和兩個不同的年度。")
            return YearsQuestion(self.agency[0], (self.years[0], self.years[1]), self.asked)
        if len(self.agency) == 1:
            return BesidePeersQuestion(self.agency[0], self.asked, self.year, limit)
        named = bool(self.agency)
        return ComparisonQuestion(
            self.asked,
            tuple(self.agency),
            () if named else tuple(self.type),
            () if named else tuple(self.city),
            self.year,
            limit,
        )


Compared: TypeAlias = Comparison | BesidePeers


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows of one requirement or question."""

    code: str | None
    title: str
    pillar: str | None
    rows: tuple[ComparisonRow, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What of a comparison one page shows."""

    comparison: Comparison
    peers: PeerGroup | None
    places: tuple[int, ...]
    """Of the agencies on this page."""
    groups: tuple[RowGroup, ...]
    hidden: int
    """Rows without a change that are left out."""

    @classmethod
    def of(cls, compared: Compared, form: CompareForm) -> Grid:
        """The part of a comparison that a form asks for."""
        whole, peers = (compared, None) if isinstance(compared, Comparison) else (compared.comparison, compared.peers)
        first = form.start - 1 if form.start <= len(whole.agencies) else 0
        places = tuple(range(len(whole.agencies)))[first : first + COLUMNS]
        rows = [row for row in whole.rows if not (form.differ and row.change == "kept")]
        groups = tuple(
            RowGroup(code, title, some[0].pillar, tuple(some))
            for (code, title), group in groupby(rows, key=lambda row: (row.code, row.title))
            for some in [list(group)]
        )
        return cls(whole, peers, places, groups, len(whole.rows) - len(rows))

    @property
    def says(self) -> str:
        """The comparison in one sentence."""
        return heading(self.comparison, with_options=False)

    @property
    def is_pair(self) -> bool:
        """Whether something is said of the two of each row."""
        return len(self.comparison.agencies) == PAIR and any(beside_in_words(row) for row in self.comparison.rows)

    @property
    def before(self) -> int | None:
        """Where the page before begins."""
        return max(1, self.places[0] + 1 - COLUMNS) if self.places[0] else None

    @property
    def after(self) -> int | None:
        """Where the next page begins."""
        following = self.places[-1] + 1
        return following + 1 if following < len(self.comparison.agencies) else None

    def column_title(self, place: int) -> str:
        """Whose column it is, or of which year."""
        agency = self.comparison.agencies[place]
        return year_of(agency) if self.comparison.years is not None else agency.name

    def counts(self, place: int) -> list[tuple[CellState, int]]:
        """How many rows of a column have each state."""
        return [(state, count) for state, count in self.comparison.counts(place).items() if count]


def damage_address(grid: Grid, place: int) -> str | None:
    """Where a column's damage is shown; ``None`` where there are several plans, or none was read."""
    agency = grid.comparison.agencies[place]
    only_one = len(agency.plans) == 1 and agency.unread is None
    return f"{plan_address(agency.plans[0])}#damage" if only_one else None


def marks_of(row: ComparisonRow) -> tuple[Ranges, ...]:
    """Of each cell of a matched row what the other's text does not have; nothing where most of it differs."""
    if row.kind != "matched" or (row.lexical or 0.0) < MARKED_FROM or any(len(one.entries) != 1 for one in row.cells):
        return ((),) * len(row.cells)
    return differing(*(one.entries[0].found.item.text for one in row.cells))


def remarks_of(cell: Cell, framework: str | None) -> list[list[str]]:
    """What has to be known of each item of a cell."""
    return [entry_remarks(entry, framework) for entry in cell.entries]


@router.get(PATH)
async def compare_page(request: Request, form: Annotated[CompareForm, Query()]) -> Response:
    """The choice of what is compared, and the comparison where one was asked for."""
    website = website_of(request)
    choices = await run_in_threadpool(_choices, website)
    too_many = not form.everyone and _at_once(choices, form) > MOST_AT_ONCE
    if not request.query_params or too_many:
        return await run_in_threadpool(_page, request, form, choices)
    try:
        job = _job(website, form)
        if not await job.within(PATIENCE):
            return website.still_working(request, job, here="compare", heading=TITLE)
        compared = job.result()
    except QueryError as error:
        return await run_in_threadpool(_page, request, form, choices, problem=refusal(error))
    return await run_in_threadpool(_page, request, form, choices, compared)


@router.get("/export/compare.{suffix}")
async def compare_file(request: Request, suffix: ExportFormat, form: Annotated[CompareForm, Query()]) -> Response:
    """The same comparison as a file, with all agencies."""

    def report_of(compared: Compared) -> Report:
        comparison = compared if isinstance(compared, Comparison) else compared.comparison
        return comparison_report(comparison, with_options=False)

    job = _job(website_of(request), form)
    return await download_of(job, report_of, suffix, f"並列 {form.asked or '全部執行要項'}"[:60].strip())


def _job(website: Website, form: CompareForm) -> Job[Compared]:
    question = form.question()
    return website.begin(question, question.answer)


def _choices(website: Website) -> Choices:
    with website.holder.lease(quick=True) as index:
        return Choices.of(index)


def _at_once(choices: Choices, form: CompareForm) -> int:
    """How many agencies would stand side by side, where none are named."""
    if form.agency or form.years:
        return 0
    return sum(
        (not form.type or one.agency_type in form.type) and (not form.city or one.city in form.city)
        for one in choices.agencies
    )


def _page(
    request: Request,
    form: CompareForm,
    choices: Choices,
    compared: Compared | None = None,
    problem: str = "",
) -> Response:
    grid = None if compared is None else Grid.of(compared, form)
    chosen = choices.names_of(form.agency)
    is_code = form.what.strip() in choices.codes
    return website_of(request).page(
        request,
        "compare.html",
        here="compare",
        title=f"{form.asked} {TITLE}".strip(),
        status=400 if problem else 200,
        form=form,
        choices=choices,
        chosen=chosen,
        unlisted=choices.unlisted(chosen),
        words=form.q.strip() or ("" if is_code else form.what.strip()),
        problem=problem,
        grid=grid,
        too_many=_at_once(choices, form) if request.query_params and grid is None and not problem else 0,
        agencies_table=None if grid is None else _agencies_table(grid),
        columns=COLUMNS,
        note=EMPTY_CELLS,
        tones=TONES,
        changes=CHANGES,
        place_of=place_of,
        year_of=year_of,
        damage_of=damage_of,
        damage_address=damage_address,
        remarks_of=remarks_of,
        marks_of=marks_of,
        beside_in_words=beside_in_words,
    )


def _agencies_table(grid: Grid) -> Table:
    def address(row: Record) -> str | None:
        return f"/standing?{urlencode({'agency': str(row['agency'])})}"

    return table_of(agencies_section(grid.comparison), {"agency": address})
