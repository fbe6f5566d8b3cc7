"""A server in a thread of its own and a browser in front of it, for tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from web_clients import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
PICTURES = Path(__file__).parents[1] / "build" / "pictures"
"""Where pictures of the pages are kept for whoever looks at them."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

needs_browser = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")


@contextmanager
def site_of(app: FastAPI) -> Iterator[str]:
    """Serve an application as `plansearch serve` does; gives its address without a slash at the end."""
    with served(app) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def browser_of() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def page_of(browser: Browser, *, width: int = 1280, height: int = 900, scripts: bool = True) -> Iterator[Page]:
    """A page of a fresh profile; what it complains about in the console fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-TW", java_script_enabled=scripts, accept_downloads=True
    )
    page = context.new_page()
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
        assert complaints == []
    finally:
        context.close()


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA, one line for each rule with the first element."""
    script = (Path(str(files("axe_playwright_python"))) / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}}
    found: Any = page.evaluate("options => axe.run(document, options)", options)
    assert found["passes"], "axe looked at nothing"
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def overflows(page: Page) -> int:
    """Pixels by which a page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
