from __future__ import annotations

from pathlib import Path

import pytest
from comparing import LAWYER, NURSING, RAMP, SURVEY, index_of, plan

from plansearch.agencies import find_agency, group_agencies
from plansearch.errors import QueryError, UnknownAgencyError
from plansearch.findings import PeerGroup
from plansearch.index import PlanIndex
from plansearch.peers import all_agencies, find_peers, one_agency


def offices(*more: str) -> list[object]:
    return [plan(f"{name}.txt", [(RAMP, "1.3")], agency=f"示範市{name}區公所") for name in ("東", "西", "南", *more)]


@pytest.fixture
def town(tmp_path: Path) -> PlanIndex:
    """Four offices, a clinic of the same city, one of another, and a plan that doesn't say whose it is."""
    clinic = plan("clinic.txt", [(NURSING, "1.3")], agency="示範市東區衛生所", agency_type="衛生所")
    far = plan("far.txt", [(RAMP, "1.3")], agency="樣本縣南鄉公所", city="樣本縣", year=112)
    unknown = plan("unknown.txt", [(LAWYER, "6.4")], agency=None, agency_type=None, city=None)
    return index_of(tmp_path, *offices(), clinic, far, unknown)  # type: ignore[arg-type]


def names(group: PeerGroup) -> list[str]:
    return [agency.name for agency in group.agencies]


def test_peers_are_of_the_same_type_by_default(town: PlanIndex) -> None:
    group = find_peers(town, one_agency(town, "東區公所"))
    assert (group.basis, group.note) == ("type", None)
    assert names(group) == ["示範市西區公所", "示範市南區公所", "樣本縣南鄉公所"]


def test_with_fewer_than_three_of_the_type_all_are_taken_and_it_is_said(town: PlanIndex) -> None:
    group = find_peers(town, one_agency(town, "東區衛生所"))
    assert group.basis == "widened"
    assert group.note is not None
    assert "同類型（衛生所）的只有 0 個" in group.note
    assert len(group.agencies) == 5


def test_an_agency_of_unknown_type_is_compared_with_all(town: PlanIndex) -> None:
    group = find_peers(town, one_agency(town, "unknown"))
    assert group.basis == "widened"
    assert "不知道它是哪一類機關" in (group.note or "")
    assert "unknown.txt" not in names(group)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(["city"], ["示範市西區公所", "示範市南區公所", "示範市東區衛生所"], id="own city"),
        pytest.param(["city:樣本縣"], ["樣本縣南鄉公所"], id="another city"),
        pytest.param(["type:衛生所"], ["示範市東區衛生所"], id="another type"),
        pytest.param(["衛生所"], ["示範市東區衛生所"], id="a type by its name alone"),
        pytest.param(["西區公所", "unknown"], ["示範市西區公所", "unknown.txt"], id="names"),
        pytest.param(["西區公所", "示範市西區公所"], ["示範市西區公所"], id="a name twice"),
        pytest.param(["nearest:2"], ["示範市西區公所", "示範市南區公所"], id="nearest, with a colon"),
        pytest.param(["nearest 1"], ["示範市西區公所"], id="nearest, with a space"),
    ],
)
def test_peers_can_be_chosen(town: PlanIndex, wanted: list[str], expected: list[str]) -> None:
    assert names(find_peers(town, one_agency(town, "東區公所"), wanted)) == expected


def test_the_nearest_are_those_with_the_most_similar_plans(tmp_path: Path) -> None:
    east = plan("east.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="東區公所")
    like = plan("like.txt", [(SURVEY, "2.3"), (RAMP, "1.3")], agency="北區公所")
    half = plan("half.txt", [(RAMP, "1.3"), (LAWYER, "6.4")], agency="西區公所")
    other = plan("other.txt", [(LAWYER, "6.4"), (NURSING, "1.3")], agency="南區公所")
    with index_of(tmp_path, other, half, like, east) as index:
        group = find_peers(index, one_agency(index, "東區公所"), ["nearest:3"])
    assert names(group) == ["北區公所", "西區公所", "南區公所"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param(["北區公所"], "索引裡沒有這樣的機關", id="unknown name"),
        pytest.param(["區公所"], "符合的不只一個", id="a part of several names"),
        pytest.param(["東區公所"], "就是被比較的機關本身", id="itself"),
        pytest.param(["city:高雄市"], "沒有縣市是「高雄市」的其他機關", id="unknown city"),
        pytest.param(["type:地政"], "沒有類型是「地政」的其他機關", id="unknown type"),
        pytest.param(["nearest:0"], "1 以上", id="none of the nearest"),
    ],
)
def test_a_wish_that_can_not_be_met_says_why(town: PlanIndex, wanted: list[str], said: str) -> None:
    with pytest.raises(QueryError, match=said):
        find_peers(town, one_agency(town, "東區公所"), wanted)


def test_an_agency_without_a_city_can_not_have_peers_of_its_city(town: PlanIndex) -> None:
    with pytest.raises(QueryError, match="的縣市"):
        find_peers(town, one_agency(town, "unknown"), ["city"])


def test_few_peers_that_were_asked_for_are_not_widened_but_said(town: PlanIndex) -> None:
    group = find_peers(town, one_agency(town, "東區公所"), ["type:衛生所"])
    assert "只有 1 個機關可比" in (group.note or "")


def test_a_single_agency_has_nobody_to_be_compared_with(tmp_path: Path) -> None:
    with (
        index_of(tmp_path, plan("east.txt", [(RAMP, "1.3")], agency="東區公所")) as index,
        pytest.raises(QueryError, match="沒有可以比較的機關"),
    ):
        find_peers(index, one_agency(index, "東區公所"))


def test_of_each_agency_its_last_year_counts_unless_one_is_named(tmp_path: Path) -> None:
    old = plan("112.txt", [(RAMP, "1.3")], agency="東區公所", year=112)
    new = plan("113.txt", [(RAMP, "1.3")], agency="東區公所", year=113)
    other = plan("west.txt", [(RAMP, "1.3")], agency="西區公所", year=112)
    with index_of(tmp_path, old, new, other) as index:
        assert [[one.plan for one in agency.plans] for agency in all_agencies(index)] == [["113.txt"], ["west.txt"]]
        assert [[one.plan for one in agency.plans] for agency in all_agencies(index, 112)] == [
            ["112.txt"],
            ["west.txt"],
        ]
        assert [agency.name for agency in all_agencies(index, 113)] == ["東區公所"]
        with pytest.raises(QueryError, match="沒有 111 年的計畫；索引裡有的是 112、113 年"):
            one_agency(index, "東區公所", 111)


def test_agencies_are_found_by_name_part_or_file(town: PlanIndex) -> None:
    agencies = group_agencies(town.plans)
    assert find_agency(agencies, "示範市東區公所").name == "示範市東區公所"
    assert find_agency(agencies, "东区公所").name == "示範市東區公所"
    assert find_agency(agencies, "clinic").name == "示範市東區衛生所"
    with pytest.raises(UnknownAgencyError, match="不只一個"):
        find_agency(agencies, "東區")
    with pytest.raises(UnknownAgencyError, match="索引裡沒有機關"):
        find_agency(agencies, "火星")


def test_a_file_names_its_own_plan_and_no_other_year(tmp_path: Path) -> None:
    old = plan("112_east.txt", [(RAMP, "1.3")], agency="東區公所", year=112)
    new = plan("113_east.txt", [(RAMP, "1.3")], agency="東區公所", year=113)
    with index_of(tmp_path, old, new) as index:
        chosen = {name: one_agency(index, name).plans[0].plan for name in ("112_east.txt", "113_east", "東區公所")}
    assert chosen == {"112_east.txt": "112_east.txt", "113_east": "113_east.txt", "東區公所": "113_east.txt"}


def test_where_all_others_are_of_the_type_nothing_is_widened(tmp_path: Path) -> None:
    east, west = (plan(f"{name}.txt", [(RAMP, "1.3")], agency=f"{name}區公所") for name in ("東", "西"))
    with index_of(tmp_path, east, west) as index:
        group = find_peers(index, one_agency(index, "東區公所"))
    assert (group.basis, names(group)) == ("type", ["西區公所"])
    assert "只有 1 個機關可比" in (group.note or "")


def test_a_peer_without_a_plan_of_the_year_is_told(tmp_path: Path) -> None:
    old = plan("112.txt", [(RAMP, "1.3")], agency="東區公所", year=112)
    new = plan("113.txt", [(RAMP, "1.3")], agency="西區公所", year=113)
    with (
        index_of(tmp_path, old, new) as index,
        pytest.raises(QueryError, match="沒有這一年的計畫；索引裡有的是 112 年"),
    ):
        find_peers(index, one_agency(index, "西區公所", 113), ["東區公所"], year=113)


def test_one_name_in_two_cities_is_two_agencies(tmp_path: Path) -> None:
    plans = [plan(f"{city}.txt", [(RAMP, "1.3")], agency="中正區公所", city=city) for city in ("臺北市", "基隆市")]
    with index_of(tmp_path, *plans) as index:
        assert [agency.name for agency in all_agencies(index)] == ["中正區公所（臺北市）", "中正區公所（基隆市）"]
        assert names(find_peers(index, one_agency(index, "中正區公所（臺北市）"))) == ["中正區公所（基隆市）"]


def test_two_spellings_of_one_name_are_one_agency(tmp_path: Path) -> None:
    old = plan("112.txt", [(RAMP, "1.3")], agency="台南市東區公所", city="臺南市", year=112)
    new = plan("113.txt", [(RAMP, "1.3")], agency="臺南市東區公所", city=None, year=113)
    with index_of(tmp_path, old, new) as index:
        [agency] = group_agencies(index.plans)
    assert (agency.name, agency.years) == ("臺南市東區公所", (112, 113))
