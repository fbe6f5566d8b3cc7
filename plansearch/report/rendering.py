"""An answer ready for any format, and its rendering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from plansearch.report.output import BYTE_ORDER_MARK
from plansearch.report.records import Record
from plansearch.report.screen import Screen
from plansearch.report.serialise import Column, to_csv, to_json, to_json_lines, to_markdown

Format = Literal["table", "json", "jsonl", "csv", "md"]


@dataclass(frozen=True, slots=True)
class Report:
    """One answer, before a format is chosen."""

    heading: str
    """One sentence that sums the answer up."""
    about: Record
    """The whole answer, as JSON gives it."""
    rows: tuple[Record, ...]
    """Its lines, as JSON lines, CSV and Markdown give them."""
    fields: tuple[str, ...]
    """The rows' fields in order, there also when no row is."""
    columns: tuple[Column, ...]
    """The fields that a page has room for."""
    view: Callable[[Screen], list[str]]
    """The lines that a terminal shows."""


def render(report: Report, form: Format, screen: Screen, *, ascii_only: bool = False) -> str:
    """The text of a report.

    Args:
        report: what to show.
        form: the format.
        screen: the terminal it is for; only ``table`` looks at it.
        ascii_only: write JSON in ASCII, for a stream that cannot hold every character.

    Returns:
        Text that ends with a line break. CSV begins with a byte order mark, by which Excel knows UTF-8.
    """
    if form == "json":
        return to_json(report.about, ascii_only=ascii_only)
    if form == "jsonl":
        return to_json_lines(report.rows, ascii_only=ascii_only)
    if form == "csv":
        return BYTE_ORDER_MARK + to_csv(report.rows, report.fields)
    if form == "md":
        return to_markdown(report.rows, report.columns, report.heading)
    return "\n".join(report.view(screen)) + "\n"
