from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import TinyEncoder, plan_of
from hypothesis import given
from hypothesis import strategies as st

from plansearch.background import PROBES, common_texts, example_measures, similarity_by_chance, word_statistics
from plansearch.index import PlanIndex
from plansearch.results import SearchMode
from plansearch.retrieval.pools import standard_scores
from plansearch.retrieval.question import understand
from plansearch.retrieval.scoring import (
    ALONE,
    BENEFIT,
    FEW_ITEMS,
    RELATIVE,
    THRESHOLDS,
    Evidence,
    gather,
    grade_of,
    log_odds,
    probability,
    rate,
    touches,
)
from plansearch.text import Tokenizer
from plansearch.yardstick import Chance, WordStatistics

MODES: tuple[SearchMode, ...] = ("hybrid", "meaning", "words")
FIELDS = ("meaning", "words", "similar", "covered", "meant", "reached")


def test_standard_scores_of_equal_values_are_zero() -> None:
    assert standard_scores(np.full(3, 0.84)).tolist() == [0, 0, 0]
    assert standard_scores(np.array([1.0, 2.0, 3.0])) == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)


def test_grades_begin_at_their_thresholds() -> None:
    assert [grade_of(likely) for likely in (1.0, 0.7, 0.69, 0.3, 0.29, 0.05, 0.0)] == [
        *("high", "high", "related", "related", "possible", "possible", "possible")
    ]
    assert list(THRESHOLDS.values()) == sorted(THRESHOLDS.values(), reverse=True)


@given(st.floats(0.001, 0.999))
def test_log_odds_and_probability_undo_each_other(likely: float) -> None:
    assert probability(np.array([log_odds(likely)]))[0] == pytest.approx(likely)


@pytest.mark.parametrize("name", FIELDS)
def test_more_evidence_never_makes_an_answer_less_likely(name: str) -> None:
    for weights in (ALONE, *RELATIVE.values()):
        some = Evidence(*(np.array([0.3, 0.3]) for _ in FIELDS))
        odds = weights.odds(replace(some, **{name: np.array([0.3, 0.8])}))
        assert odds[0] <= odds[1]


@pytest.mark.parametrize("mode", MODES)
def test_odds_are_the_base_and_what_both_legs_give(mode: SearchMode) -> None:
    weights = RELATIVE[mode]
    some = Evidence(*(np.array([value]) for value in (1.0, 2.0, 3.0, 0.4, 0.5, 0.6)))
    whole = weights.base + weights.of_meaning(some) + weights.of_words(some)
    assert weights.odds(some).tolist() == pytest.approx(whole.tolist())


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> PlanIndex:
    """More items than are judged each for itself."""
    folder = tmp_path_factory.mktemp("many")
    plan = plan_of("a", *(f"第{number}場里民座談會於活動中心舉行。" for number in range(60)), "設置無障礙坡道。")
    PlanIndex.build_from([plan], (), folder, encoder=TinyEncoder())
    return PlanIndex.open(folder, encoder=TinyEncoder())


@pytest.mark.parametrize("query", ["無障礙坡道", "座談會", "坐輪椅怎麼進去", "量子", "座談會 量子"])
def test_evidence_stays_within_its_bounds(query: str, many: PlanIndex) -> None:
    evidence = gather(many, understand(many, query), "hybrid").evidence
    for name in ("covered", "meant", "reached"):
        values = getattr(evidence, name)
        assert (values.shape, bool((values >= 0).all()), bool((values <= 1 + 1e-6).all())) == ((61,), True, True)
    assert (evidence.reached >= evidence.covered - 1e-6).all()


@pytest.mark.parametrize(
    ("mode", "looked"), [("meaning", {"meaning", "similar"}), ("words", {*FIELDS} - {"meaning", "similar"})]
)
def test_a_mode_looks_only_at_its_leg(mode: SearchMode, looked: set[str], many: PlanIndex) -> None:
    evidence = gather(many, understand(many, "無障礙坡道"), mode).evidence
    assert {name for name in FIELDS if getattr(evidence, name).any()} <= looked


def test_standing_out_raises_an_item_by_a_bounded_amount(many: PlanIndex) -> None:
    for query in ("無障礙坡道", "座談會", "量子"):
        question = understand(many, query)
        alone = ALONE.odds(gather(many, question, "hybrid").evidence)
        assert (rate(many, question, "hybrid").odds <= alone + BENEFIT + 1e-9).all()


def test_of_few_items_each_is_judged_for_itself(tmp_path: Path) -> None:
    texts = ["設置無障礙坡道。", "每年辦理滿意度調查。"]
    PlanIndex.build_from([plan_of("a", *texts)], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        assert len(index) < FEW_ITEMS
        question = understand(index, "坡道")
        assert (
            rate(index, question, "hybrid").odds.tolist()
            == ALONE.odds(gather(index, question, "hybrid").evidence).tolist()
        )


def test_what_speaks_for_an_item_alone_does_not_depend_on_the_other_items(tmp_path: Path) -> None:
    odds = []
    for number, beside in enumerate([[], ["每年辦理滿意度調查。"], ["無障礙坡道。"] * 3 + ["電話禮貌測試。"] * 50]):
        plan = plan_of("a", "設置無障礙坡道，方便輪椅使用者洽公。", *beside)
        PlanIndex.build_from([plan], (), tmp_path / str(number), encoder=TinyEncoder())
        with PlanIndex.open(tmp_path / str(number), encoder=TinyEncoder()) as index:
            odds.append(ALONE.odds(gather(index, understand(index, "無障礙坡道"), "hybrid").evidence)[0])
    assert odds == pytest.approx([odds[0]] * 3, abs=1e-5)


def test_plans_that_share_nothing_with_a_question_do_not_touch_it(many: PlanIndex) -> None:
    questions = {query: understand(many, query) for query in ("無障礙坡道", "qwertz")}
    touched = {
        query: touches(gather(many, question, "hybrid").evidence, question) for query, question in questions.items()
    }
    assert touched == {"無障礙坡道": True, "qwertz": False}
    assert {query: rate(many, question, "words").touched for query, question in questions.items()} == touched


def test_the_rarer_a_token_the_more_it_tells() -> None:
    statistics = WordStatistics(100, {"服务": 80, "坡道": 2})
    assert statistics.weight("服务") < statistics.weight("坡道") < statistics.weight("没有")
    assert statistics.weight("没有") == pytest.approx(np.log1p(100.5 / 0.5))


def test_chance_is_zero_on_its_own_scale() -> None:
    chance = Chance(0.8, 0.02)
    assert chance.standardise(np.array([0.8, 0.84, 0.78])) == pytest.approx([0, 2, -1])
    assert np.isfinite(Chance(0.5, 0.0).standardise(np.array([0.5, 0.6]))).all()


def test_chance_is_how_near_measures_come_to_the_probes() -> None:
    encoder = TinyEncoder()
    measures = encoder.encode_passages(example_measures())
    chance = similarity_by_chance(encoder, measures)
    similarities = encoder.encode_queries(PROBES) @ measures.T
    assert [chance.mean, chance.deviation] == pytest.approx([similarities.mean(), similarities.std()])
    own = chance.standardise(
        (encoder.encode_queries(example_measures()[:5]) @ measures.T).max(axis=1).astype(np.float64)
    )
    assert (own > 5).all()


def test_the_background_has_every_text_once_and_counts_texts_not_words(full_tokenizer: Tokenizer) -> None:
    texts = common_texts()
    assert len(set(texts)) == len(texts)
    assert set(example_measures()) <= set(texts)
    statistics = word_statistics(full_tokenizer)
    assert statistics.texts == len(texts)
    assert max(statistics.counts.values()) <= len(texts)
    assert statistics.counts["服务"] == sum("服务" in full_tokenizer.tokens(text) for text in texts) > 0
