"""Writes plans, items and what was wrong with them into the SQLite file that `Catalog` reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from plansearch.results import Heading
from plansearch.store.facets import write_facets
from plansearch.types import Plan, PlanItem, SkippedFile, Span

_SCHEMA: Final = """
CREATE TABLE plans (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, agency TEXT, agency_type TEXT, city TEXT, year INTEGER,
    title TEXT, framework TEXT, overridden TEXT NOT NULL, doubt TEXT, remarks TEXT NOT NULL
);
CREATE TABLE items (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, plan INTEGER NOT NULL REFERENCES plans,
    section TEXT, code TEXT, requirement TEXT, topic TEXT, number TEXT, text TEXT NOT NULL, deadline TEXT,
    first_line INTEGER, last_line INTEGER, page INTEGER, table_number INTEGER, row_number INTEGER,
    paragraph_number INTEGER, sheet TEXT,
    pillar TEXT, method TEXT, confidence REAL, units_inferred INTEGER NOT NULL, is_measure INTEGER NOT NULL,
    corrected INTEGER NOT NULL
);
CREATE TABLE units (position INTEGER NOT NULL REFERENCES items, place INTEGER NOT NULL, name TEXT NOT NULL);
CREATE TABLE crosswalk (
    position INTEGER NOT NULL REFERENCES items, place INTEGER NOT NULL, framework TEXT NOT NULL, code TEXT NOT NULL,
    relation TEXT NOT NULL, confidence REAL NOT NULL
);
CREATE TABLE damage (
    plan INTEGER NOT NULL REFERENCES plans, place INTEGER NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
    code TEXT, first_line INTEGER, last_line INTEGER, page INTEGER, table_number INTEGER, row_number INTEGER,
    paragraph_number INTEGER, sheet TEXT
);
CREATE TABLE headings (framework TEXT NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE skipped (name TEXT NOT NULL, reason TEXT NOT NULL, kind TEXT NOT NULL);
CREATE INDEX items_plan ON items (plan);
CREATE INDEX units_position ON units (position);
CREATE INDEX crosswalk_position ON crosswalk (position);
"""


def write_catalog(
    path: Path,
    plans: Sequence[Plan],
    skipped: Iterable[SkippedFile],
    *,
    restating: Iterable[int] = (),
    headings: Iterable[Heading] = (),
    keys: Sequence[int] | None = None,
) -> None:
    """Write plans, with their items in order, and files that gave none, to a new file and the columns beside it.

    Args:
        path: the file.
        plans: in the order of their positions.
        skipped: files that gave no plan.
        restating: positions of items that only say their requirement again.
        headings: the requirements that questions may name.
        keys: a number for each item, equal for items that say the same; by default no two do.
    """
    write_facets(path.parent, plans, restating=restating, keys=keys)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        position = 0
        for number, plan in enumerate(plans):
            _write_plan(connection, number, plan)
            _write_items(connection, position, number, plan)
            position += len(plan.items)
        _insert(connection, "headings", [(one.framework, one.code, one.title) for one in headings])
        _insert(connection, "skipped", [(file.name, file.reason, file.kind) for file in skipped])


def _write_plan(connection: sqlite3.Connection, number: int, plan: Plan) -> None:
    metadata = plan.metadata
    values = (number, plan.name, metadata.agency, metadata.agency_type, metadata.city, metadata.year, metadata.title)
    said = (json.dumps(plan.overridden), plan.doubt, json.dumps(plan.remarks))
    _insert(connection, "plans", [(*values, plan.framework, *said)])
    damage = [
        (number, place, one.kind, one.detail, one.code, *_span_values(one.span))
        for place, one in enumerate(plan.damage)
    ]
    _insert(connection, "damage", damage)


def _write_items(connection: sqlite3.Connection, first: int, number: int, plan: Plan) -> None:
    placed = list(enumerate(plan.items, first))
    rows = [_item_values(position, f"{plan.name}#{position - first + 1}", number, item) for position, item in placed]
    _insert(connection, "items", rows)
    units = [(position, place, unit) for position, item in placed for place, unit in enumerate(item.units)]
    _insert(connection, "units", units)
    crosswalk = [
        (position, place, match.framework, match.code, match.relation, match.confidence)
        for position, item in placed
        for place, match in enumerate(item.crosswalk)
    ]
    _insert(connection, "crosswalk", crosswalk)


def _item_values(position: int, item_id: str, plan: int, item: PlanItem) -> tuple[Any, ...]:
    texts = (item.section, item.code, item.requirement, item.topic, item.number, item.text, item.deadline)
    alignment = (item.alignment.method, item.alignment.confidence) if item.alignment else (None, None)
    judged = (int(item.units_inferred), int(item.is_measure), int(item.corrected))
    return (position, item_id, plan, *texts, *_span_values(item.span), item.pillar, *alignment, *judged)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)  # noqa: S608  names are ours


def _span_values(span: Span) -> tuple[int | str | None, ...]:
    return (span.first_line, span.last_line, span.page, span.table, span.row, span.paragraph, span.sheet)
