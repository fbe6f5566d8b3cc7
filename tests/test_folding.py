from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import TinyEncoder, item_of, plan_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plansearch.index import PlanIndex
from plansearch.results import Hit
from plansearch.retrieval import search
from plansearch.retrieval.folding import fold_twins, single_groups
from plansearch.sameness import same_text_key

LONG = (
    "於服務台設置老花眼鏡、放大鏡及輪椅供民眾借用，並由志工主動引導、協助填寫申請表單及查詢案件辦理進度，"
    "{}，以提升服務品質。"
)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param("設置單一窗口，一次辦好。", "設置單一窗口、一次辦好", True, id="punctuation"),
        pytest.param("本所設置單一窗口。", "本局設置單一窗口。", True, id="the agency's own name"),
        pytest.param("本公所設置單一窗口。", "本中心設置單一窗口。", True, id="longer names of its own"),
        pytest.param("於服務臺設置窗口。", "於服务台設置窗口。", True, id="spelling"),
        pytest.param("ＱＲ Code", "QRcode", True, id="width, case and space"),
        pytest.param(LONG.format("每週一次"), LONG.format("每月一次"), False, id="how often"),
        pytest.param(LONG.format("應予公布"), LONG.format("不予公布"), False, id="negation"),
        pytest.param(LONG.format("計3處"), LONG.format("計5處"), False, id="digits"),
        pytest.param(LONG.format("計三處"), LONG.format("計五處"), False, id="numbers in words"),
        pytest.param(LONG.format("限上班時段"), LONG.format("限下班時段"), False, id="when"),
        pytest.param(LONG.format("均予公布"), LONG.format("予公布"), True, id="one word more"),
        pytest.param("免費提供老花眼鏡、放大鏡。", "免費提供老花眼鏡及放大鏡", True, id="a list"),
        pytest.param("志工1,600人次。", "志工1600人次。", True, id="thousands"),
        pytest.param("- 設置坡道", "設置坡道", True, id="a bullet"),
        pytest.param("設置坡道。", "設置扶手。", False, id="short texts that differ"),
        pytest.param(LONG.format("均予公布"), "每年辦理滿意度調查。", False, id="another text"),
    ],
)  # fmt: skip
def test_only_texts_that_promise_the_same_are_one(first: str, second: str, same: bool) -> None:
    assert (same_text_key(first) == same_text_key(second)) is same


PROMISES = """
每週一次/每月一次 3日內/5日內 應予提供/得予提供 應辦理/不得辦理 免費影印/收費影印 週一至週五/週一至週六
週一～週五/週一、週五 增加窗口/減少窗口 以電話通知/以網路通知 65歲以上/60歲以上 上午開放/下午開放 男廁/女廁
3、5日/35日 3及5日/35日 1.5公尺/15公尺 3～5日/35日 8:30開門/830開門 達50%/達50 ≥3件/≤3件 三樓以上/三樓以下
三日內/三日外 老人/兒童 新住民/原住民 國小/國中 公尺/公分 5元/5萬元 里長/里民 本市民眾/本縣民眾
本市民眾/本區民眾 由本府補助/由本所補助 本課同仁/本所同仁 得以傳真/應以傳真 到府/到所 事前/事後 以上/以內
主管/同仁 最高/最低 中午休息/中午不休息 紙本/線上 前門/後門 東側/西側 全額/半額 試辦/停辦 優先/依序 書面/口頭
週休/週六 一年/一月 □提供/■提供 國語/台語 英語/越南語 志工/替代役 有效/無效 開放/關閉 提前/延後 身分證/健保卡
二○三/二三 主動/受理 已設置/將設置 平日/假日 自費/公費 半小時/一小時 每一年/每十年 達二成/達三成 30分鐘/30小時
甲或乙/甲及乙 甲通知乙/乙通知甲 申請人/代理人 一樓/二樓 30%以上/30‰以上 A4/A3 +5度/-5度 由里長承辦/由志工承辦
"""


@pytest.mark.parametrize(("first", "second"), [tuple(pair.split("/", 1)) for pair in PROMISES.split()])
def test_texts_that_promise_two_things_stay_two(first: str, second: str) -> None:
    assert same_text_key(LONG.format(first)) != same_text_key(LONG.format(second))


def test_fractions_are_numbers() -> None:
    assert same_text_key(LONG.format("計1/2處")) != same_text_key(LONG.format("計12處"))


def test_short_texts_fold_under_one_topic_only(tmp_path: Path) -> None:
    long = LONG.format("均予公布")
    items = [
        item_of(text, topic=topic) for text in ("免費提供。", long) for topic in ("輪椅借用", "文件影印", "輪椅借用：")
    ]
    PlanIndex.build_from([plan_of("a", *items)], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        assert [(group.best, group.twins) for group in fold_twins(index, range(6), None)] == [
            (0, (2,)),
            (1, ()),
            (3, (4, 5)),
        ]


COPIED = "設置單一窗口，一次辦好。"


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> PlanIndex:
    folder = tmp_path_factory.mktemp("copies")
    plans = [
        plan_of("a", COPIED, "設置單一窗口三處。", agency="示範市東湖區公所"),
        plan_of("b", "設置單一窗口、一次辦好", agency="示範市西嶺區公所"),
        plan_of("c", "設置單一窗口五處。", COPIED, agency="示範市石門區公所"),
        plan_of("c2", COPIED, agency="示範市石門區公所", year=112),
        plan_of("d", COPIED, agency=None),
    ]
    PlanIndex.build_from(plans, (), folder, encoder=TinyEncoder())
    return PlanIndex.open(folder, encoder=TinyEncoder())


def groups(hits: Sequence[Hit]) -> dict[str, list[str]]:
    return {hit.found.id: [twin.id for twin in hit.twins] for hit in hits}


def test_the_same_text_of_several_agencies_is_one_hit(copies: PlanIndex) -> None:
    result = search(copies, "單一窗口一次辦好", limit=None, mode="words")
    assert groups(result.hits) == {"a#1": ["b#1", "c#2", "c2#1", "d#1"], "a#2": [], "c#1": []}
    assert result.hits[0].twin_agencies == ("示範市西嶺區公所", "示範市石門區公所", "d")
    assert (result.total, result.shown, result.cut, result.folded) == (7, 7, 0, True)


def test_a_limit_counts_hits_and_their_twins_are_not_cut(copies: PlanIndex) -> None:
    result = search(copies, "單一窗口一次辦好", limit=1, mode="words")
    assert groups(result.hits) == {"a#1": ["b#1", "c#2", "c2#1", "d#1"]}
    assert (result.total, result.shown, result.cut) == (7, 5, 2)


def test_without_folding_every_item_is_a_hit(copies: PlanIndex) -> None:
    result = search(copies, "單一窗口一次辦好", limit=None, mode="words", fold_equal=False)
    assert sorted(hit.found.id for hit in result.hits) == ["a#1", "a#2", "b#1", "c#1", "c#2", "c2#1", "d#1"]
    assert {hit.twins for hit in result.hits} == {()}
    assert (result.total, result.cut, result.folded) == (7, 0, False)


def test_nearly_equal_texts_are_twins(tmp_path: Path) -> None:
    texts = [LONG.format(f"由{name}課主辦") for name in ("民政", "社會")]
    PlanIndex.build_from([plan_of("a", *texts)], (), tmp_path, encoder=TinyEncoder())
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        (hit,) = search(index, "老花眼鏡與輪椅借用", limit=1).hits
        assert {hit.found.id, *(twin.id for twin in hit.twins)} == {"a#1", "a#2"}


PARTS = st.sampled_from(
    [
        "本所",
        "本局",
        "每週",
        "每月",
        "不",
        "應",
        "三",
        "3",
        "設置坡道",
        "單一窗口",
        LONG.format("由民政課主辦"),
        "臺，",
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.lists(PARTS, min_size=1, max_size=3).map("窗".join), min_size=1, max_size=12),
    limit=st.none() | st.integers(1, 4),
)
def test_folding_neither_loses_nor_doubles_an_item(
    texts: list[str], limit: int | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("folding")
    PlanIndex.build_from([plan_of("a", *texts)], (), folder, encoder=TinyEncoder())
    with PlanIndex.open(folder, encoder=TinyEncoder()) as index:
        ranked = list(reversed(range(len(texts))))
        whole = fold_twins(index, ranked, None)
        assert sorted(place for group in whole for place in (group.best, *group.twins)) == sorted(ranked)
        order = [ranked.index(group.best) for group in whole]
        assert order == sorted(order)
        for group in whole:
            twins = [ranked.index(twin) for twin in group.twins]
            assert twins == sorted(twins)
            assert all(twin > ranked.index(group.best) for twin in twins)
        cut = fold_twins(index, ranked, limit)
        assert [group.best for group in cut] == [group.best for group in whole[:limit]]
        assert [group.best for group in single_groups(ranked)] == ranked
