from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import EAST, OTHER, WEST, TinyEncoder
from fastapi.routing import APIRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from web_clients import ADDRESS, app_of, build, client_of, said, served

from plansearch.cli import main
from plansearch.errors import QueryError
from plansearch.web import WebSettings, connections, create_app
from plansearch.web.app import PAGES
from plansearch.web.guessing import MOST_ADDRESSES, MOST_WRONG, SECONDS, Guesses, address_of
from plansearch.web.security import HEADERS, OVERHEAD, TOKEN_COOKIE

WEB = Path(__file__).parents[1] / "plansearch" / "web"
TOKEN = "自訂的通行碼-1"  # noqa: S105  a test's
BEARER = {b"authorization": b"Bearer " + TOKEN.encode()}
OWN = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("security") / "index")


@pytest.fixture
def client(index: Path) -> Iterator[TestClient]:
    with client_of(app_of(index)) as client:
        yield client


@pytest.fixture
def guarded(index: Path) -> Iterator[TestClient]:
    """Asks a server that wants a token, and has none yet."""
    with client_of(app_of(index, token=TOKEN)) as client:
        yield client


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in(client: TestClient, token: str = TOKEN) -> None:
    csrf = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"csrf": csrf, "token": token}, headers=OWN)
    assert answer.status_code == 303


# Host: names that are not ours may lead here by a changed DNS entry


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "127.0.0.1", "localhost:8000", "LocalHost:8000", "[::1]:8000", "[::1]", "testserver"],
)
def test_names_of_this_computer_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/login", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "evil.example#127.0.0.1",
        "evil.example@127.0.0.1",
        "[::2]",
        "[::1",
        "::1",
        "0.0.0.0:8000",
        "",
        " ",
        ":8000",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/search?q=x", "/static/style.css", "/login"])
def test_other_names_are_refused_everywhere(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert "--name" in answer.text


def test_a_missing_host_is_refused(index: Path) -> None:
    with served(app_of(index)) as port:
        assert said(port, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert said(port, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 400")
        twice = b"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert said(port, twice).startswith(b"HTTP/1.1 400")
        absolute = b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert said(port, absolute).startswith(b"HTTP/1.1 400")


def test_a_further_name_is_answered_once_it_was_given(index: Path) -> None:
    with client_of(app_of(index, names=("Plans.Agency.example",))) as client:
        assert client.get("/", headers={"host": "plans.agency.example:8000"}).status_code == 200


def test_a_connection_of_another_kind_is_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/"):
        pass
    assert refused.value.code == 1008


# Token


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "plans.example", ""])  # noqa: S104  refused
def test_another_address_needs_a_token(index: Path, host: str) -> None:
    with pytest.raises(QueryError, match="--token"):
        create_app(WebSettings(index, host=host))
    assert create_app(WebSettings(index, host=host, token=TOKEN), load=TinyEncoder)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_computer_needs_none(index: Path, host: str) -> None:
    assert create_app(WebSettings(index, host=host), load=TinyEncoder)


def test_serve_says_that_another_address_needs_a_token(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANSEARCH_TOKEN", raising=False)
    assert main(["serve", "--index", str(index), "--host", "0.0.0.0"]) == 2  # noqa: S104  refused
    told = capsys.readouterr().err
    assert "--token" in told
    assert "http://" not in told


def test_serve_says_that_a_port_is_taken(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(app_of(index)) as port:
        assert main(["serve", "--index", str(index), "--port", str(port)]) == 1
    told = capsys.readouterr().err
    assert "已經有程式在用" in told
    assert "--port" in told
    assert main(["serve", "--index", str(index), "--port", "99999"]) == 2


def test_who_has_no_token_sees_the_form_and_nothing_else(guarded: TestClient) -> None:
    for path in ("/", "/search?q=坡道", "/basket", "/api", "/no-such-page", "/export/search.json?q=坡道"):
        answer = guarded.get(path)
        assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/login"), path
    refused = guarded.get("/api/search?q=坡道")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert set(refused.json()) == {"detail"}
    assert guarded.get("/api/openapi.json").status_code == 401
    part = guarded.get("/search?q=坡道", headers={"hx-request": "true"})
    assert (part.status_code, part.headers["hx-redirect"], part.text) == (401, "/login", "")
    assert guarded.get("/static/style.css").status_code == 200


def test_a_cookie_can_not_be_made_from_the_token(index: Path) -> None:
    with client_of(app_of(index, token=TOKEN)) as one, client_of(app_of(index, token=TOKEN)) as other:
        sign_in(one)
        sign_in(other)
        assert one.cookies[TOKEN_COOKIE] != other.cookies[TOKEN_COOKIE]


def test_a_token_that_is_soon_guessed_is_refused_where_others_can_ask(index: Path) -> None:
    with pytest.raises(QueryError, match="8 個字"):
        create_app(WebSettings(index, host="192.168.1.20", token="abc123"))  # noqa: S106  refused
    create_app(WebSettings(index, token="abc123"))  # noqa: S106  on this computer alone


def test_after_the_token_a_link_leads_where_it_was_meant_to(guarded: TestClient) -> None:
    asked = guarded.get("/basket", params={"item": ["east.txt#1", "west.txt#2"]})
    page = guarded.get(asked.headers["location"])
    going_on = re.search(r'name="next" value="([^"]*)"', page.text)
    assert going_on
    form = {"csrf": csrf_of(page.text), "token": TOKEN, "next": unescape(going_on[1])}
    answer = guarded.post("/login", data=form, headers=OWN)
    assert answer.headers["location"] == "/basket?item=east.txt%231&item=west.txt%232"
    assert "挑了 2 項" in guarded.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/ok\r\nset-cookie: a=b",
        "\t//x",
    ],
)
def test_after_the_token_nobody_is_sent_elsewhere(address: str, guarded: TestClient) -> None:
    page = guarded.get("/login", params={"next": address})
    assert 'name="next" value="/"' in page.text
    form = {"csrf": csrf_of(page.text), "token": TOKEN, "next": address}
    assert guarded.post("/login", data=form, headers=OWN).headers["location"] == "/"


def test_where_all_addresses_are_meant_each_in_figures_is_answered_and_no_name(index: Path) -> None:
    with client_of(app_of(index, host="0.0.0.0", token=TOKEN)) as client:  # noqa: S104  in a test
        for host in ("192.168.1.20:8000", "10.0.0.7", "[fe80::1]:8000", "127.0.0.1"):
            assert client.get("/login", headers={"host": host}).status_code == 200, host
        for host in ("evil.example", "192.168.1.20.evil.example", "0x7f.1"):
            assert client.get("/login", headers={"host": host}).status_code == 400, host


def test_the_right_token_lets_a_browser_in(guarded: TestClient) -> None:
    page = guarded.get("/login")
    answer = guarded.post("/login", data={"csrf": csrf_of(page.text), "token": TOKEN}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=lax" in kept
    assert TOKEN not in answer.headers["set-cookie"]
    assert len(guarded.cookies[TOKEN_COOKIE]) > 30
    assert "坡道" in guarded.get("/search?q=坡道").text
    assert guarded.get("/api/search?q=坡道").status_code == 200


@pytest.mark.parametrize("token", ["", " ", "x", TOKEN[:-1], TOKEN + " ", "\0", "\ufffd" * 1000])
def test_a_wrong_token_lets_nobody_in(guarded: TestClient, token: str) -> None:
    csrf = csrf_of(guarded.get("/login").text)
    answer = guarded.post("/login", data={"csrf": csrf, "token": token}, headers=OWN)
    assert answer.status_code == 401
    assert "通行碼不對" in answer.text
    assert "set-cookie" not in answer.headers
    assert guarded.get("/").status_code == 303


@pytest.mark.parametrize(
    "cookie", ["", "x", TOKEN_COOKIE, f"{TOKEN_COOKIE}=", f"{TOKEN_COOKIE}=x; a=\x7f", "=;=;=\x80"]
)
def test_a_wrong_cookie_lets_nobody_in(guarded: TestClient, cookie: str) -> None:
    assert guarded.get("/", headers={b"cookie": cookie.encode("latin-1")}).status_code == 303


def test_a_program_sends_the_token_each_time(guarded: TestClient) -> None:
    assert guarded.get("/api/search?q=坡道", headers=BEARER).status_code == 200
    assert guarded.get("/api/search?q=坡道").status_code == 401
    for wrong in (b"Bearer", b"Bearer x", b"Basic " + TOKEN.encode(), b"Bearer \xff\xfe", TOKEN.encode()):
        assert guarded.get("/api/status", headers={b"authorization": wrong}).status_code == 401


def test_a_server_without_a_token_asks_for_none(client: TestClient) -> None:
    page = client.get("/login")
    answer = client.post("/login", data={"csrf": csrf_of(page.text), "token": "x"}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie" not in answer.headers


# Guessing


def test_who_guesses_often_has_to_wait_and_others_have_not(index: Path) -> None:
    app = app_of(index, token=TOKEN)
    with client_of(app, visitor="10.0.0.1") as guesser, client_of(app, visitor="10.0.0.2") as other:
        csrf = csrf_of(guesser.get("/login").text)
        for number in range(MOST_WRONG):
            answer = guesser.post("/login", data={"csrf": csrf, "token": f"wrong {number}"}, headers=OWN)
            assert answer.status_code == 401
        late = guesser.post("/login", data={"csrf": csrf, "token": TOKEN}, headers=OWN)
        assert late.status_code == 429
        assert 0 < int(late.headers["retry-after"]) <= SECONDS
        assert "請等" in late.text
        assert guesser.get("/api/status", headers=BEARER).status_code == 429
        assert other.get("/api/status", headers=BEARER).status_code == 200
        sign_in(other)


def test_guesses_by_the_interface_for_programs_count_as_well(index: Path) -> None:
    with client_of(app_of(index, token=TOKEN), visitor="10.0.0.3") as guesser:
        wrong = [guesser.get("/api/status", headers={"authorization": f"Bearer {n}"}).status_code for n in range(20)]
        assert wrong == [401] * MOST_WRONG + [429] * (20 - MOST_WRONG)


def test_who_was_let_in_is_not_locked_out_by_a_guesser_at_the_same_address(index: Path) -> None:
    app = app_of(index, token=TOKEN)
    with client_of(app, visitor="10.0.0.4") as colleague, client_of(app, visitor="10.0.0.4") as guesser:
        sign_in(colleague)
        for number in range(MOST_WRONG + 5):
            guesser.get("/api/status", headers={"authorization": f"Bearer {number}"})
        assert colleague.get("/").status_code == 200


def test_the_wait_is_short_and_ends_by_itself() -> None:
    now = [1000.0]
    guesses = Guesses(lambda: now[0])
    for _ in range(MOST_WRONG * 50):
        guesses.add("10.0.0.1")
    assert 0 < guesses.wait_of("10.0.0.1") <= SECONDS <= 60
    now[0] += SECONDS
    assert guesses.wait_of("10.0.0.1") == 0
    guesses.add("10.0.0.1")
    assert guesses.wait_of("10.0.0.1") == 0


def test_guessers_of_many_addresses_take_no_memory() -> None:
    guesses = Guesses(lambda: 0.0)
    for number in range(MOST_ADDRESSES + 500):
        guesses.add(str(number))
    assert len(guesses._wrong) == MOST_ADDRESSES  # noqa: SLF001
    assert guesses.wait_of("0") == 0


def test_addresses_that_one_owner_can_choose_are_one() -> None:
    addresses = {address_of({"client": (f"2001:db8:1:2::{number:x}", 1)}) for number in range(300)}
    assert addresses == {"2001:db8:1:2::/64"}
    assert address_of({"client": ("2001:db8:1:3::1", 1)}) not in addresses
    assert address_of({"client": ("10.0.0.1", 1)}) == "10.0.0.1"
    assert address_of({"client": None}) == ""
    assert address_of({"client": ("fe80::1%eth0", 1)}) == "fe80::/64"


# Requests that another site has a browser send


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "http://127.0.0.1"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://[::1"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"origin": "ftp://127.0.0.1:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"cookie": "a=b"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_another_site_sends_is_refused(client: TestClient, method: str, headers: dict[str, str]) -> None:
    assert client.request(method, "/login", headers=headers).status_code == 403


@pytest.mark.parametrize("csrf", [None, "", "x", "\ud800", "é"])
def test_a_form_of_no_page_of_ours_is_refused(guarded: TestClient, csrf: str | None) -> None:
    data = {"token": TOKEN} if csrf is None else {"token": TOKEN, "csrf": csrf.encode("utf-8", "surrogatepass")}
    answer = guarded.post("/login", data=data, headers=OWN)
    assert answer.status_code == 403
    assert "過期" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_form_from_before_a_restart_is_refused(index: Path) -> None:
    with client_of(app_of(index, token=TOKEN)) as before:
        old = csrf_of(before.get("/login").text)
    with client_of(app_of(index, token=TOKEN)) as after:
        assert after.post("/login", data={"csrf": old, "token": TOKEN}, headers=OWN).status_code == 403


def test_what_stands_in_the_form_for_strangers_opens_no_other_form(index: Path) -> None:
    app = app_of(index, token=TOKEN)
    with client_of(app) as client:
        assert csrf_of(client.get("/login").text) != app.state.website.csrf


ODD_FORMS = {
    "no multipart at all": ("multipart/form-data; boundary=x", b"\x00\xff" * 50),
    "no boundary": ("multipart/form-data", b"--x"),
    "no name": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"),
    "strange letters": (
        "multipart/form-data; boundary=x; charset=unicode_escape",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\\ud800\r\n--x--\r\n',
    ),
    "letters of a domain": (
        "multipart/form-data; boundary=x; charset=idna",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nxn--a-\xff.\r\n--x--\r\n',
    ),
    "many fields": ("application/x-www-form-urlencoded", b"a&" * 20_000),
    "many parts": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n1\r\n' * 500 + b"--x--\r\n",
    ),
    "broken signs": ("application/x-www-form-urlencoded", b"csrf=%ff%ed%a0%80%zz&=&&;;\xff"),
    "JSON": ("application/json", b'{"csrf": 1}'),
    "no kind": ("", b"csrf=1"),
}


@pytest.mark.parametrize(("kind", "body"), ODD_FORMS.values(), ids=ODD_FORMS)
def test_an_odd_form_is_refused_in_words(guarded: TestClient, kind: str, body: bytes) -> None:
    answer = guarded.post("/login", content=body, headers={**OWN, "content-type": kind})
    assert answer.status_code in {400, 403}
    assert re.search(r"[\u4e00-\u9fff]{6}", answer.text)


# Size


def test_a_request_that_says_that_it_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/login", content=b"", headers={**OWN, "content-length": str(2**40)})
    assert answer.status_code == 413
    told = client.post("/api/search", content=b"", headers={**OWN, "content-length": str(2**40)})
    assert (told.status_code, set(told.json())) == (413, {"detail"})


def test_a_request_that_goes_on_is_cut_off(client: TestClient) -> None:
    def much() -> Iterator[bytes]:
        yield b"csrf=" + b"a" * OVERHEAD
        yield b"b"

    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=much(), headers={**OWN, **kind}).status_code == 413


def test_lengths_that_lie_give_no_error_of_the_server(index: Path) -> None:
    start = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunks = [b"%x\r\n" % 16384 + b"a" * 16384 + b"\r\n"] * 6
    with served(app_of(index, token=TOKEN)) as port:
        answers = {
            "chunked": said(port, start + b"Transfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n"),
            "shorter than it says": said(port, start + b"Content-Length: 10\r\nConnection: close\r\n\r\n", b"a=1"),
            "longer than it says": said(port, start + b"Content-Length: 3\r\nConnection: close\r\n\r\n", b"a=1" * 50),
            "no number": said(port, start + b"Content-Length: x\r\n\r\n", b"a=1"),
            "two lengths": said(port, start + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", b"a=1"),
            "negative": said(port, start + b"Content-Length: -1\r\n\r\n", b"a=1"),
            "huge": said(port, start + b"Content-Length: 99999999999999999999\r\n\r\n"),
        }
        whole = said(port, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    statuses = {name: answer[9:12].decode() for name, answer in answers.items()}
    assert statuses["chunked"] == "413"
    assert statuses["huge"] in {"400", "413"}
    assert {name: status for name, status in statuses.items() if status.startswith("5")} == {}
    assert whole.startswith(b"HTTP/1.1 200")


# Headers, scripts, styles


def routes() -> list[APIRoute]:
    """All that can be looked at."""
    every = [route for module in PAGES for route in module.router.routes]
    return [route for route in every if isinstance(route, APIRoute) and "GET" in (route.methods or ())]


PLAIN = sorted(route.path for route in routes() if "{" not in route.path)
"""Addresses of all pages that need nothing further."""


ANSWERS = (
    "/search?q=坡道&why=1",
    "/search?q=坡道&by=agency",
    "/search?q=服務鈴",
    "/search?like=east.txt%231",
    "/search?q=坡道&agency=沒有這個機關",
    "/search?k=many",
    "/basket?item=east.txt%231&item=evil.txt%231&item=none",
    "/export/search.json?q=坡道",
    "/export/search.csv?q=坡道",
    "/export/search.html?q=坡道",
    "/export/search.xlsx?q=坡道",
    "/api/search?q=坡道",
    "/api/search?q=",
    "/api/gaps?agency=東湖",
    "/api/plans/none",
    "/api/none",
    "/api/openapi.json",
    "/none",
    "/static/style.css",
    "/static/app.js",
    "/static/htmx.js",
    "/static/none.css",
)


def checked_headers(headers: dict[str, str], path: str) -> None:
    for name, value in HEADERS:
        assert headers.get(name) == value, (path, name)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    kept = {"no-store"} if not path.startswith("/static/") else {"no-cache", "max-age=86400", "no-store"}
    assert headers["cache-control"] in kept, path


def test_every_answer_has_the_headers(client: TestClient) -> None:
    for path in (*PLAIN, *ANSWERS):
        answer = client.get(path)
        assert answer.status_code < 500, path
        checked_headers(dict(answer.headers), path)


def test_refusals_have_the_headers_as_well(client: TestClient, guarded: TestClient) -> None:
    answers = [
        client.get("/", headers={"host": "evil.example"}),
        client.post("/login"),
        client.post("/search", headers=OWN),
        client.post("/login", headers={**OWN, "content-length": str(2**40)}),
        client.post("/login", headers={"origin": "http://evil.example"}),
        client.options("/search"),
        guarded.get("/"),
        guarded.get("/api/status"),
        guarded.get("/search", headers={"hx-request": "true"}),
    ]
    for answer in answers:
        assert 300 <= answer.status_code < 500
        checked_headers(dict(answer.headers), "/")


def test_an_error_that_nobody_expected_is_told_in_words_and_with_the_headers(index: Path) -> None:
    app = app_of(index)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret")

    @app.get("/api/broken")
    def broken_too() -> None:
        raise RuntimeError("a secret")

    with client_of(app, strict=False) as client:
        for path in ("/broken", "/api/broken"):
            answer = client.get(path)
            assert answer.status_code == 500
            assert "沒有預期的錯誤" in answer.text
            assert "secret" not in answer.text
            checked_headers(dict(answer.headers), path)


INLINE = re.compile(
    r"""<script(?![^>]*\ssrc=)|<script[^>]*>[^<]|<style|\sstyle\s*=|\son[a-z]+\s*=|(href|src|action)\s*=\s*["']?\s*(javascript|data|vbscript):|<base\b|<iframe|<object|<embed""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", sorted((WEB / "templates").glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_a_script_or_a_style_in_it(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not INLINE.search(text)
    assert "|safe" not in text.replace(" ", "")
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("path", sorted((WEB / "static").glob("*.[cj]s*")), ids=lambda path: path.name)
def test_scripts_and_styles_ask_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(\s*['\"]?//|\beval\(|new Function|innerHTML|document\.write", text)


class Inline(HTMLParser):
    """Finds what a strict policy forbids, and what a plan's text must not become."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.in_script = tag == "script"
        bad = tag in {"style", "base", "iframe", "object", "embed", "svg"} or (tag == "script" and "src" not in names)
        bad = bad or any(name.startswith("on") or name == "style" for name in names)
        for name, value in attrs:
            is_address = name in {"href", "src", "action", "formaction", "hx-get", "hx-post"}
            bad = bad or (is_address and re.match(r"/(?!/)|[#?]|$", value or "") is None)
        if bad:
            self.found.append(str(self.get_starttag_text()))

    def handle_data(self, data: str) -> None:
        if self.in_script and data.strip():
            self.found.append(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  as the class above has it
        self.in_script = False


def test_no_page_has_a_script_or_a_style_in_it(client: TestClient) -> None:
    pages = 0
    for path in (*PLAIN, *ANSWERS):
        answer = client.get(path)
        if answer.headers["content-type"].startswith("text/html") and "attachment" not in str(answer.headers):
            pages += 1
            inline = Inline()
            inline.feed(answer.text)
            assert inline.found == [], path
    assert pages > 10


def test_the_look_for_scripts_and_styles_finds_them() -> None:
    odd = (
        "<p style='a'>",
        "<p onclick=a>",
        "<script>a</script>",
        "<script src=/a>b</script>",
        "<a href='javascript:a'>",
        "<a href=https://evil.example>",
        "<svg onload=a>",
        "<style>a</style>",
    )
    for text in odd:
        inline = Inline()
        inline.feed(text)
        assert inline.found, text


def test_a_plan_full_of_tags_is_shown_as_text(client: TestClient) -> None:
    page = client.get("/search?q=服務鈴").text
    assert "&lt;script&gt;alert(1)" in re.sub(r"</?mark>", "", page)
    assert client.get("/api/search?q=服務鈴").headers["content-type"] == "application/json"


# Paths and addresses


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/..%5capp.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/app.js%00.css",
        "/static/" + "a" * 5000,
        "/static/" + "%ff" * 10,
        "/static/",
        "/static",
        "/api/plans/../../../../etc/passwd",
        "/api/plans/..%2f..%2fetc%2fpasswd",
        "/api/plans/%2fetc%2fpasswd",
        "/api/items/..%2f..%2fetc%2fpasswd%231",
    ],
)
def test_no_path_leads_out_of_the_folder(index: Path, path: str) -> None:
    with served(app_of(index)) as port:
        answer = said(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer[9:12] in {b"404", b"422", b"307"}
    assert b"root:" not in answer
    assert b"create_app" not in answer


ODD_VALUES = {
    "broken UTF-8": "%ff%fe",
    "half a character": "%ed%a0%80",
    "NUL": "%00",
    "control characters": "%01%08%1b%7f%c2%85",
    "directions and joiners": "%e2%80%ae%e2%80%8d%ef%bb%bf",
    "beyond the first plane": "%f0%9f%98%80%f0%a0%80%80",
    "broken signs": "%zz%",
    "quotes": "%22%27%60%3c%3e",
    "a formula": "=1%2b1",
    "a huge number": "9" * 400,
    "a negative number": "-1",
    "no number": "NaN",
    "long": "%e6%a9%9f" * 2000,
    "SQL": "'%20OR%201=1--",
    "a quotation that does not end": "%22%e5%9d%a1",
    "empty": "",
}


def odd_addresses(value: str) -> list[str]:
    """Every address with the value in every place."""
    made = []
    for route in routes():
        path = re.sub(r"\{suffix\}", "json", route.path)
        path = re.sub(r"\{[^}]+\}", value or "x", path)
        names = {field.alias for field in route.dependant.query_params}
        for field in route.dependant.query_params:
            names |= set(getattr(field.field_info.annotation, "model_fields", {}))
        made += [path, *(f"{path}?{name}={value}&{name}={value}" for name in sorted(names))]
    return made


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_odd_addresses_give_no_error_of_the_server(client: TestClient, value: str) -> None:
    addresses = odd_addresses(value)
    assert len(addresses) > 60
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, (address, answer.text)
        checked_headers(dict(answer.headers), address)


def test_an_address_with_thousands_of_settings_is_refused_in_few_words(client: TestClient) -> None:
    many = "&".join(f"year=x{n}&agency={n}&item={n}" for n in range(1_500))
    for path in ("/search", "/api/search", "/basket", "/api/duplicates"):
        answer = client.get(f"{path}?{many}")
        assert answer.status_code in {400, 422}, path
        assert len(answer.text) < 10_000
    unknown = client.get("/search?" + "&".join(f"o{n}={n}" for n in range(6_000)))
    assert unknown.status_code == 422
    assert len(unknown.text) < 10_000


def test_a_setting_that_there_is_not_is_told_and_never_left_out_without_a_word(client: TestClient) -> None:
    for path in (
        "/search?q=坡道&years=113",
        "/compare?what=1.3&yaer=113",
        "/standing?agency=示範市東湖區公所&years=113",
        "/api/search?q=坡道&yaer=113",
        "/api/agencies?q=坡道&years=113",
        "/api/gaps?agency=東湖區公所&minpeers=99",
        "/api/plans?page=2",
    ):
        assert client.get(path).status_code == 422, path
    assert "years" in client.get("/search?q=坡道&years=113").text


def test_an_address_with_ten_thousand_settings_gives_no_error_of_the_server(index: Path) -> None:
    with served(app_of(index)) as port:
        for path in ("/search", "/api/search", "/api/gaps"):
            asked = "&".join(f"year={n}&agency={n}" for n in range(10_000))
            request = f"GET {path}?{asked} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
            assert said(port, request.encode())[9:12] in {b"400", b"422"}


def test_a_very_long_address_is_refused_and_the_server_goes_on(index: Path) -> None:
    with served(app_of(index)) as port:
        start = b"GET /search?q=" + b"a" * 600_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        assert said(port, start)[9:10] in {b"4", b""}
        assert said(port, b"\x00\x16\x03\x01 nonsense\r\n\r\n")[9:10] in {b"4", b""}
        assert said(port, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")[9:12] == b"200"


# The index goes away, breaks, comes back


PATHS = (
    "/",
    "/search?q=坡道",
    "/export/search.json?q=坡道",
    "/api/search?q=坡道",
    "/api/gaps?agency=東湖",
    "/api/status",
)


def test_a_missing_index_is_told_in_words_without_the_place(tmp_path: Path) -> None:
    with client_of(app_of(tmp_path / "nowhere")) as client:
        for path in PATHS:
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "還沒有索引" in answer.text
            assert str(tmp_path) not in answer.text
            checked_headers(dict(answer.headers), path)
        assert client.get("/api").status_code == 200
        assert client.get("/basket").status_code == 503
        build(tmp_path / "nowhere", EAST, WEST, OTHER)
        assert {client.get(path).status_code for path in PATHS} == {200}


@pytest.mark.parametrize("damage", ["pointer", "manifest", "part", "cut", "empty"])
def test_a_broken_index_is_told_in_words_without_the_place(tmp_path: Path, damage: str) -> None:
    directory = build(tmp_path / "index")
    generation = directory / "gen-000001"
    if damage == "pointer":
        (directory / "CURRENT").write_bytes(b"\xff\x00../../etc")
    elif damage == "manifest":
        (generation / "manifest.json").write_text("{", encoding="utf-8")
    elif damage == "part":
        (generation / "catalog.sqlite").unlink()
    elif damage == "cut":
        part = generation / "catalog.sqlite"
        part.write_bytes(part.read_bytes()[:-1000])
    else:
        shutil.rmtree(generation)
    with client_of(app_of(directory)) as client:
        for path in PATHS:
            answer = client.get(path)
            assert answer.status_code == 503, path
            assert "索引" in answer.text
            assert "重新" in answer.text
            assert str(tmp_path) not in answer.text


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"], ids=["nothing", "half a head"])
def test_a_connection_that_says_nothing_more_is_closed(
    begun: bytes, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.3)
    with served(app_of(index)) as port, socket.create_connection(("127.0.0.1", port), timeout=10) as idle:
        idle.sendall(begun)
        assert idle.recv(1) == b""
        assert said(port, b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").startswith(
            b"HTTP/1.1 200"
        )


def test_head_gives_the_head_alone(index: Path) -> None:
    with served(app_of(index)) as port:
        answer = said(port, b"HEAD /search HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-security-policy" in head.lower()
    assert body == b""


def test_only_who_sits_at_the_computer_sees_where_its_folders_are(tmp_path: Path) -> None:
    missing = tmp_path / "somewhere" / "index"
    with client_of(app_of(missing)) as at_it, client_of(app_of(missing, host="192.168.1.20", token=TOKEN)) as away:
        assert str(missing) in at_it.get("/files").text
        answer = away.get("/files", headers=BEARER)
        assert answer.status_code == at_it.get("/files").status_code
        assert str(tmp_path) not in answer.text
