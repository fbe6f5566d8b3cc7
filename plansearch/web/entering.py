"""The token, asked for once per browser."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from plansearch.web.forms import form_of
from plansearch.web.security import LOGIN, TOKEN_COOKIE, is_token, sealed
from plansearch.web.website import website_of

router = APIRouter(include_in_schema=False)


@router.get(LOGIN)
def ask_for_token(request: Request) -> Response:
    """The page that asks for the token."""
    return website_of(request).page(request, "login.html", title="通行碼", wrong=False)


@router.post(LOGIN)
async def take_token(request: Request) -> Response:
    """See whether it is the right one, and remember that in a cookie."""
    website = website_of(request)
    form = await form_of(request)
    token = website.settings.token or ""
    if not token or not is_token(form.text("token"), token):
        return website.page(request, "login.html", title="通行碼", status=HTTPStatus.UNAUTHORIZED, wrong=bool(token))
    answer = RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    answer.set_cookie(TOKEN_COOKIE, sealed(token), httponly=True, samesite="strict", max_age=30 * 24 * 3600)
    return answer
