from __future__ import annotations

import pytest
from plan_text import HEADER, P1, R11, R12, R13, parse_table, parse_text, table


def units_of(cell: str, *measures: str) -> list[tuple[str, ...]]:
    return [item.units for item in parse_table(f"{P1}\t{R11}\t{' '.join(measures)}\t{cell}")]


@pytest.mark.parametrize(
    ("cell", "measures", "units"),
    [
        pytest.param("各課室", ["1. 甲。", "2. 乙。"], [("各課室",), ("各課室",)], id="one holds for all"),
        pytest.param("民政課 社會課", ["1. 甲。", "2. 乙。"], [("民政課",), ("社會課",)], id="as many are paired"),
        pytest.param("民政課、社會課", ["1. 甲。", "2. 乙。"], [("民政課",), ("社會課",)], id="paired by commas"),
        pytest.param(
            "民政課 社會課 秘書室", ["1. 甲。", "2. 乙。"], [("民政課", "社會課", "秘書室")] * 2, id="partners for all"
        ),
        pytest.param("民政課及社會課", ["1. 甲。"], [("民政課", "社會課")], id="together in one entry"),
        pytest.param(
            "民政課 社會課 社會課 社會課",
            ["1. 甲。", "2. 乙。", "3. 丙。"],
            [("民政課",), ("社會課",), ("社會課",)],
            id="a neighbour said once too often",
        ),
        pytest.param(
            "<p>民政課</p><p>社會課</p><p>民政課</p>",
            ["1. 甲。", "2. 乙。", "3. 丙。", "4. 丁。"],
            [("民政課",), ("民政課",), ("社會課",), ("民政課",)],
            id="a list in order with one missing",
        ),
        pytest.param("", ["1. 甲。"], [()], id="none"),
    ],
)
def test_which_unit_holds_for_which_measure(cell: str, measures: list[str], units: list[tuple[str, ...]]) -> None:
    assert units_of(cell, *measures) == units


def test_units_as_many_as_sub_headings_go_by_sub_heading() -> None:
    cell = "<p>內部作業</p><p>1. 甲。</p><p>2. 乙。</p><p>智慧管理</p><p>推動線上簽核。</p>"
    items = parse_table(f"{P1}\t{R11}\t{cell}\t民政課 總務課")
    assert [(item.topic, item.units) for item in items] == [
        ("內部作業", ("民政課",)),
        ("內部作業", ("民政課",)),
        ("智慧管理", ("總務課",)),
    ]


def test_a_merged_unit_cell_holds_for_the_rows_of_its_requirement_only() -> None:
    items = parse_table(f"{P1}\t{R11}\t1. 甲。\t民政課", "\t\t2. 乙。\t", f"\t{R12}\t1. 丙。\t")
    assert [item.units for item in items] == [("民政課",), ("民政課",), ()]


def test_units_torn_off_the_row_as_lines_of_their_own() -> None:
    text = table(
        f"{P1}\t{R11}\t1. 甲。 2. 乙。\t秘書室",
        "",
        f"\t{R12}\t1. 丙。\t",
        "",
        "秘書室",
        "",
        HEADER,
        f"\t{R13}\t1. 丁。\t民政課",
    )
    assert [item.units for item in parse_text(text).items[:-1]] == [("秘書室",), ("秘書室",), ("秘書室",), ("民政課",)]


def test_units_that_came_on_the_next_page_are_of_the_row_that_goes_on() -> None:
    items = parse_table(
        f"{P1}\t{R11}\t1. 受理案件後通知補\t", "", HEADER, f"\t\t<p>正。</p> <p>{R12}</p>\t<p>民政課</p> <p>秘書室</p>"
    )
    assert [(item.text, item.units) for item in items] == [("受理案件後通知補正。", ("民政課",))]


def test_deadlines_are_paired_like_units() -> None:
    header = "評核構面\t執行項目\t執行重點\t完成期限\t承辦單位"
    items = parse_table(
        "一、基礎服務\t(一)服務友善\t1. 甲。 2. 乙。\t6月底 1-12月\t各課室",
        "\t\t3. 丙。\t每月\t秘書室",
        header=header,
        last="四、服務評價\t(一)服務滿意情形\t最後一列。\t\t",
    )
    assert [(item.code, item.deadline, item.units) for item in items] == [
        ("A.1.2", "6月底", ("各課室",)),
        ("A.1.2", "1-12月", ("各課室",)),
        ("A.1.2", "每月", ("秘書室",)),
    ]


def test_units_that_do_not_line_up_are_damage() -> None:
    plan = parse_text(table(f"{P1}\t{R11}\t1. 甲。 2. 乙。\t民政課 社會課 社會課 民政課"))
    assert [(damage.kind, damage.code, damage.span.first_line) for damage in plan.damage] == [
        ("units_mismatch", "1.1", 6)
    ]
    assert "4 個承辦單位、2 項措施" in plan.damage[0].detail
