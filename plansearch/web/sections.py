"""A report's tables as a page shows them, with links where a person may want to go on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from plansearch.report.records import Record
from plansearch.report.rendering import Section
from plansearch.report.serialise import Column
from plansearch.report.tones import Tone

Links: TypeAlias = Mapping[str, Callable[[Record], str | None]]
"""By a column's field, where its cell of a row leads to; ``None`` for nowhere."""

NO_LINKS: Final[Links] = {}

_MEDIUM: Final = 16
_BROAD: Final = 32
"""A column's width in Latin characters, from which on it needs more room."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell as a page shows it."""

    text: str
    tone: Tone | None
    is_number: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A section as a page shows it."""

    title: str
    notes: tuple[str, ...]
    titles: tuple[str, ...]
    sizes: tuple[str, ...]
    """How much room each column needs: ``narrow``, ``medium`` or ``broad``."""
    rows: tuple[tuple[TableCell, ...], ...]


def table_of(section: Section, links: Links = NO_LINKS) -> Table:
    """A section with links.

    Args:
        section: what a report says.
        links: where the cells of some columns lead to.
    """

    def cell(row: Record, column: Column) -> TableCell:
        leads = links.get(column.field)
        return TableCell(
            column.cell(row), column.tone_of(row), column.number(row) is not None, None if leads is None else leads(row)
        )

    return Table(
        section.title,
        section.notes,
        tuple(column.title for column in section.columns),
        tuple(_size(column.width) for column in section.columns),
        tuple(tuple(cell(row, column) for column in section.columns) for row in section.rows),
    )


def _size(width: int) -> str:
    if width >= _BROAD:
        return "broad"
    return "medium" if width >= _MEDIUM else "narrow"
