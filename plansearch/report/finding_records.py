"""What comparing answers with, as plain fields in a fixed order; see `records`."""

from __future__ import annotations

from collections.abc import Sequence

from plansearch.duplication import DuplicatePair
from plansearch.findings import (
    Benchmark,
    BenchmarkLine,
    Cell,
    CellEntry,
    ComparedAgency,
    Comparison,
    ComparisonRow,
    Gap,
    NearestItem,
    PeerGroup,
    Spread,
)
from plansearch.promises import Difference
from plansearch.report.records import Record, Value, damage_record, found_record


def agency_record(agency: ComparedAgency) -> Record:
    """Who an agency is, and which plans count."""
    return {
        "agency": agency.name,
        "agency_type": agency.agency_type,
        "city": agency.city,
        "year": agency.year,
        "plans": list[Value](agency.plans),
        "framework": agency.framework,
        "unread": None if agency.unread is None else agency.unread.reason,
    }


def peers_record(peers: PeerGroup) -> Record:
    """Whom an agency was compared with."""
    return {
        "basis": peers.basis,
        "description": peers.description,
        "note": peers.note,
        "agencies": [agency_record(one) for one in peers.agencies],
    }


def cell_records(number: int, row: ComparisonRow, column: int, agency: ComparedAgency) -> list[Record]:
    """One cell of a comparison, a line for each item in it; one line where there is none."""
    cell = row.cells[column]
    head: Record = {
        "row": number,
        "kind": row.kind,
        "row_code": row.code,
        "row_title": row.title,
        "change": row.change,
        "same": _rounded(row.same),
        "lexical": _rounded(row.lexical),
        "differences": differences_value(row.differences),
        "column": column + 1,
        "column_agency": agency.name,
        "column_year": agency.year,
        "state": cell.state,
    }
    return [head | _entry_record(entry) | _lost(cell) for entry in cell.entries or (None,)]


def _entry_record(entry: CellEntry | None) -> Record:
    if entry is None:
        return {"relevance": None, "weak": None, "restates": None, "item": None}
    return {
        "relevance": _rounded(entry.relevance),
        "weak": entry.weak,
        "restates": entry.restates,
        "item": found_record(entry.found),
    }


def _lost(cell: Cell) -> Record:
    return {"damage": [damage_record(one) for one in cell.damage]}


def comparison_record(comparison: Comparison) -> Record:
    """How agencies were compared, with all rows."""
    rows = [
        line
        for number, row in enumerate(comparison.rows, 1)
        for column, agency in enumerate(comparison.agencies)
        for line in cell_records(number, row, column, agency)
    ]
    return {
        "scope": comparison.scope,
        "asked": comparison.asked,
        "framework": comparison.framework,
        "years": None if comparison.years is None else list[Value](comparison.years),
        "model": comparison.model,
        "agencies": [agency_record(one) for one in comparison.agencies],
        "cut": comparison.cut,
        "cells": list[Value](rows),
    }


def gap_record(gap: Gap) -> Record:
    """One line of what an agency lacks or may lack."""
    return {
        "kind": gap.kind,
        "code": gap.code,
        "peers_with": gap.peers_with,
        "peers_total": gap.peers_total,
        "examples": [found_record(one) for one in gap.examples],
        "nearest": _near(gap.nearest),
        "requirement": gap.requirement,
        "holders": list[Value](gap.holders),
        "damage": None if gap.damage is None else damage_record(gap.damage),
        "plan": gap.plan,
        "maybe_covered": gap.maybe_covered,
        "also_near": _near(gap.also_near),
        "maybe_holders": list[Value](gap.maybe_holders),
        "of_holders": [one.id for one in gap.of_holders],
    }


def _near(near: NearestItem | None) -> Value:
    if near is None:
        return None
    return {
        "same": _rounded(near.same),
        "lexical": _rounded(near.lexical),
        "item": found_record(near.found),
        "answers": _rounded(near.answers),
    }


def pair_record(pair: DuplicatePair) -> Record:
    """Two items that say the same."""
    return {
        "class": pair.kind,
        "lexical": _rounded(pair.lexical),
        "semantic": _rounded(pair.semantic),
        "flags": list[Value](dict.fromkeys(one.kind for one in pair.differences)),
        "group": pair.group or None,
        "a": found_record(pair.first),
        "b": found_record(pair.second),
        "copied": _rounded(pair.copied),
        "same": _rounded(pair.same),
        "within": pair.is_within,
        "differences": differences_value(pair.differences),
        "formal": pair.is_formal,
    }


def differences_value(differences: Sequence[Difference]) -> Value:
    """What two measures promise differently."""
    return [{"kind": one.kind, "first": one.first, "second": one.second} for one in differences]


def line_record(agency: ComparedAgency, line: BenchmarkLine) -> Record:
    """One requirement, pillar, or the whole plan of an agency, with where it stands."""
    record: Record = {
        "agency": agency.name,
        "year": agency.year,
        "level": line.level,
        "code": line.code,
        "title": line.title,
        "lost": line.lost,
    }
    for name, spread in (
        ("measures", line.measures),
        ("coverage", line.coverage),
        ("concreteness", line.concreteness),
        ("originality", line.originality),
    ):
        record |= _spread_fields(name, spread)
    return record


def benchmark_record(result: Benchmark) -> Record:
    """Where one agency stands."""
    return {
        "agency": agency_record(result.agency),
        "peers": peers_record(result.peers),
        "framework": result.framework,
        "model": result.model,
        "lines": [line_record(result.agency, line) for line in result.lines],
        "marks": [
            {"mark": mark, "share": _rounded(share), "peers_median": _rounded(median)}
            for mark, share, median in result.marks
        ],
    }


def _spread_fields(name: str, spread: Spread) -> Record:
    return {
        name: _rounded(spread.value),
        f"{name}_lower": _rounded(spread.lower),
        f"{name}_median": _rounded(spread.median),
        f"{name}_upper": _rounded(spread.upper),
        f"{name}_rank": spread.rank,
        f"{name}_ranked": spread.ranked,
    }


def _rounded(value: float | None) -> Value:
    return None if value is None else round(value, 4)
