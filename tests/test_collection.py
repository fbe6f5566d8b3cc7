from __future__ import annotations

from pathlib import Path

import pytest

from plansearch.collection import read_collection, read_overrides, read_plan
from plansearch.errors import ConfigurationError, ReadError

PLAN = "示範市松林區公所113年度提升服務計畫\n\n壹、計畫目標\n一、提供民眾合宜的服務。\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "乙.txt").write_text(PLAN, encoding="utf-8")
    (tmp_path / "子").mkdir()
    (tmp_path / "子" / "甲.txt").write_bytes(PLAN.encode("cp950"))
    return tmp_path


def test_plans_are_named_by_their_path_in_the_folder(folder: Path) -> None:
    assert [plan.name for plan in read_collection(folder).plans] == ["乙.txt", "子/甲.txt"]


def test_a_bad_file_costs_that_file_and_is_named_with_the_reason(folder: Path) -> None:
    (folder / "壞.txt").write_bytes(b"\x00\x01\x02")
    (folder / "圖.png").write_bytes(b"\x89PNG")
    (folder / "README.txt").write_text("說明", encoding="utf-8")
    (folder / ".隱藏.txt").write_text(PLAN, encoding="utf-8")
    collection = read_collection(folder)
    assert [plan.name for plan in collection.plans] == ["乙.txt", "子/甲.txt"]
    assert [(file.name, file.reason[:16]) for file in collection.skipped] == [
        ("圖.png", "「圖.png」是圖片，沒有文字可"),
        ("壞.txt", "「壞.txt」不是文字檔（內含二"),
    ]


def test_links_are_not_followed(folder: Path) -> None:
    (folder / "連結.txt").symlink_to(folder / "乙.txt")
    assert [plan.name for plan in read_collection(folder).plans] == ["乙.txt", "子/甲.txt"]


def test_progress_counts_files(folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    read_collection(folder, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="找不到資料夾"):
        read_collection(tmp_path / "無")


def test_plans_toml_knows_better_than_the_text(folder: Path) -> None:
    (folder / "plans.toml").write_text(
        '[[plan]]\nfile = "乙.txt"\nagency = "示範市松林區衛生所"\nyear = 112\n', encoding="utf-8"
    )
    plan = read_plan(folder / "乙.txt")
    assert (plan.metadata.agency, plan.metadata.agency_type, plan.metadata.year) == (
        "示範市松林區衛生所",
        "衛生所",
        112,
    )
    assert plan.metadata.city == "示範市"
    assert plan.overridden == ("agency", "year")
    assert read_collection(folder).plans[0] == plan


def test_plans_toml_that_names_a_file_that_is_not_there_is_reported(folder: Path) -> None:
    (folder / "plans.toml").write_text('[[plan]]\nfile = "丙.txt"\nyear = 112\n', encoding="utf-8")
    assert [file.name for file in read_collection(folder).skipped] == ["丙.txt"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[plan]\n", "無法讀取.*第 1 行的寫法有誤。"),
        ("x = " + "[" * 5000, "無法讀取.*寫法有誤。"),
        ('[[plans]]\nfile = "乙.txt"\n', "不認識的 plans"),
        ('[[plan]]\nfile = "乙.txt"\n[[plan]]\nfile = "乙.txt"\n', "有兩段"),
        ("[plan]\nyear = 1\n", "每份計畫要各寫一段"),
        ("[[plan]]\nyear = 112\n", r"第 1 段 \[\[plan\]\]缺少 file"),
        ('[[plan]]\nfile = "乙.txt"\nmayor = "x"\n', "不認識的欄位 mayor"),
        ('[[plan]]\nfile = "乙.txt"\nyear = "112"\n', "year 應為整數（民國年）"),
        ('[[plan]]\nfile = "乙.txt"\nagency = 5\n', "agency 應為文字"),
    ],
)
def test_a_wrong_plans_toml_says_where_and_what(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "plans.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        read_overrides(path)
