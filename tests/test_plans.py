"""Whole plans: the sample corpus against the truth that it is rendered from, and the real plans."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from layouts import load, render
from plan_text import SHARED

from plansearch.collection import read_plan
from plansearch.types import Plan

CORPUS = Path(__file__).parents[1] / "corpus"
TRUTH = sorted((Path(__file__).parent / "corpus_truth").glob("*.jsonl"))
UNSCORED = ("依據", "實施對象", "期程")
REAL = {path.name[:3]: path for path in sorted((SHARED / "plans").glob("*.txt"))}

needs_real = pytest.mark.skipif(not REAL, reason="the real plans are not here (../shared)")


def fields(plan: Plan) -> list[tuple[object, ...]]:
    return [
        (
            item.section,
            item.code,
            item.topic,
            item.number,
            item.text,
            item.units,
            item.deadline,
            item.span.first_line,
            item.span.last_line,
        )
        for item in plan.items
        if not any(word in (item.section or "") for word in UNSCORED)
    ]


@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)
def test_a_sample_plan_is_understood_whole(path: Path) -> None:
    truth = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    plan = read_plan(CORPUS / f"{path.stem}.txt")
    got = {(fields_of[4], fields_of[1]): fields_of for fields_of in fields(plan)}
    want = {
        (item["text"], item["code"]): (
            item["section"], item["code"], item["topic"], item["number"], item["text"],
            tuple(item["units"]), item["deadline"], *item["lines"],
        )
        for item in truth
    }  # fmt: skip
    assert [plain(item) for item in got.values()] == [plain(item) for item in want.values()]


def plain(item: tuple[object, ...]) -> tuple[object, ...]:
    """Without spaces in numbers and topics, which the source writes now so, now so."""
    section, code, topic, number, *rest = item
    return (section, code, str(topic).replace(" ", ""), str(number).replace(" ", ""), *rest)


@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)
def test_a_sample_plan_says_who_it_is_and_what_is_damaged(path: Path) -> None:
    head = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    plan = read_plan(CORPUS / f"{path.stem}.txt")
    assert (plan.metadata.agency, plan.metadata.city, plan.metadata.year, plan.metadata.title, plan.framework) == (
        head["agency"],
        head["city"],
        head["year"],
        head["title"],
        head["framework"],
    )
    assert head["agency_type"].startswith(plan.metadata.agency_type or "?")
    assert [(damage.code, damage.kind) for damage in plan.damage] == [
        (damage["code"], damage["kind"]) for damage in head.get("damage", [])
    ]


@pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)
def test_the_sample_plans_are_what_their_truth_renders(path: Path) -> None:
    text, _ = render(load(path))
    assert (CORPUS / f"{path.stem}.txt").read_text(encoding="utf-8") == text


@needs_real
@pytest.mark.parametrize("number", ["003", "004"])
def test_labelled_plans_reach_the_figures(number: str, tmp_path: Path) -> None:
    plan = read_plan(REAL[number])
    parsed = tmp_path / "parsed.jsonl"
    rows = [
        {"section": item.section, "code": item.code, "topic": item.topic, "number": item.number, "text": item.text,
         "units": item.units, "lines": [item.span.first_line, item.span.last_line]}
        for item in plan.items
    ]  # fmt: skip
    parsed.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    gold = next((SHARED / "eval" / "gold").glob(f"{number}*"))
    command = [sys.executable, str(SHARED / "eval" / "score_items.py"), str(gold), str(parsed)]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = {name: float(value) for name, value in (part.split("=") for part in line.split())}
    floors = {"item_f1": 0.97, "code": 0.99, "units": 0.95, "topic": 0.90, "lines": 0.99}
    assert {name: figures[name] for name in floors if figures[name] < floors[name]} == {}


@needs_real
def test_lost_measures_of_a_real_plan_are_damage() -> None:
    plan = read_plan(REAL["001"])
    kinds = [(damage.kind, damage.code) for damage in plan.damage]
    assert ("measures_lost", "1.2") in kinds
    assert ("numbering_start", "1.3") in kinds
    assert next(damage for damage in plan.damage if damage.kind == "numbering_start").detail.startswith(
        "編號從「5.」開始"
    )


@needs_real
def test_a_real_plan_of_the_other_framework_keeps_its_pillars_and_crosses_over() -> None:
    plan = read_plan(REAL["002"])
    assert plan.framework == "service_award_2017"
    assert {item.code: (item.pillar or "")[-4:] for item in plan.items if item.code and item.code[2] in "34"} == {
        "A.3.1": "服務量能",
        "A.3.2": "服務量能",
        "A.4.1": "服務評價",
        "A.4.2": "服務評價",
    }
    crossed = {match.code for item in plan.items if "單一窗口" in item.text for match in item.crosswalk}
    surveys = [item for item in plan.items if item.code == "A.4.1" and "滿意度調查" in item.text]
    assert crossed == {"3.1"}
    assert surveys[0].crosswalk[0].code == "2.3"


@needs_real
@pytest.mark.parametrize(
    ("number", "agency", "kind", "city", "year"),
    [
        ("000", None, None, "高雄市", 109),
        ("001", "高雄市茄萣區公所", "公所", "高雄市", 113),
        ("002", "新竹市東區區公所", "公所", "新竹市", 106),
        ("003", "高雄市左營區衛生所", "衛生所", "高雄市", 113),
        ("004", "高雄市政府環境保護局中區資源回收廠", "環保", "高雄市", 110),
    ],
)
def test_real_plans_say_who_they_are(number: str, agency: str | None, kind: str | None, city: str, year: int) -> None:
    metadata = read_plan(REAL[number]).metadata
    assert (metadata.agency, metadata.agency_type, metadata.city, metadata.year) == (agency, kind, city, year)
