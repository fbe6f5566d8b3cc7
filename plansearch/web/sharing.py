"""One model for all requests: who has waited longest gets it, and what it said of questions is remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import numpy as np

from plansearch.types import Encoder, FloatMatrix, Progress

ENCODED_AT_ONCE: Final = 2
"""Texts for which one request keeps the model; a comparison asks for hundreds, and a search must not wait for all."""

QUESTIONS_REMEMBERED: Final = 8192
"""Questions whose vectors are kept: who narrows an answer asks again, and what is worked out after a new build asks for
the same measures. To embed one takes five times as long as all else of a search."""

BYTES_REMEMBERED: Final = 16 * 2**20
"""Bytes that they take at most."""


class Turns:
    """A lock that goes to who has waited longest; Python's own often goes back to who had it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_: object) -> None:
        """Let the next one have it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class SharedEncoder:
    """A model that several requests use, one after the other, and that remembers questions."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._turns = Turns()
        self._remembering = threading.Lock()
        self._asked: OrderedDict[str, FloatMatrix] = OrderedDict()
        self._most = min(QUESTIONS_REMEMBERED, BYTES_REMEMBERED // (4 * encoder.dimension))

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
        known = self._recalled(texts)
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, self._in_parts(new, self._encoder.encode_queries), strict=True))
        self._remember({text: known[text] for text in new})
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = known[text]
        return vectors

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items, ``(len(texts), dimension)``, normalised; ``progress`` is called at the end."""
        vectors = self._in_parts(texts, self._encoder.encode_passages)
        if progress is not None:
            progress(len(texts), len(texts))
        return vectors

    def _recalled(self, texts: Sequence[str]) -> dict[str, FloatMatrix]:
        with self._remembering:
            known = {text: self._asked[text] for text in texts if text in self._asked}
            for text in known:
                self._asked.move_to_end(text)
            return known

    def _remember(self, vectors: Mapping[str, FloatMatrix]) -> None:
        with self._remembering:
            for text, vector in vectors.items():
                self._asked[text] = np.array(vector)  # not a part of what came with it
            while len(self._asked) > self._most:
                self._asked.popitem(last=False)

    def _in_parts(self, texts: Sequence[str], encode: Callable[[Sequence[str]], FloatMatrix]) -> FloatMatrix:
        parts = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), ENCODED_AT_ONCE):
            with self._turns:
                parts.append(encode(texts[start : start + ENCODED_AT_ONCE]))
        return np.concatenate(parts)


class Familiar:
    """Questions that were asked before, so that the model need not look at them again; the last ones."""

    def __init__(self, most: int = QUESTIONS_REMEMBERED // 4) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._asked: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, question: Hashable) -> bool:
        return question in self._asked

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, question: Hashable) -> None:
        """Remember one that was answered."""
        with self._lock:
            self._asked[question] = None
            self._asked.move_to_end(question)
            if len(self._asked) > self._most:
                self._asked.popitem(last=False)
