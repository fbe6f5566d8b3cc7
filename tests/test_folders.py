"""Folders as people have them: other documents, copies, links, names of all kinds, files that cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plansearch.cli import main
from plansearch.collection import ReadingOptions, inspect_file, read_collection
from plansearch.errors import SOME_UNREADABLE
from plansearch.limits import Limits

HERE = Path(__file__).parent
PLAN = "示範市松林區公所113年度提升服務計畫\n\n壹、計畫目標\n一、提供民眾合宜的服務。\n"
OTHER = PLAN.replace("松林區公所", "石門區衛生所").replace("合宜", "迅速")
MINUTES = (HERE / "other_documents" / "minutes_titled.txt").read_text(encoding="utf-8")
FORM = "附件一　113年度提升服務計畫自我評核表\n\n評核項目\t配分\t自評分數\n服務一致\t10\t9\n服務友善\t10\t8\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "計畫"
    place.mkdir()
    (place / "甲.txt").write_text(PLAN, encoding="utf-8")
    return place


def kinds(folder: Path, **options: object) -> dict[str, str]:
    collection = read_collection(folder, options=ReadingOptions(**options))  # type: ignore[arg-type]
    return {file.name: file.kind for file in collection.skipped}


def names(folder: Path, **options: object) -> list[str]:
    collection = read_collection(folder, options=ReadingOptions(**options))  # type: ignore[arg-type]
    return [plan.name for plan in collection.plans]


def test_another_document_is_skipped_with_the_reason(folder: Path) -> None:
    (folder / "紀錄.txt").write_text(MINUTES, encoding="utf-8")
    collection = read_collection(folder)
    assert [plan.name for plan in collection.plans] == ["甲.txt"]
    assert [(file.name, file.kind) for file in collection.skipped] == [("紀錄.txt", "not_a_plan")]
    assert collection.skipped[0].reason.startswith("看起來是會議紀錄，不是計畫：標題是「")
    assert collection.skipped[0].reason.endswith("建立索引時請加 --force。")


@pytest.mark.parametrize("wanted", ["紀錄.txt", "*.txt", "子/紀錄.txt"])
def test_forced_it_is_read_and_says_what_it_looks_like(folder: Path, wanted: str) -> None:
    (folder / "子").mkdir()
    (folder / "子" / "紀錄.txt").write_text(MINUTES, encoding="utf-8")
    plans = read_collection(folder, options=ReadingOptions(force=(wanted,))).plans
    assert [(plan.name, plan.doubt is None) for plan in plans] == [("子/紀錄.txt", False), ("甲.txt", True)]


def test_force_that_names_nothing_is_reported(folder: Path) -> None:
    assert kinds(folder, force=("無.txt",)) == {"無.txt": "missing"}


def test_inspect_shows_what_is_no_plan_with_a_warning(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "紀錄.txt").write_text(MINUTES, encoding="utf-8")
    assert main(["inspect", str(folder / "紀錄.txt")]) == 0
    assert "注意：看起來是會議紀錄，不是計畫" in capsys.readouterr().out


def test_two_plans_of_one_file_are_two_plans_with_names_of_their_own(folder: Path) -> None:
    (folder / "合訂.txt").write_text(PLAN + "\n" + OTHER, encoding="utf-8")
    collection = read_collection(folder)
    assert [(plan.name, plan.metadata.agency, len(plan.items)) for plan in collection.plans] == [
        ("合訂.txt", "示範市松林區公所", 1),
        ("合訂.txt[2]", "示範市石門區衛生所", 1),
        ("甲.txt", "示範市松林區公所", 1),
    ]


def test_plans_toml_reaches_the_second_plan_of_a_file(folder: Path) -> None:
    (folder / "合訂.txt").write_text(PLAN + "\n" + OTHER, encoding="utf-8")
    (folder / "plans.toml").write_text('[[plan]]\nfile = "合訂.txt[2]"\nyear = 112\n', encoding="utf-8")
    collection = read_collection(folder)
    assert [(plan.name, plan.metadata.year) for plan in collection.plans[:2]] == [
        ("合訂.txt", 113),
        ("合訂.txt[2]", 112),
    ]
    assert collection.skipped == ()


def test_a_form_behind_a_plan_is_named_with_its_place(folder: Path) -> None:
    (folder / "附表.txt").write_text(OTHER + "\n" + FORM, encoding="utf-8")
    collection = read_collection(folder)
    assert [(file.name, file.kind) for file in collection.skipped] == [("附表.txt（第 6 行起）", "not_a_plan")]
    assert collection.skipped[0].reason.startswith("「113年度提升服務計畫自我評核表」看起來是評核表")
    (plan,) = [plan for plan in collection.plans if plan.name == "附表.txt"]
    assert [item.text for item in plan.items] == ["提供民眾迅速的服務。"]


def test_files_with_the_same_content_are_one_plan(folder: Path) -> None:
    (folder / "乙.txt").write_text(PLAN, encoding="utf-8")
    collection = read_collection(folder)
    assert [plan.name for plan in collection.plans] == ["乙.txt"]
    assert [(file.name, file.kind, file.reason) for file in collection.skipped] == [
        ("甲.txt", "duplicate", "與「乙.txt」的內容完全相同，只讀那一個檔案。")
    ]


def test_of_two_copies_the_one_that_plans_toml_knows_is_read(folder: Path) -> None:
    (folder / "乙.txt").write_text(PLAN, encoding="utf-8")
    (folder / "plans.toml").write_text('[[plan]]\nfile = "甲.txt"\nyear = 112\n', encoding="utf-8")
    assert names(folder) == ["甲.txt"]


def test_of_two_copies_the_one_that_can_be_read_is_read(folder: Path) -> None:
    (folder / "乙.bak").write_text(OTHER, encoding="utf-8")
    (folder / "乙.txt").write_text(OTHER, encoding="utf-8")
    (folder / "紀錄甲.txt").write_text(MINUTES, encoding="utf-8")
    (folder / "紀錄乙.txt").write_text(MINUTES, encoding="utf-8")
    assert names(folder, force=("紀錄甲.txt",)) == ["乙.txt", "甲.txt", "紀錄甲.txt"]
    assert kinds(folder, force=("紀錄甲.txt",)) == {"乙.bak": "duplicate", "紀錄乙.txt": "duplicate"}


def test_what_windows_leaves_in_folders_is_no_plan(folder: Path) -> None:
    for name in ("Thumbs.db", "desktop.ini"):
        (folder / name).write_bytes(b"\0\1")
    assert (names(folder), kinds(folder)) == (["甲.txt"], {})


def test_settings_in_an_inner_folder_are_told(folder: Path) -> None:
    (folder / "子").mkdir()
    (folder / "子" / "plans.toml").write_text("[[plan]]\n", encoding="utf-8")
    assert kinds(folder) == {"子/plans.toml": "missing"}


def test_what_has_no_measures_is_not_to_be_forced(folder: Path) -> None:
    (folder / "信.txt").write_text("……\n", encoding="utf-8")
    assert ["--force" in file.reason for file in read_collection(folder).skipped] == [False]


def test_empty_files_are_each_named(folder: Path) -> None:
    for name in ("空.txt", "白.txt"):
        (folder / name).write_bytes(b"")
    assert kinds(folder) == {"空.txt": "unreadable", "白.txt": "unreadable"}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_reported_and_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "外"
    outside.mkdir()
    (outside / "密.txt").write_text(OTHER, encoding="utf-8")
    (folder / "檔.txt").symlink_to(outside / "密.txt")
    (folder / "夾").symlink_to(outside)
    (folder / "斷.txt").symlink_to(outside / "無.txt")
    (folder / "圈").symlink_to(folder)
    collection = read_collection(folder)
    assert [plan.name for plan in collection.plans] == ["甲.txt"]
    assert {file.name: file.kind for file in collection.skipped} == dict.fromkeys(
        ("檔.txt", "夾", "斷.txt", "圈"), "link"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_among_the_plans_is_named_and_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "管線.txt")
    assert kinds(folder) == {"管線.txt": "unreadable"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(folder: Path) -> None:
    (folder / "鎖.txt").write_text(OTHER, encoding="utf-8")
    (folder / "鎖.txt").chmod(0)
    (folder / "鎖夾").mkdir(mode=0)
    try:
        assert kinds(folder) == {"鎖.txt": "unreadable", "鎖夾/": "unreadable"}
    finally:
        (folder / "鎖夾").chmod(0o700)


@pytest.mark.parametrize(
    "name",
    [
        "有 空 白.txt",
        "長" * 80 + ".txt",
        "a'b\"c.txt",
        "100%.txt",
        "#1.txt",
        "[1].txt",
        "𡘙難字.txt",
        "-開頭.txt",
        "ＦＵＬＬ.TXT",
    ],
)
def test_any_name_is_read(folder: Path, name: str) -> None:
    (folder / name).write_text(OTHER, encoding="utf-8")
    assert sorted(names(folder)) == sorted([name, "甲.txt"])


def test_a_name_that_is_no_text_is_read_or_named(folder: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xa4\xa4.txt")).write_text(OTHER, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert names(folder) == ["中.txt", "甲.txt"]
    assert main(["index", str(folder), "--index", str(folder.parent / "ix"), "-o", os.devnull]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_inspect_calls_a_file_what_the_index_calls_it(folder: Path, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + "計畫.txt".encode("big5")))
    path.write_text(OTHER, encoding="utf-8")
    assert [one.plan.name for one in inspect_file(path).plans] == ["計畫.txt"]
    assert main(["inspect", str(path), "-o", str(tmp_path / "項目.xlsx")]) == 0
    assert main(["correct", str(path), str(tmp_path / "項目.xlsx")]) == 0


def test_limits_are_options(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "大.txt").write_text(OTHER + "　" * 2000, encoding="utf-8")
    arguments = ["index", str(folder), "--index", str(tmp_path / "ix"), "--format", "json"]
    assert main([*arguments, "--max-size", "4KB"]) == SOME_UNREADABLE
    (skipped,) = json.loads(capsys.readouterr().out)["skipped"]
    assert (skipped["file"], skipped["kind"]) == ("大.txt", "unreadable")
    assert skipped["reason"].startswith("「大.txt」有 6 KB，超過上限 4 KB。")
    assert main(["inspect", str(folder / "大.txt"), "--max-size", "太大"]) == 2


def test_time_is_limited(folder: Path) -> None:
    (folder / "久.text").write_text("1." * 2_000_000, encoding="utf-8")
    collection = read_collection(folder, options=ReadingOptions(Limits(timeout=1)))
    assert [plan.name for plan in collection.plans] == ["甲.txt"]
    assert [(file.name, "讀了 1 秒還沒有讀完" in file.reason) for file in collection.skipped] == [("久.text", True)]


def test_code_3_says_that_a_file_could_not_be_read(folder: Path, tmp_path: Path) -> None:
    arguments = ["index", str(folder), "--index", str(tmp_path / "ix"), "-o", os.devnull]
    (folder / "紀錄.txt").write_text(MINUTES, encoding="utf-8")
    (folder / "同.txt").write_text(PLAN, encoding="utf-8")
    assert main(arguments) == 0
    (folder / "壞.docx").write_bytes(b"PK\x03\x04broken")
    assert main(arguments) == SOME_UNREADABLE


@pytest.mark.parametrize("command", ["index", "inspect", "damage"])
def test_a_cp950_console_shows_everything_it_can(folder: Path, tmp_path: Path, command: str) -> None:
    (folder / "難字𡘙.txt").write_text(OTHER.replace("迅速", "𡘙速"), encoding="utf-8")
    arguments = {
        "index": ["index", str(folder), "--index", str(tmp_path / "ix")],
        "inspect": ["inspect", str(folder / "難字𡘙.txt")],
        "damage": ["inspect", str(folder / "難字𡘙.txt"), "--damage"],
    }[command]
    ended = subprocess.run(
        [sys.executable, "-m", "plansearch", *arguments],
        env=os.environ | {"PYTHONIOENCODING": "cp950"},
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "難字" in ended.stdout.decode("cp950")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(folder: Path, newline: str) -> None:
    (folder / "乙.txt").write_text(PLAN, encoding="utf-8", newline=newline)
    first, second = (inspect_file(folder / name).plans[0].plan for name in ("甲.txt", "乙.txt"))
    assert second.items == first.items
