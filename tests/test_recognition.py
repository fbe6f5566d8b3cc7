from __future__ import annotations

from pathlib import Path

import pytest
from conftest import SHARED

from plansearch.errors import ParseError
from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers import read_document
from plansearch.recognition import Verdict, recognise
from plansearch.titles import kind_of_title
from plansearch.types import Plan

HERE = Path(__file__).parent
OTHERS = sorted((HERE / "other_documents").glob("*.txt"))
PLANS = sorted(
    [
        *(HERE / "odd_plans").glob("*.txt"),
        *(HERE / "extracts").glob("*.txt"),
        *(HERE.parent / "corpus").glob("*.txt"),
        *(SHARED / "plans").glob("*.txt"),
    ]
)


def judged(path: Path) -> tuple[Plan | None, Verdict]:
    document = read_document(path)
    try:
        plan = parse_document(document, bundled_frameworks())
    except ParseError:
        plan = None
    return plan, recognise(document, plan)


@pytest.mark.parametrize("path", PLANS, ids=[path.stem for path in PLANS])
def test_a_plan_is_taken_for_one(path: Path) -> None:
    plan, verdict = judged(path)
    assert plan is not None
    assert verdict == Verdict(is_plan=True)


@pytest.mark.parametrize("path", OTHERS, ids=[path.stem for path in OTHERS])
def test_another_document_is_none(path: Path) -> None:
    plan, verdict = judged(path)
    assert plan is None or not verdict.is_plan


KINDS = {
    "minutes": "會議紀錄",
    "results_report": "成果或辦理情形報告",
    "progress": "成果或辦理情形報告",
    "official_letter": "公文",
    "letter": "公文",
    "invitation": "公文",
    "regulation": "法規",
    "faq": "問答集",
    "questionnaire": "問卷或申請表單",
    "phone_list": "名冊或通訊錄",
    "evaluation_form": "評核表",
    "award_news": "新聞或公告",
    "web_news": "新聞或公告",
    "contract": "契約或招標文件",
    "handbook": "手冊或說明",
    "empty_form_outline": "空白表單",
    "empty_form_with_instructions": "空白表單",
}


@pytest.mark.parametrize("begin", KINDS)
def test_the_reason_names_the_kind_of_document_and_what_was_seen(begin: str) -> None:
    expected = f"看起來是{KINDS[begin]}，不是計畫："
    doubts = {path.stem: judged(path)[1].doubt for path in OTHERS if path.stem.startswith(begin)}
    doubts.pop("minutes_follow_up_table", None)  # 決議事項執行情形: both kinds are true of it
    assert doubts
    assert {name: doubt for name, doubt in doubts.items() if not (doubt or "").startswith(expected)} == {}


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("示範市松林區公所113年度提升服務計畫", "計畫"),
        ("示範市松林區公所113年度提升服務計畫（核定本）", "計畫"),
        ("樣本縣青溪鄉公所提升服務工作計畫書　113年3月1日修正", "計畫"),
        ("示範市政府推動便民服務方案", "計畫"),
        ("113年度提升服務計畫第2次會議紀錄", "會議紀錄"),
        ("113年度提升服務計畫執行成果報告", "成果或辦理情形報告"),
        ("示範市政府 函", "公文"),
        ("提升服務計畫自評表", "評核表"),
        ("壹、計畫目標", None),
        ("本計畫自核定日起實施。", None),
        ("", None),
    ],
)
def test_the_last_noun_of_a_title_says_what_it_is(title: str, kind: str | None) -> None:
    assert kind_of_title(title) == kind
