"""A report as a page for browsers: one file that needs nothing else and runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plansearch.report.records import Record
from plansearch.report.rendering import MADE, Figure, Report, Section
from plansearch.report.tones import LOOKS, Tone
from plansearch.report.vector import inline_svg
from plansearch.templating import templates_of
from plansearch.xmltext import xml_text

_LISTED: Final = 3
"""From so many parts on, a page begins with a table of contents."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell as the page shows it."""

    text: str
    tone: Tone | None
    is_number: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """A section or figure as the page shows it."""

    id: str
    title: str
    notes: tuple[str, ...]
    titles: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    """The columns' widths in percent."""
    rows: tuple[tuple[_Cell, ...], ...] = ()
    svg: str = ""

    @classmethod
    def of_section(cls, section: Section, number: int) -> _Part:
        whole = sum(column.least_width for column in section.columns)
        return cls(
            f"s{number}",
            xml_text(section.title),
            tuple(map(xml_text, section.notes)),
            tuple(xml_text(column.title) for column in section.columns),
            tuple(round(100 * column.least_width / whole, 2) for column in section.columns),
            tuple(_cells(section, row) for row in section.rows),
        )

    @classmethod
    def of_figure(cls, figure: Figure, number: int) -> _Part:
        return cls(
            f"f{number}", xml_text(figure.title), (xml_text(figure.description),), svg=inline_svg(figure, number)
        )


def page_of(report: Report) -> str:
    """A report as the text of an ``.html`` file in UTF-8."""
    figures = [_Part.of_figure(figure, number) for number, figure in enumerate(report.figures, 1)]
    sections = [_Part.of_section(section, number) for number, section in enumerate(report.parts, 1)]
    return (
        templates_of("plansearch.report")
        .get_template("page.html")
        .render(
            heading=xml_text(report.heading),
            notes=[xml_text(note) for note in report.notes],
            figures=figures,
            sections=sections,
            has_contents=len(figures) + len(sections) >= _LISTED,
            tones=report.tones,
            looks=LOOKS,
            signs={tone: f"{ord(LOOKS[tone].sign):x}" for tone in report.tones},
            made=[(xml_text(label), xml_text(value)) for label, value in report.made],
            made_heading=MADE,
        )
    )


def _cells(section: Section, row: Record) -> tuple[_Cell, ...]:
    return tuple(
        _Cell(xml_text(column.cell(row)), column.tone_of(row), column.number(row) is not None)
        for column in section.columns
    )
