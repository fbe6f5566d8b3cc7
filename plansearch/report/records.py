"""Results as plain fields in a fixed order: the border where dataclasses become dictionaries.

Scripts rely on the names and on what is null, so fields are only ever added, at the end.
"""

from __future__ import annotations

from typing import TypeAlias

from plansearch.results import (
    AgencyHits,
    AgencyResult,
    BuildReport,
    Filters,
    Hit,
    IndexedItem,
    PlanSummary,
    SearchResult,
    Why,
)
from plansearch.types import Damage, Metadata, Plan, PlanItem, SkippedFile, Span

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
"""What JSON can hold."""
Record: TypeAlias = "dict[str, Value]"
"""Field names and values of one row."""


def item_record(plan: str, metadata: Metadata, framework: str | None, item: PlanItem) -> Record:
    """One plan item as ``inspect --format jsonl`` gives it; what is unknown is ``None``."""
    return _item_fields(plan, metadata, item) | _further_fields(metadata, framework, item)


def hit_record(hit: Hit) -> Record:
    """One hit as ``query --format jsonl`` gives it: rank, score, the item's fields, its id."""
    head: Record = {"rank": hit.rank, "score": round(hit.score, 6)}
    tail: Record = {
        "matched": [list[Value](marked) for marked in hit.matched],
        "grade": hit.grade,
        "relevance": round(hit.relevance, 4),
        "twins": [_place_record(twin) for twin in hit.twins],
        "why": None if hit.why is None else _why_record(hit.why),
        "restates": hit.restates,
        "remarks": remarks_of(hit.found.item),
    }
    return head | found_record(hit.found) | tail


def found_record(found: IndexedItem) -> Record:
    """All that is known of an item of an index: its fields, its id, where it stands."""
    return {
        **_item_fields(found.plan, found.metadata, found.item),
        "id": found.id,
        **_further_fields(found.metadata, found.framework, found.item),
        "location": found.location,
    }


def remarks_of(item: PlanItem) -> str | None:
    """What a reader of an item has to know: that a person changed it, that its units were worked out."""
    parts = []
    if item.corrected:
        parts.append("人工更正過，不是原檔的文字")
    if item.units and item.units_inferred:
        parts.append("單位是推定的，請對照原文")
    return "；".join(parts) or None


def damage_record(damage: Damage) -> Record:
    """One damage as ``inspect --damage --format jsonl`` gives it."""
    return {
        "code": damage.code,
        "kind": damage.kind,
        "detail": damage.detail,
        "lines": _lines(damage.span),
        "page": damage.span.page,
    }


def metadata_record(plan: str, metadata: Metadata, framework: str | None) -> Record:
    """What is known of a plan as a whole."""
    return {
        "plan": plan,
        "agency": metadata.agency,
        "agency_type": metadata.agency_type,
        "city": metadata.city,
        "year": metadata.year,
        "title": metadata.title,
        "framework": framework,
    }


def plan_record(plan: Plan) -> Record:
    """A plan as a whole, without its items."""
    return metadata_record(plan.name, plan.metadata, plan.framework) | {
        "overridden": list[Value](plan.overridden),
        "doubt": plan.doubt,
        "remarks": list[Value](plan.remarks),
    }


def summary_record(summary: PlanSummary) -> Record:
    """One plan of an index, with its counts."""
    return metadata_record(summary.plan, summary.metadata, summary.framework) | {
        "items": summary.items,
        "damage": summary.damage,
        "overridden": list[Value](summary.overridden),
        "corrected": summary.corrected,
        "doubt": summary.doubt,
        "remarks": list[Value](summary.remarks),
    }


def skipped_record(skipped: SkippedFile) -> Record:
    """One file that gave no plan."""
    return {"file": skipped.name, "reason": skipped.reason, "kind": skipped.kind}


def build_record(report: BuildReport) -> Record:
    """What a build did, without its plans."""
    return {
        "folder": report.folder,
        "index": report.index,
        "model": report.model,
        "items": report.items,
        "damage": report.damage,
        "embedded": report.embedded,
        "reused": report.reused,
        "removed": list[Value](report.removed),
        "unchanged": report.unchanged,
        "seconds": round(report.seconds, 3),
        "skipped": [skipped_record(skipped) for skipped in report.skipped],
        "remarks": list[Value](report.remarks),
    }


def search_record(result: SearchResult) -> Record:
    """How a query was answered, without its hits."""
    return {
        "query": result.query,
        "mode": result.mode,
        "model": result.model,
        "filters": _filters_record(result.filters),
        "searched": result.searched,
        "total": result.total,
        "complete": result.complete,
        "shown": len(result.hits),
        "caveats": [{"plan": caveat.plan, **damage_record(caveat.damage)} for caveat in result.caveats],
        **_question_record(result),
        "folded": result.folded,
        "liked": [_place_record(one) for one in result.liked],
        "unliked": [_place_record(one) for one in result.unliked],
        "reranker": result.reranker,
        "by_words": [hit_record(hit) for hit in result.by_words],
    }


def agency_result_record(result: AgencyResult) -> Record:
    """How a query was answered agency by agency, without the hits."""
    return {
        "query": result.query,
        "mode": result.mode,
        "model": result.model,
        "filters": _filters_record(result.filters),
        **_question_record(result),
        "unread": [skipped_record(file) for file in result.unread],
    }


def agency_record(agency: AgencyHits) -> Record:
    """What one agency has to a query, without its hits."""
    return {
        "agency": agency.agency,
        "agency_type": agency.agency_type,
        "city": agency.city,
        "plans": list[Value](agency.plans),
        "state": agency.state,
        "total": agency.total,
        "searched": agency.searched,
        "caveats": [{"plan": caveat.plan, **damage_record(caveat.damage)} for caveat in agency.caveats],
    }


def _question_record(result: SearchResult | AgencyResult) -> Record:
    """What the search made of the question."""
    return {
        "added": [{"word": one.word, "terms": list[Value](one.terms)} for one in result.added],
        "phrases": list[Value](result.phrases),
        "exact": result.exact,
        "unknown": list[Value](result.unknown),
        "headings": [{"framework": one.framework, "code": one.code, "title": one.title} for one in result.headings],
    }


def _place_record(found: IndexedItem) -> Value:
    return {
        "id": found.id,
        "plan": found.plan,
        "agency": found.metadata.agency,
        "year": found.metadata.year,
        "location": found.location,
    }


def _why_record(why: Why) -> Value:
    return {
        "words": list[Value](why.words),
        "added": list[Value](why.added),
        "sentence": None if why.sentence is None else list[Value](why.sentence),
        "meaning_share": round(why.meaning_share, 4),
    }


def _filters_record(filters: Filters) -> Record:
    return {
        "agency": list[Value](filters.agencies),
        "type": list[Value](filters.types),
        "city": list[Value](filters.cities),
        "year": list[Value](filters.years),
        "requirement": list[Value](filters.requirements),
        "unit": list[Value](filters.units),
    }


def _item_fields(plan: str, metadata: Metadata, item: PlanItem) -> Record:
    return {
        "plan": plan,
        "agency": metadata.agency,
        "year": metadata.year,
        "section": item.section,
        "code": item.code,
        "requirement": item.requirement,
        "topic": item.topic,
        "number": item.number,
        "text": item.text,
        "units": list[Value](item.units),
        "deadline": item.deadline,
        "lines": _lines(item.span),
        "page": item.span.page,
    }


def _further_fields(metadata: Metadata, framework: str | None, item: PlanItem) -> Record:
    alignment = item.alignment
    return {
        "agency_type": metadata.agency_type,
        "city": metadata.city,
        "framework": framework,
        "pillar": item.pillar,
        "alignment": None
        if alignment is None
        else {"method": alignment.method, "confidence": round(alignment.confidence, 4)},
        "crosswalk": [
            {
                "framework": match.framework,
                "code": match.code,
                "relation": match.relation,
                "confidence": round(match.confidence, 4),
            }
            for match in item.crosswalk
        ],
        "units_inferred": item.units_inferred,
        "is_measure": item.is_measure,
        "corrected": item.corrected,
    }


def _lines(span: Span) -> Value:
    if span.first_line is None:
        return None
    return [span.first_line, span.first_line if span.last_line is None else span.last_line]
