from __future__ import annotations

import pytest

from plansearch.numbering import Mark, cjk_number, leading_mark, split_marks


@pytest.mark.parametrize(
    ("text", "style", "value", "rest"),
    [
        ("壹、計畫依據", "section", 1, "計畫依據"),
        ("拾壹、附則", "section", 11, "附則"),
        ("三.便捷", "cjk", 3, "便捷"),
        ("十二、其他", "cjk", 12, "其他"),
        ("(一)建立", "paren_cjk", 1, "建立"),
        ("（ 三 ）依據", "paren_cjk", 3, "依據"),
        ("㈡提供", "paren_cjk", 2, "提供"),
        ("1. 甲", "arabic", 1, "甲"),
        ("２、乙", "arabic", 2, "乙"),
        ("10.丙", "arabic", 10, "丙"),
        ("(2)丁", "paren_arabic", 2, "丁"),
        ("（３）戊", "paren_arabic", 3, "戊"),
        ("⑷己", "paren_arabic", 4, "己"),
        ("③庚", "circled", 3, "庚"),
        ("甲、辛", "heavenly", 1, "辛"),
        ("A. 壬", "letter", 1, "壬"),
        ("● 癸", "bullet", 0, "癸"),
        ("- 一、子", "cjk", 1, "子"),
    ],
)
def test_numbers_at_the_beginning(text: str, style: str, value: int, rest: str) -> None:
    segment = leading_mark(text)
    assert segment.mark is not None
    assert (segment.mark.style, segment.mark.value, segment.text) == (style, value, rest)


@pytest.mark.parametrize(
    "text", ["113年度", "106.3.3府行", "1-12月", "2.0版", "一般民眾", "iTaiwan", "4 大廟宇", "第一、二期", "3月底"]
)
def test_what_looks_like_a_number_and_is_none(text: str) -> None:
    assert leading_mark(text).mark is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("1. 甲。 2. 乙。", ["甲。", "乙。"], id="goes on"),
        pytest.param(
            "1. 設施 (1) 坡道。 (2) 點字。 2. 網站。", ["設施", "坡道。", "點字。", "網站。"], id="two levels"
        ),
        pytest.param("目標：1.甲。2.乙。", ["目標：", "甲。", "乙。"], id="after a colon and without spaces"),
        pytest.param("善用 Web 2.0 與本區 4 大廟宇", ["善用 Web 2.0 與本區 4 大廟宇"], id="not a list"),
        pytest.param("1. 甲 3. 乙", ["甲 3. 乙"], id="a jump inside a text is no entry"),
        pytest.param("依(1)及(2)辦理", ["依(1)及(2)辦理"], id="references"),
        pytest.param("● 甲 ● 乙", ["甲", "乙"], id="bullets"),
    ],
)
def test_a_text_is_cut_where_its_numbering_goes_on(text: str, parts: list[str]) -> None:
    assert [segment.text for segment in split_marks(text, {})] == parts


def test_a_list_that_began_before_goes_on_in_the_next_text() -> None:
    segments = split_marks("完畢。 3. 丙。", {"arabic": 2})
    assert [(segment.mark, segment.text) for segment in segments] == [
        (None, "完畢。"),
        (Mark("arabic", 3, "3."), "丙。"),
    ]


def test_a_number_right_before_a_figure_is_one_where_the_list_goes_on() -> None:
    assert [segment.text for segment in split_marks("3.1999 派工案件", {"arabic": 2})] == ["1999 派工案件"]
    assert [segment.text for segment in split_marks("3.1999 派工案件", {})] == ["3.1999 派工案件"]
    assert [segment.text for segment in split_marks("3.5 公里步道", {"arabic": 2})] == ["3.5 公里步道"]


@pytest.mark.parametrize(("text", "value"), [("一", 1), ("十", 10), ("十五", 15), ("二十", 20), ("參", 3), ("百", 0)])
def test_chinese_numerals(text: str, value: int) -> None:
    assert cjk_number(text) == value
