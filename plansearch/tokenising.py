"""Cuts many texts into tokens, in several processes where there are enough of them to pay for starting any."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.text import Tokenizer

PARALLEL_FROM: Final = 20_000
"""Texts from which on several processes cut: each loads its dictionary for a second, and cuts some 3,000 a second."""

CHUNK: Final = 1_000
"""Texts that a process is given at once."""

MOST_PROCESSES: Final = 8


@dataclass(frozen=True, slots=True)
class TokenLists:
    """Tokens of many texts, as numbers."""

    vocabulary: tuple[str, ...]
    """All tokens, sorted; a token's number is its place."""
    numbers: npt.NDArray[np.int32]
    """Those of all texts, one text's after the other's, repeats kept."""
    ends: npt.NDArray[np.int64]
    """Where each text's numbers end, ``(n_texts,)``."""

    def of(self, texts: Sequence[int]) -> Sequence[list[int]]:
        """The numbers of some texts, in the order asked for, made as they are read: a million lists take gigabytes."""
        return _Listed(self, texts)


class _Listed(Sequence[list[int]]):
    """Lists that are made when they are asked for."""

    def __init__(self, lists: TokenLists, texts: Sequence[int]) -> None:
        self._lists = lists
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401  what a sequence has to take
        text = self._texts[place]
        start = int(self._lists.ends[text - 1]) if text else 0
        listed: list[int] = self._lists.numbers[start : self._lists.ends[text]].tolist()
        return listed


Told = Callable[[int], None]
"""Is told how many texts more were cut."""


def tokenise(
    texts: Sequence[str], tokenizer: Tokenizer, *, processes: int | None = None, told: Told | None = None
) -> TokenLists:
    """Cut texts into what they are found by.

    Args:
        texts: distinct ones, to save time.
        tokenizer: with the whole dictionary; other processes load their own.
        processes: how many; by default one for each processor where it pays.
        told: is told of progress.
    """
    if processes is None:
        processes = min(os.cpu_count() or 1, MOST_PROCESSES) if len(texts) >= PARALLEL_FROM else 1
    chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
    known: dict[str, int] = {}
    numbers, counts = [np.empty(0, dtype=np.int32)], [np.empty(0, dtype=np.int64)]
    for words, places, lengths in _cut_all(chunks, tokenizer, processes):
        of_word = np.fromiter((known.setdefault(word, len(known)) for word in words), np.int32, len(words))
        numbers.append(of_word[places])
        counts.append(lengths)
        if told is not None:
            told(len(lengths))
    vocabulary = sorted(known)
    rank = np.empty(len(known), dtype=np.int32)
    rank[np.fromiter((known[word] for word in vocabulary), np.int64, len(known))] = np.arange(len(known))
    return TokenLists(tuple(vocabulary), rank[np.concatenate(numbers)], np.cumsum(np.concatenate(counts)))


_Cut = tuple[list[str], npt.NDArray[np.int32], npt.NDArray[np.int64]]
"""Words of some texts, which of them stand where, and how many each text has."""


def _cut_all(chunks: Sequence[Sequence[str]], tokenizer: Tokenizer, processes: int) -> Iterator[_Cut]:
    if processes <= 1:
        yield from (_cut(chunk, tokenizer) for chunk in chunks)
        return
    done = 0
    try:
        # a fresh interpreter: what is copied from one that runs threads may hang
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_load) as pool:
            for cut in pool.map(_cut_here, chunks):
                yield cut
                done += 1
    except BrokenProcessPool:
        # a script without a guard around what it does can't be started again; a process may also lack memory
        yield from (_cut(chunk, tokenizer) for chunk in chunks[done:])


def _cut(texts: Iterable[str], tokenizer: Tokenizer) -> _Cut:
    known: dict[str, int] = {}
    places: list[int] = []
    lengths: list[int] = []
    for text in texts:
        tokens = tokenizer.passage_tokens(text)
        places.extend([known.setdefault(token, len(known)) for token in tokens])
        lengths.append(len(tokens))
    return list(known), np.asarray(places, dtype=np.int32), np.asarray(lengths, dtype=np.int64)


_LOADED: list[Tokenizer] = []


def _load() -> None:
    _LOADED.append(Tokenizer.full())


def _cut_here(texts: Sequence[str]) -> _Cut:
    return _cut(texts, _LOADED[0])
