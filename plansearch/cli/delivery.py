"""Hands a report to the screen or to a file, and says on standard error what went wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from plansearch.cli.options import FormatName

if TYPE_CHECKING:
    from plansearch.report.rendering import Format, Report


def deliver(report: Report, form: Format | None, output: Path | None) -> None:
    """Print a report, or write it to a file in the format asked for or, by default, that of the file's suffix."""
    from plansearch.report.output import lacks_unicode, write_file, write_stream
    from plansearch.report.rendering import render
    from plansearch.report.screen import Screen

    if output is None:
        write_stream(render(report, form or "table", Screen.of(), ascii_only=lacks_unicode()))
        return
    by_suffix = {f".{name}": name for name in get_args(FormatName) if name != "table"}
    write_file(render(report, form or by_suffix.get(output.suffix.lower(), "table"), Screen()), output)
    write_stream(f"已寫入 {output}：{report.heading}\n", sys.stderr)


def notify(message: str) -> None:
    """Say on standard error what was done."""
    from plansearch.report.output import write_stream

    write_stream(f"{message}\n", sys.stderr)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    from plansearch.report.output import write_stream

    write_stream(f"錯誤：{message}\n", sys.stderr)
