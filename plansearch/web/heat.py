"""Agencies by requirements as a table whose cells are the darker the more measures they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from plansearch.findings import BenchmarkLine, ComparedAgency, GridRow
from plansearch.report.finding_words import year_of

STEPS: Final = (0, 1, 2, 3, 5, 8, 12)
"""Measures from which on a cell is a shade darker; the same for every table, so that tables can be compared."""


@dataclass(frozen=True, slots=True)
class HeatCell:
    """How many measures an agency has under one requirement."""

    count: int | None
    """``None`` where the source lost something and nothing is left."""
    code: str
    address: str

    @property
    def shade(self) -> int:
        """From 0 for none to the darkest."""
        return sum((self.count or 0) >= step for step in STEPS) - 1


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One agency."""

    name: str
    about: str
    address: str
    cells: tuple[HeatCell, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """One requirement, or several of one pillar."""

    code: str
    title: str
    span: int = 1


@dataclass(frozen=True, slots=True)
class Heat:
    """The table."""

    pillars: tuple[HeatColumn, ...]
    requirements: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]

    @property
    def has_lost(self) -> bool:
        """Whether of any cell nobody knows what belongs there."""
        return any(cell.count is None for row in self.rows for cell in row.cells)

    @property
    def steps(self) -> list[str]:
        """What each shade stands for."""
        ends = [following - 1 for following in STEPS[1:]]
        spans = [str(first) if first == last else f"{first}–{last}" for first, last in zip(STEPS, ends, strict=False)]
        return [*spans, f"{STEPS[-1]} 以上"]


def heat_of(
    requirements: Sequence[BenchmarkLine],
    pillars: Sequence[BenchmarkLine],
    grid: Sequence[GridRow],
    *,
    cell_address: Callable[[ComparedAgency, str], str],
    agency_address: Callable[[ComparedAgency], str],
    own: str | None = None,
) -> Heat:
    """Lay the table out.

    Args:
        requirements: the columns, in the order of ``grid``'s numbers.
        pillars: their groups.
        grid: the rows.
        cell_address: where the measures of an agency under a requirement are shown.
        agency_address: where an agency is shown.
        own: name of the agency that is set apart.
    """
    codes = [line.code or "" for line in requirements]
    groups = [
        HeatColumn(one.code or "", one.title, sum(code.startswith(f"{one.code}.") for code in codes)) for one in pillars
    ]
    rows = tuple(
        HeatRow(
            row.agency.name,
            "、".join(part for part in (row.agency.agency_type, year_of(row.agency)) if part),
            agency_address(row.agency),
            tuple(
                HeatCell(count, code, cell_address(row.agency, code))
                for code, count in zip(codes, row.measures, strict=True)
            ),
            row.agency.name == own,
        )
        for row in grid
    )
    columns = tuple(HeatColumn(line.code or "", line.title) for line in requirements)
    return Heat(tuple(group for group in groups if group.span), columns, rows)
