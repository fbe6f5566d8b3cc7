"""Plans in a folder, an index of them with the tiny encoder, and a browser in front of the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from conftest import TinyEncoder
from fastapi.testclient import TestClient
from plan_text import P1, P2, R12, R13, table

from plansearch.collection import read_collection
from plansearch.index import PlanIndex
from plansearch.types import Encoder
from plansearch.web import WebSettings, create_app
from plansearch.web.website import Website

OWN: Mapping[str, str] = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form that came from one of our own pages."""

NAME = "松林 計畫.txt"
CORRECT = f"/files/correct/{quote(NAME)}"
WORKSHEET = f"/files/worksheet/{quote(NAME)}"
R23 = "(三)依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。"
PLAN = table(
    f"{P1}\t{R12}\t1. 申辦須知公布於網站。 2. 服務台備有流程圖。\t秘書室",
    f"\t{R13}\t1. 大廳設置服務鈴。\t總務",
    last=f"{P2}\t{R23}\t1. 每季辦理滿意度調查。\t研考",
)
"""A plan of four items; its rows are the lines 6, 7 and 8."""


def write_plan(path: Path, text: str = PLAN) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def plan_folder(tmp_path: Path) -> Path:
    """A folder of one plan, and beside it a file that nobody may see."""
    write_plan(tmp_path / "plans" / NAME)
    write_plan(tmp_path / "secret.txt", "外面的內容")
    return tmp_path / "plans"


def build(folder: Path, directory: Path) -> None:
    """Index a folder as it is now."""
    read = read_collection(folder)
    PlanIndex.build_from(read.plans, read.skipped, directory, encoder=TinyEncoder(), folder=folder)


def browser(index: Path, folder: Path | None, load: Callable[[str], Encoder] = TinyEncoder) -> TestClient:
    """To be used as a context manager, so that work goes on between requests; an upload takes 100 000 bytes."""
    app = create_app(WebSettings(index, folder, max_upload=100_000), load=load)
    return TestClient(app, base_url="http://127.0.0.1", headers=dict(OWN), follow_redirects=False)


def website(client: TestClient) -> Website:
    found: Website = client.app.state.website  # type: ignore[attr-defined]
    return found


def form(client: TestClient, **fields: object) -> dict[str, Any]:
    """A form's fields with what proves that it is ours."""
    return {"csrf": website(client).csrf, **fields}


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"</?mark>", "", page)))


def everything_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their contents."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fields_of(page: str, marked: str) -> dict[str, Any]:
    """What a browser sends of the form that has an attribute, when nothing in it is touched."""
    reader = _Fields(marked)
    reader.feed(page)
    return reader.fields


class _Fields(HTMLParser):
    def __init__(self, marked: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self._marked = marked
        self._inside = False
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = self._marked in given
        if self._inside and tag == "input" and given.get("type") in {"hidden", "text"}:
            self.fields.setdefault(str(given["name"]), []).append(given.get("value") or "")
        if self._inside and tag == "textarea":
            self._area = str(given["name"])
            self.fields.setdefault(self._area, []).append("")

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            # a browser leaves out the first line end and sends the others as two characters
            value = self.fields[self._area][-1].removeprefix("\n").replace("\n", "\r\n")
            self.fields[self._area][-1] = value
            self._area = None
