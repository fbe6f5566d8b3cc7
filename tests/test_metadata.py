from __future__ import annotations

import pytest
from plan_text import parse_text

from plansearch.types import Metadata

BODY = "\n\n壹、計畫目標\n一、提供民眾合宜的服務。\n"


@pytest.mark.parametrize(
    ("title", "agency", "kind", "city", "year"),
    [
        ("示範市松林區公所113年度提升服務執行計畫", "示範市松林區公所", "公所", "示範市", 113),
        ("示範市松林區衛生所 113 年度提升服務工作計畫", "示範市松林區衛生所", "衛生所", "示範市", 113),
        ("整體服務類-示範市松林區公所106年度提升服務品質執行計畫", "示範市松林區公所", "公所", "示範市", 106),
        (
            "示範縣政府環境保護局北區資源回收廠 １１０ 年度提升服務 工作計畫",
            "示範縣政府環境保護局北區資源回收廠",
            "環保",
            "示範縣",
            110,
        ),
        ("示範市松林戶政事務所一一二年度為民服務計畫", "示範市松林戶政事務所", "戶政", "示範市", 112),
        ("示範市地政局松林地政事務所一百一十三年提升服務計畫", "示範市地政局松林地政事務所", "地政", "示範市", 113),
        ("示範市稅捐稽徵處松林分處2024年度提升服務計畫", "示範市稅捐稽徵處松林分處", "稅捐", "示範市", 113),
        ("109年度提升服務工作計畫", None, None, None, 109),
        ("提升服務工作計畫", None, None, None, None),
    ],
)
def test_what_a_title_says(
    title: str, agency: str | None, kind: str | None, city: str | None, year: int | None
) -> None:
    assert parse_text(title + BODY).metadata == Metadata(agency, kind, city, year, title)


def test_a_title_broken_over_two_lines() -> None:
    metadata = parse_text("示範市松林區公所\n113年度提升服務計畫" + BODY).metadata
    assert (metadata.agency, metadata.year) == ("示範市松林區公所", 113)


def test_the_only_city_government_in_the_text_is_the_city() -> None:
    text = "109年度提升服務工作計畫\n\n壹、計畫依據\n一、示範市政府提升服務實施計畫。\n"
    assert parse_text(text).metadata.city == "示範市"
    assert parse_text(text + "二、樣本縣政府函。\n").metadata.city is None
