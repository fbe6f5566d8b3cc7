from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import EAST, TinyEncoder
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.testclient import TestClient
from web_clients import ALL_PLANS, BEFORE, LOST, app_of, build, client_of

from plansearch.cli import main
from plansearch.index import PlanIndex
from plansearch.types import FloatMatrix
from plansearch.web import WebSettings, api, api_plans, api_standing, create_app
from plansearch.web.api_answers import Answer
from plansearch.web.api_page import TAGS
from plansearch.web.api_records import StatusRecord, WholePlanRecord

SAME = {
    "search": (
        "/api/search?q=無障礙設施&k=4&type=公所&year=113&why=1",
        "query 無障礙設施 -k 4 --type 公所 --year 113 --why",
    ),
    "search by words": (
        "/api/search?q=電話禮貌&mode=words&exact=1&flat=1",
        "query 電話禮貌 --mode words --exact --no-fold",
    ),
    "search by likeness": ("/api/search?like=113_示範市東湖區公所.txt%233", "query --like 113_示範市東湖區公所.txt#3"),
    "agencies": ("/api/agencies?q=到府服務&k=2", "query 到府服務 --by agency -k 2"),
    "compare": (
        "/api/compare?what=1.3&agency=東湖區公所&agency=西嶺區公所&year=113",
        "compare 1.3 --agency 東湖區公所 --agency 西嶺區公所 --year 113",
    ),
    "compare words": ("/api/compare?what=無障礙設施&type=公所&k=2", "compare 無障礙設施 --type 公所 -k 2"),
    "years": ("/api/years?agency=東湖區公所&years=113&years=112", "compare 東湖區公所 --years 112 113"),
    "gaps": ("/api/gaps?agency=西嶺區公所&peers=all&min_peers=2", "gaps 西嶺區公所 --peers all --min-peers 2"),
    "duplicates": (
        "/api/duplicates?scope=across&year=113&threshold=0.7&copy_threshold=0.5",
        "duplicates --scope across --year 113 --threshold 0.7 --copy-threshold 0.5",
    ),
    "benchmark": ("/api/benchmark?agency=西嶺區公所&year=113", "benchmark 西嶺區公所 --year 113"),
    "standing": ("/api/standing?year=113", "benchmark --all --year 113"),
    "overview": ("/api/overview?agency=西嶺區公所&year=113", "report 西嶺區公所 --year 113"),
    "plans": ("/api/plans", "plans"),
    "requirements": ("/api/requirements?code=1&framework=six_pillars", "requirements 1 --framework six_pillars"),
}

ROUTES = [
    route for module in (api, api_plans, api_standing) for route in module.router.routes if isinstance(route, APIRoute)
]


@pytest.fixture(scope="module")
def of_samples(samples: PlanIndex) -> Iterator[TestClient]:
    """Asks a server over the sample plans, with the bundled model."""
    with client_of(create_app(WebSettings(samples.directory))) as client:
        yield client


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("api") / "index")


@pytest.fixture(scope="module")
def client(index: Path) -> Iterator[TestClient]:
    with client_of(app_of(index)) as client:
        yield client


@pytest.mark.parametrize(("address", "words"), SAME.values(), ids=SAME)
def test_an_address_gives_what_the_command_gives(
    of_samples: TestClient, samples: PlanIndex, address: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if words.startswith("requirements") else ["--index", str(samples.directory)]
    assert main([*words.split(), *where, "--format", "json"]) == 0
    expected = json.loads(capsys.readouterr().out)
    answer = of_samples.get(address)
    assert answer.status_code == 200
    assert answer.json() == expected
    assert list(answer.json()) == list(expected)
    record_of(address).model_validate_json(answer.content, strict=True)


def record_of(address: str) -> type[BaseModel]:
    """What an address says that it answers with."""
    path = address.partition("?")[0]
    [model] = [route.response_model for route in ROUTES if route.path == path]
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model


def test_a_plan_is_given_whole(client: TestClient) -> None:
    for plan in ALL_PLANS:
        answer = client.get(f"/api/plans/{quote(plan.name, safe='')}")
        WholePlanRecord.model_validate_json(answer.content, strict=True)
        record = answer.json()
        assert (record["plan"], record["agency"]) == (plan.name, plan.metadata.agency)
        assert [item["text"] for item in record["items"]] == [item.text for item in plan.items]
        assert [item["id"] for item in record["items"]] == [f"{plan.name}#{n + 1}" for n in range(len(plan.items))]
        assert [one["detail"] for one in record["damage"]] == [one.detail for one in plan.damage]
    assert client.get(f"/api/plans/{quote(LOST.name)}").json()["damage"][0]["lines"] == [7, 9]


def test_an_item_is_given_by_its_id(client: TestClient) -> None:
    for item_id in ("east.txt#2", "部分/north.txt#1"):
        record = client.get(f"/api/items/{quote(item_id, safe='')}").json()
        assert record["id"] == item_id
        assert (
            record
            == client.get(f"/api/plans/{quote(record['plan'], safe='')}").json()["items"][
                int(item_id.rpartition("#")[2]) - 1
            ]
        )


def test_the_status_tells_what_is_there_and_not_where(client: TestClient, index: Path) -> None:
    answer = client.get("/api/status")
    record = answer.json()
    StatusRecord.model_validate_json(answer.content, strict=True)
    assert (record["plans"], record["items"]) == (len(ALL_PLANS), sum(len(plan.items) for plan in ALL_PLANS))
    assert (record["model"], record["generation"]) == ("tiny@1", "gen-000001")
    assert record["years"] == [112, 113]
    assert (record["damaged"], record["skipped"]) == (1, 2)
    assert str(index.parent) not in answer.text
    with PlanIndex.open(index) as opened:
        assert record["created"] == opened.manifest.created


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/api/search", 400, "沒有可以搜尋的文字"),
        ("/api/search?q=%20", 400, "沒有可以搜尋的文字"),
        ("/api/search?q=坡道&agency=火星", 400, "機關「火星」"),
        ("/api/search?q=坡道&year=99", 400, "年度"),
        ("/api/search?like=none%231", 400, "none#1"),
        ("/api/agencies?q=？", 400, "沒有可以搜尋的文字"),
        ("/api/compare?agency=火星", 400, "火星"),
        ("/api/years?agency=東湖&years=112&years=112", 400, "112"),
        ("/api/gaps?agency=火星", 400, "火星"),
        ("/api/gaps?agency=區公所", 400, "不只一個"),
        ("/api/benchmark?agency=東湖&peers=火星", 400, "火星"),
        ("/api/standing?year=99", 400, "99"),
        ("/api/plans/none.txt", 404, "none.txt"),
        ("/api/items/east.txt%2399", 404, "east.txt#99"),
        ("/api/requirements?code=9.9", 404, "執行要項"),
        ("/api/nothing", 404, "沒有這一頁"),
    ],
)
def test_what_can_t_be_answered_is_told_in_words(client: TestClient, address: str, status: int, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert list(answer.json()) == ["detail"]
    assert words in answer.json()["detail"]
    assert "--" not in answer.json()["detail"]
    assert "plansearch " not in answer.json()["detail"]


@pytest.mark.parametrize(
    "address",
    [
        "/api/search?q=x&k=0",
        "/api/search?q=x&k=1001",
        "/api/search?q=x&mode=best",
        "/api/search?q=" + "x" * 5001,
        "/api/agencies",
        "/api/gaps",
        "/api/gaps?agency=",
        "/api/gaps?agency=東湖&min_peers=0",
        "/api/years?agency=東湖&years=112",
        "/api/years?agency=東湖&years=112&years=113&years=114",
        "/api/duplicates?threshold=0.1",
        "/api/duplicates?threshold=nan",
        "/api/duplicates?copy_threshold=inf",
        "/api/duplicates?scope=everywhere",
        "/api/standing?year=1000",
        "/api/search?q=x" + "&agency=a" * 101,
    ],
)
def test_a_value_that_can_t_be_is_refused(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 422
    assert {"loc", "msg", "type"} == set(answer.json()["detail"][0])


def test_it_can_only_be_read(client: TestClient) -> None:
    for path in ("/api/search", "/api/plans", "/api/status"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path).status_code == 405


def test_what_is_no_number_is_null() -> None:
    nothing = float("nan")
    assert Answer({"a": nothing, "b": [1.5, {"c": float("inf")}]}).body == b'{"a":null,"b":[1.5,{"c":null}]}'
    assert Answer({"計畫": "區\ud800公所"}).body == '{"計畫":"區?公所"}'.encode()


# The document


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, about) for path, methods in document["paths"].items() for about in methods.values()]


def test_the_document_has_every_address(document: dict[str, Any]) -> None:
    names = "search agencies compare years gaps duplicates benchmark standing overview plans requirements status"
    expected = {f"/api/{name}" for name in names.split()} | {"/api/plans/{name}", "/api/items/{item_id}"}
    assert set(document["paths"]) == expected
    assert all(list(methods) == ["get"] for methods in document["paths"].values())


def test_everything_is_explained_in_chinese(document: dict[str, Any]) -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert chinese.search(document["info"]["description"])
    known = {tag["name"] for tag in TAGS}
    for path, about in operations(document):
        assert set(about["tags"]) <= known
        assert chinese.search(about["summary"]), path
        assert chinese.search(about["description"]), path
        for parameter in about.get("parameters", []):
            words = parameter.get("description") or parameter["schema"].get("description", "")
            assert chinese.search(words), (path, parameter["name"])


def test_every_address_tells_its_answers(document: dict[str, Any]) -> None:
    for path, about in operations(document):
        answers = about["responses"]
        assert {"200", "400", "401", "429", "503"} <= set(answers), path
        assert ("422" in answers) == bool(about.get("parameters")), path
        schema = answers["200"]["content"]["application/json"]["schema"]
        described = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert described["additionalProperties"] is False, path
        assert described["properties"], path


def test_the_document_tells_whether_a_token_is_needed(index: Path, document: dict[str, Any]) -> None:
    assert {} in document["security"]
    with client_of(app_of(index, token="a token")) as client:  # noqa: S106  a test's
        told = client.get("/api/openapi.json", headers={"authorization": "Bearer a token"}).json()
    assert told["security"] == [{"token": []}]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_examples_on_the_page_work(client: TestClient) -> None:
    page = client.get("/api").text
    examples = [found.replace("&amp;", "&") for found in re.findall(r'例：<a href="([^"]+)"', page)]
    assert len(examples) == 14
    answers = {example: client.get(example).status_code for example in examples}
    assert {example: status for example, status in answers.items() if status != 200} == {}


def test_the_page_is_there_without_an_index(tmp_path: Path) -> None:
    with client_of(app_of(tmp_path / "none")) as client:
        assert "/api/search" in client.get("/api").text


# Work that takes long


class HeldEncoder(TinyEncoder):
    """Waits with every question until it is let go."""

    def __init__(self, name: str = "tiny@1") -> None:
        super().__init__(name)
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        self.asked.set()
        assert self.go_on.wait(30)
        return super().encode_queries(texts)


def held_app(index: Path) -> tuple[FastAPI, HeldEncoder]:
    encoder = HeldEncoder()
    return create_app(WebSettings(index, names=("testserver",)), load=lambda _: encoder), encoder


def test_others_are_answered_while_something_long_is_worked_out(index: Path) -> None:
    app, encoder = held_app(index)
    answers = []
    with client_of(app) as client:
        slow = threading.Thread(target=lambda: answers.append(client.get("/api/compare?what=輪椅坡道")))
        slow.start()
        assert encoder.asked.wait(30)
        assert client.get("/api/status").status_code == 200
        assert client.get("/api/gaps?agency=nobody", headers={"host": "evil.example"}).status_code == 400
        assert client.get("/search?q=坡道&mode=words").status_code == 200
        assert answers == []
        encoder.go_on.set()
        slow.join(30)
    assert [answer.status_code for answer in answers] == [200]


def test_a_question_that_was_asked_before_waits_for_nobody(index: Path) -> None:
    app, encoder = held_app(index)
    encoder.go_on.set()
    answers: list[int] = []
    with client_of(app) as client:
        before = client.get("/api/search?q=坡道").json()
        encoder.go_on.clear()
        new = [
            "/search?q=志工",
            "/api/search?q=電話",
            "/search?q=禮貌&by=agency",
            "/api/agencies?q=問卷",
            "/search?q=訓練",
        ]
        waiting = [threading.Thread(target=lambda one=one: answers.append(client.get(one).status_code)) for one in new]
        for one in waiting:
            one.start()
        assert client.get("/api/search?q=坡道").json() == before
        assert client.get("/search?q=坡道&year=113").status_code == 200
        assert answers == []
        encoder.go_on.set()
        for one in waiting:
            one.join(30)
    assert answers == [200] * len(new)


def test_who_asks_the_same_gets_the_same_answer_which_is_worked_out_once(index: Path) -> None:
    app, encoder = held_app(index)
    answers: list[Any] = []
    address = "/api/compare?what=輪椅坡道"
    with client_of(app) as client:
        several = [threading.Thread(target=lambda: answers.append(client.get(address).json())) for _ in range(5)]
        for one in several:
            one.start()
        assert encoder.asked.wait(30)
        encoder.go_on.set()
        for one in several:
            one.join(30)
        answers.append(client.get(address).json())
        jobs = app.state.website.bench._jobs  # noqa: SLF001
        assert len(jobs) == 1
        client.get("/api/compare?what=輪椅坡道&k=1")
        assert len(jobs) == 2
    assert len(answers) == 6
    assert all(answer == answers[0] for answer in answers)


def test_a_new_index_gives_new_answers(tmp_path: Path) -> None:
    directory = build(tmp_path / "index")
    with client_of(app_of(directory)) as client:
        address = f"/api/gaps?agency={quote(str(EAST.metadata.agency))}"
        before = client.get(address).json()
        assert client.get(address).json() == before
        build(directory, EAST, BEFORE, LOST)
        after = client.get(address).json()
        assert client.get("/api/status").json()["generation"] == "gen-000002"
    assert len(after["peers"]["agencies"]) < len(before["peers"]["agencies"])
