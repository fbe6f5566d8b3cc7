from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import browser_of, keep_picture, needs_browser, overflows, page_of, site_of, violations
from conftest import CORPUS, index_of
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from plansearch.index import PlanIndex
from plansearch.web import WebSettings, create_app

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

PHONE = 375


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over the sample plans."""
    settings = WebSettings(index_of(CORPUS, tmp_path_factory), CORPUS)
    with site_of(create_app(settings)) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with page_of(browser) as opened:
        yield opened


def asked(page: Page) -> dict[str, list[str]]:
    """What the address asks for."""
    return parse_qs(urlsplit(page.url).query)


def test_a_question_is_typed_and_answered_and_its_address_says_it(site: str, page: Page) -> None:
    page.goto(site)
    page.get_by_label("要找的內容").fill("無障礙設施")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_contain_text("無障礙")
    assert asked(page)["q"] == ["無障礙設施"]
    assert page.locator("mark").count() > 0
    keep_picture(page, "search")


def test_a_filter_narrows_the_answer_at_once_and_back_widens_it(site: str, page: Page) -> None:
    page.goto(f"{site}/search?q=志工")
    before = page.locator(".hit").count()
    page.get_by_role("checkbox", name=re.compile("^衛生所")).check()
    expect(page.locator(".chips")).to_contain_text("衛生所")
    assert asked(page)["type"] == ["衛生所"]
    narrowed = page.locator(".hit").count()
    assert 0 < narrowed < before
    page.go_back()
    expect(page.locator(".hit")).to_have_count(before)


def test_agencies_without_the_measure_are_told_apart_from_those_that_have_it(site: str, page: Page) -> None:
    page.goto(f"{site}/search?q=到府服務&by=agency")
    expect(page.locator(".summary")).to_contain_text("有相近措施")
    expect(page.locator("section.agency-block", has_text="查無相近措施").last).to_be_visible()
    keep_picture(page, "agencies")


def test_picked_items_stand_side_by_side_and_are_saved_as_a_workbook(site: str, page: Page) -> None:
    page.goto(f"{site}/search?q=滿意度調查")
    boxes = page.get_by_role("checkbox", name=re.compile("放進籃子"))
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator("[data-basket-count]")).to_have_text("2")
    page.goto(f"{site}/search?q=志工")
    page.get_by_role("checkbox", name=re.compile("放進籃子")).nth(0).check()
    page.get_by_role("link", name=re.compile("^籃子")).click()
    expect(page.locator(".picked")).to_have_count(3)
    assert len(asked(page)["item"]) == 3
    keep_picture(page, "basket")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Excel").click()
    book = load_workbook(BytesIO(Path(saved.value.path()).read_bytes()))
    assert "並列" in book.sheetnames
    page.get_by_role("button", name="清空籃子").click()
    expect(page.locator("main")).to_contain_text("籃子是空的")


def test_a_basket_that_was_sent_is_taken_by_who_has_none_and_only_looked_at_by_others(
    site: str, browser: Browser
) -> None:
    sent = "/basket?item=113_示範市西嶺區公所.txt%239&item=113_示範市東湖區公所.txt%2313"
    with page_of(browser) as page:
        page.goto(site + sent)
        expect(page.locator("[data-basket-count]")).to_have_text("2")
        assert page.locator(".pick input:checked").count() == 2
    with page_of(browser) as page:
        page.goto(f"{site}/search?q=志工")
        page.get_by_role("checkbox", name=re.compile("放進籃子")).nth(0).check()
        page.goto(site + sent)
        expect(page.locator("[data-basket-count]")).to_have_text("1")
        assert page.locator(".pick input:checked").count() == 0


def test_search_and_basket_work_without_scripts(site: str, browser: Browser) -> None:
    with page_of(browser, scripts=False) as page:
        page.goto(site)
        page.get_by_label("要找的內容").fill("志工")
        page.get_by_role("button", name="查詢").click()
        page.get_by_role("checkbox", name=re.compile("^公所")).check()
        page.get_by_role("button", name="套用").click()
        assert asked(page)["type"] == ["公所"]
        picked = page.get_by_role("checkbox", name=re.compile("放進籃子"))
        picked.nth(0).check()
        picked.nth(1).check()
        page.get_by_role("button", name="把勾選的並列").click()
        assert page.locator(".picked").count() == 2


def test_all_is_reached_by_the_keyboard(site: str, page: Page) -> None:
    page.goto(site)
    page.keyboard.type("無障礙坡道")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    page.goto(page.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || document.activeElement.className"))
        if "item" in reached and "source" in reached:
            break
    assert {"q", "type", "source", "item"} <= reached
    page.keyboard.press("Space")
    expect(page.locator("[data-basket-count]")).to_have_text("1")


ADDRESSES = {
    "home": "/search",
    "answer": "/search?q=無障礙設施&why=1&type=公所",
    "agencies": "/search?q=到府服務&by=agency",
    "nothing": "/search?q=量子電腦",
    "basket": "/basket",
    "missing": "/no-such-page",
}


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("width", [1280, PHONE])
def test_a_page_is_accessible_and_fits(name: str, width: int, site: str, browser: Browser) -> None:
    with page_of(browser, width=width) as page:
        page.goto(site + ADDRESSES[name])
        page.wait_for_load_state("networkidle")
        keep_picture(page, f"{name}-{width}")
        assert violations(page) == []
        assert overflows(page) <= 0


def test_a_printed_answer_has_the_answer_and_not_the_controls(site: str, page: Page) -> None:
    page.goto(f"{site}/search?q=無障礙設施")
    page.emulate_media(media="print")
    expect(page.locator(".hit").first).to_be_visible()
    for hidden in (".top", ".filters", ".pickbar", ".ask"):
        expect(page.locator(hidden)).to_be_hidden()
    keep_picture(page, "print")


def test_what_looks_like_a_program_in_a_plan_is_text_on_the_page(tmp_path: Path, browser: Browser) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    source = next(path for path in sorted(CORPUS.iterdir()) if path.suffix == ".txt")
    text = source.read_text(encoding="utf-8")
    evil = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>無障礙坡道"
    (folder / source.name).write_text(text.replace("無障礙", f"{evil}無障礙"), encoding="utf-8")
    PlanIndex.build(folder, tmp_path / "index")
    with (
        site_of(create_app(WebSettings(tmp_path / "index", folder))) as address,
        page_of(browser) as page,
    ):
        page.goto(f"{address}/search?q=無障礙坡道")
        expect(page.locator(".hit").first).to_contain_text("<script>document.title='taken'</script>")
        assert page.title().startswith("無障礙坡道")
    shutil.rmtree(folder)
