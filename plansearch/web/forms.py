"""What forms send: looked at by hand, so that nothing is kept before it is known to be small and our own."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from plansearch.web.settings import MAX_FILES
from plansearch.web.website import website_of

MOST_FIELDS: Final = 5_000
"""Fields of a form: a list of corrections has some for each item."""

LONGEST_FIELD: Final = 200_000
"""Bytes of a field."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form that came from one of our own pages."""

    data: FormData

    def text(self, name: str) -> str:
        """A field's text; empty where there is none."""
        value = self.data.get(name, "")
        return _whole(value) if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All texts of a field that may come several times."""
        return [_whole(value) for value in self.data.getlist(name) if isinstance(value, str)]

    def files(self, name: str) -> list[UploadFile]:
        """The files of a field; browsers send one without a name where none was chosen."""
        return [value for value in self.data.getlist(name) if isinstance(value, UploadFile) and value.filename]

    async def aclose(self) -> None:
        """Let go of the files; who takes some calls this at the end."""
        await self.data.close()


async def form_of(request: Request, csrf: str | None = None) -> Form:
    """Read the form of a request.

    Args:
        request: what was sent.
        csrf: what the page gave its form; that of all pages but one by default.

    Raises:
        HTTPException: it is no form, too large, or not from one of our pages.
    """
    try:
        data = await request.form(max_files=MAX_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
    except (HTTPException, ValueError) as error:  # the texts of both are in English
        message = f"送出的內容收不下：要是表單，一次最多 {MAX_FILES} 個檔案，每一格也不能太長。請分幾次送。"
        raise HTTPException(HTTPStatus.BAD_REQUEST, message) from error
    form = Form(data)
    expected = website_of(request).csrf if csrf is None else csrf
    if not hmac.compare_digest(form.text("csrf").encode(), expected.encode()):
        await form.aclose()
        raise HTTPException(HTTPStatus.FORBIDDEN, "這一頁已經過期（程式重新啟動過）。請回上一頁、重新整理，再送一次。")
    return form


def _whole(text: str) -> str:
    """A text without halves of characters, which who sends it may have written in some other encoding."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
