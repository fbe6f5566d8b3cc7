"""Answers that take seconds: worked out once for everybody who asks, a few at a time, and told how far they are."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from plansearch.types import Progress

AT_ONCE: Final = 1
"""Answers worked out at the same time, so that searches go on meanwhile."""

REMEMBERED: Final = 32
"""Answers kept for those who ask again."""

PATIENCE: Final = 2.0
"""Seconds that a page waits before it shows how far the work is."""

T = TypeVar("T")


@dataclass(slots=True)
class Job(Generic[T]):
    """Some work that goes on, or is done."""

    future: asyncio.Future[T]
    done: int = 0
    total: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; ``None`` where it is not known."""
        return self.done / self.total if self.total else None

    async def within(self, seconds: float) -> bool:
        """Wait for the end; whether it came in time."""
        finished, _ = await asyncio.wait([self.future], timeout=seconds)
        return bool(finished)

    def result(self) -> T:
        """The answer of finished work; its error is raised."""
        return self.future.result()


class Workbench:
    """Works answers out in the background, each once.

    Args:
        at_once: how many at the same time.
        remembered: how many answers are kept.
    """

    def __init__(self, at_once: int = AT_ONCE, remembered: int = REMEMBERED) -> None:
        self._at_once = at_once
        self._remembered = remembered
        self._limiter: CapacityLimiter | None = None
        self._jobs: OrderedDict[Hashable, Job[Any]] = OrderedDict()

    def start(self, key: Hashable, work: Callable[[Progress], T]) -> Job[T]:
        """Give the work of this key, which is begun where nobody asked for it yet.

        Args:
            key: all that the answer depends on.
            work: works it out, in a thread of its own; it is given what it may tell its progress.
        """
        known = self._jobs.get(key)
        if known is not None:
            self._jobs.move_to_end(key)
            return known
        job: Job[T] = Job(asyncio.get_running_loop().create_future())
        self._jobs[key] = job
        task = asyncio.create_task(self._run(key, job, work))
        job.tasks.add(task)  # else nothing would hold it
        self._forget()
        return job

    async def _run(self, key: Hashable, job: Job[T], work: Callable[[Progress], T]) -> None:
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._at_once)

        def tell(done: int, total: int) -> None:
            job.done, job.total = done, total

        try:
            job.future.set_result(await run_sync(work, tell, limiter=self._limiter))
        except Exception as error:  # noqa: BLE001  told to everybody who waits, and not remembered
            self._jobs.pop(key, None)
            job.future.set_exception(error)
            job.future.exception()  # where nobody waits any more, nobody has to know

    def _forget(self) -> None:
        finished = [key for key, job in self._jobs.items() if job.future.done()]
        for key in finished[: max(0, len(self._jobs) - self._remembered)]:
            del self._jobs[key]
