"""Duplicates and gaps of indexes in which not all pairs can be looked at, at a small scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from comparing import LAWYER, MAILBOX, NURSING, RAMP, SURVEY, index_of, plan
from synthetic import SyntheticEncoder, synthetic_plans

from plansearch import duplication, gaps
from plansearch.agencies import group_agencies
from plansearch.duplicates import LOWEST_THRESHOLD, at_thresholds, find_duplicates
from plansearch.duplication import Duplicates, PairScope
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.matching import COPY_THRESHOLD, SAME_THRESHOLD, Matcher, Pairs, alike_pairs, candidates, twins
from plansearch.report.duplicates_view import duplicates_report
from plansearch.report.gaps_view import gaps_report
from plansearch.results import Filters
from plansearch.types import Plan

N_ITEMS = 1500


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanIndex]:
    directory = tmp_path_factory.mktemp("synthetic")
    PlanIndex.build_from(list(synthetic_plans(N_ITEMS)), (), directory, encoder=SyntheticEncoder())
    with PlanIndex.open(directory, encoder=SyntheticEncoder()) as index:
        yield index


@pytest.fixture
def as_if_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at likely pairs only, although there are few items, and at as few as of ten thousand."""
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 10)
    monkeypatch.setattr(candidates, "LOOKED_AT", 60 * N_ITEMS)


def matcher_of(index: PlanIndex) -> Matcher:
    return Matcher(index, index.catalog.allowed(Filters()))


def ends(pairs: Pairs, kept: Sequence[bool] | np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> set[tuple[int, int]]:
    of_kind = pairs.where(np.asarray(kept))
    return set(zip(of_kind.first.tolist(), of_kind.second.tolist(), strict=True))


@pytest.mark.parametrize("least", [pytest.param(0.98, id="copies"), pytest.param(0.95, id="equal measures")])
def test_nearly_all_pairs_are_found_where_likely_ones_are_looked_at(
    synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch, least: float
) -> None:
    matcher = matcher_of(synthetic)
    every = alike_pairs(matcher, LOWEST_THRESHOLD)
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 10)
    monkeypatch.setattr(candidates, "LOOKED_AT", 60 * N_ITEMS)
    likely = alike_pairs(matcher, LOWEST_THRESHOLD)

    def kind(pairs: Pairs) -> set[tuple[int, int]]:
        copied = pairs.likeness.copied >= COPY_THRESHOLD
        return ends(pairs, copied if least > 0.95 else copied | (pairs.likeness.same >= SAME_THRESHOLD))

    assert len(kind(every)) > 500
    assert kind(likely) <= kind(every)
    assert len(kind(likely)) >= least * len(kind(every))


@pytest.mark.usefixtures("as_if_many")
def test_a_pair_is_judged_as_where_all_pairs_are_looked_at(
    synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    matcher = matcher_of(synthetic)
    likely = alike_pairs(matcher, LOWEST_THRESHOLD)
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", N_ITEMS)
    every = alike_pairs(matcher, LOWEST_THRESHOLD)
    place = {pair: place for place, pair in enumerate(zip(every.first.tolist(), every.second.tolist(), strict=True))}
    same = every.where(
        np.array([place[pair] for pair in zip(likely.first.tolist(), likely.second.tolist(), strict=True)])
    )
    for field in ("lexical", "semantic", "copied", "same"):
        assert np.allclose(getattr(likely.likeness, field), getattr(same.likeness, field), atol=1e-4)


@pytest.mark.usefixtures("as_if_many")
def test_within_a_plan_no_pair_is_missed(synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    likely = find_duplicates(synthetic, scope="within")
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", N_ITEMS)
    every = find_duplicates(synthetic, scope="within")
    assert len(every.pairs) > 0
    assert ids(likely) == ids(every)


@pytest.mark.usefixtures("as_if_many")
def test_of_a_named_agency_no_pair_is_missed(synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    name = group_agencies(synthetic.plans)[0].name
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 600)  # its items with all others are fewer than 600 squared
    asked = find_duplicates(synthetic, agencies=[name])
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", N_ITEMS)
    every = find_duplicates(synthetic, agencies=[name])
    assert len(every.pairs) > 0
    assert ids(asked) == ids(every)


def ids(found: Duplicates) -> list[tuple[str, str]]:
    return sorted((pair.first.id, pair.second.id) for pair in found.pairs)


COPIES = 50


@pytest.fixture
def copied_often(tmp_path: Path) -> PlanIndex:
    """Two texts that fifty plans of twenty-five agencies have, one of them also twice in each, beside others."""
    texts = [(RAMP, "1.3"), (f"{NURSING}並公告周知。", "1.3"), (NURSING, "1.3")]
    plans: list[Plan] = [
        plan(f"{number:02}.txt", [*texts, (RAMP, "1.3")], agency=f"第{number // 2}區公所", year=112 + number % 2)
        for number in range(COPIES)
    ]
    alone = plan("alone.txt", [(SURVEY, "2.3"), (LAWYER, "6.4"), (MAILBOX, "2.4")], agency="東區公所")
    return index_of(tmp_path, *plans, alone)


@pytest.mark.usefixtures("as_if_many")
@pytest.mark.parametrize("scope", ["all", "across"])
@pytest.mark.parametrize("agencies", [(), ("第3區公所",)], ids=["all agencies", "one agency"])
def test_pairs_of_texts_that_very_many_plans_have_are_counted_and_not_listed(
    copied_often: PlanIndex, monkeypatch: pytest.MonkeyPatch, scope: PairScope, agencies: tuple[str, ...]
) -> None:
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 1000)
    every = find_duplicates(copied_often, scope=scope, agencies=agencies)
    assert every.unlisted == 0
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 10)
    monkeypatch.setattr(twins, "LISTED", 100)
    some = find_duplicates(copied_often, scope=scope, agencies=agencies)
    assert 0 < len(some.pairs) < len(every.pairs)
    assert set(ids(some)) <= set(ids(every))
    assert len(some.pairs) + some.unlisted == len(every.pairs)
    if not agencies:
        assert [group.items for group in some.groups] == [group.items for group in every.groups]


@pytest.mark.usefixtures("as_if_many")
def test_an_answer_says_which_pairs_it_does_not_list(copied_often: PlanIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "LISTED", 100)
    found = find_duplicates(copied_often)
    report = duplicates_report(found, 20)
    assert any(f"{found.unlisted} 對沒有逐對列出" in note for note in report.notes)
    assert report.about["unlisted"] == found.unlisted
    assert "unlisted" not in duplicates_report(at_thresholds(find_duplicates(copied_often, scope="within"), 1, 1)).about


@pytest.mark.usefixtures("as_if_many")
def test_an_answer_says_how_many_measures_have_more_near_ones_than_were_looked_at(
    synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_duplicates(synthetic).crowded == 0
    monkeypatch.setattr(candidates, "LOOKED_AT", 0)
    monkeypatch.setattr(candidates, "FEWEST_PARTNERS", 3)
    found = find_duplicates(synthetic)
    assert found.crowded > 0
    assert any(f"有 {found.crowded} 項措施相近的太多" in note for note in duplicates_report(found, 20).notes)


def test_of_very_many_pairs_it_is_not_counted_how_many_promise_different_things(
    synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_duplicates(synthetic)
    flagged = sum(bool(pair.differences) for pair in found.pairs)
    monkeypatch.setattr(duplication, "FLAGS_COUNTED", len(found.pairs))
    assert found.flagged == flagged > 0
    assert f"其中 {flagged} 對" in duplicates_report(found, 20).heading
    monkeypatch.setattr(duplication, "FLAGS_COUNTED", 10)
    assert found.flagged is None
    report = duplicates_report(found, 20)
    assert "其中" not in report.heading
    assert any("沒有統計其中幾對" in note for note in report.notes)


def test_pairs_in_columns_are_a_sequence_of_pairs(synthetic: PlanIndex) -> None:
    pairs = find_duplicates(synthetic, scope="within").pairs
    listed = tuple(pairs)
    assert pairs == listed
    assert hash(pairs) == hash(listed)
    assert (pairs[0], pairs[-1]) == (listed[0], listed[-1])
    assert pairs[1:3] == listed[1:3]
    assert pairs.of("copy") == tuple(pair for pair in listed if pair.kind == "copy")
    assert pairs != listed[1:]
    assert pairs != "pairs"


@pytest.mark.usefixtures("as_if_many")
def test_progress_is_told_of_all_items_and_never_goes_back_within_a_stage(synthetic: PlanIndex) -> None:
    told: list[tuple[int, int]] = []
    found = find_duplicates(synthetic, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (found.searched, found.searched)
    assert len(told) > 20
    compared = [done for done, total in told if total == found.searched]
    assert compared == sorted(compared)


@pytest.mark.usefixtures("as_if_many")
def test_gaps_among_many_measures_are_those_among_few(synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    own = synthetic.plans[0].plan
    many = find_gaps(synthetic, own, peers=["all"])
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", N_ITEMS)
    few = find_gaps(synthetic, own, peers=["all"])
    assert abs(many.covered - few.covered) <= 0.02 * few.covered
    found, expected = ({gap.examples[0].id for gap in one.of("measure")} for one in (many, few))
    assert len(found & expected) >= 0.95 * len(expected)


def test_only_so_many_gaps_get_a_second_look_and_the_answer_says_so(
    synthetic: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = synthetic.plans[0].plan
    whole = find_gaps(synthetic, own)
    assert whole.unasked == 0
    monkeypatch.setattr(gaps, "SECOND_LOOKS", 3)
    some = find_gaps(synthetic, own)
    assert some.unasked == len(whole.of("measure")) - 3
    assert some.of("measure")[:3] == whole.of("measure")[:3]
    assert all(gap.also_near is None for gap in some.of("measure")[3:])
    assert any(f"最後 {some.unasked} 種沒有再用問句查一遍" in note for note in gaps_report(some).notes)
