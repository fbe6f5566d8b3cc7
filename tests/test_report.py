from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from plansearch.errors import PlansearchError
from plansearch.frameworks.catalog import bundled_frameworks
from plansearch.report.catalog_view import requirements_report
from plansearch.report.output import lacks_unicode, write_file, write_stream
from plansearch.report.rendering import Format, Report, render
from plansearch.report.reports import (
    agency_report,
    build_report,
    damage_report,
    inspection_report,
    plans_report,
    search_report,
)
from plansearch.report.screen import Screen, merge, visible
from plansearch.results import (
    AddedTerms,
    AgencyHits,
    AgencyResult,
    BuildReport,
    Caveat,
    Coverage,
    Filters,
    Hit,
    IndexedItem,
    PlanSummary,
    SearchResult,
    Why,
)
from plansearch.types import Alignment, CrosswalkMatch, Damage, Metadata, Plan, PlanItem, SkippedFile, Span

METADATA = Metadata("示範市東區公所", "區公所", "示範市", 113, "示範市東區公所 113 年度提升服務計畫")
ITEM = PlanItem(
    section="肆、計畫內容",
    code="1.3",
    requirement="(三)注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環境。",
    topic="建置合宜的服務環境 > 無障礙",
    number="(1)",
    text="設置無障礙坡道及服務鈴，並於入口張貼 QR-code 說明。",
    units=("秘書室", "各課室"),
    deadline="113年6月",
    span=Span(24, 27),
    pillar="1",
    alignment=Alignment("text", 0.98765),
    crosswalk=(CrosswalkMatch("service_award_2017", "A.1.2", "wider", 0.9),),
)
BARE = PlanItem(None, None, None, None, None, "=SUM(A1)|是文字", (), None, Span())
PLAN = Plan(
    "east.txt",
    "0" * 64,
    METADATA,
    "six_pillars",
    (ITEM, BARE),
    (Damage("numbering_start", "編號從 5 開始，前面的可能遺失。", "1.3", Span(30, 30)),),
    ("city",),
)
TWIN = IndexedItem(
    "west.txt#3",
    "west.txt",
    Metadata("示範市西區公所", "區公所", "示範市", 112),
    "six_pillars",
    replace(ITEM, number="2.", span=Span(8, 8)),
)
HITS = (
    Hit(
        1,
        1.2345678,
        IndexedItem("east.txt#1", "east.txt", METADATA, "six_pillars", ITEM),
        ((2, 4), (4, 5)),
        relevance=0.81234,
        grade="high",
        why=Why(("無障礙",), ("坡道",), (0, len(ITEM.text)), 0.62346),
    ),
    Hit(2, -0.5, IndexedItem("x.txt#9", "x.txt", Metadata(), None, BARE), relevance=0.1),
)
RESULT = SearchResult(
    "無障礙",
    "hybrid",
    Filters(years=(113,)),
    "model",
    HITS,
    total=12,
    searched=40,
    added=(AddedTerms("無障礙", ("坡道",)),),
    unknown=("量子",),
)
SUMMARY = PlanSummary("east.txt", METADATA, "six_pillars", 2, 1, ("city",))
BUILD = BuildReport(
    "plans", "ix", "model", (SUMMARY,), (SkippedFile("a.docx", "尚未支援"),), 2, 1, 1, 1, (), False, 1.25
)

ITEM_FIELDS = [
    "plan",
    "agency",
    "year",
    "section",
    "code",
    "requirement",
    "topic",
    "number",
    "text",
    "units",
    "deadline",
    "lines",
    "page",
]
FURTHER_FIELDS = [
    "agency_type",
    "city",
    "framework",
    "pillar",
    "alignment",
    "crosswalk",
    "units_inferred",
    "is_measure",
    "corrected",
]
HIT_FIELDS = [
    *("rank", "score"),
    *ITEM_FIELDS,
    "id",
    *FURTHER_FIELDS,
    *("location", "matched", "grade", "relevance", "twins", "why", "restates", "remarks"),
]


def json_lines(report: Report) -> list[dict[str, object]]:
    return [json.loads(line) for line in render(report, "jsonl", Screen()).splitlines()]


def test_item_as_json_line_has_the_fixed_fields_in_order_then_the_further_ones() -> None:
    first, bare = json_lines(inspection_report(PLAN))
    assert list(first) == list(bare) == ITEM_FIELDS + FURTHER_FIELDS
    assert first == {
        "plan": "east.txt",
        "agency": "示範市東區公所",
        "year": 113,
        "section": "肆、計畫內容",
        "code": "1.3",
        "requirement": ITEM.requirement,
        "topic": "建置合宜的服務環境 > 無障礙",
        "number": "(1)",
        "text": ITEM.text,
        "units": ["秘書室", "各課室"],
        "deadline": "113年6月",
        "lines": [24, 27],
        "page": None,
        "agency_type": "區公所",
        "city": "示範市",
        "framework": "six_pillars",
        "pillar": "1",
        "alignment": {"method": "text", "confidence": 0.9877},
        "crosswalk": [
            {"framework": "service_award_2017", "code": "A.1.2", "relation": "wider", "confidence": 0.9},
        ],
        "units_inferred": False,
        "is_measure": True,
        "corrected": False,
    }


def test_what_an_item_does_not_say_is_null() -> None:
    bare = json_lines(inspection_report(PLAN))[1]
    known = {"plan", "agency", "year", "text", "agency_type", "city", "framework"}
    assert {name: value for name, value in bare.items() if name not in known} == {
        "section": None,
        "code": None,
        "requirement": None,
        "topic": None,
        "number": None,
        "units": [],
        "deadline": None,
        "lines": None,
        "page": None,
        "pillar": None,
        "alignment": None,
        "crosswalk": [],
        "units_inferred": False,
        "is_measure": True,
        "corrected": False,
    }


def test_one_line_is_a_range_from_itself_to_itself() -> None:
    item = replace(ITEM, span=Span(first_line=8))
    assert json_lines(inspection_report(replace(PLAN, items=(item,))))[0]["lines"] == [8, 8]


def test_hit_as_json_line_has_rank_score_all_item_fields_and_id() -> None:
    first, second = json_lines(search_report(RESULT))
    assert list(first) == list(second) == HIT_FIELDS
    item = json_lines(inspection_report(PLAN))[0]
    assert first == item | {
        "rank": 1,
        "score": 1.234568,
        "id": "east.txt#1",
        "location": "east.txt 第 24–27 行 編號 (1)",
        "matched": [[2, 4], [4, 5]],
        "grade": "high",
        "relevance": 0.8123,
        "twins": [],
        "why": {"words": ["無障礙"], "added": ["坡道"], "sentence": [0, len(ITEM.text)], "meaning_share": 0.6235},
        "restates": False,
        "remarks": None,
    }
    assert (second["grade"], second["relevance"], second["twins"], second["why"]) == ("possible", 0.1, [], None)
    assert (second["rank"], second["score"], second["agency"], second["year"]) == (2, -0.5, None, None)


def test_twins_in_json_say_whose_they_are_and_where() -> None:
    result = replace(RESULT, hits=(replace(HITS[0], twins=(TWIN,)),))
    assert json_lines(search_report(result))[0]["twins"] == [
        {
            "id": "west.txt#3",
            "plan": "west.txt",
            "agency": "示範市西區公所",
            "year": 112,
            "location": "west.txt 第 8 行 編號 2",
        }
    ]


def test_damage_as_json_line_has_the_fixed_fields() -> None:
    assert json_lines(damage_report(PLAN)) == [
        {
            "code": "1.3",
            "kind": "numbering_start",
            "detail": "編號從 5 開始，前面的可能遺失。",
            "lines": [30, 30],
            "page": None,
        }
    ]


def test_json_of_a_query_says_what_was_asked_and_how_many_were_found() -> None:
    about = json.loads(render(search_report(RESULT), "json", Screen()))
    hits = about.pop("hits")
    assert hits == json_lines(search_report(RESULT))
    assert about == {
        "query": "無障礙",
        "mode": "hybrid",
        "model": "model",
        "filters": {"agency": [], "type": [], "city": [], "year": [113], "requirement": [], "unit": []},
        "searched": 40,
        "total": 12,
        "complete": True,
        "shown": 2,
        "caveats": [],
        "added": [{"word": "無障礙", "terms": ["坡道"]}],
        "phrases": [],
        "exact": False,
        "folded": True,
        "liked": [],
        "unliked": [],
        "reranker": None,
        "unknown": ["量子"],
        "headings": [],
        "by_words": [],
    }


def test_json_of_a_query_says_how_else_it_was_asked() -> None:
    result = replace(
        RESULT,
        hits=(),
        total=0,
        phrases=("QR",),
        exact=True,
        folded=False,
        liked=(TWIN,),
        unliked=(HITS[1].found,),
        reranker="r@1",
        by_words=(HITS[1],),
    )
    about = json.loads(render(search_report(result), "json", Screen()))
    assert (about["phrases"], about["exact"], about["folded"], about["reranker"]) == (["QR"], True, False, "r@1")
    assert [one["id"] for one in about["liked"]] == ["west.txt#3"]
    assert [one["id"] for one in about["unliked"]] == ["x.txt#9"]
    assert [one["id"] for one in about["by_words"]] == ["x.txt#9"]


def test_json_in_ascii_holds_every_character() -> None:
    text = render(search_report(RESULT), "json", Screen(), ascii_only=True)
    assert text.isascii()
    assert json.loads(text) == json.loads(render(search_report(RESULT), "json", Screen()))


def test_json_of_a_build_names_what_was_skipped() -> None:
    about = json.loads(render(build_report(BUILD), "json", Screen()))
    assert about["skipped"] == [{"file": "a.docx", "reason": "尚未支援", "kind": "unreadable"}]
    assert [plan["overridden"] for plan in about["plans"]] == [["city"]]


def read_csv(text: str) -> list[list[str]]:
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    assert "\r\r" not in text
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_csv_keeps_ranges_and_lists_readable() -> None:
    heading, first, _ = read_csv(render(search_report(RESULT), "csv", Screen()))
    row = dict(zip(heading, first, strict=True))
    assert heading[:4] == ["rank", "score", "plan", "agency"]
    assert (row["units"], row["lines"], row["year"]) == ("秘書室、各課室", "24–27", "113")
    assert row["crosswalk"] == "service_award_2017 A.1.2 wider 0.9"


def test_csv_without_rows_has_its_heading() -> None:
    assert read_csv(render(search_report(replace(RESULT, hits=(), total=0)), "csv", Screen()))[0][:2] == [
        "rank",
        "score",
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+886", "'+886", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@A1", "'@A1", id="at"),
        pytest.param("＝1+1", "'＝1+1", id="full-width equals"),
        pytest.param("\tx", "'\tx", id="tab"),
        pytest.param("\rx", "'\rx", id="carriage return"),
        pytest.param("(1)", "'(1)", id="number that a spreadsheet takes for minus one"),
        pytest.param("1=2", "1=2", id="sign inside"),
        pytest.param('引號"與,逗號', '引號"與,逗號', id="quote and comma"),
        pytest.param("兩\n行", "兩\n行", id="line break"),
    ],
)
def test_csv_cell_cannot_run_as_a_formula(text: str, cell: str) -> None:
    plan = replace(PLAN, items=(replace(BARE, text=text),))
    heading, row = read_csv(render(inspection_report(plan), "csv", Screen()))
    assert row[heading.index("text")] == cell


def test_csv_leaves_negative_scores_numbers() -> None:
    heading, _, second = read_csv(render(search_report(RESULT), "csv", Screen()))
    assert second[heading.index("score")] == "-0.5"


def test_markdown_escapes_pipes_and_keeps_one_row_a_line() -> None:
    plan = replace(PLAN, items=(replace(BARE, text="甲|乙\n丙 <b> *重* [連結](x)"),))
    assert render(inspection_report(plan), "md", Screen()).splitlines() == [
        "## east.txt：1 項，缺漏或錯亂 1 處",
        "",
        "| 執行要項 | 主題 | 編號 | 措施 | 單位 | 期限 | 行 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "|  |  |  | 甲\\|乙<br>丙 \\<b> \\*重\\* \\[連結](x) |  |  |  |",
    ]


def test_terminal_shows_each_hit_with_its_evidence() -> None:
    assert render(search_report(RESULT), "table", Screen(80)).splitlines() == [
        "找到較接近的 12 項，列出前 2 項；要看全部請加 --all，要改項數請用 -k。",
        "查詢「無障礙」；意思與字詞；在 40 項中找；篩選：年度 113；【】是符合的字詞",
        "同時找這些說法（加 --exact 就不加）：無障礙 → 坡道",
        "所有計畫裡都沒有這些詞：量子",
        "",
        " 1. 示範市東區公所　113 年　〔高度相關〕",
        "    1.3 (三)注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合…",
        "    設置【無障礙】坡道及服務鈴，並於入口張貼 QR-code 說明。",
        "    主題　建置合宜的服務環境 > 無障礙",
        "    單位　秘書室、各課室；期限　113年6月",
        "    為何　意思占 62%、字詞占 38%；共同的字詞：無障礙；加入的說法：坡道",
        "    出處　east.txt 第 24–27 行 編號 (1)（代號 #1）",
        "",
        " 2. 機關未知　年度未知　〔疑似〕",
        "    =SUM(A1)|是文字",
        "    出處　x.txt（代號 #9）",
    ]


def lines_of(result: SearchResult, columns: int = 80) -> list[str]:
    return render(search_report(result), "table", Screen(columns)).splitlines()


@pytest.mark.parametrize(
    ("twins", "line"),
    [
        pytest.param((TWIN,), "    另有 1 個機關相同：west.txt 第 8 行 編號 2", id="one agency"),
        pytest.param(
            (TWIN, replace(TWIN, plan="n.txt", metadata=Metadata("示範市北區公所"))),
            "    另有 2 個機關相同：west.txt 第 8 行 編號 2；n.txt 第 8 行 編號 2",
            id="two agencies",
        ),
        pytest.param(
            (TWIN, TWIN),
            "    另有 1 個機關相同（共 2 處）：west.txt 第 8 行 編號 2；west.txt 第 8 行 編號 2",
            id="one agency twice",
        ),
        pytest.param(
            (replace(TWIN, plan="x.txt", metadata=Metadata()),),
            "    另有 1 個機關相同：x.txt 第 8 行 編號 2",
            id="unknown agency",
        ),
        pytest.param(
            (replace(HITS[0].found, plan="east2.txt"),),
            "    同一機關另有 1 處相同：east2.txt 第 24–27 行 編號 (1)",
            id="the same agency",
        ),
        pytest.param((), "", id="nobody"),
    ],
)
def test_a_hit_says_who_has_the_same_text(twins: tuple[IndexedItem, ...], line: str) -> None:
    lines = lines_of(replace(RESULT, hits=(replace(HITS[0], twins=twins),)), 120)
    assert "".join(one for one in lines if one.startswith(("    另有", "    同一機關"))) == line


def test_the_places_of_many_twins_are_counted_and_the_way_to_all_is_told() -> None:
    lines = lines_of(replace(RESULT, hits=(replace(HITS[0], twins=(TWIN,) * 4),)), 120)
    place = "west.txt 第 8 行 編號 2"
    assert "".join(lines[-2:]) == (
        f"    另有 1 個機關相同（共 4 處）：{place}；{place}；{place}；其餘請加    --no-fold 逐項列出"
    )


def test_the_first_line_tells_items_from_hits_where_some_are_folded() -> None:
    folded = (replace(HITS[0], twins=(TWIN,)), HITS[1])
    assert lines_of(replace(RESULT, hits=folded, total=3))[0] == "找到較接近的 3 項，相同的收合成 2 筆，全部列出。"
    assert lines_of(replace(RESULT, hits=folded))[0].startswith("找到較接近的 12 項，列出前 2 筆；")


def test_the_nearest_sentence_of_several_is_quoted() -> None:
    item = replace(ITEM, text="設置無障礙坡道。入口張貼說明。")
    found = replace(HITS[0].found, item=item)
    hit = replace(HITS[0], found=found, matched=(), why=Why((), (), (8, 15), 0.5))
    reason = "    為何　意思占 50%、字詞占 50%；最接近的一句：「入口張貼說明。」"
    assert reason in lines_of(replace(RESULT, hits=(hit,)))


def test_what_shares_words_is_shown_apart_and_without_a_grade() -> None:
    lines = lines_of(replace(RESULT, hits=(), total=0, added=(), unknown=(), by_words=(HITS[1],)))
    assert lines == [
        "沒有夠接近的內容（找了 40 項）。",
        "查詢「無障礙」；意思與字詞；在 40 項中找；篩選：年度 113；可以換個說法、放寬篩選",
        "",
        "只看字詞的話，下面幾項有相同的字，內容不一定相符：",
        "",
        " 2. 機關未知　年度未知",
        "    =SUM(A1)|是文字",
        "    出處　x.txt（代號 #9）",
    ]


def test_a_phrase_that_nobody_has_is_named() -> None:
    lines = lines_of(replace(RESULT, hits=(), total=0, added=(), phrases=("QR", "鈴")))
    assert lines[0] == "沒有夠接近的內容（找了 40 項，沒有一項含有「QR」、「鈴」）。"


def test_what_the_answer_was_to_be_like_is_said() -> None:
    result = replace(RESULT, query="", added=(), unknown=(), liked=(TWIN,), unliked=(HITS[1].found,), reranker="r@1")
    assert lines_of(result, 120)[1] == (
        "像 west.txt 第 8 行 編號 2；不像 x.txt；意思與字詞；在 40 項中找；前 50 項依 r@1 重排；"
        "篩選：年度 113；【】是符合的字詞"
    )


LOST = Damage("measures_lost", "…", "1.2", Span(24, 24))
AGENCIES = AgencyResult(
    "無障礙",
    "hybrid",
    Filters(),
    "model",
    (
        AgencyHits("示範市東區公所", "區公所", "示範市", ("east.txt",), "found", (HITS[0],), 4, 20, ()),
        AgencyHits(None, None, None, ("x.txt",), "possible", (HITS[1],), 1, 5, ()),
        AgencyHits(
            "示範市南區公所", "區公所", "示範市", ("s.txt",), "lost", (), 0, 7, (Caveat("s.txt", METADATA, LOST),)
        ),
        AgencyHits("示範市北區公所", "區公所", "示範市", ("n.txt",), "absent", (), 0, 8, ()),
    ),
    unread=(SkippedFile("a.docx", "尚未支援"),),
    added=(AddedTerms("無障礙", ("坡道",)),),
)


def test_terminal_shows_who_covers_a_subject_then_the_best_of_each() -> None:
    assert render(agency_report(AGENCIES), "table", Screen(80)).splitlines() == [
        "4 個機關中，1 個有相近措施。",
        "查詢「無障礙」；意思與字詞；【】是符合的字詞",
        "同時找這些說法（加 --exact 就不加）：無障礙 → 坡道",
        "",
        "  有相近措施（1）：示範市東區公所",
        "  疑似，請人工確認（1）：x.txt",
        "  原文缺漏，無法判斷（1）：示範市南區公所",
        "  查無相近措施（1）：示範市北區公所",
        "  檔案無法讀取（1）：a.docx",
        "",
        "─" * 40,
        "示範市東區公所（區公所、示範市）　有相近措施；較接近的 4 項，列出前 1 項，其餘請",
        "加 --all",
        *lines_of(RESULT)[5:13],
        "─" * 40,
        "x.txt　疑似，請人工確認；較接近的 1 項",
        *lines_of(RESULT)[13:],
        "",
        "注意：以下計畫的原文有缺漏，沒有找到不代表沒有辦理，請對照原檔。",
        "  s.txt：1.2 措施不見了 第 24 行",
    ]


def test_agencies_as_json_lines_have_a_state_each_and_those_without_a_hit_one_row() -> None:
    rows = json_lines(agency_report(AGENCIES))
    assert [list(row) for row in rows] == [[*HIT_FIELDS, "state"]] * 4
    assert [(row["agency"], row["state"], row["rank"], row["id"]) for row in rows] == [
        ("示範市東區公所", "found", 1, "east.txt#1"),
        ("x.txt", "possible", 2, "x.txt#9"),
        ("示範市南區公所", "lost", None, None),
        ("示範市北區公所", "absent", None, None),
    ]


def test_json_of_agencies_says_what_each_has_and_what_could_not_be_read() -> None:
    about = json.loads(render(agency_report(AGENCIES), "json", Screen()))
    assert [(one["agency"], one["state"], one["total"], one["searched"]) for one in about["agencies"]] == [
        ("示範市東區公所", "found", 4, 20),
        (None, "possible", 1, 5),
        ("示範市南區公所", "lost", 0, 7),
        ("示範市北區公所", "absent", 0, 8),
    ]
    assert about["agencies"][2]["caveats"] == [
        {"plan": "s.txt", "code": "1.2", "kind": "measures_lost", "detail": "…", "lines": [24, 24], "page": None}
    ]
    assert about["unread"] == [{"file": "a.docx", "reason": "尚未支援", "kind": "unreadable"}]
    assert about["agencies"][0]["hits"][0] == json_lines(search_report(RESULT))[0]


def test_a_table_of_agencies_says_in_words_who_has_it() -> None:
    rows = render(agency_report(AGENCIES), "md", Screen()).splitlines()
    first = (
        "| 示範市東區公所 | 有相近措施 | 高度相關 | 113 | 1.3 | 設置無障礙坡道及服務鈴，並於入口張貼 QR-code 說明。 "
        "| 建置合宜的服務環境 > 無障礙 | 秘書室、各課室 | 113年6月 | east.txt 第 24–27 行 編號 (1) |"
    )
    assert rows[:5] == [
        "## 「無障礙」：4 個機關中，1 個有相近措施。",
        "",
        "| 機關 | 有無 | 相關程度 | 年度 | 執行要項 | 措施 | 主題 | 單位 | 期限 | 出處 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        first,
    ]
    assert rows[-1] == "| 示範市北區公所 | 查無相近措施 |  |  |  |  |  |  |  |  |"


@pytest.mark.parametrize("state", ["found", "possible", "lost", "absent"])
def test_agencies_are_told_by_state(state: Coverage) -> None:
    assert [one.state for one in AGENCIES.of(state)] == [state]


def test_what_the_plans_asked_lost_is_said_with_the_answer() -> None:
    lost = Damage("measures_lost", "…", "1.2", Span(24, 24))
    late = Damage("numbering_start", "…", "1.3", Span(28, 28))
    result = replace(
        RESULT, hits=(), total=0, caveats=(Caveat("a.txt", METADATA, lost), Caveat("a.txt", METADATA, late))
    )
    asked = replace(result, filters=Filters(agencies=("示範市東區公所",)))
    assert render(search_report(asked), "table", Screen(80)).splitlines()[-2:] == [
        "注意：以下計畫的原文有缺漏，沒有找到不代表沒有辦理，請對照原檔。",
        "  a.txt：1.2 措施不見了 第 24 行；1.3 編號不是從 1 開始 第 28 行",
    ]
    assert render(search_report(replace(result, filters=Filters())), "table", Screen(80)).splitlines()[-2:] == [
        "注意：a.txt計畫的原文有缺漏，沒有找到不代表沒有辦理；plansearch plans 列出是哪",
        "些。",
    ]


def test_units_that_were_worked_out_are_called_so() -> None:
    found = replace(HITS[0].found, item=replace(ITEM, units_inferred=True))
    result = replace(RESULT, hits=(replace(HITS[0], found=found),))
    shown = render(search_report(result), "table", Screen(80))
    assert "單位　秘書室、各課室（推定，請對照原文）；期限　113年6月" in shown


def test_a_build_says_which_plans_are_gone() -> None:
    lines = render(build_report(replace(BUILD, removed=("old.txt",))), "table", Screen(80)).splitlines()
    assert "移除 1 份計畫（資料夾裡已經沒有）：old.txt" in lines


@pytest.mark.parametrize(
    ("wanted", "crossed"),
    [(("A.1",), "（對照 A.1.2）"), (("1",), ""), (("1.3", "A.1"), ""), ((), "")],
    ids=["the other framework's code", "its own pillar", "its own code too", "no filter"],
)
def test_a_hit_says_by_which_code_of_the_other_framework_it_came_in(wanted: tuple[str, ...], crossed: str) -> None:
    lines = render(
        search_report(replace(RESULT, filters=Filters(requirements=wanted))), "table", Screen(120)
    ).splitlines()
    title = next(line for line in lines if line.startswith("    1.3 "))
    assert title.endswith(crossed)
    assert ("對照" in title) == bool(crossed)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"total": 2}, "找到較接近的 2 項，全部列出。", id="all shown"),
        pytest.param({"hits": (), "total": 0}, "沒有夠接近的內容（找了 40 項）。", id="nothing close"),
        pytest.param(
            {"hits": (), "total": 0, "searched": 0},
            "沒有夠接近的內容：篩選條件之下沒有任何項目可找。",
            id="nothing searched",
        ),
    ],
)
def test_first_line_says_how_many_were_found(changes: dict[str, object], line: str) -> None:
    result = replace(RESULT, **changes)  # type: ignore[arg-type]
    assert render(search_report(result), "table", Screen()).splitlines()[0] == line


def test_with_colours_matched_words_stand_out_and_text_is_unchanged() -> None:
    lines = render(search_report(RESULT), "table", Screen(80, colour=True)).splitlines()
    assert "    設置\x1b[1;31m無障礙\x1b[0m坡道及服務鈴，並於入口張貼 QR-code 說明。" in lines
    assert not any("【" in line for line in lines)


def test_matched_words_that_break_over_a_line_are_marked_on_both() -> None:
    lines = Screen(12, colour=True).paragraph("甲乙丙丁戊己庚", "", [(4, 7)])
    assert lines == ["甲乙丙丁\x1b[1;31m戊己\x1b[0m", "\x1b[1;31m庚\x1b[0m"]


LONG = replace(
    ITEM, text="於服務台設置老花眼鏡、放大鏡與輪椅（含兒童用），並提供 https://example.invalid/ 線上預約。" * 4
)


@pytest.mark.parametrize("columns", [40, 80, 120])
@pytest.mark.parametrize("colour", [False, True], ids=["plain", "coloured"])
def test_no_line_is_wider_than_the_screen(columns: int, colour: bool) -> None:
    screen = Screen(columns, colour)
    plan = replace(PLAN, items=(LONG, BARE))
    hit = replace(HITS[0], found=replace(HITS[0].found, item=LONG))
    frameworks = bundled_frameworks()
    reports = [
        inspection_report(plan),
        search_report(replace(RESULT, hits=(hit,), total=1)),
        search_report(replace(RESULT, hits=(replace(hit, twins=(TWIN,) * 5),), phrases=("無障礙",))),
        agency_report(AGENCIES),
        plans_report([SUMMARY]),
        build_report(BUILD),
        requirements_report(frameworks, frameworks[0].requirements[:2]),
    ]
    for report in reports:
        for line in render(report, "table", screen).splitlines():
            shown = line.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[1;31m", "").replace("\x1b[0m", "")
            assert screen.width(shown) <= columns, shown


def test_inspection_shows_items_under_their_headings_and_damage_last() -> None:
    assert render(inspection_report(PLAN), "table", Screen(100)).splitlines() == [
        "east.txt",
        "  機關 示範市東區公所；類型 區公所；縣市 示範市；年度 113",
        "  標題 示範市東區公所 113 年度提升服務計畫",
        "  架構 six_pillars；2 項；缺漏或錯亂 1 處",
        "  縣市出自 plans.toml，其餘出自原文",
        "",
        "肆、計畫內容　1.3 (三)注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環",
        "境。",
        "  〔建置合宜的服務環境 > 無障礙〕",
        "    (1) 設置無障礙坡道及服務鈴，並於入口張貼 QR-code 說明。",
        "      單位　秘書室、各課室；期限　113年6月；第 24–27 行",
        "",
        "（不在任何標題下）",
        "    =SUM(A1)|是文字",
        "",
        "east.txt：原文有 1 處缺漏或錯亂，請對照原檔",
        "  編號不是從 1 開始　1.3　第 30 行",
        "    編號從 5 開始，前面的可能遺失。",
    ]


def test_a_whole_plan_says_that_nothing_is_damaged() -> None:
    assert render(damage_report(replace(PLAN, damage=())), "table", Screen()) == "east.txt：沒有發現原文缺漏或錯亂。\n"


def test_build_report_says_what_is_unknown_skipped_and_reused() -> None:
    unknown = PlanSummary("west.txt", Metadata(agency="西區公所"), None, 0, 0)
    report = replace(BUILD, plans=(SUMMARY, unknown))
    assert render(build_report(report), "table", Screen(100)).splitlines() == [
        "讀入 plans：2 份計畫、2 項、缺漏或錯亂 1 處；略過 1 個檔案",
        "",
        "east.txt",
        "  機關 示範市東區公所；類型 區公所；縣市 示範市；年度 113",
        "  2 項；缺漏或錯亂 1 處；架構 six_pillars；縣市出自 plans.toml",
        "",
        "west.txt",
        "  機關 西區公所；類型 未知；縣市 未知；年度 未知",
        "  0 項；未發現缺漏；架構 未知",
        "",
        "略過 1 個檔案，內容不在索引裡：",
        "  a.docx",
        "    尚未支援",
        "",
        "索引已更新；向量新算 1 筆、沿用 1 筆；1.2 秒",
        "索引位置：ix；模型：model",
    ]


def test_requirements_in_full_show_description_examples_and_crosswalk() -> None:
    frameworks = bundled_frameworks()
    chosen = [one for each in frameworks for one in each.requirements if one.code == "1.3"]
    text = render(requirements_report(frameworks, chosen), "table", Screen(80))
    for part in ("--framework six_pillars", "1.3　注重服務人員", "例　", "對照　"):
        assert part in text


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md"])
def test_every_format_of_every_answer_ends_with_a_line_break(form: Format) -> None:
    frameworks = bundled_frameworks()
    for report in (
        search_report(RESULT),
        agency_report(AGENCIES),
        inspection_report(PLAN),
        damage_report(PLAN),
        plans_report([SUMMARY]),
        build_report(BUILD),
        requirements_report(frameworks, frameworks[0].requirements),
    ):
        assert render(report, form, Screen()).endswith("\n")
        assert all(tuple(row) == report.fields for row in report.rows)


@pytest.mark.parametrize(
    ("text", "columns", "lines"),
    [
        pytest.param("", 10, [], id="nothing"),
        pytest.param("甲乙丙丁戊己", 8, ["甲乙丙丁", "戊己"], id="between any two characters"),
        pytest.param("甲乙丙丁，戊", 8, ["甲乙丙", "丁，戊"], id="comma does not begin a line"),
        pytest.param("甲乙丙「丁」", 8, ["甲乙丙", "「丁」"], id="bracket does not end a line"),
        pytest.param("看 plansearch 的", 12, ["看", "plansearch", "的"], id="word stays whole"),
        pytest.param("abcdefghij", 4, ["abcd", "efgh", "ij"], id="word longer than a line is cut"),
        pytest.param("！！！！！！", 4, ["！！", "！！", "！！"], id="nothing but punctuation"),
        pytest.param("e\N{COMBINING ACUTE ACCENT}甲", 3, ["e\N{COMBINING ACUTE ACCENT}甲"], id="combining mark"),
    ],
)
def test_lines_break_where_chinese_text_may(text: str, columns: int, lines: list[str]) -> None:
    assert [text[first:last] for first, last in Screen().wrap(text, columns)] == lines


@pytest.mark.parametrize(
    ("text", "narrow", "wide"),
    [
        pytest.param("abc", 3, 3, id="latin"),
        pytest.param("無障礙", 6, 6, id="chinese"),
        pytest.param("（一）", 6, 6, id="full-width"),
        pytest.param("①…", 2, 4, id="ambiguous"),
        pytest.param("\N{ZERO WIDTH SPACE}甲", 2, 2, id="zero width"),
    ],
)
def test_width_counts_columns(text: str, narrow: int, wide: int) -> None:
    assert (Screen().width(text), Screen(wide_ambiguous=True).width(text)) == (narrow, wide)


def test_shortened_text_says_that_it_was_cut() -> None:
    assert [Screen().shorten("無障礙設施", columns) for columns in (10, 9, 4, 1)] == [
        "無障礙設施",
        "無障礙設…",
        "無…",
        "…",
    ]


def test_ranges_that_touch_become_one() -> None:
    assert merge([(4, 6), (0, 2), (2, 4), (8, 9)]) == [(0, 6), (8, 9)]


def test_text_of_a_file_cannot_steer_the_terminal() -> None:
    assert visible("甲\x1b[31m\r乙\u202e丙") == "甲\N{REPLACEMENT CHARACTER}[31m 乙\N{REPLACEMENT CHARACTER}丙"


@pytest.mark.parametrize(
    ("environment", "colour"),
    [
        pytest.param({}, True, id="terminal"),
        pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param({"TERM": "dumb"}, False, id="dumb terminal"),
    ],
)
def test_colours_only_where_they_are_wanted(environment: dict[str, str], colour: bool) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    if os.name == "nt":
        environment = environment | {"WT_SESSION": "1"}
    assert Screen.of(Terminal(), environment).colour is colour
    assert Screen.of(io.StringIO(), environment).colour is False


def stream_of(encoding: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    raw = io.BytesIO()
    return raw, io.TextIOWrapper(raw, encoding=encoding, newline="")


def test_characters_that_the_console_lacks_are_replaced() -> None:
    raw, stream = stream_of("cp950")
    write_stream("無障礙\N{GRINNING FACE}简\n", stream)
    assert raw.getvalue().decode("cp950") == "無障礙??\n"


def test_csv_goes_into_a_pipe_as_its_byte_order_mark_says() -> None:
    raw, stream = stream_of("cp950")
    write_stream(render(plans_report([SUMMARY]), "csv", Screen()), stream)
    assert raw.getvalue().decode("utf-8-sig").splitlines()[1].startswith("east.txt,示範市東區公所")


@pytest.mark.parametrize(("encoding", "lacks"), [("utf-8", False), ("utf-16", False), ("cp950", True), ("ascii", True)])
def test_encodings_that_lack_characters_are_known(encoding: str, lacks: bool) -> None:
    assert lacks_unicode(stream_of(encoding)[1]) is lacks


def test_file_is_written_as_it_was_rendered(tmp_path: Path) -> None:
    write_file("\N{ZERO WIDTH NO-BREAK SPACE}甲\r\n乙\n", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"\xef\xbb\xbf\xe7\x94\xb2\r\n\xe4\xb9\x99\n"


def test_file_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(PlansearchError, match="無法寫入"):
        write_file("x", tmp_path / "missing" / "a.csv")
