"""What the pages of standings show of each answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from plansearch.findings import Benchmark, ComparedAgency, Gap, GapReport, Standing
from plansearch.report.benchmark_view import (
    RANKED,
    benchmark_notes,
    benchmark_sections,
    definitions_section,
    headline,
    standing_notes,
    standing_section,
)
from plansearch.report.duplicates_view import duplicates_notes, trade_section
from plansearch.report.finding_words import damage_in_words, differences_in_words, percent
from plansearch.report.gaps_view import KINDS, MAYBE, count_in_words, elsewhere, gaps_notes, how_near
from plansearch.report.gaps_view import headline as gaps_headline
from plansearch.report.records import Record
from plansearch.web.bars import pillar_bars, requirement_bars
from plansearch.web.beside import BesideDuplicates
from plansearch.web.heat import heat_of
from plansearch.web.pairs import pair_parts
from plansearch.web.sections import table_of
from plansearch.web.standing_form import StandingForm

ROWS: Final = 100
"""Agencies of one table."""
DAMAGE_NOTE: Final = "這些地方原文有缺漏，看不出有沒有措施，所以不算缺少；請對照原檔。"


@dataclass(frozen=True, slots=True)
class GapPart:
    """Lines of one kind."""

    name: str
    title: str
    gaps: tuple[Gap, ...]
    total: int
    note: str = ""


def agencies_context(answer: Standing, form: StandingForm) -> dict[str, object]:
    """All agencies: the heat map and the table, as many as one page has room for."""
    kept = [one for one in answer.benchmarks if form.type in {"", one.agency.agency_type}]
    first = form.start - 1 if form.start <= len(kept) else 0
    part = tuple(kept[first : first + ROWS])
    whole = answer.benchmarks[0]

    def beside(agency: ComparedAgency) -> str:
        return form.address(agency=agency.name, type="", start=1)

    def beside_of(row: Record) -> str:
        return form.address(agency=str(row["agency"]), type="", start=1)

    heat = heat_of(
        whole.requirements,
        whole.pillars,
        [one.grid[0] for one in part],
        cell_address=_cells_of(form),
        agency_address=beside,
    )
    return {
        "heat": heat,
        "table": table_of(standing_section(replace(answer, benchmarks=part)), {"agency": beside_of}),
        "definitions": table_of(definitions_section()),
        "total": len(kept),
        "first": first,
        "rows": ROWS,
        "note": RANKED,
        "notes": standing_notes(answer),
    }


def position_context(answer: Benchmark, form: StandingForm) -> dict[str, object]:
    """One agency's figures beside those of its peers."""
    grid = answer.grid[:ROWS]

    def compared(row: Record) -> str | None:
        return _compare_address(answer.agency.name, str(row["code"]), form.year) if row["code"] else None

    heat = heat_of(
        answer.requirements,
        answer.pillars,
        grid,
        cell_address=_cells_of(form),
        agency_address=lambda agency: form.address(agency=agency.name, peers=[]),
        own=answer.agency.name,
    )
    return {
        "says": headline(answer),
        "notes": benchmark_notes(answer, with_options=False),
        "charts": pillar_bars(answer),
        "requirements_chart": requirement_bars(answer),
        "heat": heat,
        "heat_cut": len(answer.grid) - len(grid),
        "tables_of": [table_of(one, {"code": compared}) for one in benchmark_sections(answer)],
        "definitions": table_of(definitions_section(answer)),
        "compared": lambda code: _compare_address(answer.agency.name, code, form.year),
    }


def gaps_context(answer: GapReport, form: StandingForm) -> dict[str, object]:
    """What one agency lacks, what it may have, and what nobody can tell."""
    parts = _gap_parts(answer, form.k)
    shown = [gap for part in parts for gap in part.gaps]
    return {
        "says": gaps_headline(answer),
        "notes": gaps_notes(answer, shown, with_options=False),
        "parts": parts,
        "cut": len(answer.gaps) - len(shown),
        "count_in_words": count_in_words,
        "how_near": how_near,
        "elsewhere": elsewhere,
        "damage_in_words": damage_in_words,
        "maybe": MAYBE,
        "compared": lambda code: _compare_address(answer.agency.name, code, form.year),
    }


def _gap_parts(answer: GapReport, limit: int) -> list[GapPart]:
    measures = answer.of("measure")
    sure = [gap for gap in measures if not gap.maybe_covered]
    unsure = [gap for gap in measures if gap.maybe_covered]
    parts = [
        _gap_part("requirement", KINDS["requirement"], answer.of("requirement"), None),
        _gap_part("boilerplate", KINDS["boilerplate"], answer.of("boilerplate"), None),
        _gap_part("measure", KINDS["measure"], sure, limit),
        _gap_part("maybe", f"疑似：其他機關有、本機關{MAYBE}的措施", unsure, limit),
        _gap_part("damage", KINDS["damage"], answer.of("damage"), None, DAMAGE_NOTE),
    ]
    return [part for part in parts if part.total]


def _gap_part(name: str, title: str, gaps: Sequence[Gap], limit: int | None, note: str = "") -> GapPart:
    return GapPart(name, title, tuple(gaps[:limit]), len(gaps), note)


def duplicates_context(answer: BesideDuplicates, form: StandingForm) -> dict[str, object]:
    """What is copied in and with one agency's plan."""
    parts = pair_parts(answer.duplicates, form.k)
    shown = sum(len(part.pairs) for part in parts)
    notes = duplicates_notes(answer.duplicates, shown, with_options=False)
    return {
        "says": answer.says,
        "notes": [*answer.notes, *notes],
        "parts": parts,
        "cut": len(answer.duplicates.pairs) - shown,
        "differences_in_words": differences_in_words,
        "percent": percent,
        "trade": table_of(trade_section()),
    }


def _cells_of(form: StandingForm) -> Callable[[ComparedAgency, str], str]:
    """Where the measures of an agency under a requirement are shown: beside those of its peers."""
    return lambda agency, code: _compare_address(agency.name, code, form.year)


def _compare_address(agency: str, code: str, year: int | None) -> str:
    pairs = {"agency": agency, "what": code} | ({} if year is None else {"year": str(year)})
    return f"/compare?{urlencode(pairs)}"
