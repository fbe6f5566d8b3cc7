from __future__ import annotations

from pathlib import Path

import pytest
from comparing import LAWYER, MAILBOX, NURSING, OPEN_DATA, RAMP, SHUTTLE, SURVEY, award, index_of, lost, plan
from conftest import item_of, needs_shared

from plansearch.findings import Gap, GapReport
from plansearch.frameworks import bundled_frameworks
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.matching import PERHAPS_THRESHOLD, candidates
from plansearch.substance import is_blank
from plansearch.types import Plan

TITLES = {one.code: one.title for one in bundled_frameworks()[1].requirements}


def offices(*items: tuple[str, str]) -> list[Plan]:
    """Three peers of one type that all have some measures."""
    return [plan(f"{name}.txt", items, agency=f"{name}區公所") for name in ("東", "西", "南")]


def found(result: GapReport, *kinds: str) -> list[tuple[str | None, int, int]]:
    return [(gap.code, gap.peers_with, gap.peers_total) for gap in result.gaps if gap.kind in kinds]


def texts(gap: Gap) -> list[str]:
    return [one.item.text for one in gap.examples]


def test_a_measure_that_peers_have_and_the_agency_has_not_is_a_gap(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="北區公所")
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (NURSING, "1.3"), (SURVEY, "2.3"))) as index:
        result = find_gaps(index, "北區公所")
    [gap] = result.of("measure")
    assert (gap.code, gap.requirement, gap.peers_with, gap.peers_total) == ("1.3", TITLES["1.3"], 3, 3)
    assert texts(gap) == [NURSING, NURSING]
    assert [one.metadata.agency for one in gap.examples] == ["東區公所", "西區公所"]
    assert gap.holders == ("東區公所", "西區公所", "南區公所")
    assert [one.metadata.agency for one in gap.of_holders] == list(gap.holders)
    assert gap.nearest is not None
    assert (gap.nearest.same or 0.0) < PERHAPS_THRESHOLD
    assert result.covered == 2


def test_the_most_typical_words_come_first_also_where_others_stand_in_several_plans(tmp_path: Path) -> None:
    short = "大門設置無障礙坡道及服務鈴。"
    typical = "大門設置無障礙坡道及服務鈴，輪椅使用者由志工協助。"
    long = "大門設置無障礙坡道及服務鈴，輪椅使用者由志工協助，並備有放大鏡與手語翻譯平板。"
    own = plan("own.txt", [(SURVEY, "2.3")], agency="北區公所")
    words = {"東區公所": short, "西區公所": long, "南區公所": typical, "中區公所": short}
    peers = [plan(f"{name}.txt", [(text, "1.3")], agency=name) for name, text in words.items()]
    with index_of(tmp_path, own, *peers) as index:
        [gap] = find_gaps(index, "北區公所").of("measure")
    assert gap.peers_with == 4
    assert texts(gap)[0] == typical


def test_gaps_come_by_how_many_peers_have_them_then_by_how_far_the_nearest_is(tmp_path: Path) -> None:
    own = plan("own.txt", [("三樓哺乳室每日清潔。", "6.1")], agency="北區公所")
    east = plan("east.txt", [(LAWYER, "6.4"), (SHUTTLE, "4.2"), (NURSING, "1.3")], agency="東區公所")
    west = plan("west.txt", [(LAWYER, "6.4")], agency="西區公所")
    south = plan("south.txt", [(LAWYER, "6.4"), (MAILBOX, "2.4")], agency="南區公所")
    with index_of(tmp_path, own, east, west, south) as index:
        gaps = find_gaps(index, "北區公所").of("measure")
    assert [gap.peers_with for gap in gaps] == sorted((gap.peers_with for gap in gaps), reverse=True)
    assert texts(gaps[0]) == [LAWYER, LAWYER]
    nearest = [gap.nearest.same or 0.0 for gap in gaps[1:] if gap.nearest]
    assert nearest == sorted(nearest)


def test_a_requirement_without_a_measure_is_told_with_who_has_one(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"))) as index:
        result = find_gaps(index, "北區公所")
    missing = {gap.code: gap for gap in result.of("requirement")}
    assert set(missing) == set(TITLES) - {"1.3"}
    assert (missing["2.3"].peers_with, missing["1.1"].peers_with) == (3, 0)
    assert texts(missing["2.3"]) == [SURVEY, SURVEY]
    assert result.gaps[0].code == "2.3"


def test_a_heading_that_was_copied_is_boilerplate_and_no_measure(tmp_path: Path) -> None:
    copied = TITLES["2.3"]
    own = plan("own.txt", [(RAMP, "1.3"), item_of(copied, code="2.3")], agency="北區公所")
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"))) as index:
        result = find_gaps(index, "北區公所")
    assert found(result, "boilerplate") == [("2.3", 3, 3)]
    [gap] = result.of("boilerplate")
    assert gap.nearest is not None
    assert gap.nearest.found.item.text == copied
    assert [gap.code for gap in result.of("measure")] == ["2.3"]


def test_what_the_source_lost_is_never_called_missing(tmp_path: Path) -> None:
    own = plan(
        "own.txt",
        [(RAMP, "1.3")],
        agency="北區公所",
        damage=[lost("measures_lost", "2.3"), lost("numbering_gap", "4.2")],
    )
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"), (SHUTTLE, "4.2"), (LAWYER, "6.4"))) as index:
        result = find_gaps(index, "北區公所")
    assert {"2.3", "4.2"}.isdisjoint({gap.code for gap in result.gaps if gap.kind != "damage"})
    assert found(result, "damage") == [("2.3", 3, 3), ("4.2", 3, 3)]
    assert [gap.damage.kind for gap in result.of("damage") if gap.damage] == ["measures_lost", "numbering_gap"]
    assert texts(result.of("damage")[0]) == [SURVEY, SURVEY]
    assert [gap.code for gap in result.of("measure")] == ["6.4"]


def test_where_a_list_began_late_its_first_measures_may_be_the_missing_ones(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost("numbering_start", "1.3")])
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (NURSING, "1.3"))) as index:
        result = find_gaps(index, "北區公所")
    assert result.of("measure") == ()
    assert found(result, "damage") == [("1.3", 3, 3)]


def test_with_a_page_that_was_not_read_nothing_is_called_missing(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost("page_unread", None)])
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"))) as index:
        result = find_gaps(index, "北區公所")
    assert {gap.kind for gap in result.gaps} == {"damage"}
    assert {gap.code for gap in result.gaps} == {None} | set(TITLES) - {"1.3"}


def test_a_heading_that_was_not_understood_may_be_the_missing_requirement(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3"), (SURVEY, None)], agency="北區公所", damage=[lost("heading_unknown", None)])
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"), (LAWYER, "6.4"))) as index:
        result = find_gaps(index, "北區公所")
    assert result.of("requirement") == ()
    assert [gap.code for gap in result.of("measure")] == ["6.4"]


def test_peers_of_the_other_framework_take_part_through_the_crosswalk(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    crossed = [
        plan(f"{name}.txt", [award(SURVEY, "A.4.1", "2.3")], agency=f"{name}區公所", framework="service_award_2017")
        for name in ("東", "西", "南")
    ]
    with index_of(tmp_path, own, *crossed) as index:
        result = find_gaps(index, "北區公所")
    assert {gap.code: gap.peers_with for gap in result.of("requirement")}["2.3"] == 3
    assert [gap.code for gap in result.of("measure")] == ["2.3"]


def test_among_agencies_with_other_duties_one_that_has_it_is_not_enough(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    others = [
        plan("clinic.txt", [(RAMP, "1.3"), (NURSING, "1.3")], agency="東衛生所", agency_type="衛生所"),
        plan("land.txt", [(RAMP, "1.3"), (LAWYER, "6.4")], agency="東地政事務所", agency_type="地政"),
        plan("house.txt", [(RAMP, "1.3"), (LAWYER, "6.4")], agency="東戶政事務所", agency_type="戶政"),
    ]
    with index_of(tmp_path, own, *others) as index:
        widened = find_gaps(index, "北區公所")
        named = find_gaps(index, "北區公所", peers=["衛生所"])
        asked = find_gaps(index, "北區公所", least_peers=1)
    assert (widened.peers.basis, widened.least_peers, widened.rare) == ("widened", 2, 1)
    assert [gap.code for gap in widened.of("measure")] == ["6.4"]
    assert [gap.code for gap in named.of("measure")] == ["1.3"]
    assert sorted(gap.code or "" for gap in asked.of("measure")) == ["1.3", "6.4"]


def test_with_a_single_peer_of_another_kind_what_it_has_is_listed(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    clinic = plan("clinic.txt", [(NURSING, "1.3")], agency="東衛生所", agency_type="衛生所")
    with index_of(tmp_path, own, clinic) as index:
        result = find_gaps(index, "北區公所")
    assert (result.least_peers, result.rare, len(result.of("measure"))) == (1, 0, 1)


def test_goals_and_follow_up_are_no_measures_that_anybody_lacks(tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    goal = replace(item_of("提供有感的優質服務。", code=None), section="貳、計畫目標")
    others = [
        plan(f"{name}.txt", [item_of(RAMP, code="1.3"), goal], agency=f"{name}區公所") for name in ("東", "西", "南")
    ]
    with index_of(tmp_path, own, *others) as index:
        assert find_gaps(index, "北區公所").of("measure") == ()


def test_that_a_plan_is_made_is_no_measure_that_anybody_lacks(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    making = "每年二月訂定本所提升服務計畫，簽奉核定後公開於網站。"
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (making, "0.1"))) as index:
        result = find_gaps(index, "北區公所")
    assert result.of("measure") == ()
    assert "0.1" in {gap.code for gap in result.of("requirement")}


def test_an_agency_without_measures_lacks_what_its_peers_have(tmp_path: Path) -> None:
    own = plan("own.txt", [item_of(TITLES["2.3"], code="2.3")], agency="北區公所")
    with index_of(tmp_path, own, *offices((RAMP, "1.3"))) as index:
        [gap] = find_gaps(index, "北區公所").of("measure")
    assert (gap.code, gap.nearest, gap.maybe_covered) == ("1.3", None, False)


def test_a_plan_of_no_known_framework_has_no_missing_requirements(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, None)], agency="北區公所", framework=None)
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (OPEN_DATA, "5.1"))) as index:
        result = find_gaps(index, "北區公所")
    assert result.of("requirement", "boilerplate") == ()
    assert [(gap.code, texts(gap)) for gap in result.of("measure")] == [(None, [OPEN_DATA, OPEN_DATA])]


@pytest.mark.parametrize(
    ("agency", "year", "expected"),
    [
        pytest.param("示範市東湖區公所", 112, ({"4.3"}, set(), set()), id="one requirement left out"),
        pytest.param("西嶺區公所", 113, (set(), {"5.2"}, {"1.2", "1.3", "3.3"}), id="a copied heading and lost rows"),
        pytest.param("南埔鄉衛生所", 113, ({"5.1"}, {"6.4"}, set()), id="both"),
        pytest.param("北原鎮戶政", 113, (set(), {"4.3"}, {"6.2"}), id="a number that is skipped"),
    ],
)
def test_planted_gaps_of_the_sample_plans_are_found(
    samples: PlanIndex, agency: str, year: int, expected: tuple[set[str], set[str], set[str]]
) -> None:
    result = find_gaps(samples, agency, year=year)
    kinds = (result.of("requirement"), result.of("boilerplate"), result.of("damage"))
    assert tuple({gap.code for gap in gaps} for gaps in kinds) == expected


def test_what_sample_plans_say_in_other_words_is_no_gap(samples: PlanIndex) -> None:
    """The sample plans have measures in two wordings; who has one does not lack the other."""
    gaps = find_gaps(samples, "西嶺區公所", year=113, peers=["113_示範市東湖區公所.txt"]).of("measure")
    lacking = {example.item.text[:12] for gap in gaps for example in gap.examples}
    for planted in ("中午十二時至下午一時三", "陳情案件自收文次日起六個", "意見箱每週開啟一次"):
        assert not any(text.startswith(planted[:8]) for text in lacking), planted


@needs_shared
def test_a_nursing_room_is_told_only_where_the_peers_have_one(real: PlanIndex) -> None:
    def nursing(peers: list[str]) -> list[str]:
        gaps = find_gaps(real, "004", peers=peers).of("measure")
        return [one.location for gap in gaps for one in gap.examples if "哺乳" in one.item.text]

    assert len(nursing(["all"])) == 1
    assert len(nursing(["公所"])) == 1
    assert nursing(["003"]) == []
    assert nursing([]) == []


@needs_shared
def test_what_a_real_plan_lost_is_to_be_checked_and_not_missing(real: PlanIndex) -> None:
    result = find_gaps(real, "001", peers=["all"])
    assert "1.2" not in {gap.code for gap in result.gaps if gap.kind != "damage"}
    assert {gap.code for gap in result.of("damage")} == {"1.2", "1.3"}


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        pytest.param("其他", True, id="other"),
        pytest.param("4. 其他。", True, id="other, numbered"),
        pytest.param("無", True, id="none"),
        pytest.param("詳附表。", True, id="see the table"),
        pytest.param("本項請依實際辦理情形於各構面中撰寫即可。", True, id="an instruction"),
        pytest.param("請各課室逐項填報", True, id="an instruction without an end"),
        pytest.param("其他機關洽辦之案件由專人轉送。", False, id="other agencies"),
        pytest.param("無障礙坡道每月檢查。", False, id="a word that begins so"),
        pytest.param("請民眾填寫問卷後，由志工協助上傳。", False, id="the public fills in"),
    ],
)
def test_what_a_form_says_is_no_measure(text: str, blank: bool) -> None:
    assert is_blank(text) == blank


def test_blank_items_are_no_gap(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所")
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), ("其他", "1.3"))) as index:
        assert find_gaps(index, "北區公所").of("measure") == ()


@needs_shared
def test_an_item_that_answers_in_other_words_is_shown_beside_the_gap(real: PlanIndex) -> None:
    """Staff said of some gaps of real plans that theirs has it; a second look finds where."""
    gaps = [gap for gap in find_gaps(real, "003").of("measure") if gap.maybe_covered]
    shown = {near.found.item.span.first_line for gap in gaps for near in (gap.nearest, gap.also_near) if near}
    assert {40, 52} <= shown


def test_what_any_of_equal_measures_answers_may_be_what_was_lost(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost("measures_lost", "2.3")])
    others = [
        plan("a.txt", [(RAMP, "1.3"), (NURSING, "2.3")], agency="東區公所"),
        *(plan(f"{name}.txt", [(RAMP, "1.3"), (NURSING, "1.3")], agency=f"{name}區公所") for name in ("西", "南")),
    ]
    with index_of(tmp_path, own, *others) as index:
        assert find_gaps(index, "北區公所").of("measure") == ()


def test_a_loss_without_a_place_leaves_no_requirement_missing(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost("measures_lost", None)])
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"))) as index:
        assert find_gaps(index, "北區公所").of("requirement") == ()


def test_a_loss_in_a_plan_of_no_known_framework_leaves_nothing_missing(tmp_path: Path) -> None:
    own = plan("own.txt", [(RAMP, None)], agency="北區公所", framework=None, damage=[lost("measures_lost", None)])
    with index_of(tmp_path, own, *offices((RAMP, "1.3"), (SURVEY, "2.3"))) as index:
        result = find_gaps(index, "北區公所")
    assert {gap.kind for gap in result.gaps} == {"damage"}


def test_a_text_that_many_plans_have_is_one_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 10)
    own = plan("own.txt", [(RAMP, "1.3")], agency="甲區公所")
    many = [
        plan(f"{number}.txt", [(RAMP, "1.3"), (NURSING, "1.3"), (SURVEY, "2.3")], agency=f"第{number}區公所")
        for number in range(60)
    ]
    with index_of(tmp_path, own, *many) as index:
        gaps = find_gaps(index, "甲區公所").of("measure")
    assert [(texts(gap)[0], gap.peers_with) for gap in gaps] == [(NURSING, 60), (SURVEY, 60)] or [
        (texts(gap)[0], gap.peers_with) for gap in gaps
    ] == [(SURVEY, 60), (NURSING, 60)]
