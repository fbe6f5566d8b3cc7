from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from comparing import LAWYER, MAILBOX, NURSING, RAMP, SURVEY, index_of, plan

from plansearch.duplicates import LOWEST_THRESHOLD, at_thresholds, find_duplicates
from plansearch.duplication import DuplicatePair, Duplicates
from plansearch.errors import QueryError, UnknownAgencyError
from plansearch.index import PlanIndex
from plansearch.results import Filters


def ids(pairs: Sequence[DuplicatePair]) -> list[tuple[str, str]]:
    return [(pair.first.id, pair.second.id) for pair in pairs]


@pytest.fixture
def copies(tmp_path: Path) -> PlanIndex:
    """A text twice in one plan and once in another, and twice with a year between them."""
    east = plan("east.txt", [(RAMP, "1.3"), (RAMP, "4.1"), (LAWYER, "6.4")], agency="東區公所")
    west = plan("west.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="西區公所")
    old = plan("old.txt", [(LAWYER, "6.4"), (MAILBOX, "2.4")], agency="東區公所", year=112)
    return index_of(tmp_path, east, west, old)


def test_pairs_within_a_plan_between_agencies_or_all(copies: PlanIndex) -> None:
    assert ids(find_duplicates(copies, scope="within").pairs) == [("east.txt#1", "east.txt#2")]
    across = [("east.txt#1", "west.txt#1"), ("east.txt#2", "west.txt#1")]
    assert sorted(ids(find_duplicates(copies, scope="across").pairs)) == across
    years = [("east.txt#3", "old.txt#1")]
    assert sorted(ids(find_duplicates(copies).pairs)) == sorted([("east.txt#1", "east.txt#2"), *across, *years])


def test_one_side_of_each_pair_is_of_the_agencies_that_were_named(copies: PlanIndex) -> None:
    found = find_duplicates(copies, agencies=["西區公所"])
    assert found.agencies == ("西區公所",)
    assert sorted(ids(found.pairs)) == [("east.txt#1", "west.txt#1"), ("east.txt#2", "west.txt#1")]


def test_filters_hold_for_both_sides(copies: PlanIndex) -> None:
    found = find_duplicates(copies, filters=Filters(years=(113,)))
    assert all(not pair.second.plan.startswith("old") for pair in found.pairs)
    assert found.searched == 5


def test_an_unknown_agency_is_told(copies: PlanIndex) -> None:
    with pytest.raises(UnknownAgencyError, match="北區公所"):
        find_duplicates(copies, agencies=["北區公所"])


def test_an_agency_without_a_plan_of_the_year_copies_not_nothing(copies: PlanIndex) -> None:
    with pytest.raises(QueryError, match="篩選之下沒有「西區公所」的計畫"):
        find_duplicates(copies, agencies=["西區公所"], filters=Filters(years=(112,)))


def test_an_unknown_scope_is_refused(copies: PlanIndex) -> None:
    with pytest.raises(ValueError, match="scope"):
        find_duplicates(copies, scope="x")  # type: ignore[arg-type]


def test_items_of_one_text_are_one_group_of_copies(copies: PlanIndex) -> None:
    groups = find_duplicates(copies).groups
    assert [([one.id for one in group.items], group.copied) for group in groups] == [
        (["east.txt#1", "east.txt#2", "west.txt#1"], True),
        (["east.txt#3", "old.txt#1"], True),
    ]
    assert groups[0].agencies == ("東區公所", "西區公所")


def test_every_pair_of_a_group_carries_its_number(copies: PlanIndex) -> None:
    found = find_duplicates(copies)
    members = {group.number: {one.id for one in group.items} for group in found.groups}
    for pair in found.pairs:
        assert {pair.first.id, pair.second.id} <= members[pair.group]


def test_copies_come_first_and_the_surest_of_each_class(samples: PlanIndex) -> None:
    found = find_duplicates(samples)
    assert [pair.kind for pair in found.pairs] == sorted(pair.kind for pair in found.pairs)
    for formal in (False, True):
        copied = [pair.copied for pair in found.of("copy") if pair.is_formal == formal]
        same = [pair.same for pair in found.of("same") if pair.is_formal == formal]
        assert copied == sorted(copied, reverse=True)
        assert same == sorted(same, reverse=True)
    order = [pair.is_formal for pair in found.of("copy")]
    assert order == sorted(order)
    assert all(pair.copied < found.copy_threshold <= 1 for pair in found.of("same"))


def test_another_threshold_needs_no_new_search(samples: PlanIndex) -> None:
    found = find_duplicates(samples, scope="across")
    strict = at_thresholds(found, 0.9, 0.8)
    again = find_duplicates(samples, scope="across", copy_threshold=0.9, same_threshold=0.8)
    assert strict == again
    assert 0 < len(strict.pairs) < len(found.pairs)
    assert at_thresholds(strict, found.copy_threshold, found.same_threshold) == found


def test_no_pair_is_below_the_threshold(samples: PlanIndex) -> None:
    found = find_duplicates(samples, same_threshold=0.7)
    assert all(pair.copied >= found.copy_threshold or pair.same >= 0.7 for pair in found.pairs)


@pytest.mark.parametrize("threshold", [0.0, LOWEST_THRESHOLD - 0.01, 1.01])
def test_a_threshold_that_was_not_kept_is_refused(copies: PlanIndex, threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        find_duplicates(copies, same_threshold=threshold)
    with pytest.raises(ValueError, match="threshold"):
        find_duplicates(copies, copy_threshold=threshold)


def pair_of(found: Duplicates, first: str, second: str) -> DuplicatePair:
    """The only pair whose texts begin with these."""
    pairs = [
        pair
        for pair in found.pairs
        if {True} == {pair.first.item.text.startswith(first), pair.second.item.text.startswith(second)}
        or {True} == {pair.first.item.text.startswith(second), pair.second.item.text.startswith(first)}
    ]
    assert len(pairs) == 1, (first, second, [(one.first.location, one.second.location) for one in pairs])
    return pairs[0]


@pytest.fixture(scope="module")
def planted(samples: PlanIndex) -> Duplicates:
    return find_duplicates(samples, filters=Filters(years=(113,)), scope="across")


@pytest.mark.parametrize(
    ("plan_a", "plan_b", "text"),
    [
        pytest.param("東湖區公所", "西嶺區公所", "服務台每日安排二名志工輪值", id="volunteers"),
        pytest.param("東湖區公所", "東湖區戶政事務所", "陳情案件自收文次日起", id="complaints"),
        pytest.param("東湖區衛生所", "南埔鄉衛生所", "於所內公布欄及網站同步公布", id="timetable"),
        pytest.param("東湖區戶政事務所", "北原鎮戶政事務所", "彙整國籍、改名及印鑑業務", id="questions"),
    ],
)
def test_planted_copies_of_the_sample_plans_are_found(planted: Duplicates, plan_a: str, plan_b: str, text: str) -> None:
    pairs = [pair for pair in planted.of("copy") if pair.first.item.text.startswith(text)]
    agencies = [{pair.first.metadata.agency or "", pair.second.metadata.agency or ""} for pair in pairs]
    assert any(all(any(name.endswith(part) for name in both) for part in (plan_a, plan_b)) for both in agencies)
    assert all(pair.differences == () for pair in pairs)


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        pytest.param("一樓意見箱每週開啟一次", "一樓意見箱每月開啟一次", {"frequency"}, id="weekly, monthly"),
        pytest.param("每半年針對門診、接種", "每年針對門診、接種", {"frequency"}, id="half-yearly, yearly"),
    ],
)
def test_planted_twins_of_the_sample_plans_are_flagged(
    planted: Duplicates, first: str, second: str, kinds: set[str]
) -> None:
    assert kinds <= {one.kind for one in pair_of(planted, first, second).differences}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        pytest.param("公文線上簽核比率以百分之", "number", id="percent"),
        pytest.param("線上預約之民眾到場免再取號", "number", id="minutes"),
        pytest.param("結婚登記於週六上午受理", "polarity", id="booking needed or not"),
        pytest.param("幼兒接種採報到、評估、施打三站分流", "number", id="minutes to wait"),
    ],
)
def test_planted_twins_that_begin_alike_are_flagged(planted: Duplicates, text: str, kind: str) -> None:
    pairs = [
        pair
        for pair in planted.pairs
        if pair.first.item.text.startswith(text) and pair.second.item.text.startswith(text)
    ]
    assert pairs
    assert all(kind in {one.kind for one in pair.differences} for pair in pairs)


TWINS = (
    ("首長信箱來信三日內答覆，並追蹤辦理情形。", "首長信箱來信五日內答覆，並追蹤辦理情形。", "number"),
    ("影印費每張收取二元，當場開立收據。", "影印費每張收取五元，當場開立收據。", "number"),
    ("線上申辦比率以百分之六十為目標，未達者檢討。", "線上申辦比率以百分之八十為目標，未達者檢討。", "number"),
    ("意見箱每週開啟一次，登錄後分送各課。", "意見箱每月開啟一次，登錄後分送各課。", "frequency"),
    ("飲水機每季更換濾心並檢驗水質。", "飲水機每半年更換濾心並檢驗水質。", "frequency"),
    ("定期檢討申辦流程，減併表單。", "不定期檢討申辦流程，減併表單。", "frequency"),
    ("申請停車識別證應附行照影本。", "申請停車識別證免附行照影本。", "polarity"),
    ("法律諮詢須事先預約，每人三十分鐘。", "法律諮詢無須事先預約，每人三十分鐘。", "polarity"),
    ("會議室得外借社區團體使用。", "會議室不得外借社區團體使用。", "polarity"),
)


@pytest.mark.parametrize(("first", "second", "kind"), TWINS, ids=[twin[0][:8] for twin in TWINS])
def test_twins_that_promise_different_things_are_copies_with_a_flag(
    tmp_path: Path, first: str, second: str, kind: str
) -> None:
    east, west = (
        plan("east.txt", [(first, "1.3")], agency="東區公所"),
        plan("west.txt", [(second, "1.3")], agency="西區公所"),
    )
    with index_of(tmp_path, east, west, plan("x.txt", [(NURSING, "1.3")], agency="南區公所")) as index:
        [pair] = find_duplicates(index).pairs
    assert pair.kind == "copy"
    assert kind in {one.kind for one in pair.differences}


def test_texts_that_differ_in_nothing_have_no_flag(tmp_path: Path) -> None:
    first, second = "意見箱每週開啟1次，登錄後3日內回復。", "意見箱每週開啟一次，登錄後三日內回復。"
    east, west = (
        plan("east.txt", [(first, "2.2")], agency="東區公所"),
        plan("west.txt", [(second, "2.2")], agency="西區公所"),
    )
    with index_of(tmp_path, east, west) as index:
        [pair] = find_duplicates(index).pairs
    assert pair.differences == ()
