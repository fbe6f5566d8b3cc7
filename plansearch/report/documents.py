"""A report as the content of a file, in any format; what is slow to import is imported by the format that needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final, Literal, TypeAlias, cast

from plansearch.errors import ChartError
from plansearch.report.rendering import Format, PictureFormat, Report, render
from plansearch.report.screen import Screen
from plansearch.version import __version__

FileFormat: TypeAlias = Literal[Format, PictureFormat]
"""What a file can be; pictures only of a report that has figures."""
PICTURES: Final[tuple[PictureFormat, ...]] = ("png", "svg")
DOCUMENTS: Final[tuple[Format, ...]] = ("xlsx", "docx", "html")
"""Formats that people open, print and hand on, and that therefore say how they were made."""

DAY: Final = "日期"
"""The label under which a document says when it was made."""
PROGRAM: Final = "程式"
"""The label under which a document says by what it was made."""


def dated(report: Report, day: date) -> Report:
    """A report that says on which day it was made, and by what; people hand documents on."""
    labels = {label for label, _ in report.made}
    on = () if DAY in labels else ((DAY, day.isoformat()),)
    program = () if PROGRAM in labels else ((PROGRAM, f"plansearch {__version__}"),)
    return replace(report, made=(*on, *report.made, *program))


def is_binary(form: FileFormat) -> bool:
    """Whether a format is nothing that a terminal could show."""
    return form in {"xlsx", "docx", *PICTURES}


def render_file(report: Report, form: FileFormat, screen: Screen) -> bytes:
    """The content of a file.

    Args:
        report: what to show; of its figures, a picture shows the first.
        form: the format.
        screen: only ``table`` looks at it.

    Raises:
        ValueError: a picture is asked of a report without figures.
    """
    if form in DOCUMENTS:
        report = _with_figures_that_can_be_drawn(report)
    if form == "xlsx":
        from plansearch.report.workbook import workbook_of  # noqa: PLC0415

        return workbook_of(report)
    if form == "docx":
        from plansearch.report.memo import memo_of  # noqa: PLC0415

        return memo_of(report)
    if form == "html":
        from plansearch.report.page import page_of  # noqa: PLC0415

        return page_of(report).encode("utf-8")
    if form in PICTURES:
        if not report.figures:
            msg = "this report has no figures"
            raise ValueError(msg)
        return report.figures[0].draw(form)
    # A file's name may hold half a character, which no encoding has.
    return render(report, cast("Format", form), screen).encode("utf-8", errors="replace")


def _with_figures_that_can_be_drawn(report: Report) -> Report:
    """A report without its figures where no font can draw them; its tables need none."""
    if not report.figures:
        return report
    from plansearch.report.fonts import find_font  # noqa: PLC0415

    try:
        find_font()
    except ChartError as error:
        return replace(report, figures=(), notes=(*report.notes, f"沒有畫圖：{error}"))
    return report
