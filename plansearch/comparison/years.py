"""One agency's plans of two years: what was kept, reworded, dropped, and what is new."""

from __future__ import annotations

from dataclasses import replace

from plansearch.comparison.agencies import requirement_rows
from plansearch.comparison.columns import Column, choose_requirements
from plansearch.errors import QueryError
from plansearch.findings import Change, Comparison, ComparisonRow
from plansearch.index import PlanIndex
from plansearch.peers import one_agency
from plansearch.sameness import same_text_key


def compare_years(index: PlanIndex, agency: str, years: tuple[int, int], asked: str = "") -> Comparison:
    """Put the plans of two years beside each other.

    A measure is ``kept`` where nothing differs that changes a promise, and ``reworded`` where it is the same measure in
    other words. It is ``dropped`` or ``new`` only where the other year's plan has nothing near it and lost nothing
    there; otherwise nobody can tell, and the row says why.

    Args:
        index: where the plans are.
        agency: its name or a part of it.
        years: two ROC years; the earlier one comes first, however they are given.
        asked: a requirement's or a pillar's code; the whole framework where it is empty.

    Raises:
        PlansearchError: the agency is unknown, has no plan of a year, or the years are the same.
    """
    before, after = sorted(years)
    if before == after:
        raise QueryError(f"要比較的兩個年度都是 {before} 年。請寫兩個不同的年度，例如 --years 112 113。")
    columns = [Column.of(index, one_agency(index, agency, year)) for year in (before, after)]
    chosen = choose_requirements(columns, asked)
    if chosen is None:
        raise QueryError(f"「{asked}」不是執行要項的代碼。比較兩個年度時，範圍請寫代碼，例如 1.3 或 1，或不寫。")
    framework, requirements = chosen
    rows = requirement_rows(index, columns, framework, requirements, whole=not asked.strip())
    return Comparison(
        "requirements" if asked.strip() else "framework",
        asked.strip(),
        framework.id,
        framework.title,
        tuple(column.agency for column in columns),
        tuple(replace(row, change=_change(row)) for row in rows),
        index.model,
        years=(before, after),
    )


def _change(row: ComparisonRow) -> Change | None:
    first, second = row.cells
    if row.kind == "matched":
        texts = [cell.entries[0].found.item.text for cell in row.cells]
        return "kept" if same_text_key(texts[0]) == same_text_key(texts[1]) else "reworded"
    if row.kind != "only":
        return None
    missing = second if first.state == "measures" else first
    if missing.state != "absent":
        return None
    return "dropped" if missing is second else "new"
