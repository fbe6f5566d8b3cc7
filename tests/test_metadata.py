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
        ("中華民國112年度高雄市松林區公所提升服務計畫", "高雄市松林區公所", "公所", "高雄市", 112),
        ("一百一十二年度高雄市松林區公所提升服務計畫", "高雄市松林區公所", "公所", "高雄市", 112),
        ("示範市松林區公所「112年度」提升服務計畫", "示範市松林區公所", "公所", "示範市", 112),
        ("示範市松林區公所112-113年度提升服務計畫", "示範市松林區公所", "公所", "示範市", 112),
        ("臺東縣立松林體育場113年度提升服務計畫", "臺東縣立松林體育場", "體育", "臺東縣", 113),
        (
            "示範市政府觀光局松林風景區管理站113年度提升服務計畫",
            "示範市政府觀光局松林風景區管理站",
            "觀光",
            "示範市",
            113,
        ),
        ("示範市松林區松林國民小學113年度提升服務計畫", "示範市松林區松林國民小學", "學校", "示範市", 113),
        ("示範市政府工務局養護工程處113年度提升服務計畫", "示範市政府工務局養護工程處", "工務", "示範市", 113),
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


@pytest.mark.parametrize("before", ["附件一", "113年2月1日核定", "（草案）"])
def test_what_stands_above_the_title_is_not_of_it(before: str) -> None:
    metadata = parse_text(f"{before}\n示範市松林區公所113年度提升服務計畫{BODY}").metadata
    assert metadata == Metadata("示範市松林區公所", "公所", "示範市", 113, "示範市松林區公所113年度提升服務計畫")


def test_the_agency_whose_staff_the_plan_is_for_is_its_agency_where_the_title_names_none() -> None:
    text = "113年度提升服務計畫\n\n壹、實施對象：示範市松林地政事務所各課室。\n貳、目標\n一、便民。\n"
    metadata = parse_text(text).metadata
    assert (metadata.agency, metadata.agency_type, metadata.city) == ("示範市松林地政事務所", "地政", "示範市")
