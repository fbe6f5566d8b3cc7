"""The JSON interface: where agencies stand; see `api`."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from plansearch.report.benchmark_view import benchmark_report, standing_report
from plansearch.report.overview_view import overview_report
from plansearch.web.api_answers import RESPONSES, Agency, Peers, PlanYear, documented_only, worked_out
from plansearch.web.api_findings import BenchmarkRecord, OverviewRecord, StandingRecord
from plansearch.web.questions import BenchmarkQuestion, OverviewQuestion, StandingQuestion

STANDING = "位置"

router = APIRouter(prefix="/api", tags=[STANDING], responses=RESPONSES, dependencies=[Depends(documented_only)])


@router.get("/benchmark", response_model=BenchmarkRecord, summary="一個機關的位置")
async def benchmark(
    request: Request,
    agency: Agency,
    peers: Peers = [],  # noqa: B006  never changed
    year: PlanYear = None,
) -> Response:
    """和 `plansearch benchmark --format json` 相同：措施數、涵蓋、具體程度、獨特程度，和同類機關比。"""
    question = BenchmarkQuestion(agency, tuple(peers), year)
    return await worked_out(request, question, lambda result: benchmark_report(result).about)


@router.get("/standing", response_model=StandingRecord, summary="所有機關的位置")
async def standing(request: Request, year: PlanYear = None) -> Response:
    """和 `plansearch benchmark --all --format json` 相同：各機關和自己的同類比。"""
    return await worked_out(request, StandingQuestion(year), lambda result: standing_report(result).about)


@router.get("/overview", response_model=OverviewRecord, summary="一個機關的完整報告")
async def overview(
    request: Request,
    agency: Agency,
    peers: Peers = [],  # noqa: B006  never changed
    year: PlanYear = None,
) -> Response:
    """和 `plansearch report --format json` 相同：位置、缺少的、重複的、原文缺漏的。"""
    question = OverviewQuestion(agency, tuple(peers), year)
    return await worked_out(request, question, lambda result: overview_report(result).about)
