from __future__ import annotations

import pytest
from conftest import TinyEncoder, item_of, plan_of

from plansearch.index import PlanIndex
from plansearch.results import SearchMode, Why
from plansearch.retrieval import search

TEXTS = (
    "大廳備有飲水機。入口設置無障礙坡道；坡道旁加裝服務鈴！志工每日巡視",
    "每年辦理滿意度調查。",
    item_of("加裝扶手。", topic="無障礙設施"),
    "（1）。於服務臺提供 QR-Code 掃描。",
)


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> PlanIndex:
    folder = tmp_path_factory.mktemp("explained")
    PlanIndex.build_from([plan_of("a", *TEXTS)], (), folder, encoder=TinyEncoder())
    return PlanIndex.open(folder, encoder=TinyEncoder())


def reasons(index: PlanIndex, query: str, mode: SearchMode = "words", *, exact: bool = False) -> dict[str, Why]:
    answer = search(index, query, mode=mode, limit=None, exact=exact, why=True)
    return {hit.found.id: hit.why for hit in answer.hits if hit.why is not None}


def test_nothing_is_explained_unasked(explained: PlanIndex) -> None:
    assert {hit.why for hit in search(explained, "坡道", mode="words").hits} == {None}


def test_words_in_common_are_given_as_the_item_writes_them(explained: PlanIndex) -> None:
    assert reasons(explained, "服务台 qrcode", exact=True)["a#4"].words == ("服務臺", "QR-Code")
    assert reasons(explained, "無障礙坡道在哪裡", exact=True)["a#1"].words == ("無障礙", "坡道")


def test_words_of_the_topic_count(explained: PlanIndex) -> None:
    assert reasons(explained, "無障礙設施", exact=True)["a#3"].words == ("無障礙", "設施")


def test_added_terms_that_the_item_has_are_named(explained: PlanIndex) -> None:
    reason = reasons(explained, "輪椅 飲水機")["a#1"]
    assert (reason.words, reason.added[:2]) == (("飲水機",), ("無障礙", "坡道"))
    assert reasons(explained, "輪椅 飲水機", exact=True)["a#1"].added == ()


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_the_nearest_sentence_is_a_sentence_of_the_text(mode: SearchMode, explained: PlanIndex) -> None:
    for query in ("設置無障礙坡道", "辦理滿意度調查", "無障礙坡道 服務鈴"):
        for number, reason in reasons(explained, query, mode).items():
            text = next(one.item.text for one in explained.items() if one.id == number)
            assert reason.sentence is not None
            begin, end = reason.sentence
            sentence = text[begin:end]
            assert sentence == sentence.strip() != ""
            assert begin == 0 or text[begin - 1] in "。；！"
            assert end == len(text) or sentence[-1] in "。；！"
            assert not any(stop in sentence[:-1] for stop in "。；！")


@pytest.mark.parametrize("mode", ["hybrid", "words"])
def test_the_nearest_sentence_is_the_one_that_answers(mode: SearchMode, explained: PlanIndex) -> None:
    reason = reasons(explained, "入口設置無障礙坡道", mode)["a#1"]
    assert reason.sentence is not None
    assert TEXTS[0][slice(*reason.sentence)] == "入口設置無障礙坡道；"


def test_a_stretch_without_a_letter_is_no_sentence(explained: PlanIndex) -> None:
    reason = reasons(explained, "QR Code")["a#4"]
    assert reason.sentence == (4, 22)


@pytest.mark.parametrize(("mode", "share"), [("meaning", 1.0), ("words", 0.0)])
def test_a_leg_alone_has_the_whole_share(mode: SearchMode, share: float, explained: PlanIndex) -> None:
    assert {reason.meaning_share for reason in reasons(explained, "設置無障礙坡道", mode).values()} == {share}


def test_both_legs_share_what_speaks_for_an_item(explained: PlanIndex) -> None:
    shares = [reason.meaning_share for reason in reasons(explained, "設置無障礙坡道", "hybrid").values()]
    assert shares
    assert all(0 < share < 1 for share in shares)


def test_likeness_is_explained_by_the_words_of_what_it_is_like(explained: PlanIndex) -> None:
    answer = search(explained, like=["a#3"], mode="words", limit=None, why=True, fold_equal=False)
    why = {hit.found.id: hit.why for hit in answer.hits}["a#1"]
    assert why is not None
    assert "加裝" in why.words
