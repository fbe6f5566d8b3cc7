from __future__ import annotations

import json
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from comparing import LAWYER, RAMP, SURVEY, award, index_of, plan
from conftest import SHARED, needs_shared

from plansearch.findings import TradeOff
from plansearch.index import PlanIndex
from plansearch.matching import (
    COPY_THRESHOLD,
    SAME_THRESHOLD,
    Links,
    Matcher,
    alike_pairs,
    assign,
    candidates,
    cluster,
    cluster_many,
    cluster_texts,
    numbered,
)
from plansearch.matching.trade import COPY_TRADE, JUDGED_PAIRS, SAME_TRADE
from plansearch.matching.words import character_pairs, read_words

OWN_PAIRS = Path(__file__).parents[1] / "benchmarks" / "pairs.jsonl"
FIELDS = ("lexical", "semantic", "copied", "same")


def test_words_are_pairs_of_characters_and_whole_latin_words() -> None:
    assert character_pairs("設 QR Code，每月3次。") == ["设", "qr", "code", "每月", "3", "次"]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        pytest.param("設置坡道及扶手，由志工協助。", ["設置坡道及扶手", "由志工協助"], id="at punctuation"),
        pytest.param("眼鏡、文具、雨傘", ["眼鏡、文具、雨傘"], id="names in a list are no clauses"),
        pytest.param("", [""], id="nothing"),
    ],
)
def test_clauses_stand_between_punctuation(text: str, clauses: list[str], samples: PlanIndex) -> None:
    read = read_words(samples, ["別的文字。", text])
    rows = read.clauses[read.clause_ends[0] : read.clause_ends[1]]
    assert np.diff(rows.indptr).tolist() == [len(set(character_pairs(clause))) for clause in clauses]


def test_equal_texts_share_all_and_others_little(tmp_path: Path) -> None:
    east = plan("east.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="東區公所")
    west = plan("west.txt", [(RAMP, "1.3"), (LAWYER, "6.4")], agency="西區公所")
    with index_of(tmp_path, east, west) as index:
        likeness = Matcher(index, range(4)).likeness(np.array([0, 1]), np.array([2, 3]))
    assert [round(float(each), 4) for each in (likeness.lexical[0], likeness.semantic[0])] == [1.0, 1.0]
    assert likeness.copied[0] > 0.99
    assert likeness.lexical[1] < 0.1
    assert likeness.same[1] < 0.1


def test_one_requirement_speaks_for_one_measure_across_plans_only(tmp_path: Path) -> None:
    texts = [("每季抽測電話應對一次。", "1.3"), ("辦理電話禮貌抽測。", "1.3")]
    within = plan("within.txt", texts, agency="東區公所")
    across = [plan("a.txt", texts[:1], agency="南區公所"), plan("b.txt", texts[1:], agency="北區公所")]
    apart = plan("c.txt", [(texts[1][0], "5.1")], agency="中區公所")
    crossed = plan("d.txt", [award(texts[1][0], "A.1.2", "1.3")], agency="港區公所", framework="service_award_2017")
    with index_of(tmp_path, within, *across, apart, crossed) as index:
        same = Matcher(index, range(6)).likeness(np.array([0, 2, 2, 2]), np.array([1, 3, 4, 5])).same
    assert same[0] == pytest.approx(same[2])
    assert same[1] > same[2]
    assert same[3] == pytest.approx(same[1])


def test_pairs_and_tables_of_pairs_are_judged_alike(samples: PlanIndex) -> None:
    matcher = Matcher(samples, range(0, len(samples), 9))
    rows = np.arange(len(matcher))
    table = matcher.likeness_between(rows, rows)
    pairs = matcher.likeness(np.repeat(rows, len(rows)), np.tile(rows, len(rows)))
    for field in FIELDS:
        assert np.allclose(getattr(table, field).ravel(), getattr(pairs, field), atol=1e-4)


def test_likeness_has_no_direction(samples: PlanIndex) -> None:
    matcher = Matcher(samples, range(0, len(samples), 9))
    rows = np.arange(len(matcher))
    table = matcher.likeness_between(rows, rows)
    for field in FIELDS:
        assert np.allclose(getattr(table, field), getattr(table, field).T, atol=1e-4)
        assert 0 <= getattr(table, field).min() <= getattr(table, field).max() <= 1


def test_a_small_index_of_two_plans_judges_as_a_large_one_does(samples: PlanIndex, tmp_path: Path) -> None:
    """The weights of words and the scale of meaning come mostly from what plans say in general."""
    names = ("113_示範市東湖區公所.txt", "113_示範市西嶺區公所.txt")
    positions = [place for place, one in enumerate(samples.items()) if one.plan in names]
    from plansearch.collection import read_plan  # noqa: PLC0415

    plans = [read_plan(Path(samples.manifest.folder) / name) for name in names]
    PlanIndex.build_from(plans, (), tmp_path / "two")
    with PlanIndex.open(tmp_path / "two") as two:
        large, small = Matcher(samples, positions), Matcher(two, range(len(two)))
        rows = np.arange(len(positions))
        before, after = large.likeness_between(rows, rows), small.likeness_between(rows, rows)
    assert np.abs(before.same - after.same).mean() < 0.01
    assert ((before.same >= SAME_THRESHOLD) == (after.same >= SAME_THRESHOLD)).mean() > 0.99


def test_of_many_items_only_likely_pairs_are_looked_at_and_none_is_missed(
    samples: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    matcher = Matcher(samples, range(len(samples)))
    every = alike_pairs(matcher, SAME_THRESHOLD)
    monkeypatch.setattr(candidates, "ALL_PAIRS_LIMIT", 10)
    monkeypatch.setattr(candidates, "LOOKED_AT", 0)
    few = alike_pairs(matcher, SAME_THRESHOLD)
    whole = set(zip(every.first.tolist(), every.second.tolist(), strict=True))
    found = set(zip(few.first.tolist(), few.second.tolist(), strict=True))
    assert found <= whole
    assert len(found) >= 0.98 * len(whole)
    assert len(candidates.pairs_worth_a_look(matcher)[0]) < 0.25 * len(matcher) ** 2 / 2


def test_no_pair_comes_twice_and_each_is_in_order(samples: PlanIndex) -> None:
    pairs = alike_pairs(Matcher(samples, range(len(samples))), 0.3)
    listed = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert len(set(listed)) == len(listed)
    assert all(first < second for first, second in listed)


def test_nothing_to_compare_gives_no_pairs(samples: PlanIndex) -> None:
    assert len(alike_pairs(Matcher(samples, []), 0.0)) == 0
    assert len(alike_pairs(Matcher(samples, [3]), 0.0)) == 0


@pytest.mark.parametrize("seed", range(12))
def test_the_assignment_is_the_best_there_is(seed: int) -> None:
    scores = np.random.default_rng(seed).random((4, 5))
    floor = 0.4
    best = max(
        sum(scores[row, column] for row, column in enumerate(columns) if scores[row, column] >= floor)
        for columns in permutations(range(5), 4)
    )
    pairs = assign(scores, floor)
    assert sum(scores[pair] for pair in pairs) == pytest.approx(best)
    assert all(scores[pair] >= floor for pair in pairs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)


def test_a_greedy_choice_does_not_spoil_the_assignment() -> None:
    assert assign(np.array([[0.9, 0.8], [0.8, 0.1]]), 0.5) == [(0, 1), (1, 0)]


def test_a_chain_is_no_group() -> None:
    chain = {(0, 1): 0.9, (1, 2): 0.9, (2, 3): 0.9}
    assert cluster(4, chain, 0.5) == [[0, 1], [2, 3]]


def test_items_that_are_alike_on_average_are_one_group() -> None:
    pairs = dict.fromkeys(combinations(range(3), 2), 0.8) | {(3, 4): 0.7}
    assert cluster(6, pairs, 0.5) == [[0, 1, 2], [3, 4]]


def test_groups_do_not_depend_on_the_order_of_the_pairs() -> None:
    pairs = {(0, 1): 0.9, (0, 2): 0.6, (1, 2): 0.5, (2, 3): 0.7, (3, 4): 0.2}
    orders = [dict(reversed(pairs.items())), pairs]
    assert cluster(5, orders[0], 0.5) == cluster(5, orders[1], 0.5)


def links(pairs: dict[tuple[int, int], float]) -> Links:
    ends = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return Links(ends[:, 0], ends[:, 1], np.array(list(pairs.values())))


def test_what_has_one_text_counts_once_and_stays_together() -> None:
    texts = numbered(["b", "a", "c", "a", "a", "d"])
    pairs = links({(0, 1): 0.8, (1, 2): 0.1, (3, 4): 1.0})
    assert cluster_texts(texts, pairs, 0.5) == [[0, 1, 3, 4]]
    assert cluster_texts(texts, links({}), 0.5) == [[1, 3, 4]]
    assert cluster_texts(numbered([]), links({}), 0.5) == []


def test_of_equal_texts_it_does_not_matter_which_rows_pairs_are_given() -> None:
    texts = numbered(["a", "b", "a", "b"])
    one, other = links({(0, 1): 0.8}), links({(1, 2): 0.8})
    assert cluster_texts(texts, one, 0.5) == cluster_texts(texts, other, 0.5) == [[0, 1, 2, 3]]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("threshold", [0.2, 0.5])
def test_many_pairs_make_the_same_groups_as_few(seed: int, threshold: float) -> None:
    random = np.random.default_rng(seed)
    n_items = 60
    chosen = [pair for pair in combinations(range(n_items), 2) if random.random() < 0.3]
    pairs = {pair: float(random.random()) for pair in chosen}
    assert cluster_many(n_items, links(pairs), threshold) == cluster(n_items, pairs, threshold)


def test_pairs_that_are_equally_alike_make_the_same_groups_whatever_their_number() -> None:
    whole = dict.fromkeys(combinations(range(5), 2), 1.0) | dict.fromkeys(combinations(range(5, 8), 2), 1.0)
    assert cluster_many(9, links(whole), 0.5) == cluster(9, whole, 0.5) == [[0, 1, 2, 3, 4], [5, 6, 7]]
    assert cluster_many(9, links({}), 0.5) == []


def figures(index: PlanIndex, pairs: Path) -> tuple[float, float]:
    """F1 of copies, and of copies and equal measures."""
    places: dict[tuple[str, str], list[int]] = {}
    for position, found in enumerate(index.items()):
        places.setdefault((found.plan, letters(found.item.text)), []).append(position)
    matcher = Matcher(index, range(len(index)))
    judged = [json.loads(line) for line in pairs.read_text(encoding="utf-8").splitlines()]
    first = [places[one["a_plan"], letters(one["a_text"])][0] for one in judged]
    second = [
        next(place for place in places[one["b_plan"], letters(one["b_text"])] if place != other)
        for one, other in zip(judged, first, strict=True)
    ]
    labels = np.array([one["label"] for one in judged])
    likeness = matcher.likeness(np.array(first), np.array(second))
    copied = likeness.copied >= COPY_THRESHOLD
    return f1(copied, labels == 3), f1(copied | (likeness.same >= SAME_THRESHOLD), labels >= 2)


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.replace("<p>", ""))).lower()


def f1(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    return float(2 * (found & truth).sum() / (found.sum() + truth.sum()))


def test_judged_pairs_of_the_sample_plans_are_told_apart(samples: PlanIndex) -> None:
    copy, same = figures(samples, OWN_PAIRS)
    assert copy >= 0.93
    assert same >= 0.80


@needs_shared
def test_judged_pairs_of_the_real_plans_are_told_apart(real: PlanIndex) -> None:
    copy, same = figures(real, SHARED / "eval" / "pairs.jsonl")
    assert copy >= 0.93
    assert same >= 0.80


@pytest.mark.parametrize("trade", [COPY_TRADE, SAME_TRADE], ids=["copy", "same"])
def test_a_higher_threshold_finds_fewer_and_misses_more(trade: tuple[TradeOff, ...]) -> None:
    rows = [(one.threshold, one.found, one.missed, one.right + one.missed) for one in trade]
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert [row[2] for row in rows] == sorted(row[2] for row in rows)
    assert len({row[3] for row in rows}) == 1
    assert all(row[1] < JUDGED_PAIRS for row in rows)
