from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import item_of, plan_of

from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.restatement import restating_items
from plansearch.results import Filters
from plansearch.retrieval import search, search_by_agency

TITLE = "（三）依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。"


@pytest.mark.parametrize(
    ("text", "restates"),
    [
        ("依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。", True),
        ("依據服務特性辦理滿意度調查，瞭解民眾對服務之看法，據以檢討改善既有措施", True),
        ("依據服務特性辦理滿意度調查，瞭解民眾對服務的看法", True),
        ("每年九月辦理滿意度調查，有效樣本不少於三百份。", False),
        ("辦理滿意度調查。", False),
        ("", False),
    ],
    ids=["word for word", "a particle less", "its beginning", "a measure", "a few of its words", "empty"],
)
def test_what_only_says_its_requirement_again_is_told_from_measures(text: str, restates: bool) -> None:
    item = replace(item_of(text, code="2.3"), requirement=TITLE)
    plan = plan_of("a.txt", "設置單一窗口。", item)
    assert restating_items([plan], bundled_frameworks()) == (frozenset({1}) if restates else frozenset())


def test_the_official_title_counts_where_the_plan_shortens_it() -> None:
    official = "依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。"
    plan = plan_of("a.txt", replace(item_of(official, code="2.3"), requirement="滿意度調查"))
    assert restating_items([plan], bundled_frameworks()) == {0}


@pytest.mark.parametrize(
    ("text", "restates"),
    [
        ("辦理服務精進機制。", True),
        ("持續推動服務精進機制相關工作。", True),
        ("服務精進機制每季由首長主持檢討一次。", False),
        ("辦理服務精進機制講習。", False),
    ],
    ids=["carried out", "with more such words", "says when", "says what"],
)
def test_a_title_that_is_carried_out_says_nothing_more(text: str, restates: bool) -> None:
    item = replace(item_of(text, code="A.3.2"), requirement="(二) 服務精進機制")
    plan = replace(plan_of("a.txt", "設置單一窗口。", item), framework="service_award_2017")
    assert restating_items([plan], bundled_frameworks()) == (frozenset({1}) if restates else frozenset())


COPIED = "促進民眾運用實體或網路等多方管道參與決策制定"
"""The beginning of a requirement that one sample plan copied instead of giving a measure."""


def test_copied_headings_come_last_and_are_called_so(samples: PlanIndex) -> None:
    hits = search(samples, COPIED, limit=None).hits
    restating = [hit.restates for hit in hits]
    assert restating == sorted(restating)
    assert [hit.grade for hit in hits if hit.restates and hit.found.item.text.startswith(COPIED)] == ["possible"]


def test_an_agency_that_only_copied_the_heading_does_not_have_the_measure(samples: PlanIndex) -> None:
    named = Filters(agencies=("西嶺區公所",), requirements=("5.2",))
    (agency,) = search_by_agency(samples, COPIED, filters=named).agencies
    assert [hit.restates for hit in agency.hits] == [True]
    assert agency.state in {"lost", "absent"}


def test_a_question_in_a_requirement_s_words_is_told_which_one(samples: PlanIndex) -> None:
    assert [one.code for one in search(samples, "數位落差").headings] == ["4.3"]
    assert search(samples, "無障礙坡道").headings == ()


def test_copies_of_what_an_answer_is_not_to_be_like_go_too(samples: PlanIndex) -> None:
    first = next(hit for hit in search(samples, "志工服務", limit=None).hits if hit.twins)
    left = search(samples, "志工服務", unlike=(first.found.id,), limit=None, fold_equal=False)
    gone = {first.found.id, *(twin.id for twin in first.twins)}
    assert gone.isdisjoint(hit.found.id for hit in left.hits)


def test_filters_that_leave_an_agency_nothing_are_no_gap(samples: PlanIndex) -> None:
    unit = next(unit for found in samples.items() for unit in found.item.units)
    asked = search_by_agency(samples, "無障礙", filters=Filters(units=(unit,)))
    assert {one.state for one in asked.agencies if not one.searched} <= {"unasked", "lost"}
    assert any(one.state == "unasked" for one in asked.agencies)
