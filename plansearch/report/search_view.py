"""The answer to a query, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from plansearch.report.screen import Screen, visible
from plansearch.results import Caveat, Filters, Hit, SearchMode, SearchResult
from plansearch.types import DamageKind, Metadata, PlanItem

DAMAGE_KINDS: dict[DamageKind, str] = {
    "numbering_start": "編號不是從 1 開始",
    "numbering_gap": "編號跳號",
    "measures_lost": "措施不見了",
    "units_mismatch": "單位對不上",
    "heading_displaced": "標題放錯位置",
    "heading_unknown": "標題認不得",
    "text_cut": "文字被切斷",
    "text_stray": "零散的文字",
    "text_garbled": "有字讀不出來",
    "text_apart": "表格與段落之外的文字",
    "text_recognised": "文字由影像辨識",
    "page_unread": "有一頁沒有讀到",
    "sheet_unread": "有工作表沒有讀到",
}
"""What each kind of damage is called."""
NOTHING_FOUND = "沒有找到夠接近的內容"
_MODES: dict[SearchMode, str] = {"hybrid": "意思與字詞", "meaning": "只比意思", "words": "只比字詞"}
_INDENT = "    "


def search_lines(result: SearchResult, screen: Screen) -> list[str]:
    """How many were found, then the hits, each with where it stands."""
    lines = [*screen.heading(headline(result)), *screen.paragraph(_circumstances(result, screen), "")]
    for hit in result.hits:
        lines += ["", *_hit_lines(hit, screen, result.filters.requirements)]
    return lines + _caveat_lines(result.caveats, screen)


def headline(result: SearchResult) -> str:
    """One sentence: how many items were found, how many are shown, and how to see the rest."""
    if result.searched == 0:
        return f"{NOTHING_FOUND}：篩選條件之下沒有任何項目可找。"
    if result.total == 0:
        return f"{NOTHING_FOUND}（找了 {result.searched} 項）。"
    if result.cut == 0:
        return f"找到較接近的 {result.total} 項，全部列出。"
    return f"找到較接近的 {result.total} 項，列出前 {len(result.hits)} 項；要看全部請加 --all，要改項數請用 -k。"


def who(metadata: Metadata) -> str:
    """Agency and year in words; what is unknown is said so."""
    year = "年度未知" if metadata.year is None else f"{metadata.year} 年"
    return f"{metadata.agency or '機關未知'}　{year}"


def units_and_deadline(item: PlanItem) -> list[str]:
    """``單位　…`` and ``期限　…``, as far as the source gives them."""
    parts = []
    if item.units:
        parts.append(f"單位　{'、'.join(item.units)}{'（推定，請對照原文）' if item.units_inferred else ''}")
    if item.deadline:
        parts.append(f"期限　{item.deadline}")
    return parts


def requirement_title(item: PlanItem) -> str:
    """Code and heading of the requirement; the section where the item stands under none."""
    parts = [part for part in (item.code, item.requirement) if part]
    return visible(" ".join(parts) or item.section or "")


def _circumstances(result: SearchResult, screen: Screen) -> str:
    parts = [f"查詢「{result.query}」", _MODES[result.mode], f"在 {result.searched} 項中找"]
    if result.filters:
        parts.append(f"篩選：{_filters_in_words(result.filters)}")
    if not screen.colour and any(hit.matched for hit in result.hits):
        parts.append("【】是符合的字詞")
    if not result.hits:
        parts.append(_advice(result))
    return "；".join(parts)


def _advice(result: SearchResult) -> str:
    """What to try next, of what was not tried yet."""
    ways = ["換個說法"] if result.searched else []
    ways += ["放寬篩選"] if result.filters else []
    ways += ["改用 --mode meaning（比意思）"] if result.mode == "words" else []
    return f"可以{'、'.join(ways)}" if ways else "索引裡沒有措施"


def _caveat_lines(caveats: Sequence[Caveat], screen: Screen) -> list[str]:
    """Where the plans asked lost text, plan by plan: what is not found there may still have been done."""
    if not caveats:
        return []
    lines = ["", *screen.heading("注意：以下計畫的原文有缺漏，沒有找到不代表沒有辦理，請對照原檔。")]
    for plan, group in groupby(caveats, key=lambda caveat: caveat.plan):
        places = [
            " ".join(part for part in (one.damage.code, DAMAGE_KINDS[one.damage.kind], one.damage.span.label) if part)
            for one in group
        ]
        lines += screen.paragraph(f"{plan}：{'；'.join(places)}", "  ")
    return lines


def _filters_in_words(filters: Filters) -> str:
    named = {
        "機關": filters.agencies,
        "類型": filters.types,
        "縣市": filters.cities,
        "年度": filters.years,
        "執行要項": filters.requirements,
        "單位": filters.units,
    }
    return "，".join(f"{name} {'或'.join(map(str, values))}" for name, values in named.items() if values)


def _crossed(item: PlanItem, wanted: Sequence[str]) -> str:
    """The codes of the other framework by which a filter let this item in; nothing where its own code did."""
    if any(f"{item.code}.".startswith(f"{code}.") for code in wanted):
        return ""
    codes = [match.code for match in item.crosswalk if any(f"{match.code}.".startswith(f"{code}.") for code in wanted)]
    return f"（對照 {'、'.join(codes)}）" if codes else ""


def _hit_lines(hit: Hit, screen: Screen, wanted: Sequence[str]) -> list[str]:
    found, item = hit.found, hit.found.item
    lines = [f"{hit.rank:>2}. {screen.bold(visible(who(found.metadata)))}"]
    title, crossed = requirement_title(item), _crossed(item, wanted)
    if title:
        room = screen.columns - len(_INDENT) - screen.width(crossed)
        lines.append(_INDENT + screen.dim(screen.shorten(title, room) + crossed))
    lines += screen.paragraph(item.text, _INDENT, hit.matched)
    if item.topic:
        lines += screen.paragraph(f"主題　{item.topic}", _INDENT)
    details = units_and_deadline(item)
    if details:
        lines += screen.paragraph("；".join(details), _INDENT)
    lines += [screen.dim(line) for line in screen.paragraph(f"出處　{found.location}", _INDENT)]
    return lines
