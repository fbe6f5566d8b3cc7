"""The answer to a query agency by agency, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence

from plansearch.report.screen import Screen, visible
from plansearch.report.search_view import MODES, caveat_lines, filters_in_words, hit_lines, question_lines
from plansearch.results import AgencyHits, AgencyResult, Coverage

STATES: dict[Coverage, str] = {
    "found": "有相近措施",
    "possible": "疑似，請人工確認",
    "lost": "原文缺漏，無法判斷",
    "absent": "查無相近措施",
    "unasked": "篩選之下沒有項目可找",
}
"""What is said of an agency; only the last one is a gap."""


def agency_lines(result: AgencyResult, screen: Screen) -> list[str]:
    """Who covers the subject and who does not, then the best items of each agency."""
    parts = [f"查詢「{result.query}」", MODES[result.mode]]
    if result.filters:
        parts.append(f"篩選：{filters_in_words(result.filters)}")
    if not screen.colour:
        parts.append("【】是符合的字詞")
    lines = [*screen.heading(agency_headline(result)), *screen.paragraph("；".join(parts), "")]
    lines += question_lines(result, screen)
    lines += ["", *_overview(result, screen)]
    for agency in result.of("found", "possible"):
        lines += ["", *_one_agency(agency, result.filters.requirements, screen)]
    return lines + caveat_lines([caveat for agency in result.of("lost", "absent") for caveat in agency.caveats], screen)


def agency_headline(result: AgencyResult) -> str:
    """One sentence: how many agencies cover the subject, of how many."""
    if not result.agencies:
        return "篩選條件之下沒有任何機關。"
    return f"{len(result.agencies)} 個機關中，{len(result.of('found'))} 個有相近措施。"


def _overview(result: AgencyResult, screen: Screen) -> list[str]:
    lines = []
    for state, words in STATES.items():
        agencies = result.of(state)
        if agencies:
            lines += screen.paragraph(f"{words}（{len(agencies)}）：{_names(agencies)}", "  ")
    if result.unread:
        files = "、".join(visible(file.name) for file in result.unread)
        lines += screen.paragraph(f"檔案無法讀取（{len(result.unread)}）：{files}", "  ")
    return lines


def _names(agencies: Sequence[AgencyHits]) -> str:
    return "、".join(visible(agency.name) for agency in agencies)


def _one_agency(agency: AgencyHits, wanted: Sequence[str], screen: Screen) -> list[str]:
    shown = sum(1 + len(hit.twins) for hit in agency.hits)
    rest = f"，列出前 {len(agency.hits)} 項，其餘請加 --all" if agency.total > shown else ""
    about = "、".join(part for part in (agency.agency_type, agency.city) if part)
    named = f"{visible(agency.name)}{f'（{about}）' if about else ''}"
    head = f"{named}　{STATES[agency.state]}；較接近的 {agency.total} 項{rest}"
    lines = ["─" * min(screen.columns, 40), *screen.heading(head)]
    for hit in agency.hits:
        lines += hit_lines(hit, screen, wanted)
    return lines
