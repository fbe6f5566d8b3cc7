"""The application: all pages behind one guard, and what is said when something goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from plansearch.encoders import load_encoder
from plansearch.errors import IndexMissingError, PlansearchError, QueryError, StoreError
from plansearch.types import Encoder
from plansearch.version import __version__
from plansearch.web import asking, basket, correcting, entering, files, plans
from plansearch.web.security import OVERHEAD, Guard, TooLargeError
from plansearch.web.settings import MAX_FILES, WebSettings
from plansearch.web.website import STATIC_FOLDER, Website, website_of

PAGES = (entering, asking, basket, plans, files, correcting)
"""Modules that have a router each."""


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
    website = Website.of(settings, load)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
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
        token=settings.token,
        max_body=MAX_FILES * settings.max_upload + OVERHEAD,
    )
    for module in PAGES:
        app.include_router(module.router)
    app.add_api_route("/static/htmx.js", _htmx, include_in_schema=False)
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


def _says(request: Request, status: int, message: str, *, heading: str = "沒有辦法完成") -> Response:
    """The same message as a page or, to a program, as JSON."""
    if request.url.path.startswith("/api"):
        return JSONResponse({"detail": message}, status_code=status)
    website = website_of(request)
    return website.page(request, "error.html", title=heading, status=status, heading=heading, message=message)


async def _told(request: Request, error: Exception) -> Response:
    if isinstance(error, IndexMissingError):
        return _says(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), heading="還沒有索引")
    status = HTTPStatus.BAD_REQUEST if isinstance(error, QueryError) else HTTPStatus.INTERNAL_SERVER_ERROR
    if isinstance(error, StoreError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
    return _says(request, status, str(error))


async def _misunderstood(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    fields = "、".join(dict.fromkeys(str(one["loc"][-1]) for one in problems))
    if request.url.path.startswith("/api"):
        details = [{"loc": list(one["loc"]), "msg": one["msg"], "type": one["type"]} for one in problems]
        return JSONResponse({"detail": details}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _says(request, HTTPStatus.UNPROCESSABLE_ENTITY, f"網址裡的 {fields} 不是可以用的值。請從頁面重新選一次。")


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.NOT_FOUND:
        detail = error.detail if isinstance(error, HTTPException) and error.detail != "Not Found" else ""
        return _says(request, status, detail or "沒有這一頁。請從上面的選單重新開始。", heading="找不到")
    message = str(error.detail) if isinstance(error, HTTPException) else ""
    answer = _says(request, status, message)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


async def _too_large(request: Request, _: Exception) -> Response:
    return _says(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "送出的內容太大。")


async def _broken(request: Request, _: Exception) -> Response:
    message = "程式發生沒有預期的錯誤，已記在啟動 plansearch 的視窗裡。請重新整理；再發生時請回報。"
    return _says(request, HTTPStatus.INTERNAL_SERVER_ERROR, message)
