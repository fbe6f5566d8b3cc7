"""Builds the index anew in a process of its own, while searches go on with the index that is there.

A process of lower priority takes only what searches leave, gives its memory back at its end, and costs nothing but
itself when it dies. On two busy cores the slowest search beside a build took 0.2 to 0.3 s, 0.6 s where the process had
the priority of searches, and 0.9 s where the build ran in a thread of the server. It is started as a plain command and
says how far it is over its standard output, a line of JSON at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any, Final, Literal, cast

from plansearch.collection import ReadingOptions
from plansearch.errors import PlansearchError, StoreError, reason_of
from plansearch.index import PlanIndex
from plansearch.limits import DEFAULT_LIMITS, Limits
from plansearch.readings import made
from plansearch.results import BuildReport
from plansearch.store.layout import current_generation

Stage = Literal["starting", "reading", "embedding"]

STAGES: Final[dict[Stage, str]] = {"starting": "準備中", "reading": "讀取計畫", "embedding": "計算向量"}

_BOOT: Final = "import sys; sys.path[:] = {path!r}; from plansearch.web.building import build_apart; build_apart()"
_NICENESS: Final = 10
"""How far the priority of a build is below that of searches, where the system counts so."""
_BELOW_NORMAL: Final = 0x4000
"""The same in Windows: BELOW_NORMAL_PRIORITY_CLASS."""
_CRASHED: Final = (
    "建立索引的程式意外結束（代碼 {code}），原來的索引照常可用。詳情在啟動 plansearch 的視窗裡；請再試一次。"
)
CUT_SHORT: Final = "建立索引的程式沒有把話說完就結束了，原來的索引照常可用。請再試一次。"
_NOTHING: Final = "資料夾裡沒有讀得懂的計畫，沒有建立索引；原來若有索引，仍維持原樣。請確認檔案格式是否支援。"


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """What to build, of what."""

    folder: str
    index: str
    model: str | None = None
    """The index's own model; the bundled one where there is none yet."""
    force: tuple[str, ...] = ()
    """Files that are plans, whatever they look like."""
    ocr: bool = False
    max_size: int = DEFAULT_LIMITS.max_size


@dataclass(frozen=True, slots=True)
class BuildState:
    """How far a build is, or how the last one ended."""

    running: bool = False
    stage: Stage = "starting"
    done: int = 0
    total: int = 0
    started: float = 0.0
    """Seconds since 1970."""
    report: BuildReport | None = None
    """What it did; ``None`` where it failed."""
    error: str = ""
    """Why it failed, or gave no index."""
    generation: str = ""
    """The index that was current when it ended."""

    @property
    def percent(self) -> int | None:
        """How much of the stage is done; ``None`` where that is not known."""
        return 100 * self.done // self.total if self.total else None


class IndexBuilder:
    """Builds one index, one build at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = BuildState()
        self._process: subprocess.Popen[str] | None = None

    @property
    def state(self) -> BuildState:
        """How far it is now."""
        return self._state

    def start(self, order: BuildOrder) -> bool:
        """Begin a build; whether one was begun, which is not so while another goes on."""
        with self._lock:
            if self._state.running:
                return False
            self._state = BuildState(running=True, started=time.time())
        threading.Thread(target=self._follow, args=(order,), daemon=True).start()
        return True

    def close(self) -> None:
        """Stop a build that goes on; the index stays as it was."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()

    def _follow(self, order: BuildOrder) -> None:
        """Start a build and keep what it says, until it ends."""
        try:
            said = self._run(order)
        except (ValueError, KeyError, TypeError):  # its last words were cut short
            said = BuildState(error=CUT_SHORT)
        except OSError as error:
            said = BuildState(error=f"無法啟動建立索引的程式（{reason_of(error)}）。請確認電腦的記憶體足夠，再試一次。")
        try:
            generation = current_generation(Path(order.index)).name
        except StoreError:
            generation = ""
        self._state = replace(said, running=False, started=self._state.started, generation=generation)

    def _run(self, order: BuildOrder) -> BuildState:
        process = subprocess.Popen(  # noqa: S603  this very program
            [sys.executable, "-c", _BOOT.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            creationflags=_BELOW_NORMAL if os.name == "nt" else 0,
        )
        self._process = process
        said = BuildState(error=_CRASHED)
        with process, contextlib.suppress(BrokenPipeError):
            asked = cast("IO[str]", process.stdin)
            asked.write(json.dumps(asdict(order)) + "\n")
            asked.flush()
            for line in cast("IO[str]", process.stdout):
                said = self._hear(json.loads(line)) or said
        self._process = None
        return replace(said, error=said.error.format(code=process.returncode)) if said.error is _CRASHED else said

    def _hear(self, message: dict[str, Any]) -> BuildState | None:
        """Take what a build says; how it ended, where it says that."""
        if "error" in message:
            return BuildState(error=str(message["error"]))
        if "report" in message:
            report = made(BuildReport, message["report"])
            return BuildState(report=report, error="" if report.items else _NOTHING)
        before, (done, total) = self._state, message["progress"]
        stage: Stage = before.stage
        if stage == "starting" or (stage == "reading" and (done < before.done or total != before.total)):
            stage = "reading" if stage == "starting" else "embedding"
        self._state = replace(before, stage=stage, done=done, total=total)
        return None


def build_apart() -> None:
    """Build what standard input asks for, and say on standard output how that goes; the building process."""
    if sys.platform != "win32":
        os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server gets it too, and ends this
    asked = sys.stdin.readline()
    says = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not get between
    threading.Thread(target=_end_with_server, daemon=True).start()
    if not asked:
        return
    order = made(BuildOrder, json.loads(asked))

    def say(what: str, value: object) -> None:
        says.write(json.dumps({what: value}, ensure_ascii=True) + "\n")
        says.flush()

    _build(order, say)


def _build(order: BuildOrder, say: Callable[[str, object], None]) -> None:
    options = ReadingOptions(Limits(max_size=order.max_size), order.force, order.ocr)
    try:
        report = PlanIndex.build(
            Path(order.folder),
            Path(order.index),
            model=order.model,
            progress=lambda done, total: say("progress", (done, total)),
            options=options,
        )
    except PlansearchError as error:
        say("error", str(error))
    else:
        say("report", asdict(report))


def _end_with_server() -> None:
    """Wait until the server is gone, and end then, even amid a build: the index stays as it was."""
    with contextlib.suppress(OSError):
        while os.read(0, 1):  # through sys.stdin, it would hold a lock that the interpreter needs to end
            pass
    os.kill(os.getpid(), signal.SIGTERM)
