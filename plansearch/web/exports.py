"""Answers as files to keep: the same as the command line writes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal, TypeAlias, TypeVar, get_args
from urllib.parse import quote

from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from plansearch.errors import QueryError
from plansearch.report.documents import dated, render_file
from plansearch.report.rendering import Report
from plansearch.report.screen import Screen
from plansearch.web.wording import refusal
from plansearch.web.working import Job

T = TypeVar("T")

ExportFormat: TypeAlias = Literal["xlsx", "docx", "csv", "html", "md", "json", "jsonl"]

FORMATS: Final = get_args(ExportFormat)

LONGEST_WAIT: Final = 600.0
"""Seconds for which a file waits for its answer: it can't say how far that is."""

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


async def download_of(job: Job[T], report_of: Callable[[T], Report], form: ExportFormat, name: str) -> Response:
    """The answer of some work as a file, once it is there.

    Args:
        job: the work.
        report_of: makes its answer a report.
        form: in which format.
        name: of the file, without its suffix.

    Raises:
        PlansearchError: the work failed.
        HTTPException: it took too long.
    """
    if not await job.within(LONGEST_WAIT):
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "還在計算，檔案還沒有好。請過一會兒再存一次。")
    try:
        result = job.result()
    except QueryError as error:
        raise QueryError(refusal(error)) from error
    return await run_in_threadpool(lambda: download(report_of(result), form, name))
