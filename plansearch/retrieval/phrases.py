"""Phrases that an item has to have letter for letter, whatever its writing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.text import fold, fold_characters, token_runs

_SPACE: Final = re.compile(r"\s+")


def with_phrases(index: PlanIndex, phrases: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions, ascending, of the items that have all phrases in their text or topic.

    White space doesn't count, and neither do spelling variants: 臺 is 台, full width is half width.
    """
    having = [_with_phrase(index, _SPACE.sub("", fold(phrase))) for phrase in phrases]
    return reduce(np.intersect1d, having)


def _with_phrase(index: PlanIndex, phrase: str) -> npt.NDArray[np.int64]:
    """The words of the index tell where the phrase may stand; the texts tell where it does."""
    candidates: npt.NDArray[np.int64] | None = None
    for alternatives in _parts(index, phrase):
        held = [index.lexical.holders([token]) for token in alternatives]
        some = np.unique(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)
        candidates = some if candidates is None else np.intersect1d(candidates, some, assume_unique=True)
    having = []
    positions = [] if candidates is None else candidates.tolist()
    texts = index.catalog.searched_texts(positions)
    for position in positions:
        foldings = (way(text) for text in texts[position] for way in (fold, fold_characters))
        if any(phrase in _SPACE.sub("", folded) for folded in foldings):
            having.append(position)
    return np.asarray(having, dtype=np.int64)


def _parts(index: PlanIndex, phrase: str) -> Iterator[Sequence[str]]:
    """Tokens of which an item with the phrase has at least one, part by part of the phrase."""
    for run, chinese in token_runs(phrase):
        if not chinese:
            # what is a word here may be a part of a longer one there
            yield index.lexical.tokens_with(run)
        elif len(run) == 1:
            yield [run]
        else:
            for start in range(len(run) - 1):
                yield [run[start : start + 2]]
