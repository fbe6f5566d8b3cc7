"""A progress bar on standard error, only where a person looks at it; the only module that imports rich."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from plansearch.types import Progress


@contextmanager
def progress_bar(*stages: str) -> Generator[Progress | None]:
    """Yield what long work should call as it goes on, or ``None`` where nobody would see it.

    Args:
        stages: what the work does, stage by stage; another total, or a count that falls back, begins the next one.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Stages(bar, stages).advance


class _Stages:
    """One bar for each stage of the work."""

    def __init__(self, bar: Bar, names: Sequence[str]) -> None:
        self._bar = bar
        self._names = list(names)
        self._done, self._total = 0, 0
        self._task = bar.add_task(self._names.pop(0), total=None)

    def advance(self, done: int, total: int) -> None:
        if self._total and (done < self._done or total != self._total) and self._names:
            self._task = self._bar.add_task(self._names.pop(0), total=None)
        self._done, self._total = done, total
        self._bar.update(self._task, completed=done, total=total)
