"""The page that explains the JSON interface, and what the OpenAPI document says of it as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from plansearch.errors import PlansearchError
from plansearch.index import PlanIndex
from plansearch.web.website import Website, website_of

router = APIRouter(include_in_schema=False)

TAGS: Final = (
    {"name": "查詢", "description": "找相近的措施，依相關程度或逐一機關。"},
    {"name": "並列、缺少、重複", "description": "機關之間的比較；第一次算要幾秒，算過的會記住。"},
    {"name": "位置", "description": "一個機關或所有機關和同類比；第一次算要幾秒，算過的會記住。"},
    {"name": "計畫與索引", "description": "索引裡有什麼。"},
)
ABOUT: Final = """查詢、並列、缺漏、重複與位置；只能讀，不能改。

欄位和命令列的 `--format json` 相同；欄位只會增加，不會改名。不知道的是 `null`。
出錯時是 `{"detail": …}`。日期與年度是民國年。引用前請對照原計畫。
"""
TOKEN: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "啟動時用 --token 給的通行碼：`Authorization: Bearer 通行碼`。沒有設通行碼的伺服器不必給。",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting of an address."""

    name: str
    about: str
    required: bool
    kind: str
    """What it may be, in words."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of the interface."""

    path: str
    summary: str
    about: str
    parameters: tuple[Parameter, ...]
    example: str
    """An address that works with the index as it is."""

    @property
    def anchor(self) -> str:
        """Its name on the page."""
        return "-".join(re.findall(r"\w+", self.path))

    @property
    def readable_example(self) -> str:
        """The same with its Chinese to read; what would end the address stays as it is sent."""
        return unquote(self.example.replace("%23", "%2523"))


@dataclass(frozen=True, slots=True)
class Group:
    """Addresses of one kind."""

    name: str
    about: str
    endpoints: tuple[Endpoint, ...]


@router.get("/api")
def api_page(request: Request) -> Response:
    """What a program can ask, with examples."""
    website = website_of(request)
    groups = groups_of(request.app.openapi(), Known.of(website))
    return website.page(request, "api.html", title="JSON 介面", groups=groups, needs_token=bool(website.settings.token))


def describe(app: FastAPI) -> None:
    """Have the application's OpenAPI document say of the whole what FastAPI can't know."""
    app.openapi = partial(_document, app)  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(
            title="plansearch", version=app.version, description=ABOUT, routes=app.routes, tags=list(TAGS)
        )
        made.setdefault("components", {})["securitySchemes"] = {"token": TOKEN}
        website: Website = app.state.website
        made["security"] = [{"token": []}] if website.settings.token else [{}, {"token": []}]
        app.openapi_schema = made
    return app.openapi_schema


@dataclass(frozen=True, slots=True)
class Known:
    """What the index has, for examples that work; names that look like it where there is no index."""

    agency: str = "東湖區公所"
    years: tuple[str, str] = ("112", "113")
    plan: str = "113_東湖區公所.txt"
    item: str = "113_東湖區公所.txt#1"

    @classmethod
    def of(cls, website: Website) -> Known:
        """What the index has now."""
        with suppress(PlansearchError), website.holder.lease(quick=True) as index:
            return cls._in(index)
        return cls()

    @classmethod
    def _in(cls, index: PlanIndex) -> Known:
        years: dict[str, list[int]] = {}
        for plan in index.plans:
            if plan.metadata.agency is not None and plan.metadata.year is not None:
                years.setdefault(plan.metadata.agency, []).append(plan.metadata.year)
        if not years:
            return cls(plan=index.plans[0].plan, item=index.item(0).id)
        agency = max(years, key=lambda name: len(set(years[name])))
        both = sorted(set(years[agency]))
        two = (str(both[0]), str(both[-1])) if len(both) > 1 else cls().years
        return cls(agency, two, index.plans[0].plan, index.item(0).id)

    def example(self, path: str) -> str:
        """An address of an endpoint."""
        if "{" in path:
            return f"{path.partition('{')[0]}{quote(self.plan if 'plans' in path else self.item, safe='')}"
        settings: Mapping[str, Mapping[str, str | Sequence[str]]] = {
            "/api/search": {"q": "無障礙設施", "k": "3"},
            "/api/agencies": {"q": "到府服務"},
            "/api/compare": {"what": "1.3"},
            "/api/years": {"agency": self.agency, "years": self.years},
            "/api/gaps": {"agency": self.agency},
            "/api/duplicates": {"scope": "across", "k": "10"},
            "/api/benchmark": {"agency": self.agency},
            "/api/overview": {"agency": self.agency},
            "/api/requirements": {"code": "1.3"},
        }
        asked = settings.get(path)
        return f"{path}?{urlencode(asked, doseq=True)}" if asked else path


def groups_of(document: Mapping[str, Any], known: Known) -> list[Group]:
    """What the OpenAPI document says, as the page shows it."""
    made: dict[str, list[Endpoint]] = {tag["name"]: [] for tag in TAGS}
    for path, methods in document["paths"].items():
        for about in methods.values():
            parameters = tuple(map(_parameter, about.get("parameters", [])))
            whole = Endpoint(path, about["summary"], about["description"], parameters, known.example(path))
            made[about["tags"][0]].append(whole)
    return [Group(tag["name"], tag["description"], tuple(made[tag["name"]])) for tag in TAGS]


def _parameter(about: Mapping[str, Any]) -> Parameter:
    words = about.get("description") or about["schema"].get("description", "")
    return Parameter(about["name"], words, about.get("required", False), _kind(about["schema"]))


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value may be."""
    if "anyOf" in schema:
        return next(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return "、".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"{_kind(schema['items'])}，可重複"
    name = {"integer": "整數", "number": "數", "boolean": "true 或 false"}.get(schema.get("type", ""), "文字")
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{name} {low}–{high}" if low is not None and high is not None else name
