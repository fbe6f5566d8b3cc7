"""A progress bar on standard error, only where a person looks at it; the only module that imports rich."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from plansearch.types import Progress


@contextmanager
def progress_bar(description: str) -> Generator[Progress | None]:
    """Yield what long work should call as it goes on, or ``None`` where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn(description), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
