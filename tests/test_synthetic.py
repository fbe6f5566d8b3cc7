from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from synthetic import SyntheticEncoder, filters_keeping, queries, synthetic_plans
from synthetic_material import material

from plansearch.background import PROBES
from plansearch.building import passage
from plansearch.results import Filters
from plansearch.types import FloatMatrix, Plan, PlanItem

N_ITEMS = 20_000


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return list(synthetic_plans(N_ITEMS))


@pytest.fixture(scope="module")
def items(plans: list[Plan]) -> list[PlanItem]:
    return [item for plan in plans for item in plan.items]


@pytest.fixture(scope="module")
def vectors(items: list[PlanItem]) -> FloatMatrix:
    texts = list(dict.fromkeys(map(passage, items)))
    return SyntheticEncoder().encode_passages(texts[:3000])


def test_there_are_as_many_items_as_asked_for(items: list[PlanItem]) -> None:
    assert len(items) == N_ITEMS
    assert [sum(len(plan.items) for plan in synthetic_plans(n)) for n in (0, 1, 29, 1000)] == [0, 1, 29, 1000]


def test_the_same_seed_gives_the_same_plans_and_another_one_others() -> None:
    assert list(synthetic_plans(500, seed=3)) == list(synthetic_plans(500, seed=3))
    assert next(synthetic_plans(500, seed=3)).items != next(synthetic_plans(500, seed=4)).items


def test_plans_of_fewer_items_are_the_first_of_those_of_more(plans: list[Plan]) -> None:
    fewer = list(synthetic_plans(1000))
    assert fewer[:-1] == plans[: len(fewer) - 1]
    assert fewer[-1].items == plans[len(fewer) - 1].items[: len(fewer[-1].items)]


def test_every_agency_has_one_plan_a_year_and_names_are_unique() -> None:
    plans = list(synthetic_plans(150_000))
    assert len({plan.name for plan in plans}) == len(plans)
    assert len({(plan.metadata.agency, plan.metadata.year) for plan in plans}) == len(plans)
    assert {plan.metadata.year for plan in plans} == set(range(105, 115))


def test_plans_have_fifty_items_of_twenty_cities_and_types(plans: list[Plan]) -> None:
    assert np.mean([len(plan.items) for plan in plans]) == pytest.approx(50, abs=2)
    assert len({plan.metadata.city for plan in plans}) == len({plan.metadata.agency_type for plan in plans}) == 20


def test_texts_are_as_long_as_those_of_real_plans(items: list[PlanItem]) -> None:
    # the sample plans: 15, 29, 57
    low, median, high = np.percentile([len(item.text) for item in items], [5, 50, 95])
    assert 8 <= low <= 17
    assert 25 <= median <= 33
    assert 45 <= high <= 65


def test_some_texts_stand_in_plans_of_several_agencies(plans: list[Plan]) -> None:
    agencies: dict[str, set[str | None]] = {}
    for plan in plans:
        for item in plan.items:
            agencies.setdefault(item.text, set()).add(plan.metadata.agency)
    copied = sum(len(some) > 1 for some in agencies.values())
    assert 0.03 < copied / len(agencies) < 0.2


def test_invented_words_follow_zipf_and_some_are_rare(items: list[PlanItem]) -> None:
    characters = Counter(item.text[place : place + 2] for item in items for place in range(len(item.text) - 1))
    counts = np.asarray([characters[word] for word in material().invented[:300] if len(word) == 2], dtype=float)
    ranks = np.asarray([rank for rank, word in enumerate(material().invented[:300], 1) if len(word) == 2], dtype=float)
    slope = np.polyfit(np.log(ranks), np.log(np.maximum(counts, 1)), 1)[0]
    assert slope == pytest.approx(-1, abs=0.15)
    assert sum(count == 1 for count in characters.values()) > 1000


@pytest.mark.parametrize(("share", "tolerance"), [(0.01, 0.002), (0.9, 0.02)])
def test_filters_keep_the_share_that_they_tell(plans: list[Plan], share: float, tolerance: float) -> None:
    kept = filters_keeping(((plan.metadata, len(plan.items)) for plan in plans), share)
    assert len(kept) == 10
    for one in kept:
        assert one.share == pytest.approx(share, abs=tolerance)
        assert _share(plans, one.filters) == pytest.approx(one.share)


def _share(plans: list[Plan], filters: Filters) -> float:
    def passes(plan: Plan) -> bool:
        own = plan.metadata
        wanted = ((filters.cities, own.city), (filters.types, own.agency_type), (filters.years, own.year))
        return all(not values or value in values for values, value in wanted)

    return sum(len(plan.items) for plan in plans if passes(plan)) / sum(len(plan.items) for plan in plans)


def test_questions_are_deterministic_and_of_many_lengths() -> None:
    asked = queries(200)
    assert asked == queries(200)
    assert asked[:50] == queries(50)
    assert min(map(len, asked)) == 2
    assert max(map(len, asked)) > 12
    assert len(set(asked)) > 180


def test_vectors_are_normalised_and_depend_on_their_text_alone(items: list[PlanItem]) -> None:
    texts = [item.text for item in items[:1500]] + ["", "a", "甲\n乙", "\ud800"]
    encoder = SyntheticEncoder()
    vectors = encoder.encode_passages(texts)
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.dtype(np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(vectors[700:703], SyntheticEncoder().encode_passages(texts[700:703]))
    assert encoder.encode_queries([]).shape == (0, 384)


def test_unrelated_texts_are_as_similar_as_the_bundled_model_finds_them(vectors: FloatMatrix) -> None:
    pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    assert pairs.mean() == pytest.approx(0.887, abs=0.003)
    assert pairs.std() == pytest.approx(0.015, abs=0.002)


def test_texts_that_share_a_clause_are_nearer(vectors: FloatMatrix) -> None:
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -1)
    # the bundled model, on the 461 texts of the sample plans: 0.943
    assert similar.max(axis=1).mean() == pytest.approx(0.943, abs=0.012)


def test_questions_are_near_what_they_ask_for_and_far_from_the_rest(items: list[PlanItem]) -> None:
    encoder = SyntheticEncoder()
    texts = [item.text for item in items[:3000]]
    passages = encoder.encode_passages(texts)
    found = 0
    for number in range(0, 200, 2):
        frame = material().frames[number][-1]
        similar = (encoder.encode_queries([f"{frame.before}紫色{frame.after}"]) @ passages.T)[0]
        holders = [place for place, text in enumerate(texts) if material().clauses[number] in text]
        found += bool(holders) and bool(similar[holders].mean() > similar.mean() + 2 * similar.std())
    assert found >= 80
    off = encoder.encode_queries(PROBES) @ passages.T
    assert off.mean() == pytest.approx(0.819, abs=0.006)
