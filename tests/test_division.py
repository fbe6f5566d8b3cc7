from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SHARED

from plansearch.division import Part, divide
from plansearch.readers import read_document
from plansearch.readers.plaintext import read_plaintext
from plansearch.types import Cell, Damage, Document, Paragraph, Row, Span, Table

HERE = Path(__file__).parent
SINGLE = sorted(
    [
        *(HERE / "odd_plans").glob("*.txt"),
        *(HERE / "other_documents").glob("*.txt"),
        *(HERE / "extracts").glob("*.txt"),
        *(HERE.parent / "corpus").glob("*.txt"),
        *(SHARED / "plans").glob("*.txt"),
    ]
)
EAST = """\
示範市東湖區公所113年度提升服務計畫

壹、計畫依據：示範市東湖區公所112年度提升服務計畫檢討會議。
貳、計畫內容：

執行要項\t執行重點\t承辦單位
臨櫃服務\t1. 設置服務鈴。\t秘書室
線上服務\t1. 表單全部上網。\t資訊
參、管考：每季檢討。
"""
WEST = """\
示範市西嶺區衛生所113年度提升服務計畫

壹、計畫依據：示範市政府函。
貳、計畫內容：
一、門診分時段預約。
承辦單位：行政組
"""
FORM = """\
附件一　113年度提升服務計畫自我評核表

評核項目\t配分\t自評分數
服務一致\t10\t9
服務友善\t10\t8
"""


def parts_of(text: str) -> tuple[Part, ...]:
    return divide(read_plaintext(text.encode(), "甲.txt"))


def first_lines(parts: tuple[Part, ...]) -> list[str]:
    firsts = [part.document.blocks[0] for part in parts]
    return [block.text if isinstance(block, Paragraph) else block.rows[0].cells[0].text for block in firsts]


@pytest.mark.parametrize("path", SINGLE, ids=[path.stem for path in SINGLE])
def test_one_document_stays_one(path: Path) -> None:
    document = read_document(path)
    assert divide(document) == (Part(document, None),)


def test_two_agencies_plans_come_apart() -> None:
    parts = parts_of(EAST + "\n" + WEST)
    assert first_lines(parts) == ["示範市東湖區公所113年度提升服務計畫", "示範市西嶺區衛生所113年度提升服務計畫"]
    assert parts[0].document.blocks == read_plaintext(EAST.encode(), "甲.txt").blocks
    last = parts[1].document.blocks[-1]
    assert isinstance(last, Paragraph)
    assert last == Paragraph("承辦單位：行政組", Span(16, 16))


def test_one_agency_in_two_years_comes_apart() -> None:
    parts = parts_of(EAST + "\n" + EAST.replace("113年度", "114年度"))
    assert first_lines(parts) == ["示範市東湖區公所113年度提升服務計畫", "示範市東湖區公所114年度提升服務計畫"]


def test_a_title_said_again_on_each_page_begins_nothing() -> None:
    lines = EAST.splitlines()
    again = "\n".join([*lines[:7], "", lines[0], "", *lines[5:6], *lines[7:], ""])
    assert len(parts_of(again)) == 1


def test_a_title_in_two_lines_begins_with_its_first() -> None:
    parts = parts_of(EAST + "\n" + WEST.replace("示範市西嶺區衛生所113", "示範市西嶺區衛生所\n113"))
    assert first_lines(parts) == ["示範市東湖區公所113年度提升服務計畫", "示範市西嶺區衛生所"]


def test_a_form_after_a_plan_comes_apart() -> None:
    parts = parts_of(EAST + "\n" + FORM)
    assert [part.title for part in parts] == [None, "113年度提升服務計畫自我評核表"]


def test_a_plan_goes_on_after_a_form_inside_it() -> None:
    parts = parts_of(EAST + "\n" + FORM + "填表說明：請依實際情形填寫。\n肆、附則：未盡事宜另行補充。\n")
    assert [part.title for part in parts] == [None, "113年度提升服務計畫自我評核表"]
    assert [block.text for block in parts[0].document.blocks[-2:] if isinstance(block, Paragraph)] == [
        "參、管考：每季檢討。",
        "肆、附則：未盡事宜另行補充。",
    ]


def test_a_form_without_a_title_comes_apart_too() -> None:
    parts = parts_of(EAST + "\n評核項目\t配分\t自評分數\n服務一致\t10\t9\n")
    assert [part.title for part in parts] == [None, "評核表"]


def test_a_letter_before_a_plan_comes_apart() -> None:
    letter = "示範市東湖區公所 函\n受文者：示範市政府\n發文日期：113年3月1日\n主旨：檢送計畫一份，請鑒核。\n\n"
    assert first_lines(parts_of(letter + EAST)) == ["示範市東湖區公所 函", "示範市東湖區公所113年度提升服務計畫"]


def row(number: int, *texts: str) -> Row:
    span = Span(table=number, row=1)
    return Row(tuple(Cell((Paragraph(text, span),) if text else ()) for text in texts), span)


def sheet(number: int, name: str, measure: str) -> tuple[Paragraph, Table]:
    rows = (row(number, "執行要項", "執行重點", "承辦單位"), row(number, "臨櫃服務", measure, "秘書室"))
    return Paragraph(name, Span(table=number)), Table(rows)


def test_sheets_named_after_agencies_come_apart_and_keep_the_name() -> None:
    blocks = (*sheet(1, "示範市東湖區公所", "設置服務鈴。"), *sheet(2, "示範市西嶺區公所", "增設座椅。"))
    parts = divide(Document("甲.xlsx", blocks, ""))
    assert [(part.agency, len(part.document.blocks)) for part in parts] == [
        ("示範市東湖區公所", 2),
        ("示範市西嶺區公所", 2),
    ]


def test_sheets_of_one_plan_stay_together() -> None:
    blocks = (*sheet(1, "構面一", "設置服務鈴。"), *sheet(2, "構面二", "增設座椅。"))
    assert len(divide(Document("甲.xlsx", blocks, ""))) == 1


def test_what_the_reader_saw_goes_to_the_part_where_it_stands() -> None:
    document = read_plaintext((EAST + "\n" + WEST).encode(), "甲.txt")
    seen = (Damage("text_garbled", "前", None, Span(3, 3)), Damage("text_garbled", "後", None, Span(14, 14)))
    parts = divide(Document(document.name, document.blocks, document.sha256, damage=seen))
    assert [[damage.detail for damage in part.document.damage] for part in parts] == [["前"], ["後"]]
