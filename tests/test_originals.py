"""The files behind an index: found by their plans, kept under fitting names, compared with what was indexed."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from plansearch.collection import plan_files
from plansearch.corrections import corrections_path
from plansearch.errors import LimitError, PlansearchError
from plansearch.limits import Limits
from plansearch.originals import FolderChanges, compare_folder, file_of, fitting_suffix, read_source
from plansearch.types import SkippedFile


@pytest.mark.parametrize(
    ("plan", "file"),
    [
        ("甲.txt", "甲.txt"),
        ("甲.txt[2]", "甲.txt"),
        ("乙[2].txt", "乙[2].txt"),
        ("丙.txt[2]", "丙.txt[2]"),
        ("丁.txt", None),
        ("../甲.txt", None),
    ],
)
def test_a_plan_s_file_is_found_by_name_alone(plan: str, file: str | None) -> None:
    assert file_of(plan, {"甲.txt", "乙[2].txt", "丙.txt", "丙.txt[2]"}) == file


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("a.txt", b"text", ".txt"),
        ("a.TXT", b"text", ".TXT"),
        ("a", b"text", ".txt"),
        ("a.doc", b"{\\rtf1 x}", ".doc"),
        ("a.exe", b"{\\rtf1 x}", ".rtf"),
        ("a.toml", b"%PDF-1.4", ".pdf"),
        ("a.php", b"<html><body>x</body></html>", ".html"),
    ],
)
def test_a_file_keeps_a_suffix_of_plans_and_gets_that_of_its_content_else(
    tmp_path: Path, name: str, content: bytes, suffix: str
) -> None:
    path = tmp_path / "draft.tmp"
    path.write_bytes(content)
    assert fitting_suffix(path, name, Limits()) == suffix


@pytest.mark.parametrize(
    ("name", "content"), [("a.toml", b"x = 1"), ("a.zip", b"PK\x05\x06" + bytes(18)), ("a.txt", b"")]
)
def test_what_no_reader_knows_has_no_suffix(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "draft.tmp"
    path.write_bytes(content)
    with pytest.raises(PlansearchError):
        fitting_suffix(path, name, Limits())


def test_a_source_is_read_within_its_limits(tmp_path: Path) -> None:
    path = tmp_path / "甲.txt"
    path.write_text("一、設置服務鈴。\n", encoding="utf-8")
    assert read_source(path, "夾/甲.txt", Limits()).name == "夾/甲.txt"
    with pytest.raises(LimitError, match=r"夾/甲\.txt"):
        read_source(path, "夾/甲.txt", Limits(max_size=3))


def test_each_difference_is_told_once(tmp_path: Path) -> None:
    for name in ("同.txt", "改.txt", "新.txt", "略.txt", "合.txt", "更.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        os.utime(tmp_path / name, (1000, 1000))
    for path in (corrections_path(tmp_path / "同.txt"), tmp_path / "plans.toml", tmp_path / "略.txt"):
        path.write_text("", encoding="utf-8")
        os.utime(path, (3000, 3000))
    files, _ = plan_files(tmp_path)

    def content(path: Path) -> str:
        return sha256(path.read_bytes()).hexdigest()

    indexed = {name: content(tmp_path / name) for name in ("同.txt", "合.txt", "更.txt")}
    sources = indexed | {"合.txt[2]": indexed["合.txt"], "改.txt": "0", "走.txt": "1", "走.txt[2]": "1"}
    found = compare_folder(
        tmp_path, files, sources, [SkippedFile("略.txt", "")], corrected=["更.txt"], since=2000, content=content
    )
    assert found == FolderChanges(
        new=("新.txt",),
        changed=("改.txt",),
        gone=("走.txt", "走.txt[2]"),
        corrected=("同.txt", "更.txt"),
        settings=("plans.toml",),
        touched=("略.txt",),
    )
    assert not FolderChanges()


def test_what_was_restored_with_an_older_time_counts_as_changed(tmp_path: Path) -> None:
    plan = tmp_path / "a.txt"
    plan.write_text("甲", encoding="utf-8")
    beside = corrections_path(plan)
    beside.write_text("{}", encoding="utf-8")
    os.utime(beside, (0, 0))
    files = {"a.txt": plan}

    def changes(since: float) -> FolderChanges:
        return compare_folder(tmp_path, files, {}, (), corrected=(), since=since, content=lambda _: None)

    assert changes(time.time() - 60).corrected == ("a.txt",)
    assert changes(time.time() + 60).corrected == ()
