"""Open indexes for many requests at once; a new index takes the place of the old one between two requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plansearch.encoders import load_encoder
from plansearch.errors import StoreError
from plansearch.index import PlanIndex
from plansearch.store.layout import MANIFEST, current_generation
from plansearch.types import Encoder
from plansearch.web.sharing import SharedEncoder

MOST_OPEN: Final = 4
"""Indexes open at the same time; each answers one request."""

MOST_QUICK: Final = 2
"""Further ones for what needs no model, and so has not to wait behind those that wait for it."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells one build of an index from every other."""

    generation: Path
    written: tuple[int, int]
    """When its manifest was written, in nanoseconds, and where on the disk: an index that was deleted and built anew
    has generations of the same names."""

    @property
    def name(self) -> str:
        """Name of the generation."""
        return self.generation.name

    @classmethod
    def of(cls, directory: Path) -> Edition:
        """The edition that counts now.

        Raises:
            PlansearchError: there is none.
        """
        generation = current_generation(directory)
        try:
            about = (generation / MANIFEST).stat()
        except OSError:
            return cls(generation, (0, 0))  # opening it will tell what is wrong
        return cls(generation, (about.st_mtime_ns, about.st_ino))


@dataclass(frozen=True, slots=True)
class _Opened:
    edition: Edition
    index: PlanIndex


class IndexHolder:
    """Lends indexes that are open; each to one request at a time.

    Args:
        directory: where the index is.
        load: gives a model by its name.
        most: how many may be lent at the same time.
        quick: how many further ones to those who ask for no more than to look something up.
    """

    def __init__(
        self,
        directory: Path,
        *,
        load: Callable[[str], Encoder] = load_encoder,
        most: int = MOST_OPEN,
        quick: int = MOST_QUICK,
    ) -> None:
        self.directory = directory
        self._load = load
        self._slots = threading.BoundedSemaphore(most)
        self._quick_slots = threading.BoundedSemaphore(quick)
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._idle: list[_Opened] = []
        self._encoders: dict[str, SharedEncoder] = {}
        self._closed = False

    @contextmanager
    def lease(self, *, quick: bool = False) -> Iterator[PlanIndex]:
        """Lend the current index; who asks while all are lent waits.

        Args:
            quick: something is only looked up, without the model: it need not wait behind who waits for that.

        Raises:
            PlansearchError: there is none, or it can't be opened.
        """
        with self.lease_of(quick=quick) as (_, index):
            yield index

    @contextmanager
    def lease_of(self, *, quick: bool = False) -> Iterator[tuple[Edition, PlanIndex]]:
        """Lend the current index, and tell which it is.

        Raises:
            PlansearchError: as `lease`.
        """
        with self._quick_slots if quick else self._slots:
            opened = self._take()
            try:
                yield opened.edition, opened.index
            except StoreError:
                opened.index.close()  # it may be damaged, or no longer all there
                raise
            except BaseException:
                self._give_back(opened)
                raise
            else:
                self._give_back(opened)

    def edition(self) -> Edition:
        """Which index is the current one: another one after every build that changed something.

        Raises:
            PlansearchError: there is none.
        """
        return Edition.of(self.directory)

    def generation(self) -> str:
        """Name of the current index: another one after every build that changed something.

        Raises:
            PlansearchError: there is none.
        """
        return self.edition().name

    def open(self) -> None:
        """Keep what comes back, again where it was closed before."""
        self._closed = False

    def close(self) -> None:
        """Close what is not lent, and what is as soon as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        _close(idle)

    def _take(self) -> _Opened:
        try:
            edition = self.edition()
        except StoreError:
            self._let_go_of(None)
            raise
        self._let_go_of(edition)
        with self._lock:
            found = next((opened for opened in self._idle if opened.edition == edition), None)
            if found is not None:
                self._idle.remove(found)
        return found or self._open()

    def _open(self) -> _Opened:
        """Open the current index, and make sure which one that is: builds may end meanwhile."""
        while True:
            edition = self.edition()
            index = PlanIndex.open(self.directory, load=self._shared)
            try:
                if edition == self.edition():
                    return _Opened(edition, index)
            except StoreError:
                index.close()
                raise
            index.close()

    def _let_go_of(self, current: Edition | None) -> None:
        """Close what nobody will be lent any more."""
        with self._lock:
            stale = [opened for opened in self._idle if opened.edition != current]
            self._idle = [opened for opened in self._idle if opened.edition == current]
        _close(stale)

    def _give_back(self, opened: _Opened) -> None:
        try:
            is_current = self.edition() == opened.edition
        except StoreError:
            is_current = False
        with self._lock:
            is_kept = is_current and not self._closed
            if is_kept:
                self._idle.append(opened)
        if not is_kept:
            opened.index.close()

    def _shared(self, model: str) -> Encoder:
        """The one model that all requests use; of another model than before the former is forgotten."""
        with self._loading:  # or several would load it at the same time
            if model not in self._encoders:
                self._encoders = {model: SharedEncoder(self._load(model))}
            return self._encoders[model]


def _close(several: Sequence[_Opened]) -> None:
    for opened in several:
        opened.index.close()
