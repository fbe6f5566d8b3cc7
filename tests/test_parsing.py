"""What stands under what, and what is damaged: whole plans in, items out."""

from __future__ import annotations

import pytest
from plan_text import HEADER, P1, P2, R11, R12, R13, R14, R21, outline_of, parse_table, parse_text, table

from plansearch.errors import ParseError
from plansearch.types import Alignment


def test_a_sentence_cut_by_a_page_break_is_one_item() -> None:
    items = parse_table(
        f"{P1}\t{R11}\t1. 由專人受理申請並\t各課室", "", HEADER, "\t\t<p>告知期限。</p> <p>2. 乙。</p>\t"
    )
    assert [(item.text, item.span.first_line, item.span.last_line) for item in items] == [
        ("由專人受理申請並告知期限。", 6, 9),
        ("乙。", 9, 9),
    ]


def test_latin_words_cut_by_a_page_break_keep_a_space() -> None:
    items = parse_table(f"{P1}\t{R11}\t1. 建置 QR\t各課室", "", HEADER, "\t\tCode 供掃描。\t")
    assert [item.text for item in items] == ["建置 QR Code 供掃描。"]


def test_a_finished_sentence_is_not_joined_with_the_next_page() -> None:
    items = parse_table(f"{P1}\t{R11}\t1. 甲。\t各課室", "", HEADER, "\t\t每月檢討。\t")
    assert [item.text for item in items] == ["甲。", "每月檢討。"]


def test_headings_cut_by_a_page_break_are_one_heading() -> None:
    items = parse_table(
        f"{P1[:14]}\t{R11[:20]}\t1. 甲\t各課室", "", HEADER, f"{P1[14:]}\t{R11[20:]}\t乙。\t", f"\t{R12}\t丙。\t各課室"
    )
    assert [(item.code, item.pillar, item.requirement, item.text) for item in items] == [
        ("1.1", P1, R11, "甲乙。"),
        ("1.2", P1, R12, "丙。"),
    ]


def test_headings_repeated_on_a_new_page_begin_nothing() -> None:
    items = parse_table(f"{P1}\t{R11}\t1. 甲。\t各課室", "", HEADER, f"{P1}\t{R11}\t2. 乙。\t各課室")
    assert outline_of(items) == [("1.1", None, "甲。"), ("1.1", None, "乙。")]


def test_a_requirement_that_slid_into_the_measures_is_still_a_heading() -> None:
    header = "執行要項\t執行重點\t承辦單位"
    items = parse_table(f"{P1}\t<p>{R11}</p> <p>1. 甲。</p>\t各課室", f"{R12}\t乙。\t秘書室", header=header)
    assert outline_of(items) == [("1.1", None, "甲。"), ("1.2", None, "乙。")]


def test_requirements_go_by_their_words_where_the_numbers_are_shifted() -> None:
    shifted = [R11.replace("(一)", "(二)"), R12.replace("(二)", "(三)"), R13.replace("(三)", "（四）")]
    items = parse_table(
        f"{P1}\t(一)訂定「提升服務計畫」\t訂定本所計畫。\t研考",
        *(f"\t{heading}\t{text}。\t各課室" for heading, text in zip(shifted, "甲乙丙", strict=True)),
    )
    assert [item.code for item in items] == ["0.1", "1.1", "1.2", "1.3"]


def test_reworded_requirements_keep_how_sure_the_match_is() -> None:
    heading = R14.replace("投入品質改善", "投入服務品質之改善")
    items = parse_table(f"{P1}\t{heading}\t甲。\t各課室", f"\t{R12}\t乙。\t各課室")
    assert items[0].code == "1.4"
    assert items[0].alignment is not None
    assert items[0].alignment.method == "fuzzy"
    assert 0.9 < items[0].alignment.confidence < 1
    assert items[1].alignment == Alignment("text", 1.0)


def test_a_measure_that_only_says_its_requirement_again_is_a_measure() -> None:
    words = R12.removeprefix("(二)")
    items = parse_table(f"{P1}\t{R12}\t{words}\t各課室")
    assert outline_of(items) == [("1.2", None, words)]


def test_a_pillar_heading_on_the_row_above_holds_where_the_numbering_restarts() -> None:
    header = "評核構面\t執行項目\t執行重點\t承辦單位"
    plan = parse_text(
        table(
            "三、服務量能\t(一)內部作業\t機關蒐集意見並精實\t各課室",
            "",
            "四、服務評價\t簡化\t內部流程。\t",
            "\t(二)服務精進機制\t成立小組。\t各課室",
            "\t(一)服務滿意情形\t辦理調查。\t各課室",
            header=header,
            last="\t(二)意見回應處理情形\t限期回復。\t各課室",
        )
    )
    assert [(item.code, item.pillar, item.requirement) for item in plan.items] == [
        ("A.3.1", "三、服務量能", "(一)內部作業簡化"),
        ("A.3.2", "三、服務量能", "(二)服務精進機制"),
        ("A.4.1", "四、服務評價", "(一)服務滿意情形"),
        ("A.4.2", "四、服務評價", "(二)意見回應處理情形"),
    ]
    assert [(damage.kind, damage.code) for damage in plan.damage] == [("heading_displaced", "A.4.1")]


def test_a_heading_without_words_is_known_by_its_number_and_says_so() -> None:
    items = parse_table(f"{P1}\t{R11}\t甲。\t各課室", "\t(二)\t乙。\t各課室")
    assert [item.code for item in items] == ["1.1", "1.2"]
    assert items[1].alignment == Alignment("number", 0.5)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("1. 無障礙設施 (1) 坡道。 (2) 點字。 2. 網站標章。",
                     [("1.無障礙設施", "坡道。"), ("1.無障礙設施", "點字。"), (None, "網站標章。")],
                     id="numbered parent"),
        pytest.param("<p>服務設施</p><p>1.坡道。</p><p>2.點字。</p>",
                     [("服務設施", "坡道。"), ("服務設施", "點字。")], id="sub-heading"),
        pytest.param("<p>服務設施</p><p>依需求設置服務設施。</p><p>1.坡道。</p>",
                     [("服務設施", "依需求設置服務設施。"), ("服務設施", "坡道。")], id="paragraph before a list"),
        pytest.param("<p>1.標竿學習</p><p>參訪他機關作法。</p><p>2.創新</p><p>鼓勵提案。</p>",
                     [(None, "標竿學習 參訪他機關作法。"), (None, "創新 鼓勵提案。")], id="label and description"),
        pytest.param("<p>參與式服務</p><p>從設計到實施導入民眾參與:</p><p>1.座談。</p>",
                     [("參與式服務 > 從設計到實施導入民眾參與", "座談。")], id="lead-in under a sub-heading"),
        pytest.param("線上申辦服務 運用網頁推動線上申辦。",
                     [("線上申辦服務", "運用網頁推動線上申辦。")], id="sub-heading on the line of its measure"),
        pytest.param("<p>分眾服務</p><p>1、到府服務。</p><p>2、專人服務:</p><p>(1)長者。</p><p>(2)行動不便者。</p>",
                     [("分眾服務", "到府服務。"), ("分眾服務 > 2、專人服務", "長者。"),
                      ("分眾服務 > 2、專人服務", "行動不便者。")], id="three levels"),
        pytest.param("<p>甲類</p><p>1.坡道。</p><p>乙類</p><p>推動簽核。</p>",
                     [("甲類", "坡道。"), ("乙類", "推動簽核。")], id="two sub-headings"),
        pytest.param("● 甲。 ● 乙。", [(None, "甲。"), (None, "乙。")], id="bullets"),
        pytest.param("1. 調查滿意度。 說明回應機制及處理情形。",
                     [(None, "調查滿意度。"), (None, "說明回應機制及處理情形。")], id="a paragraph after a list"),
        pytest.param("<p>1.蒐集意見。</p><p>如留言板等。</p><p>2.回應。</p>",
                     [(None, "蒐集意見。 如留言板等。"), (None, "回應。")], id="a description inside a list"),
        pytest.param("里民補助", [(None, "里民補助")], id="no sentence"),
    ],
)  # fmt: skip
def test_measures_and_what_they_stand_under(cell: str, expected: list[tuple[str | None, str]]) -> None:
    items = parse_table(f"{P1}\t{R13}\t{cell}\t各課室")
    assert [(item.topic, item.text) for item in items] == expected


def test_a_topic_goes_on_over_rows_until_its_list_ends() -> None:
    items = parse_table(
        f"{P1}\t{R13}\t4. 透明度：\t", "\t\t● 甲。\t各課室", "\t\t● 乙。\t各課室", "\t\t5. 其他事項。\t各課室"
    )
    assert [(item.topic, item.text) for item in items] == [
        ("4.透明度", "甲。"),
        ("4.透明度", "乙。"),
        (None, "其他事項。"),
    ]


def test_a_new_list_in_a_new_row_leaves_the_topic_of_the_row_above() -> None:
    items = parse_table(f"{P1}\t{R13}\t<p>設施</p><p>1.甲。</p>\t各課室", "\t\t<p>1.乙。</p>\t各課室")
    assert [item.topic for item in items] == ["設施", None]


def test_a_title_clause_glued_to_its_measure_is_its_topic() -> None:
    requirement = "(二)搭配複合策略，延伸服務據點，提高偏遠或交通不便地區民眾的服務可近性。"
    items = parse_table(
        f"四、關懷多元對象及城鄉差距，促進社會資源公平使用\t{requirement}\t延伸服務據點便利站普及：由院所推播訊息。\t一組"
    )
    assert outline_of(items) == [("4.2", "延伸服務據點", "便利站普及：由院所推播訊息。")]


def test_sections_outside_of_the_table_give_items_without_a_code() -> None:
    lines = [
        "示範市政府計畫",
        "壹、計畫依據：實施計畫。",
        "貳、計畫目標",
        "一、甲。",
        "二、平時考核：",
        "",
        "隨時檢討。",
    ]
    text = "\n".join([*lines, "陸、本計畫得隨時修正。", "承辦人：", ""])
    assert [(item.section, item.code, item.number, item.text) for item in parse_text(text).items] == [
        ("壹、計畫依據", None, None, "實施計畫。"),
        ("貳、計畫目標", None, "一、", "甲。"),
        ("貳、計畫目標", None, "二、", "平時考核：隨時檢討。"),
        ("陸、", None, None, "本計畫得隨時修正。"),
    ]


def test_what_a_plan_says_of_itself_is_no_measure() -> None:
    lines = [
        "計畫",
        "壹、計畫依據：實施計畫。",
        "貳、計畫目標：便民。",
        "參、實施對象：本所同仁。",
        "肆、執行期程：全年。",
    ]
    items = parse_text("\n".join([*lines, "伍、管考：每季檢討。"])).items
    assert [item.is_measure for item in items] == [False, True, False, False, True]


def test_units_that_had_to_be_worked_out_say_so() -> None:
    items = parse_table(f"{P1}\t{R11}\t1. 甲。 2. 乙。\t民政課 社會課 社會課 民政課", f"\t{R12}\t丙。\t研考")
    assert [item.units_inferred for item in items] == [True, True, False]


def test_a_plan_without_a_table_is_read_by_its_outline() -> None:
    lines = [
        "肆、計畫內容",
        P1,
        R11,
        "1. 甲。",
        "2. 乙。",
        "承辦單位：民政課",
        R12,
        "丙。",
        "承辦單位：秘書室、研考",
        P2,
        R21,
        "丁。",
    ]
    items = parse_text("\n".join(lines)).items
    assert [(item.code, item.text, item.units) for item in items] == [
        ("1.1", "甲。", ("民政課",)),
        ("1.1", "乙。", ("民政課",)),
        ("1.2", "丙。", ("秘書室", "研考")),
        ("2.1", "丁。", ()),
    ]


def test_an_unknown_framework_gives_items_under_its_own_headings() -> None:
    header = "策略\t推動項目\t具體作法\t權責單位"
    rows = ["一、數位轉型\t(一)雲端服務\t1. 甲。 2. 乙。\t資訊室", "\t(二)資料治理\t丙。\t資訊室"]
    plan = parse_text(table(*rows, header=header, last="二、綠色機關\t(一)節能\t丁。\t總務室"))
    assert plan.framework is None
    assert [(item.code, item.pillar, item.requirement, item.text) for item in plan.items] == [
        (None, "一、數位轉型", "(一)雲端服務", "甲。"),
        (None, "一、數位轉型", "(一)雲端服務", "乙。"),
        (None, "一、數位轉型", "(二)資料治理", "丙。"),
        (None, "二、綠色機關", "(一)節能", "丁。"),
    ]


class TestDamage:
    def test_a_requirement_whose_measures_are_lost(self) -> None:
        plan = parse_text(table(f"{P1}\t{R11}\t甲。\t各課室", f"\t{R12}\t\t秘書室 秘書室"))
        assert [(damage.kind, damage.code, damage.span.first_line) for damage in plan.damage] == [
            ("measures_lost", "1.2", 7)
        ]
        assert "仍有 2 個承辦單位" in plan.damage[0].detail

    def test_a_list_that_does_not_begin_at_one(self) -> None:
        plan = parse_text(table(f"{P1}\t{R11}\t5. 甲。 6. 乙。\t各課室"))
        assert [(damage.kind, damage.code) for damage in plan.damage] == [("numbering_start", "1.1")]
        assert "從「5.」開始" in plan.damage[0].detail

    def test_a_list_that_jumps(self) -> None:
        plan = parse_text(table(f"{P1}\t{R11}\t<p>1. 甲。</p><p>2. 乙。</p><p>4. 丁。</p>\t各課室"))
        assert [(damage.kind, damage.detail[:11]) for damage in plan.damage] == [("numbering_gap", "編號由 2 跳到 4，")]

    def test_a_measure_that_stops_at_the_end_of_a_page(self) -> None:
        rows = [f"{P1}\t{R11}\t1. 甲。 2. 乙。 3. 由專人受理申請並於\t各課室", "", HEADER, f"\t{R12}\t1. 丙。\t各課室"]
        assert [(damage.kind, damage.code) for damage in parse_text(table(*rows)).damage] == [("text_cut", "1.1")]

    def test_text_between_two_rows_is_kept_and_named(self) -> None:
        plan = parse_text(table(f"{P1}\t{R11}\t甲。\t各課室", "", "另於週末辦理。", "", HEADER, f"\t{R12}\t乙。\t研考"))
        assert ("1.1", "另於週末辦理。") in [(item.code, item.text) for item in plan.items]
        assert [(damage.kind, damage.code, damage.span.first_line) for damage in plan.damage] == [
            ("text_stray", "1.1", 8)
        ]

    def test_characters_that_could_not_be_read(self) -> None:
        plan = parse_text(table(f"{P1}\t{R11}\t甲\ufffd乙。\t各課室"))
        assert [(damage.kind, damage.code) for damage in plan.damage] == [("text_garbled", "1.1")]

    def test_a_whole_plan_has_none(self) -> None:
        rows = [f"{P1}\t{R11}\t1. 甲。 2. 乙。\t各課室", f"\t{R12}\t(1)丙。 (2)丁。\t研考", f"\t{R13}\t戊。\t研考"]
        assert parse_text(table(*rows)).damage == ()


@pytest.mark.parametrize(
    "text", ["這是本所的新聞稿。\n各課室提供服務。", "執行要項\t執行重點\t承辦單位\n\t\t\n"], ids=["news", "form"]
)
def test_a_text_without_measures_is_no_plan(text: str) -> None:
    with pytest.raises(ParseError, match=r"「測試\.txt」裡找不到任何計畫措施"):
        parse_text(text + "\n本所服務計畫")


def test_sections_are_known_by_their_names_where_none_has_a_big_numeral() -> None:
    head = [
        "示範市松林區公所113年度提升服務計畫",
        "一、計畫依據：實施計畫。",
        "二、計畫目標：",
        "(一)便民。",
        "三、計畫內容：",
    ]
    rows = [HEADER, f"{P1}\t{R11}\t甲。\t各課室", f"{P2}\t{R21}\t乙。\t研考"]
    items = parse_text("\n".join([*head, *rows, "四、推動及管考：", "(一)每季檢討。"])).items
    assert [(item.section, item.code, item.text) for item in items] == [
        ("一、計畫依據", None, "實施計畫。"),
        ("二、計畫目標", None, "便民。"),
        ("三、計畫內容", "1.1", "甲。"),
        ("三、計畫內容", "2.1", "乙。"),
        ("四、推動及管考", None, "每季檢討。"),
    ]


def test_a_plan_without_any_section_is_read_from_its_first_number_on() -> None:
    items = parse_text("示範市松林區公所113年度提升服務計畫\n1. 提供便民服務。\n2. 提升效率。").items
    assert [(item.section, item.number, item.text) for item in items] == [
        (None, "1.", "提供便民服務。"),
        (None, "2.", "提升效率。"),
    ]
