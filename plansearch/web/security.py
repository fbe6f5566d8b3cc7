"""Who may ask, and what a browser may do with an answer: host, token, origin, size, headers.

Everything here is decided before a page sees the request.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plansearch.web.guessing import Guesses, address_of

TOKEN_COOKIE: Final = "plansearch_token"  # noqa: S105  the cookie's name
LOGIN: Final = "/login"
STATIC: Final = "/static/"
API: Final = "/api/"
OVERHEAD: Final = 64 * 2**10
"""Bytes of a form beside its files."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from another host, and no script or style that stands in a page."""

HEADERS: Final = (
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("x-frame-options", "DENY"),
)

NOT_KEPT: Final = ("cache-control", "no-store")
"""A shared computer's browser keeps no answer."""

MOST_DIGITS: Final = 20
"""Digits of a length that are looked at; Python refuses to read thousands."""

LONGEST_NEXT: Final = 20_000
"""Characters of an address that is gone on with after the token."""

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[^\s\[\]:/?#@\\]+)(?::\d{1,5})?")


class Guard:
    """Lets through what comes from where it may come from.

    Args:
        app: what answers.
        hosts: what the ``Host`` header may say, without the port, lower case.
        token: what a browser has to know; ``None`` for nothing.
        passed: what the cookie of a browser that knew it holds: nothing that a guessed token would give.
        guesses: counts wrong tokens.
        max_body: bytes of a request at most.
        any_address: take every address in figures, too: the computer may have several, and no other site can give its
            name to one of them.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: frozenset[str],
        token: str | None,
        passed: str,
        guesses: Guesses,
        max_body: int,
        any_address: bool = False,
    ) -> None:
        self._app = app
        self._any_address = any_address
        self._hosts = hosts
        self._token = token
        self._passed = passed
        self._guesses = guesses
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # no page has another kind of connection
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["method"] == "HEAD":  # the server leaves the content away by itself
            scope = {**scope, "method": "GET"}
        refused = self._refusal(scope)
        protected = _with_headers(send, scope["path"])
        if refused is not None:
            await refused(scope, receive, protected)
            return
        await self._app(scope, _bounded(receive, self._most(scope["path"])), protected)

    def _most(self, path: str) -> int:
        """Bytes of a request: who is not known yet has a token to send, and nothing else."""
        return OVERHEAD if path == LOGIN else self._max_body

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        path = scope["path"]
        host = host_name(headers.get("host", ""))
        if host not in self._hosts and not (self._any_address and is_address(host)):
            message = "這個網址不是這個伺服器的。請用啟動時印出的網址，或請啟動的人用 --name 加上這個名稱。"
            return _refusal(path, HTTPStatus.BAD_REQUEST, message)
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers):
            message = "這個要求來自別的網站，沒有照做。請從 plansearch 的頁面操作。"
            return _refusal(path, HTTPStatus.FORBIDDEN, message)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length[:MOST_DIGITS]) > self._most(path):
            return _refusal(path, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "送出的內容太大。")
        if self._token is None or path == LOGIN or path.startswith(STATIC):
            return None
        if is_token(cookie_of(headers, TOKEN_COOKIE), self._passed):
            return None
        return self._asked_for_token(scope, headers, self._token)

    def _asked_for_token(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        """Look at the token of a program, which sends it each time, or ask for it."""
        path = scope["path"]
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            address = address_of(scope)
            wait = self._guesses.wait_of(address)
            if wait:
                told = {"retry-after": str(wait)}
                return _refusal(path, HTTPStatus.TOO_MANY_REQUESTS, too_often(wait), told)
            # as it was sent: headers are read as Latin-1, whatever they are
            if is_token(given.strip().encode("latin-1", errors="replace"), token):
                return None
            self._guesses.add(address)
        if is_api(path):
            told = {"www-authenticate": "Bearer"}
            return _refusal(path, HTTPStatus.UNAUTHORIZED, "需要通行碼：Authorization: Bearer …", told)
        if headers.get("hx-request") == "true":  # else the form would be put into a part of the page
            return Response(status_code=HTTPStatus.UNAUTHORIZED, headers={"hx-redirect": LOGIN})
        return RedirectResponse(f"{LOGIN}{_asked_next(scope)}", status_code=HTTPStatus.SEE_OTHER)


def _asked_next(scope: Scope) -> str:
    """What a link asked for, to be gone on with after the token; nothing of what only sends something."""
    asked = scope.get("raw_path", b"").split(b"?")[0].decode("latin-1")
    query = scope.get("query_string", b"").decode("latin-1")
    whole = f"{asked}?{query}" if query else asked
    if scope["method"] not in SAFE_METHODS or whole == "/" or len(whole) > LONGEST_NEXT:
        return ""
    return f"?{urlencode({'next': whole})}"


class TooLargeError(Exception):
    """A request goes on after it should have ended."""


def is_token(given: str | bytes, expected: str) -> bool:
    """Whether the right one was given; how long that takes tells nothing."""
    return hmac.compare_digest(_as_bytes(given), _as_bytes(expected))


def _as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", errors="surrogatepass")


def is_api(path: str) -> bool:
    """Whether a program asks, which is answered in JSON."""
    return path.startswith(API)


def too_often(seconds: int) -> str:
    """What who guesses too often is told."""
    return f"通行碼錯誤太多次，請等 {seconds} 秒再試。"


def is_address(host: str) -> bool:
    """Whether a host is given in figures."""
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def host_name(header: str) -> str:
    """The ``Host`` header without its port, lower case; IPv6 addresses keep their brackets. Nothing of what is none."""
    found = _HOST.fullmatch(header.strip().lower())
    return found[1] if found else ""


def cookie_of(headers: Headers, name: str) -> str:
    """A cookie's value; empty where there is none."""
    for each in headers.getlist("cookie"):
        for pair in each.split(";"):
            found, _, value = pair.strip().partition("=")
            if found == name:
                return value
    return ""


def _same_origin(headers: Headers) -> bool:
    """Whether a browser says that its own page sent this; what is no browser says nothing, and holds no cookies."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return site is not None or headers.get("cookie") is None
    host = headers.get("host", "").strip().lower()
    return origin.strip().lower() in {f"http://{host}", f"https://{host}"}


def protect(response: Response) -> Response:
    """An answer that does not pass the guard, with what the guard would add."""
    for name, value in (*HEADERS, NOT_KEPT):
        response.headers.setdefault(name, value)
    return response


def _with_headers(send: Send, path: str) -> Send:
    # scripts and styles are the same for everybody: a browser keeps them, and asks whether they changed
    kept = ("cache-control", "no-cache") if path.startswith(STATIC) else NOT_KEPT

    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (*HEADERS, kept):
                headers.setdefault(name, value)
        await send(message)

    return protected


def _bounded(receive: Receive, limit: int) -> Receive:
    """The same request, cut off where it is longer than it may be, whatever it said of its length."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLargeError
        return message

    return bounded


def _refusal(path: str, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None) -> Response:
    if is_api(path):
        return JSONResponse({"detail": message}, status_code=status, headers=headers)
    return PlainTextResponse(message, status_code=status, headers=headers)
