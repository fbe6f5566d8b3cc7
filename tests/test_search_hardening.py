"""Hostile questions, synonyms and damaged indexes get an honest answer or one message."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PLANS, TinyEncoder, plan_of

from plansearch.errors import ConfigurationError, IndexBrokenError, QueryError
from plansearch.index import PlanIndex
from plansearch.retrieval import search, search_by_agency
from plansearch.vocabulary import Expansion, SynonymGroup, Vocabulary, read_vocabulary

Damage = Callable[[Path], object]


@pytest.fixture
def asking(tmp_path: Path, encoder: TinyEncoder) -> PlanIndex:
    words = Vocabulary(question_words=("請問", "如何", "的"))
    PlanIndex.build_from(PLANS, (), tmp_path, encoder=encoder, vocabulary=words)
    return PlanIndex.open(tmp_path, encoder=encoder)


@pytest.mark.parametrize("query", ["如何", "請問如何", "的", "請問，如何的？"])
def test_a_question_that_only_asks_finds_nothing_close(asking: PlanIndex, query: str) -> None:
    assert search(asking, query).hits == ()
    assert {agency.total for agency in search_by_agency(asking, query).agencies} == {0}
    assert search(asking, f"{query}設置無障礙坡道").hits


def test_what_a_broken_console_sends_can_be_written_to_a_file(index: PlanIndex) -> None:
    answers = search(index, "坡道\udcff"), search_by_agency(index, "坡道\udcff")
    assert [answer.query for answer in answers] == ["坡道?", "坡道?"]


def test_quotation_marks_within_quotation_marks_are_no_part_of_a_phrase(index: PlanIndex) -> None:
    result = search(index, '"“單一窗口”"')
    assert (result.phrases, result.total) == (("單一窗口",), 2)


def test_an_item_is_not_both_wanted_and_unwanted(index: PlanIndex) -> None:
    with pytest.raises(QueryError, match="不能又要像又不要像"):
        search(index, like=["east#1", "east#2"], unlike=["east#2"])


def test_words_alone_know_no_likeness_to_turn_away_from(index: PlanIndex) -> None:
    with pytest.raises(QueryError, match="--mode words"):
        search(index, "窗口", unlike=["east#2"], mode="words")


def test_twins_within_a_plan_of_an_unknown_agency_are_no_other_agency(tmp_path: Path, encoder: TinyEncoder) -> None:
    plans = [plan_of("a", "設置單一窗口。", "設置單一窗口。"), plan_of("b", "設置單一窗口。")]
    PlanIndex.build_from(plans, (), tmp_path, encoder=encoder)
    with PlanIndex.open(tmp_path, encoder=encoder) as index:
        (hit,) = search(index, "單一窗口", mode="words").hits
    assert ([twin.id for twin in hit.twins], hit.twin_agencies) == (["a#2", "b#1"], ("b",))


def manifest(key: str, value: object) -> Damage:
    return lambda folder: edit(folder / "manifest.json", lambda values: values.update({key: value}))


def dictionary(key: str, value: object) -> Damage:
    return lambda folder: edit(folder / "dictionary.json", lambda values: values.update({key: value}))


def array(name: str, change: Callable[[Any], Any]) -> Damage:
    return lambda folder: np.save(folder / name, change(np.load(folder / name)))


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def vocabulary(**parts: object) -> Damage:
    return dictionary("vocabulary", {"groups": [], "question_words": [], "ignored": [], **parts})


COLUMNS = ("data.csc.index.npy", "indices.csc.index.npy", "indptr.csc.index.npy")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(manifest("items", "6"), id="a number as text"),
        pytest.param(manifest("model", None), id="no model"),
        pytest.param(manifest("files", []), id="no parts"),
        pytest.param(manifest("chance_mean", "x"), id="chance as text"),
        pytest.param(manifest("chance_deviation", nan), id="chance is no number"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("[" * 100_000), id="a deep manifest"),
        pytest.param(lambda folder: (folder / "dictionary.json").write_text("[" * 100_000), id="a deep dictionary"),
        pytest.param(dictionary("total", 0), id="an empty dictionary"),
        pytest.param(dictionary("common_texts", -1), id="fewer than no texts"),
        pytest.param(dictionary("common_counts", {"窗口": "7"}), id="counts as text"),
        pytest.param(dictionary("common_counts", {"窗口": 10**9}), id="more texts than there are"),
        pytest.param(vocabulary(question_words=[3]), id="a question word that is a number"),
        pytest.param(vocabulary(ignored="窗口"), id="ignored words in one"),
        pytest.param(vocabulary(groups=[{"terms": [""], "wording": [], "source": ""}]), id="an empty term"),
        pytest.param(array("vectors.npy", lambda values: values * nan), id="vectors are no numbers"),
        pytest.param(array("vectors.npy", lambda values: values.astype("U8")), id="vectors as text"),
        pytest.param(array("vector_rows.npy", lambda values: values.astype(float)), id="rows in fractions"),
        pytest.param(array(COLUMNS[0], lambda values: values * nan), id="scores are no numbers"),
        pytest.param(array(COLUMNS[1], lambda values: values + 1000), id="items that are not there"),
        pytest.param(array(COLUMNS[2], lambda values: values[:0]), id="no columns"),
        pytest.param(
            array(COLUMNS[2], lambda values: np.append(values[:-1][::-1], values[-1])), id="columns backwards"
        ),
    ],
)
def test_a_damaged_index_is_told_as_one(index: PlanIndex, encoder: TinyEncoder, damage: Damage) -> None:
    generation = index.directory / "gen-000001"
    damage(generation)
    try:
        lengths = {path.name: path.stat().st_size for path in generation.iterdir() if path.name != "manifest.json"}
        edit(generation / "manifest.json", lambda values: values["files"] and values["files"].update(lengths))
    except RecursionError:
        pass
    with pytest.raises(IndexBrokenError, match="建立索引"), PlanIndex.open(index.directory, encoder=encoder) as damaged:
        search(damaged, "設置單一窗口", why=True)


@pytest.mark.parametrize("word", [r"a\nb", r"\u0000", "，", " "])
def test_synonyms_are_words_on_one_line(tmp_path: Path, word: str) -> None:
    path = tmp_path / "synonyms.toml"
    path.write_text(f'[[group]]\nterms = ["坡道", "{word}"]\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"第 1 段 \[\[group\]\]的 terms"):
        read_vocabulary(path)


def test_of_thousands_of_groups_for_one_word_each_counts_once() -> None:
    groups = tuple(SynonymGroup((f"用語{number}",), ("窗", "窗口")) for number in range(5000))
    expected = [Expansion("窗口", (f"用語{number}",), everyday=True) for number in range(5000)]
    assert list(Vocabulary(groups).expand("單一窗口")) == expected
