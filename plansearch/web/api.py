"""The JSON interface: search, agencies side by side, what is missing, what is copied.

Every address answers with the record that the command of the same name gives with ``--format json``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from plansearch.comparison import ENTRIES_PER_CELL
from plansearch.duplicates import LOWEST_THRESHOLD, at_thresholds
from plansearch.duplication import Duplicates
from plansearch.findings import GapReport
from plansearch.matching import COPY_THRESHOLD, SAME_THRESHOLD
from plansearch.report.comparison_view import comparison_report
from plansearch.report.duplicates_view import duplicates_report
from plansearch.report.gaps_view import gaps_report
from plansearch.report.records import Record
from plansearch.report.reports import agency_report, search_report
from plansearch.retrieval import ITEMS_PER_AGENCY, MAX_QUERY_LENGTH, search_by_agency
from plansearch.web.api_answers import (
    RESPONSES,
    Agency,
    Answer,
    Peers,
    PlanYear,
    documented_only,
    worked_out,
)
from plansearch.web.api_findings import DuplicatesRecord, GapsRecord
from plansearch.web.api_records import AgenciesRecord, ComparisonRecord, SearchRecord
from plansearch.web.asking import SearchForm, ask, index_for
from plansearch.web.fields import QuestionForm, RocYear, Words
from plansearch.web.questions import ComparisonQuestion, DuplicatesQuestion, GapsQuestion, YearsQuestion
from plansearch.web.website import website_of

MOST_LISTED = 1000
"""Lines of one kind in one answer; each says how many there are in all."""

ASKING = "查詢"
COMPARING = "並列、缺少、重複"

router = APIRouter(prefix="/api", responses=RESPONSES, dependencies=[Depends(documented_only)])

Types = Annotated[Words, Query(description="只要這些類型的機關", examples=[["公所"]])]
Cities = Annotated[Words, Query(description="只要這些縣市")]


class AgenciesForm(QuestionForm):
    """A question to each agency."""

    q: Annotated[str, Field(max_length=MAX_QUERY_LENGTH, description="要找的內容：詞或一句話", examples=["到府服務"])]
    k: Annotated[int, Field(ge=1, le=MOST_LISTED, description="每個機關列出幾項")] = ITEMS_PER_AGENCY


@router.get("/search", tags=[ASKING], response_model=SearchRecord, summary="查詢：哪些計畫有相近的措施")
def search(request: Request, form: Annotated[SearchForm, Query()]) -> Response:
    """和 `plansearch query --format json` 相同。q 與 like 至少要有一個。

    `total` 是夠接近的項目總數，`hits` 只列前 k 筆。沒有找到不代表沒有辦理：請看 `caveats`（原文缺漏）。
    """
    with index_for(website_of(request), form) as index:
        return Answer(search_report(ask(index, form, limit=form.k)).about)


@router.get("/agencies", tags=[ASKING], response_model=AgenciesRecord, summary="逐一機關查詢：誰有、誰沒有")
def agencies(request: Request, form: Annotated[AgenciesForm, Query()]) -> Response:
    """和 `plansearch query --by agency --format json` 相同。每個機關各自找，不受其他計畫長短影響。"""
    with website_of(request).holder.lease() as index:
        found = search_by_agency(
            index, form.q, filters=form.filters, limit=form.k, mode=form.mode, exact=form.exact, why=form.why
        )
        return Answer(agency_report(found).about)


@router.get("/compare", tags=[COMPARING], response_model=ComparisonRecord, summary="並列：各機關各是怎麼寫的")
async def compare(
    request: Request,
    *,
    what: Annotated[
        str,
        Query(
            max_length=MAX_QUERY_LENGTH,
            description="執行要項或構面的代碼（1.3、1），或一個詞、一句話；不寫就比全部要項",
            examples=["1.3"],
        ),
    ] = "",
    agency: Annotated[Words, Query(description="參加比較的機關；不給就是全部")] = [],  # noqa: B006  never changed
    type: Types = [],  # noqa: A002, B006  its name in the address
    city: Cities = [],  # noqa: B006
    year: PlanYear = None,
    k: Annotated[int, Query(ge=1, le=MOST_LISTED, description="用詞句比較時，每個機關最多幾項")] = ENTRIES_PER_CELL,
) -> Response:
    """和 `plansearch compare --format json` 相同。

    空格有四種：`absent`（查無相近措施）、`possible`（疑似）、`lost`（原文缺漏）、`unread`（檔案無法讀取）；
    只有 `absent` 是找過了而沒有。
    """
    question = ComparisonQuestion(what.strip(), tuple(agency), tuple(type), tuple(city), year, k)
    return await worked_out(request, question, lambda result: comparison_report(result).about)


@router.get("/years", tags=[COMPARING], response_model=ComparisonRecord, summary="同一機關兩年之間改了什麼")
async def years(
    request: Request,
    *,
    agency: Agency,
    years: Annotated[
        list[RocYear],
        Query(min_length=2, max_length=2, description="兩個年度（民國）", examples=[[112, 113]]),
    ],
    what: Annotated[
        str, Query(max_length=300, description="執行要項或構面的代碼；不寫就比全部要項", examples=["1.3"])
    ] = "",
) -> Response:
    """和 `plansearch compare --years --format json` 相同。"""
    question = YearsQuestion(agency, (min(years), max(years)), what.strip())
    return await worked_out(request, question, lambda result: comparison_report(result).about)


@router.get("/gaps", tags=[COMPARING], response_model=GapsRecord, summary="缺少的：同類機關有，這個機關查無相近的")
async def gaps(
    request: Request,
    *,
    agency: Agency,
    peers: Peers = [],  # noqa: B006  never changed
    year: PlanYear = None,
    min_peers: Annotated[
        int | None,
        Query(ge=1, le=MOST_LISTED, description="至少幾個機關有的措施才列出；不給是 1，改和所有機關比時是 2"),
    ] = None,
) -> Response:
    """和 `plansearch gaps --format json` 相同。原文缺漏、看不出有沒有的（`damage`）另外列出，不算缺少。"""
    question = GapsQuestion(agency, tuple(peers), year, min_peers)

    def record(result: GapReport) -> Record:
        return gaps_report(result).about

    return await worked_out(request, question, record)


@router.get("/duplicates", tags=[COMPARING], response_model=DuplicatesRecord, summary="重複的：抄用的字句、同一措施")
async def duplicates(
    request: Request,
    *,
    scope: Annotated[
        Literal["within", "across", "all"],
        Query(description="within：同一份計畫之內；across：不同機關之間；all：全部"),
    ] = "all",
    agency: Annotated[Words, Query(description="其中一方是這些機關的才列出")] = [],  # noqa: B006  never changed
    type: Types = [],  # noqa: A002, B006  its name in the address
    city: Cities = [],  # noqa: B006
    year: Annotated[list[RocYear], Query(max_length=100, description="只比這些年度（民國）")] = [],  # noqa: B006
    copy_threshold: Annotated[
        float, Query(ge=LOWEST_THRESHOLD, le=1, description="字句是抄用的可能達到多少，才算抄用")
    ] = COPY_THRESHOLD,
    threshold: Annotated[
        float, Query(ge=LOWEST_THRESHOLD, le=1, description="是同一措施的可能達到多少，才列出")
    ] = SAME_THRESHOLD,
    k: Annotated[int, Query(ge=1, le=MOST_LISTED, description="每一類最多列幾對")] = MOST_LISTED,
) -> Response:
    """和 `plansearch duplicates --format json` 相同，每一類列出最可靠的 k 對；`total` 是全部的對數。"""
    question = DuplicatesQuestion(scope, tuple(agency), tuple(type), tuple(city), tuple(year))

    def record(result: Duplicates) -> Record:
        return duplicates_report(at_thresholds(result, copy_threshold, threshold), k).about

    return await worked_out(request, question, record)
