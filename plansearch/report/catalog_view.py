"""Requirements of the frameworks, as a terminal shows them, and their report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from plansearch.frameworks.catalog import Framework, Requirement
from plansearch.report.records import Record, Value
from plansearch.report.rendering import Report
from plansearch.report.screen import Screen
from plansearch.report.serialise import Column
from plansearch.types import Relation

RELATIONS: dict[Relation, str] = {
    "equal": "相同",
    "narrower": "對方範圍較窄",
    "wider": "對方範圍較寬",
    "overlaps": "部分重疊",
}
"""How the relation to another framework's requirement is said."""

_FIELDS = ("framework", "code", "pillar", "title", "description", "keywords", "examples", "crosswalk")
_COLUMNS = (
    Column("架構", "framework", width=18),
    Column("代碼", "code", width=12),
    Column("執行要項", "title", width=34),
    Column("說明", "description", width=44),
    Column("舉例", "examples", width=50),
    Column("對照", "crosswalk", width=22),
)
_INDENT = "      "
_DETAILED = 3
"""Up to so many requirements are shown in full; more are listed by code and title."""


def requirements_report(frameworks: Sequence[Framework], chosen: Sequence[Requirement]) -> Report:
    """The chosen requirements; ``frameworks`` are those that they come from."""
    titles = {(one.id, pillar.code): pillar.title for one in frameworks for pillar in one.pillars}
    rows = tuple(_record(requirement, titles) for requirement in chosen)
    return Report(
        heading=f"執行要項 {len(rows)} 項",
        about={"requirements": list[Value](rows)},
        rows=rows,
        fields=_FIELDS,
        columns=_COLUMNS,
        view=partial(_lines, frameworks, chosen),
    )


def _record(requirement: Requirement, pillars: dict[tuple[str, str], str]) -> Record:
    return {
        "framework": requirement.framework,
        "code": requirement.code,
        "pillar": pillars[requirement.framework, requirement.pillar],
        "title": requirement.title,
        "description": requirement.description,
        "keywords": list[Value](requirement.keywords),
        "examples": list[Value](requirement.examples),
        "crosswalk": [
            {"framework": entry.framework, "code": entry.code, "relation": entry.relation}
            for entry in requirement.crosswalk
        ],
    }


def _lines(frameworks: Sequence[Framework], chosen: Sequence[Requirement], screen: Screen) -> list[str]:
    by_id = {framework.id: framework for framework in frameworks}
    detailed = len(chosen) <= _DETAILED
    lines: list[str] = []
    for identifier, of_framework in groupby(chosen, key=lambda requirement: requirement.framework):
        framework = by_id[identifier]
        lines += [*([""] if lines else []), *screen.heading(f"{framework.title}（--framework {identifier}）")]
        for code, of_pillar in groupby(of_framework, key=lambda requirement: requirement.pillar):
            lines += ["", *screen.paragraph(f"{code}　{framework.pillar(code).title}", "  ")]
            for requirement in of_pillar:
                lines += _detail(requirement, screen) if detailed else _one_line(requirement, screen)
    if not detailed:
        hint = "要看一項的說明、舉例與對照，請在指令後加上代碼，例如 plansearch requirements 1.3"
        lines += ["", *screen.paragraph(hint, "")]
    return lines


def _one_line(requirement: Requirement, screen: Screen) -> list[str]:
    return [screen.shorten(f"    {requirement.code}　{requirement.title}", screen.columns)]


def _detail(requirement: Requirement, screen: Screen) -> list[str]:
    lines = screen.heading(f"{requirement.code}　{requirement.title}", "    ")
    lines += screen.paragraph(requirement.description, _INDENT)
    for example in requirement.examples:
        lines += screen.paragraph(f"例　{example}", _INDENT)
    for entry in requirement.crosswalk:
        relation = RELATIONS[entry.relation]
        lines += screen.paragraph(f"對照　{entry.framework} 的 {entry.code}（{relation}）", _INDENT)
    return lines
