"""What a spreadsheet holds, whichever program wrote it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell that holds text or is merged; rows and columns count from 1, as spreadsheets show them."""

    row: int
    column: int
    rows: int
    columns: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet."""

    name: str
    cells: tuple[SheetCell, ...]
    """Row by row; none where the sheet is empty."""
    hidden: bool = False
    unknown: tuple[int, ...] = ()
    """Rows with a formula that has no result."""
