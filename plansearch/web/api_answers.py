"""How the JSON interface answers: as the command line's ``--format json``, and how it says that it can't."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from math import isfinite
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from anyio.to_thread import run_sync
from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from plansearch.report.records import Record, Value
from plansearch.web.fields import RocYear, Word
from plansearch.web.questions import Question
from plansearch.web.website import website_of

T = TypeVar("T")

Agency: TypeAlias = Annotated[
    str, Query(min_length=1, max_length=300, description="機關名稱或其中一部分，或計畫檔名", examples=["東湖區公所"])
]
Peers: TypeAlias = Annotated[
    list[Word],
    Query(
        max_length=100,
        description="和誰比：機關名稱（可重複），或 type、type:衛生所、city、city:縣市、all、nearest:5；"
        "不給就是同類型，同類型太少時是所有機關",
        examples=[["nearest:3"]],
    ),
]
PlanYear: TypeAlias = Annotated[
    RocYear | None, Query(description="用哪一年（民國）的計畫；不給就是各機關最近的一年", examples=[113])
]


class Problem(BaseModel):
    """為什麼沒有答案。"""

    detail: Annotated[str, Field(description="發生什麼事、可以怎麼做")]


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.BAD_REQUEST.value: {"model": Problem, "description": "問的方式不對，例如沒有這個機關"},
    HTTPStatus.UNAUTHORIZED.value: {"model": Problem, "description": "這個伺服器要通行碼，而沒有給對"},
    HTTPStatus.TOO_MANY_REQUESTS.value: {"model": Problem, "description": "通行碼錯誤太多次，要等一下"},
    HTTPStatus.SERVICE_UNAVAILABLE.value: {
        "model": Problem,
        "description": "還沒有索引、索引無法讀取，或正在計算的太多",
    },
}
"""What every address may answer besides; what FastAPI says of 422 is true."""

NOT_THERE: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.NOT_FOUND.value: {"model": Problem, "description": "索引裡沒有"}
}


class Answer(JSONResponse):
    """A record as JSON, readable Chinese in it, and nothing that JSON does not have."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401  as the class above has it
        """The bytes of it."""
        try:
            text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except ValueError:
            text = json.dumps(_finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # a file's name may hold half a character, which no encoding has
        return text.encode("utf-8", errors="replace")


def _finite(value: Value) -> Value:
    """A value without numbers that are none."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return value


async def worked_out(request: Request, question: Question[T], record: Callable[[T], Record]) -> Answer:
    """The answer to what takes seconds, once it is there. Meanwhile other requests are answered.

    Args:
        request: what is answered.
        question: what is asked; a page that asks the same shares the answer.
        record: what is said of the answer.

    Raises:
        PlansearchError: it can't be answered.
    """
    job = website_of(request).begin(question, question.answer)
    await job.within(None)
    result = job.result()
    return await run_sync(lambda: Answer(record(result)))


def documented_only(request: Request) -> None:
    """See that an address has no setting but those that the OpenAPI document names: another would be left out unseen.

    Raises:
        RequestValidationError: it has.
    """
    parameters = request.app.openapi()["paths"][request.scope["route"].path_format]["get"].get("parameters", ())
    known = {one["name"] for one in parameters if one["in"] == "query"}
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if unknown:
        message = "沒有這個設定"
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", name), "msg": message, "input": ""} for name in unknown]
        )


def not_there(what: str) -> HTTPException:
    """That the index does not have what was asked for."""
    return HTTPException(HTTPStatus.NOT_FOUND, what)
