from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TinyEncoder, item_of, plan_of

from plansearch.index import PlanIndex
from plansearch.results import Filters, SearchMode
from plansearch.retrieval import search


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> PlanIndex:
    folder = tmp_path_factory.mktemp("phrases")
    plan = plan_of(
        "a",
        "掃描 QR Code 填寫問卷。",
        "掃描QRCode即可。",
        "於服務臺設置服務鈴。",
        "於服務台設置坡道。",
        item_of("加裝扶手。", topic="無障礙設施"),
        "1,600 人次，每年 12 場。",
        "單 一 窗 口辦理；窗口單一化。",
        "以LINE通知；line pay繳費。",
    )
    PlanIndex.build_from([plan], (), folder, encoder=TinyEncoder())
    return PlanIndex.open(folder, encoder=TinyEncoder())


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        pytest.param('"鈴"', [3], id="one character"),
        pytest.param('"坡道"', [4], id="two characters"),
        pytest.param('"服務台"', [3, 4], id="臺 and 台"),
        pytest.param('"服务臺"', [3, 4], id="Simplified"),
        pytest.param('"QR"', [1, 2], id="a part of a Latin word"),
        pytest.param('"qr code"', [1, 2], id="white space does not count"),
        pytest.param('"ＱＲｃｏｄｅ"', [1, 2], id="full width"),
        pytest.param('"掃描QR"', [1, 2], id="Chinese and Latin"),
        pytest.param('"e即"', [2], id="across the border"),
        pytest.param('"無障礙"', [5], id="only in the topic"),
        pytest.param('"單一窗口"', [7], id="white space in the text"),
        pytest.param('"600"', [6], id="a part of a number"),
        pytest.param('"1,600 人"', [6], id="number with its mark"),
        pytest.param('"LINE"', [8], id="letter case"),
        pytest.param('"服務" "坡道"', [4], id="both of two"),
        pytest.param('"服務" 問卷', [3, 4], id="other words order and do not choose"),
        pytest.param('"單一化窗口"', [], id="the words in another order"),
        pytest.param('"量子"', [], id="nobody has it"),
        pytest.param('"障礙 加裝"', [], id="not across topic and text"),
    ],
)
def test_a_phrase_is_had_letter_for_letter(
    query: str, numbers: list[int], mode: SearchMode, written: PlanIndex
) -> None:
    result = search(written, query, mode=mode, limit=None)
    assert sorted(int(hit.found.id.partition("#")[2]) for hit in result.hits) == numbers
    assert result.total == len(numbers)


def test_where_nobody_has_a_phrase_its_words_are_shown_apart(written: PlanIndex) -> None:
    result = search(written, '"單一化窗口"', mode="words")
    assert (result.hits, result.phrases) == ((), ("單一化窗口",))
    assert result.by_words[0].found.id == "a#7"


def test_a_phrase_is_marked_in_the_text(written: PlanIndex) -> None:
    (hit,) = search(written, '"鈴"').hits
    assert [hit.found.item.text[slice(*span)] for span in hit.matched] == ["鈴"]


def test_filters_hold_for_phrases_too(tmp_path: Path) -> None:
    plans = [plan_of("a", "設置坡道。", year=112), plan_of("b", "設置坡道兩座。", year=113)]
    PlanIndex.build_from(plans, (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        result = search(index, '"坡道"', filters=Filters(years=(113,)))
        assert [hit.found.id for hit in result.hits] == ["b#1"]
