"""Records → JSON, JSON lines, CSV for spreadsheets, Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from plansearch.report.records import Record, Value
from plansearch.report.tones import LOOKS, Tone

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection)."""
_NEGATIVE_IN_BRACKETS = re.compile(r"\(\d+\)$")
"""Spreadsheets read the item number ``(1)`` as minus one."""
_MARKDOWN_SYNTAX = re.compile(r"([\\|<*_`\[])")
_MARKDOWN_BEGINNING = re.compile(r"^(\d*)([#>+\-=~.)])")
"""What makes a paragraph a heading, a list or a quotation where it begins with this."""
_UNBROKEN = 4
"""Chinese characters of a title that stay on one line."""
_BESIDE_A_TITLE = 4
"""Latin characters: margins, and in Excel the button of the filter."""


class Column(NamedTuple):
    """A column of a table that people read: the heading that is shown, and the field below it."""

    title: str
    field: str
    words: Mapping[Any, str] | None = None
    """What a value is called where people read it."""
    width: int = 20
    """How wide it is beside the others, in Latin characters; some 50 for the text of a measure."""
    tone: str | None = None
    """The field, if any, that says which tone its cells have."""

    @property
    def least_width(self) -> int:
        """Its width, or more where that would break a short title."""
        return max(self.width, 2 * min(len(self.title), _UNBROKEN) + _BESIDE_A_TITLE)

    def cell(self, row: Record) -> str:
        """What stands in this column."""
        value = _flat(row.get(self.field))
        return value if self.words is None else self.words.get(value, value)

    def number(self, row: Record) -> int | float | None:
        """The number that stands in this column; nothing where it is something else or has a name."""
        value = row.get(self.field)
        if self.words is None and isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return None

    def tone_of(self, row: Record) -> Tone | None:
        """The tone of its cell in a row.

        Raises:
            ValueError: the row names a tone that does not exist.
        """
        named = None if self.tone is None else row.get(self.tone)
        if named is None:
            return None
        for tone in LOOKS:
            if tone == named:
                return tone
        msg = f"{self.tone} is {named!r}, which is no tone"
        raise ValueError(msg)


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
    return "\n".join([markdown_heading(heading), "", *markdown_table(rows, columns)]) + "\n"


def markdown_heading(text: str, level: int = 2) -> str:
    """A heading, whatever its text has in it."""
    return f"{'#' * level} {_markdown_cell(text)}"


def markdown_paragraph(text: str) -> str:
    """A paragraph that is no list and no heading, whatever its text begins with."""
    return _MARKDOWN_BEGINNING.sub(r"\1\\\2", _markdown_cell(text))


def markdown_table(rows: Iterable[Record], columns: Sequence[Column]) -> list[str]:
    """The lines of a table; a line break within a cell is ``<br>``."""
    return [
        _markdown_row(_markdown_cell(column.title) for column in columns),
        _markdown_row("---" for _ in columns),
        *(_markdown_row(_markdown_cell(column.cell(row)) for column in columns) for row in rows),
    ]


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
    return _flat_record(value) if isinstance(value, dict) else str(value)


def _flat_record(record: Record) -> str:
    """A record within a row; of an item what people look for, its text and where it stands."""
    item = record.get("item")
    if isinstance(item, dict):
        return _flat_record(item)
    if {"text", "location"} <= record.keys():
        return f"{_flat(record['text'])}（{_flat(record['location'])}）"
    return " ".join(_flat(part) for part in record.values())


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(text: str) -> str:
    escaped = _MARKDOWN_SYNTAX.sub(r"\\\1", text)
    return "<br>".join(line.strip() for line in escaped.splitlines())
