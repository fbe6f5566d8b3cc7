"""Calling pandoc safely: shut in, with bounded time and memory, the data through a pipe and nothing from outside.

The only place that knows where pandoc is. ``--sandbox`` keeps it from opening any file or address.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

from plansearch.errors import LimitError, ReadError, reason_of
from plansearch.limits import DEFAULT_LIMITS

_MAX_HEAP = "2g"
"""Of memory; a plan needs a tenth of it."""
_OUT_OF_HEAP = 251
"""Exit code of a Haskell program that reached its limit of memory."""


@cache
def _pandoc() -> str:
    import pypandoc  # noqa: PLC0415 - reading a text needs no pandoc

    try:
        return str(pypandoc.get_pandoc_path())
    except OSError as error:
        raise ReadError("找不到 pandoc，無法讀取 Word、ODT、網頁等檔案。請安裝 pypandoc_binary 套件。") from error


def read_tree(data: bytes, source: str, name: str, timeout: float = DEFAULT_LIMITS.timeout) -> dict[str, Any]:
    """Let pandoc read a file.

    Args:
        data: the file's bytes; text in UTF-8.
        source: pandoc's name of the format, with its extensions.
        name: what to call the file in messages.
        timeout: seconds that it may take.

    Returns:
        pandoc's syntax tree, with ``meta`` and ``blocks``; see ``Text.Pandoc.Definition``.

    Raises:
        ReadError: pandoc cannot read it.
        LimitError: it takes too long or too much memory.
    """
    written = convert(data, source, "json", name, timeout)
    try:
        tree: dict[str, Any] = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"「{name}」的內容層層相套，深得無法讀取。請用原本的程式開啟後另存新檔。") from error
    return tree


def convert(data: bytes, source: str, target: str, name: str, timeout: float = DEFAULT_LIMITS.timeout) -> bytes:
    """Let pandoc turn a file into another format; see ``read_tree``."""
    command = [_pandoc(), "+RTS", f"-M{_MAX_HEAP}", "-RTS", "--sandbox", "--from", source, "--to", target]
    try:
        result = subprocess.run(command, input=data, capture_output=True, timeout=timeout, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"「{name}」讀了 {timeout:g} 秒還沒讀完，已放棄。請用 Word 開啟後另存新檔再試。") from error
    except OSError as error:
        raise ReadError(f"無法執行 pandoc（{reason_of(error)}），因此無法讀取「{name}」。") from error
    if result.returncode == _OUT_OF_HEAP:
        raise LimitError(f"「{name}」需要的記憶體超過 {_MAX_HEAP.upper()}B，已放棄。請拆成幾個檔案再試。")
    if result.returncode != 0:
        raise ReadError(f"「{name}」的內容無法解讀，檔案可能不完整或已損毀。請用原本的程式開啟後另存新檔。")
    return result.stdout
