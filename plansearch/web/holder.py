"""Open indexes for many requests at once; a new index takes the place of the old one between two requests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from plansearch.encoders import load_encoder
from plansearch.index import PlanIndex
from plansearch.store.layout import current_generation
from plansearch.types import Encoder, FloatMatrix, Progress

MOST_OPEN: Final = 4
"""Indexes open at the same time; each answers one request."""

ENCODED_AT_ONCE: Final = 8
"""Texts for which one request keeps the model; a comparison asks for hundreds, and a search must not wait for all."""


class SharedEncoder:
    """A model that several requests use, one after the other."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Names the vector space."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, ``(len(texts), dimension)``, normalised."""
        return self._in_parts(texts, self._encoder.encode_queries)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items, ``(len(texts), dimension)``, normalised; ``progress`` is called at the end."""
        vectors = self._in_parts(texts, self._encoder.encode_passages)
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    def _in_parts(self, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatMatrix]) -> FloatMatrix:
        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), ENCODED_AT_ONCE):
            with self._lock:
                parts.append(encode(texts[start : start + ENCODED_AT_ONCE]))
        return np.concatenate(parts)


@dataclass(frozen=True, slots=True)
class _Opened:
    generation: Path
    index: PlanIndex


class IndexHolder:
    """Lends indexes that are open; each to one request at a time.

    Args:
        directory: where the index is.
        load: gives a model by its name.
        most: how many may be open at the same time.
    """

    def __init__(
        self, directory: Path, *, load: Callable[[str], Encoder] = load_encoder, most: int = MOST_OPEN
    ) -> None:
        self.directory = directory
        self._load = load
        self._slots = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Opened] = []
        self._encoders: dict[str, SharedEncoder] = {}

    @contextmanager
    def lease(self) -> Iterator[PlanIndex]:
        """Lend the current index; who asks while all are lent waits.

        Raises:
            PlansearchError: there is none, or it can't be opened.
        """
        with self._slots:
            opened = self._take()
            try:
                yield opened.index
            finally:
                self._give_back(opened)

    def generation(self) -> str:
        """Name of the current index: another one after every build that changed something.

        Raises:
            PlansearchError: there is none.
        """
        return current_generation(self.directory).name

    def close(self) -> None:
        """Close what is not lent."""
        with self._lock:
            idle, self._idle = self._idle, []
        for opened in idle:
            opened.index.close()

    def _take(self) -> _Opened:
        generation = current_generation(self.directory)
        with self._lock:
            stale = [opened for opened in self._idle if opened.generation != generation]
            self._idle = [opened for opened in self._idle if opened.generation == generation]
            found = self._idle.pop() if self._idle else None
        for opened in stale:
            opened.index.close()
        return found or _Opened(generation, PlanIndex.open(self.directory, load=self._shared))

    def _give_back(self, opened: _Opened) -> None:
        with self._lock:
            self._idle.append(opened)

    def _shared(self, model: str) -> Encoder:
        """The one model of this name that all requests use."""
        with self._lock:
            known = self._encoders.get(model)
        if known is None:
            loaded = SharedEncoder(self._load(model))
            with self._lock:
                known = self._encoders.setdefault(model, loaded)
        return known
