"""The answer to a query, as a terminal shows it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from plansearch.report.screen import Screen, visible
from plansearch.results import AgencyResult, Caveat, Filters, Grade, Hit, SearchMode, SearchResult, Why
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
NOTHING_FOUND = "沒有夠接近的內容"
GRADES: dict[Grade, str] = {"high": "高度相關", "related": "相關", "possible": "疑似"}
"""What each grade is called."""
_HEADINGS_LISTED = 2
_PLANS_LISTED = 3
RESTATES = "只重述要項的文字，不是措施"
_TWINS_LISTED = 3
"""Places of equal text that are listed under a hit; the rest is counted."""
MODES: dict[SearchMode, str] = {"hybrid": "意思與字詞", "meaning": "只比意思", "words": "只比字詞"}
_INDENT = "    "


def search_lines(result: SearchResult, screen: Screen) -> list[str]:
    """How many were found, then the hits, each with where it stands."""
    lines = [*screen.heading(headline(result)), *screen.paragraph(_circumstances(result, screen), "")]
    lines += question_lines(result, screen)
    for hit in result.hits:
        lines += ["", *hit_lines(hit, screen, result.filters.requirements)]
    if result.by_words:
        lines += ["", *screen.heading("只看字詞的話，下面幾項有相同的字，內容不一定相符：")]
        for hit in result.by_words:
            lines += ["", *hit_lines(hit, screen, result.filters.requirements, graded=False)]
    named = bool(result.filters.agencies or result.filters.requirements)
    return lines + caveat_lines(result.caveats, screen, short=not named)


def headline(result: SearchResult, *, with_options: bool = True) -> str:
    """One sentence: how many items were found, how many are shown, and how to see the rest.

    Args:
        result: the answer.
        with_options: name the command line's options; a page has its own ways.
    """
    if result.searched == 0:
        return f"{NOTHING_FOUND}：篩選條件之下沒有任何項目可找。"
    if result.total == 0:
        lacking = f"，沒有一項含有{_quoted(result.phrases)}" if result.phrases else ""
        looked = "找了" if result.complete else "只細看了最可能的項目，全部有"
        return f"{NOTHING_FOUND}（{looked} {result.searched} 項{lacking}）。"
    folded = f"，相同的收合成 {len(result.hits)} 筆" if result.shown > len(result.hits) and not result.cut else ""
    if result.cut == 0 and result.complete:
        return f"找到較接近的 {result.total} 項{folded}，全部列出。"
    shown = f"前 {len(result.hits)} {'筆' if result.shown > len(result.hits) else '項'}"
    if result.candidates is not None:
        rest = "，其餘請加 --all" if result.cut else ""
        few = f"項目太多，每種找法只細看了前 {result.candidates} 項，篩選得窄一些就看得全"
        return f"至少有 {result.total} 項較接近，列出{shown}{rest}；{few}。"
    if not result.complete:
        further = "，要逐項看完請加 --all" if with_options else ""
        return f"至少有 {result.total} 項較接近，列出{shown}；項目很多，只細看了最可能的{further}。"
    further = "；要看全部請加 --all，要改項數請用 -k" if with_options else ""
    return f"找到較接近的 {result.total} 項，列出{shown}{further}。"


def question_lines(result: SearchResult | AgencyResult, screen: Screen) -> list[str]:
    """What the search made of the question: phrases that every hit has, added terms, words that no plan has."""
    lines = screen.paragraph(f"每一項都含有{_quoted(result.phrases)}", "") if result.phrases else []
    if result.added:
        words = "；".join(f"{one.word} → {'、'.join(one.terms)}" for one in result.added)
        lines += screen.paragraph(f"同時找這些說法（加 --exact 就不加）：{words}", "")
    if result.headings:
        named = "；".join(f"{one.code} {one.title}" for one in result.headings[:_HEADINGS_LISTED])
        advice = "要看各機關這一項的全部措施，請加 --requirement 和代碼。"
        lines += screen.paragraph(f"這是執行要項的用語：{named}。{advice}", "")
    if result.unknown:
        lines += screen.paragraph(f"所有計畫裡都沒有這些詞：{'、'.join(result.unknown)}", "")
    return lines


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
    parts = [f"查詢「{result.query}」"] if result.query.strip() else []
    parts += [f"像 {one.location}" for one in result.liked] + [f"不像 {one.location}" for one in result.unliked]
    parts += [MODES[result.mode], f"在 {result.searched} 項中找"]
    if result.reranker:
        parts.append(f"前 50 項依 {result.reranker} 重排")
    if result.filters:
        parts.append(f"篩選：{filters_in_words(result.filters)}")
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


def caveat_lines(caveats: Sequence[Caveat], screen: Screen, *, short: bool = False) -> list[str]:
    """Where the plans asked lost text, plan by plan: what is not found there may still have been done.

    Args:
        caveats: what was lost.
        screen: where it is shown.
        short: name the plans only, as many as a line holds.
    """
    if not caveats:
        return []
    if short:
        plans = list(dict.fromkeys(caveat.plan for caveat in caveats))
        more = f"等 {len(plans)} 份" if len(plans) > _PLANS_LISTED else ""
        names = "、".join(map(visible, plans[:_PLANS_LISTED]))
        note = f"注意：{names}{more}計畫的原文有缺漏，沒有找到不代表沒有辦理；plansearch plans 列出是哪些。"
        return ["", *screen.heading(note)]
    lines = ["", *screen.heading("注意：以下計畫的原文有缺漏，沒有找到不代表沒有辦理，請對照原檔。")]
    for plan, group in groupby(caveats, key=lambda caveat: caveat.plan):
        places = [
            " ".join(part for part in (one.damage.code, DAMAGE_KINDS[one.damage.kind], one.damage.span.label) if part)
            for one in group
        ]
        lines += screen.paragraph(f"{visible(plan)}：{'；'.join(places)}", "  ")
    return lines


def filters_in_words(filters: Filters) -> str:
    """Which items could answer."""
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


def hit_lines(hit: Hit, screen: Screen, wanted: Sequence[str], *, graded: bool = True) -> list[str]:
    """One hit: whose it is, how likely it answers, its text, and where to quote it from."""
    found, item = hit.found, hit.found.item
    grade = f"　〔{RESTATES if hit.restates else GRADES[hit.grade]}〕" if graded or hit.restates else ""
    lines = [f"{hit.rank:>2}. {screen.bold(visible(who(found.metadata)))}{grade}"]
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
    if hit.why is not None:
        lines += screen.paragraph(f"為何　{_reason(hit.why, item)}", _INDENT)
    lines += [
        screen.dim(line) for line in screen.paragraph(f"出處　{found.location}（代號 {_short(found.id)}）", _INDENT)
    ]
    return lines + _twin_lines(hit, screen)


def _short(item_id: str) -> str:
    """The number in an item's id, which stands beside its file's name."""
    return f"#{item_id.rpartition('#')[2]}"


def _twin_lines(hit: Hit, screen: Screen) -> list[str]:
    """Who has the same text, and where the first of them stand."""
    if not hit.twins:
        return []
    agencies = len(hit.twin_agencies)
    head = f"另有 {agencies} 個機關相同" if agencies else f"同一機關另有 {len(hit.twins)} 處相同"
    if agencies and len(hit.twins) > agencies:
        head += f"（共 {len(hit.twins)} 處）"
    listed = [twin.location for twin in hit.twins[:_TWINS_LISTED]]
    rest = "；其餘請加 --no-fold 逐項列出" if len(hit.twins) > _TWINS_LISTED else ""
    return screen.paragraph(f"{head}：{'；'.join(listed)}{rest}", _INDENT)


def _reason(why: Why, item: PlanItem) -> str:
    meaning = round(100 * why.meaning_share)
    parts = [f"意思占 {meaning}%、字詞占 {100 - meaning}%"]
    if why.words:
        parts.append(f"共同的字詞：{'、'.join(why.words)}")
    if why.added:
        parts.append(f"加入的說法：{'、'.join(why.added)}")
    if why.sentence is not None and why.sentence != (0, len(item.text)):
        parts.append(f"最接近的一句：「{item.text[slice(*why.sentence)]}」")
    return "；".join(parts)


def _quoted(phrases: Sequence[str]) -> str:
    return "、".join(f"「{phrase}」" for phrase in phrases)
