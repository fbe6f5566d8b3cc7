from __future__ import annotations

from pathlib import Path

import pytest

from plansearch.errors import ReadError, UnsupportedFormatError
from plansearch.readers import read_document
from plansearch.readers.plaintext import read_plaintext
from plansearch.types import Paragraph, Table

SENTENCE = "本所各課室提供民眾合宜的服務設施"


def shape(text: str) -> list[str | list[list[list[str]]]]:
    """Paragraphs as strings, tables as rows of cells of paragraphs."""
    document = read_plaintext(text.encode(), "a.txt")
    return [
        [[[paragraph.text for paragraph in cell.paragraphs] for cell in row.cells] for row in block.rows]
        if isinstance(block, Table)
        else block.text
        for block in document.blocks
    ]


def test_a_row_on_each_line() -> None:
    assert shape(f"甲計畫\n{SENTENCE}\t\t乙\n\t丙\t丁\n") == [
        "甲計畫",
        [[[SENTENCE], [], ["乙"]], [[], ["丙"], ["丁"]]],
    ]


def test_a_blank_line_ends_the_part_of_a_table_on_one_page() -> None:
    assert shape(f"{SENTENCE}\t乙\n\n丙\t丁\n") == [[[[SENTENCE], ["乙"]]], [[["丙"], ["丁"]]]]


def test_a_cell_on_each_line_and_blank_lines_inside_a_cell() -> None:
    text = f"壹、目標\n\t要項\n\t重點\n\n\t一、{SENTENCE}\n\t小標\n說明。\n\n1.措施。\n\t行政課\n輔導課\n\n伍、管考\n"
    assert shape(text) == [
        "壹、目標",
        [[["要項"], ["重點"]], [[f"一、{SENTENCE}"], ["小標", "說明。", "1.措施。"], ["行政課", "輔導課"]]],
        "伍、管考",
    ]


@pytest.mark.parametrize(
    ("cell", "paragraphs"),
    [
        pytest.param("<p>一</p> <p>二</p>", ["一", "二"], id="paragraphs"),
        pytest.param("<p>一<p>二", ["一", "二"], id="unclosed"),
        pytest.param("一<br>二<br/>三", ["一", "二", "三"], id="line breaks"),
        pytest.param('<ol style="list-style-type: none"> 1. 一 2. 二 ', ["1. 一 2. 二"], id="list without entries"),
        pytest.param("<ul><li>一</li><li>二</ul>", ["一", "二"], id="list entries"),
        pytest.param("一<b>二</b>三&amp;四", ["一二三&四"], id="inline tags and entities"),
        pytest.param("一。 二。", ["一。", "二。"], id="paragraphs joined with a space"),
        pytest.param("<script>一</script>", ["<script>一</script>"], id="unknown tags are text"),
        pytest.param("a<b 且 c>d", ["a<b 且 c>d"], id="comparison signs are text"),
    ],
)
def test_tags_inside_a_cell(cell: str, paragraphs: list[str]) -> None:
    assert shape(f"{SENTENCE}\t{cell}\n") == [[[[SENTENCE], paragraphs]]]


def test_rules_under_a_table_are_dropped() -> None:
    assert shape(f"{SENTENCE}\t乙\n--\t-----\t---\n") == [[[[SENTENCE], ["乙"]]]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_lines_count_alike_whatever_ends_them(newline: str) -> None:
    document = read_plaintext(newline.join(["甲", "", SENTENCE]).encode(), "a.txt")
    assert [(block.text, block.span.first_line) for block in document.blocks if isinstance(block, Paragraph)] == [
        ("甲", 1),
        (SENTENCE, 3),
    ]


def test_other_formats_say_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "設定.toml"
    path.write_text("[計畫]")
    with pytest.raises(UnsupportedFormatError, match=r"「設定\.toml」的格式尚未支援（目前可讀：\.docx、.+、\.txt）"):
        read_document(path)


def test_a_missing_file_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"無法開啟「沒有\.txt」"):
        read_document(tmp_path / "沒有.txt")
    (tmp_path / "空.txt").write_text(" \n")
    with pytest.raises(ReadError, match="是空的檔案"):
        read_document(tmp_path / "空.txt")
