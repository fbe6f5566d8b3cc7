from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import TinyEncoder, plan_of

from plansearch.errors import EmptyQueryError, QueryError
from plansearch.index import PlanIndex
from plansearch.results import SearchMode
from plansearch.retrieval import search
from plansearch.retrieval.likeness import positions_of, vector_like

RAMP = "設置無障礙坡道與扶手，方便輪椅使用者洽公。"
PHONE = "電話鈴響三聲內接聽，並報明單位與姓名。"
PLANS = [
    plan_of("113_東湖.txt", RAMP, PHONE, "每年辦理滿意度調查。"),
    plan_of("113_西嶺.txt", "大門設置無障礙坡道，方便輪椅出入。", "電話響起三聲內接聽並報明姓名。"),
]
MODES: tuple[SearchMode, ...] = ("hybrid", "meaning", "words")


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> PlanIndex:
    folder = tmp_path_factory.mktemp("alike")
    PlanIndex.build_from(PLANS, (), folder, encoder=TinyEncoder())
    return PlanIndex.open(folder, encoder=TinyEncoder())


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        pytest.param(["113_東湖.txt#2"], [1], id="whole id"),
        pytest.param(["東湖#2"], [1], id="part of the file's name"),
        pytest.param([" 西嶺.txt#1 "], [3], id="spaces"),
        pytest.param(["東湖#2", "西嶺#1", "113_東湖.txt#2"], [1, 3], id="several, each once"),
        pytest.param([], [], id="none"),
    ],
)
def test_items_are_found_by_their_ids(asked: list[str], positions: list[int], alike: PlanIndex) -> None:
    assert positions_of(alike, asked) == positions


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param("113#2", "符合 2 項：113_東湖.txt#2、113_西嶺.txt#2。請把檔名寫得完整一些", id="several plans"),
        pytest.param("東湖#9", "找不到代號是「東湖#9」的項目", id="no such number"),
        pytest.param("南門#1", "找不到代號", id="no such plan"),
        pytest.param("東湖", "代號寫在每一筆查詢結果的出處後面", id="no number"),
        pytest.param("#1", "找不到代號", id="no plan"),
        pytest.param("", "找不到代號", id="empty"),
    ],
)
def test_an_id_that_names_no_single_item_is_told(asked: str, said: str, alike: PlanIndex) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        search(alike, like=[asked])
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("mode", MODES)
def test_what_is_like_an_item_is_found_and_the_item_itself_is_not(mode: SearchMode, alike: PlanIndex) -> None:
    result = search(alike, like=["東湖#1"], mode=mode, limit=None)
    assert result.hits[0].found.id == "113_西嶺.txt#1"
    assert "113_東湖.txt#1" not in [hit.found.id for hit in result.hits]
    assert ([one.id for one in result.liked], result.unliked, result.searched) == (["113_東湖.txt#1"], (), 4)


def test_what_is_like_several_items_is_like_any_of_them(alike: PlanIndex) -> None:
    result = search(alike, like=["東湖#1", "東湖#2"], limit=None)
    assert {hit.found.id for hit in result.hits[:2]} == {"113_西嶺.txt#1", "113_西嶺.txt#2"}


def test_words_beside_an_item_count_too(alike: PlanIndex) -> None:
    with_words = search(alike, "滿意度調查", like=["東湖#1"], limit=None)
    assert "113_東湖.txt#3" in [hit.found.id for hit in with_words.hits]


def test_what_is_not_wanted_is_left_out_and_pushes_its_like_down(alike: PlanIndex) -> None:
    both = search(alike, like=["東湖#1", "東湖#2"], mode="meaning", limit=None)
    less = search(alike, like=["東湖#1", "東湖#2"], unlike=["西嶺#2"], mode="meaning", limit=None)
    assert "113_西嶺.txt#2" in [hit.found.id for hit in both.hits]
    assert "113_西嶺.txt#2" not in [hit.found.id for hit in less.hits]
    assert ([one.id for one in less.unliked], less.searched) == (["113_西嶺.txt#2"], 2)
    towards, away = vector_like(alike, None, [0, 1], []), vector_like(alike, None, [0, 1], [4])
    phone = alike.vectors([4])[0]
    assert float(away[0] @ phone) < float(towards[0] @ phone)


def test_a_vector_like_items_has_length_one(alike: PlanIndex) -> None:
    asked = alike.encoder.encode_queries(["坡道"])
    for vector in (vector_like(alike, None, [0], []), vector_like(alike, asked, [0, 1], [2])):
        assert vector.shape == (1, 4096)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_what_is_not_wanted_alone_is_no_question(alike: PlanIndex) -> None:
    with pytest.raises(EmptyQueryError):
        search(alike, unlike=["東湖#1"])


@pytest.mark.parametrize("mode", ["hybrid", "meaning"])
def test_a_question_may_be_turned_away_from_an_item(mode: SearchMode, tmp_path: Path) -> None:
    plan = plan_of("a", "電話禮貌測試。", "電話禮貌測試成績公布。", "電話號碼公布。")
    PlanIndex.build_from([plan], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        plain = search(index, "電話禮貌", mode=mode, limit=None, fold_equal=False)
        turned = search(index, "電話禮貌", unlike=["a#1"], mode=mode, limit=None, fold_equal=False)
        scores = {hit.found.id: hit.score for hit in plain.hits}
        away = {hit.found.id: hit.score for hit in turned.hits}
        assert "a#1" in scores
        assert "a#1" not in away
        assert away["a#2"] < scores["a#2"]
