"""No word is lost: what stands in the samples is found by it, however it is written, and shown as it stands there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import opencc
import pytest
from conftest import CORPUS, TinyEncoder, plan_of

from plansearch.index import PlanIndex
from plansearch.report.rendering import render
from plansearch.report.reports import search_report
from plansearch.report.screen import Screen
from plansearch.results import IndexedItem
from plansearch.retrieval import search
from plansearch.retrieval.searching import inquire
from plansearch.text import SPELLING_VARIANTS, fold, fold_characters

HAN = re.compile(r"[\u4e00-\u9fff]+")


def found(index: PlanIndex, query: str) -> list[str]:
    result = search(index, query, mode="words", limit=None, fold_equal=False, exact=True)
    return [hit.found.id for hit in result.hits]


def searched(one: IndexedItem) -> list[str]:
    return [one.item.topic or "", one.item.text]


def owners(index: PlanIndex, parts: Callable[[str], Sequence[str]]) -> dict[str, set[str]]:
    """The measures that have each part of a text."""
    having: dict[str, set[str]] = defaultdict(set)
    for one in index.items():
        if one.item.is_measure:
            for part in (part for text in searched(one) for part in parts(text)):
                having[part].add(one.id)
    return having


def pairs(text: str) -> list[str]:
    return [first + second for run in HAN.findall(text) for first, second in pairwise(run)]


def test_every_two_neighbouring_characters_find_all_items_that_have_them(samples: PlanIndex) -> None:
    """All pairs by what is close to them; some of them by whole answers, which take longer."""
    having = owners(samples, pairs)
    assert len(having) > 5000
    names = [one.id for one in samples.items()]
    lost = {}
    for pair, ids in having.items():
        close = inquire(samples, pair, mode="words", exact=True).close
        if missing := ids - {names[position] for position in close.tolist()}:
            lost[pair] = missing
    assert lost == {}
    assert [pair for pair in list(having)[::20] if not having[pair] <= set(found(samples, pair))] == []


def test_every_latin_word_and_number_finds_all_items_that_have_it(samples: PlanIndex) -> None:
    having = owners(samples, re.compile(r"[A-Za-z0-9]+").findall)
    assert len(having) > 15
    assert {word: missing for word, ids in having.items() if (missing := ids - set(found(samples, word)))} == {}


def test_every_phrase_of_one_or_two_characters_finds_just_the_items_that_have_it(samples: PlanIndex) -> None:
    sampled = owners(samples, lambda text: [*pairs(text)[::40], *(run[0] for run in HAN.findall(text)[:1])])
    texts = {one.id: searched(one) for one in samples.items()}
    assert len(sampled) > 300
    for phrase, ids in sampled.items():
        answer = found(samples, f'"{phrase}"')
        assert ids <= set(answer), phrase
        for number in answer:
            folded = [way(re.sub(r"\s", "", text)) for text in texts[number] for way in (fold, fold_characters)]
            assert any(fold(phrase) in text for text in folded), (phrase, number)


TO_SIMPLIFIED, FROM_SIMPLIFIED = opencc.OpenCC("t2s"), opencc.OpenCC("s2t")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
WORDS = [
    *(
        "無障礙",
        "臺北",
        "服務臺",
        "櫃檯",
        "滿意度調查",
        "電話禮貌",
        "QR Code",
        "LINE",
        "CSV",
        "申辦",
        "行動服務",
        "線上",
    ),
    *(
        "計畫",
        "聯絡",
        "身分",
        "布告欄",
        "證明",
        "里辦公處",
        "哺集乳室",
        "新住民",
        "陳情",
        "戶籍謄本",
        "紙本",
        "服務台",
        "線上",
    ),
]


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda word: word.replace("臺", "台"), id="台 for 臺"),
        pytest.param(lambda word: word.replace("台", "臺"), id="臺 for 台"),
        pytest.param(lambda word: word.translate(FULL_WIDTH), id="full width"),
        pytest.param(str.upper, id="upper case"),
        pytest.param(str.lower, id="lower case"),
        pytest.param(TO_SIMPLIFIED.convert, id="Simplified"),
    ],
)
def test_the_same_word_in_another_writing_finds_the_same_items(write: Callable[[str], str], samples: PlanIndex) -> None:
    changed = {word: write(word) for word in WORDS}
    assert any(word != other for word, other in changed.items())
    assert {word: found(samples, other) for word, other in changed.items()} == {
        word: found(samples, word) for word in WORDS
    }


CHARACTERS = [
    *(("計畫", "計劃"), ("布告", "佈告"), ("佔用", "占用"), ("證明", "証明"), ("這裡", "這裏"), ("櫃台", "櫃臺")),
    *(("群眾", "羣眾"), ("為民", "爲民"), ("污水", "汙水"), ("週邊", "周邊"), ("床位", "牀位"), ("線上", "綫上")),
]
"""Ways to write a character; those of whole words are in `SPELLING_VARIANTS`."""


@pytest.mark.parametrize(("one", "other"), [*CHARACTERS, *SPELLING_VARIANTS.items()])
def test_both_spellings_find_an_item_in_either(one: str, other: str, tmp_path: Path) -> None:
    one, other = FROM_SIMPLIFIED.convert(one), FROM_SIMPLIFIED.convert(other)
    texts = [f"設置{one}專區。", "電話鈴響三聲內接聽。", f"設置{other}專區。"]
    PlanIndex.build_from([plan_of("a", *texts)], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        for spelling in (one, other, f'"{one}"', f'"{other}"', TO_SIMPLIFIED.convert(one)):
            assert sorted(found(index, spelling)) == ["a#1", "a#3"], spelling


def test_what_is_shown_is_what_the_source_has(samples: PlanIndex) -> None:
    """Texts of one line are compared letter by letter; others are cut by line ends, cells and repeated headers."""
    whole = cut = 0
    for one in samples.items():
        span = one.item.span
        if not one.plan.endswith(".txt") or span.first_line is None:
            continue
        lines = (CORPUS / one.plan).read_text(encoding="utf-8").split("\n")
        place = lines[span.first_line - 1 : span.last_line or span.first_line]
        if len(place) == 1:
            assert one.item.text in place[0], one.location
            whole += 1
        else:
            assert stands_in(one.item.text, "\n".join(place)), one.location
            cut += 1
    assert (whole > 300, cut > 10) == (True, True)


def stands_in(text: str, source: str) -> bool:
    """Whether a text is two or three stretches of the source, in order."""
    at = 0
    for _ in range(3):
        length = next((end for end in range(len(text), 0, -1) if text[:end] in source[at:]), 0)
        at += source[at:].index(text[:length]) + length
        text = text[length:].lstrip()
        if not text:
            return True
    return False


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_terminal_shows_every_letter_of_a_text(columns: int, samples: PlanIndex) -> None:
    result = search(samples, "服務", mode="words", limit=None, fold_equal=False)
    assert len(result.hits) > 50
    shown = render(search_report(result), "table", Screen(columns))
    for sign in " \n【】":
        shown = shown.replace(sign, "")
    missing = [hit.found.id for hit in result.hits if re.sub(r"[ \n]", "", hit.found.item.text) not in shown]
    assert missing == []
