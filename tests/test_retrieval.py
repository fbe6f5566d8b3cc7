from __future__ import annotations

import json
import math
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import PLANS, SHARED, TinyEncoder, item_of, needs_shared, plan_of

from plansearch.errors import EmptyQueryError, QueryError, UnknownFilterValueError
from plansearch.index import PlanIndex
from plansearch.results import FRAME_COLUMNS, Filters, SearchMode, SearchResult
from plansearch.retrieval import resolve_filters, search
from plansearch.types import Damage, Span

MODES: tuple[SearchMode, ...] = ("hybrid", "meaning", "words")


def ids(result: SearchResult) -> list[str]:
    return [hit.found.id for hit in result.hits]


def test_the_answer_carries_what_it_was_asked(index: PlanIndex) -> None:
    result = search(index, "單一窗口", filters=Filters(agencies=("東湖",)), mode="words", exact=True, fold_equal=False)
    assert result == SearchResult(
        query="單一窗口",
        mode="words",
        filters=Filters(agencies=("示範市東湖區公所",)),
        model="tiny@1",
        hits=result.hits,
        total=1,
        searched=3,
        headings=result.headings,
        exact=True,
        folded=False,
    )
    assert [one.code for one in result.headings] == ["3.1"]
    hit = result.hits[0]
    assert (hit.rank, hit.found.id, hit.matched) == (1, "east.txt#2", ((2, 6),))
    assert 0 < hit.relevance < 1
    assert hit.score == pytest.approx(math.log(hit.relevance / (1 - hit.relevance)))


def test_words_finds_every_item_that_shares_a_word(index: PlanIndex) -> None:
    found = ids(search(index, "設置滿意度調查", mode="words", fold_equal=False))
    assert found[0] == "east.txt#3"
    assert set(found) == {"east.txt#3", "east.txt#2", "west.txt#2", "east.txt#1"}


def test_a_shared_character_is_no_shared_word(index: PlanIndex) -> None:
    assert search(index, "口味", mode="words").total == 0


def test_items_of_one_text_stand_in_the_order_of_their_plans(index: PlanIndex) -> None:
    for mode in MODES:
        found = ids(search(index, "設置單一窗口，一次辦好", mode=mode, fold_equal=False))
        assert found[:2] == ["east.txt#2", "west.txt#2"]


@pytest.mark.parametrize("query", ["無障礙坡道", "无障碍坡道", "無障礙　坡道！"])
def test_spelling_does_not_matter(query: str, index: PlanIndex) -> None:
    assert ids(search(index, query, mode="words")) == ["east.txt#1"]


def test_a_name_is_found_written_together_and_apart(index: PlanIndex) -> None:
    assert (
        ids(search(index, "qrcode", mode="words"))
        == ids(search(index, "ＱＲ－ＣＯＤＥ", mode="words"))
        == ["west.txt#1"]
    )


def test_the_limit_cuts_and_the_total_says_so(index: PlanIndex) -> None:
    everything = search(index, "設置", mode="words", limit=None, fold_equal=False)
    first = search(index, "設置", mode="words", limit=1, fold_equal=False)
    assert (len(everything.hits), everything.total, everything.cut) == (3, 3, 0)
    assert (first.hits, first.total, first.cut) == (everything.hits[:1], 3, 2)


def test_a_limit_below_one_is_a_caller_s_bug(index: PlanIndex) -> None:
    with pytest.raises(ValueError, match="limit"):
        search(index, "窗口", limit=0)


@pytest.mark.parametrize("query", ["", "  \t\n", "，。！？", "…—「」", "_-_", "\u200b"])
@pytest.mark.parametrize("mode", MODES)
def test_a_query_without_anything_to_search_is_told(query: str, mode: SearchMode, index: PlanIndex) -> None:
    with pytest.raises(EmptyQueryError, match="請輸入"):
        search(index, query, mode=mode)


@pytest.mark.parametrize("query", ["\udce7窗口", "窗\0口", "🎈窗口", "窗口" * 500, "' OR 1=1 --窗口"])
@pytest.mark.parametrize("mode", MODES)
def test_an_odd_query_is_answered(query: str, mode: SearchMode, index: PlanIndex) -> None:
    assert search(index, query, mode=mode).searched == 6


@pytest.mark.parametrize("mode", MODES)
def test_filters_keep_the_scores_and_order_of_the_unfiltered_answer(mode: SearchMode, index: PlanIndex) -> None:
    whole = search(index, "設置單一窗口與無障礙坡道", mode=mode, limit=None)
    left = search(index, "設置單一窗口與無障礙坡道", mode=mode, limit=None, filters=Filters(years=(113,)))
    kept = [(hit.found.id, hit.score) for hit in whole.hits if hit.found.metadata.year == 113]
    assert [(hit.found.id, hit.score) for hit in left.hits] == kept != []
    assert left.searched == 4


def test_filters_come_before_the_limit(index: PlanIndex) -> None:
    result = search(index, "設置單一窗口", mode="words", limit=1, filters=Filters(agencies=("衛生所",)))
    assert ids(result) == ["west.txt#2"]


def test_filters_that_leave_nothing_leave_an_empty_answer(index: PlanIndex) -> None:
    result = search(index, "窗口", filters=Filters(agencies=("東湖",), years=(112,)))
    assert (result.hits, result.total, result.searched) == ((), 0, 0)


@pytest.mark.parametrize(
    ("asked", "resolved"),
    [
        pytest.param(Filters(agencies=("東湖",)), Filters(agencies=("示範市東湖區公所",)), id="part of a name"),
        pytest.param(Filters(agencies=("东湖区公所",)), Filters(agencies=("示範市東湖區公所",)), id="simplified"),
        pytest.param(Filters(agencies=("東湖", "東湖區")), Filters(agencies=("示範市東湖區公所",)), id="same twice"),
        pytest.param(Filters(types=(" 區公所 ",)), Filters(types=("區公所",)), id="spaces"),
        pytest.param(Filters(cities=("示範",)), Filters(cities=("示範市",)), id="part of a city"),
        pytest.param(Filters(years=(112, 113)), Filters(years=(112, 113)), id="years"),
        pytest.param(Filters(requirements=("３.１",)), Filters(requirements=("3.1",)), id="full width"),
        pytest.param(Filters(requirements=("3", "a.1")), Filters(requirements=("3", "A.1")), id="beginnings of codes"),
        pytest.param(Filters(units=("秘書室",)), Filters(units=("秘書室",)), id="unit"),
        pytest.param(Filters(), Filters(), id="none"),
    ],
)
def test_filter_values_become_those_of_the_index(asked: Filters, resolved: Filters, index: PlanIndex) -> None:
    assert resolve_filters(index, asked) == resolved


@pytest.mark.parametrize(
    ("filters", "option", "nearest"),
    [
        pytest.param(Filters(agencies=("東胡區公所",)), "agency", "示範市東湖區公所", id="agency"),
        pytest.param(Filters(types=("衛生處",)), "type", "衛生所", id="type"),
        pytest.param(Filters(cities=("示範縣",)), "city", "示範市", id="city"),
        pytest.param(Filters(years=(2024,)), "year", "113", id="Western year"),
        pytest.param(Filters(requirements=("3.9",)), "requirement", "3.1", id="code"),
        pytest.param(Filters(requirements=(".",)), "requirement", "1.3", id="no code at all"),
        pytest.param(Filters(units=("祕秘室",)), "unit", "秘書室", id="unit misspelt"),
        pytest.param(Filters(agencies=("",)), "agency", "示範市東湖區公所", id="empty"),
    ],
)
def test_an_unknown_filter_value_is_answered_with_the_nearest(
    filters: Filters, option: str, nearest: str, index: PlanIndex
) -> None:
    with pytest.raises(UnknownFilterValueError) as caught:
        search(index, "窗口", filters=filters)
    assert (caught.value.option, caught.value.nearest[0], caught.value.ambiguous) == (option, nearest, False)
    assert caught.value.exit_code == 2


def test_a_part_of_several_names_is_answered_with_them(index: PlanIndex) -> None:
    with pytest.raises(UnknownFilterValueError, match="不只一個：示範市西嶺區公所、示範市西嶺衛生所") as caught:
        search(index, "窗口", filters=Filters(agencies=("西嶺",)))
    assert caught.value.ambiguous


def test_a_whole_name_is_not_ambiguous_with_a_longer_one(tmp_path: Path) -> None:
    plans = [plan_of("a", "窗口", agency="東湖區公所"), plan_of("b", "窗口", agency="示範市東湖區公所")]
    PlanIndex.build_from(plans, (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        assert resolve_filters(index, Filters(agencies=("東湖區公所",))).agencies == ("東湖區公所",)


def test_the_only_item_of_an_index_is_found(tmp_path: Path) -> None:
    PlanIndex.build_from([plan_of("a", "設置單一窗口。")], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        assert [search(index, "單一窗口", mode=mode).total for mode in MODES] == [1, 1, 1]
        assert [search(index, "量子力學", mode=mode).total for mode in MODES] == [0, 0, 0]


def test_searching_words_loads_no_model(tmp_path: Path) -> None:
    PlanIndex.build_from(PLANS, (), tmp_path, encoder=TinyEncoder("no such model"))
    with PlanIndex.open(tmp_path) as index:
        assert search(index, "窗口", mode="words").total == 2


@needs_shared
@pytest.mark.parametrize(
    "query", ["量子力學", "披薩食譜", "電動車充電", "國防", "咖啡", "太陽能", "the weather in Paris"]
)
def test_a_question_off_all_subjects_finds_nothing(query: str, real: PlanIndex) -> None:
    assert [search(real, query, mode=mode).total for mode in MODES] == [0, 0, 0]


@needs_shared
@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("午休時間也有人服務", "中午派遣專人接聽電話"),
        ("免費看律師", "免費法律諮詢"),
        ("民眾抱怨怎麼處理", "民眾陳情、抱怨"),
        ("喪葬補助", "喪葬津貼"),
        ("QRcode", "QR C"),
    ],
)
def test_the_same_thing_in_other_words_is_found(query: str, part: str, real: PlanIndex) -> None:
    assert any(part.lower() in hit.found.item.text.lower() for hit in search(real, query, limit=3).hits)


@needs_shared
def test_a_common_question_does_not_find_most_items(real: PlanIndex) -> None:
    queries = [json.loads(line)["query"] for line in (SHARED / "eval/queries.jsonl").read_text("utf-8").splitlines()]
    totals = [search(real, query).total for query in queries]
    assert max(totals) < len(real) / 4
    assert min(totals) > 0


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", re.sub(r"<[^>]+>", "", text))).lower()


def agree(first: str, second: str) -> bool:
    short, long = sorted((plain(first), plain(second)), key=len)
    return bool(short) and short in long and len(short) >= 0.8 * len(long)


def judge(index: PlanIndex, query: dict[str, Any]) -> tuple[float, float]:
    """nDCG@10 and recall@20 of the items that answer, as the judged queries' own scorer counts them."""
    left, grades = list(query["relevant"]), []
    for hit in search(index, query["query"], limit=20).hits:
        same = [one for one in left if one["plan"] == hit.found.plan and agree(one["text"], hit.found.item.text)]
        grades.append(same[0]["grade"] if same else 0)
        if same:
            left.remove(same[0])
    ideal = sorted((one["grade"] for one in query["relevant"]), reverse=True)[:10]
    gained, best = (
        sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(some)) for some in (grades[:10], ideal)
    )
    return gained / best, grades.count(2) / sum(one["grade"] == 2 for one in query["relevant"])


@needs_shared
def test_judged_queries_are_answered_well(real: PlanIndex) -> None:
    lines = (SHARED / "eval/queries.jsonl").read_text("utf-8").splitlines()
    scores = np.array([judge(real, json.loads(line)) for line in lines])
    ndcg, recall = scores.mean(axis=0)
    assert ndcg >= 0.90
    assert recall >= 0.96


@needs_shared
def test_a_search_imports_nothing_heavy(real: PlanIndex) -> None:
    code = f"""
import sys
from pathlib import Path
from plansearch import PlanIndex, search
assert search(PlanIndex.open(Path({str(real.directory)!r})), "無障礙設施").hits
heavy = {{"torch", "pandas", "scipy", "bm25s", "rich", "sentence_transformers", "rapidfuzz", "filelock", "faiss"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert (done.stdout.split(), done.stderr) == ([b"[]"], b"")


def test_four_lines_are_enough(index: PlanIndex, capsys: pytest.CaptureFixture[str]) -> None:
    for hit in search(index, "滿意度調查", limit=1).hits:
        print(hit.found.location, hit.found.item.text)  # noqa: T201
    assert capsys.readouterr().out == "east.txt 第 1 行 編號 1 每年辦理滿意度調查。\n"
    assert item_of("甲").span.first_line == 1


def test_what_a_plan_says_of_itself_is_not_found(tmp_path: Path) -> None:
    plan = plan_of("a", "設置單一窗口。", "本所全體同仁及單一窗口志工。")
    plan = replace(plan, items=(plan.items[0], replace(plan.items[1], is_measure=False)))
    PlanIndex.build_from([plan], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        result = search(index, "單一窗口", mode="words", limit=None)
    assert [hit.found.item.text for hit in result.hits] == ["設置單一窗口。"]
    assert result.searched == 1


def test_a_question_to_a_plan_that_lost_text_is_told_so(tmp_path: Path) -> None:
    lost = Damage("measures_lost", "措施遺失", "1.2", Span(9, 9))
    plan = plan_of("a", "設置單一窗口。", agency="示範市東湖區公所")
    damaged = replace(plan, damage=(lost, Damage("units_mismatch", "單位", "1.3", Span(5, 5))))
    PlanIndex.build_from([damaged], (), tmp_path, encoder=TinyEncoder())
    agency = damaged.metadata.agency or ""
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        asked = search(index, "單一窗口", filters=Filters(agencies=(agency,)), mode="words")
        assert [caveat.damage for caveat in asked.caveats] == [lost]
        assert search(index, "單一窗口", mode="words").caveats == ()
        assert [caveat.plan for caveat in search(index, "量子", mode="words").caveats] == [damaged.name]


def test_a_query_too_long_is_refused_at_once(index: PlanIndex) -> None:
    with pytest.raises(QueryError, match="查詢太長（100000 字）"):
        search(index, "窗" * 100_000)


def test_where_nothing_is_close_what_shares_words_is_shown_apart(samples: PlanIndex) -> None:
    result = search(samples, "量子電腦採購")
    assert (result.hits, result.total) == ((), 0)
    assert 0 < len(result.by_words) <= 3
    assert all(re.search("電腦|採購", hit.found.item.text) for hit in result.by_words)
    assert search(samples, "qwertyuiop").by_words == ()
    assert search(samples, "無障礙設施").by_words == ()


def test_what_shares_words_is_shown_as_far_as_asked_for_and_shares_them(samples: PlanIndex) -> None:
    assert len(search(samples, "量子電腦採購", limit=1).by_words) == 1
    # 志願服務 is added for 志工, and half of it is no word in common
    lonely = search(samples, "志工", filters=Filters(agencies=("東湖區地政事務所",)))
    assert lonely.hits == ()
    assert all(re.search("志工|志願服務", hit.found.item.text) for hit in lonely.by_words)


def test_what_shares_words_keeps_to_the_filters(samples: PlanIndex) -> None:
    result = search(samples, "量子電腦採購", filters=Filters(types=("衛生所",)))
    assert {hit.found.metadata.agency_type for hit in result.by_words} == {"衛生所"}


def test_exactly_the_words_asked_for_are_searched(samples: PlanIndex) -> None:
    wide, exact = search(samples, "哺乳室"), search(samples, "哺乳室", exact=True)
    assert [one.word for one in wide.added] == ["哺乳室"]
    assert (exact.added, exact.exact) == ((), True)
    assert wide.hits[0].score > max((hit.score for hit in exact.hits), default=-math.inf)


def test_an_answer_becomes_a_table(index: PlanIndex) -> None:
    frame = search(index, "設置單一窗口", mode="words", limit=2).to_frame()
    assert tuple(frame.columns) == FRAME_COLUMNS
    row = frame.iloc[0].to_dict()
    assert {name: row[name] for name in ("rank", "agency", "agency_type", "city", "year", "code", "topic")} == {
        "rank": 1,
        "agency": "示範市東湖區公所",
        "agency_type": "區公所",
        "city": "示範市",
        "year": 113,
        "code": "3.1",
        "topic": None,
    }
    assert {name: row[name] for name in ("text", "units", "deadline", "plan", "location", "id", "twins")} == {
        "text": "設置單一窗口，一次辦好。",
        "units": "民政課、秘書室",
        "deadline": None,
        "plan": "east.txt",
        "location": "east.txt 第 1 行 編號 1",
        "id": "east.txt#2",
        "twins": 1,
    }
    assert {name: frame[name].dtype.kind for name in ("rank", "relevance", "year", "twins")} == {
        "rank": "i",
        "relevance": "f",
        "year": "i",
        "twins": "i",
    }


def test_an_empty_answer_is_a_table_with_the_same_columns(index: PlanIndex) -> None:
    frame = search(index, "量子力學").to_frame()
    assert (tuple(frame.columns), len(frame)) == (FRAME_COLUMNS, 0)


class Shortest:
    """Finds that the shortest text answers best."""

    name = "shortest@1"

    def __init__(self) -> None:
        self.read: list[tuple[str, list[str]]] = []

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.read.append((query, list(texts)))
        return np.array([-len(text) for text in texts], dtype=np.float32)


def test_a_reranker_orders_the_first_items_and_leaves_the_others(tmp_path: Path) -> None:
    texts = [f"設置單一窗口{'甲乙丙丁'[number % 4] * (70 - number)}。" for number in range(60)]
    PlanIndex.build_from([plan_of("a", *texts)], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        plain = search(index, "單一窗口", mode="words", limit=None, fold_equal=False)
        reranker = Shortest()
        result = search(index, "單一窗口", mode="words", limit=None, fold_equal=False, reranker=reranker)
    first = [hit.found.item.text for hit in plain.hits[:50]]
    assert reranker.read == [("單一窗口", first)]
    assert [hit.found.item.text for hit in result.hits[:50]] == sorted(first, key=len)
    assert ids(result)[50:] == ids(plain)[50:] != []
    assert (result.reranker, plain.reranker, result.total) == ("shortest@1", None, 60)
    assert [hit.rank for hit in result.hits] == list(range(1, 61))
    assert {hit.found.id: hit.score for hit in result.hits} == {hit.found.id: hit.score for hit in plain.hits}


def test_a_reranker_is_not_asked_where_nothing_is_close(index: PlanIndex) -> None:
    reranker = Shortest()
    result = search(index, "量子力學", reranker=reranker)
    assert (result.hits, reranker.read) == ((), [])
