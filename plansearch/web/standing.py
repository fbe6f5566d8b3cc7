"""Where agencies stand: all of them by requirement, or one beside its peers: figures, what it lacks, what is copied."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, TypeAlias

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from plansearch.errors import QueryError
from plansearch.findings import Benchmark, GapReport, Overview, Standing
from plansearch.report.benchmark_view import benchmark_report, standing_report
from plansearch.report.duplicates_view import SCOPES, duplicates_report
from plansearch.report.gaps_view import gaps_report
from plansearch.report.overview_view import overview_report
from plansearch.report.rendering import Report
from plansearch.web.beside import BesideDuplicates, BesideDuplicatesQuestion
from plansearch.web.choosing import Choices
from plansearch.web.exports import ExportFormat, download_of
from plansearch.web.questions import BenchmarkQuestion, GapsQuestion, OverviewQuestion, StandingQuestion
from plansearch.web.standing_form import MORE, PATH, VIEWS, StandingForm, View
from plansearch.web.standing_views import agencies_context, duplicates_context, gaps_context, position_context
from plansearch.web.website import Website, website_of
from plansearch.web.wording import refusal
from plansearch.web.working import PATIENCE, Job

router = APIRouter(include_in_schema=False)

TITLE: Final = "我們的位置"

Kind: TypeAlias = Literal["benchmark", "gaps", "duplicates", "report"]
Answer: TypeAlias = Standing | Benchmark | GapReport | BesideDuplicates | Overview

FILES: Final[Mapping[View, Kind]] = {"position": "benchmark", "gaps": "gaps", "duplicates": "duplicates"}
"""What each view is saved as."""
MOST_AT_ONCE: Final = 500
"""Agencies that are set against each other unasked; with so many, a hundred million pairs of measures are looked at."""
FILE_NAMES: Final[Mapping[Kind, str]] = {
    "benchmark": "位置",
    "gaps": "缺少的",
    "duplicates": "重複的",
    "report": "報告",
}


def _job(website: Website, form: StandingForm, kind: Kind) -> Job[Any]:
    """The work behind a view or a file."""
    questions = {
        "benchmark": BenchmarkQuestion(form.whose, form.wishes, form.year),
        "gaps": GapsQuestion(form.whose, form.wishes, form.year, form.min_peers),
        "duplicates": BesideDuplicatesQuestion(form.whose, form.wishes, form.year, form.scope),
        "report": OverviewQuestion(form.whose, form.wishes, form.year),
    }
    question: Any = questions[kind] if form.whose else StandingQuestion(form.year)
    return website.begin(question, question.answer)


@router.get(PATH)
async def standing_page(request: Request, form: Annotated[StandingForm, Query()]) -> Response:
    """All agencies, or one of them beside its peers."""
    website = website_of(request)
    choices = await run_in_threadpool(_choices, website)
    if not form.whose and not form.whole and len(choices.agencies) > MOST_AT_ONCE:
        return await run_in_threadpool(_page, request, form, choices)
    try:
        job = _job(website, form, FILES[form.view])
        if not await job.within(PATIENCE):
            return website.still_working(request, job, here="standing", heading=TITLE)
        answer = job.result()
    except QueryError as error:
        return await run_in_threadpool(_page, request, form, choices, problem=refusal(error))
    return await run_in_threadpool(_page, request, form, choices, answer)


@router.get("/export/benchmark.{suffix}")
async def benchmark_file(request: Request, suffix: ExportFormat, form: Annotated[StandingForm, Query()]) -> Response:
    """Where an agency stands, or all of them, as a file."""
    return await _file(request, form, "benchmark", suffix)


@router.get("/export/gaps.{suffix}")
async def gaps_file(request: Request, suffix: ExportFormat, form: Annotated[StandingForm, Query()]) -> Response:
    """What an agency lacks as a file."""
    return await _file(request, form, "gaps", suffix)


@router.get("/export/duplicates.{suffix}")
async def duplicates_file(request: Request, suffix: ExportFormat, form: Annotated[StandingForm, Query()]) -> Response:
    """What is copied as a file."""
    return await _file(request, form, "duplicates", suffix)


@router.get("/export/report.{suffix}")
async def report_file(request: Request, suffix: ExportFormat, form: Annotated[StandingForm, Query()]) -> Response:
    """All about one agency as a file."""
    return await _file(request, form, "report", suffix)


async def _file(request: Request, form: StandingForm, kind: Kind, suffix: ExportFormat) -> Response:
    """An answer with all that a page leaves out."""
    if not form.whose and kind != "benchmark":
        raise QueryError("請先選一個機關。")
    job = _job(website_of(request), form, kind)
    return await download_of(job, _report_of, suffix, f"{form.whose or '各機關'} {FILE_NAMES[kind]}")


def _report_of(answer: Answer) -> Report:
    if isinstance(answer, Standing):
        return standing_report(answer)
    if isinstance(answer, Benchmark):
        return benchmark_report(answer, with_options=False)
    if isinstance(answer, GapReport):
        return gaps_report(answer, with_options=False)
    if isinstance(answer, Overview):
        return overview_report(answer, with_options=False)
    return answer.noted(duplicates_report(answer.duplicates, with_options=False))


def _choices(website: Website) -> Choices:
    with website.holder.lease(quick=True) as index:
        return Choices.of(index)


def _page(
    request: Request, form: StandingForm, choices: Choices, answer: Answer | None = None, problem: str = ""
) -> Response:
    own = choices.agency(form.whose) if form.whose else None
    return website_of(request).page(
        request,
        "standing_agency.html" if form.whose else "standing.html",
        here="standing",
        title=f"{form.whose} {VIEWS[form.view]}" if form.whose else TITLE,
        status=400 if problem else 200,
        form=form,
        choices=choices,
        own=own,
        name=own.name if own is not None else form.whose,
        views=VIEWS,
        file=FILES[form.view],
        scopes=SCOPES,
        more=MORE,
        problem=problem,
        answer=answer,
        changes_of=_changes_of(own.years if own is not None else ()),
        **_context(answer, form),
    )


def _changes_of(years: tuple[int, ...]) -> list[tuple[int, int]]:
    """Each year with the one before, the last one first."""
    return list(pairwise(years))[::-1]


def _context(answer: Answer | None, form: StandingForm) -> dict[str, object]:
    if isinstance(answer, Standing):
        return agencies_context(answer, form)
    if isinstance(answer, Benchmark):
        return position_context(answer, form)
    if isinstance(answer, GapReport):
        return gaps_context(answer, form)
    if isinstance(answer, BesideDuplicates):
        return duplicates_context(answer, form)
    return {}
