"""The page of a plan: what was read, next to what stands in the file."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from conftest import CORPUS, TinyEncoder, item_of, plan_of
from fastapi.testclient import TestClient
from plan_text import P1, R12, table
from websites import PLAN, browser, build, text_of, write_plan

from plansearch.collection import inspect_file
from plansearch.index import PlanIndex
from plansearch.limits import DEFAULT_LIMITS
from plansearch.originals import read_source
from plansearch.results import IndexedItem
from plansearch.types import Damage, Document, Paragraph, Span
from plansearch.web import plans
from plansearch.web.originals import PASSAGES_ON_A_PAGE, Original
from plansearch.web.outline import outline_of

NAMES = ("計畫.txt", "112 年/區 公所.txt", "100%滿意#2+&.txt")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        write_plan(tmp_path / "plans" / name, PLAN.replace("服務鈴", f"服務鈴（{name[:2]}）"))
    write_plan(tmp_path / "secret.txt", "外面的內容")
    return tmp_path / "plans"


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder) as opened:
        yield opened


def page_of(client: TestClient, name: str, query: str = "") -> str:
    answer = client.get(f"/plan/{quote(name, safe='')}{query}")
    assert answer.status_code == 200
    return answer.text


def original_of(page: str) -> str:
    return page[page.index('id="original"') :]


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_opens_by_its_name_with_folder_and_space(client: TestClient, name: str) -> None:
    page = page_of(client, name)
    said = text_of(page)
    for expected in (
        "示範市松林區公所",
        "肆、計畫內容",
        "申辦須知公布於網站。",
        "服務台備有流程圖。",
        "秘書室",
        "標題相同",
    ):
        assert expected in said
    assert [number for number in range(1, 6) if f'id="item-{number}"' in page] == [1, 2, 3, 4]
    assert f'name="item" value="{escape(name)}#3~' in page
    assert f"/search?{urlencode({'like': f'{name}#3'})}" in page
    assert f'href="/original/{quote(name, safe="")}" download' in page
    assert client.get(f"/files/correct/{quote(name, safe='')}").status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "../secret.txt",
        "%2e%2e%2fsecret.txt",
        "..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "計畫.txt%00",
        "plans.toml",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/plan/{}", "/original/{}", "/files/correct/{}", "/files/worksheet/{}"])
def test_no_other_name_opens_anything(client: TestClient, folder: Path, path: str, name: str) -> None:
    (folder / "plans.toml").write_text('[[plan]]\nfile = "計畫.txt"\nyear = 113\n', encoding="utf-8")
    answer = client.get(path.format(name))
    assert answer.status_code == 404
    assert "外面的內容" not in answer.text
    assert "year = 113" not in answer.text


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "x\0y"])
def test_no_other_name_is_exported(client: TestClient, name: str) -> None:
    assert client.get("/export/plan.csv", params={"plan": name}).status_code == 404


def test_the_second_plan_of_a_file_has_the_original_of_that_file(tmp_path: Path) -> None:
    further = "示範市石門區衛生所113年度提升服務計畫\n\n壹、計畫目標\n一、提供長者到宅送藥服務。\n"
    both = f"{PLAN}\n{further}"
    write_plan(tmp_path / "plans" / "合訂.txt", both)
    build(tmp_path / "plans", tmp_path / "ix")
    with browser(tmp_path / "ix", tmp_path / "plans") as client:
        page = page_of(client, "合訂.txt[2]")
        assert "示範市石門區衛生所" in text_of(page)
        assert "大廳設置服務鈴" in original_of(page)
        assert client.get("/original/" + quote("合訂.txt[2]", safe="")).content == both.encode()


def test_the_original_stands_beside_with_its_lines_and_what_was_made_of_them(client: TestClient) -> None:
    beside = original_of(page_of(client, "計畫.txt"))
    row = re.search(r'<tr id="o-(\d+)" data-items="1 2" class="passage">(.*?)</tr>', beside, re.DOTALL)
    assert row is not None
    assert "第 6 行" in row[2]
    assert "1. 申辦須知公布於網站。 2. 服務台備有流程圖。" in row[2]
    assert '<a href="#item-2" aria-label="讀成第 2 項">2</a>' in row[2]
    assert re.search(r'class="passage unmade"><span class="place">第 1 行\s*</span><p>示範市松林區公所113年度', beside)


def test_a_chosen_item_is_marked_in_both_without_a_script(client: TestClient) -> None:
    page = page_of(client, "計畫.txt", "?item=3")
    assert re.findall(r'<li class="item chosen" id="item-(\d+)"', page) == ["3"]
    assert re.findall(r'data-items="([\d ]+)" class="passage chosen"', page) == ["3"]
    anchor = re.search(r'href="/plan/[^"]*\?item=3#(o-\d+)"', page)
    assert anchor is not None
    assert f'id="{anchor[1]}" data-items="3"' in page


@pytest.mark.parametrize("item", ["99", "0", "-1", "x"])
def test_an_item_that_is_not_there_marks_nothing(client: TestClient, item: str) -> None:
    answer = client.get(f"/plan/{quote('計畫.txt')}?item={item}")
    assert answer.status_code == (200 if item == "99" else 422)
    assert 'class="item chosen"' not in answer.text


def test_a_file_that_changed_since_is_not_shown_beside(client: TestClient, folder: Path) -> None:
    write_plan(folder / "計畫.txt", PLAN.replace("秘書室", "人事室"))
    page = page_of(client, "計畫.txt")
    assert "原檔在建立索引之後有變動" in page
    assert "人事室" not in page
    assert client.get(f"/original/{quote('計畫.txt')}").status_code == 404


def test_a_file_that_is_gone_is_said_to_be_gone(client: TestClient, folder: Path) -> None:
    (folder / "計畫.txt").unlink()
    page = page_of(client, "計畫.txt")
    assert "原檔不在資料夾裡" in page
    assert "申辦須知公布於網站。" in page
    assert client.get(f"/original/{quote('計畫.txt')}").status_code == 404


def test_a_link_in_place_of_the_file_is_not_followed(client: TestClient, folder: Path, tmp_path: Path) -> None:
    path = folder / "計畫.txt"
    path.rename(tmp_path / "moved.txt")
    path.symlink_to(tmp_path / "moved.txt")
    assert "原檔不在資料夾裡" in page_of(client, "計畫.txt")
    assert client.get(f"/original/{quote('計畫.txt')}").status_code == 404
    assert client.get(f"/files/correct/{quote('計畫.txt')}").status_code == 404


def test_without_a_folder_the_plan_is_there_and_the_original_is_not(folder: Path, tmp_path: Path) -> None:
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", None) as other:
        page = page_of(other, "計畫.txt")
        assert "啟動時沒有指定放計畫檔的資料夾" in page
        assert "申辦須知公布於網站。" in page
        assert "/files/correct/" not in page
        assert other.get(f"/original/{quote('計畫.txt')}").status_code == 404


def test_the_original_is_saved_and_never_opened_in_the_browser(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>(一)服務</td><td>{n}. {HOSTILE}設置服務鈴{n}。</td></tr>" for n in (1, 2))
    page = f"<html><body><h1>示範市松林區公所113年度提升服務計畫</h1><table>{rows}</table></body></html>"
    path = write_plan(tmp_path / "plans" / "網頁 計畫.html", page)
    plan = plan_of("網頁 計畫.html", "設置服務鈴。")
    document = read_source(path, path.name, DEFAULT_LIMITS)
    PlanIndex.build_from([replace(plan, sha256=document.sha256)], (), tmp_path / "ix", encoder=TinyEncoder())
    with browser(tmp_path / "ix", tmp_path / "plans") as client:
        answer = client.get(f"/original/{quote(plan.name, safe='')}")
    assert answer.content == page.encode()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert quote(plan.name, safe="") in answer.headers["content-disposition"]


def test_text_that_looks_like_a_page_shows_as_text_everywhere(tmp_path: Path) -> None:
    name = "<b>計畫.txt" if Path("/").drive == "" else "計畫.txt"
    text = PLAN.replace("大廳設置服務鈴", f"大廳設置{HOSTILE}服務鈴").replace("總務", HOSTILE)
    write_plan(tmp_path / "plans" / name, text)
    write_plan(tmp_path / "plans" / "<i>不是.txt", "今天天氣很好，明天也是。\n")
    build(tmp_path / "plans", tmp_path / "ix")
    with browser(tmp_path / "ix", tmp_path / "plans") as client:
        pages = [
            page_of(client, name),
            client.get("/files").text,
            client.get(f"/files/correct/{quote(name, safe='')}").text,
            client.get("/export/plan.html", params={"plan": name}).text,
            client.get("/export/files.html").text,
        ]
        assert "&lt;img src=x onerror=alert(1)&gt;" in original_of(pages[0])
        rows = client.get("/export/plan.jsonl", params={"plan": name}).text.splitlines()
        assert any(HOSTILE.split(">")[-2] in json.loads(row)["text"] for row in rows)
        assert client.get("/export/plan.xlsx", params={"plan": name}).status_code == 200
        assert client.get("/export/plan.docx", params={"plan": name}).status_code == 200
    for page in pages:
        assert not re.search(r"<(?:img|b|i)\b", page)
        assert "<script>" not in page
        assert "alert(1)</script" not in page


def test_damage_is_listed_and_stands_at_its_requirement(tmp_path: Path) -> None:
    lost = table(
        f"{P1}\t{R12}\t\t秘書室", "\t(三)注重服務人員的禮貌態度，建置合宜的服務環境。\t3. 大廳設置服務鈴。\t總務"
    )
    write_plan(tmp_path / "plans" / "缺漏.txt", lost)
    build(tmp_path / "plans", tmp_path / "ix")
    with browser(tmp_path / "ix", tmp_path / "plans") as client:
        page = page_of(client, "缺漏.txt")
    listed = page[page.index('<section id="damage"') : page.index('class="understood"')]
    understood = page[page.index('class="understood"') : page.index('id="original"')]
    assert "措施不見了" in listed
    heading = understood.index("<h4>1.2 ")
    assert heading < understood.index("措施不見了", heading) < understood.index("<h4>1.3 ")
    assert understood.index("<h4>1.3 ") < understood.index("編號不是從 1 開始")
    assert "▲ 措施不見了" in original_of(page)


def test_what_no_requirement_claims_stands_after_the_item_before_it() -> None:
    plan = plan_of("a.txt", item_of("甲。", line=3), item_of("乙。", line=8))
    items = [IndexedItem(f"a.txt#{n}", "a.txt", plan.metadata, None, item) for n, item in enumerate(plan.items, 1)]
    found = outline_of(items, [Damage("text_stray", "零散", None, Span(5, 5))], {})
    beside = {entry.number: [one.kind for one in entry.damage] for entry in found[0].groups[0].entries}
    assert beside == {1: ["text_stray"], 2: []}


def test_a_plan_shows_who_set_what(folder: Path, tmp_path: Path) -> None:
    (folder / "plans.toml").write_text('[[plan]]\nfile = "計畫.txt"\ncity = "樣本縣"\n', encoding="utf-8")
    build(folder, tmp_path / "ix")
    with browser(tmp_path / "ix", folder) as client:
        said = text_of(page_of(client, "計畫.txt"))
    assert "縣市 樣本縣 出自 plans.toml" in said
    assert said.count("出自 plans.toml") == 1


def test_the_page_does_not_wait_for_a_slow_original(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "PATIENCE", 0.0)
    page = page_of(client, "計畫.txt", "?item=2")
    assert "申辦須知公布於網站。" in page
    assert "正在讀取原檔" in original_of(page)
    again = f'hx-get="/plan/{quote("計畫.txt")}?item=2" hx-trigger="every 1s" hx-select="#original"'
    assert again in original_of(page)
    assert '<noscript><meta http-equiv="refresh"' in page
    until = time.monotonic() + 20
    while "正在讀取原檔" in page and time.monotonic() < until:
        time.sleep(0.05)
        page = page_of(client, "計畫.txt", "?item=2")
    assert 'class="passage chosen"' in original_of(page)


@pytest.mark.parametrize("path", sorted(CORPUS.glob("1*.*")), ids=lambda path: path.name)
def test_every_item_of_the_samples_is_found_where_its_words_stand(path: Path) -> None:
    plan = inspect_file(path).plans[0].plan
    shown = Original.of(read_source(path, path.name, DEFAULT_LIMITS)).about(plan.items, plan.damage)
    texts = {passage.number: re.sub(r"\s", "", passage.text) for passage in shown.passages}
    astray = [
        item.text
        for number, item in enumerate(plan.items, 1)
        if not any(
            re.sub(r"\s", "", item.text)[:6] in texts[passage.number]
            for passage in shown.passages
            if number in passage.items
        )
    ]
    assert astray == []


def test_a_long_original_comes_in_parts_that_hold_the_chosen_item() -> None:
    lines = tuple(Paragraph(f"第 {line} 件事。", Span(line, line)) for line in range(1, 2 * PASSAGES_ON_A_PAGE + 2))
    item = item_of("第 4001 件事。", line=2 * PASSAGES_ON_A_PAGE + 1)
    shown = Original.of(Document("長.txt", lines, "0")).about([item], ())
    assert (shown.parts, shown.part_of(1), shown.part_of(7)) == (3, 3, 1)
    assert [len(run) for run in shown.runs(3)] == [1]
    assert sum(len(run) for part in (1, 2, 3) for run in shown.runs(part)) == len(lines)
