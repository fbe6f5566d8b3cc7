from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import browser_of, keep_picture, needs_browser, overflows, page_of, site_of, violations
from conftest import CORPUS, index_of
from playwright.sync_api import Browser, Page, expect

from plansearch.index import PlanIndex
from plansearch.web import WebSettings, create_app

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

OLD = "112_樣本縣南埔鄉公所.txt"
NEW = "113_示範市西嶺區公所.txt"
TOKEN = "給同事的通行碼"  # noqa: S105  of a server that ends with the test


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of() as opened:
        yield opened


@pytest.fixture(scope="module")
def samples_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the sample plans, which it may not change."""
    settings = WebSettings(index_of(CORPUS, tmp_path_factory), CORPUS)
    with site_of(create_app(settings)) as address:
        yield address


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The page over one plan, in a folder that it may change."""
    folder = tmp_path / "計畫"
    folder.mkdir()
    shutil.copy(CORPUS / OLD, folder)
    PlanIndex.build(folder, tmp_path / "index")
    with site_of(create_app(WebSettings(tmp_path / "index", folder))) as address:
        yield address


def rebuild(page: Page) -> None:
    """Press the button, and wait for the end."""
    page.get_by_role("button", name="重建索引").first.click()
    expect(page.locator("#building .outcome")).to_be_visible(timeout=120_000)


def test_a_plan_is_uploaded_indexed_and_found(site: str, browser: Browser) -> None:
    with page_of(browser) as page:
        page.goto(f"{site}/files")
        page.get_by_label(re.compile("選一個或好幾個計畫檔")).set_input_files(CORPUS / NEW)
        page.get_by_role("button", name="上傳").click()
        expect(page.locator(".uploads")).to_contain_text(re.compile("讀到 5[0-9] 項"), timeout=60_000)
        keep_picture(page, "uploaded")
        page.get_by_role("link", name="回到計畫檔").click()
        expect(page.locator(".changes")).to_contain_text(NEW)
        rebuild(page)
        keep_picture(page, "built")
        page.goto(f"{site}/search?q=無障礙廁所")
        expect(page.locator(".hit").first).to_contain_text("示範市西嶺區公所")


def test_what_is_no_plan_is_told_after_uploading(site: str, browser: Browser, tmp_path: Path) -> None:
    notes = tmp_path / "便當訂購單.txt"
    notes.write_text("星期三便當\n雞腿三個\n排骨兩個\n", encoding="utf-8")
    with page_of(browser) as page:
        page.goto(f"{site}/files")
        page.get_by_label(re.compile("選一個或好幾個計畫檔")).set_input_files(notes)
        page.get_by_role("button", name="上傳").click()
        expect(page.locator(".uploads")).to_contain_text("便當訂購單.txt", timeout=60_000)
        expect(page.locator(".uploads .notice, .uploads .warn").first).to_be_visible()


def test_a_correction_is_made_on_the_page_and_found_after_a_build(site: str, browser: Browser) -> None:
    with page_of(browser) as page:
        page.goto(f"{site}/files")
        page.get_by_role("link", name=OLD, exact=True).click()
        page.get_by_role("link", name="更正這份計畫").click()
        field = page.get_by_label("第 8 列 措施")
        field.fill("櫃檯備有熱氣球搭乘登記簿。")
        page.get_by_role("button", name="存更正").first.click()
        expect(page.locator("#saved")).to_contain_text("改 1 項")
        keep_picture(page, "corrected")
        rebuild(page)
        page.goto(f"{site}/search?q=熱氣球搭乘")
        expect(page.locator(".hit").first).to_contain_text("熱氣球搭乘登記簿")


def test_a_hit_leads_to_its_place_in_the_plan_and_in_the_original(samples_site: str, browser: Browser) -> None:
    with page_of(browser) as page:
        page.goto(f"{samples_site}/search?q=無障礙廁所")
        page.locator(".hit .source").first.click()
        chosen = page.locator(page.evaluate("location.hash"))
        expect(chosen).to_be_in_viewport()
        expect(chosen).to_contain_text("無障礙")
        chosen.get_by_role("link", name="對照原文").click()
        expect(page.locator(".original")).to_contain_text("無障礙廁所")
        keep_picture(page, "plan")


PAGES = {
    "files": "/files",
    "plan-text": f"/plan/{NEW}?item=12",
    "plan-word": "/plan/114_示範市東湖區公所.docx",
    "plan-pdf": "/plan/114_示範市石門區衛生所.pdf",
    "correct": f"/files/correct/{NEW}",
    "api": "/api",
    "no-plan": "/plan/沒有.txt",
}


@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_the_page_fits_its_window(
    name: str, width: int, samples_site: str, browser: Browser
) -> None:
    with page_of(browser, width=width) as page:
        page.goto(f"{samples_site}{PAGES[name]}")
        expect(page.get_by_text("正在讀取原檔")).to_have_count(0, timeout=60_000)
        keep_picture(page, f"{name}-{width}")
        assert violations(page) == []
        assert overflows(page) <= 0


def test_a_colleague_enters_with_the_token_and_nobody_without(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    app = create_app(WebSettings(index_of(CORPUS, tmp_path_factory), token=TOKEN))
    with site_of(app) as address, page_of(browser) as page:
        page.goto(f"{address}/search?q=志工")
        assert urlsplit(page.url).path == "/login"
        assert violations(page) == []
        page.get_by_label("通行碼").fill("猜的")
        page.get_by_role("button", name="進入").click()
        expect(page.get_by_role("alert")).to_contain_text("通行碼不對")
        page.get_by_label("通行碼").fill(TOKEN)
        page.get_by_role("button", name="進入").click()
        assert urlsplit(page.url).path == "/search"
        expect(page.locator(".hit").first).to_be_visible()
