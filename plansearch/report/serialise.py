"""Records → JSON, JSON lines, CSV for spreadsheets, Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from plansearch.report.records import Record, Value

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection)."""
_NEGATIVE_IN_BRACKETS = re.compile(r"\(\d+\)$")
"""Spreadsheets read the item number ``(1)`` as minus one."""
_MARKDOWN_SYNTAX = re.compile(r"([\\|<*_`\[])")


class Column(NamedTuple):
    """A column of a Markdown table: the heading that is shown, and the field below it."""

    title: str
    field: str
    words: Mapping[Any, str] | None = None
    """What a value is called where people read it."""

    def cell(self, row: Record) -> str:
        """What stands in this column."""
        value = _flat(row.get(self.field))
        return value if self.words is None else self.words.get(value, value)


def to_json(about: Record, *, ascii_only: bool = False) -> str:
    """One JSON object, indented."""
    return json.dumps(about, ensure_ascii=ascii_only, indent=2) + "\n"


def to_json_lines(rows: Iterable[Record], *, ascii_only: bool = False) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)


def to_csv(rows: Sequence[Record], fields: Sequence[str]) -> str:
    """Comma-separated values with a heading row; no cell of it can run as a formula."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(fields)
    writer.writerows([_csv_cell(row.get(field)) for field in fields] for row in rows)
    return sheet.getvalue()


def to_markdown(rows: Iterable[Record], columns: Sequence[Column], heading: str) -> str:
    """A heading and a table."""
    lines = [
        f"## {_markdown_cell(heading)}",
        "",
        _markdown_row(column.title for column in columns),
        _markdown_row("---" for _ in columns),
        *(_markdown_row(_markdown_cell(column.cell(row)) for column in columns) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _csv_cell(value: Value) -> str | int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = _flat(value)
    return f"'{text}" if text.startswith(_DANGEROUS) or _NEGATIVE_IN_BRACKETS.match(text) else text


def _flat(value: Value) -> str:
    """A value as one cell shows it."""
    if value is None:
        return ""
    if isinstance(value, list):
        # Two numbers are a range of lines; an en dash, since a spreadsheet reads 3-5 as the fifth of March.
        if len(value) == 2 and all(isinstance(part, int) for part in value):  # noqa: PLR2004
            return str(value[0]) if value[0] == value[1] else f"{value[0]}–{value[1]}"
        return "、".join(_flat(part) for part in value)
    if isinstance(value, dict):
        return " ".join(_flat(part) for part in value.values())
    return str(value)


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(text: str) -> str:
    escaped = _MARKDOWN_SYNTAX.sub(r"\\\1", text)
    return "<br>".join(line.strip() for line in escaped.splitlines())
