from __future__ import annotations

import pytest
from conftest import CORPUS

from plansearch.collection import read_plan
from plansearch.text import Tokenizer
from plansearch.tokenising import tokenise

TEXTS = ["無障礙坡道", "QR Code 掃描", "", "無障礙坡道無障礙", "每週三晚上"]


@pytest.mark.parametrize("processes", [1, 2])
def test_numbers_stand_for_the_tokens_of_each_text(processes: int, full_tokenizer: Tokenizer) -> None:
    texts = TEXTS + [item.text for item in read_plan(CORPUS / "113_示範市東湖區公所.txt").items]
    lists = tokenise(texts, full_tokenizer, processes=processes)
    assert list(lists.vocabulary) == sorted(set(lists.vocabulary))
    cut = [[lists.vocabulary[number] for number in numbers] for numbers in lists.of(range(len(texts)))]
    assert cut == [full_tokenizer.passage_tokens(text) for text in texts]


def test_lists_are_given_in_the_order_asked_for(full_tokenizer: Tokenizer) -> None:
    lists = tokenise(TEXTS, full_tokenizer)
    twice = lists.of([3, 0, 3])
    assert len(twice) == 3
    assert twice[0] == twice[2]
    assert twice[0] != twice[1]


def test_nothing_gives_no_tokens(full_tokenizer: Tokenizer) -> None:
    lists = tokenise([], full_tokenizer)
    assert (lists.vocabulary, len(lists.of([]))) == ((), 0)


def test_progress_counts_every_text(full_tokenizer: Tokenizer) -> None:
    told: list[int] = []
    tokenise(TEXTS * 500, full_tokenizer, told=told.append)
    assert sum(told) == len(TEXTS) * 500
    assert len(told) > 1
