"""The JSON interface: the index, its plans, single items, the frameworks' requirements; see `api`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.report.catalog_view import requirements_report
from plansearch.report.records import Record, Value, damage_record, found_record, metadata_record
from plansearch.report.reports import plans_report
from plansearch.results import IndexedItem
from plansearch.version import __version__
from plansearch.web.api_answers import NOT_THERE, RESPONSES, Answer, documented_only, not_there
from plansearch.web.api_records import (
    ItemRecord,
    PlansRecord,
    RequirementsRecord,
    StatusRecord,
    WholePlanRecord,
)
from plansearch.web.website import website_of

PLANS = "計畫與索引"

router = APIRouter(prefix="/api", tags=[PLANS], responses=RESPONSES, dependencies=[Depends(documented_only)])


@router.get("/status", response_model=StatusRecord, summary="現在的索引")
def status(request: Request) -> Response:
    """有幾份計畫、用什麼模型、何時建立。重建後內容有變，`generation` 就會不同。"""
    with website_of(request).holder.lease_of(quick=True) as (edition, index):
        return Answer(
            {
                "version": __version__,
                "generation": edition.name,
                "created": index.manifest.created,
                "model": index.model,
                "plans": index.manifest.plans,
                "items": len(index),
                "years": sorted(int(year) for year in index.facets.values("year")),
                "damaged": sum(bool(plan.damage) for plan in index.plans),
                "skipped": len(index.skipped),
            }
        )


@router.get("/plans", response_model=PlansRecord, summary="索引裡的所有計畫，和沒有收入的檔案")
def plans(request: Request) -> Response:
    """和 `plansearch plans --format json` 相同。"""
    with website_of(request).holder.lease(quick=True) as index:
        return Answer(plans_report(index.plans, index.skipped).about)


@router.get(
    "/plans/{name:path}", response_model=WholePlanRecord, responses=NOT_THERE, summary="一份計畫的所有項目與缺漏"
)
def plan(
    request: Request,
    name: Annotated[
        str,
        Path(
            min_length=1,
            max_length=1000,
            description="計畫檔名，如 /api/plans 所列；網址裡的特殊字元要編碼",
            examples=["113_某區公所.txt"],
        ),
    ],
) -> Response:
    """欄位和 `plansearch inspect --format json` 相同，各項目另有代號與出處。"""
    with website_of(request).holder.lease(quick=True) as index:
        found = whole_plan(index, name)
    if found is None:
        raise not_there(f"索引裡沒有「{name}」這份計畫。所有計畫見 /api/plans。")
    return Answer(found)


@router.get("/items/{item_id:path}", response_model=ItemRecord, responses=NOT_THERE, summary="一個項目")
def item(
    request: Request,
    item_id: Annotated[
        str,
        Path(
            min_length=1,
            max_length=1000,
            description="項目的代號：計畫檔名、井字號、第幾項；井字號在網址裡寫成 %23",
            examples=["113_某區公所.txt#27"],
        ),
    ],
) -> Response:
    """項目的原文、執行要項、承辦單位、出處。檔案沒有改，代號就不會變。"""
    with website_of(request).holder.lease(quick=True) as index:
        position = index.catalog.position(item_id)
        if position is None:
            raise not_there(f"索引裡沒有「{item_id}」這一項；計畫可能更新過。")
        return Answer(found_record(index.item(position)))


@router.get("/requirements", response_model=RequirementsRecord, responses=NOT_THERE, summary="架構的執行要項與對照")
def requirements(
    code: Annotated[
        str | None, Query(max_length=50, description="執行要項或構面的代碼；不給就是全部", examples=["1.3"])
    ] = None,
    framework: Annotated[
        str | None, Query(max_length=100, description="只列這個架構", examples=["six_pillars"])
    ] = None,
) -> Response:
    """和 `plansearch requirements --format json` 相同。"""
    frameworks = bundled_frameworks()
    some = [one for each in frameworks if framework in (None, each.id) for one in each.requirements]
    chosen = [one for one in some if code is None or code in (one.code, one.pillar)]
    if not chosen:
        raise not_there(f"沒有這樣的執行要項。架構有：{'、'.join(one.id for one in frameworks)}。")
    return Answer(requirements_report(frameworks, chosen).about)


def whole_plan(index: PlanIndex, name: str) -> Record | None:
    """A plan with all its items and what it lost; ``None`` where there is no plan of this name."""
    summary = next((plan for plan in index.plans if plan.plan == name), None)
    if summary is None:
        return None
    return metadata_record(summary.plan, summary.metadata, summary.framework) | {
        "overridden": list[Value](summary.overridden),
        "doubt": summary.doubt,
        "remarks": list[Value](summary.remarks),
        "items": [found_record(one) for one in items_of(index, name)],
        "damage": [damage_record(one) for one in index.damage(name)],
    }


def items_of(index: PlanIndex, name: str) -> tuple[IndexedItem, ...]:
    """All items of a plan, in order, also those that are no measures."""
    before = 0
    for plan in index.plans:  # items are numbered plan by plan
        if plan.plan == name:
            return index.items(range(before, before + plan.items))
        before += plan.items
    return ()
