"""Reads files in a process of its own, so that a file which hangs or crashes a reader costs that file alone.

One process reads file after file, and is replaced when it had to be stopped or died. It is started as a plain command
and spoken to over its standard streams: ``multiprocessing`` would import the caller's main module again, which a script
that builds an index need not expect. Whatever a reader starts (pandoc, LibreOffice) is stopped with it, and what it
left in the folder for temporary files is removed, also where the program that asked was killed itself.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import IO, TypeAlias, TypeVar, cast

from plansearch.errors import LimitError, PlansearchError, ReadError
from plansearch.limits import DEFAULT_LIMITS, MEGABYTE, Limits, available_cores
from plansearch.planfile import FileReading, ReadingTask, read_original, read_plan_file
from plansearch.types import Document

_LENGTH = struct.Struct("<Q")
_START_TIMEOUT = 120.0
"""Seconds for a process to import what it needs; on a cold, busy office computer it may take many."""
_SMALL_TEXT = 32 * 1024
"""Bytes of a text that is read without a process of its own: no reader but ours sees it, plans as text have 5 to 20 kB,
and the worst text of this size takes seconds (``tests/test_isolation.py`` tries some)."""
_GRACE = 10.0
"""Seconds beyond the limit before a reading process that nobody stopped ends by itself."""
_LONGEST = 30 * 24 * 3600.0
"""Seconds; the clocks of some systems count no further than some years, and whoever asks for more means no limit."""
_MANY_FILES = 24
"""Starting a process takes about a second, reading a plan 0.1 s: two processes are ahead from some 15 files on."""
_BOOT = "import sys; sys.path[:] = {path!r}; from plansearch.isolation import serve; serve({memory!r}, {folder!r})"
_AFTER_CRASH = "其他檔案不受影響。請用原本的程式開啟這個檔案，另存新檔後再試。"

_Result = TypeVar("_Result")
_Read = TypeVar("_Read", FileReading, Document)
_Asked: TypeAlias = tuple[Callable[[ReadingTask], FileReading], ReadingTask]
"""What is sent to the reading process: one of the functions above by its name, and what to read."""


class FileReader:
    """Reads files, each within its limits; a context manager.

    Args:
        limits: what a file may need.
        apart: whether small texts are read in the other process too, so that several readers work at the same time.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, apart: bool = False) -> None:
        self._limits = limits
        self._apart = apart
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""

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
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = ""

    def read(self, task: ReadingTask) -> FileReading:
        """Read one file.

        Raises:
            PlansearchError: as `read_plan_file`.
            LimitError: it took longer or more memory than it may.
            ReadError: the reader crashed.
        """
        return self._result(read_plan_file, task)

    def read_document(self, task: ReadingTask) -> Document:
        """Read one file as it stands, before any of it is taken for a plan.

        Raises:
            PlansearchError: as `read`.
        """
        return self._result(read_original, task)

    def _result(self, work: Callable[[ReadingTask], _Read], task: ReadingTask) -> _Read:
        outcome = _outcome(work, task) if not self._apart and _is_small_text(task) else self._read_apart(work, task)
        if isinstance(outcome, PlansearchError):
            raise outcome
        return outcome

    def _read_apart(self, work: Callable[[ReadingTask], _Read], task: ReadingTask) -> _Read | PlansearchError:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it ended after its last answer: its time ran out while that was on its way
        if self._process is None:
            self._process = self._start()
        try:
            outcome = _ask(self._process, work, task, self._limits.timeout)
        except BaseException:
            self.close()
            raise
        if isinstance(outcome, FileReading | Document | PlansearchError):
            return cast("_Read | PlansearchError", outcome)
        self.close()
        if outcome is None:
            return LimitError(
                f"「{task.name}」讀了 {self._limits.timeout:g} 秒還沒有讀完，已經停止。"
                "檔案可能太大或已損毀；請先拆小或另存新檔，確定要讀請用 --timeout 放寬。"
            )
        how = outcome.how if isinstance(outcome, _Died) else "回應無法辨識"
        return ReadError(f"「{task.name}」讓讀取程式意外結束（{how}），沒有讀到內容。{_AFTER_CRASH}")

    def _start(self) -> subprocess.Popen[bytes]:
        with contextlib.suppress(OSError):  # few readers need one, and those say so
            self._folder = tempfile.mkdtemp(prefix="plansearch-")
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder) if self._folder else {}
        boot = _BOOT.format(path=sys.path, memory=self._limits.max_memory, folder=self._folder)
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-c", boot],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **temporary},
            start_new_session=os.name != "nt",  # so that what it starts can be stopped with it
        )
        try:
            ready = _within(process, _START_TIMEOUT, lambda: _receive(cast("IO[bytes]", process.stdout)))
        except BaseException:
            self._process = process
            self.close()
            raise
        if ready != "ready":
            self._process = process
            self.close()
            message = "無法啟動讀取檔案的程式。請確認電腦的記憶體足夠，再試一次。"
            raise ReadError(message)
        return process


def read_each(
    work: Callable[[FileReader, str], _Result], names: Sequence[str], limits: Limits, workers: int | None = None
) -> Generator[_Result]:
    """What work does with each file, in order; several at the same time where they are many.

    Args:
        work: reads the file of a name by the reader that it is given.
        names: the files.
        limits: what a file may need.
        workers: how many reading processes there may be; by default as many as cores.
    """
    processes = 1 if len(names) < _MANY_FILES else min(workers or available_cores(), len(names))
    readers = [FileReader(limits, apart=processes > 1) for _ in range(processes)]
    idle: queue.SimpleQueue[FileReader] = queue.SimpleQueue()
    for reader in readers:
        idle.put(reader)

    def read(name: str) -> _Result:
        reader = idle.get()
        try:
            return work(reader, name)
        finally:
            idle.put(reader)

    if processes == 1:
        with readers[0]:
            yield from map(read, names)
        return
    pool = ThreadPoolExecutor(processes)
    try:
        yield from pool.map(read, names)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for reader in readers:
            reader.close()  # so that nothing is waited for where the one who asked was interrupted
        pool.shutdown()


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


def _ask(
    process: subprocess.Popen[bytes], work: Callable[[ReadingTask], object], task: ReadingTask, timeout: float
) -> object:
    """Send what is to be done with a task and wait for its outcome; ``None`` where time ran out."""

    def exchange() -> object:
        _send(cast("IO[bytes]", process.stdin), (work, task))
        return _receive(cast("IO[bytes]", process.stdout))

    return _within(process, timeout, exchange)


def _within(process: subprocess.Popen[bytes], seconds: float, work: Callable[[], object]) -> object:
    """The result of work that waits for a process, ``_Died`` where that ended, ``None`` where time ran out."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(min(seconds, _LONGEST), stop)
    timer.daemon = True
    timer.start()
    try:
        return work()
    except (EOFError, OSError, pickle.UnpicklingError):
        return None if late.is_set() else _Died(process)
    finally:
        timer.cancel()
        if late.is_set():
            process.wait()


def _stop(process: subprocess.Popen[bytes]) -> None:
    _kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started."""
    _kill_tree(process.pid)
    if os.name == "nt":
        process.kill()


def _kill_tree(pid: int) -> None:
    """End a reading process, which leads a group of its own, and what it started."""
    if os.name == "nt":
        taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")  # noqa: PTH118
        subprocess.run([taskkill, "/F", "/T", "/PID", str(pid)], capture_output=True, check=False)  # noqa: S603
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _send(stream: IO[bytes], value: object) -> None:
    data = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    value: object = pickle.loads(_receive_bytes(stream))  # noqa: S301 - from our own process, over a pipe of ours
    return value


def _receive_bytes(stream: IO[bytes]) -> bytes:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data


# the reading process


def serve(max_memory: int, folder: str) -> None:
    """Read what is asked for on standard input until that ends; the reading process does nothing else.

    Args:
        max_memory: bytes of address space, for this process and each that it starts.
        folder: where its temporary files are, to be removed should nobody else do so.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(max_memory)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)  # what a reader prints, or starts, must not get between
    os.dup2(nowhere, 1)
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, asked, folder), daemon=True).start()
    _send(answers, "ready")
    with contextlib.suppress(BrokenPipeError):
        while True:
            work, task = cast("_Asked", pickle.loads(asked.get()))  # noqa: S301 - as above
            _end_after(task.limits.timeout + _GRACE)
            outcome = _outcome(work, task)
            _end_after(0)
            _send(answers, outcome)


def _listen(requests: IO[bytes], asked: queue.SimpleQueue[bytes], folder: str) -> None:
    """Take what is asked for. Where the one who asks is gone, end with all that was started, even amid a file."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            asked.put(_receive_bytes(requests))
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    _kill_tree(os.getpid())


def _outcome(work: Callable[[ReadingTask], _Read], task: ReadingTask) -> _Read | PlansearchError:
    try:
        return work(task)
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
    """End this process by itself, should the one that watches it be gone by then; 0 takes that back."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, min(seconds, _LONGEST))


def _limit_memory(size: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
