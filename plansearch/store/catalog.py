"""Plans, items and what was wrong with them, in SQLite; their columns in `Facets` answer filters."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from plansearch.errors import IndexBrokenError
from plansearch.results import Caveat, Filters, Heading, IndexedItem, PlanSummary
from plansearch.store.facets import Facets
from plansearch.types import LOSSES, UNREAD, Alignment, CrosswalkMatch, Damage, Metadata, PlanItem, SkippedFile, Span

CATALOG_FILE: Final = "catalog.sqlite"

LOOKUP_SIZE: Final = 500
"""Positions asked for at once; SQLite takes at least 999 parameters."""

_ITEMS: Final = (
    "SELECT items.*, plans.name, plans.agency, plans.agency_type, plans.city, plans.year, plans.title, plans.framework"
    " FROM items JOIN plans ON plans.number = items.plan"
)

_DAMAGE: Final = (
    "SELECT damage.*, plans.name, plans.agency, plans.agency_type, plans.city, plans.year, plans.title"
    " FROM damage JOIN plans ON plans.number = damage.plan"
)


class Catalog:
    """Reads what `write_catalog` wrote.

    Args:
        path: the SQLite file; the columns stand beside it.

    Raises:
        IndexBrokenError: it, or a column, is missing or no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Nobody writes to a finished generation, so it needs no locks, and several threads may read it.
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
        except sqlite3.Error as error:
            raise self._broken(error) from error
        # to count all, or to ask for both in one go, would read all of a large file
        ends = "SELECT (SELECT min(position) FROM items), (SELECT max(position) FROM items)"
        bounds = tuple(self._rows(ends)[0])
        self.facets = Facets.open(path.parent)
        self.n_items = self.facets.n_items
        if bounds != (0, self.n_items - 1):
            raise IndexBrokenError(f"索引 {path.parent} 的各部分數量不合。請重新執行 plansearch index 建立索引。")
        self.n_plans = int(self._rows("SELECT count(*) FROM plans")[0][0])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def plans(self) -> tuple[PlanSummary, ...]:
        """All plans, in the order they were indexed."""
        rows = self._rows(
            "SELECT plans.*, (SELECT count(*) FROM items WHERE plan = plans.number) AS n_items,"
            " (SELECT sum(corrected) FROM items WHERE plan = plans.number) AS n_corrected,"
            " coalesce(lost.n, 0) AS n_damage FROM plans"
            " LEFT JOIN (SELECT plan, count(*) AS n FROM damage GROUP BY plan) AS lost ON lost.plan = plans.number"
            " ORDER BY number"
        )
        return tuple(
            PlanSummary(
                row["name"],
                _metadata(row),
                row["framework"],
                row["n_items"],
                row["n_damage"],
                tuple(json.loads(row["overridden"])),
                row["n_corrected"] or 0,
                row["doubt"],
                tuple(json.loads(row["remarks"])),
            )
            for row in rows
        )

    def items(self, positions: Sequence[int]) -> tuple[IndexedItem, ...]:
        """Items by position, in the order asked for.

        Raises:
            IndexError: there is no such position.
        """
        found: dict[int, IndexedItem] = {}
        for start in range(0, len(positions), LOOKUP_SIZE):
            found.update(self._read_items([int(position) for position in positions[start : start + LOOKUP_SIZE]]))
        try:
            return tuple(found[int(position)] for position in positions)
        except KeyError as error:
            if 0 <= error.args[0] < self.n_items:
                raise self._broken(sqlite3.DatabaseError(f"item {error}")) from error
            msg = f"no item at position {error}"
            raise IndexError(msg) from error

    def texts(self, positions: Sequence[int]) -> dict[int, str]:
        """The texts of items, by position."""
        return {position: text for position, (_, text) in self.searched_texts(positions).items()}

    def searched_texts(self, positions: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Topic and text of items, by position: all that their words come from."""
        found: dict[int, tuple[str, str]] = {}
        for start in range(0, len(positions), LOOKUP_SIZE):
            some = [int(position) for position in positions[start : start + LOOKUP_SIZE]]
            rows = self._rows(f"SELECT position, topic, text FROM items WHERE position IN ({_marks(some)})", some)  # noqa: S608
            found.update((row["position"], (row["topic"] or "", row["text"])) for row in rows)
        return found

    def matching_ids(self, plan_part: str, number: str) -> list[tuple[str, int]]:
        """Ids and positions of the items with this number in plans whose name has a part in it, in order."""
        rows = self._rows(
            "SELECT items.id, position FROM items JOIN plans ON plans.number = plan"
            " WHERE instr(plans.name, ?) AND items.id = plans.name || '#' || ? ORDER BY position",
            (plan_part, number),
        )
        return [(row[0], row[1]) for row in rows]

    def damage(self, plan: str | None = None) -> tuple[Damage, ...]:
        """What was lost or scrambled, of one plan by name or of all."""
        rows = self._rows(
            "SELECT damage.* FROM damage JOIN plans ON plans.number = damage.plan"
            " WHERE ? IS NULL OR plans.name = ? ORDER BY plan, place",
            (plan, plan),
        )
        return tuple(Damage(row["kind"], row["detail"], row["code"], _span(row)) for row in rows)

    def headings(self) -> tuple[Heading, ...]:
        """The requirements that a question may name."""
        return tuple(Heading(*row) for row in self._rows("SELECT framework, code, title FROM headings ORDER BY rowid"))

    def skipped(self) -> tuple[SkippedFile, ...]:
        """Files that gave no plan."""
        return tuple(
            SkippedFile(row["name"], row["reason"], row["kind"]) for row in self._rows("SELECT * FROM skipped")
        )

    def position(self, item_id: str) -> int | None:
        """Where the item with this id stands; ``None`` where there is none."""
        rows = self._rows("SELECT position FROM items WHERE id = ?", (item_id,))
        return int(rows[0][0]) if rows else None

    def values(self, option: str) -> list[str]:
        """All values that a filter can have here, sorted.

        Args:
            option: ``agency``, ``type``, ``city``, ``year``, ``requirement`` or ``unit``.
        """
        return list(self.facets.values(option))

    def allowed(self, filters: Filters) -> list[int]:
        """Positions of the measures that pass all filters, ascending."""
        positions: list[int] = np.flatnonzero(self.facets.allowed(filters)).tolist()
        return positions

    def allowed_by_plan(self, filters: Filters) -> dict[str, list[int]]:
        """What `allowed` gives, by the names of the plans, in order; plans without any are left out."""
        positions = np.flatnonzero(self.facets.allowed(filters))
        plans, starts = np.unique(self.facets.plans[positions], return_index=True)
        names = self._plan_names()
        parts = np.split(positions, starts[1:]) if len(plans) else []
        return {names[int(plan)]: part.tolist() for plan, part in zip(plans, parts, strict=True)}

    def positions_of(self, plans: Sequence[str]) -> tuple[int, ...]:
        """Positions of all measures of some plans, plan by plan."""
        by_plan = self.allowed_by_plan(Filters())
        return tuple(place for plan in plans for place in by_plan.get(plan, ()))

    def positions_in(self, plan: str) -> range:
        """Positions of all that a plan says, also of what is no measure; none where there is no such plan."""
        rows = self._rows("SELECT number FROM plans WHERE name = ?", (plan,))
        if not rows:
            return range(0)
        first, last = np.searchsorted(self.facets.plans, [rows[0][0], rows[0][0] + 1])
        return range(int(first), int(last))

    def plan_names(self, filters: Filters) -> list[str]:
        """Names of the plans that pass the filters on plans, in order, whatever items they have."""
        conditions, values = _plan_conditions(filters)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return [row[0] for row in self._rows(f"SELECT name FROM plans{where} ORDER BY number", values)]  # noqa: S608

    def _plan_names(self) -> list[str]:
        """Names of all plans, by number."""
        return [row[0] for row in self._rows("SELECT name FROM plans ORDER BY number")]

    def caveats(self, filters: Filters) -> tuple[Caveat, ...]:
        """What the plans that pass the filters lost, of the requirements that they name or of all.

        What was not read may have held any requirement.
        """
        conditions, values = _plan_conditions(filters)
        each, codes = _code_conditions(filters) if filters.requirements else ("1", [])
        conditions.append(f"(kind IN ({_marks(UNREAD)}) OR (kind IN ({_marks(LOSSES)}) AND ({each})))")
        values.extend((*UNREAD, *LOSSES, *codes))
        rows = self._rows(f"{_DAMAGE} WHERE {' AND '.join(conditions)} ORDER BY plan, place", values)
        return tuple(
            Caveat(row["name"], _metadata(row), Damage(row["kind"], row["detail"], row["code"], _span(row)))
            for row in rows
        )

    def _read_items(self, positions: Sequence[int]) -> Iterator[tuple[int, IndexedItem]]:
        where = f"position IN ({_marks(positions)})"
        units: dict[int, list[str]] = {}
        for row in self._rows(f"SELECT * FROM units WHERE {where} ORDER BY position, place", positions):  # noqa: S608
            units.setdefault(row["position"], []).append(row["name"])
        crosswalk: dict[int, list[CrosswalkMatch]] = {}
        for row in self._rows(f"SELECT * FROM crosswalk WHERE {where} ORDER BY position, place", positions):  # noqa: S608
            match = CrosswalkMatch(row["framework"], row["code"], row["relation"], row["confidence"])
            crosswalk.setdefault(row["position"], []).append(match)
        for row in self._rows(f"{_ITEMS} WHERE {where}", positions):
            position = row["position"]
            item = _item(row, tuple(units.get(position, ())), tuple(crosswalk.get(position, ())))
            yield position, IndexedItem(row["id"], row["name"], _metadata(row), row["framework"], item)

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(query, tuple(values)).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._broken(error) from error

    def _broken(self, error: sqlite3.Error) -> IndexBrokenError:
        return IndexBrokenError(f"索引的目錄檔無法讀取：{self._path}（{error}）。請重新建立索引。")


def _plan_conditions(filters: Filters) -> tuple[list[str], list[str | int]]:
    """Conditions on the columns of plans, and their values."""
    conditions: list[str] = []
    values: list[str | int] = []
    for column, wanted in (
        ("plans.agency", filters.agencies),
        ("plans.agency_type", filters.types),
        ("plans.city", filters.cities),
        ("plans.year", filters.years),
    ):
        if wanted:
            conditions.append(f"{column} IN ({_marks(wanted)})")
            values.extend(wanted)
    return conditions, values


def _code_conditions(filters: Filters) -> tuple[str, list[str | int]]:
    """A condition on ``code``, which a requirement or the pillar above it meets, and its values."""
    values: list[str | int] = []
    for code in filters.requirements:
        values.extend((code, len(code) + 1, f"{code}."))
    return " OR ".join(["code = ? OR substr(code, 1, ?) = ?"] * len(filters.requirements)), values


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _span(row: sqlite3.Row) -> Span:
    columns = ("first_line", "last_line", "page", "table_number", "row_number", "paragraph_number", "sheet")
    return Span(*(row[column] for column in columns))


def _metadata(row: sqlite3.Row) -> Metadata:
    return Metadata(row["agency"], row["agency_type"], row["city"], row["year"], row["title"])


def _item(row: sqlite3.Row, units: tuple[str, ...], crosswalk: tuple[CrosswalkMatch, ...]) -> PlanItem:
    return PlanItem(
        section=row["section"],
        code=row["code"],
        requirement=row["requirement"],
        topic=row["topic"],
        number=row["number"],
        text=row["text"],
        units=units,
        deadline=row["deadline"],
        span=_span(row),
        pillar=row["pillar"],
        alignment=Alignment(row["method"], row["confidence"]) if row["method"] else None,
        crosswalk=crosswalk,
        units_inferred=bool(row["units_inferred"]),
        corrected=bool(row["corrected"]),
        is_measure=bool(row["is_measure"]),
    )
