from __future__ import annotations

from pathlib import Path

import pytest
from comparing import LAWYER, MAILBOX, NURSING, OPEN_DATA, RAMP, SURVEY, award, index_of, lost, plan
from conftest import item_of

from plansearch.benchmark import benchmark_agency, benchmark_all
from plansearch.concreteness import MARKERS
from plansearch.errors import QueryError
from plansearch.findings import Benchmark, Spread
from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.overview import agency_overview
from plansearch.report.benchmark_view import benchmark_notes, headline
from plansearch.types import Plan

FRAMEWORK = bundled_frameworks()[1]
N_REQUIREMENTS = len(FRAMEWORK.requirements)
VAGUE = "加強各項服務，提升品質。"
CONCRETE = "每年五月於三樓服務台以 LINE 發放問卷三百份。"


def town(*own: tuple[str, str], damage: str | None = None) -> list[Plan]:
    """An agency, and three peers with 1, 2 and 3 measures."""
    damaged = [] if damage is None else [lost("measures_lost", damage)]
    return [
        plan("own.txt", own, agency="北區公所", damage=damaged),
        plan("a.txt", [(RAMP, "1.3")], agency="東區公所"),
        plan("b.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="西區公所"),
        plan("c.txt", [(RAMP, "1.3"), (SURVEY, "2.3"), (OPEN_DATA, "5.1")], agency="南區公所"),
    ]


def measured(tmp_path: Path, *plans: Plan, agency: str = "北區公所") -> Benchmark:
    with index_of(tmp_path, *plans) as index:
        return benchmark_agency(index, agency)


def test_the_number_of_measures_stands_among_the_peers_quartiles(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((RAMP, "1.3"), (NURSING, "1.3")))
    assert result.line(None).measures == Spread(2.0, 1.5, 2.0, 2.5, rank=2, ranked=4)
    assert result.line("1.3").measures == Spread(2.0, 1.0, 1.0, 1.0, rank=1, ranked=4)
    assert result.line("2.3").measures == Spread(0.0, 0.5, 1.0, 1.0, rank=3, ranked=4)
    assert result.line("1").measures.value == 2.0


def test_every_requirement_and_pillar_has_a_line(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((RAMP, "1.3")))
    assert [line.code for line in result.requirements] == [one.code for one in FRAMEWORK.requirements]
    assert [line.code for line in result.pillars] == [one.code for one in FRAMEWORK.pillars]
    with pytest.raises(KeyError):
        result.line("9.9")


def test_coverage_is_the_share_of_requirements_that_have_a_measure(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((RAMP, "1.3"), (NURSING, "1.3"), (SURVEY, "2.3")))
    assert result.line(None).coverage.value == pytest.approx(2 / N_REQUIREMENTS)
    assert result.line("2").coverage.value == pytest.approx(1 / 4)
    assert result.line("2.3").coverage.value == 1.0


def test_what_the_source_lost_counts_neither_as_covered_nor_as_missing(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((RAMP, "1.3"), damage="2.3"))
    assert result.line(None).coverage.value == pytest.approx(1 / (N_REQUIREMENTS - 1))
    assert result.line("2.3").coverage.value is None
    assert (result.line("2.3").measures.value, result.line("2.3").measures.rank) == (None, None)
    assert [line.code for line in result.requirements if line.lost] == ["2.3"]
    [code] = [place for place, one in enumerate(FRAMEWORK.requirements) if one.code == "2.3"]
    assert result.grid[0].measures[code] is None


@pytest.mark.parametrize("kind", ["page_unread", "sheet_unread"])
def test_with_a_page_that_was_not_read_nobody_knows_what_is_missing(tmp_path: Path, kind: str) -> None:
    plans = town()
    plans[0] = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost(kind, None)])
    result = measured(tmp_path, *plans)
    whole = result.line(None)
    assert (whole.measures.value, whole.measures.rank, whole.coverage.value, whole.lost) == (1.0, None, None, True)
    assert (result.line("2.3").measures.value, result.line("2.3").coverage.value) == (None, None)
    assert result.line("1.3").measures.value == 1.0
    counts = dict(zip((one.code for one in FRAMEWORK.requirements), result.grid[0].measures, strict=True))
    assert (counts["1.3"], counts["2.3"]) == (1, None)
    assert result.grid[1].measures.count(None) == 0
    assert "涵蓋多少執行要項無法判斷" in headline(result)
    assert [note for note in benchmark_notes(result) if "沒有讀到" in note]


def test_where_a_heading_is_not_recognised_an_empty_requirement_is_not_called_empty(tmp_path: Path) -> None:
    plans = town()
    plans[0] = plan("own.txt", [(RAMP, "1.3")], agency="北區公所", damage=[lost("heading_unknown", None)])
    result = measured(tmp_path, *plans)
    assert (result.line("2.3").measures.value, result.line(None).coverage.value) == (None, None)


def test_a_copied_heading_is_no_measure(tmp_path: Path) -> None:
    copied = item_of(FRAMEWORK.requirement("2.3").title, code="2.3")
    plans = town((RAMP, "1.3"))
    plans[0] = plan("own.txt", [item_of(RAMP, code="1.3"), copied], agency="北區公所")
    result = measured(tmp_path, *plans)
    assert (result.line("2.3").measures.value, result.line("2.3").coverage.value) == (0.0, 0.0)


def test_concreteness_is_the_mean_share_of_marks(tmp_path: Path) -> None:
    concrete = [item_of(CONCRETE, code="2.3", units=("秘書室",)), item_of(VAGUE, code="1.3", units=("各課室",))]
    plans = [plan("own.txt", concrete, agency="北區公所"), *town()[1:]]
    result = measured(tmp_path, *plans)
    assert result.line("1.3").concreteness.value == 0.0
    assert result.line("2.3").concreteness.value == 1.0
    assert result.line(None).concreteness.value == 0.5
    assert [(mark, share) for mark, share, _ in result.marks] == [(mark, 0.5) for mark in MARKERS]


def test_originality_is_how_unlike_the_nearest_measure_of_any_peer_is(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((RAMP, "1.3"), (LAWYER, "6.4")))
    assert result.line("1.3").originality.value == pytest.approx(0.0, abs=0.02)
    assert (result.line("6.4").originality.value or 0.0) > 0.7
    assert result.line("5.1").originality.value is None


def test_with_fewer_than_three_numbers_of_peers_nothing_is_ranked(tmp_path: Path) -> None:
    result = measured(tmp_path, *town((OPEN_DATA, "5.1")))
    line = result.line("5.1")
    assert (line.originality.median, line.originality.rank) == (None, None)
    assert line.measures.rank == 1


def test_the_place_is_among_agencies_of_the_same_type(tmp_path: Path) -> None:
    clinic = plan("clinic.txt", [(NURSING, "1.3"), (MAILBOX, "2.4")], agency="東區衛生所", agency_type="衛生所")
    result = measured(tmp_path, *town((RAMP, "1.3")), clinic)
    assert result.peers.basis == "type"
    assert result.line(None).measures.ranked == 4


def test_plans_of_the_other_framework_are_counted_by_the_crosswalk(tmp_path: Path) -> None:
    plans = town((RAMP, "1.3"))
    crossed = [award(SURVEY, "A.4.1", "2.3"), award(RAMP, "A.1.2", "1.3")]
    plans[3] = plan("c.txt", crossed, agency="南區公所", framework="service_award_2017")
    result = measured(tmp_path, *plans)
    assert [row.agency.name for row in result.grid] == ["北區公所", "東區公所", "西區公所", "南區公所"]
    counts = dict(zip((one.code for one in FRAMEWORK.requirements), result.grid[3].measures, strict=True))
    assert (counts["2.3"], counts["1.3"], counts["5.1"]) == (1, 1, 0)


def test_a_plan_of_no_known_framework_can_not_be_measured_by_requirements(tmp_path: Path) -> None:
    plans = town((RAMP, "1.3"))
    plans[0] = plan("own.txt", [(RAMP, None)], agency="北區公所", framework=None)
    with index_of(tmp_path, *plans) as index, pytest.raises(QueryError, match="不是依已知架構寫成的"):
        benchmark_agency(index, "北區公所")


def test_of_a_plan_of_no_known_framework_nobody_knows_what_it_covers(tmp_path: Path) -> None:
    plans = town((RAMP, "1.3"))
    plans[3] = plan("c.txt", [(SURVEY, None)], agency="南區公所", framework=None)
    result = measured(tmp_path, *plans)
    assert set(result.grid[3].measures) == {None}
    assert result.line(None).coverage.median is None


def test_all_agencies_are_measured_each_among_its_own(samples: PlanIndex) -> None:
    whole = benchmark_all(samples, year=113)
    assert [one.agency for one in whole.benchmarks] == list(whole.agencies)
    alone = benchmark_agency(samples, "西嶺區公所", year=113)
    [same] = [one for one in whole.benchmarks if one.agency.name == "示範市西嶺區公所"]
    assert same.line(None).measures == alone.line(None).measures
    assert same.line(None).concreteness == alone.line(None).concreteness
    assert same.line(None).originality.value == pytest.approx(alone.line(None).originality.value)


def test_one_agency_alone_can_not_be_measured(tmp_path: Path) -> None:
    with index_of(tmp_path, town((RAMP, "1.3"))[0]) as index:
        with pytest.raises(QueryError, match="只有一個機關"):
            benchmark_all(index)
        with pytest.raises(QueryError, match="沒有可以比較的機關"):
            benchmark_agency(index, "北區公所")


def test_sample_measures_are_counted_as_their_makers_say(samples: PlanIndex) -> None:
    """The README of the sample plans gives the number of measures of each."""
    counts = {one.agency.name: one.line(None).measures.value for one in benchmark_all(samples, year=113).benchmarks}
    restated = {"示範市西嶺區公所": 1, "樣本縣南埔鄉衛生所": 1, "樣本縣北原鎮戶政事務所": 1}
    written = {
        "示範市東湖區公所": 49,
        "示範市西嶺區公所": 46,
        "示範市東湖區衛生所": 44,
        "樣本縣南埔鄉衛生所": 44,
        "示範市東湖區戶政事務所": 46,
        "樣本縣北原鎮戶政事務所": 47,
    }
    assert counts == {name: number - restated.get(name, 0) for name, number in written.items()}


def test_an_overview_says_of_an_agency_what_the_single_answers_say(samples: PlanIndex) -> None:
    whole = agency_overview(samples, "西嶺區公所", year=113)
    assert whole.benchmark.agency == whole.gaps.agency
    assert {one.damage.code for one in whole.damage} == {"1.2", "1.3", "3.3", "6.4"}
    for pair in whole.duplicates.pairs:
        assert "示範市西嶺區公所" in {pair.first.metadata.agency, pair.second.metadata.agency}
        assert {pair.first.metadata.year, pair.second.metadata.year} == {113}
    for lesson in whole.lessons:
        for gap in lesson.gaps:
            own = dict(zip(gap.holders, gap.of_holders, strict=True))[lesson.peer]
            assert (own.metadata.agency or own.plan) == lesson.peer
    counts = [len(lesson.gaps) for lesson in whole.lessons]
    assert counts == sorted(counts, reverse=True)
    assert all(lesson.peer in gap.holders for lesson in whole.lessons for gap in lesson.gaps)
