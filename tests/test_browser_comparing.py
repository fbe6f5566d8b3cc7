from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import browser_of, keep_picture, needs_browser, overflows, page_of, site_of, violations
from conftest import CORPUS, index_of
from playwright.sync_api import Browser, Page, expect

from plansearch.web import WebSettings, create_app

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

EAST = "示範市東湖區公所"
PAGES = {
    "compare-choice": "/compare",
    "compare-many": "/compare?what=1.3&type=公所",
    "compare-pair": "/compare?what=1.3&agency=東湖區公所&agency=西嶺區公所&year=113",
    "compare-years": f"/compare?agency={EAST}&years=113&years=114",
    "compare-words": "/compare?q=無障礙設施",
    "standing": "/standing",
    "standing-position": f"/standing?agency={EAST}",
    "standing-gaps": f"/standing?agency={EAST}&view=gaps",
    "standing-duplicates": f"/standing?agency={EAST}&view=duplicates",
    "standing-unknown": "/standing?agency=火星",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_of() as opened:
        yield opened


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages over the sample plans."""
    settings = WebSettings(index_of(CORPUS, tmp_path_factory), CORPUS)
    with site_of(create_app(settings)) as address:
        yield address


def ready(page: Page, address: str) -> None:
    """Open an address, and wait until its answer has been worked out."""
    page.goto(address)
    expect(page.get_by_text("正在計算")).to_have_count(0, timeout=60_000)


@pytest.mark.parametrize("width", [1280, 375], ids=["desk", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_the_page_fits_its_window(name: str, width: int, site: str, browser: Browser) -> None:
    with page_of(browser, width=width) as page:
        ready(page, f"{site}{PAGES[name]}")
        keep_picture(page, f"{name}-{width}")
        assert overflows(page) <= 0
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert violations(page) == []
        assert overflows(page) <= 0


def test_headings_of_a_grid_stay_in_sight_while_it_scrolls(site: str, browser: Browser) -> None:
    with page_of(browser) as page:
        ready(page, f"{site}/compare?what=&year=113")
        grid = page.locator(".grid-scroll").first
        box = grid.bounding_box()
        grid.evaluate("one => one.scrollTo(700, 900)")
        corner, head = page.locator("th.corner").first.bounding_box(), page.locator("thead th").nth(2).bounding_box()
        row = page.locator(".compared tbody th").nth(3).bounding_box()
        assert box
        assert corner
        assert head
        assert row
        assert abs(corner["x"] - box["x"]) < 3
        assert abs(corner["y"] - box["y"]) < 3
        assert abs(head["y"] - box["y"]) < 3
        assert abs(row["x"] - box["x"]) < 3


def test_agencies_are_compared_by_a_form_without_scripts(site: str, browser: Browser) -> None:
    with page_of(browser, scripts=False) as page:
        page.goto(f"{site}/compare")
        page.get_by_label("執行要項或構面").first.select_option("1.3")
        page.get_by_role("checkbox", name="示範市東湖區公所").check()
        page.get_by_role("checkbox", name="示範市西嶺區公所").check()
        page.get_by_role("button", name="並列").first.click()
        ready(page, page.url)
        expect(page.locator(".compared thead th")).to_have_count(4)
        page.locator(".compared a.source").first.click()
        assert "/plan/" in page.url


def test_a_number_of_the_heat_map_leads_to_its_items(site: str, browser: Browser) -> None:
    with page_of(browser) as page:
        ready(page, f"{site}/standing")
        page.locator(".heat td a", has_text="2").first.click()
        ready(page, page.url)
        assert page.locator(".compared tbody tr").first.locator("td").first.locator("article").count() == 2
