from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import TinyEncoder, plan_of

from plansearch.errors import EmptyQueryError, UnknownFilterValueError
from plansearch.index import PlanIndex
from plansearch.results import AgencyResult, Filters
from plansearch.retrieval import search_by_agency
from plansearch.types import Damage, DamageKind, Plan, SkippedFile, Span

LOST = Damage("measures_lost", "措施遺失", "1.2", Span(9, 9))
SHORT = plan_of("short", "設置無障礙坡道一座。", "每年辦理滿意度調查。", agency="示範市東湖區公所")
OTHER = plan_of("other", "提供無障礙廁所。", "電話鈴響三聲內接聽。", agency="示範市石門區公所")
NOTHING = plan_of("nothing", "每年辦理滿意度調查。", agency="示範市西嶺區公所")
DAMAGED = replace(plan_of("damaged", "電話鈴響三聲內接聽。", agency="示範市青溪區公所"), damage=(LOST,))
UNKNOWN = plan_of("unknown", "無障礙坡道定期維護。")
UNKNOWN_TOO = plan_of("unknown too", "電話鈴響三聲內接聽。")


@contextmanager
def index_of(plans: Sequence[Plan], folder: Path, skipped: Sequence[SkippedFile] = ()) -> Iterator[PlanIndex]:
    PlanIndex.build_from(plans, skipped, folder, encoder=TinyEncoder())
    with PlanIndex.open(folder, encoder=TinyEncoder()) as index:
        yield index


def order(result: AgencyResult) -> dict[str, list[str]]:
    return {agency.name: [hit.found.id for hit in agency.hits] for agency in result.agencies}


def test_every_agency_is_in_one_state(tmp_path: Path) -> None:
    broken = SkippedFile("壞.doc", "無法讀取。")
    with index_of([NOTHING, DAMAGED, SHORT, OTHER, UNKNOWN, UNKNOWN_TOO], tmp_path, [broken]) as index:
        result = search_by_agency(index, "無障礙坡道", mode="words")
    states = {agency.name: agency.state for agency in result.agencies}
    assert {name: states[name] for name in ("示範市西嶺區公所", "示範市青溪區公所", "unknown too")} == {
        "示範市西嶺區公所": "absent",
        "示範市青溪區公所": "lost",
        "unknown too": "absent",
    }
    assert {states[name] for name in ("示範市東湖區公所", "示範市石門區公所", "unknown")} <= {"found", "possible"}
    places = [("found", "possible", "lost", "absent").index(agency.state) for agency in result.agencies]
    assert places == sorted(places)
    assert [caveat.damage for agency in result.of("lost") for caveat in agency.caveats] == [LOST]
    assert result.unread == (broken,)
    assert sum(agency.searched for agency in result.agencies) == len(index)


@pytest.mark.parametrize("kind", ["page_unread", "sheet_unread"])
@pytest.mark.parametrize("filters", [Filters(), Filters(requirements=("1.3",))], ids=["all", "one requirement"])
def test_with_a_page_that_was_not_read_nobody_is_said_to_have_nothing(
    tmp_path: Path, kind: DamageKind, filters: Filters
) -> None:
    unread = Damage(kind, "沒有讀到", None, Span(9, 9))
    with index_of([SHORT, replace(NOTHING, damage=(unread,))], tmp_path) as index:
        result = search_by_agency(index, "無障礙坡道", mode="words", filters=filters)
    (agency,) = (one for one in result.agencies if one.name == "示範市西嶺區公所")
    assert (agency.state, [caveat.damage for caveat in agency.caveats]) == ("lost", [unread])


def test_a_weak_candidate_is_no_measure(tmp_path: Path) -> None:
    with index_of([SHORT, OTHER], tmp_path) as index:
        result = search_by_agency(index, "坐輪椅的民眾怎麼進到公所", mode="words")
        for agency in result.agencies:
            grades = {hit.grade for hit in agency.hits}
            assert agency.state == ("found" if grades - {"possible"} else "possible" if grades else "absent")


def test_files_of_unknown_agencies_are_not_taken_for_one(tmp_path: Path) -> None:
    with index_of([UNKNOWN, UNKNOWN_TOO], tmp_path) as index:
        result = search_by_agency(index, "無障礙坡道", mode="words")
    assert [(one.agency, one.plans, one.name) for one in result.agencies] == [
        (None, ("unknown",), "unknown"),
        (None, ("unknown too",), "unknown too"),
    ]


def test_plans_of_several_years_are_one_agency(tmp_path: Path) -> None:
    before = plan_of("before", "設置無障礙扶手。", agency="示範市東湖區公所", year=112)
    with index_of([before, SHORT], tmp_path) as index:
        (agency,) = search_by_agency(index, "無障礙", mode="words").agencies
        assert (agency.plans, agency.searched, agency.total) == (("before", "short"), 3, 2)
        (one,) = search_by_agency(index, "無障礙", mode="words", filters=Filters(years=(112,))).agencies
        assert (one.plans, one.searched) == (("before",), 1)


@pytest.mark.parametrize("mode", ["hybrid", "words"])
def test_a_long_plan_pushes_no_short_one_out(mode: str, tmp_path: Path) -> None:
    texts = [f"第{number}處設置無障礙坡道與扶手。" for number in range(40)]
    texts += [f"第{number}場里民座談會。" for number in range(40)]
    long = plan_of("long", *texts, agency="示範市北原區公所")
    answers = []
    for number, plans in enumerate(([SHORT, OTHER, NOTHING], [SHORT, OTHER, NOTHING, long])):
        with index_of(plans, tmp_path / str(number)) as index:
            answers.append(order(search_by_agency(index, "無障礙坡道", mode=mode)))  # type: ignore[arg-type]
    before, after = answers
    assert len(after.pop("示範市北原區公所")) == 3
    assert before["示範市東湖區公所"] == ["short#1"]
    assert {name: hits for name, hits in after.items() if hits} == {name: hits for name, hits in before.items() if hits}


def test_each_agency_shows_as_many_and_counts_all(tmp_path: Path) -> None:
    many = plan_of("many", *(f"第{number}處設置無障礙坡道。" for number in range(5)), agency="示範市東湖區公所")
    with index_of([many, OTHER], tmp_path) as index:
        first = search_by_agency(index, "無障礙", mode="words")
        assert [(len(one.hits), one.total) for one in first.agencies] == [(3, 5), (1, 1)]
        assert [len(one.hits) for one in search_by_agency(index, "無障礙", mode="words", limit=1).agencies] == [1, 1]
        assert [len(one.hits) for one in search_by_agency(index, "無障礙", mode="words", limit=None).agencies] == [5, 1]
        assert [[hit.rank for hit in one.hits] for one in first.agencies] == [[1, 2, 3], [1]]
        with pytest.raises(ValueError, match="limit"):
            search_by_agency(index, "無障礙", limit=0)


def test_the_answer_carries_what_it_was_asked(tmp_path: Path) -> None:
    with index_of([SHORT, OTHER], tmp_path) as index:
        result = search_by_agency(
            index, '"坡道"', filters=Filters(agencies=("東湖",)), mode="words", exact=True, why=True
        )
        assert (result.query, result.mode, result.model, result.exact) == ('"坡道"', "words", "tiny@1", True)
        assert (result.filters, result.phrases, result.added) == (
            Filters(agencies=("示範市東湖區公所",)),
            ("坡道",),
            (),
        )
        assert order(result) == {"示範市東湖區公所": ["short#1"]}
        assert result.agencies[0].hits[0].why is not None
        with pytest.raises(UnknownFilterValueError):
            search_by_agency(index, "坡道", filters=Filters(cities=("樣本縣",)))
        with pytest.raises(EmptyQueryError):
            search_by_agency(index, "，")


def test_filters_that_leave_nobody_leave_an_empty_answer(tmp_path: Path) -> None:
    before = plan_of("before", "設置無障礙扶手。", agency="示範市石門區公所", year=112)
    with index_of([SHORT, before], tmp_path) as index:
        filters = Filters(agencies=("東湖",), years=(112,))
        assert search_by_agency(index, "坡道", filters=filters).agencies == ()
