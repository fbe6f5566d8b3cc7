"""The bundled catalogs, the loader's complaints, heading folding and the crosswalk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from plansearch.errors import ConfigurationError
from plansearch.frameworks import (
    CrosswalkEntry,
    Framework,
    Pillar,
    Requirement,
    bundled_frameworks,
    crosswalk_item,
    heading_key,
    link_frameworks,
    load_framework,
    strip_ordinal,
)
from plansearch.types import CrosswalkMatch, Relation

SHARED = Path(__file__).parents[2] / "shared"
AWARD, SIX = bundled_frameworks()

SMALL = """
title = "小架構"
description = "說明"
source = "出處"

[[pillars]]
code = "甲"
title = "第一構面"

[[pillars.requirements]]
code = "甲.1"
title = "第一要項"
description = "做什麼"
keywords = ["字"]
examples = ["例"]
aliases = ["要項一"]
crosswalk = [{ framework = "other", code = "9", relation = "narrower" }]
"""


def write(folder: Path, text: str, name: str = "small.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def framework(identifier: str, *crosswalk: CrosswalkEntry) -> Framework:
    requirement = Requirement(identifier, "1", "p", "題", "述", crosswalk=crosswalk)
    return Framework(identifier, "題", "述", "源", (Pillar("p", "題", (), (requirement,)),))


def test_bundled_frameworks_hold_the_published_codes() -> None:
    assert [one.id for one in bundled_frameworks()] == ["service_award_2017", "six_pillars"]
    assert [pillar.code for pillar in SIX.pillars] == ["0", "1", "2", "3", "4", "5", "6"]
    counts = {"0": 1, "1": 4, "2": 4, "3": 4, "4": 3, "5": 3, "6": 4}
    expected = [f"{pillar}.{number}" for pillar, count in counts.items() for number in range(1, count + 1)]
    assert [requirement.code for requirement in SIX.requirements] == expected
    assert [requirement.code for requirement in AWARD.requirements] == [
        *("A.1.1", "A.1.2", "A.2.1", "A.2.2", "A.2.3", "A.3.1", "A.3.2", "A.4.1", "A.4.2", "A.5.1", "A.5.2"),
    ]


@pytest.mark.parametrize("requirement", [*AWARD.requirements, *SIX.requirements], ids=lambda one: one.code)
def test_every_requirement_says_enough_to_be_recognised(requirement: Requirement) -> None:
    assert 8 <= len(requirement.keywords) <= 20
    assert len(set(requirement.keywords)) == len(requirement.keywords)
    assert 4 <= len(requirement.examples) <= 6
    assert 1 <= requirement.description.count("。") <= 3
    assert requirement.aliases


@pytest.mark.parametrize("one", [AWARD, SIX], ids=lambda one: one.id)
def test_no_two_requirements_share_a_title_or_an_example(one: Framework) -> None:
    keys = [
        heading_key(title) for requirement in one.requirements for title in (requirement.title, *requirement.aliases)
    ]
    examples = [example for requirement in one.requirements for example in requirement.examples]
    assert len(set(keys)) == len(keys)
    assert len(set(examples)) == len(examples)


def test_no_sentence_of_the_real_plans_is_in_a_catalog() -> None:
    plans = sorted((SHARED / "plans").glob("*.txt"))
    if not plans:
        pytest.skip("沒有 ../shared/plans")
    text = heading_key("".join(re.sub(r"<[^>]+>", "", plan.read_text(encoding="utf-8")) for plan in plans))
    written = [
        sentence
        for requirement in (*AWARD.requirements, *SIX.requirements)
        for sentence in (requirement.description, *requirement.examples)
    ]
    assert [sentence for sentence in written if heading_key(sentence) in text] == []


def test_framework_finds_requirement_and_pillar_by_code() -> None:
    assert SIX.requirement("3.2").pillar == "3"
    assert SIX.pillar("3").requirements[1] is SIX.requirement("3.2")
    with pytest.raises(KeyError):
        SIX.requirement("9.9")


def test_a_new_framework_is_one_file(tmp_path: Path) -> None:
    requirement = Requirement(
        "small", "甲.1", "甲", "第一要項", "做什麼", ("字",), ("例",), ("要項一",),
        (CrosswalkEntry("other", "9", "narrower"),),
    )  # fmt: skip
    assert load_framework(write(tmp_path, SMALL)) == Framework(
        "small", "小架構", "說明", "出處", (Pillar("甲", "第一構面", (), (requirement,)),)
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        pytest.param('title = "第一要項"', "", "pillars[1].requirements[1].title」必須是非空白的文字", id="missing"),
        pytest.param('title = "小架構"', "title = 3", "「title」必須是非空白的文字", id="wrong-type"),
        pytest.param('keywords = ["字"]', 'keywords = "字"', "keywords」必須是文字的清單", id="no-list"),
        pytest.param("keywords =", "keyword =", "keyword」不是可用的欄位", id="unknown-key"),
        pytest.param('"narrower"', '"smaller"', "只能是 equal、narrower、wider、overlaps", id="relation"),
        pytest.param('"other"', '"small"', "指向自己", id="own-framework"),
        pytest.param("[[pillars.requirements]]", "[[x]]", "「pillars[1].requirements」沒有任何要項", id="empty-pillar"),
        pytest.param("[[pillars", "[[groups", "「groups」不是可用的欄位", id="no-pillars"),
        pytest.param('title = "小架構"', "title = ", "不符合 TOML 格式", id="syntax"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_remedy(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = SMALL.replace(old, new)
    if new == "[[x]]":
        text = SMALL[: SMALL.index("[[pillars.requirements]]")]
    with pytest.raises(ConfigurationError, match=re.escape(complaint)) as caught:
        load_framework(write(tmp_path, text))
    assert "small.toml" in str(caught.value)
    assert "請" in str(caught.value)


def test_a_code_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    again = SMALL + SMALL[SMALL.index("[[pillars.requirements]]") :]
    with pytest.raises(ConfigurationError, match=r"「甲\.1」出現不只一次"):
        load_framework(write(tmp_path, again))


def test_a_file_that_is_not_there_or_not_utf8_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="無法讀取架構檔"):
        load_framework(tmp_path / "none.toml")
    (tmp_path / "big5.toml").write_bytes("title = '計畫'".encode("cp950"))
    with pytest.raises(ConfigurationError, match="不是 UTF-8 編碼"):
        load_framework(tmp_path / "big5.toml")


INVERSES: dict[Relation, Relation] = {
    "equal": "equal", "narrower": "wider", "wider": "narrower", "overlaps": "overlaps",
}  # fmt: skip


@pytest.mark.parametrize(("relation", "inverse"), INVERSES.items(), ids=INVERSES)
def test_a_relation_written_on_one_side_is_known_on_the_other(relation: Relation, inverse: Relation) -> None:
    linked = link_frameworks([framework("a", CrosswalkEntry("b", "1", relation)), framework("b")])
    assert [one.requirement("1").crosswalk for one in linked] == [
        (CrosswalkEntry("b", "1", relation),),
        (CrosswalkEntry("a", "1", inverse),),
    ]


def test_sides_that_disagree_are_refused() -> None:
    sides = [
        framework("a", CrosswalkEntry("b", "1", "narrower")),
        framework("b", CrosswalkEntry("a", "1", "narrower")),
    ]
    with pytest.raises(ConfigurationError, match="對照不一致"):
        link_frameworks(sides)


def test_an_unknown_code_or_a_repeated_id_is_refused_and_an_unknown_framework_is_not() -> None:
    with pytest.raises(ConfigurationError, match="沒有這個代碼"):
        link_frameworks([framework("a", CrosswalkEntry("b", "2", "equal")), framework("b")])
    with pytest.raises(ConfigurationError, match="架構代號重複"):
        link_frameworks([framework("a"), framework("a")])
    alone = framework("a", CrosswalkEntry("elsewhere", "2", "equal"))
    assert link_frameworks([alone]) == (alone,)


def test_every_requirement_but_the_plan_itself_has_a_counterpart() -> None:
    without = [one.code for one in (*AWARD.requirements, *SIX.requirements) if not one.crosswalk]
    assert without == ["0.1"]


@pytest.mark.parametrize(
    ("text", "ordinal", "rest"),
    [
        ("（一）注重禮貌", "（一）", "注重禮貌"),
        ("(十二) 推動整合", "(十二)", "推動整合"),
        ("貳、計畫目標", "貳、", "計畫目標"),
        ("二 、公所", "二、", "公所"),
        ("三.便捷服務", "三.", "便捷服務"),
        ("一 完備服務", "一", "完備服務"),
        ("- 一、運用資源", "一、", "運用資源"),
        ("２．提供服務", "２．", "提供服務"),
        ("3-1、擴大窗口", "3-1、", "擴大窗口"),
        ("①設置", "①", "設置"),
        ("● 資訊公開", None, "資訊公開"),
        ("1.5公里內設站", None, "1.5公里內設站"),
        ("109年度計畫", None, "109年度計畫"),
        ("一般民眾", None, "一般民眾"),
        ("24小時受理", None, "24小時受理"),
        ("(二)", "(二)", ""),
        ("", None, ""),
    ],
)
def test_ordinals_are_parted_from_headings(text: str, ordinal: str | None, rest: str) -> None:
    assert strip_ordinal(text) == (ordinal, rest)


@pytest.mark.parametrize(
    "variant",
    ["(三)訂定「提升服務計畫」", "訂定 提升服務 計畫。", "三、訂定『提升服務計畫』", "\u3000訂定【提升服務計畫】\n"],
)
def test_ways_to_write_a_title_have_one_key(variant: str) -> None:
    assert heading_key(variant) == "訂定提升服務計畫"


def test_key_folds_width_case_and_the_two_forms_of_tai() -> None:
    assert heading_key("（１）臺北ＡＰＰ") == heading_key("台北app")


AWARD_ITEMS = {
    "A.2.1": {
        "3.1": "規劃綜合單一窗口，一次收齊各課室的案件",
        "3.2": "設計跨平台的線上申辦系統，手機平板皆能送件",
    },
    "A.4.1": {
        "2.3": "每年兩次滿意度調查並分析走勢",
        "2.2": "除滿意度調查外，另用其他機制收集民眾的評價",
    },
    "A.1.2": {
        "1.2": "案件查詢管道多元，可用電話問辦理進度",
        "5.1": "業務資料以開放格式釋出，供各界下載及利用",
        "1.3": "候辦大廳的服務設施每週巡檢",
    },
    "A.2.2": {
        "4.1": "行動不便者可預約到府主動服務",
        "4.2": "偏遠山區每月巡迴設站",
        "4.3": "不會上網的人可改用郵寄或傳真等替代管道",
    },
    "A.5.1": {"2.1": "邀請使用者一同做服務設計，公私協力", "5.2": "重大議題辦公聽會，讓居民參與決策"},
    "A.5.2": {"6.3": "引進民間資源，以社會創新解決公共問題", "3.3": "跨機關流程整合與資源共用"},
}
FURTHER_ITEMS = [
    ("A.1.2", "網站版面配置重整，資訊檢索更快", "1.3"),
    ("A.1.2", "電話禮貌測試每季一次", "1.3"),
    ("A.1.2", "資訊公開：申辦流程與應備表件一次列出", "1.2"),
    ("A.2.1", "以電子查驗代替謄本", "3.1"),
]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [*((code, text, to) for code, items in AWARD_ITEMS.items() for to, text in items.items()), *FURTHER_ITEMS],
)
def test_an_item_of_the_award_goes_to_the_requirement_its_words_name(code: str, text: str, expected: str) -> None:
    matches = crosswalk_item([text], AWARD.requirement(code), SIX)
    assert [match.code for match in matches] == [expected]
    assert 0.3 < matches[0].confidence < 1.0


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("1.4", "創新提案採行率列入考評", "A.3.2"),
        ("2.2", "輿情與陳情的回應機制", "A.4.2"),
        ("2.2", "發放問卷瞭解民眾的評價", "A.4.1"),
        ("3.3", "跨機關流程整合、資源共享", "A.5.2"),
        ("5.1", "資料集採開放格式上架", "A.1.2"),
        ("6.2", "同仁公文線上簽核，減章減紙", "A.3.1"),
    ],
)
def test_an_item_of_the_six_pillars_goes_to_the_award(code: str, text: str, expected: str) -> None:
    assert [match.code for match in crosswalk_item([text], SIX.requirement(code), AWARD)] == [expected]


@pytest.mark.parametrize(
    ("source", "code", "target", "expected"),
    [
        pytest.param(AWARD, "A.3.1", SIX, ("5.3", "equal", 1.0), id="equal"),
        pytest.param(SIX, "5.3", AWARD, ("A.3.1", "equal", 1.0), id="equal-back"),
        pytest.param(SIX, "4.1", AWARD, ("A.2.2", "wider", 0.95), id="only-wider"),
        pytest.param(SIX, "6.4", AWARD, ("A.3.2", "overlaps", 0.5), id="only-overlaps"),
    ],
)
def test_equal_and_only_candidates_need_no_words(
    source: Framework, code: str, target: Framework, expected: tuple[str, Relation, float]
) -> None:
    match = CrosswalkMatch(target.id, *expected)
    assert crosswalk_item(["無關"], source.requirement(code), target) == (match,)


def test_the_topic_decides_where_the_item_says_little() -> None:
    texts = ["其他", "線上申辦服務"]
    assert [match.code for match in crosswalk_item(texts, AWARD.requirement("A.2.1"), SIX)] == ["3.2"]


def test_candidates_without_evidence_are_all_kept_where_nothing_tells_them_apart() -> None:
    matches = crosswalk_item(["其他"], AWARD.requirement("A.1.2"), SIX)
    assert [(match.code, match.confidence) for match in matches] == [("1.2", 0.333), ("1.3", 0.333), ("5.1", 0.333)]


def test_a_requirement_without_counterpart_answers_nothing() -> None:
    assert crosswalk_item(["訂定計畫"], SIX.requirement("0.1"), AWARD) == ()
    assert crosswalk_item(["單一窗口"], SIX.requirement("3.1"), SIX) == ()


REAL_ITEMS: Mapping[str, tuple[str, str]] = {
    r"建置單一窗口": ("A.2.1", "3.1"),
    r"減除申辦案件": ("A.2.1", "3.1"),
    r"開發線上申辦": ("A.2.1", "3.2"),
    r"服務設施合宜": ("A.1.2", "1.3"),
    r"網站使用便利": ("A.1.2", "1.3"),
    r"服務行為": ("A.1.2", "1.3"),
    r"資訊公開：": ("A.1.2", "1.2"),
    r"案件查詢": ("A.1.2", "1.2"),
    r"資料開放：": ("A.1.2", "5.1"),
    r"主動服務：": ("A.2.2", "4.1"),
    r"客製化服務：": ("A.2.2", "4.1"),
    r"根據服務對象": ("A.4.1", "2.3"),
    r"除滿意度調查外": ("A.4.1", "2.2"),
    r"服務及時性": ("A.1.1", "1.1"),
    r"突破成長": ("A.2.3", "3.4"),
}


@pytest.mark.parametrize("beginning", REAL_ITEMS)
def test_items_of_a_real_plan_go_where_a_reader_puts_them(beginning: str) -> None:
    plans = sorted((SHARED / "plans").glob("002_*.txt"))
    if not plans:
        pytest.skip("沒有 ../shared/plans")
    found = re.search(rf"{beginning}[^\t\n<]*?(?:。|(?=[\t\n<]))", plans[0].read_text(encoding="utf-8"))
    assert found
    code, expected = REAL_ITEMS[beginning]
    assert [match.code for match in crosswalk_item([found[0]], AWARD.requirement(code), SIX)] == [expected]
