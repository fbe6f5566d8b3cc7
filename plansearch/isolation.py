"""Reads files in a process of its own, so that a file which hangs or crashes a reader costs that file alone.

One process reads file after file, and is replaced when it had to be stopped or died. It is started as a plain command
and spoken to over its standard streams: ``multiprocessing`` would import the caller's main module again, which a script
that builds an index need not expect. Whatever a reader starts (pandoc, LibreOffice) is stopped with it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO, cast

from plansearch.errors import LimitError, PlansearchError, ReadError
from plansearch.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from plansearch.planfile import FileReading, ReadingTask, read_plan_file

_LENGTH = struct.Struct("<Q")
_START_TIMEOUT = 120.0
"""Seconds for a process to import what it needs; on a cold, busy office computer it may take many."""
_SMALL_TEXT = 32 * 1024
"""Bytes of a text that is read without a process of its own: no reader but ours sees it, plans as text have 5 to 20 kB,
and the worst text of this size takes seconds (``tests/test_isolation.py`` tries some)."""
_GRACE = 10.0
"""Seconds beyond the limit before a reading process that nobody stopped ends by itself."""
_BOOT = "import sys; sys.path[:] = {path!r}; from plansearch.isolation import serve; serve({memory!r})"
_AFTER_CRASH = "其他檔案不受影響。請用原本的程式開啟這個檔案，另存新檔後再試。"


class FileReader:
    """Reads files, each within its limits; a context manager.

    Args:
        limits: what a file may need.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> FileReader:  # noqa: PYI034  Self is not in Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the reading process, if there is one."""
        if self._process is not None:
            _stop(self._process)
            self._process = None

    def read(self, task: ReadingTask) -> FileReading:
        """Read one file.

        Raises:
            PlansearchError: as `read_plan_file`.
            LimitError: it took longer or more memory than it may.
            ReadError: the reader crashed.
        """
        outcome = _outcome(task) if _is_small_text(task) else self._read_apart(task)
        if isinstance(outcome, PlansearchError):
            raise outcome
        return outcome

    def _read_apart(self, task: ReadingTask) -> FileReading | PlansearchError:
        if self._process is None:
            self._process = self._start()
        try:
            outcome = _ask(self._process, task, self._limits.timeout)
        except BaseException:
            self.close()
            raise
        if isinstance(outcome, FileReading | PlansearchError):
            return outcome
        self.close()
        if outcome is None:
            return LimitError(
                f"「{task.name}」讀了 {self._limits.timeout:g} 秒還沒有讀完，已經停止。"
                "檔案可能太大或已損毀；請先拆小或另存新檔，確定要讀請用 --timeout 放寬。"
            )
        how = outcome.how if isinstance(outcome, _Died) else "回應無法辨識"
        return ReadError(f"「{task.name}」讓讀取程式意外結束（{how}），沒有讀到內容。{_AFTER_CRASH}")

    def _start(self) -> subprocess.Popen[bytes]:
        boot = _BOOT.format(path=sys.path, memory=self._limits.max_memory)
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=os.name != "nt",  # so that what it starts can be stopped with it
        )
        try:
            ready = _within(process, _START_TIMEOUT, lambda: _receive(cast("IO[bytes]", process.stdout)))
        except BaseException:
            _stop(process)
            raise
        if ready != "ready":
            _stop(process)
            message = "無法啟動讀取檔案的程式。請確認電腦的記憶體足夠，再試一次。"
            raise ReadError(message)
        return process


class _Died:
    """How a reading process ended, in words."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self.how = f"訊號 {-code}" if code < 0 else f"代碼 {code}"


def _is_small_text(task: ReadingTask) -> bool:
    if task.path.suffix.lower() != ".txt":
        return False
    try:
        status = task.path.stat()
        if not task.path.is_file() or status.st_size > _SMALL_TEXT:
            return False
        with task.path.open("rb") as file:
            begin = file.read(4)
    except (OSError, ValueError):
        return True  # opening it fails here as it would there, and is said in words
    return not begin.startswith((b"PK", b"%PDF", b"{\\rt", b"\xd0\xcf\x11\xe0", b"<"))


def _ask(process: subprocess.Popen[bytes], task: ReadingTask, timeout: float) -> object:
    """Send a task and wait for its outcome; ``None`` where time ran out."""

    def exchange() -> object:
        _send(cast("IO[bytes]", process.stdin), task)
        return _receive(cast("IO[bytes]", process.stdout))

    return _within(process, timeout, exchange)


def _within(process: subprocess.Popen[bytes], seconds: float, work: Callable[[], object]) -> object:
    """The result of work that waits for a process, ``_Died`` where that ended, ``None`` where time ran out."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        return work()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None if late.is_set() else _Died(process)
    finally:
        timer.cancel()


def _stop(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    if os.name == "nt":
        taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")  # noqa: PTH118
        subprocess.run([taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _send(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    value: object = pickle.loads(data)  # noqa: S301 - from our own process, over a pipe that nobody else has
    return value


# the reading process


def serve(max_memory: int) -> None:
    """Read what is asked for on standard input until that ends; the reading process does nothing else.

    Args:
        max_memory: bytes of address space, for this process and each that it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(max_memory)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)  # what a reader prints, or starts, must not get between
    os.dup2(nowhere, 1)
    _send(answers, "ready")
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            task = cast("ReadingTask", _receive(requests))
            _end_after(task.limits.timeout + _GRACE)
            _send(answers, _outcome(task))


def _outcome(task: ReadingTask) -> FileReading | PlansearchError:
    try:
        return read_plan_file(task)
    except PlansearchError as error:
        return error
    except MemoryError:
        return LimitError(
            f"「{task.name}」需要的記憶體超過上限（{task.limits.max_memory // MEGABYTE} MB），沒有讀完。"
            "請先拆成幾個檔案；確定要讀請用 --max-memory 放寬。"
        )
    except RecursionError:
        return LimitError(f"「{task.name}」的結構套了太多層，無法讀取。{_AFTER_CRASH}")
    except Exception as error:
        if os.environ.get("PLANSEARCH_DEBUG"):
            raise
        return ReadError(
            f"「{task.name}」無法讀取：讀取程式發生沒有預期的錯誤（{type(error).__name__}）。{_AFTER_CRASH}"
        )


def _end_after(seconds: float) -> None:
    """End this process by itself, should the one that watches it be gone by then."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(size: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
