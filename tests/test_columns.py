from __future__ import annotations

import pytest

from plansearch.parsing.columns import Role, header_of, is_deadline, is_units, unit_entries
from plansearch.types import Cell, Paragraph, Row, Span


def row(*cells: str) -> Row:
    span = Span(1, 1)
    return Row(tuple(Cell((Paragraph(cell, span),) if cell else ()) for cell in cells), span)


@pytest.mark.parametrize(
    ("cells", "roles"),
    [
        (("工作要項", "工作重點", "業務單位"), ("heading", "measure", "unit")),
        (("執行要項", "", "執行重點", "執行單位"), ("heading", "heading", "measure", "unit")),
        (
            ("個別 評核構面", "執行項目", "執行重點", "完成期限", "承辦單位"),
            ("heading", "heading", "measure", "deadline", "unit"),
        ),
        (("承辦單位", "工作要領", "具體作法"), ("unit", "heading", "measure")),
        (
            ("項次", "推動項目", "實施內容", "辦理時程", "權責單位", "備註"),
            ("other", "heading", "measure", "deadline", "unit", "other"),
        ),
        (("構面", "執行要項", "主辦單位"), ("heading", "measure", "unit")),
    ],
    ids=["three", "a header over two columns", "deadline", "another order", "extra columns", "no measure column"],
)
def test_columns_are_known_by_what_their_headers_mean(cells: tuple[str, ...], roles: tuple[Role, ...]) -> None:
    header = header_of(row(*cells))
    assert header is not None
    assert header.roles == roles


@pytest.mark.parametrize(
    "cells",
    [
        ("一、完備基礎服務項目", "(一)建立業務標準作業流程", "1. 檢討作業方式。", "各課室"),
        ("設置服務台，由專人說明申辦內容。", "秘書室"),
        ("", "", ""),
    ],
    ids=["requirements", "measures", "empty"],
)
def test_ordinary_rows_are_no_headers(cells: tuple[str, ...]) -> None:
    assert header_of(row(*cells)) is None


@pytest.mark.parametrize(
    ("cells", "roles"),
    [
        (("一、構面", "(一)項目", "辦理講習。", "秘書室"), ["heading", "heading", "measure", "unit"]),
        (("(一)項目", "辦理講習。", "秘書室", ""), ["heading", "measure", "unit", None]),
        (("辦理講習。", "秘書室"), [None, None]),
    ],
    ids=["a header over two columns", "an empty cell at the end", "cells lost"],
)
def test_rows_of_another_length_than_their_header(cells: tuple[str, ...], roles: list[Role | None]) -> None:
    header = header_of(row("工作要項", "工作重點", "業務單位"))
    assert header is not None
    assert header.roles_of(row(*cells), ()) == roles


@pytest.mark.parametrize(
    "text",
    [
        "1-12月",
        "1-12月 1-12月",
        "3、6、9、12月",
        "6/30",
        "即日起",
        "第2季",
        "上半年",
        "1月至12月",
        "113年6月底前",
        "全年",
        "每月",
        "113.6.30",
        "經常辦理",
        "6月、12月",
        "113 年 6 月",
    ],
)
def test_deadlines(text: str) -> None:
    assert is_deadline(text)


@pytest.mark.parametrize("text", ["各課室", "每月辦理一次講習", "1. 每月", "", "於網站公告"])
def test_what_is_no_deadline(text: str) -> None:
    assert not is_deadline(text)


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("秘書室 服務台", (("秘書室",), ("服務台",))),
        ("各組室及研考", (("各組室", "研考"),)),
        ("民政課、社會課", (("民政課", "社會課"),)),
        ("行政課\n活動課", (("行政課",), ("活動課",))),
        ("一組", (("一組",),)),
    ],
)
def test_units_of_a_cell(text: str, entries: tuple[tuple[str, ...], ...]) -> None:
    assert unit_entries(text) == entries
    assert is_units(text)


@pytest.mark.parametrize("text", ["里民土葬、火葬補助", "公平使用", "1. 秘書室", "由秘書室辦理。", ""])
def test_what_names_no_unit(text: str) -> None:
    assert not is_units(text)


def test_a_desk_without_an_ending_is_a_unit_where_one_is_expected_or_known() -> None:
    assert not is_units("保健業務")
    assert is_units("保健業務", ["保健業務"])
    assert is_units("保健業務", expected=True)
