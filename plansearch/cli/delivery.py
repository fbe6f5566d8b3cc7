"""Hands a report to the screen or to files, and says on standard error what was done and what went wrong."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from plansearch.cli.options import FormatName
from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.report.documents import FileFormat
    from plansearch.report.rendering import Format, Report


def deliver(report: Report, form: Format | None, output: Path | None) -> None:
    """Print a report, or write it to a file in the format asked for or, by default, that of the file's suffix.

    A report that has several figures is written as several pictures, the second as ``name-2.png``.

    Raises:
        QueryError: the format is none that the report has, or none that a terminal can show.
        PlansearchError: a file cannot be written.
    """
    if output is None:
        _print(report, form or "table")
        return
    paths = _write(report, form or _format_of(output, has_figures=bool(report.figures)), output)
    notify(f"已寫入 {'、'.join(map(str, paths))}：{report.heading}")


def _print(report: Report, form: Format) -> None:
    from plansearch.report.documents import dated, is_binary, render_file
    from plansearch.report.output import lacks_unicode, write_stream
    from plansearch.report.rendering import render
    from plansearch.report.screen import Screen

    if is_binary(form):
        message = f"{form} 不能印在畫面上。請加 -o 檔名.{form} 寫成檔案。"
        raise QueryError(message)
    if form == "html":
        page = render_file(dated(report, _today()), form, Screen())
        write_stream(_as_text(page, ascii_only=lacks_unicode()))
        return
    write_stream(render(report, form, Screen.of(), ascii_only=lacks_unicode()))


def _write(report: Report, form: FileFormat, output: Path) -> list[Path]:
    """Write the file, or one for each figure; give their names."""
    from plansearch.report.documents import DOCUMENTS, PICTURES, dated, render_file
    from plansearch.report.output import write_file
    from plansearch.report.screen import Screen

    if form in PICTURES:
        further = [output.with_stem(f"{output.stem}-{number}") for number in range(2, len(report.figures) + 1)]
        paths = [output, *further]
        for path, figure in zip(paths, report.figures, strict=True):
            write_file(figure.draw(form), path)
        return paths
    write_file(render_file(dated(report, _today()) if form in DOCUMENTS else report, form, Screen()), output)
    return [output]


def _format_of(output: Path, *, has_figures: bool) -> FileFormat:
    by_suffix: dict[str, FileFormat] = {f".{name}": name for name in get_args(FormatName) if name != "table"}
    by_suffix |= {".txt": "table", "": "table"}
    by_suffix |= {".png": "png", ".svg": "svg"} if has_figures else {}
    suffix = output.suffix.lower()
    if suffix not in by_suffix:
        known = "、".join(name for name in by_suffix if name)
        message = f"不會寫 {suffix} 檔（{output}）。這個答案可以寫成 {known}；或用 --format 指定格式。"
        raise QueryError(message)
    return by_suffix[suffix]


def _today() -> date:
    return datetime.now().astimezone().date()


def _as_text(page: bytes, *, ascii_only: bool) -> str:
    """A page as text; where a stream lacks characters, they are written as HTML's references."""
    text = page.decode("utf-8")
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii") if ascii_only else text


def notify(message: str) -> None:
    """Say on standard error what was done."""
    from plansearch.report.output import write_stream

    write_stream(f"{message}\n", sys.stderr)


def complain(message: str) -> None:
    """Say on standard error what went wrong."""
    from plansearch.report.output import write_stream

    write_stream(f"錯誤：{message}\n", sys.stderr)
