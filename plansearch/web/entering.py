"""The token, asked for once per browser."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from plansearch.web.forms import form_of
from plansearch.web.guessing import address_of
from plansearch.web.security import LOGIN, TOKEN_COOKIE, is_token, sealed, too_often
from plansearch.web.website import website_of

router = APIRouter(include_in_schema=False)

REMEMBERED: Final = 30 * 24 * 3600
"""Seconds that a browser need not be asked again."""


@router.get(LOGIN)
def ask_for_token(request: Request) -> Response:
    """The page that asks for the token."""
    return _page(request)


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
        answer = _page(request, too_often(wait), HTTPStatus.TOO_MANY_REQUESTS)
        answer.headers["retry-after"] = str(wait)
        return answer
    if not is_token(form.text("token"), token):
        website.guesses.add(address)
        return _page(request, "通行碼不對，請再輸入一次。", HTTPStatus.UNAUTHORIZED)
    entered = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    entered.set_cookie(TOKEN_COOKIE, sealed(token), httponly=True, samesite="strict", max_age=REMEMBERED)
    return entered


def _page(request: Request, problem: str = "", status: int = HTTPStatus.OK) -> Response:
    website = website_of(request)
    return website.page(
        request, "login.html", title="通行碼", status=status, problem=problem, login_csrf=website.login_csrf
    )
