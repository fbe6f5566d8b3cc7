"""Who may ask, and what a browser may do with an answer: host, token, origin, size, headers.

Everything here is decided before a page sees the request.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_COOKIE: Final = "plansearch_token"  # noqa: S105  the cookie's name
LOGIN: Final = "/login"
STATIC: Final = "/static/"
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

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Lets through what comes from where it may come from.

    Args:
        app: what answers.
        hosts: what the ``Host`` header may say, without the port, lower case.
        token: what a browser has to know; ``None`` for nothing.
        max_body: bytes of a request at most.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str | None, max_body: int) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refusal(scope)
        protected = _with_headers(send)
        if refused is not None:
            await refused(scope, receive, protected)
            return
        await self._app(scope, _bounded(receive, self._max_body), protected)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in self._hosts:
            return PlainTextResponse("這個網址不是這個伺服器的。請用啟動時印出的網址。", status_code=400)
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers):
            return PlainTextResponse("這個要求來自別的網站，沒有照做。請從 plansearch 的頁面操作。", status_code=403)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._max_body:
            return _too_large(self._max_body)
        path = scope["path"]
        if self._token is None or path == LOGIN or path.startswith(STATIC) or self._knows(headers):
            return None
        if path.startswith("/api"):
            return JSONResponse({"detail": "需要通行碼：Authorization: Bearer …"}, status_code=401)
        return RedirectResponse(LOGIN, status_code=303)

    def _knows(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and is_token(given.strip(), self._token or ""):
            return True
        return is_token(cookie_of(headers, TOKEN_COOKIE), sealed(self._token or ""))


class TooLargeError(Exception):
    """A request goes on after it should have ended."""


def is_token(given: str, expected: str) -> bool:
    """Whether the right one was given; how long that takes tells nothing."""
    return hmac.compare_digest(given.encode(), expected.encode())


def sealed(token: str) -> str:
    """What a cookie holds in place of the token itself."""
    return hmac.new(token.encode(), b"plansearch cookie", sha256).hexdigest()


def host_name(header: str) -> str:
    """The ``Host`` header without its port, lower case; IPv6 addresses keep their brackets."""
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def cookie_of(headers: Headers, name: str) -> str:
    """A cookie's value; empty where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _same_origin(headers: Headers) -> bool:
    """Whether a browser says that its own page sent this; what is no browser says nothing, and holds no cookies."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return site is not None or headers.get("cookie") is None
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _with_headers(send: Send) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS:
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
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


def _too_large(limit: int) -> Response:
    return PlainTextResponse(f"送出的內容太大（上限 {limit // 2**20} MB）。", status_code=413)
