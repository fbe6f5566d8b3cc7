"""Questions off all subjects are told so, and questions to the plans are answered: the bundled model on the samples."""

from __future__ import annotations

import pytest

from plansearch.index import PlanIndex
from plansearch.retrieval import search

# Chosen by their sense before any was asked, and none of them is among the questions that the floor was set by.
OFF_ALL_SUBJECTS = [
    "量子電腦採購",
    "asdf",
    "明星演唱會門票",
    "棒球季後賽戰績",
    "滷肉飯做法",
    "黑洞觀測",
    "潛水艇建造",
    "羽毛球拍推薦",
    "威士忌品酒",
    "古典吉他和弦",
    "冥王星",
    "lorem ipsum dolor",
    "虛擬貨幣挖礦",
    "北極熊棲地",
    "莎士比亞十四行詩",
    "飛彈防禦系統",
    "沖繩自由行",
    "xkcdzyq",
    "石油期貨",
    "印象派畫家",
]
TO_THE_PLANS = [
    "無障礙設施",
    "坐輪椅的民眾要怎麼進到公所",
    "滿意度調查",
    "電話禮貌",
    "中午有沒有人上班",
    "線上申辦",
    "志工服務",
    "新住民通譯",
    "行動不便到府服務",
    "陳情案件處理期限",
    "哺集乳室",
    "單一窗口",
    "資訊公開",
    "流感疫苗接種",
    "排隊等太久",
    "長者學用手機",
    "創新提案獎勵",
    "減少紙張",
    "戶籍謄本免附",
    "偏遠地區巡迴服務",
]


@pytest.mark.parametrize("query", OFF_ALL_SUBJECTS)
def test_a_question_off_all_subjects_is_told_so(query: str, samples: PlanIndex) -> None:
    assert search(samples, query).hits == ()


@pytest.mark.parametrize("query", TO_THE_PLANS)
def test_a_question_to_the_plans_is_answered(query: str, samples: PlanIndex) -> None:
    assert search(samples, query).hits != ()
