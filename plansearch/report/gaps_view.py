"""What an agency lacks beside its peers, on a terminal and in documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from plansearch.findings import Gap, GapKind, GapReport, NearestItem
from plansearch.report.finding_records import agency_record, gap_record, peers_record
from plansearch.report.finding_words import (
    damage_in_words,
    peers_in_words,
    percent,
    quoted,
    source_lines,
    unread_note,
    year_of,
    years_differ,
)
from plansearch.report.records import Record, Value
from plansearch.report.rendering import Report, Section
from plansearch.report.screen import Screen, visible
from plansearch.report.serialise import Column
from plansearch.results import IndexedItem

KINDS: Final[dict[GapKind, str]] = {
    "requirement": "沒有措施的執行要項",
    "boilerplate": "只重述要項文字的執行要項",
    "measure": "其他機關有、本機關查無相近的措施",
    "damage": "原文缺漏，請人工確認",
}
"""What each kind of line is called, in the order in which they are shown."""
_FIELDS: Final = (
    "kind",
    "code",
    "peers_with",
    "peers_total",
    "examples",
    "nearest",
    "requirement",
    "holders",
    "damage",
    "plan",
    "maybe_covered",
    "also_near",
    "maybe_holders",
    "of_holders",
)
_LISTED_HOLDERS: Final = 6
MAYBE: Final = "可能已有，請先看"


def gaps_report(result: GapReport, limit: int | None = None, *, with_options: bool = True) -> Report:
    """What an agency lacks.

    Args:
        result: all of it.
        limit: how many missing measures are listed at most.
        with_options: name the command line's options.
    """
    shown = _shown(result, limit)
    rows = tuple(gap_record(gap) for gap in shown)
    return Report(
        heading=headline(result),
        about={
            "agency": agency_record(result.agency),
            "peers": peers_record(result.peers),
            "framework": result.framework,
            "model": result.model,
            "least_peers": result.least_peers,
            "rare": result.rare,
            "covered": result.covered,
            "covered_from": result.covered_from,
            **({"unasked": result.unasked} if result.unasked else {}),
            "total": len(result.gaps),
            "gaps": list[Value](rows),
        },
        rows=rows,
        fields=_FIELDS,
        columns=(),
        view=partial(_lines, result, shown),
        sections=gap_sections(shown),
        made=gaps_made(result),
        notes=tuple(gaps_notes(result, shown, with_options=with_options)),
    )


def headline(result: GapReport) -> str:
    """One sentence: how many lines of each kind."""
    missing = len(result.of("requirement")) + len(result.of("boilerplate"))
    unsure = sum(gap.maybe_covered for gap in result.of("measure"))
    perhaps = f"{unsure} 種疑似已有、要人工確認，" if unsure else ""
    rare = f"；另有 {result.rare} 種只有不到 {result.least_peers} 個機關有" if result.rare else ""
    return (
        f"{result.agency.name}（{year_of(result.agency)}）：{missing} 個執行要項沒有措施，"
        f"{len(result.of('measure')) - unsure} 種措施是其他機關有而本機關查無相近的，{perhaps}"
        f"{len(result.of('damage'))} 處原文缺漏要人工確認{rare}"
    )


def gaps_made(result: GapReport) -> tuple[tuple[str, str], ...]:
    """How it was worked out."""
    return (
        ("比較對象", peers_in_words(result.peers)),
        ("模型", result.model),
        (
            "門檻",
            f"相同的可能達 {result.covered_from:.0%} 就當作本機關已有；至少 {result.least_peers} 個機關有的才列出",
        ),
    )


def _shown(result: GapReport, limit: int | None) -> tuple[Gap, ...]:
    measures = result.of("measure")[:limit]
    return (*result.of("requirement", "boilerplate"), *measures, *result.of("damage"))


def gaps_notes(result: GapReport, shown: Sequence[Gap], *, with_options: bool = True) -> list[str]:
    """What a reader has to know first.

    Args:
        result: all that was found.
        shown: what of it is listed.
        with_options: name the command line's options; a page has its own ways.
    """
    notes = [f"比較對象：{peers_in_words(result.peers)}。"]
    if result.peers.note:
        notes.append(f"注意：{result.peers.note}")
    notes += unread_note(result.unread)
    differ = years_differ(result.agency, result.peers, with_options=with_options)
    if differ:
        notes.append(differ)
    if any(gap.damage and gap.code is None for gap in result.of("damage")):
        notes.append("本機關的計畫有沒有讀到的頁或工作表，什麼都可能寫在那裡，所以沒有列出缺少的措施。")
    if result.rare:
        further = "要看請加 --min-peers 1" if with_options else "要看請把「至少幾個機關有」改成 1"
        notes.append(f"另有 {result.rare} 種措施只有不到 {result.least_peers} 個機關有，沒有列出；{further}。")
    cut = len(result.gaps) - len(shown)
    if cut:
        notes.append(f"另有 {cut} 種措施沒有列出{'；要全列請加 --all' if with_options else ''}。")
    if result.unasked:
        ways = "可用 --min-peers 只看較多機關有的，或用 --peers 指定較少的機關"
        ways = ways if with_options else "可以只看較多機關有的，或指定較少的比較對象"
        notes.append(f"措施太多，最後 {result.unasked} 種沒有再用問句查一遍，寫法不同的可能沒有認出來；{ways}。")
    notes.append(
        "「查無相近」是依文字與意思比對的結果，寫法很不一樣的會漏掉；引用前請先看「本機關最接近」的那一項和自己的計畫。"
    )
    return notes


def gap_sections(shown: Sequence[Gap]) -> tuple[Section, ...]:
    """A table for each kind of line that there is."""
    sections = []
    for kind, title in KINDS.items():
        gaps = [gap for gap in shown if gap.kind == kind]
        if gaps:
            sections.append(
                Section(f"{title}（{len(gaps)}）", _columns(kind), tuple(map(_row, gaps)), name=_NAMES[kind])
            )
    if not sections:
        sections.append(Section("沒有查到缺少的措施", (), (), name="結果"))
    return tuple(sections)


_NAMES: Final[dict[GapKind, str]] = {"requirement": "要項", "boilerplate": "重述", "measure": "措施", "damage": "缺漏"}


def _columns(kind: GapKind) -> tuple[Column, ...]:
    head = (
        Column("代碼", "code", width=12),
        Column("執行要項", "requirement", width=30),
        Column("幾個機關有", "peers", width=16),
    )
    examples = (Column("其他機關的寫法", "examples", width=54),)
    if kind == "damage":
        return (*head, Column("缺漏之處", "damage", width=46, tone="tone"), *examples)
    if kind == "requirement":
        return (*head, *examples)
    title = "重述的文字" if kind == "boilerplate" else "本機關最接近的一項"
    return (*head, *examples, Column(title, "nearest", width=44, tone="tone"))


def _row(gap: Gap) -> Record:
    damage, others = None, [one.location for one in elsewhere(gap)]
    if gap.damage is not None:
        damage = f"{gap.plan} {damage_in_words(gap.damage)}"
    tones: dict[GapKind, str | None] = {"damage": "lost", "measure": "possible" if gap.maybe_covered else None}
    return {
        "code": gap.code,
        "requirement": gap.requirement,
        "peers": count_in_words(gap),
        "examples": "\n".join(
            [*(f"・{quoted(one)}" for one in gap.examples), *([f"・另見 {'；'.join(others)}"] if others else [])]
        ),
        "nearest": _nearest_in_words(gap),
        "damage": damage,
        "tone": tones.get(gap.kind),
    }


def elsewhere(gap: Gap) -> list[IndexedItem]:
    """The peers' own words that are not quoted."""
    quoted_ids = {one.id for one in gap.examples}
    return [one for one in gap.of_holders if one.id not in quoted_ids]


def count_in_words(gap: Gap) -> str:
    """How many of the peers have it, and how many more may."""
    return f"{gap.peers_total} 個中 {gap.peers_with} 個有{_maybe_others(gap)}"


def _maybe_others(gap: Gap) -> str:
    return f"（另 {len(gap.maybe_holders)} 個疑似）" if gap.maybe_holders else ""


def _nearest_in_words(gap: Gap) -> str:
    if gap.nearest is None:
        return ""
    if gap.kind == "boilerplate":
        return f"{gap.nearest.found.item.text}\n（{gap.nearest.found.location}）"
    maybe = f"〔{MAYBE}〕\n" if gap.maybe_covered else ""
    near = (gap.nearest, *((gap.also_near,) if gap.also_near else ()))
    return maybe + "\n".join(f"{one.found.item.text}\n（{how_near(one)}；{one.found.location}）" for one in near)


def how_near(near: NearestItem) -> str:
    """How near an own item comes."""
    if near.answers is not None:
        return f"用該措施去查，相關的可能 {near.answers:.0%}"
    return f"相同的可能 {percent(near.same)}"


def _lines(result: GapReport, shown: Sequence[Gap], screen: Screen) -> list[str]:
    lines = [*screen.heading(headline(result))]
    for note in gaps_notes(result, shown):
        lines += screen.paragraph(note, "")
    for kind, title in KINDS.items():
        gaps = [gap for gap in shown if gap.kind == kind]
        if gaps:
            whole = len(result.of(kind))
            count = f"{whole}" if whole == len(gaps) else f"{whole}，列出前 {len(gaps)}"
            lines += ["", "─" * min(screen.columns, 40), *screen.heading(f"{title}（{count}）")]
            for number, gap in enumerate(gaps, 1):
                lines += ["", *_gap_lines(number, gap, screen, result)]
    return lines


def _gap_lines(number: int, gap: Gap, screen: Screen, result: GapReport) -> list[str]:
    indent = "    "
    own = result.agency.agency_type
    kind = "同類機關" if all(peer.agency_type == own for peer in result.peers.agencies) else "機關"
    count = f"{gap.peers_total} 個{kind}中 {gap.peers_with} 個有{_maybe_others(gap)}"
    title = " ".join(part for part in (gap.code, gap.requirement) if part)
    room = screen.columns - screen.width(count) - 7
    lines = [f"{number:>2}. {screen.bold(count)}　{screen.shorten(visible(title), room)}".rstrip("　")]
    if gap.damage is not None:
        lines += screen.paragraph(f"缺漏　{gap.plan} {damage_in_words(gap.damage)}", indent)
    for example in gap.examples:
        lines += screen.paragraph(example.item.text, indent)
        lines += source_lines(example, screen, indent)
    if gap.nearest is not None and gap.kind == "boilerplate":
        lines += screen.paragraph(f"本機關只寫　{gap.nearest.found.item.text}（{gap.nearest.found.location}）", indent)
    elif gap.nearest is not None:
        label = f"本機關最接近（{MAYBE}）" if gap.maybe_covered else "本機關最接近"
        for near in (gap.nearest, *((gap.also_near,) if gap.also_near else ())):
            text = f"{label}　{near.found.item.text}（{how_near(near)}；{near.found.location}）"
            lines += screen.paragraph(text, indent)
            label = "另一項"
    others = [one.location for one in elsewhere(gap)]
    if others:
        more = f"等 {len(others)} 處" if len(others) > _LISTED_HOLDERS else ""
        lines += screen.paragraph(f"另見　{'；'.join(others[:_LISTED_HOLDERS])}{more}", indent)
    return lines
