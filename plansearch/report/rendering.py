"""An answer ready for any format, and its rendering as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from plansearch.report.output import BYTE_ORDER_MARK
from plansearch.report.records import Record
from plansearch.report.screen import Screen
from plansearch.report.serialise import (
    Column,
    markdown_heading,
    markdown_paragraph,
    markdown_table,
    to_csv,
    to_json,
    to_json_lines,
    to_markdown,
)
from plansearch.report.tones import LOOKS, Tone

Format: TypeAlias = Literal["table", "json", "jsonl", "csv", "md", "xlsx", "docx", "html"]
"""The formats that every answer has; the last three are documents, see `plansearch.report.documents`."""
PictureFormat: TypeAlias = Literal["png", "svg"]
"""The formats of an answer's figures."""
MADE = "製作說明"
"""Heading of what says how an answer was made."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of an answer, with what has to be said about it."""

    title: str
    columns: tuple[Column, ...]
    """None at all for a section that only says something."""
    rows: tuple[Record, ...]
    notes: tuple[str, ...] = ()
    """Sentences above the table."""
    name: str = ""
    """Short name for a sheet's tab; the title if empty."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of an answer."""

    title: str
    description: str
    """What it shows, for those who can't see it."""
    draw: Callable[[PictureFormat], bytes]
    """Draws it: the content of a PNG or SVG file."""


@dataclass(frozen=True, slots=True)
class Report:
    """One answer, before a format is chosen."""

    heading: str
    """One sentence that sums the answer up."""
    about: Record
    """The whole answer, as JSON gives it."""
    rows: tuple[Record, ...]
    """Its lines, as JSON lines and CSV give them."""
    fields: tuple[str, ...]
    """The rows' fields in order, there also when no row is."""
    columns: tuple[Column, ...]
    """The fields that a page has room for."""
    view: Callable[[Screen], list[str]]
    """The lines that a terminal shows."""
    sections: tuple[Section, ...] = ()
    """The tables that documents show; rows and columns make the only one where there are none."""
    figures: tuple[Figure, ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    """How it was made: labels and values, such as date, model, thresholds and whom it was compared with."""
    notes: tuple[str, ...] = ()
    """Sentences that a reader needs before the tables."""

    @property
    def parts(self) -> tuple[Section, ...]:
        """What documents show: the sections, or all rows as one without a title of its own."""
        return self.sections or (Section("", self.columns, self.rows, name="結果"),)

    @property
    def tones(self) -> tuple[Tone, ...]:
        """The tones that some cell has, in the order of legends."""
        used = {
            column.tone_of(row)
            for part in self.parts
            for column in part.columns
            if column.tone is not None
            for row in part.rows
        }
        return tuple(tone for tone in LOOKS if tone in used)


def render(report: Report, form: Format, screen: Screen, *, ascii_only: bool = False) -> str:
    """The text of a report.

    Args:
        report: what to show.
        form: the format, which is no document.
        screen: the terminal it is for; only ``table`` looks at it.
        ascii_only: write JSON in ASCII, for a stream that cannot hold every character.

    Returns:
        Text that ends with a line break. CSV begins with a byte order mark, by which Excel knows UTF-8.

    Raises:
        ValueError: the format is no text.
    """
    if form == "json":
        return to_json(report.about, ascii_only=ascii_only)
    if form == "jsonl":
        return to_json_lines(report.rows, ascii_only=ascii_only)
    if form == "csv":
        return BYTE_ORDER_MARK + to_csv(report.rows, report.fields)
    if form == "md":
        return _markdown(report)
    if form == "table":
        return "\n".join(report.view(screen)) + "\n"
    msg = f"{form} is a document; see render_file"
    raise ValueError(msg)


def _markdown(report: Report) -> str:
    if not (report.sections or report.figures or report.made or report.notes):
        return to_markdown(report.rows, report.columns, report.heading)
    lines = [markdown_heading(report.heading)]
    for note in report.notes:
        lines += ["", markdown_paragraph(note)]
    for figure in report.figures:
        lines += ["", markdown_heading(f"圖：{figure.title}", 3), "", markdown_paragraph(figure.description)]
    for part in report.parts:
        lines += _markdown_part(part)
    if report.made:
        lines += ["", markdown_heading(MADE, 3), ""]
        lines += [f"- {markdown_paragraph(f'{label}：{value}')}" for label, value in report.made]
    return "\n".join(lines) + "\n"


def _markdown_part(part: Section) -> list[str]:
    lines = ["", markdown_heading(part.title, 3)] if part.title else []
    for note in part.notes:
        lines += ["", markdown_paragraph(note)]
    if part.columns:
        lines += ["", *markdown_table(part.rows, part.columns)]
    return lines
