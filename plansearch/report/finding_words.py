"""Words that the views of comparisons, gaps, duplicates and benchmarks share."""

from __future__ import annotations

from collections.abc import Sequence

from plansearch.findings import CellState, Change, ComparedAgency, PeerGroup
from plansearch.promises import Difference, Kind
from plansearch.report.screen import Screen, visible
from plansearch.results import IndexedItem
from plansearch.types import Damage, SkippedFile

STATES: dict[CellState, str] = {
    "measures": "有措施",
    "possible": "疑似，請人工確認",
    "lost": "原文缺漏，無法判斷",
    "absent": "查無相近措施",
    "unread": "檔案無法讀取",
}
"""What is said of a cell; only ``absent`` is a gap."""
TONES: dict[CellState, str | None] = {
    "measures": None,
    "possible": "possible",
    "lost": "lost",
    "absent": "absent",
    "unread": "unread",
}
"""How documents show a cell."""
CHANGES: dict[Change, str] = {"kept": "沿用", "reworded": "改寫", "dropped": "未再列出", "new": "新增"}
"""What became of a measure from one year to another."""
KINDS: dict[Kind, str] = {"number": "數字不同", "frequency": "頻率不同", "polarity": "要求相反或強弱不同"}
"""How two promises differ."""


def year_of(agency: ComparedAgency) -> str:
    """The year of its plan in words."""
    return "年度未知" if agency.year is None else f"{agency.year} 年"


def named(agency: ComparedAgency) -> str:
    """Agency, type and year on one line."""
    about = "、".join(part for part in (agency.agency_type, agency.city, year_of(agency)) if part)
    return f"{visible(agency.name)}（{about}）"


def peers_in_words(peers: PeerGroup) -> str:
    """Who the peers were: how they were chosen, how many, and their names."""
    names = "、".join(f"{visible(one.name)}（{year_of(one)}）" for one in peers.agencies)
    return f"{peers.description}，{len(peers.agencies)} 個：{names}"


def years_differ(agency: ComparedAgency, peers: PeerGroup, *, with_options: bool = True) -> str | None:
    """That plans of several years are compared, where they are.

    Args:
        agency: whose plan it is.
        peers: whom it is compared with.
        with_options: name the command line's options; a page has its own ways.
    """
    years = {one.year for one in (agency, *peers.agencies)}
    if len(years) == 1:
        return None
    return f"各機關用的是最近一年的計畫，年度不同；要比同一年度請{'加 --year' if with_options else '選一個年度'}。"


FILES_NAMED = 5
"""Files that could not be read that a note names; the others are counted."""


def unread_note(unread: Sequence[SkippedFile]) -> list[str]:
    """That some files could not be read, so that what stands in them is missing everywhere; nothing where all were."""
    if not unread:
        return []
    names = "、".join(visible(file.name) for file in unread[:FILES_NAMED])
    more = f"等 {len(unread)} 個檔案" if len(unread) > FILES_NAMED else ""
    return [f"注意：{names}{more}無法讀取，不知道是哪個機關的，內容沒有算在內；列為沒有的可能寫在裡面。"]


def place_of(found: IndexedItem) -> str:
    """Where an item stands in its file, and whose it is, for a place where the agency is known."""
    number = (found.item.number or "").strip("、.．：: ")
    place = [found.item.span.label, f"編號 {number}" if any(map(str.isalnum, number)) else ""]
    corrected = "人工更正" if found.item.corrected else ""
    return "；".join(part for part in (" ".join(filter(None, place)), units_of(found), corrected) if part)


def units_of(found: IndexedItem) -> str:
    """The responsible units; ``推定`` where the source does not say clearly which are whose."""
    if not found.item.units:
        return ""
    return f"單位 {'、'.join(found.item.units)}{'（推定）' if found.item.units_inferred else ''}"


def quoted(found: IndexedItem) -> str:
    """An item's text with the agency, year and place to quote it from."""
    return f"{found.item.text}\n（{source_of(found)}）"


def source_of(found: IndexedItem) -> str:
    """Agency, year and location."""
    year = "年度未知" if found.metadata.year is None else f"{found.metadata.year} 年"
    code = f"；要項 {found.item.code}" if found.item.code else ""
    return f"{found.metadata.agency or '機關未知'} {year}；{found.location}{code}"


def differences_in_words(differences: Sequence[Difference]) -> str:
    """How two promises differ: 頻率不同：每週／每月."""
    return "；".join(f"{KINDS[one.kind]}：{one.first or '（未提）'}／{one.second or '（未提）'}" for one in differences)


def damage_in_words(damage: Damage) -> str:
    """One damage: where and what."""
    return f"{damage.span.label}　{damage.detail}".strip()


def percent(value: float | None) -> str:
    """A share as people say it; an en dash where it is unknown."""
    return "–" if value is None else f"{value:.0%}"


def source_lines(found: IndexedItem, screen: Screen, indent: str) -> list[str]:
    """Where to quote an item from, in a weak colour."""
    return [screen.dim(line) for line in screen.paragraph(f"出處　{source_of(found)}", indent)]
