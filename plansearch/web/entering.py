"""The token, asked for once per browser."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from plansearch.web.forms import form_of
from plansearch.web.guessing import address_of
from plansearch.web.security import LOGIN, TOKEN_COOKIE, is_token, too_often
from plansearch.web.website import website_of

router = APIRouter(include_in_schema=False)

_OWN: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this server with its query: no other host's, and only characters that an address has."""

REMEMBERED: Final = 30 * 24 * 3600
"""Seconds that a browser need not be asked again."""


@router.get(LOGIN)
def ask_for_token(request: Request) -> Response:
    """The page that asks for the token."""
    return _page(request, going_on=request.query_params.get("next", ""))


@router.post(LOGIN)
async def take_token(request: Request) -> Response:
    """See whether it is the right one, and remember that in a cookie."""
    website = website_of(request)
    form = await form_of(request, website.login_csrf)
    token = website.settings.token
    if token is None:
        return RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    address = address_of(request.scope)
    wait = website.guesses.wait_of(address)
    if wait:
        answer = _page(request, too_often(wait), HTTPStatus.TOO_MANY_REQUESTS, going_on=form.text("next"))
        answer.headers["retry-after"] = str(wait)
        return answer
    if not is_token(form.text("token"), token):
        website.guesses.add(address)
        return _page(request, "通行碼不對，請再輸入一次。", HTTPStatus.UNAUTHORIZED, going_on=form.text("next"))
    entered = RedirectResponse(_inside(form.text("next")), status_code=HTTPStatus.SEE_OTHER)
    # lax, so that a link in a colleague's mail finds the cookie; what changes something looks at its origin besides
    entered.set_cookie(TOKEN_COOKIE, website.passed, httponly=True, samesite="lax", max_age=REMEMBERED)
    return entered


def _inside(address: str) -> str:
    """An address of this page as it is; of anything else the first page."""
    return address if _OWN.fullmatch(address) else "/"


def _page(request: Request, problem: str = "", status: int = HTTPStatus.OK, *, going_on: str = "") -> Response:
    website = website_of(request)
    return website.page(
        request,
        "login.html",
        title="通行碼",
        status=status,
        problem=problem,
        login_csrf=website.login_csrf,
        going_on=_inside(going_on),
    )
