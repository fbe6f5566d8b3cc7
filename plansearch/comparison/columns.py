"""Who takes part in a comparison, with all that their plans say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plansearch.agencies import Agency, find_agency, group_agencies
from plansearch.errors import QueryError, UnknownAgencyError
from plansearch.findings import Cell, CellEntry, CellState, ComparedAgency
from plansearch.frameworks import Framework, Requirement, bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.losses import Loss, Losses
from plansearch.peers import as_compared, one_agency
from plansearch.results import Filters, IndexedItem
from plansearch.retrieval import resolve_filters
from plansearch.substance import codes_in
from plansearch.text import fold
from plansearch.types import SkippedFile

FEWEST: Final = 2
"""Agencies that a comparison needs."""

NO_LOSSES: Final = Losses()

_CODE: Final = re.compile(r"(?:[A-Za-z]\.?)?\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Column:
    """One agency, or one year of it."""

    agency: ComparedAgency
    positions: tuple[int, ...] = ()
    items: tuple[IndexedItem, ...] = ()
    losses: Losses = NO_LOSSES
    restating: frozenset[int] = frozenset()
    """Places in ``items`` of what only says its requirement again."""

    @classmethod
    def of(cls, index: PlanIndex, agency: Agency) -> Column:
        """A column of an agency's plans."""
        plans = [plan.plan for plan in agency.plans]
        positions = index.catalog.positions_of(plans)
        return cls(
            as_compared(agency),
            positions,
            index.items(positions),
            Losses.of(index, plans, agency.framework),
            frozenset(place for place, position in enumerate(positions) if position in index.restating),
        )

    def under(self, code: str, framework: str) -> list[int]:
        """Places in ``items`` of what stands under a requirement."""
        return [place for place, one in enumerate(self.items) if code in codes_in(one, framework)]

    def under_none(self, framework: str) -> list[int]:
        """Places in ``items`` of what stands under no requirement of a framework."""
        return [place for place, one in enumerate(self.items) if not codes_in(one, framework)]

    def empty_cell(self, losses: Sequence[Loss], candidates: Sequence[CellEntry] = ()) -> Cell:
        """The cell of something that was searched and not found.

        Args:
            losses: by which it may be missing.
            candidates: what comes near without being it.
        """
        if self.agency.unread is not None:
            return Cell("unread")
        damage = tuple(one.damage for one in losses)
        if candidates:
            return Cell("possible", tuple(candidates), damage)
        state: CellState = "lost" if damage else "absent"
        return Cell(state, (), damage)


def columns_of(index: PlanIndex, names: Sequence[str], filters: Filters, year: int | None) -> list[Column]:
    """The agencies that take part, in the order they were named, or in that of the index.

    Raises:
        QueryError: fewer than two are left, or one has no plan of the year.
        UnknownFilterValueError: a name (`UnknownAgencyError`) or a filter is unknown.
    """
    if names and filters:
        raise QueryError("--agency 已經指定機關，不能再和 --type、--city 一起用。請拿掉其中一種。")
    if names:
        named = [_named(index, name, year) for name in names]
        columns = list({(column.agency.name, column.agency.plans): column for column in named}.values())
    else:
        kept = set(index.catalog.plan_names(resolve_filters(index, filters)))
        grouped = group_agencies(plan for plan in index.plans if plan.plan in kept)
        chosen = [whole for agency in grouped if (whole := agency.of_year(year)) is not None]
        columns = [Column.of(index, agency) for agency in chosen]
        if not columns and year is not None:
            years = "、".join(sorted({str(plan.metadata.year) for plan in index.plans if plan.metadata.year}))
            raise QueryError(f"沒有 {year} 年的計畫；索引裡有的是 {years or '（不明）'} 年。")
    if len(columns) < FEWEST:
        raise QueryError(
            "比較至少要有兩個機關。請用 --agency 指定，例如 --agency 東湖區公所 --agency 西嶺區公所；"
            "可用 plansearch plans 看索引裡有哪些機關。"
        )
    return columns


def _named(index: PlanIndex, name: str, year: int | None) -> Column:
    """The column of a name: an agency, or a file that could not be read."""
    try:
        find_agency(group_agencies(index.plans), name)
    except UnknownAgencyError as error:
        unread = [] if error.ambiguous else _unread(index, name)
        if len(unread) != 1:
            raise
        file = unread[0]
        return Column(ComparedAgency(file.name, None, None, None, (file.name,), None, file))
    return Column.of(index, one_agency(index, name, year))


def _unread(index: PlanIndex, name: str) -> list[SkippedFile]:
    part = fold(name.strip())
    files = [file for file in index.unread if part and part in fold(file.name)]
    return [file for file in files if fold(file.name) == part] or files


def choose_requirements(columns: Sequence[Column], asked: str) -> tuple[Framework, list[Requirement]] | None:
    """The framework that a comparison follows, and the requirements that were asked for.

    Returns:
        All requirements where nothing was asked; ``None`` where a question in words was.

    Raises:
        QueryError: it is a code that no framework has, or no framework of any plan is known.
    """
    used = [column.agency.framework for column in columns if column.agency.framework]
    frameworks = sorted(bundled_frameworks(), key=lambda one: -used.count(one.id))
    wanted = asked.strip()
    if not wanted:
        if not used:
            raise QueryError("這些計畫都不是已知架構寫成的，無法依執行要項比較。請寫要比較的內容，例如：無障礙設施。")
        return frameworks[0], list(frameworks[0].requirements)
    code = fold(wanted).upper().rstrip(".")
    for framework in frameworks:
        chosen = [one for one in framework.requirements if code in {one.code.upper(), one.pillar.upper()}]
        if chosen:
            return framework, chosen
    if _CODE.fullmatch(code):
        raise QueryError(
            f"沒有代碼是「{wanted}」的執行要項或構面。代碼可用 plansearch requirements 查看，例如 1.3 或 1；"
            f"要當成詞來找，請加雙引號（外面再加單引號）：'\"{wanted}\"'。"
        )
    words = code.split()
    if len(words) > 1 and all(map(_CODE.fullmatch, words)):
        raise QueryError(f"「{wanted}」是好幾個代碼。一次請寫一個，例如 {words[0]}，或寫構面，例如 1。")
    return None
