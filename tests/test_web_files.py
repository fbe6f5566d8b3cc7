"""The plans' files in the browser: what was read, what changed since, and what people put in."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import TinyEncoder, item_of, plan_of
from fastapi.testclient import TestClient
from websites import (
    CORRECT,
    NAME,
    OWN,
    PLAN,
    WORKSHEET,
    browser,
    build,
    everything_in,
    form,
    plan_folder,
    text_of,
    website,
    write_plan,
)

from plansearch.corrections import corrections_path
from plansearch.errors import QueryError
from plansearch.index import PlanIndex
from plansearch.limits import Limits
from plansearch.web.folder import LONGEST_NAME, PlanFolder, safe_name
from plansearch.web.settings import MAX_FILES

OTHER = PLAN.replace("松林區", "青溪區").replace("服務鈴", "電鈴")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return plan_folder(tmp_path)


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder) as opened:
        yield opened


def upload(client: TestClient, *files: tuple[str, bytes]) -> str:
    """Upload files, and what the page says of them."""
    parts = [("file", (name, content, "application/octet-stream")) for name, content in files]
    answer = client.post("/files/upload", data=form(client), files=parts)
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    until = time.monotonic() + 60
    while page.status_code == 202 and time.monotonic() < until:
        page = client.get(answer.headers["location"])
    assert page.status_code == 200
    return text_of(page.text)


# what was read, and what changed since


def test_all_plans_and_all_files_that_gave_none_are_listed_with_the_reason(folder: Path, tmp_path: Path) -> None:
    write_plan(folder / "內 層" / "缺漏.txt", OTHER.replace("1. 大廳", "4. 大廳"))
    write_plan(folder / "壞.pdf", "%PDF-1.4 壞的")
    write_plan(folder / "紀要.txt", "今天天氣很好。\n")
    write_plan(folder / "副本.txt")
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder) as client:
        page = client.get("/files").text
    said = text_of(page)
    assert "索引裡有 2 份計畫、8 項，缺漏或錯亂 1 處" in said
    assert f'<a href="/plan/{quote("內 層/缺漏.txt", safe="")}#damage"' in page
    skipped = said[said.index("沒有收入索引的檔案") :]
    for kind, name in (("檔案無法讀取 1 個", "壞.pdf"), ("看起來不是計畫 1 個", "紀要.txt"), ("內容相同 1 個", NAME)):
        assert f"{kind} {name} ：" in skipped


def test_a_folder_as_it_was_indexed_has_no_differences(client: TestClient) -> None:
    assert "資料夾裡的計畫與索引一致" in client.get("/files").text


def test_what_is_new_changed_gone_or_corrected_is_told(folder: Path, tmp_path: Path) -> None:
    for name in ("改.txt", "走.txt", "更正.txt"):
        write_plan(folder / name, PLAN.replace("松林", name[0] * 2))
    write_plan(folder / "紀要.txt", "今天天氣很好。\n")
    build(folder, tmp_path / "ix")
    write_plan(folder / "新.txt", OTHER)
    write_plan(folder / "改.txt", OTHER.replace("青溪", "改改"))
    (folder / "走.txt").unlink()
    write_plan(folder / "synonyms.toml", "")
    later = time.time() + 5
    write_plan(corrections_path(folder / "更正.txt"), "{}")
    for path in (corrections_path(folder / "更正.txt"), folder / "synonyms.toml", folder / "紀要.txt"):
        os.utime(path, (later, later))
    with browser(tmp_path / "ix", folder) as client:
        said = text_of(client.get("/files").text)
    assert "新增 1 資料夾裡有、索引裡沒有 新.txt" in said
    assert "有變動 1 內容和索引時不同 改.txt" in said
    assert "不在了 1 索引裡有、資料夾裡沒有；重建後會移除 走.txt" in said
    assert "更正有變動 1 有人存了或刪除了更正 更正.txt" in said
    assert "略過的檔案有變動 1 上次沒有收入，之後又存過 紀要.txt" in said
    assert "設定檔有變動 1 synonyms.toml" in said


def test_a_file_that_is_saved_again_the_same_is_no_difference(client: TestClient, folder: Path) -> None:
    later = time.time() + 5
    os.utime(folder / NAME, (later, later))
    assert "資料夾裡的計畫與索引一致" in client.get("/files").text


def test_plans_are_found_by_agency_and_year(client: TestClient) -> None:
    assert NAME in client.get("/files", params={"find": "松林 113"}).text
    assert f"/plan/{quote(NAME)}" not in client.get("/files", params={"find": "松林 112"}).text


def test_without_a_folder_the_page_says_that_uploading_is_off(folder: Path, tmp_path: Path) -> None:
    build(folder, tmp_path / "ix")
    before = everything_in(tmp_path)
    with browser(tmp_path / "ix", None) as other:
        page = other.get("/files").text
        assert "沒有開放上傳、更正與重建索引" in page
        assert 'method="post"' not in page
        for address in ("/files/upload", "/files/index", CORRECT, WORKSHEET):
            assert other.post(address, data=form(other)).status_code == 403
    assert everything_in(tmp_path) == before


def test_an_index_of_another_folder_is_said_to_be_one(client: TestClient, tmp_path: Path) -> None:
    assert "從另一個資料夾建立" not in client.get("/files").text
    write_plan(tmp_path / "別處" / "青溪.txt", OTHER)
    with browser(tmp_path / "ix", tmp_path / "別處") as other:
        said = text_of(other.get("/files").text)
    assert "索引是從另一個資料夾建立的" in said
    assert "新增 1 資料夾裡有、索引裡沒有 青溪.txt" in said


def test_where_there_is_no_index_yet_it_can_be_built_from_the_page(folder: Path, tmp_path: Path) -> None:
    with browser(tmp_path / "none", folder) as client:
        page = client.get("/files")
    assert page.status_code == 200
    assert "這裡還沒有索引" in page.text
    assert "新增 1" in text_of(page.text)
    assert 'action="/files/index"' in page.text


# who may change anything


@pytest.mark.parametrize("address", ["/files/upload", "/files/index", CORRECT, WORKSHEET])
@pytest.mark.parametrize(
    "other",
    [{"csrf": ""}, {"csrf": "x"}, {}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=lambda other: "".join(f"{key}={value}" for key, value in other.items()) or "nothing",
)
def test_what_does_not_come_from_our_own_pages_changes_nothing(
    client: TestClient, tmp_path: Path, address: str, other: dict[str, str]
) -> None:
    before = everything_in(tmp_path)
    headers = {key: value for key, value in other.items() if key in OWN}
    fields = form(client) if headers else {key: value for key, value in other.items() if key == "csrf"}
    answer = client.post(address, data=fields, headers=headers, files=[("file", ("新.txt", OTHER.encode()))])
    assert answer.status_code == 403
    assert everything_in(tmp_path) == before
    assert not website(client).builder.state.running


# uploads


def test_an_uploaded_plan_is_kept_and_what_came_of_it_is_shown(client: TestClient, folder: Path) -> None:
    said = upload(client, ("青溪區 113.txt", OTHER.encode()), ("紀要.txt", "今天天氣很好。\n".encode()))
    assert (folder / "青溪區 113.txt").read_bytes() == OTHER.encode()
    assert "示範市青溪區公所 113 年 讀到 4 項，沒有發現缺漏" in said
    assert "存好了，但讀不出計畫" in said[said.index("紀要.txt") :]
    assert "新增 2" in text_of(client.get("/files").text)


def test_a_plan_that_lost_text_says_so_when_it_is_uploaded(client: TestClient) -> None:
    assert "▲ 缺漏或錯亂 1 處" in upload(client, ("缺.txt", OTHER.replace("1. 大廳", "4. 大廳").encode()))


def test_what_is_there_already_is_not_kept_twice(client: TestClient, folder: Path) -> None:
    before = everything_in(folder)
    said = upload(client, (NAME, PLAN.encode()), ("別名.txt", PLAN.encode()))
    assert said.count(f"與資料夾裡的「{NAME}」內容完全相同，沒有再存一份") == 2
    assert everything_in(folder) == before


def test_another_content_of_the_same_name_gets_a_number_and_overwrites_nothing(
    client: TestClient, folder: Path
) -> None:
    said = upload(client, (NAME, OTHER.encode()))
    assert "資料夾裡已經有同名的檔案，內容不同；這一份存成「松林 計畫 (2).txt」" in said
    upload(client, (NAME, OTHER.replace("每季", "每月").encode()))
    assert everything_in(folder) == {
        NAME: PLAN.encode(),
        "松林 計畫 (2).txt": OTHER.encode(),
        "松林 計畫 (3).txt": OTHER.replace("每季", "每月").encode(),
    }


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("大.txt", "字".encode() * 40_000, "超過上限"),
        ("空.txt", b" \n", "是空的檔案"),
        ("相片.docx", b"\x89PNG\r\n\x1a\n" + bytes(100), "是圖片"),
        ("程式.exe", b"MZ\x90\0" + bytes(200), "尚未支援"),
        ("紀錄.log", OTHER.encode(), "尚未支援"),
        ("壞.docx", b"PK\x03\x04" + bytes(200), "不完整或已損毀"),
        ("plans.toml", b'[[plan]]\nfile = "x"\n', "設定檔或更正檔的名稱"),
        ("synonyms.toml", b"", "設定檔或更正檔的名稱"),
        (f"{NAME}.corrections.json", b"{}", "設定檔或更正檔的名稱"),
        (f"{NAME}.corrections.json.tmp", b"{}", "設定檔或更正檔的名稱"),
    ],
    ids=["large", "empty", "picture", "program", "log", "broken", "overrides", "synonyms", "corrections", "draft"],
)
def test_what_is_no_plan_s_file_is_not_kept(
    client: TestClient, folder: Path, name: str, content: bytes, said: str
) -> None:
    before = everything_in(folder)
    assert said in upload(client, (name, content))
    assert everything_in(folder) == before


def test_too_many_files_at_once_are_refused_and_none_is_kept(client: TestClient, folder: Path) -> None:
    before = everything_in(folder)
    files = [("file", (f"{number}.txt", OTHER.encode() + str(number).encode())) for number in range(MAX_FILES + 1)]
    answer = client.post("/files/upload", data=form(client), files=files)
    assert answer.status_code == 400
    assert f"一次最多 {MAX_FILES} 個檔案" in answer.text
    assert everything_in(folder) == before


def test_a_request_larger_than_all_files_may_be_is_cut_off(client: TestClient, folder: Path) -> None:
    before = everything_in(folder)
    answer = client.post("/files/upload", data=form(client), files=[("file", ("大.txt", bytes(2_200_000)))])
    assert answer.status_code == 413
    assert everything_in(folder) == before


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.txt", "x.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("/etc/passwd", "passwd"),
        ("C:\\計畫\\松林.docx", "松林.docx"),
        ("a\0b.txt", "ab.txt"),
        (".隱藏.txt", "隱藏.txt"),
        ("~$松林.docx", "松林.docx"),
        ("con.txt", "_con.txt"),
        ("COM1.報告.docx", "_COM1.報告.docx"),
        ("README.txt", "_README.txt"),
        ("松林\u202etxt.docx", "松林txt.docx"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("松林. . ", "松林"),
        ("...", "計畫"),
        ("", "計畫"),
        ("  兩個　空白.txt", "兩個 空白.txt"),
        ("e\u0301.txt", "é.txt"),
        ("合訂.txt[2]", "合訂.txt[2]"),
    ],
)
def test_names_are_made_safe_and_keep_what_can_be_kept(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize("given", ["plans.toml", "d/PLANS.TOML", "Synonyms.toml", "a.corrections.json", " plans.toml."])
def test_names_that_the_program_keeps_for_itself_are_refused(given: str) -> None:
    with pytest.raises(QueryError, match="不能上傳"):
        safe_name(given)


@pytest.mark.parametrize("name", ["../逃.txt", "..\\逃.txt", "/var/逃.txt", "a/../../逃.txt", "%2e%2e%2f逃.txt"])
def test_no_upload_gets_out_of_the_folder(client: TestClient, folder: Path, tmp_path: Path, name: str) -> None:
    outside = {path: content for path, content in everything_in(tmp_path).items() if not path.startswith("plans")}
    upload(client, (name, OTHER.encode()))
    after = everything_in(tmp_path)
    assert {path: content for path, content in after.items() if not path.startswith("plans")} == outside
    assert len(everything_in(folder)) == 2


def test_an_upload_never_writes_through_a_link(client: TestClient, folder: Path, tmp_path: Path) -> None:
    (folder / "連結.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "空連結.txt").symlink_to(tmp_path / "不存在.txt")
    upload(client, ("連結.txt", OTHER.encode()), ("空連結.txt", OTHER.replace("每季", "每月").encode()))
    assert (tmp_path / "secret.txt").read_text(encoding="utf-8") == "外面的內容"
    assert not (tmp_path / "不存在.txt").exists()
    assert (folder / "連結 (2).txt").read_bytes() == OTHER.encode()
    assert (folder / "空連結 (2).txt").is_file()


def test_a_long_name_is_cut_so_that_corrections_still_fit(tmp_path: Path) -> None:
    received = PlanFolder(tmp_path, Limits()).receive("很長的名稱" * 60 + ".txt", io.BytesIO(OTHER.encode()))
    assert received.name is not None
    assert received.name.startswith("很長的名稱很長")
    assert received.name.endswith(".txt")
    assert len(received.name.encode()) <= LONGEST_NAME
    corrections_path(tmp_path / received.name).with_name(received.name + ".corrections.json.tmp").touch()


def test_a_plan_without_a_suffix_that_is_read_gets_one(tmp_path: Path) -> None:
    received = PlanFolder(tmp_path, Limits()).receive("計畫.final", io.BytesIO(b"{\\rtf1 x}"))
    assert received.name == "計畫.final.rtf"


def test_a_large_collection_is_listed_page_by_page(tmp_path: Path) -> None:
    plans = [plan_of(f"{number:03}.txt", item_of(f"措施{number}。")) for number in range(201)]
    PlanIndex.build_from(plans, (), tmp_path / "ix", encoder=TinyEncoder())
    with browser(tmp_path / "ix", None) as client:
        first, second = client.get("/files").text, client.get("/files", params={"page": 2}).text
    assert ("/plan/199.txt" in first, "/plan/200.txt" in first) == (True, False)
    assert ("/plan/199.txt" in second, "/plan/200.txt" in second) == (False, True)
    assert "第 2 / 2 頁" in second


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_what_is_no_file_of_bytes_is_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "管.txt")
    assert list(PlanFolder(folder, Limits()).files()) == [NAME]
