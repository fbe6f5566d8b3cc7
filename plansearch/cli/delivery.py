"""Hands a report to the screen or to a file, and says on standard error what went wrong."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from plansearch.cli.options import FormatName
from plansearch.errors import QueryError

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
    write_file(render(report, form or _format_of(output), Screen()), output)
    write_stream(f"已寫入 {output}：{report.heading}\n", sys.stderr)


def _format_of(output: Path) -> Format:
    by_suffix: dict[str, Format] = {f".{name}": name for name in get_args(FormatName) if name != "table"}
    by_suffix |= {"": "table", ".txt": "table"}
    suffix = output.suffix.lower()
    if suffix not in by_suffix:
        known = "、".join(name for name in by_suffix if name)
        message = f"不會寫 {suffix} 檔（{output}）。請用 {known}；.csv 可以直接用 Excel 開，或用 --format 指定格式。"
        raise QueryError(message)
    return by_suffix[suffix]


def notify(message: str) -> None:
    """Say on standard error what was done."""
    from plansearch.report.output import write_stream

    write_stream(f"{message}\n", sys.stderr)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    from plansearch.report.output import write_stream

    write_stream(f"錯誤：{message}\n", sys.stderr)
