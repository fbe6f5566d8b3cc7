"""Ten plans as bad extraction leaves them, labelled by someone who did not know the parser.

What varies: page cuts, a cell on each line, lost headers, columns in another order, deadlines, remarks and numbers
in columns of their own, shortened titles, shifted numbers, lists in tags, line breaks inside cells, headings above
their tables, outlines, an unknown framework, and two kinds of line ends.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plansearch.collection import read_plan

EXTRACTS = sorted((Path(__file__).parent / "extracts").glob("*.txt"))
UNSCORED = ("依據", "實施對象", "期程")


def plain(text: str | None) -> str | None:
    """Without spaces: where a line was joined or a topic numbered, the label may have one."""
    return None if text is None else "".join(text.split())


@pytest.mark.parametrize("path", EXTRACTS, ids=lambda path: path.stem)
def test_every_measure_is_found_where_it_stands(path: Path) -> None:
    labels = [json.loads(line) for line in path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
    items = [item for item in read_plan(path).items if not any(word in (item.section or "") for word in UNSCORED)]
    assert [(item.code, plain(item.topic), plain(item.text), item.units) for item in items] == [
        (label["code"], plain(label["topic"]), plain(label["text"]), tuple(label["units"]))
        for label in labels
        if not any(word in (label["section"] or "") for word in UNSCORED)
    ]


AGENCIES = {
    "01": ("示範市燕西區戶政事務所", "戶政", 112),
    "02": ("示範市白荷地政事務所", "地政", 111),
    "03": ("示範縣田心鎮公所", "公所", 107),
    "04": ("示範市政府觀光局月光潭風景區管理站", "觀光", 111),
    "05": ("示範縣海豐鄉公所", "公所", 110),
    "06": ("示範縣政府稅務局羅西分局", "稅捐", 113),
    "07": ("示範市大屯區衛生所", "衛生所", 114),
    "08": ("示範縣立北濱圖書館", "文化", 109),
    "09": ("示範市政府消防局第七救災救護大隊", "消防", 113),
    "10": ("示範市政府殯葬業務處", "殯葬", 112),
}


@pytest.mark.parametrize("path", EXTRACTS, ids=lambda path: path.stem)
def test_every_plan_says_whose_it_is(path: Path) -> None:
    metadata = read_plan(path).metadata
    assert (metadata.agency, metadata.agency_type, metadata.year) == AGENCIES[path.stem]


DAMAGE = {
    "01": [("numbering_gap", "4.2")],
    "09": [("measures_lost", "2.2"), ("numbering_gap", "2.3"), ("numbering_gap", "5.2")],
}


@pytest.mark.parametrize("stem", sorted(DAMAGE))
def test_damage_is_named_and_nothing_else(stem: str) -> None:
    plan = read_plan(Path(__file__).parent / "extracts" / f"{stem}.txt")
    assert [(damage.kind, damage.code) for damage in plan.damage] == DAMAGE[stem]
