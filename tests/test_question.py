from __future__ import annotations

import pytest
from conftest import TinyEncoder

from plansearch.index import PlanIndex
from plansearch.retrieval import search
from plansearch.retrieval.question import understand


@pytest.mark.parametrize(
    ("query", "text", "phrases"),
    [
        pytest.param('"單一窗口"', "單一窗口", ("單一窗口",), id="straight"),
        pytest.param("“單一窗口”", "單一窗口", ("單一窗口",), id="curly"),
        pytest.param("＂單一窗口＂", "單一窗口", ("單一窗口",), id="full width"),
        pytest.param('設置 "單一窗口" 櫃檯', "設置  單一窗口  櫃檯", ("單一窗口",), id="with other words"),
        pytest.param('"QR" “鈴” "QR"', "QR   鈴   QR", ("QR", "鈴"), id="several, each once"),
        pytest.param('" 窗口 "', "窗口", ("窗口",), id="space inside"),
        pytest.param('窗口 "', '窗口 "', (), id="one mark alone"),
        pytest.param('"窗口" "坡道', '窗口  "坡道', ("窗口",), id="the last one open"),
        pytest.param("”窗口“", "”窗口“", (), id="the wrong way round"),
        pytest.param('"" 窗口', "窗口", (), id="empty"),
        pytest.param('"，" 窗口', "，  窗口", (), id="punctuation alone"),
        pytest.param("「窗口」", "「窗口」", (), id="brackets only name"),
    ],
)
def test_what_stands_in_quotation_marks_is_a_phrase(
    query: str, text: str, phrases: tuple[str, ...], index: PlanIndex
) -> None:
    question = understand(index, query)
    assert (question.text.split(), question.phrases) == (text.split(), phrases)


def test_words_that_only_ask_are_not_searched(index: PlanIndex) -> None:
    asked, plain = understand(index, "怎麼設置坡道"), understand(index, "設置坡道")
    assert asked.tokens == plain.tokens
    assert understand(index, "坡道在哪裡").tokens == understand(index, "坡道").tokens
    assert [hit.found.id for hit in search(index, "坡道在哪裡", mode="words").hits] == ["east.txt#1"]


def test_a_pair_across_a_word_that_only_asks_is_no_word(index: PlanIndex) -> None:
    tokens = understand(index, "窗口的坡道").tokens
    assert "口坡" not in tokens
    assert {"窗口", "坡道"} <= set(tokens)


@pytest.mark.parametrize("query", ["怎麼辦", "為什麼", "請問有沒有"])
def test_a_question_of_nothing_else_is_searched_by_what_it_has(query: str, index: PlanIndex) -> None:
    question = understand(index, query)
    assert question.tokens == tuple(index.tokenizer.tokens(query)) != ()
    assert search(index, query, mode="words").hits == ()


def test_terms_are_added_unless_the_words_are_to_be_taken_exactly(index: PlanIndex) -> None:
    (added,) = understand(index, "單一窗口").expansions
    assert (added.word, added.everyday) == ("單一窗口", False)
    assert understand(index, "單一窗口", exact=True).expansions == ()
    result, exact = search(index, "單一窗口"), search(index, "單一窗口", exact=True)
    assert [(one.word, one.terms) for one in result.added] == [("單一窗口", added.terms)]
    assert (result.exact, exact.exact, exact.added) == (False, True, ())


def test_words_that_no_plan_has_are_told_as_they_were_written(index: PlanIndex) -> None:
    assert search(index, "量子電腦 坡道").unknown == ("量子", "電腦")
    assert search(index, "坡道").unknown == ()


def test_lone_surrogates_reach_no_model(index: PlanIndex) -> None:
    assert understand(index, "窗\udce7口").text == "窗?口"


def test_a_question_keeps_the_words_it_repeats(index: PlanIndex) -> None:
    assert understand(index, "窗口 窗口").tokens.count("窗口") == 2 * understand(index, "窗口").tokens.count("窗口")


def test_only_the_first_added_terms_blur_the_meaning(index: PlanIndex) -> None:
    question = understand(index, "單一窗口")
    (added,) = question.expansions
    assert question.expanded_text == " ".join(["單一窗口", *added.terms[:4]])
    assert understand(index, "坡度", exact=True).expanded_text == "坡度"
    assert isinstance(index.encoder, TinyEncoder)
