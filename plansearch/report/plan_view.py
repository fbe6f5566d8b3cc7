"""Plans as a terminal shows them: how a file was understood, and what an index holds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from plansearch.report.screen import Screen, visible
from plansearch.report.search_view import DAMAGE_KINDS, requirement_title, units_and_deadline
from plansearch.results import BuildReport, PlanSummary
from plansearch.types import AlignmentMethod, Damage, Metadata, Plan, PlanItem, SkippedFile

UNKNOWN = "未知"
METHODS: dict[AlignmentMethod, str] = {
    "text": "標題相同",
    "fuzzy": "標題相近",
    "meaning": "依標題的意思推定",
    "number": "只依編號推定",
    "person": "人工指定",
}
"""How a heading was matched to a requirement, in words."""
FIELD_NAMES = {"agency": "機關", "agency_type": "類型", "city": "縣市", "year": "年度", "title": "標題"}
"""What the fields of a plan's metadata are called."""
_INDENT = "    "


def inspection_lines(plan: Plan, screen: Screen) -> list[str]:
    """How one file was understood: metadata, items under their headings, damage."""
    lines = [*_plan_head(plan, screen), ""]
    for heading, items in groupby(plan.items, key=lambda item: (item.section, _full_title(item))):
        lines += [*_heading_lines(heading, screen), *_items_lines(list(items), screen), ""]
    return lines + damage_lines(plan, screen)


def damage_lines(plan: Plan, screen: Screen) -> list[str]:
    """What the source of one plan lost or scrambled."""
    if not plan.damage:
        return screen.paragraph(f"{plan.name}：沒有發現原文缺漏或錯亂。", "")
    lines = screen.heading(f"{plan.name}：原文有 {len(plan.damage)} 處缺漏或錯亂，請對照原檔")
    for damage in plan.damage:
        lines += _one_damage(damage, screen)
    return lines


def summaries_lines(summaries: Sequence[PlanSummary], skipped: Sequence[SkippedFile], screen: Screen) -> list[str]:
    """The plans of an index, and the files that are not in it."""
    items, damage = sum(one.items for one in summaries), sum(one.damage for one in summaries)
    lines = screen.heading(f"共 {len(summaries)} 份計畫、{items} 項、缺漏或錯亂 {damage} 處")
    for summary in summaries:
        lines += _summary_lines(summary, screen)
    return lines + skipped_lines(skipped, screen)


def build_lines(report: BuildReport, screen: Screen) -> list[str]:
    """What a build did, plan by plan, and which files are not in the index."""
    lines = screen.heading(build_headline(report))
    for summary in report.plans:
        lines += _summary_lines(summary, screen)
    lines += skipped_lines(report.skipped, screen)
    if report.removed:
        names = "、".join(report.removed)
        lines += ["", *screen.paragraph(f"移除 {len(report.removed)} 份計畫（資料夾裡已經沒有）：{names}", "")]
    for line in build_outcome(report):
        lines += screen.paragraph(line, "") if line else [""]
    return lines


def skipped_lines(skipped: Sequence[SkippedFile], screen: Screen, title: str | None = None) -> list[str]:
    """Files that gave no plan, and why; nothing where there are none."""
    if not skipped:
        return []
    lines = ["", screen.strong(title or f"略過 {len(skipped)} 個檔案，內容不在索引裡：")]
    for file in skipped:
        lines += [f"  {visible(file.name)}", *screen.paragraph(file.reason, _INDENT)]
    return lines


def build_headline(report: BuildReport) -> str:
    """What a build read, in a sentence."""
    counts = f"{len(report.plans)} 份計畫、{report.items} 項、缺漏或錯亂 {report.damage} 處"
    skipped = f"；略過 {len(report.skipped)} 個檔案" if report.skipped else ""
    return f"讀入 {report.folder}：{counts}{skipped}"


def build_outcome(report: BuildReport) -> list[str]:
    """What came of a build, line by line; empty lines part them."""
    if not report.items:
        return ["", "沒有可以放進索引的措施，什麼都沒有寫入；原來若有索引，仍維持原樣。"]
    state = "內容沒有變動，沿用原有索引" if report.unchanged else "索引已更新"
    return [
        "",
        f"{state}；向量新算 {report.embedded} 筆、沿用 {report.reused} 筆；{report.seconds:.1f} 秒",
        f"索引位置：{report.index}；模型：{report.model}",
        *(f"提醒：{remark}" for remark in report.remarks),
    ]


def _summary_lines(summary: PlanSummary, screen: Screen) -> list[str]:
    indent = "  "
    damage = f"缺漏或錯亂 {summary.damage} 處" if summary.damage else "未發現缺漏"
    counts = [f"{summary.items} 項", damage, f"架構 {summary.framework or UNKNOWN}"]
    if summary.overridden:
        counts.append(f"{_names(summary.overridden)}出自 plans.toml")
    if summary.corrected:
        counts.append(f"人工更正 {summary.corrected} 項")
    return [
        "",
        *screen.heading(summary.plan),
        *screen.paragraph(_metadata_in_words(summary.metadata), indent),
        *screen.paragraph("；".join(counts), indent),
        *_remark_lines(summary.doubt, summary.remarks, screen, indent),
    ]


def _metadata_in_words(metadata: Metadata) -> str:
    values = (metadata.agency, metadata.agency_type, metadata.city, metadata.year)
    names = ("機關", "類型", "縣市", "年度")
    return "；".join(f"{name} {UNKNOWN if value is None else value}" for name, value in zip(names, values, strict=True))


def _names(fields: Sequence[str]) -> str:
    return "、".join(FIELD_NAMES.get(field, field) for field in fields)


def _plan_head(plan: Plan, screen: Screen) -> list[str]:
    rows = [_metadata_in_words(plan.metadata), f"標題 {plan.metadata.title or UNKNOWN}"]
    rows.append(f"架構 {plan.framework or UNKNOWN}；{len(plan.items)} 項；缺漏或錯亂 {len(plan.damage)} 處")
    if plan.overridden:
        rows.append(f"{_names(plan.overridden)}出自 plans.toml，其餘出自原文")
    lines = screen.heading(plan.name) + [line for row in rows for line in screen.paragraph(row, "  ")]
    return lines + _remark_lines(plan.doubt, plan.remarks, screen, "  ")


def _remark_lines(doubt: str | None, remarks: Sequence[str], screen: Screen, indent: str) -> list[str]:
    """Why it may be no plan, and what a person changed."""
    said = [f"注意：{doubt}", *remarks] if doubt else remarks
    return [line for remark in said for line in screen.paragraph(remark, indent)]


def _full_title(item: PlanItem) -> str:
    """The requirement, with its pillar where no code tells it, and with how sure the code is where it is not."""
    title = requirement_title(item)
    if item.code is None and item.pillar and item.pillar != item.requirement:
        title = f"{visible(item.pillar)}　{title}"
    if item.alignment is not None and item.alignment.method != "text":
        title += f"（{METHODS[item.alignment.method]}，把握 {item.alignment.confidence:.2f}）"
    return title


def _heading_lines(heading: tuple[str | None, str], screen: Screen) -> list[str]:
    section, requirement = heading
    title = requirement if section is None or section == requirement else f"{section}　{requirement}"
    return screen.heading(title or "（不在任何標題下）")


def _items_lines(items: Sequence[PlanItem], screen: Screen) -> list[str]:
    lines: list[str] = []
    topic: str | None = None
    for item in items:
        if item.topic != topic:
            lines += screen.paragraph(f"〔{item.topic}〕", "  ") if item.topic else ["  〔以下不屬於上面的小標〕"]
        topic = item.topic
        lines += _item_lines(item, screen)
    return lines


def _item_lines(item: PlanItem, screen: Screen) -> list[str]:
    number = f"{item.number.strip()} " if item.number else ""
    place = [item.span.label] if item.span.label else []
    corrected = ["人工更正"] if item.corrected else []
    details = "；".join([*units_and_deadline(item), *place, *corrected])
    lines = screen.paragraph(number + item.text, _INDENT)
    return lines + [screen.dim(line) for line in screen.paragraph(details, _INDENT + "  ")]


def _one_damage(damage: Damage, screen: Screen) -> list[str]:
    place = "　".join(part for part in (damage.code, damage.span.label) if part)
    head = f"{DAMAGE_KINDS[damage.kind]}　{place}".rstrip()
    return [f"  {screen.strong(head)}", *screen.paragraph(damage.detail, _INDENT)]
