"""Results → reports: which rows, which columns and which view each answer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from plansearch.report import plan_view, records, search_view
from plansearch.report.agency_view import STATES, agency_headline, agency_lines
from plansearch.report.provenance import search_made, search_notes, skipped_notes
from plansearch.report.rendering import Report, Section
from plansearch.report.screen import Screen
from plansearch.report.serialise import Column
from plansearch.results import AgencyResult, BuildReport, Hit, PlanSummary, SearchResult
from plansearch.types import Plan, SkippedFile

ITEM_FIELDS = (
    "plan",
    "agency",
    "year",
    "section",
    "code",
    "requirement",
    "topic",
    "number",
    "text",
    "units",
    "deadline",
    "lines",
    "page",
)
FURTHER_FIELDS = (
    "agency_type",
    "city",
    "framework",
    "pillar",
    "alignment",
    "crosswalk",
    "units_inferred",
    "is_measure",
    "corrected",
)
_HIT_FIELDS = (
    "rank",
    "score",
    *ITEM_FIELDS,
    "id",
    *FURTHER_FIELDS,
    "location",
    "matched",
    "grade",
    "relevance",
    "twins",
    "why",
    "restates",
    "remarks",
)
_DAMAGE_FIELDS = ("code", "kind", "detail", "lines", "page")
_PLAN_FIELDS = (
    "plan",
    "agency",
    "agency_type",
    "city",
    "year",
    "title",
    "framework",
    "items",
    "damage",
    "overridden",
    "corrected",
    "doubt",
    "remarks",
)

_ITEM_COLUMNS = (
    Column("執行要項", "code", width=10),
    Column("主題", "topic", width=24),
    Column("編號", "number", width=8),
    Column("措施", "text", width=50),
    Column("單位", "units", width=16),
    Column("期限", "deadline", width=14),
    Column("行", "lines", width=10),
)
_AGENCY_COLUMN = Column("機關", "agency", width=20)
_STATE_COLUMN = Column("有無", "state", STATES, width=18, tone="tone")
_STATE_TONES: dict[str, records.Value] = {
    "found": "strong",
    "possible": "possible",
    "lost": "lost",
    "absent": "absent",
}
"""What an agency's state looks like; one that was not asked looks like nothing."""
_FOUND_COLUMNS = (
    _AGENCY_COLUMN,
    Column("年度", "year", width=8),
    Column("執行要項", "code", width=10),
    Column("措施", "text", width=50),
    Column("主題", "topic", width=24),
    Column("單位", "units", width=16),
    Column("期限", "deadline", width=14),
    Column("出處", "location", width=26),
)
_RANK_COLUMN = Column("名次", "rank", width=8)
_GRADE_COLUMN = Column("相關程度", "grade", search_view.GRADES, width=10)
_REMARKS_COLUMN = Column("注意", "remarks", width=16)
_DAMAGE_COLUMNS = (
    Column("執行要項", "code", width=10),
    Column("種類", "kind", search_view.DAMAGE_KINDS, width=18),
    Column("說明", "detail", width=60),
    Column("行", "lines", width=10),
)
_PLAN_COLUMNS = (
    Column("計畫檔", "plan", width=30),
    Column("機關", "agency", width=20),
    Column("類型", "agency_type", width=10),
    Column("縣市", "city", width=10),
    Column("年度", "year", width=8),
    Column("項數", "items", width=8),
    Column("缺漏", "damage", width=8),
    Column("出自 plans.toml", "overridden", width=16),
)


def search_report(result: SearchResult) -> Report:
    """The answer to a query."""
    rows = tuple(records.hit_record(hit) for hit in result.hits)
    return Report(
        heading=f"「{result.query}」：{search_view.headline(result)}",
        about=records.search_record(result) | {"hits": list[records.Value](rows)},
        rows=rows,
        fields=_HIT_FIELDS,
        columns=_hit_columns(rows),
        view=partial(search_view.search_lines, result),
        sections=_with_by_words(rows, result.by_words),
        made=search_made(result),
        notes=search_notes(result),
    )


def item_columns(rows: Sequence[records.Record]) -> tuple[Column, ...]:
    """The columns of items of an index; that for remarks where there is one."""
    return (*_FOUND_COLUMNS, _REMARKS_COLUMN) if any(row.get("remarks") for row in rows) else _FOUND_COLUMNS


def _hit_columns(rows: Sequence[records.Record]) -> tuple[Column, ...]:
    return (_RANK_COLUMN, _GRADE_COLUMN, *item_columns(rows))


def _with_by_words(rows: tuple[records.Record, ...], by_words: Sequence[Hit]) -> tuple[Section, ...]:
    """Two tables where some items only share words with the question; else none, since the rows are enough."""
    if not by_words:
        return ()
    shared = tuple(records.hit_record(hit) for hit in by_words)
    ungraded = (_RANK_COLUMN, *item_columns(shared))
    note = "下面幾項有相同的字，內容不一定相符。"
    return (
        Section("相近的措施", _hit_columns(rows), rows),
        Section("只有字詞相同", ungraded, shared, notes=(note,)),
    )


def agency_report(result: AgencyResult) -> Report:
    """The answer to a query, agency by agency; an agency without a hit is one row without an item."""
    agencies: list[records.Value] = [
        records.agency_record(agency) | {"hits": [records.hit_record(hit) for hit in agency.hits]}
        for agency in result.agencies
    ]
    empty: records.Record = dict.fromkeys(_HIT_FIELDS)
    rows = tuple(
        hit | {"agency": agency.name, "agency_type": agency.agency_type, "city": agency.city, "state": agency.state}
        for agency in result.agencies
        for hit in [records.hit_record(hit) for hit in agency.hits] or [empty]
    )
    columns = (_AGENCY_COLUMN, _STATE_COLUMN, _GRADE_COLUMN, *item_columns(rows)[1:])
    toned = tuple(row | {"tone": _STATE_TONES.get(str(row["state"]))} for row in rows)
    return Report(
        heading=f"「{result.query}」：{agency_headline(result)}",
        about=records.agency_result_record(result) | {"agencies": agencies},
        rows=rows,
        fields=(*_HIT_FIELDS, "state"),
        columns=columns,
        view=partial(agency_lines, result),
        sections=(Section("", columns, toned, name="各機關"),),
    )


def inspection_report(plan: Plan, keys: Sequence[str] | None = None) -> Report:
    """How one plan was understood; ``keys`` name its items for ``plansearch correct``."""
    rows = tuple(records.item_record(plan.name, plan.metadata, plan.framework, item) for item in plan.items)
    if keys is not None:
        rows = tuple(row | {"key": key} for row, key in zip(rows, keys, strict=True))
    damage = [records.damage_record(one) for one in plan.damage]
    return Report(
        heading=f"{plan.name}：{len(rows)} 項，缺漏或錯亂 {len(damage)} 處",
        about=records.plan_record(plan) | {"items": list[records.Value](rows), "damage": list[records.Value](damage)},
        rows=rows,
        fields=(*ITEM_FIELDS, *FURTHER_FIELDS, *(() if keys is None else ("key",))),
        columns=_ITEM_COLUMNS,
        view=partial(plan_view.inspection_lines, plan),
    )


def damage_report(plan: Plan) -> Report:
    """What the source of one plan lost or scrambled."""
    rows = tuple(records.damage_record(one) for one in plan.damage)
    return Report(
        heading=f"{plan.name}：缺漏或錯亂 {len(rows)} 處",
        about=records.plan_record(plan) | {"damage": list[records.Value](rows)},
        rows=rows,
        fields=_DAMAGE_FIELDS,
        columns=_DAMAGE_COLUMNS,
        view=partial(plan_view.damage_lines, plan),
    )


def file_report(reports: Sequence[Report], asides: Sequence[SkippedFile]) -> Report:
    """Several reports on one file's plans as one, with the parts of the file that are no plans."""
    first = reports[0]
    beside = [records.skipped_record(aside) for aside in asides]
    if len(reports) == 1:
        about = first.about | {"asides": list[records.Value](beside)}
        heading = first.heading
    else:
        about = {"plans": [report.about for report in reports], "asides": list[records.Value](beside)}
        heading = "；".join(report.heading for report in reports)
    return replace(
        first,
        heading=heading,
        about=about,
        rows=tuple(row for report in reports for row in report.rows),
        view=partial(_views, reports, asides),
    )


def _views(reports: Sequence[Report], asides: Sequence[SkippedFile], screen: Screen) -> list[str]:
    lines: list[str] = []
    for report in reports:
        lines += [*([""] if lines else []), *report.view(screen)]
    return lines + plan_view.skipped_lines(asides, screen, "這個檔案裡還有不是計畫的部分，沒有收入：")


def plans_report(summaries: Sequence[PlanSummary], skipped: Sequence[SkippedFile] = ()) -> Report:
    """The plans of an index, and the files that gave none when it was built."""
    rows = tuple(records.summary_record(summary) for summary in summaries)
    return Report(
        heading=f"共 {len(rows)} 份計畫",
        about={
            "plans": list[records.Value](rows),
            "skipped": [records.skipped_record(file) for file in skipped],
        },
        rows=rows,
        fields=_PLAN_FIELDS,
        columns=_PLAN_COLUMNS,
        view=partial(plan_view.summaries_lines, summaries, skipped),
        notes=skipped_notes(skipped),
    )


def build_report(report: BuildReport) -> Report:
    """What a build did."""
    plans = plans_report(report.plans)
    return Report(
        heading=f"索引 {report.index}：{len(report.plans)} 份計畫",
        about=records.build_record(report) | {"plans": list[records.Value](plans.rows)},
        rows=plans.rows,
        fields=plans.fields,
        columns=plans.columns,
        view=partial(plan_view.build_lines, report),
        made=(("資料夾", report.folder), ("索引", report.index), ("模型", report.model)),
        notes=skipped_notes(report.skipped),
    )
