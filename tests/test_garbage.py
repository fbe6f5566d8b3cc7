"""Garbage is named and shown as no measure; what was written is kept."""

from __future__ import annotations

import json

import pytest
from conftest import SHARED, needs_shared
from layouts import CORPUS_FOLDER, TRUTH_FOLDER
from plan_text import P1, R11, parse_table, parse_text, table

from plansearch.errors import ParseError
from plansearch.parsing.garbage import is_garbage, unreadable
from plansearch.readers import read_document
from plansearch.types import Document, Paragraph, Table

TEXTS = [
    json.loads(line)["text"]
    for path in sorted(TRUTH_FOLDER.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()[1:]
]
WRONG = [
    ("utf-8", "latin-1"),
    ("utf-8", "cp1252"),
    ("utf-8", "gbk"),
    ("utf-8", "cp950"),
    ("utf-8", "shift_jis"),
    ("big5", "latin-1"),
    ("big5", "gbk"),
    ("big5", "shift_jis"),
    ("big5", "cp437"),
    ("utf-16-le", "utf-16-be"),
]


def paragraphs_of(document: Document) -> list[str]:
    cells = (cell for block in document.blocks if isinstance(block, Table) for row in block.rows for cell in row.cells)
    inside = [paragraph.text for cell in cells for paragraph in cell.paragraphs]
    return inside + [block.text for block in document.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize(("written", "read"), WRONG, ids=[f"{written} as {read}" for written, read in WRONG])
def test_chinese_in_a_wrong_encoding_is_garbage(written: str, read: str) -> None:
    broken = [text.encode(written, "replace").decode(read, "replace") for text in TEXTS]
    found = sum(map(is_garbage, broken))
    assert (len(broken) > 400, found >= 0.99 * len(broken)) == (True, True), f"{found} of {len(broken)}"


@pytest.mark.parametrize("path", sorted(CORPUS_FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_no_paragraph_of_a_sample_plan_is_garbage(path: object) -> None:
    document = read_document(CORPUS_FOLDER / str(path))
    assert [text for text in paragraphs_of(document) if is_garbage(text)] == []


@needs_shared
def test_no_paragraph_of_a_real_plan_is_garbage() -> None:
    texts = [text for path in sorted((SHARED / "plans").glob("*.txt")) for text in paragraphs_of(read_document(path))]
    assert (len(texts) > 500, [text for text in texts if is_garbage(text)]) == (True, [])


@pytest.mark.parametrize(
    "text",
    [
        "設置 iTaiwan Wi-Fi 熱點，並提供 USB-C 充電座。",
        "網站採用 HTTPS，網址 https://www.example.gov.tw/tw/index.html?id=113。",
        "①受理 ②審查 ③核發",
        "提供「Xin chào」「Selamat datang」等問候語牌。",
        "咖啡 café 志工",
        "秘書室",
        "A4",
        "5",
    ],
)
def test_what_plans_write_is_no_garbage(text: str) -> None:
    assert not is_garbage(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [("(cid:12)(cid:7)供民眾", 2), ("提\ufffd民眾", 1), ("提\ue001民眾", 1), ("\uf0b7提供", 0), ("提供", 0)],
)
def test_characters_that_could_not_be_read_are_counted(text: str, count: int) -> None:
    assert unreadable(text) == count


def test_garbled_measure_is_damage_and_no_item() -> None:
    garbled = "(cid:1)(cid:2)(cid:3)(cid:4)(cid:5)。"
    row = f"{P1}\t{R11}\t<p>1. 好的措施。</p> <p>{garbled}</p>\t秘書室"
    assert [item.text for item in parse_table(row)] == ["好的措施。"]
    found = [damage for damage in parse_text(table(row)).damage if damage.kind == "text_garbled"]
    assert [(damage.span.first_line, "字型代碼" in damage.detail) for damage in found] == [(6, True)]


def test_measure_that_lost_one_character_stays_an_item_with_damage() -> None:
    row = f"{P1}\t{R11}\t1. 提供便民措施於\ue001里辦公處。\t秘書室"
    assert [item.text for item in parse_table(row)] == ["提供便民措施於\ue001里辦公處。"]
    found = [damage.detail for damage in parse_text(table(row)).damage if damage.kind == "text_garbled"]
    assert ["1 個字無法讀出" in detail for detail in found] == [True]


def test_file_that_is_all_garbage_says_why_there_is_no_plan() -> None:
    text = "\n".join(text.encode("utf-8").decode("gbk", "replace") for text in TEXTS[:20])
    with pytest.raises(ParseError, match=r"是亂碼"):
        parse_text(text)
