"""Copied wording and equal measures, on a terminal and in documents."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from plansearch.duplication import (
    FLAGS_COUNTED,
    DuplicateGroup,
    DuplicatePair,
    Duplicates,
    PairClass,
    PairList,
    PairScope,
)
from plansearch.findings import TradeOff
from plansearch.matching.trade import COPY_TRADE, JUDGED_PAIRS, SAME_TRADE
from plansearch.report.finding_records import pair_record
from plansearch.report.finding_words import differences_in_words, percent, quoted, source_lines
from plansearch.report.records import Record, Value
from plansearch.report.rendering import Report, Section
from plansearch.report.screen import Screen, visible
from plansearch.report.serialise import Column

CLASSES: Final[dict[PairClass, str]] = {"copy": "抄用（字句相同或大致相同）", "same": "同一措施，各自的寫法"}
"""What each class is called."""
FORMAL: Final = "計畫目標、管考、附則等相同的文字（不是措施）"
SCOPES: Final[dict[PairScope, str]] = {
    "within": "同一份計畫之內",
    "across": "不同機關之間",
    "all": "同一計畫之內與計畫之間",
}
_FIELDS: Final = (
    "class",
    "lexical",
    "semantic",
    "flags",
    "group",
    "a",
    "b",
    "copied",
    "same",
    "within",
    "differences",
    "formal",
)
_SMALLEST_GROUP: Final = 3
"""Items of a group that is listed; two are a pair, which is listed already."""


def duplicates_report(result: Duplicates, limit: int | None = None, *, with_options: bool = True) -> Report:
    """Copies and equal measures.

    Args:
        result: all of them.
        limit: how many pairs of each class are listed at most, and how many groups.
        with_options: name the command line's options.
    """
    shown = [pair for _, pairs in pairs_by_class(result.pairs) for pair in pairs[:limit]]
    rows = tuple(map(pair_record, shown))
    groups = [group for group in result.groups if len(group.items) >= _SMALLEST_GROUP][:limit]
    return Report(
        heading=headline(result),
        about={
            "scope": result.scope,
            "agencies": list[Value](result.agencies),
            "copy_threshold": result.copy_threshold,
            "same_threshold": result.same_threshold,
            "searched": result.searched,
            "model": result.model,
            "total": len(result.pairs),
            **_left_out(result),
            "pairs": list[Value](rows),
            "groups": [_group_record(group) for group in result.groups],
        },
        rows=rows,
        fields=_FIELDS,
        columns=(),
        view=partial(_lines, result, shown, groups),
        sections=(*pair_sections(shown), *_group_sections(groups), trade_section()),
        made=duplicates_made(result),
        notes=tuple(duplicates_notes(result, len(shown), with_options=with_options)),
    )


def _left_out(result: Duplicates) -> Record:
    """What the list of a very large index lacks; nothing where it is whole."""
    counts: Record = {"unlisted": result.unlisted, "crowded": result.crowded}
    return counts if any(counts.values()) else {}


def pairs_by_class(pairs: PairList) -> list[tuple[str, PairList]]:
    """Pairs of measures by class, then those of what is no measure; each part with its title, in the same order."""
    measures = pairs.where(~pairs.is_formal)
    parts = [(title, measures.of(kind)) for kind, title in CLASSES.items()]
    return [*parts, (FORMAL, pairs.where(pairs.is_formal))]


def _listed_parts(shown: Sequence[DuplicatePair]) -> list[tuple[str, list[DuplicatePair]]]:
    """As `pairs_by_class`, of pairs that are listed."""
    parts = [
        (title, [one for one in shown if one.kind == kind and not one.is_formal]) for kind, title in CLASSES.items()
    ]
    return [*parts, (FORMAL, [one for one in shown if one.is_formal])]


def headline(result: Duplicates) -> str:
    """One sentence: how many pairs of each class."""
    whose = f"{'、'.join(result.agencies)}：" if result.agencies else ""
    flagged = result.flagged
    told = "" if flagged is None else f"（其中 {flagged} 對的數字、頻率或要求不同）"
    copied, same, formal = (len(pairs) for _, pairs in pairs_by_class(result.pairs))
    beside = f"；另有 {formal} 對是計畫目標、管考等文字" if formal else ""
    return f"{whose}{SCOPES[result.scope]}，抄用 {copied} 對、同一措施 {same} 對{told}{beside}"


def duplicates_made(result: Duplicates) -> tuple[tuple[str, str], ...]:
    """How they were found."""
    return (
        ("範圍", f"{SCOPES[result.scope]}；{result.searched} 項措施"),
        ("模型", result.model),
        ("門檻", f"抄用的可能達 {result.copy_threshold:.2f}；同一措施的可能達 {result.same_threshold:.2f}"),
    )


def duplicates_notes(result: Duplicates, shown: int, *, with_options: bool = True) -> list[str]:
    """What a reader has to know first.

    Args:
        result: all that was found.
        shown: how many pairs are listed.
        with_options: name the command line's options; a page has its own ways.
    """
    measured = (
        f"以上是在 {JUDGED_PAIRS} 對人工判斷過的措施上量的，這些大多是因為看起來像才挑出來的，"
        "實際資料裡正確的比例會低一些，寫法很不一樣的會漏得更多。"
    )
    notes = [
        f"門檻　抄用 {result.copy_threshold:.2f}：{_trade_in_words(COPY_TRADE, result.copy_threshold)}",
        f"門檻　同一措施 {result.same_threshold:.2f}：{_trade_in_words(SAME_TRADE, result.same_threshold)}",
        measured,
    ]
    cut = len(result.pairs) - shown
    if cut:
        notes.append(f"另有 {cut} 對沒有列出{'；要全列請加 --all' if with_options else ''}。")
    return [*notes, *_notes_of_many(result, with_options=with_options)]


def _notes_of_many(result: Duplicates, *, with_options: bool) -> list[str]:
    """What the answer of a very large index does not tell."""
    notes = []
    if result.flagged is None:
        notes.append(f"配對超過 {FLAGS_COUNTED} 對，沒有統計其中幾對的數字、頻率或要求不同；列出的每一對都有標示。")
    if result.unlisted:
        notes.append(
            f"有些字句很多份計畫都有，其中 {result.unlisted} 對沒有逐對列出，也不在上面的對數裡；"
            "這些措施都在各自的群組裡。"
        )
    if result.crowded:
        further = "要看某個機關的全部，請加 --agency。" if with_options else ""
        notes.append(f"有 {result.crowded} 項措施相近的太多，只比對了最相近的一部分，配對可能不全。{further}")
    return notes


def _trade_in_words(trade: Sequence[TradeOff], threshold: float) -> str:
    """What the nearest measured threshold finds of 100, and what it misses."""
    nearest = min(trade, key=lambda one: abs(one.threshold - threshold))
    right = round(100 * nearest.right / max(nearest.found, 1))
    wanted = nearest.right + nearest.missed
    return f"找到的 100 對中 {right} 對正確；該找到的 {wanted} 對裡漏掉 {nearest.missed} 對。"


def trade_section() -> Section:
    """What each threshold finds and misses."""
    rows: list[Record] = []
    for name, trade in (("抄用", COPY_TRADE), ("抄用或同一措施", SAME_TRADE)):
        rows += [
            {
                "class": name,
                "threshold": one.threshold,
                "found": one.found,
                "right": one.right,
                "share": round(one.right / one.found, 2),
                "missed": one.missed,
            }
            for one in trade
        ]
    columns = (
        Column("類別", "class", width=24),
        Column("門檻", "threshold", width=10),
        Column("找到", "found", width=10),
        Column("其中正確", "right", width=10),
        Column("正確的比例", "share", width=12),
        Column("漏掉", "missed", width=10),
    )
    note = f"在 {JUDGED_PAIRS} 對人工判斷過的措施上，各個門檻找到幾對、其中幾對正確、漏掉幾對。"
    return Section("門檻怎麼選", columns, tuple(rows), (note,), name="門檻")


def pair_sections(shown: Sequence[DuplicatePair]) -> tuple[Section, ...]:
    """A table for each class that there is."""
    columns = (
        Column("甲", "a", width=52),
        Column("乙", "b", width=52),
        Column("字詞重疊", "lexical", width=12),
        Column("相同的可能", "same", width=12),
        Column("不同之處", "differences", width=26, tone="tone"),
        Column("群組", "group", width=8),
    )
    sections = []
    for title, pairs in _listed_parts(shown):
        rows = tuple[Record, ...](
            {
                "a": quoted(pair.first),
                "b": quoted(pair.second),
                "lexical": percent(pair.lexical),
                "same": percent(pair.same),
                "differences": differences_in_words(pair.differences),
                "group": pair.group or None,
                "tone": "possible" if pair.differences else None,
            }
            for pair in pairs
        )
        if rows:
            sections.append(Section(f"{title}（{len(rows)} 對）", columns, rows, name=title[:2]))
    return tuple(sections) or (Section("沒有找到抄用或相同的措施", (), (), name="結果"),)


def _group_sections(groups: Sequence[DuplicateGroup]) -> tuple[Section, ...]:
    if not groups:
        return ()
    columns = (
        Column("群組", "number", width=8),
        Column("種類", "kind", width=12),
        Column("幾個機關", "agencies", width=12),
        Column("措施", "items", width=100),
    )
    rows = tuple[Record, ...](
        {
            "number": group.number,
            "kind": "抄用" if group.copied else "同一措施",
            "agencies": len(group.agencies),
            "items": "\n".join(f"・{quoted(one)}" for one in group.items),
        }
        for group in groups
    )
    return (Section(f"三項以上的群組（{len(rows)}）", columns, rows, name="群組"),)


def _group_record(group: DuplicateGroup) -> Record:
    return {
        "group": group.number,
        "copied": group.copied,
        "agencies": list[Value](group.agencies),
        "items": [one.id for one in group.items],
    }


def _lines(
    result: Duplicates, shown: Sequence[DuplicatePair], groups: Sequence[DuplicateGroup], screen: Screen
) -> list[str]:
    lines = [*screen.heading(headline(result))]
    for note in duplicates_notes(result, len(shown)):
        lines += screen.paragraph(note, "")
    for (title, pairs), (_, all_pairs) in zip(_listed_parts(shown), pairs_by_class(result.pairs), strict=True):
        if pairs:
            whole = len(all_pairs)
            count = f"{whole} 對" if whole == len(pairs) else f"{whole} 對，列出前 {len(pairs)} 對"
            lines += ["", "─" * min(screen.columns, 40), *screen.heading(f"{title}：{count}")]
        for number, pair in enumerate(pairs, 1):
            lines += ["", *_pair_lines(number, pair, screen)]
    if groups:
        lines += ["", "─" * min(screen.columns, 40), *screen.heading(f"三項以上的群組：{len(groups)} 個")]
        for group in groups:
            names = "、".join(map(visible, group.agencies))
            sort = "抄用" if group.copied else "同一措施"
            lines += screen.paragraph(
                f"群組 {group.number}　{sort}　{len(group.items)} 項、{len(group.agencies)} 個機關：{names}", "  "
            )
            lines += screen.paragraph(group.items[0].item.text, "    ")
    return lines


def _pair_lines(number: int, pair: DuplicatePair, screen: Screen) -> list[str]:
    indent = "    "
    group = f"　群組 {pair.group}" if pair.group else ""
    scores = f"字詞重疊 {pair.lexical:.0%}　意思 {pair.semantic:.0%}　相同的可能 {pair.same:.0%}{group}"
    lines = [f"{number:>2}. {screen.bold(scores)}"]
    for item in (pair.first, pair.second):
        lines += screen.paragraph(item.item.text, indent)
        lines += source_lines(item, screen, indent)
    if pair.differences:
        text = f"注意　{differences_in_words(pair.differences)}"
        lines += [screen.strong(line) for line in screen.paragraph(text, indent)]
    return lines
