"""Files to documents. Each reader knows one family of formats; this module picks one by the file's content.

Every reader takes the file's bytes and its name, and gives a ``Document``. Readers are imported when they are
needed: each brings its own packages along.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from plansearch.errors import ReadError, UnsupportedFormatError, reason_of
from plansearch.limits import DEFAULT_LIMITS, Limits
from plansearch.readers.detection import OFFICE_KINDS, SUFFIXES, Kind, detect_kind
from plansearch.readers.plaintext import read_plaintext
from plansearch.types import Document

__all__ = ["SUFFIXES", "read_document"]


def read_document(
    path: Path, name: str | None = None, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False
) -> Document:
    """Read one file.

    Args:
        path: the file.
        name: what to call it; its file name if not given.
        limits: how many pages it may have, and how deep its tables may nest.
        ocr: read pages that are pictures too.

    Raises:
        LimitError: it is beyond a limit.
        UnsupportedFormatError: no reader knows this kind of file.
        ReadError: the file cannot be opened, or its text cannot be read.
    """
    name = name or path.name
    if path.is_dir():
        raise ReadError(f"「{name}」是資料夾。要讀整個資料夾請用 plansearch index。")
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ReadError(f"無法開啟「{name}」：找不到這個檔案。請確認路徑與檔名。") from error
    except OSError as error:
        raise ReadError(f"無法開啟「{name}」：{reason_of(error)}。請確認它是檔案，而且有讀取權限。") from error
    if not data.strip():
        raise ReadError(f"「{name}」是空的檔案。")
    return _read(detect_kind(data, name), data, name, limits, ocr=ocr)


def _read(kind: Kind, data: bytes, name: str, limits: Limits, *, ocr: bool) -> Document:
    """Hand the bytes to the reader of their kind."""
    if kind == "text":
        return read_plaintext(data, name)
    if kind in OFFICE_KINDS:
        from plansearch.readers.office import read_office  # noqa: PLC0415 - a text needs none of its packages

        return read_office(kind, data, name, limits.timeout)
    if kind == "pdf":
        from plansearch.readers.pdf import read_pdf  # noqa: PLC0415

        return read_pdf(data, name, limits=limits, ocr=ocr)
    if kind in ("xlsx", "ods"):
        from plansearch.readers.sheet import read_sheet  # noqa: PLC0415

        return read_sheet(kind, data, name)
    if kind == "legacy_sheet":
        from plansearch.readers.legacy import modernise  # noqa: PLC0415
        from plansearch.readers.sheet import read_sheet  # noqa: PLC0415

        document = read_sheet("xlsx", modernise(data, name, "xlsx", limits.timeout), name)
        return replace(document, sha256=hashlib.sha256(data).hexdigest())
    raise UnsupportedFormatError(f"「{name}」的格式（{kind}）尚未支援。請先另存成純文字檔（UTF-8）。")
