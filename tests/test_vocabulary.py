from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import TinyEncoder

from plansearch.errors import ConfigurationError
from plansearch.index import PlanIndex
from plansearch.retrieval import search
from plansearch.text import fold
from plansearch.vocabulary import Expansion, SynonymGroup, Vocabulary, bundled_vocabulary, read_vocabulary

RAMP = SynonymGroup(("無障礙", "坡道"), ("輪椅",), "通行說法")
ONLINE = SynonymGroup(("線上申辦", "網路申辦"))
APPLYING = SynonymGroup(("申辦", "受理"))
WIFI = SynonymGroup(("WiFi", "無線網路"), ("AP",))
WORDS = Vocabulary((RAMP, ONLINE, APPLYING, WIFI), ("怎麼", "哪裡"), ("服務",))


@pytest.mark.parametrize(
    ("question", "expansions"),
    [
        pytest.param("無障礙", (Expansion("無障礙", ("坡道",), everyday=False),), id="a term leads to the others"),
        pytest.param("輪椅", (Expansion("輪椅", ("無障礙", "坡道"), everyday=True),), id="a wording to all terms"),
        pytest.param("坡道給輪椅", (Expansion("坡道", ("無障礙",), everyday=False),
                                Expansion("輪椅", ("無障礙",), everyday=True)), id="no terms that it has"),
        pytest.param("无障碍", (Expansion("无障碍", ("坡道",), everyday=False),), id="simplified, as it was written"),
        pytest.param("線上申辦", (Expansion("線上申辦", ("網路申辦",), everyday=False),), id="the longest counts"),
        pytest.param("輪椅、輪椅", (Expansion("輪椅", ("無障礙", "坡道"), everyday=True),), id="each word once"),
        pytest.param("wifi 密碼", (Expansion("wifi", ("無線網路",), everyday=False),), id="letter case"),
        pytest.param("ＷＩＦＩ", (Expansion("ＷＩＦＩ", ("無線網路",), everyday=False),), id="full width"),
        pytest.param("開AP吧", (Expansion("AP", ("WiFi", "無線網路"), everyday=True),), id="Latin beside Chinese"),
        pytest.param("APP", (), id="a part of a Latin word is another word"),
        pytest.param("wifi6", (), id="a part of a number is another word"),
        pytest.param("無障礙坡道", (), id="all terms are there"),
        pytest.param("滿意度", (), id="a word that no group has"),
        pytest.param("", (), id="nothing"),
    ],
)  # fmt: skip
def test_a_word_is_said_in_the_other_ways(question: str, expansions: tuple[Expansion, ...]) -> None:
    assert WORDS.expand(question) == expansions


@pytest.mark.parametrize("question", ["無障礙", "坡道給輪椅", "线上申办怎麼用 ap？", "服務", ""])
def test_the_other_terms_are_those_of_all_words(question: str) -> None:
    terms = {term for one in WORDS.expand(question) for term in one.terms}
    assert WORDS.other_terms(fold(question)) == terms


def test_two_lists_are_searched_together() -> None:
    both = Vocabulary((RAMP,), ("怎麼",)) + Vocabulary((ONLINE,), ("哪裡",), ("輪椅",))
    assert both == Vocabulary((RAMP, ONLINE), ("怎麼", "哪裡"), ("輪椅",))
    assert both.expand("輪椅") == ()
    assert both.expand("坡道") == (Expansion("坡道", ("無障礙",), everyday=False),)


def test_words_that_only_ask_are_known_folded() -> None:
    assert [WORDS.only_asks(fold(word)) for word in ("怎麼", "哪裡", "怎", "坡道")] == [True, True, False, False]


def test_a_list_comes_back_from_json() -> None:
    assert Vocabulary.from_json(json.loads(json.dumps(WORDS.to_json()))) == WORDS


@pytest.mark.parametrize("values", [{}, {"groups": [{"terms": ["甲"]}]}, {"groups": 1}], ids=["none", "cut", "number"])
def test_json_that_is_no_list_is_refused(values: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        Vocabulary.from_json(values)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.toml"
    path.write_text(
        '\ufeffquestion_words = ["怎麼 "]\nignored = ["服務"]\n'
        '[[group]]\nterms = ["無障礙", "坡道"]\nwording = ["輪椅"]\nsource = "通行說法"\n[[group]]\nterms = ["叫號"]\n',
        encoding="utf-8",
    )
    assert read_vocabulary(path) == Vocabulary((RAMP, SynonymGroup(("叫號",))), ("怎麼",), ("服務",))


def test_no_file_is_an_empty_list(tmp_path: Path) -> None:
    assert read_vocabulary(tmp_path / "synonyms.toml") == Vocabulary()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("[[group]\n", "請確認它是 UTF-8 的 TOML 檔", id="no TOML"),
        pytest.param("synonyms = []\n", "有不認識的欄位 synonyms；可用的是 group", id="unknown field"),
        pytest.param('[group]\nterms = ["甲"]\n', r"要各寫一段 \[\[group\]\]（兩層方括號）", id="one bracket"),
        pytest.param("group = [1]\n", "第 1 段.*請照 terms、wording、source 三欄填寫", id="no table"),
        pytest.param(
            '[[group]]\nterms = ["甲"]\n[[group]]\nterm = ["乙"]\n',
            "第 2 段.*有不認識的欄位 term；可用的是 terms",
            id="unknown field of a group",
        ),
        pytest.param('[[group]]\nwording = ["甲"]\n', "第 1 段.*缺少 terms.*例如", id="no terms"),
        pytest.param('[[group]]\nterms = "甲"\n', "第 1 段.*terms 要是一列詞，例如", id="terms in no list"),
        pytest.param('[[group]]\nterms = ["甲", ""]\n', "第 1 段.*terms 要是一列詞", id="an empty term"),
        pytest.param('[[group]]\nterms = ["甲"]\nwording = [1]\n', "第 1 段.*wording 要是一列詞", id="a number"),
        pytest.param('ignored = "甲"\n', "ignored 要是一列詞", id="ignored in no list"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_place_and_what_to_do(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "synonyms.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"(?s)「{path}」.*{said}"):
        read_vocabulary(path)


def test_a_file_in_big5_is_told(tmp_path: Path) -> None:
    path = tmp_path / "synonyms.toml"
    path.write_bytes('[[group]]\nterms = ["無障礙"]\n'.encode("big5"))
    with pytest.raises(ConfigurationError, match="UTF-8"):
        read_vocabulary(path)


PLAN = f"""\
示範市東湖區公所113年度提升服務計畫

肆、計畫內容：

執行要項\t\t執行重點\t承辦單位
{chr(9).join(["一、完備基礎服務項目，注重服務特性差異化", "(三)建置合宜的服務環境。", "1、設置阿福櫃一座。", "秘書室"])}
"""


def test_the_list_beside_the_plans_is_used_and_changes_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plansearch.index.load_encoder", lambda _, **__: TinyEncoder())
    plans, directory = tmp_path / "plans", tmp_path / "index"
    plans.mkdir()
    (plans / "east.txt").write_text(PLAN, encoding="utf-8")

    def found() -> list[str]:
        report = PlanIndex.build(plans, directory)
        assert not report.unchanged
        with PlanIndex.open(directory, encoder=TinyEncoder()) as index:
            return [hit.found.item.text for hit in search(index, "愛心箱", mode="words").hits]

    assert found() == []
    (plans / "synonyms.toml").write_text('[[group]]\nterms = ["阿福櫃"]\nwording = ["愛心箱"]\n', encoding="utf-8")
    assert found() == ["設置阿福櫃一座。"]
    assert PlanIndex.build(plans, directory).unchanged


def test_the_bundled_list_is_sound() -> None:
    bundled = bundled_vocabulary()
    assert [group for group in bundled.groups if not group.terms or not group.source.strip()] == []
    twice = []
    for group in bundled.groups:
        words = [fold(word) for word in (*group.terms, *group.wording)]
        twice += [word for word in words if words.count(word) > 1]
    assert twice == []
    assert len({frozenset(map(fold, group.terms)) for group in bundled.groups}) == len(bundled.groups)


def test_the_bundled_list_knows_which_words_only_ask() -> None:
    bundled = bundled_vocabulary()
    assert all(bundled.only_asks(fold(word)) for word in ("怎麼", "如何", "有沒有", "為什麼", "的", "嗎"))
    assert not any(bundled.only_asks(fold(term)) for group in bundled.groups for term in group.terms)


def test_no_wording_is_a_term_of_its_own_group_and_every_term_is_written_as_it_is_shown() -> None:
    for group in bundled_vocabulary().groups:
        assert all(word == word.strip() and len(fold(word)) == len(word) for word in (*group.terms, *group.wording))
