"""Agencies side by side, on a terminal and in documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby, zip_longest
from typing import Final

from plansearch.findings import Cell, CellEntry, ComparedAgency, Comparison, ComparisonRow
from plansearch.report.finding_records import cell_records, comparison_record
from plansearch.report.finding_words import (
    CHANGES,
    STATES,
    TONES,
    damage_in_words,
    differences_in_words,
    named,
    place_of,
    year_of,
)
from plansearch.report.records import Record
from plansearch.report.rendering import Report, Section
from plansearch.report.screen import Screen, visible
from plansearch.report.search_view import RESTATES
from plansearch.report.serialise import Column

COLUMNS_PER_TABLE: Final = 6
"""Agencies beside each other in one table; more would be too narrow on paper."""

_SIDE_BY_SIDE: Final = 2
_NARROWEST: Final = 70
"""Columns of a terminal on which two agencies fit beside each other."""
_BETWEEN: Final = " │ "
_FIELDS: Final = (
    "row",
    "kind",
    "row_code",
    "row_title",
    "change",
    "same",
    "lexical",
    "differences",
    "column",
    "column_agency",
    "column_year",
    "state",
    "relevance",
    "weak",
    "restates",
    "item",
    "damage",
)
EMPTY_CELLS: Final = (
    "「查無相近措施」是依文字與意思找過、沒有相近的，寫法很不一樣的會漏掉，引用前請看原計畫；「疑似」要看過才算；"
    "「原文缺漏」和「檔案無法讀取」都不能當成沒有辦理。"
)
"""What a reader of empty cells has to know."""


def comparison_report(comparison: Comparison, *, with_options: bool = True) -> Report:
    """Agencies side by side; as lines, each item of each cell is one.

    Args:
        comparison: what to show.
        with_options: name the command line's options where something is left out.
    """
    rows = tuple(
        line
        for number, row in enumerate(comparison.rows, 1)
        for column, agency in enumerate(comparison.agencies)
        for line in cell_records(number, row, column, agency)
    )
    return Report(
        heading=heading(comparison, with_options=with_options),
        about=comparison_record(comparison),
        rows=rows,
        fields=_FIELDS,
        columns=(),
        view=partial(_lines, comparison),
        sections=(*_sections(comparison), agencies_section(comparison)),
        made=_made(comparison),
        notes=(EMPTY_CELLS,),
    )


def heading(comparison: Comparison, *, with_options: bool = True) -> str:
    """One sentence: what was compared of whom, and what is left out.

    Args:
        comparison: what is shown.
        with_options: name the command line's options; a page has its own ways.
    """
    about = f"「{comparison.asked}」" if comparison.asked else "全部執行要項"
    if comparison.years is not None:
        before, after = comparison.years
        counts = "、".join(f"{words} {len(comparison.changed(change))} 項" for change, words in CHANGES.items())
        unsure = sum(row.kind in {"only", "perhaps"} and row.change is None for row in comparison.rows)
        return (
            f"{comparison.agencies[0].name} {before} 年與 {after} 年：{about}，{counts}"
            f"{f'、無法判斷 {unsure} 項' if unsure else ''}"
        )
    names = [one.name for one in comparison.agencies]
    listed = "、".join(names[:3]) + (f"等 {len(names)} 個機關" if len(names) > 3 else "")  # noqa: PLR2004
    further = "，加 --all 全列" if with_options else ""
    cut = f"（另有 {comparison.cut} 項較遠或疑似的沒有列出{further}）" if comparison.cut else ""
    return f"{about}：{listed}並列{cut}"


def _made(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    framework = ("架構", comparison.framework_title or "不分架構")
    return (framework, ("模型", comparison.model), ("比較對象", "、".join(map(named, comparison.agencies))))


def agencies_section(comparison: Comparison) -> Section:
    """Who takes part, with which plans, and how many rows of each state each has."""
    rows = tuple(
        {
            "agency": agency.name,
            "type": agency.agency_type,
            "year": agency.year,
            "plans": "\n".join(agency.plans),
            **_counts(comparison, place),
        }
        for place, agency in enumerate(comparison.agencies)
    )
    counted = tuple(Column(f"{words}（列）", state, width=14) for state, words in STATES.items())
    columns = (
        Column("機關", "agency", width=30),
        Column("類型", "type", width=10),
        Column("年度", "year", width=8),
        Column("計畫檔", "plans", width=36),
        *counted,
    )
    return Section("參加比較的計畫", columns, rows, name="計畫")


def _counts(comparison: Comparison, place: int) -> Record:
    return {str(state): count for state, count in comparison.counts(place).items()}


def _sections(comparison: Comparison) -> list[Section]:
    """The grid; where there are many agencies, several beside each other in one table after the other."""
    whole = list(enumerate(comparison.agencies))
    parts = [whole[start : start + COLUMNS_PER_TABLE] for start in range(0, len(whole), COLUMNS_PER_TABLE)]
    sections = []
    for number, part in enumerate(parts, 1):
        several = f"（之 {number}）" if len(parts) > 1 else ""
        columns = [Column("代碼", "code", width=12), Column("執行要項", "title", width=26)]
        columns += [
            Column(_column_title(comparison, agency), f"cell{place}", width=44, tone=f"tone{place}")
            for place, agency in part
        ]
        if any(row.same is not None for row in comparison.rows):
            columns.append(Column("對照", "beside", width=22, tone="change"))
        rows = tuple(_row_record(row, [place for place, _ in part], comparison.framework) for row in comparison.rows)
        sections.append(Section(f"並列{several}", tuple(columns), rows, name=f"並列{number if several else ''}"))
    return sections


def _column_title(comparison: Comparison, agency: ComparedAgency) -> str:
    return year_of(agency) if comparison.years is not None else f"{agency.name}\n{year_of(agency)}"


def _row_record(row: ComparisonRow, places: Sequence[int], framework: str | None) -> Record:
    beside = "\n".join(beside_in_words(row))
    record: Record = {"code": row.code, "title": row.title, "beside": beside, "change": row.change}
    for place in places:
        record[f"cell{place}"] = _cell_text(row.cells[place], framework)
        record[f"tone{place}"] = TONES[row.cells[place].state]
    return record


def beside_in_words(row: ComparisonRow) -> list[str]:
    """What is said of the two of a row: the change, how alike, what differs."""
    parts = [CHANGES[row.change]] if row.change else []
    if row.kind == "only" and row.change is None and any(cell.state in {"possible", "lost"} for cell in row.cells):
        parts.append("無法判斷，請人工確認")
    if row.same is not None and row.change is None:
        unsure = "疑似，請人工確認；" if row.kind == "perhaps" else ""
        parts.append(f"{unsure}相同的可能 {row.same:.0%}")
    if row.lexical is not None:
        parts.append(f"字詞重疊 {row.lexical:.0%}")
    if row.differences:
        parts.append(differences_in_words(row.differences))
    return parts


def _cell_text(cell: Cell, framework: str | None) -> str:
    parts = [] if cell.state == "measures" else [f"〔{STATES[cell.state]}〕"]
    mark = "・" if len(cell.entries) > 1 else ""
    parts += [f"{mark}{entry.found.item.text}\n（{_entry_place(entry, framework)}）" for entry in cell.entries]
    return "\n".join([*parts, *damage_of(cell)])


def _entry_place(entry: CellEntry, framework: str | None) -> str:
    return "；".join(filter(None, (place_of(entry.found), *entry_remarks(entry, framework))))


def entry_remarks(entry: CellEntry, framework: str | None) -> list[str]:
    """What a reader of an item in a cell has to know: that it is weak, stands elsewhere, or is no measure.

    Args:
        entry: the item.
        framework: the one that the comparison follows.
    """
    parts = ["疑似"] if entry.weak else []
    if entry.related_code:
        parts.append(f"列在 {entry.related_code}")
    elif entry.found.item.code and entry.found.framework != framework and framework is not None:
        parts.append(f"原列在另一架構的 {entry.found.item.code}")
    if entry.restates:
        parts.append(RESTATES)
    return parts


def _lines(comparison: Comparison, screen: Screen) -> list[str]:
    lines = screen.heading(heading(comparison))
    for place, agency in enumerate(comparison.agencies, 1):
        files = agency.unread.reason if agency.unread is not None else "、".join(map(visible, agency.plans))
        lines += screen.paragraph(f"{_letter(place)}　{named(agency)}　{files}", "  ")
    lines += screen.paragraph(EMPTY_CELLS, "")
    for (code, title), group in groupby(comparison.rows, key=lambda row: (row.code, row.title)):
        lines += ["", *screen.heading(screen.shorten(" ".join(filter(None, (code, title))), screen.columns))]
        for number, row in enumerate(group):
            lines += [*([""] if number else []), *_row_lines(comparison, row, screen)]
    return lines


def _letter(place: int) -> str:
    """A short name for a column: A, B, … Z, then numbers."""
    return chr(ord("A") + place - 1) if place <= 26 else f"第 {place}"  # noqa: PLR2004


def _row_lines(comparison: Comparison, row: ComparisonRow, screen: Screen) -> list[str]:
    beside = "；".join(beside_in_words(row))
    head = [screen.dim(line) for line in screen.paragraph(f"〔{beside}〕", "  ")] if beside else []
    if len(row.cells) == _SIDE_BY_SIDE and screen.columns >= _NARROWEST:
        return [*head, *_side_by_side(row, screen, comparison.framework)]
    lines = head
    for place, (agency, cell) in enumerate(zip(comparison.agencies, row.cells, strict=True), 1):
        state = "" if cell.state == "measures" else f"　〔{STATES[cell.state]}〕"
        lines += screen.paragraph(f"{_letter(place)} {visible(agency.name)}{state}", "  ")
        lines += _cell_lines(cell, screen, "    ", comparison.framework, with_state=False)
    return lines


def _side_by_side(row: ComparisonRow, screen: Screen, framework: str | None) -> list[str]:
    half = replace(screen, columns=(screen.columns - len(_BETWEEN) - 2) // 2)
    left, right = (_cell_lines(cell, half, "", framework, with_state=True) for cell in row.cells)
    plain = replace(half, colour=False)
    return [
        f"  {one}{' ' * (half.columns - plain.width(_without_colour(one)))}{_BETWEEN}{other}".rstrip()
        for one, other in zip_longest(left, right, fillvalue="")
    ]


def _without_colour(text: str) -> str:
    """A line without the codes that colour it, to see how wide it is."""
    plain = text
    for code in ("\x1b[1;31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"):
        plain = plain.replace(code, "")
    return plain


def _cell_lines(cell: Cell, screen: Screen, indent: str, framework: str | None, *, with_state: bool) -> list[str]:
    lines: list[str] = []
    if with_state and cell.state != "measures":
        lines += [screen.strong(line) for line in screen.paragraph(f"〔{STATES[cell.state]}〕", indent)]
    for entry in cell.entries:
        lines += screen.paragraph(entry.found.item.text, indent)
        lines += [screen.dim(line) for line in screen.paragraph(f"（{_entry_place(entry, framework)}）", indent)]
    for damage in damage_of(cell):
        lines += screen.paragraph(f"缺漏　{damage}", indent)
    return lines


def damage_of(cell: Cell) -> list[str]:
    """What the source lost where a cell is empty: one in full, of several only where."""
    if len(cell.damage) > 1:
        return [f"{'、'.join(one.span.label for one in cell.damage)}，共 {len(cell.damage)} 處"]
    return [damage_in_words(one) for one in cell.damage]
