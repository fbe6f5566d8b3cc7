"""What the source lost or scrambled: seen in its numbering, in rows without text, in units without measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from plansearch.frameworks import Framework
from plansearch.parsing.blocks import Block, RowNotes
from plansearch.parsing.columns import ends_sentence
from plansearch.parsing.garbage import unreadable
from plansearch.parsing.items import Measure
from plansearch.parsing.units import UnitsMismatch
from plansearch.types import Damage, Span

_COUNTED_STYLES = frozenset({"arabic", "paren_arabic", "circled", "cjk"})


def numbering_damage(block: Block, code: str | None) -> list[Damage]:
    """Lists of a block that do not begin at 1, or that jump."""
    found: list[Damage] = []
    last: dict[str, int] = {}
    for entry in block.entries:
        mark = entry.mark
        if mark is None or mark.style not in _COUNTED_STYLES:
            continue
        before = last.get(mark.style, 0)
        if mark.value != 1 and mark.value != before + 1:
            found.append(_numbering(before, mark.value, mark.text, code, entry.span))
        last[mark.style] = mark.value
        if mark.style == "arabic":
            last.pop("paren_arabic", None)
    return found


def _numbering(before: int, value: int, text: str, code: str | None, span: Span) -> Damage:
    if before == 0:
        detail = f"編號從「{text.strip()}」開始，前面的第 1 至第 {value - 1} 項可能缺漏，請對照原文。"
        return Damage("numbering_start", detail, code, span)
    detail = f"編號由 {before} 跳到 {value}，中間的項目可能缺漏或順序錯置，請對照原文。"
    return Damage("numbering_gap", detail, code, span)


def lost_measures(
    block: Block, code: str | None, measures: Sequence[Measure], rows: Sequence[RowNotes]
) -> list[Damage]:
    """A requirement that is in the table, but whose measures are not."""
    if block.requirement is None or measures:
        return []
    units = sum(_units_of(row, block) for row in rows)
    beside = f"（同列仍有 {units} 個承辦單位）" if units else ""
    detail = f"「{_short(block.requirement.full)}」沒有任何措施文字{beside}，原文可能缺漏，請人工確認；不可視為未辦理。"
    return [Damage("measures_lost", detail, code, block.requirement.span)]


def _units_of(row: RowNotes, block: Block) -> int:
    """How many of a row's units stand beside this block: all, or its own where each block of the row has one."""
    if not any(known is block for known in row.blocks):
        return 0
    return len(row.units) if len(row.blocks) == 1 else int(len(row.units) == len(row.blocks))


def unlined_units(
    mismatches: Sequence[UnitsMismatch], measures: Sequence[Measure], codes: Mapping[int, str | None]
) -> list[Damage]:
    """Rows whose units stand one beside each measure but do not line up."""
    found: list[Damage] = []
    first = {measure.entry.row: measure.block for measure in reversed(measures)}
    for mismatch in mismatches:
        detail = (
            f"這一列有 {mismatch.units} 個承辦單位、{mismatch.measures} 項措施，無法逐項對應；"
            "所列單位為推定，引用前請對照原文。"
        )
        found.append(Damage("units_mismatch", detail, codes[id(first[mismatch.row.number])], mismatch.row.span))
    return found


def glued_units(rows: Sequence[RowNotes], measures: Sequence[Measure], codes: Mapping[int, str | None]) -> list[Damage]:
    """Rows in whose narrow unit cell nothing shows where one name ends."""
    found: list[Damage] = []
    for row in rows:
        block = next((measure.block for measure in measures if measure.entry.row == row.number), None)
        names = "、".join(name for entry in row.units for name in entry)
        detail = f"承辦單位欄太窄，單位名稱連在一起，看不出在哪裡分開；「{_short(names)}」為推定，引用前請對照原文。"
        found.append(Damage("units_mismatch", detail, codes[id(block)] if block else None, row.span))
    return found


def displaced_heading(block: Block, code: str | None) -> list[Damage]:
    """A pillar's heading that stood on a row above the first of its requirements."""
    if not block.displaced or block.pillar is None or block.requirement is None:
        return []
    detail = f"構面標題「{_short(block.pillar.full)}」在原文中錯置於前一構面的列上，已依執行項目編號歸位，請確認。"
    return [Damage("heading_displaced", detail, code, block.pillar.span)]


def moved_measure(span: Span, code: str | None, title: str) -> Damage:
    """A measure that stood under the next requirement's heading."""
    detail = f"這一項的編號接續前一執行項目，內容也相符，已歸入「{_short(title)}」，請確認。"
    return Damage("heading_displaced", detail, code, span)


def skipped_requirements(
    blocks: Sequence[Block], codes: Mapping[int, str | None], framework: Framework | None
) -> list[Damage]:
    """Requirements between two whose own numbers jump: a row was lost, or the agency left it out; nobody can tell."""
    if framework is None:
        return []
    order = [requirement.code for requirement in framework.requirements]
    present = set(codes.values())
    found: list[Damage] = []
    headed = [block for block in blocks if block.requirement is not None and block.requirement.mark is not None]
    for before, block in pairwise(headed):
        first, last = before.requirement, block.requirement
        if (
            first is None
            or last is None
            or first.mark is None
            or last.mark is None
            or before.pillar is not block.pillar
        ):
            continue
        one, other = codes[id(before)], codes[id(block)]
        if first.mark.style != last.mark.style or last.mark.value <= first.mark.value + 1 or not one or not other:
            continue
        between = order[order.index(one) + 1 : order.index(other)]
        detail = (
            f"執行要項編號由「{first.mark.text.strip()}」跳到「{last.mark.text.strip()}」："
            "可能是原文缺了整列，也可能是該機關未列這一項，請對照原文。"
        )
        found.extend(Damage("numbering_gap", detail, code, last.span) for code in between if code not in present)
    return found


def measures_without_heading(measures: Sequence[Measure]) -> Damage:
    """Measures in the part of a plan that has requirements, but under none of them."""
    first, last = measures[0].entry.span, measures[-1].entry.span
    detail = f"這裡有 {len(measures)} 項措施不在任何執行要項之下，標題可能缺漏或未能辨識，因此沒有代碼，請對照原文。"
    return Damage("heading_unknown", detail, None, first.to(last))


def unknown_heading(block: Block) -> Damage:
    """A heading that is in none of the framework's titles."""
    title = block.requirement.full if block.requirement else ""
    span = block.requirement.span if block.requirement else Span()
    detail = f"執行要項「{_short(title)}」與所採架構的任何要項都不相符，其下措施沒有代碼。"
    return Damage("heading_unknown", detail, None, span)


def cut_texts(measures: Sequence[Measure], rows: Sequence[RowNotes], codes: Mapping[int, str | None]) -> list[Damage]:
    """Measures that stop in the middle where a page ends, and go on nowhere."""
    breaks = {row.number for row in rows if row.after_break}
    finished = sum(ends_sentence(measure.entry.text) for measure in measures)
    if not measures or finished < 0.6 * len(measures):
        return []
    found = []
    for measure, following in zip(measures, [*measures[1:], None], strict=True):
        at_page_end = (
            following is not None and following.entry.row in breaks and following.entry.row != measure.entry.row
        )
        if at_page_end and measure.block.requirement and not ends_sentence(measure.entry.text):
            detail = f"「…{measure.entry.text[-12:]}」到頁尾就中斷，後文可能缺漏，請對照原文。"
            found.append(Damage("text_cut", detail, codes[id(measure.block)], measure.entry.span))
    return found


def doubtful_texts(measures: Sequence[Measure], codes: Mapping[int, str | None]) -> list[Damage]:
    """Measures that stood in no cell, and measures with characters that could not be read."""
    found: list[Damage] = []
    for measure in measures:
        entry, code = measure.entry, codes[id(measure.block)]
        if entry.stray:
            detail = f"「{_short(entry.text)}」在原文中位於兩列之間，不屬於任何一格；暫列為措施，請對照原文。"
            found.append(Damage("text_stray", detail, code, entry.span))
        count = unreadable(entry.text)
        if count:
            detail = f"「{_short(entry.text)}」有 {count} 個字無法讀出（可能是自造字），請對照原檔。"
            found.append(Damage("text_garbled", detail, code, entry.span))
    return found


def _short(text: str, length: int = 24) -> str:
    return text if len(text) <= length else text[:length] + "…"
