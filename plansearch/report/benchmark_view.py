"""Where agencies stand among their peers, on a terminal, in documents and as pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Literal

from plansearch.concreteness import MARKERS
from plansearch.findings import Benchmark, BenchmarkLine, GridRow, Spread, Standing
from plansearch.report.finding_records import agency_record, benchmark_record, line_record
from plansearch.report.finding_words import named, peers_in_words, percent, unread_note, year_of, years_differ
from plansearch.report.records import Record, Value
from plansearch.report.rendering import Figure, Report, Section
from plansearch.report.screen import Screen, visible
from plansearch.report.serialise import Column

Form = Literal["png", "svg"]

MARKS: Final[dict[str, str]] = {
    "number": "數字",
    "date": "日期",
    "frequency": "頻率",
    "place": "地點",
    "system": "系統",
    "unit": "承辦單位",
}
"""What each mark of a concrete measure is called."""

RANKED: Final = "名次只和同類型的機關比；同類型的其他機關不到三個的，不排名次。"
"""Among whom places are given."""

DEFINITIONS: Final = (
    ("措施數", "計畫裡的措施有幾項；只重述要項文字的、計畫目標與管考等不算。"),
    ("涵蓋", "架構的執行要項中，有措施的占多少；原文缺漏的要項不列入計算。"),
    ("具體程度", "六種標記（數字、日期、頻率、地點、系統、承辦單位）平均寫了多少。"),
    ("獨特程度", "1 減去與最像的同儕措施相同的可能，各項平均；愈高表示別的機關愈少有。"),
)
"""Each figure, and how it is worked out."""

SPREADS: Final[tuple[tuple[str, str, Callable[[BenchmarkLine], Spread]], ...]] = (
    ("measures", "措施數", lambda line: line.measures),
    ("coverage", "涵蓋", lambda line: line.coverage),
    ("concreteness", "具體程度", lambda line: line.concreteness),
    ("originality", "獨特程度", lambda line: line.originality),
)
"""Each figure of a line: its name, what it is called, and where it is."""
_FIELDS: Final = (
    "agency",
    "year",
    "level",
    "code",
    "title",
    "lost",
    *(f"{name}{part}" for name, _, _ in SPREADS for part in ("", "_lower", "_median", "_upper", "_rank", "_ranked")),
)


def benchmark_report(result: Benchmark, *, with_options: bool = True) -> Report:
    """Where one agency stands.

    Args:
        result: what was measured.
        with_options: name the command line's options.
    """
    rows = tuple(line_record(result.agency, line) for line in result.lines)
    return Report(
        heading=headline(result),
        about=benchmark_record(result),
        rows=rows,
        fields=_FIELDS,
        columns=(),
        view=partial(_lines, result),
        sections=(*benchmark_sections(result), definitions_section(result)),
        figures=benchmark_figures(result),
        made=benchmark_made(result),
        notes=tuple(benchmark_notes(result, with_options=with_options)),
    )


def standing_report(result: Standing) -> Report:
    """Where all agencies stand, each among its own peers."""
    rows = tuple(line_record(one.agency, line) for one in result.benchmarks for line in one.lines)
    return Report(
        heading=f"{len(result.agencies)} 個機關的措施數、涵蓋、具體程度與獨特程度",
        about={
            "framework": result.framework,
            "model": result.model,
            "agencies": [agency_record(one) for one in result.agencies],
            "benchmarks": [benchmark_record(one) for one in result.benchmarks],
        },
        rows=rows,
        fields=_FIELDS,
        columns=(),
        view=partial(_standing_lines, result),
        sections=(standing_section(result), definitions_section()),
        figures=(_standing_figure(result),),
        made=(("架構", result.framework_title or ""), ("模型", result.model)),
        notes=(RANKED, *standing_notes(result)),
    )


def standing_notes(result: Standing) -> list[str]:
    """What a reader of all agencies' numbers has to know besides."""
    notes = unread_note(result.benchmarks[0].unread) if result.benchmarks else []
    crossed = [one.name for one in result.agencies if one.framework != result.framework]
    if crossed:
        told = f"{'、'.join(crossed)}的計畫依另一個架構寫成，措施是依對照表歸到各要項的，可能歸在相近的要項"
        notes = [f"注意：{told}；0 不代表計畫裡沒有，請看它自己的位置。", *notes]
    return notes


def headline(result: Benchmark) -> str:
    """One sentence: how many measures, how much is covered, among whom."""
    whole = result.lines[0]
    median = whole.measures.median
    beside = f"（同儕中位數 {median:g}）" if median is not None else ""
    covered = whole.coverage.value
    coverage = "涵蓋多少執行要項無法判斷" if covered is None else f"涵蓋 {percent(covered)} 的執行要項"
    return (
        f"{result.agency.name}（{year_of(result.agency)}）：{whole.measures.value or 0:g} 項措施{beside}，"
        f"{coverage}，具體程度 {percent(whole.concreteness.value)}"
    )


def benchmark_notes(result: Benchmark, *, with_options: bool = True) -> list[str]:
    """What a reader has to know first; without ``with_options`` the command line's are not named."""
    notes = [f"比較對象：{peers_in_words(result.peers)}。"]
    if result.peers.note:
        notes.append(f"注意：{result.peers.note}")
    notes += unread_note(result.unread)
    differ = years_differ(result.agency, result.peers, with_options=with_options)
    if differ:
        notes.append(differ)
    crossed = [row.agency.name for row in result.grid if row.agency.framework != result.framework]
    if crossed:
        notes.append(f"{'、'.join(crossed)}的計畫依另一個架構寫成，措施是依對照表歸到各要項的，可能歸在相近的要項。")
    lost = [line.code for line in result.requirements if line.lost and line.code]
    if len(lost) == len(result.requirements):
        notes.append("計畫有一部分沒有讀到，所有數字都可能偏低，也不排名次；請對照原檔。")
    elif lost:
        notes.append(f"原文在 {'、'.join(lost)} 有缺漏，這些要項的數字可能偏低。")
    return notes


def benchmark_made(result: Benchmark) -> tuple[tuple[str, str], ...]:
    """How it was worked out."""
    return (
        ("比較對象", peers_in_words(result.peers)),
        ("架構", result.framework_title or ""),
        ("模型", result.model),
    )


def benchmark_sections(result: Benchmark) -> tuple[Section, ...]:
    """The whole plan and pillars, then the requirements."""
    columns = [Column("代碼", "code", width=12), Column("項目", "title", width=44)]
    for name, title, _ in SPREADS:
        columns.append(Column(title, name, width=12))
        columns.append(Column(f"{title}：同儕", f"{name}_peers", width=20))
    broad = tuple(_row(line) for line in result.lines if line.level != "requirement")
    narrow = tuple(_row(line) for line in result.requirements)
    return (
        Section("整份計畫與各構面", tuple(columns), broad, name="構面"),
        Section("各執行要項", tuple(columns), narrow, name="要項"),
    )


def definitions_section(result: Benchmark | None = None) -> Section:
    """What each figure means, and how many of the measures have each mark."""
    shares = {} if result is None else {mark: (share, median) for mark, share, median in result.marks}
    rows: list[Record] = [{"name": name, "text": text} for name, text in DEFINITIONS]
    for mark, text in MARKERS.items():
        share, median = shares.get(mark, (None, None))
        rows.append(
            {
                "name": f"具體標記：{MARKS[mark]}",
                "text": text,
                "share": percent(share) if result is not None else None,
                "median": percent(median) if result is not None else None,
            }
        )
    columns = [Column("名稱", "name", width=22), Column("怎麼算", "text", width=80)]
    if result is not None:
        columns += [Column("本機關", "share", width=10), Column("同儕中位數", "median", width=12)]
    return Section("名詞與算法", tuple(columns), tuple(rows), name="算法")


def _row(line: BenchmarkLine) -> Record:
    record: Record = {"code": line.code, "title": f"{line.title}{'（原文有缺漏）' if line.lost else ''}"}
    for name, _, spread_of in SPREADS:
        spread = spread_of(line)
        record[name] = _number(name, spread.value)
        record[f"{name}_peers"] = peers_spread(name, spread)
    return record


def _number(name: str, value: float | None) -> Value:
    """A figure as a table shows it: counts as numbers, shares as percentages."""
    if value is None:
        return None
    return int(value) if name == "measures" else percent(value)


def figure_in_words(name: str, value: float | None) -> str:
    """A figure in words; an en dash where it is unknown."""
    return f"{value:g}" if name == "measures" and value is not None else percent(value)


def peers_spread(name: str, spread: Spread) -> str:
    """The peers' median and quartiles, and the place among all."""
    if spread.median is None:
        return "（不到三個，不比）"
    place = f"；第 {spread.rank}／{spread.ranked}" if spread.rank is not None else ""
    median, lower, upper = (figure_in_words(name, value) for value in (spread.median, spread.lower, spread.upper))
    return f"{median}（{lower}–{upper}）{place}"


def benchmark_figures(result: Benchmark) -> tuple[Figure, ...]:
    """The heat map of the agency and its peers, and bars beside the peers' quartiles."""
    framework = result.framework_title or ""
    return (
        _heat_figure(
            f"各機關在每個執行要項的措施數（{framework}）", result.requirements, result.grid, result.pillars, 0
        ),
        _bar_figure("各構面的措施數", "項", result, lambda line: line.measures, 1.0),
        _bar_figure("各構面的具體程度", "%", result, lambda line: line.concreteness, 100.0),
    )


def _heat_figure(
    title: str,
    requirements: Sequence[BenchmarkLine],
    grid: Sequence[GridRow],
    pillars: Sequence[BenchmarkLine],
    highlight: int | None,
) -> Figure:
    def draw(form: Form) -> bytes:
        from plansearch.report.charts import HeatMap, heat_map  # noqa: PLC0415  matplotlib takes most of a second

        prefixes = [line.code or "" for line in pillars]
        groups = tuple(
            (_short(line.title), sum((one.code or "").startswith(f"{prefix}.") for one in requirements))
            for prefix, line in zip(prefixes, pillars, strict=True)
        )
        return heat_map(
            HeatMap(
                title=title,
                rows=tuple(f"{row.agency.name}\n{year_of(row.agency)}" for row in grid),
                columns=tuple(line.code or "" for line in requirements),
                values=tuple(tuple(None if value is None else float(value) for value in row.measures) for row in grid),
                marks=tuple(tuple("" if value is None else str(value) for value in row.measures) for row in grid),
                legend="措施數",
                highlight=highlight,
                notes=("斜線：原文缺漏，不知道有沒有。0：沒有措施。",),
                groups=groups,
            ),
            form,
        )

    counted = "；".join(
        f"{row.agency.name} 有 {sum(bool(value) for value in row.measures)} 個要項有措施" for row in grid[:20]
    )
    return Figure(title, f"每一列是一個機關，每一欄是一個執行要項，數字是措施數。{counted}。", draw)


_LONGEST_GROUP = 12
"""Characters of a pillar's title over its columns."""


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_GROUP else f"{title[:_LONGEST_GROUP]}…"


def _bar_figure(
    title: str, unit: str, result: Benchmark, spread_of: Callable[[BenchmarkLine], Spread], scale: float
) -> Figure:
    lines = result.pillars

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * scale

    def draw(form: Form) -> bytes:
        from plansearch.report.charts import BarChart, bar_chart  # noqa: PLC0415  as above

        spreads = [spread_of(line) for line in lines]
        return bar_chart(
            BarChart(
                title=title,
                labels=tuple(f"{line.code} {line.title}" for line in lines),
                values=tuple(scaled(one.value) for one in spreads),
                medians=tuple(scaled(one.median) for one in spreads),
                lower_quartiles=tuple(scaled(one.lower) for one in spreads),
                upper_quartiles=tuple(scaled(one.upper) for one in spreads),
                unit=unit,
                ours=result.agency.name,
                peers=f"{result.peers.description} {len(result.peers.agencies)} 個",
                notes=()
                if all(one.median is not None for one in spreads)
                else ("有數字的同儕不到三個時，不畫中位數與四分位。",),
            ),
            form,
        )

    pairs = [(line.code, spread_of(line)) for line in lines]
    described = "；".join(
        f"{code}：本機關 {_said(one.value, scale, unit)}、同儕中位數 {_said(one.median, scale, unit)}"
        for code, one in pairs
    )
    return Figure(title, described, draw)


def _said(value: float | None, scale: float, unit: str) -> str:
    return "不明" if value is None else f"{value * scale:.0f} {unit}"


def _lines(result: Benchmark, screen: Screen) -> list[str]:
    lines = [*screen.heading(headline(result))]
    for note in benchmark_notes(result):
        lines += screen.paragraph(note, "")
    head = "本機關　同儕中位數（四分位）；名次（大的在前，只和同類型或指定的機關排）"
    lines += ["", *screen.paragraph(head, "")]
    for line in result.lines:
        if line.level == "requirement":
            continue
        lines += ["", *screen.heading(" ".join(filter(None, (line.code, line.title))))]
        lines += _figures(line, screen, "  ")
    lines += ["", *screen.heading("各執行要項的措施數（同儕中位數）")]
    for line in result.requirements:
        median = "" if line.measures.median is None else f"（{line.measures.median:g}）"
        lost = "　原文有缺漏" if line.lost else ""
        count = f"{'–' if line.measures.value is None else f'{line.measures.value:g}'}{median}{lost}"
        room = screen.columns - screen.width(count) - 4
        lines.append(f"  {screen.shorten(f'{line.code} {visible(line.title)}', room)}　{count}")
    lines += ["", *screen.heading("具體標記：有這種標記的措施占多少（同儕中位數）")]
    definitions = {str(mark): text for mark, text in MARKERS.items()}
    for mark, share, median_share in result.marks:
        shares = f"{MARKS[mark]} {percent(share)}（{percent(median_share)}）"
        lines += screen.paragraph(f"{shares}　{definitions[mark]}", "  ")
    for name, text in DEFINITIONS:
        lines += screen.paragraph(f"{name}：{text}", "  ")
    lines += screen.paragraph("要看圖請加 -o 圖.png 或 -o 圖.svg；要交出去請加 -o 報告.html、.docx 或 .xlsx。", "")
    return lines


def _figures(line: BenchmarkLine, screen: Screen, indent: str) -> list[str]:
    parts = []
    for name, title, spread_of in SPREADS:
        spread = spread_of(line)
        parts.append(f"{title} {figure_in_words(name, spread.value)}　同儕 {peers_spread(name, spread)}")
    return [text for part in parts for text in screen.paragraph(part, indent)]


def standing_section(result: Standing) -> Section:
    """All agencies with their figures and places."""
    columns = [Column("機關", "agency", width=30), Column("類型", "type", width=10), Column("年度", "year", width=8)]
    for name, title, _ in SPREADS:
        columns += [Column(title, name, width=12), Column(f"{title}：名次", f"{name}_place", width=12)]
    rows = []
    for one in result.benchmarks:
        whole = one.lines[0]
        record: Record = {"agency": one.agency.name, "type": one.agency.agency_type, "year": one.agency.year}
        for name, _, spread_of in SPREADS:
            record[name] = _number(name, spread_of(whole).value)
            record[f"{name}_place"] = _place(spread_of(whole))
        rows.append(record)
    return Section("各機關", tuple(columns), tuple(rows), name="機關")


def _place(spread: Spread) -> str:
    return "–" if spread.rank is None else f"{spread.rank}／{spread.ranked}"


def _standing_figure(result: Standing) -> Figure:
    first = result.benchmarks[0]
    grid = tuple(one.grid[0] for one in result.benchmarks)
    title = f"各機關在每個執行要項的措施數（{result.framework_title or ''}）"
    return _heat_figure(title, first.requirements, grid, first.pillars, None)


def _standing_lines(result: Standing, screen: Screen) -> list[str]:
    lines = [*screen.heading(f"{len(result.agencies)} 個機關。{RANKED}")]
    for note in standing_notes(result):
        lines += screen.paragraph(note, "")
    for one in result.benchmarks:
        whole = one.lines[0]
        lines += ["", *screen.heading(named(one.agency))]
        for name, title, spread_of in SPREADS:
            spread = spread_of(whole)
            place = "" if spread.rank is None else f"　第 {_place(spread)}"
            lines += screen.paragraph(f"{title} {figure_in_words(name, spread.value)}{place}", "  ")
    lines += [
        "",
        *screen.paragraph("要看每個要項的熱圖請加 -o 圖.png；要逐項的數字請加 -o 數字.xlsx 或 --format jsonl。", ""),
    ]
    return lines
