"""Answers as files to keep: the same as the command line writes."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args
from urllib.parse import quote

from fastapi.responses import Response

from plansearch.report.documents import dated, render_file
from plansearch.report.rendering import Report
from plansearch.report.screen import Screen

ExportFormat: TypeAlias = Literal["xlsx", "docx", "csv", "html", "md", "json", "jsonl"]

FORMATS: Final = get_args(ExportFormat)

TYPES: Final[dict[ExportFormat, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
}


def download(report: Report, form: ExportFormat, name: str) -> Response:
    """A report as a file that a browser saves.

    Args:
        report: what it holds.
        form: in which format.
        name: of the file, without its suffix.
    """
    content = render_file(dated(report, datetime.now().astimezone().date()), form, Screen())
    named = quote(f"{name}.{form}", safe="", errors="replace")
    headers = {"content-disposition": f"attachment; filename=\"plansearch.{form}\"; filename*=UTF-8''{named}"}
    return Response(content, media_type=TYPES[form], headers=headers)
