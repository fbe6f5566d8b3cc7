from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import EAST, OTHER, PLANS, WEST, item_of, plan_of

from plansearch.errors import IndexBrokenError
from plansearch.results import Filters, IndexedItem, PlanSummary
from plansearch.store.catalog import Catalog
from plansearch.store.catalog_writer import write_catalog
from plansearch.types import Alignment, CrosswalkMatch, Damage, Plan, SkippedFile, Span

WHOLE = replace(
    item_of("第一行\n第二行，含 <p> 與 🎈。", topic="甲 > 乙", units=("民政課", "秘書室", "民政課")),
    deadline="113年12月",
    span=Span(3, 5, 2, 1, 4),
    pillar="一、完備基礎服務項目",
    alignment=Alignment("fuzzy", 0.93),
    crosswalk=(
        CrosswalkMatch("six_pillars", "3.1", "equal", 1.0),
        CrosswalkMatch("six_pillars", "2.3", "overlaps", 0.5),
    ),
)
DAMAGED = replace(
    plan_of("損.txt", WHOLE, agency="示範市東湖區公所"),
    damage=(
        Damage("measures_lost", "1.2 的執行重點遺失。", "1.2", Span(9, 9)),
        Damage("text_stray", "一行。", None, Span()),
    ),
    overridden=("year", "city"),
)
SKIPPED = (SkippedFile("壞.doc", "無法讀取。"),)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    write_catalog(tmp_path / "catalog.sqlite", (*PLANS, DAMAGED), SKIPPED)
    return Catalog(tmp_path / "catalog.sqlite")


def test_items_come_back_whole(catalog: Catalog) -> None:
    plans: tuple[Plan, ...] = (*PLANS, DAMAGED)
    expected = tuple(
        IndexedItem(f"{plan.name}#{place}", plan.name, plan.metadata, plan.framework, item)
        for plan in plans
        for place, item in enumerate(plan.items, 1)
    )
    assert catalog.items(range(len(expected))) == expected
    assert catalog.items([6, 0, 6]) == (expected[6], expected[0], expected[6])
    assert (catalog.n_plans, catalog.n_items) == (4, 7)


def test_more_items_than_sqlite_takes_parameters(tmp_path: Path) -> None:
    write_catalog(tmp_path / "c", [plan_of("大.txt", *(f"措施{number}" for number in range(1300)))], ())
    assert [found.item.text for found in Catalog(tmp_path / "c").items(range(1299, -1, -1))][::1299] == [
        "措施1299",
        "措施0",
    ]


def test_an_unknown_position_is_a_caller_s_bug(catalog: Catalog) -> None:
    with pytest.raises(IndexError):
        catalog.items([7])


def test_plans_damage_and_skipped_come_back(catalog: Catalog) -> None:
    assert catalog.plans() == (
        PlanSummary("east.txt", EAST.metadata, "six_pillars", 3, 0),
        PlanSummary("west.txt", WEST.metadata, "six_pillars", 2, 0),
        PlanSummary("other.txt", OTHER.metadata, "six_pillars", 1, 0),
        PlanSummary("損.txt", DAMAGED.metadata, "six_pillars", 1, 2, ("year", "city")),
    )
    assert catalog.damage("損.txt") == catalog.damage() == DAMAGED.damage
    assert catalog.damage("east.txt") == ()
    assert catalog.skipped() == SKIPPED


def test_an_item_is_found_by_its_id(catalog: Catalog) -> None:
    assert catalog.position("west.txt#2") == 4
    assert catalog.position("west.txt#3") is None


@pytest.mark.parametrize(
    ("filters", "positions"),
    [
        pytest.param(Filters(), [0, 1, 2, 3, 4, 5, 6], id="none"),
        pytest.param(Filters(agencies=("示範市東湖區公所",)), [0, 1, 2, 6], id="agency"),
        pytest.param(Filters(agencies=("示範市東湖區公所", "示範市西嶺衛生所")), [0, 1, 2, 3, 4, 6], id="any of two"),
        pytest.param(Filters(agencies=("示範市東湖區公所",), years=(112,)), [], id="all of two filters"),
        pytest.param(Filters(years=(112,)), [3, 4], id="year"),
        pytest.param(Filters(types=("衛生所",)), [3, 4], id="type"),
        pytest.param(Filters(cities=("示範市",)), [0, 1, 2, 3, 4, 5, 6], id="city"),
        pytest.param(Filters(units=("民政課",)), [1, 6], id="unit, once where an item has it twice"),
        pytest.param(Filters(requirements=("3.1",)), [1, 4, 6], id="code, crosswalked too"),
        pytest.param(Filters(requirements=("3",)), [1, 3, 4, 6], id="pillar"),
        pytest.param(Filters(requirements=("1.3",)), [0, 5, 6], id="code of another framework by crosswalk"),
        pytest.param(Filters(requirements=("A.1",)), [5], id="beginning of an award code"),
        pytest.param(Filters(requirements=("A.1.2",)), [5], id="award code"),
        pytest.param(Filters(requirements=("A.1.2", "2.3"), units=("總務",)), [5], id="requirement and unit"),
        pytest.param(Filters(requirements=("%",)), [], id="no wild cards"),
        pytest.param(Filters(units=("' OR 1=1 --",)), [], id="no injection"),
    ],
)
def test_filters_allow_positions(filters: Filters, positions: list[int], catalog: Catalog) -> None:
    assert catalog.allowed(filters) == positions


def test_values_are_sorted_and_each_once(catalog: Catalog) -> None:
    assert {option: catalog.values(option) for option in ("agency", "type", "city", "year", "requirement", "unit")} == {
        "agency": ["示範市東湖區公所", "示範市西嶺區公所", "示範市西嶺衛生所"],
        "type": ["區公所", "衛生所"],
        "city": ["示範市"],
        "year": ["112", "113"],
        "requirement": ["1.3", "2.3", "3.1", "3.2", "A.1.2"],
        "unit": ["民政課", "秘書室", "總務", "行政組"],
    }


@pytest.mark.parametrize("value", [-1, 0], ids=["below", "again and again"])
def test_members_of_a_filter_that_can_be_none_are_told(value: int, tmp_path: Path) -> None:
    write_catalog(tmp_path / "catalog.sqlite", (*PLANS, DAMAGED), ())
    path = tmp_path / "facet_members.npy"
    np.save(path, np.full_like(np.load(path), value))
    catalog = Catalog(tmp_path / "catalog.sqlite")
    with pytest.raises(IndexBrokenError, match="plansearch index"):
        catalog.allowed(Filters(cities=("示範市",)))


@pytest.mark.parametrize("content", [None, b"", b"no database" * 100], ids=["missing", "empty", "foreign"])
def test_a_broken_catalog_is_told(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "目錄.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(IndexBrokenError, match=r"(?s)目錄.*請重新建立索引"):
        Catalog(path)
