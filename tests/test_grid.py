"""Merged cells, headers of several rows, tables inside of tables, tables as frames: what each measure ends up with."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_text import P1, P2, R11, R12, R13, R21

from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers import read_document
from plansearch.types import Plan

TITLE = "示範市松林區公所113年度提升服務計畫"
HEAD = f"<h1>{TITLE}</h1><p>壹、依據：市府規定。</p><p>貳、計畫內容</p>"
HEADER = "<tr><th colspan=2>執行要項<th>執行重點<th>承辦單位<th>完成期限"
LAST = f"<tr><td>{P2}<td>{R21}<td>最後。<td>研考<td>全年"
Measure = tuple[str | None, str, tuple[str, ...], str | None]
LAST_MEASURE: Measure = ("2.1", "最後。", ("研考",), "全年")


def read(page: str, folder: Path) -> Plan:
    path = folder / "計畫.html"
    path.write_text(page, encoding="utf-8")
    return parse_document(read_document(path), bundled_frameworks())


def measures(plan: Plan) -> list[Measure]:
    return [(item.code, item.text, item.units, item.deadline) for item in plan.items if item.is_measure]


CASES: dict[str, tuple[str, list[Measure]]] = {
    "a unit and a deadline that reach over several requirements hold for all": (
        (
            f"<tr><td rowspan=3>{P1}<td>{R11}<td>1.甲措施。<td rowspan=3>民政課<td rowspan=2>6月底前"
            f"<tr><td>{R12}<td>1.乙措施。<br>2.丙措施。<tr><td>{R13}<td>丁措施。<td>12月底"
        ),
        [
            ("1.1", "甲措施。", ("民政課",), "6月底前"),
            ("1.2", "乙措施。", ("民政課",), "6月底前"),
            ("1.2", "丙措施。", ("民政課",), "6月底前"),
            ("1.3", "丁措施。", ("民政課",), "12月底"),
        ],
    ),
    "a tall cell with as many units as measures has one for each": (
        (
            f"<tr><td rowspan=2>{P1}<td rowspan=2>{R11}<td>1.甲措施。<td rowspan=2>民政課<br>秘書室<td>6月底前"
            "<tr><td>2.乙措施。<td>12月"
        ),
        [("1.1", "甲措施。", ("民政課",), "6月底前"), ("1.1", "乙措施。", ("秘書室",), "12月")],
    ),
    "a measure that reaches over two requirements answers both": (
        f"<tr><td rowspan=2>{P1}<td>{R11}<td rowspan=2>甲措施。<td>民政課<td>6月<tr><td>{R12}<td>秘書室<td>7月",
        [("1.1", "甲措施。", ("民政課",), "6月"), ("1.2", "甲措施。", ("秘書室",), "7月")],
    ),
    "units in rows of their own beside one tall measure cell are its units": (
        (
            f"<tr><td rowspan=2>{P1}<td rowspan=2>{R11}<td rowspan=2>1.甲措施。2.乙措施。<td>研考<td rowspan=2>全年"
            "<tr><td>秘書室"
        ),
        [("1.1", "甲措施。", ("研考",), "全年"), ("1.1", "乙措施。", ("秘書室",), "全年")],
    ),
    "a small table inside of a measure is part of its text": (
        (
            f"<tr><td>{P1}<td>{R11}<td>1.甲措施，場次如下：<table><tr><td>月份<td>場次<tr><td>3月<td>2場</table>2.乙措施。"
            "<td>民政課<td>6月底前"
        ),
        [
            ("1.1", "甲措施，場次如下：月份　場次　3月　2場", ("民政課",), "6月底前"),
            ("1.1", "乙措施。", ("民政課",), "6月底前"),
        ],
    ),
    "a list in one column inside of a cell is entries": (
        f"<tr><td>{P1}<td>{R11}<td><table><tr><td>1.甲措施。<tr><td>2.乙措施。</table><td>民政課<td>6月底前",
        [("1.1", "甲措施。", ("民政課",), "6月底前"), ("1.1", "乙措施。", ("民政課",), "6月底前")],
    ),
    "lines that an author broke are one text and entries with numbers are several": (
        (
            f"<tr><td>{P1}<td>{R11}<td>1.為了提供民眾更方便的服務，本所每<br>月辦理一次講習，並邀請專家到場指導，<br>"
            "共計十二場。<br>2.乙措施。<td>民政課<td>6月底前"
        ),
        [
            (
                "1.1",
                "為了提供民眾更方便的服務，本所每月辦理一次講習，並邀請專家到場指導，共計十二場。",
                ("民政課",),
                "6月底前",
            ),
            ("1.1", "乙措施。", ("民政課",), "6月底前"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_cell_holds_where_it_reaches(case: tuple[str, list[Measure]], tmp_path: Path) -> None:
    rows, expected = case
    plan = read(f"{HEAD}<table>{HEADER}{rows}{LAST}</table>", tmp_path)
    assert measures(plan) == [*expected, LAST_MEASURE]
    assert plan.damage == ()


def test_two_header_rows_are_one_and_all_columns_of_units_count(tmp_path: Path) -> None:
    header = (
        "<tr><th rowspan=2>構面<th rowspan=2>執行要項<th rowspan=2>執行重點<th colspan=2>承辦單位<tr><th>主辦<th>協辦"
    )
    rows = f"<tr><td>{P1}<td>{R11}<td>1.甲措施。<br>2.乙措施。<td>民政課<td>秘書室"
    rows += f"<tr><td>{P2}<td>{R21}<td>最後。<td>研考<td>"
    plan = read(f"{HEAD}<table>{header}{rows}</table>", tmp_path)
    assert measures(plan) == [
        ("1.1", "甲措施。", ("民政課", "秘書室"), None),
        ("1.1", "乙措施。", ("民政課", "秘書室"), None),
        ("2.1", "最後。", ("研考",), None),
    ]


TABLE = f"<table>{HEADER}<tr><td>{P1}<td>{R11}<td>甲措施。<td>民政課<td>1月{LAST}</table>"
WHOLE: list[Measure] = [("1.1", "甲措施。", ("民政課",), "1月"), LAST_MEASURE]


@pytest.mark.parametrize(
    "page",
    [
        f"<table><tr><th colspan=5>{TITLE}<tr>{TABLE.removeprefix('<table>')}",
        f"<table><tr><td>計畫名稱<td>{TITLE}<tr><td>壹、依據<td>市府規定<tr><td>貳、計畫內容<td>{TABLE}<tr><td>參、對象<td>同仁</table>",
        f"<table><tr><td>{HEAD}{TABLE}</table>",
        (
            f"<table width='100%'><tr><td colspan=2>示範網站<tr><td><a href=a>首頁</a><td>{HEAD}{TABLE}"
            "<tr><td colspan=2>地址：示範路1號</table>"
        ),
    ],
    ids=["title row", "form around the plan", "frame", "page of tables"],
)
def test_a_frame_around_a_plan_is_taken_off(page: str, tmp_path: Path) -> None:
    plan = read(page, tmp_path)
    assert (plan.metadata.title, plan.metadata.agency) == (TITLE, "示範市松林區公所")
    assert measures(plan) == WHOLE
