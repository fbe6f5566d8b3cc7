"""Corrections in the browser: the table, the workbook, and what becomes of them."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from websites import (
    CORRECT,
    NAME,
    PLAN,
    WORKSHEET,
    browser,
    build,
    everything_in,
    fields_of,
    form,
    plan_folder,
    text_of,
    write_plan,
)

from plansearch.corrections import corrections_path, read_corrections
from plansearch.index import PlanIndex


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return plan_folder(tmp_path)


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder) as opened:
        yield opened


def opened_form(client: TestClient) -> dict[str, Any]:
    """What the table on the page sends when nothing in it is touched."""
    return fields_of(client.get(CORRECT).text, "data-corrections")


def test_a_table_that_nobody_touched_corrects_nothing(client: TestClient, folder: Path) -> None:
    before = everything_in(folder)
    answer = client.post(CORRECT, data=opened_form(client))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{CORRECT}#saved")
    assert everything_in(folder) == before


def test_a_correction_changes_what_the_next_index_shows(client: TestClient, folder: Path, tmp_path: Path) -> None:
    fields = opened_form(client)
    fields |= {
        "text-1": "申辦須知公布於網站與臉書。",
        "units-1": "秘書室、民政課",
        "deadline-1": "113年6月",
        "code-2": "1.3",
        "delete": ["3"],
        "text-5": "櫃檯備有老花眼鏡。",
        "code-5": "1.3",
        "after-5": "2",
    }
    assert client.post(CORRECT, data=fields).status_code == 303
    assert "改 2 項、新增 1 項、刪除 1 項" in text_of(client.get(CORRECT).text)
    assert "更正有變動 1" in text_of(client.get("/files").text)
    build(folder, tmp_path / "ix")
    with PlanIndex.open(tmp_path / "ix") as index:
        found = [(one.item.text, one.item.code, one.item.units, one.item.deadline) for one in index.items()]
    assert found == [
        ("申辦須知公布於網站與臉書。", "1.2", ("秘書室", "民政課"), "113年6月"),
        ("服務台備有流程圖。", "1.3", ("秘書室",), None),
        ("櫃檯備有老花眼鏡。", "1.3", (), None),
        ("每季辦理滿意度調查。", "2.3", ("研考",), None),
    ]
    page = text_of(client.get(f"/plan/{quote(NAME)}").text)
    assert "申辦須知公布於網站與臉書。" in page
    assert page.count("人工更正") >= 3
    assert (folder / NAME).read_text(encoding="utf-8") == PLAN


def test_what_cannot_be_is_told_with_its_row_and_what_was_typed_is_kept(client: TestClient, folder: Path) -> None:
    before = everything_in(folder)
    for change, said in (
        ({"code-2": "9.9", "text-1": "改了<b>的"}, "第 2 列「執行要項代碼」欄：沒有「9.9」這個代碼"),
        ({"text-2": " ", "text-1": "改了<b>的"}, "第 2 列「措施」欄是空白的"),
        ({"after-5": "77", "text-5": "新", "text-1": "改了<b>的"}, "沒有第 77 列"),
        ({"delete": ["1", "2", "3", "4"], "text-1": "改了<b>的"}, "至少要留下一項"),
        ({"key-2": "1.2.00000000.abcdef12", "text-1": "改了<b>的"}, "第 2 列對不到計畫裡的項目"),
    ):
        answer = client.post(CORRECT, data=opened_form(client) | change)
        assert answer.status_code == 422
        assert said in answer.text
        assert "改了&lt;b&gt;的" in answer.text
    assert everything_in(folder) == before


def test_two_who_correct_at_the_same_time_do_not_undo_each_other(client: TestClient, folder: Path) -> None:
    first, second = opened_form(client), opened_form(client)
    assert client.post(CORRECT, data=first | {"text-1": "甲改的。"}).status_code == 303
    answer = client.post(CORRECT, data=second | {"text-2": "乙改的。"})
    assert answer.status_code == 422
    assert "有人先存了更正" in answer.text
    assert "乙改的。" in answer.text
    again = re.search(r'name="seen" value="([^"]*)"', answer.text)
    assert again
    pressed_again = second | {"text-2": "乙改的。", "seen": again[1]}
    assert client.post(CORRECT, data=pressed_again).status_code == 422
    kept = read_corrections(folder / NAME)
    assert kept is not None
    assert [one.now.text for one in kept.corrections if one.now] == ["甲改的。"]


def test_a_row_that_was_not_sent_is_not_deleted(client: TestClient, folder: Path) -> None:
    sent = {name: value for name, value in opened_form(client).items() if not name.endswith("-2")}
    sent["row"] = [number for number in sent["row"] if number != "2"]
    answer = client.post(CORRECT, data=sent)
    assert answer.status_code == 422
    assert "表格不完整" in answer.text
    assert read_corrections(folder / NAME) is None


def test_a_worksheet_of_before_does_not_undo_what_was_saved_since(client: TestClient, folder: Path) -> None:
    workbook = load_workbook(io.BytesIO(client.get(WORKSHEET).content))
    assert client.post(CORRECT, data=opened_form(client) | {"text-1": "甲改的。"}).status_code == 303
    workbook["項目"]["H3"] = "乙由試算表改的。"
    out = io.BytesIO()
    workbook.save(out)
    answer = client.post(WORKSHEET, data=form(client), files=[("file", ("改好的.xlsx", out.getvalue()))])
    assert answer.status_code == 422
    assert "下載之後" in answer.text
    kept = read_corrections(folder / NAME)
    assert kept is not None
    assert [one.now.text for one in kept.corrections if one.now] == ["甲改的。"]


def test_corrections_can_be_taken_back(client: TestClient, folder: Path, tmp_path: Path) -> None:
    client.post(CORRECT, data=opened_form(client) | {"text-1": "改了。"})
    build(folder, tmp_path / "ix")
    answer = client.post(CORRECT, data=form(client, seen=opened_form(client)["seen"][0], reset="1"))
    assert answer.status_code == 303
    assert not corrections_path(folder / NAME).exists()
    assert "更正有變動 1" in text_of(client.get("/files").text)


def test_a_worksheet_goes_out_and_comes_back(client: TestClient, folder: Path) -> None:
    answer = client.get(WORKSHEET)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    workbook = load_workbook(io.BytesIO(answer.content))
    workbook["項目"]["H2"] = "由試算表改的。"
    out = io.BytesIO()
    workbook.save(out)
    sent = client.post(WORKSHEET, data=form(client), files=[("file", ("../改好 的.xlsx", out.getvalue()))])
    assert sent.status_code == 303
    kept = read_corrections(folder / NAME)
    assert kept is not None
    assert [(one.kind, one.now and one.now.text) for one in kept.corrections] == [("changed", "由試算表改的。")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04" + bytes(50), "檔案不完整或已損毀"),
        (b"", "少了這些欄位"),
        (b"a,b\n1,2\n", "少了這些欄位"),
        (b"\xff\xff\xff", "編碼無法辨識"),
    ],
)
def test_what_is_no_worksheet_is_refused(client: TestClient, folder: Path, content: bytes, said: str) -> None:
    before = everything_in(folder)
    answer = client.post(WORKSHEET, data=form(client), files=[("file", ("表.xlsx", content))])
    assert answer.status_code == 422
    assert said in answer.text
    assert everything_in(folder) == before


def test_corrections_never_go_through_a_link(client: TestClient, folder: Path, tmp_path: Path) -> None:
    for suffix in (".corrections.json", ".corrections.json.tmp"):
        (folder / f"{NAME}{suffix}").symlink_to(tmp_path / "secret.txt")
    assert client.post(CORRECT, data=opened_form(client) | {"text-1": "改了。"}).status_code == 303
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == "外面的內容"
    beside = corrections_path(folder / NAME)
    assert not beside.is_symlink()
    assert json.loads(beside.read_text(encoding="utf-8"))["corrections"][0]["now"]["text"] == "改了。"


def test_a_file_that_cannot_be_read_says_why_instead_of_its_items(client: TestClient, folder: Path) -> None:
    write_plan(folder / "壞.pdf", "%PDF-1.4 壞的")
    answer = client.get(f"/files/correct/{quote('壞.pdf')}")
    until = time.monotonic() + 60
    while answer.status_code == 202 and time.monotonic() < until:
        answer = client.get(f"/files/correct/{quote('壞.pdf')}")
    assert answer.status_code == 422
    assert "壞.pdf" in answer.text
