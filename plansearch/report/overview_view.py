"""One agency's page: where it stands, what it lacks, from whom to learn, what is copied, what to check."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from plansearch.duplication import DuplicatePair
from plansearch.findings import Overview
from plansearch.report.benchmark_view import (
    benchmark_figures,
    benchmark_notes,
    benchmark_sections,
    definitions_section,
)
from plansearch.report.benchmark_view import headline as benchmark_headline
from plansearch.report.duplicates_view import duplicates_made, pair_sections
from plansearch.report.duplicates_view import headline as duplicates_headline
from plansearch.report.finding_records import benchmark_record, gap_record, pair_record
from plansearch.report.finding_words import year_of
from plansearch.report.gaps_view import gap_sections, gaps_made
from plansearch.report.gaps_view import headline as gaps_headline
from plansearch.report.records import Record, Value, damage_record
from plansearch.report.rendering import Report, Section
from plansearch.report.screen import Screen
from plansearch.report.search_view import DAMAGE_KINDS
from plansearch.report.serialise import Column

LESSONS: Final = 5
"""Peers listed as those to learn from."""
LESSON_LINES: Final = 5
"""Measures listed of each of them."""
PAIRS: Final = 40
"""Pairs of each class that the page lists; all of them are in ``plansearch duplicates``."""


def overview_report(result: Overview, *, with_options: bool = True) -> Report:
    """The whole page.

    Args:
        result: all that is known of an agency.
        with_options: name the commands that give what is left out.
    """
    rows = tuple(gap_record(gap) for gap in result.gaps.gaps)
    agency = result.gaps.agency
    pairs = list(result.duplicates.pairs[: 2 * PAIRS])
    left = len(result.duplicates.pairs) - len(pairs)
    return Report(
        heading=f"{agency.name} {year_of(agency)}提升服務計畫：與同儕比較",
        about={
            "benchmark": benchmark_record(result.benchmark),
            "gaps": list[Value](rows),
            "duplicates": [pair_record(pair) for pair in result.duplicates.pairs],
            "damage": [{"plan": one.plan, **damage_record(one.damage)} for one in result.damage],
        },
        rows=rows,
        fields=tuple(rows[0]) if rows else ("kind", "code", "peers_with", "peers_total"),
        columns=(),
        view=partial(_lines, result),
        sections=(
            *benchmark_sections(result.benchmark),
            *gap_sections(result.gaps.gaps),
            _lessons_section(result),
            *_pair_sections(pairs, left, with_options=with_options),
            _damage_section(result),
            definitions_section(result.benchmark),
        ),
        figures=benchmark_figures(result.benchmark),
        made=(*gaps_made(result.gaps), *(_of_duplicates(duplicates_made(result.duplicates)))),
        notes=(*_summary(result), *benchmark_notes(result.benchmark, with_options=with_options)),
    )


def _of_duplicates(made: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """How duplicates were found, beside how gaps were; the model is the same."""
    return [(f"重複的{label}", value) for label, value in made if label != "模型"]


def _summary(result: Overview) -> list[str]:
    lines = [
        benchmark_headline(result.benchmark),
        gaps_headline(result.gaps),
        f"和比較對象的這些計畫相比，{duplicates_headline(result.duplicates)}",
    ]
    if result.damage:
        lines.append(f"原文有 {len(result.damage)} 處缺漏或錯亂，列在「請對照原文」。")
    if result.lessons:
        best = result.lessons[0]
        lines.append(f"本機關沒有的措施，{best.peer} 有最多（{len(best.gaps)} 項）。")
    return lines


def _lessons_section(result: Overview) -> Section:
    rows: list[Record] = []
    for lesson in result.lessons[:LESSONS]:
        for gap in lesson.gaps[:LESSON_LINES]:
            shown = next(
                (one for name, one in zip(gap.holders, gap.of_holders, strict=True) if name == lesson.peer), None
            )
            rows.append(
                {
                    "peer": f"{lesson.peer}（共 {len(lesson.gaps)} 項）",
                    "code": gap.code,
                    "text": "" if shown is None else shown.item.text,
                    "where": "" if shown is None else shown.location,
                }
            )
    columns = (
        Column("機關", "peer", width=30),
        Column("代碼", "code", width=12),
        Column("可以參考的措施", "text", width=70),
        Column("出處", "where", width=40),
    )
    note = f"各機關有、本機關查無相近的措施，列出有最多的 {LESSONS} 個機關，每個最多 {LESSON_LINES} 項。"
    return Section("可以向誰學", columns, tuple(rows), (note,), name="向誰學")


def _pair_sections(pairs: Sequence[DuplicatePair], left: int, *, with_options: bool) -> tuple[Section, ...]:
    sections = pair_sections(pairs)
    if not left:
        return sections
    further = "執行 plansearch duplicates --agency" if with_options else "在「重複的」另存檔案"
    told = f"另有 {left} 對沒有列在這裡；要全列請{further}。"
    return (*sections, Section("其他相同的措施", (), (), (told,), name="其他"))


def _damage_section(result: Overview) -> Section:
    columns = (
        Column("計畫檔", "plan", width=36),
        Column("代碼", "code", width=12),
        Column("種類", "kind", width=18),
        Column("位置", "place", width=14),
        Column("說明", "detail", width=70),
    )
    rows = tuple[Record, ...](
        {
            "plan": one.plan,
            "code": one.damage.code,
            "kind": DAMAGE_KINDS[one.damage.kind],
            "place": one.damage.span.label,
            "detail": one.damage.detail,
        }
        for one in result.damage
    )
    notes = () if rows else ("沒有發現缺漏或錯亂。",)
    return Section("請對照原文", columns if rows else (), rows, notes, name="對照原文")


def _lines(result: Overview, screen: Screen) -> list[str]:
    agency = result.gaps.agency
    lines = screen.heading(f"{agency.name}（{year_of(agency)}）與同儕比較")
    for note in (*benchmark_notes(result.benchmark), *_summary(result)):
        lines += screen.paragraph(note, "")
    lines += screen.paragraph("完整的報告請加 -o 報告.html（或 .docx、.xlsx）。", "")
    return lines
