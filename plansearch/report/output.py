"""Writes what was rendered to a file or to standard output, whatever its encoding."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from plansearch.errors import PlansearchError, reason_of

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def write_file(content: str | bytes, path: Path) -> None:
    """Write the content of a file; text as UTF-8, line ends as they are.

    Raises:
        PlansearchError: the file cannot be written.
    """
    try:
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        message = f"無法寫入 {path}：{reason_of(error)}。請換一個位置，或先關閉正在使用這個檔案的程式。"
        raise PlansearchError(message) from error


def write_stream(text: str, stream: TextIO | None = None) -> None:
    """Write ``text`` to a stream (standard output unless given).

    Characters that its encoding lacks become ``?``. A reader that went away, such as ``head``, is no error.
    CSV, known by its byte order mark, goes as UTF-8 into files and pipes, since that is what its mark says.
    """
    stream = sys.stdout if stream is None else stream
    if stream is None:  # closed before the program began
        return
    try:
        if text.startswith(BYTE_ORDER_MARK) and not stream.isatty():
            stream.buffer.write(text.encode("utf-8"))
        else:
            stream.write(_encodable(text.removeprefix(BYTE_ORDER_MARK), stream))
        stream.flush()
    except BrokenPipeError:
        # Python flushes standard output once more as it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is not sys.stderr:  # where that is full, nothing can be said
            message = f"無法輸出：{reason_of(error)}。請把結果寫到別的位置。"
            raise PlansearchError(message) from error


def lacks_unicode(stream: TextIO | None = None) -> bool:
    """Whether standard output has an encoding that cannot hold every character."""
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None) or "utf-8"
    return not encoding.lower().replace("-", "").startswith("utf")


def _encodable(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)
