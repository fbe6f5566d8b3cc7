"""The application: all pages behind one guard, and what is said when something goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Final

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from plansearch.encoders import load_encoder
from plansearch.errors import (
    CorrectionError,
    IndexMissingError,
    JudgementError,
    ParseError,
    PlansearchError,
    QueryError,
    ReadError,
)
from plansearch.types import Encoder
from plansearch.version import __version__
from plansearch.web import (
    api,
    api_page,
    api_plans,
    api_standing,
    asking,
    basket,
    comparing,
    correcting,
    entering,
    files,
    plans,
    standing,
)
from plansearch.web.api_page import describe
from plansearch.web.security import OVERHEAD, Guard, TooLargeError, is_api, protect
from plansearch.web.settings import MAX_FILES, WebSettings
from plansearch.web.website import STATIC_FOLDER, Website, website_of
from plansearch.web.wording import refusal, without_places
from plansearch.web.working import BusyError

PAGES = (
    entering,
    asking,
    basket,
    comparing,
    standing,
    plans,
    files,
    correcting,
    api,
    api_standing,
    api_plans,
    api_page,
)
"""Modules that have a router each."""

LEAST_TOKEN: Final = 8
"""Characters of a token that others may guess at."""

THREADS: Final = 120
"""Requests that are worked at; most of them wait for an index or the model, and those that need neither must not wait
for a thread."""

MOST_PROBLEMS: Final = 20
"""Wrong values of an address that are told; there may be thousands."""


def create_app(settings: WebSettings, *, load: Callable[[str], Encoder] = load_encoder) -> FastAPI:
    """Make the application.

    Args:
        settings: which index and plans it is over, and who may open it.
        load: gives a model by its name.

    Raises:
        QueryError: others could reach it, and there is no token.
    """
    if not settings.is_local and not settings.token:
        raise QueryError(f"{settings.host} 是別人連得到的位址，一定要有通行碼。請加 --token，或改用 --host 127.0.0.1。")
    if not settings.is_local and len(settings.token or "") < LEAST_TOKEN:
        raise QueryError(f"通行碼太短，容易被猜中。開放給別台電腦時，請用 {LEAST_TOKEN} 個字以上的通行碼。")
    website = Website.of(settings, load)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        website.open()
        yield
        website.close()

    app = FastAPI(
        title="plansearch",
        version=__version__,
        description="各機關提升服務計畫的查詢、並列、缺漏與重複；欄位與命令列的 --format json 相同。",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.website = website
    app.add_middleware(
        Guard,  # type: ignore[arg-type,unused-ignore]
        hosts=settings.hosts,
        any_address=settings.any_address,
        token=settings.token,
        passed=website.passed,
        guesses=website.guesses,
        max_body=MAX_FILES * settings.max_upload + OVERHEAD,
    )
    for module in PAGES:
        app.include_router(module.router)
    app.add_api_route("/static/htmx.js", _htmx, include_in_schema=False)
    describe(app)
    app.mount("/static", StaticFiles(directory=STATIC_FOLDER), name="static")
    app.add_exception_handler(PlansearchError, _told)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(TooLargeError, _too_large)
    app.add_exception_handler(Exception, _broken)
    return app


def _htmx() -> FileResponse:
    """The script by which parts of a page are exchanged, from the package that carries it."""
    path = Path(str(resources.files("js_lib_htmx"))) / "static" / "htmx" / "htmx.min.js"
    return FileResponse(path, media_type="text/javascript", headers={"cache-control": "max-age=86400"})


def _says(
    request: Request,
    status: int,
    message: str,
    *,
    heading: str = "沒有辦法完成",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The same message as a page or, to a program, as JSON."""
    if is_api(request.url.path):
        return JSONResponse({"detail": message}, status_code=status, headers=headers)
    website = website_of(request)
    answer = website.page(request, "error.html", title=heading, status=status, heading=heading, message=message)
    answer.headers.update(headers or {})
    return answer


ASKED_WRONGLY: Final = (QueryError, ReadError, ParseError, CorrectionError, JudgementError)
"""Errors of what was asked or sent; the others are the server's, which can't answer now."""


async def _told(request: Request, error: Exception) -> Response:
    message = without_places(str(error), website_of(request).settings)
    if isinstance(error, IndexMissingError):
        folder = website_of(request).settings.folder
        way = "請到「計畫檔」按「重建索引」。" if folder else "請先執行 plansearch index 計畫資料夾，再重新整理這一頁。"
        return _says(request, HTTPStatus.SERVICE_UNAVAILABLE, f"這裡還沒有索引。{way}", heading="還沒有索引")
    if isinstance(error, QueryError):
        message = without_places(refusal(error), website_of(request).settings)
    if isinstance(error, ASKED_WRONGLY):
        return _says(request, HTTPStatus.BAD_REQUEST, message)
    later = {"retry-after": "5"} if isinstance(error, BusyError) else None
    return _says(request, HTTPStatus.SERVICE_UNAVAILABLE, message, headers=later)


async def _misunderstood(request: Request, error: Exception) -> Response:
    problems = list(error.errors())[:MOST_PROBLEMS] if isinstance(error, RequestValidationError) else []
    if is_api(request.url.path):
        details = [{"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in problems]
        return JSONResponse({"detail": details}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    # where it stands: in the address, which field, and of a field that may come several times, which of them
    fields = "、".join(dict.fromkeys(str(one["loc"][1]) for one in problems if len(one["loc"]) > 1))
    return _says(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"網址裡的 {fields} 不是可以用的值。請從頁面重新選一次。")


async def _refused(request: Request, error: Exception) -> Response:
    status, message, headers, heading = HTTPStatus.INTERNAL_SERVER_ERROR.value, "", None, "沒有辦法完成"
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
        # what Starlette says by itself is the status in English
        message = "" if error.detail == HTTPStatus(status).phrase else str(error.detail)
    if status == HTTPStatus.NOT_FOUND:
        message, heading = message or "沒有這一頁。請從上面的選單重新開始。", "找不到"
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = message or "這個網址不能這樣用。請從上面的選單重新開始。"
    return _says(request, status, message or "這個要求無法處理。", heading=heading, headers=headers)


async def _too_large(request: Request, _: Exception) -> Response:
    # what is left of it is not read, so this connection can't be used again
    close = {"connection": "close"}
    return _says(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "送出的內容太大。", headers=close)


async def _broken(request: Request, _: Exception) -> Response:
    message = "程式發生沒有預期的錯誤，已記在啟動 plansearch 的視窗裡。請重新整理；再發生時請回報。"
    # it goes out past the guard
    return protect(_says(request, HTTPStatus.INTERNAL_SERVER_ERROR, message))
