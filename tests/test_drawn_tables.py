"""Plans as plain text whose tables are drawn, set with spaces, or left as one cell on each line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from layouts import load
from printed_files import places
from renderings import Blocks, Field, Grid, Layout, arrange, expected_items, read_items

from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers import read_document
from plansearch.readers.plaintext import read_plaintext
from plansearch.types import Paragraph, Plan, Table

TRUTHS = sorted((Path(__file__).parent / "corpus_truth").glob("*.jsonl"))
WIDTHS = {3: (24, 46, 16), 4: (18, 28, 46, 16), 5: (18, 26, 44, 14, 16)}
"""Columns of the cells of a table with so many columns."""


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most a width, broken anywhere but inside of Latin words."""
    lines: list[str] = []
    line = word = ""
    for character in f"{text}\0":
        latin = character.isascii() and character not in " \0"
        if word and not latin:
            lines, line = ([*lines, line], word) if columns(line + word) > width else (lines, line + word)
            word = ""
        if latin:
            word += character
        elif character != "\0":
            lines, line = ([*lines, line], "") if columns(line + character) > width else (lines, line)
            line += character
    return [part.rstrip() for part in (*lines, line)]


def lines_of(cell: Field, width: int) -> list[str]:
    return [line for text in cell.lines for line in wrapped(text, width)]


def rows_of(grid: Grid) -> Iterator[list[tuple[int, list[str]]]]:
    """The cells of each row as width and lines; those that a cell above reaches over are empty."""
    widths = WIDTHS[len(grid.shares)]
    found = {(row, column): cell for row, column, cell in places(grid)}
    for row in range(len(grid.rows)):
        cells, column = [], 0
        while column < len(widths):
            cell = found.get((row, column), Field(()))
            width = sum(widths[column : column + cell.columns]) + 2 * (cell.columns - 1)
            cells.append((width, lines_of(cell, width)))
            column += cell.columns
        yield cells


def drawn(grid: Grid, upright: str, level: str) -> list[str]:
    """A table between drawn lines; ``level`` has the joints, too: left, middle, right and the line."""
    widths = WIDTHS[len(grid.shares)]
    pad = 3 - columns(upright[0])  # the drawn line and the space beside it
    rule = level[0] + level[1].join(level[3] * ((width + pad - 1) // columns(level[3])) for width in widths) + level[2]
    lines = [rule]
    for cells in rows_of(grid):
        for place in range(max(len(texts) for _, texts in cells)):
            parts = [(texts[place] if place < len(texts) else "", width) for width, texts in cells]
            inner = [text + " " * (width - columns(text) + pad - 1) for text, width in parts]
            lines.append(upright + upright.join(inner) + upright)
        lines.append(rule)
    return lines


def spaced(grid: Grid) -> list[str]:
    """A table whose columns stand apart by spaces, and whose rows by blank lines."""
    lines: list[str] = []
    for cells in rows_of(grid):
        for place in range(max(len(texts) for _, texts in cells)):
            parts = [(texts[place] if place < len(texts) else "", width) for width, texts in cells]
            lines.append("  ".join(text + " " * (width - columns(text)) for text, width in parts).rstrip())
        lines.append("")
    return lines


def cell_lines(grid: Grid) -> list[str]:
    """Each paragraph of a cell on a line of its own, and nothing else."""
    return [line for row in grid.rows for cell in row for line in cell.lines]


WRITERS = {
    "box": lambda grid: drawn(grid, "│", "├┼┤─"),
    "signs": lambda grid: drawn(grid, "|", "+++-"),
    "spaces": spaced,
    "lines": cell_lines,
}


def text_of(blocks: Blocks, writer: str) -> str:
    lines: list[str] = []
    for block in blocks:
        lines += WRITERS[writer](block) if isinstance(block, Grid) else [block]
    return "\r\n".join(lines)


def read(blocks: Blocks, writer: str, folder: Path) -> Plan:
    path = folder / "計畫.txt"
    path.write_bytes(text_of(blocks, writer).encode("cp950"))
    return parse_document(read_document(path), bundled_frameworks())


@pytest.mark.parametrize("writer", ["box", "signs", "spaces"])
@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.stem)
def test_a_drawn_table_gives_every_item(path: Path, writer: str, tmp_path: Path) -> None:
    truth = load(path)
    assert read_items(read(arrange(truth, Layout()), writer, tmp_path)) == expected_items(truth)


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.stem)
def test_one_cell_on_each_line_gives_every_item(path: Path, tmp_path: Path) -> None:
    truth = load(path)
    assert read_items(read(arrange(truth, Layout()), "lines", tmp_path)) == expected_items(truth)


def grid_of(text: str) -> list[list[tuple[int, list[str]]]]:
    """The cells of a text's only table: over how many rows each goes, and its paragraphs."""
    table = next(block for block in read_plaintext(text.encode(), "a.txt").blocks if isinstance(block, Table))
    return [[(cell.row_span, [line.text for line in cell.paragraphs]) for cell in row.cells] for row in table.rows]


def test_a_line_drawn_beside_a_cell_leaves_it_whole() -> None:
    text = "┌───┬───┐\n│甲　　│乙　　│\n│丙　　├───┤\n│　　　│丁　　│\n├───┼───┤\n│戊　　│己　　│\n└───┴───┘"
    assert grid_of(text) == [[(2, ["甲丙"]), (1, ["乙"])], [(1, ["丁"])], [(1, ["戊"]), (1, ["己"])]]


def test_without_lines_between_rows_every_line_is_a_row() -> None:
    assert grid_of("| 甲 | 乙 |\n|---|:-:|\n| 丙 | 丁 |\n| 戊 | 己 |") == [
        [(1, ["甲"]), (1, ["乙"])],
        [(1, ["丙"]), (1, ["丁"])],
        [(1, ["戊"]), (1, ["己"])],
    ]


def test_signatures_apart_by_spaces_are_no_table() -> None:
    lines = [
        "承辦人：      單位主管：      機關首長：",
        "本計畫奉核後實施。",
        "一、甲。",
        "二、乙。",
        "三、丙。",
        "四、丁。",
    ]
    document = read_plaintext("\n".join(lines).encode(), "a.txt")
    assert [block.text for block in document.blocks if isinstance(block, Paragraph)] == lines


OUTLINE = """示範市立天文館113年度提升服務計畫
壹、計畫內容
一、完備基礎服務項目，注重服務特性差異化
（一）建立業務標準作業流程，維持服務措施處理一致性
1.各項申辦案件訂定處理期限。
承辦單位：推廣組
（二）注重服務人員的禮貌態度，建置合宜的服務環境
（一）服務環境
1.劇場入口備有輪椅。
2.展場加設坐椅。
（四）因應業務屬性，汲取創新趨勢，發展優質服務
辦理夜間觀星，免費借用望遠鏡。
承辦單位：展示組
二、關懷多元對象及城鄉差距，促進社會資源公平使用
（一）對特殊或弱勢族群提供適性服務
行動星象車開往偏遠國小。
承辦單位：推廣組
"""


def test_a_shortened_title_begins_a_requirement_of_an_outline_and_a_sub_heading_does_not() -> None:
    plan = parse_document(read_plaintext(OUTLINE.encode(), "a.txt"), bundled_frameworks())
    assert [(item.code, item.topic, item.text, item.units) for item in plan.items] == [
        ("1.1", None, "各項申辦案件訂定處理期限。", ("推廣組",)),
        ("1.3", "（一）服務環境", "劇場入口備有輪椅。", ()),
        ("1.3", "（一）服務環境", "展場加設坐椅。", ()),
        ("1.4", None, "辦理夜間觀星，免費借用望遠鏡。", ("展示組",)),
        ("4.1", None, "行動星象車開往偏遠國小。", ("推廣組",)),
    ]


CELLS = """示範市立天文館113年度提升服務計畫
壹、計畫內容
項次
執行要項
執行重點
辦理期限
承辦單位
備註
二、重視全程意見回饋及參與，力求服務切合民眾需求
1
傾聽民眾意見，積極回應，有效協助民眾解決問題。
1.信箱三日內回復。
2.每月統計來信。
每季一次
展示之家
配合市府平台填報
三、便捷服務遞送過程與方式，提升民眾生活便利度
2
衡酌實際需求，開發線上申辦及跨平台通用服務，增加民眾使用意願。
(一)線上申辦
1.一處收件。
全年
推廣組
貳、考核
每季檢討。
製表日期：113/2/3
"""


def test_remarks_and_numbers_on_single_lines_are_no_measures() -> None:
    plan = parse_document(read_plaintext(CELLS.encode(), "a.txt"), bundled_frameworks())
    assert [(item.code, item.text, item.units, item.deadline) for item in plan.items] == [
        ("2.4", "信箱三日內回復。", ("展示之家",), "每季一次"),
        ("2.4", "每月統計來信。", ("展示之家",), "每季一次"),
        ("3.2", "一處收件。", ("推廣組",), "全年"),
        (None, "每季檢討。", (), None),
    ]
