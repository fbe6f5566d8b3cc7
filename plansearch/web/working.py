"""Answers that take seconds: worked out once for everybody who asks, a few at a time, and told how far they are."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from plansearch.errors import PlansearchError
from plansearch.types import Progress

AT_ONCE: Final = 1
"""Answers worked out at the same time, so that searches go on meanwhile."""

REMEMBERED: Final = 32
"""Answers kept for those who ask again."""

MOST_WAITING: Final = 100
"""Answers that may be under work or wait for it; who asks for more is told to come back."""

PATIENCE: Final = 2.0
"""Seconds that a page waits before it shows how far the work is."""

T = TypeVar("T")


class BusyError(PlansearchError):
    """So much is being worked out that no more is taken on."""


@dataclass(slots=True)
class Job(Generic[T]):
    """Some work that goes on, or is done."""

    future: asyncio.Future[T]
    done: int = 0
    total: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    told: bool = False
    """Whether its error was told to somebody; till then it is kept, else a page that asks again and again would begin
    failing work anew each time."""

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; ``None`` where it is not known."""
        done, total = self.done, self.total
        return min(1.0, done / total) if total else None

    @property
    def failed_and_told(self) -> bool:
        """Whether it came to an error that somebody knows."""
        return self.told and self.future.done() and self.future.exception() is not None

    async def within(self, seconds: float | None) -> bool:
        """Wait for the end, ``None`` for as long as it takes; whether it came in time.

        Who stops waiting does not stop the work: others may wait for it, too.
        """
        finished, _ = await asyncio.wait([self.future], timeout=seconds)
        return bool(finished)

    def result(self) -> T:
        """The answer of finished work; its error is raised."""
        self.told = True
        return self.future.result()


class Workbench:
    """Works answers out in the background, each once. Only to be used in one event loop.

    Args:
        at_once: how many at the same time.
        remembered: how many answers are kept.
        waiting: how many may be under work or wait for it.
    """

    def __init__(self, at_once: int = AT_ONCE, remembered: int = REMEMBERED, waiting: int = MOST_WAITING) -> None:
        self._at_once = at_once
        self._remembered = remembered
        self._waiting = waiting
        self._limiter: CapacityLimiter | None = None
        self._edition: Hashable = None
        self._closed = False
        self._jobs: OrderedDict[tuple[Hashable, Hashable], Job[Any]] = OrderedDict()

    def start(self, key: Hashable, work: Callable[[Progress], T], *, edition: Hashable = None) -> Job[T]:
        """Give the work of this key, which is begun where nobody asked for it yet.

        Args:
            key: all that the answer depends on beside the edition.
            work: works it out, in a thread of its own; it is given what it may tell its progress.
            edition: of what is asked; answers of an earlier one are not kept.

        Raises:
            BusyError: too much waits already.
        """
        if edition != self._edition:
            self._edition = edition
            self._jobs = OrderedDict((each, job) for each, job in self._jobs.items() if not job.future.done())
        known = self._jobs.get((edition, key))
        if known is not None and not known.failed_and_told:
            self._jobs.move_to_end((edition, key))
            return known
        if sum(not job.future.done() for job in self._jobs.values()) >= self._waiting:
            raise BusyError("現在要計算的太多了，請過一會兒再試。")
        job: Job[T] = Job(asyncio.get_running_loop().create_future())
        self._jobs[edition, key] = job
        task = asyncio.create_task(self._run((edition, key), job, work))
        job.tasks.add(task)  # else nothing would hold it
        task.add_done_callback(job.tasks.discard)
        self._forget()
        return job

    def open(self) -> None:
        """Take on work, again where it was closed before."""
        self._closed = False

    def close(self) -> None:
        """Let work that goes on end as soon as it next tells its progress: the program is to end."""
        self._closed = True

    async def _run(self, key: tuple[Hashable, Hashable], job: Job[T], work: Callable[[Progress], T]) -> None:
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._at_once)

        def tell(done: int, total: int) -> None:
            if self._closed:
                raise BusyError("程式正在結束，沒有算完。")
            job.done, job.total = done, total

        try:
            job.future.set_result(await run_sync(work, tell, limiter=self._limiter))
        except Exception as error:  # noqa: BLE001  told to everybody who waits, and remembered until it was told
            job.future.set_exception(error)
            job.future.exception()  # where nobody waits any more, nobody has to know
        except BaseException:  # the server ends: nobody is to wait for what will not come
            self._drop(key, job)
            job.future.cancel()
            raise
        else:
            if key[0] != self._edition:  # the index was replaced meanwhile: those who wait get it, nobody else
                self._drop(key, job)

    def _drop(self, key: tuple[Hashable, Hashable], job: Job[T]) -> None:
        if self._jobs.get(key) is job:
            del self._jobs[key]

    def _forget(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.future.done()]
        for key in finished[: max(0, len(self._jobs) - self._remembered)]:
            del self._jobs[key]
