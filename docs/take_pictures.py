"""Takes the pictures of the page that the READMEs show, over the sample plans.

    python docs/take_pictures.py [INDEX]

It needs what the tests need: Playwright, and Chromium on the PATH. The index is built where it is missing.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Page, expect

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))  # where the browser is known

from browsing import browser_of, page_of, site_of  # noqa: E402

from plansearch.index import PlanIndex  # noqa: E402
from plansearch.web import WebSettings, create_app  # noqa: E402

PICTURES: Final = ROOT / "docs" / "pictures"
AGENCY: Final = "示範市東湖區公所"
SHOWN: Final = {
    "search": "/search?q=無障礙設施&type=公所&why=1",
    "agencies": "/search?q=到府服務&by=agency",
    "compare": "/compare?what=1.3&type=公所",
    "standing": "/standing",
    "plan": "/plan/113_示範市西嶺區公所.txt?item=12#item-12",
    "files": "/files",
}
"""What is shown, and under which address."""
COLOURS: Final = 128
"""Colours of a picture: enough for text and a few fills, at a third of the size."""


def take(page: Page, address: str) -> bytes:
    """What the window shows once an answer is there."""
    page.goto(address)
    for going_on in ("正在計算", "正在讀取原檔"):
        expect(page.get_by_text(going_on)).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(500)
    return page.screenshot()


def main(index: str = "index") -> None:
    """Build the index where there is none, and take all pictures."""
    corpus, directory = ROOT / "corpus", Path(index)
    if not (directory / "CURRENT").exists():
        PlanIndex.build(corpus, directory)
    PICTURES.mkdir(parents=True, exist_ok=True)
    with site_of(create_app(WebSettings(directory, corpus))) as site, browser_of() as browser:
        for name, address in SHOWN.items():
            with page_of(browser, height=800) as page:
                picture = Image.open(io.BytesIO(take(page, f"{site}{address}")))
                picture.quantize(COLOURS).save(PICTURES / f"{name}.png", optimize=True)
                sys.stdout.write(f"{name}.png\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
