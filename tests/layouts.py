"""Render the truth about the sample plans to the texts in ``corpus/``.

``tests/corpus_truth/<stem>.jsonl`` holds what a sample plan says: the first line describes the plan,
every further line is one plan item. From it this module makes the text in one of four layouts, with the
marks that extraction from Word and PDF files leaves, and tells on which lines every item stands.

``python tests/layouts.py --write`` rewrites ``corpus/*.txt`` and the ``lines`` of the truth; nothing else does.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
TRUTH_FOLDER = ROOT / "tests" / "corpus_truth"
CORPUS_FOLDER = ROOT / "corpus"

OL = '<ol style="list-style-type: none">'
NUMERALS = "一二三四五六"

SIX_PILLARS: dict[str, tuple[str, ...]] = {
    "完備基礎服務項目，注重服務特性差異化": (
        "建立業務標準作業流程，維持服務措施處理一致性；確保資訊提供、問題回應或申辦案件處理的正確性，並適時檢討改進流程與作業方式。",
        "提供民眾易讀、易懂、易用的服務申辦資訊及進度查詢管道，提升服務流程透明度。",
        "注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環境。",
        "因應業務屬性及服務特性差異，汲取創新趨勢，投入品質改善，發展優質服務。",
    ),
    "重視全程意見回饋及參與，力求服務切合民眾需求": (
        "納入民眾參與服務設計或邀請民間協力合作，提供符合民眾需求的服務。",
        "善用各類意見調查工具與機制，蒐集民眾對服務的需求或建議，適予調整服務措施。",
        "依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。",
        "傾聽民眾意見，積極回應，有效協助民眾解決問題。",
    ),
    "便捷服務遞送過程與方式，提升民眾生活便利度": (
        "擴大單一窗口業務涵蓋範疇，減除申辦案件所需檢附之書表謄本，提高業務申辦便捷度。",
        "衡酌實際需求，開發線上申辦及跨平台通用服務，增加民眾使用意願。",
        "推動跨單位、跨機關服務流程整合及政府資訊資源共用共享，提供全程整合服務。",
        "關注社經發展新趨勢，運用創新策略，持續精進服務遞送過程及作法，提升服務效能。",
    ),
    "關懷多元對象及城鄉差距，促進社會資源公平使用": (
        "體認服務對象屬性差異，對特殊或弱勢族群提供適性服務，降低其取得服務的成本。",
        "搭配複合策略，延伸服務據點，提高偏遠或交通不便地區民眾的服務可近性。",
        "考量服務對象數位落差，發展網路服務或輔以其他方式，提供可替代的服務管道。",
    ),
    "開放政府透明治理，優化機關管理創新": (
        "建構友善安全資料開放環境，落實資料公開透明，便利共享創新應用。",
        "促進民眾運用實體或網路等多方管道參與決策制定，強化政策溝通及對話交流。",
        "檢討機關內部作業，減省不必要的審核及行政作業，聚焦核心業務，推動服務創新。",
    ),
    "掌握社經發展趨勢，專案規劃前瞻服務": (
        "主動發掘關鍵議題，前瞻規劃服務策略預為因應。",
        "善用法規調適、資通訊技術應用及流程簡化，擴大本機關或第一線機關服務措施的運作彈性。",
        "結合跨域整合、引進民間資源、社會創新及開放社群協作等策略，務實解決服務或公共問題。",
        "權衡服務措施的必要性，以及投入成本與產出效益間的合理性，重視服務的制度化及持續性。",
    ),
}
CRITERIA: dict[str, tuple[str, ...]] = {
    "基礎服務": ("服務一致及正確", "服務友善"),
    "服務遞送": ("服務便捷", "服務可近性", "服務成長及優化"),
    "服務量能": ("內部作業簡化", "服務精進機制"),
    "服務評價": ("服務滿意情形", "意見回應處理情形"),
    "開放創新": ("開放參與", "創新性"),
}
PLAN_ROW = ("訂定「提升服務計畫」", "訂定機關年度提升服務計畫，具體規劃為民服務工作。")


@dataclass(frozen=True, slots=True)
class TruthItem:
    """One plan item, with what the renderer needs to place it."""

    section: str
    code: str | None
    topic: str | None
    number: str | None
    text: str
    units: tuple[str, ...]
    deadline: str | None
    lines: tuple[int, int]
    """First and last line in the text, from 1."""
    row: int | None = None
    """Index into the plan's rows; ``None`` outside of the table."""
    cut: int | None = None
    """After so many characters of ``text`` the page (in a table) or the line breaks."""
    page: bool = False
    """Whether a new page begins before this item, inside of its row."""


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One row of the plan's table, its unit and deadline cells as the text shows them."""

    code: str
    units: tuple[str, ...]
    deadlines: tuple[str, ...] = ()
    page: bool = False
    """Whether a new page begins before this row."""
    pillar_cut: int | None = None
    heading_cut: int | None = None
    """After so many characters the cell is cut, and goes on in the row's second part."""


@dataclass(frozen=True, slots=True)
class Style:
    """The habits in which plans of one layout differ."""

    number_space: bool = False
    tags: Literal["p", "mixed", "none"] = "none"
    """``mixed``: pages take turns with and without tags."""
    repeat_headings: bool = False
    """Whether a new page repeats the pillar and the requirement that go on there."""
    short_rows: bool = False
    """Whether a row leaves out an empty pillar cell altogether."""
    bullets: bool = False
    full_width: bool = False
    blank_lines: bool = False
    """Whether an empty line follows every line outside of the table."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter (壹、貳、…); ``text`` is what it says apart from items, ``inline`` on the heading's own line."""

    heading: str
    text: tuple[str, ...] = ()
    inline: bool = False
    has_table: bool = False


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything about one sample plan."""

    metadata: dict[str, Any]
    """The first line of the truth file as it stands: agency, year, title, layout, damage, gaps, …"""
    style: Style
    chapters: tuple[Chapter, ...]
    rows: tuple[TruthRow, ...]
    items: tuple[TruthItem, ...]


@dataclass(slots=True)
class _Piece:
    """The part of a row that stands on one page; entries are (text, item index)."""

    entries: list[tuple[str, int | None]] = field(default_factory=list)
    starts_inside: bool = False
    units: list[str] = field(default_factory=list)
    deadlines: list[str] = field(default_factory=list)


class _Page:
    """Collects lines, and remembers on which of them every item stands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.spans: dict[int, tuple[int, int]] = {}
        self.number = 1

    def add(self, line: str, *items: int | None) -> None:
        self.lines.append(line)
        last = len(self.lines)
        for item in items:
            if item is not None:
                self.spans[item] = (self.spans.get(item, (last, last))[0], last)


def load(path: Path) -> Truth:
    """Read a truth file."""
    first, *rest = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    metadata: dict[str, Any] = first
    rows = (
        TruthRow(**{**row, "units": tuple(row["units"]), "deadlines": tuple(row.get("deadlines", ()))})
        for row in metadata["rows"]
    )
    chapters = (Chapter(**{**chapter, "text": tuple(chapter.get("text", ()))}) for chapter in metadata["chapters"])
    items = (TruthItem(**{**item, "units": tuple(item["units"]), "lines": tuple(item["lines"])}) for item in rest)
    return Truth(metadata, Style(**metadata["style"]), tuple(chapters), tuple(rows), tuple(items))


def render(truth: Truth) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The plan's text, and for every item its first and last line (from 1)."""
    page = _Page()
    paged = truth.metadata["layout"] in {"tab_table", "list_table"}
    gap = paged or truth.style.blank_lines
    for line in ["", "", truth.metadata["title"], ""] if paged else [truth.metadata["title"], ""]:
        page.add(line)
    for chapter in truth.chapters:
        _chapter(page, truth, chapter, gap)
        if page.lines[-1]:
            page.add("")
    while not page.lines[-1]:
        page.lines.pop()
    return "\n".join(page.lines) + "\n", tuple(page.spans[index] for index in range(len(truth.items)))


def _chapter(page: _Page, truth: Truth, chapter: Chapter, gap: bool) -> None:
    items = [] if chapter.has_table else _items_of(truth, chapter)
    if chapter.inline:
        text = "".join(chapter.text) + "".join(item.text for _, item in items)
        page.add(chapter.heading + text, *(index for index, _ in items))
        return
    page.add(chapter.heading)
    if gap:
        page.add("")
    if chapter.has_table:
        _TABLES[truth.metadata["layout"]](page, truth)
        return
    for line in chapter.text:
        page.add(line)
    for index, item in items:
        page.add(("- " if truth.style.bullets and item.number else "") + (item.number or "") + item.text, index)


def _items_of(truth: Truth, chapter: Chapter) -> list[tuple[int, TruthItem]]:
    section = chapter.heading.rstrip("：")
    return [(index, item) for index, item in enumerate(truth.items) if item.section == section]


def titles(truth: Truth, code: str) -> tuple[str, str]:
    """Pillar and requirement of ``code`` as the plan's text writes them."""
    if code == "0.1":
        return PLAN_ROW
    framework = CRITERIA if truth.metadata["framework"] == "service_award_2017" else SIX_PILLARS
    pillar, requirement = (int(part) - 1 for part in code.removeprefix("A.").split("."))
    name = list(framework)[pillar]
    number = f"（{NUMERALS[requirement]}）" if truth.style.full_width else f"({NUMERALS[requirement]})"
    return f"{NUMERALS[pillar]}、{name}", number + framework[name][requirement]


def _numbered(item: TruthItem, style: Style) -> str:
    number = item.number or ""
    space = " " if number and style.number_space and not number.endswith("、") else ""
    return number + space


def _pieces(truth: Truth, row_index: int) -> list[_Piece]:
    """The row's parts, one for every page on which it stands."""
    row = truth.rows[row_index]
    items = [(index, item) for index, item in enumerate(truth.items) if item.row == row_index]
    paired = {"units": row.units, "deadlines": row.deadlines}
    pieces, path = [_Piece()], list[str]()
    for place, (index, item) in enumerate(items):
        if item.page:
            pieces.append(_Piece())
        topics = item.topic.split(" > ") if item.topic else []
        pieces[-1].entries += [
            (name, None) for depth, name in enumerate(topics) if path[: depth + 1] != topics[: depth + 1]
        ]
        path = topics
        for name, values in paired.items():
            if len(values) == len(items) > 1:
                getattr(pieces[-1], name).append(values[place])
        pieces[-1].entries.append((_numbered(item, truth.style) + item.text[: item.cut], index))
        if item.cut is not None:
            pieces.append(_Piece([(item.text[item.cut :], index)], starts_inside=True))
    for name, values in paired.items():
        if len(values) != len(items) or len(values) == 1:
            setattr(pieces[0], name, list(values))
    return pieces


def _rows(truth: Truth) -> Iterator[tuple[int, TruthRow, str, str]]:
    """Every row with its pillar and requirement, empty where the row before it has the same."""
    before = ("", "")
    for index, row in enumerate(truth.rows):
        now = titles(truth, row.code)
        pillar = now[0] if now[0] != before[0] else ""
        yield index, row, pillar, now[1] if now != before else ""
        before = now


def _paged_table(page: _Page, truth: Truth) -> None:
    """Both layouts with one line for every row: ``tab_table`` and ``list_table``."""
    header = "\t".join(truth.metadata["headers"])
    page.add(header)
    for row_index, row, pillar, requirement in _rows(truth):
        full = titles(truth, row.code)
        for part, piece in enumerate(_pieces(truth, row_index)):
            new_page = part > 0 or row.page
            cells = [pillar, requirement] if part == 0 else ["", ""]
            if new_page:
                page.number += 1
                page.add("")
                if truth.metadata["layout"] == "tab_table":
                    page.add(header)
                if truth.style.repeat_headings:
                    cells = list(full)
            for column, cut in enumerate((row.pillar_cut, row.heading_cut)):
                if cut is not None and part <= 1:
                    cells[column] = full[column][:cut] if part == 0 else full[column][cut:]
            _paged_row(page, truth, piece, cells)
    page.add("")


def _paged_row(page: _Page, truth: Truth, piece: _Piece, headings: list[str]) -> None:
    style = truth.style
    tagged = style.tags == "p" or (style.tags == "mixed" and page.number % 2 == 0)
    listed = truth.metadata["layout"] == "list_table"
    cells = [_paragraphs([cell], tagged and listed) for cell in headings]
    if style.short_rows and not headings[0]:
        del cells[0]
    if piece.entries:
        texts = [text for text, _ in piece.entries]
        cells.append(_list(piece) if tagged and listed else _paragraphs(texts, tagged))
    if truth.metadata["framework"] == "service_award_2017":
        cells.append(_paragraphs(piece.deadlines, tagged and len(piece.deadlines) > 1))
    cells.append(_paragraphs(piece.units, tagged and (listed or len(piece.units) > 1)))
    page.add("\t".join(cells), *(index for _, index in piece.entries))


def _paragraphs(texts: list[str], tagged: bool) -> str:
    return " ".join(f"<p>{text}</p>" if tagged and text else text for text in texts)


def _list(piece: _Piece) -> str:
    """The entries as a list that is opened, and opened again for sub-numbers, but never closed."""
    parts, depth = [], 0
    for place, (text, _) in enumerate(piece.entries):
        level = 2 if text.startswith("(") else 1 if text[:1].isdigit() else 0
        if level == 0 or (place == 0 and piece.starts_inside):
            parts.append(f"<p>{text}</p>")
            continue
        parts += [OL] if level > depth else []
        parts.append(text)
        depth = level
    return " ".join(parts) + " "


def _cell_per_line(page: _Page, truth: Truth) -> None:
    """Every cell begins on its own line, with a tab; its further lines have none."""
    for name in truth.metadata["headers"]:
        page.add("\t" + name)
    page.add("")
    for row_index, _, pillar, requirement in _rows(truth):
        page.add("\t" + pillar)
        if pillar:
            page.add("")
        page.add("\t" + requirement)
        pieces = _pieces(truth, row_index)
        for place, (text, index) in enumerate(entry for piece in pieces for entry in piece.entries):
            page.add(("" if place else "\t") + text, index)
        for place, unit in enumerate(unit for piece in pieces for unit in piece.units):
            page.add(("" if place else "\t") + unit)
        page.add("")


def _outline(page: _Page, truth: Truth) -> None:
    """No table: headings, measures and a line that names the units, one under the other."""
    for row_index, row, pillar, requirement in _rows(truth):
        if pillar:
            page.add(pillar)
        if requirement and row.code != "0.1":
            page.add(requirement)
        pieces = _pieces(truth, row_index)
        for text, index in (entry for piece in pieces for entry in piece.entries):
            page.add(text, index)
        page.add(f"{truth.metadata['headers'][0]}：" + "、".join(unit for piece in pieces for unit in piece.units))
    page.add("")


_TABLES: dict[str, Callable[[_Page, Truth], None]] = {
    "tab_table": _paged_table,
    "list_table": _paged_table,
    "cell_per_line": _cell_per_line,
    "outline": _outline,
}


def write(path: Path) -> None:
    """Rewrite a plan's text in ``corpus/``, and the lines in its truth."""
    text, lines = render(load(path))
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    items = [
        json.dumps({**json.loads(line), "lines": span}, ensure_ascii=False)
        for line, span in zip(rest, lines, strict=True)
    ]
    path.write_text("\n".join([first, *items]) + "\n", encoding="utf-8", newline="\n")
    (CORPUS_FOLDER / f"{path.stem}.txt").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Rewrite the corpus, if asked to."""
    parser = argparse.ArgumentParser(description="Make the texts in corpus/ from tests/corpus_truth/.")
    parser.add_argument(
        "--write", action="store_true", required=True, help="rewrite corpus/*.txt and the truth's lines"
    )
    parser.parse_args()
    for path in sorted(TRUTH_FOLDER.glob("*.jsonl")):
        write(path)


if __name__ == "__main__":
    main()
