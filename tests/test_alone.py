from __future__ import annotations

import numpy as np
import pytest

from plansearch.index import PlanIndex
from plansearch.retrieval import alone, answers_measures

MEASURES = ("設置無障礙坡道，方便輪椅使用者洽公。", "每季辦理電話禮貌測試。", "提供 QR Code 連結線上申辦。")


def test_measures_that_are_asked_together_are_answered_as_each_alone(samples: PlanIndex) -> None:
    positions = [40, 3, 17, 120]
    together = answers_measures(samples, MEASURES, positions)
    each = [answers_measures(samples, [text], positions)[0] for text in MEASURES]
    assert together.shape == (3, 4)
    assert np.array_equal(together, np.stack(each))
    assert np.array_equal(together[:, ::-1], answers_measures(samples, MEASURES, positions[::-1]))


def test_some_items_of_a_large_index_are_rated_as_all_of_a_small_one(
    samples: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions = range(0, len(samples), 7)
    whole = answers_measures(samples, MEASURES, positions)
    monkeypatch.setattr(alone, "RATED_WHOLE", 0)
    assert np.allclose(answers_measures(samples, MEASURES, positions), whole, atol=1e-5)


def test_what_says_its_requirement_again_answers_no_measure(samples: PlanIndex) -> None:
    restating = sorted(samples.restating)
    assert restating
    assert not answers_measures(samples, MEASURES, restating).any()


def test_no_measure_asks_nothing(samples: PlanIndex) -> None:
    assert answers_measures(samples, [], [1, 2]).shape == (0, 2)


def test_progress_is_told_of_measures(samples: PlanIndex) -> None:
    told: list[tuple[int, int]] = []
    answers_measures(samples, MEASURES * 12, [1], lambda done, total: told.append((done, total)))
    assert told == [(32, 36), (36, 36)]
