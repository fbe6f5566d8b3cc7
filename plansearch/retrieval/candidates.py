"""Names the items that may answer a question best, where an index is too large to rate all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.results import SearchMode
from plansearch.retrieval.evidence import RELATIVE, Evidence, odds_of
from plansearch.retrieval.pools import Positions, RoughItems, Scores, SomeItems, standardised
from plansearch.store.lexical import best_positions
from plansearch.types import FloatMatrix


@dataclass(frozen=True, slots=True)
class Depth:
    """How many candidates each way names."""

    texts: int
    """Nearest to each vector."""
    items: int
    """With most of the words, by their rarity; of those as many that mean it and that are likely by both."""


FIRST: Final = Depth(texts=50, items=50)
"""The best of all items, whatever the filters: they say whether the subject is known, and feed back."""

FINAL: Final = Depth(texts=300, items=200)
"""Those among which the hits are. ``benchmarks/RESULTS.md`` says how often one is missed."""

HAVING_WORDS: Final = 10_000
"""Items with most of the words whose meaning is looked at: where many have all the words of a question, the best need
be neither the shortest nor among the nearest of all items."""

FEW_ALLOWED: Final = 12_000
"""Items that filters leave up to which all of them are looked at, roughly first and those that may be hits as they are:
it takes no longer than to name candidates among them."""

NEARLY_ALL: Final = 0.8
"""Share of items from which on candidates are named among all, which is quicker, and a few of them left out."""

READ_AT_MOST: Final = 250_000
"""Entries of words' columns that are read to name items; rare words come first. Of a million synthetic items recall@10
is 0.977 with 100,000, 0.985 with 250,000 and no better with 600,000."""


def leaves_few(allowed: npt.NDArray[np.bool_]) -> bool:
    """Whether so few items are allowed that all of them are looked at."""
    return bool(np.count_nonzero(allowed) <= FEW_ALLOWED)


class Candidates:
    """Names candidates for one question, first among all items, then near another vector or among fewer items.

    Args:
        index: one whose dense store is approximate.
        mode: which legs count.
        weights: all tokens of the question and how often each counts.
        own: the question's own tokens and how much each tells.
    """

    def __init__(
        self,
        index: PlanIndex,
        mode: SearchMode,
        weights: Mapping[str, float],
        own: Mapping[str, float],
    ) -> None:
        self._index = index
        self._mode = mode
        self._weights = weights
        self._own = own
        self._found: dict[bytes, Positions] = {}
        """Items near a vector, among all."""

    def name(
        self, depth: Depth, vectors: Sequence[FloatMatrix], allowed: npt.NDArray[np.bool_] | None = None
    ) -> SomeItems:
        """Items that may be the best: nearest to any of some vectors, with most of the words, or likely by both.

        Args:
            depth: how many of each.
            vectors: each ``(1, dimension)``; the first is the question's, the last says what is meant best.
            allowed: which items may answer, ``(n_items,)``; all by default.
        """
        if allowed is not None and leaves_few(allowed):
            return RoughItems(self._index, np.flatnonzero(allowed), spread=self._spread)
        kept = allowed
        if allowed is not None and np.count_nonzero(allowed) >= NEARLY_ALL * len(allowed):
            allowed = None  # what is not allowed is left out at the end
        named = [np.empty(0, dtype=np.int64), *self._near(vectors, depth.texts, allowed)]
        if self._weights:
            having = self._having if allowed is None else self._with_words(allowed)
            cosines = [having.items.cosines(vector) for vector in vectors]
            values = (having.scores, self._likely(having, vectors), *cosines)
            named += [having.best(one, depth.items) for one in values]
        positions = np.unique(np.concatenate(named))
        return SomeItems(self._index, positions if kept is None else positions[kept[positions]], spread=self._spread)

    def _near(
        self, vectors: Sequence[FloatMatrix], limit: int, allowed: npt.NDArray[np.bool_] | None
    ) -> list[Positions]:
        """Items of the texts nearest to each vector; near the question's own among all items is asked for once."""
        if allowed is not None:
            return [self._index.dense.candidates(np.concatenate(vectors), limit, allowed)] if vectors else []
        new = [vector for vector in vectors if vector.tobytes() not in self._found]
        for vector in new:
            self._found[vector.tobytes()] = self._index.dense.candidates(vector, FINAL.texts)
        return [self._found[vector.tobytes()] for vector in vectors]

    def _likely(self, having: _Having, vectors: Sequence[FloatMatrix]) -> Scores:
        """About the log odds that items answer, as far as the question's own words tell."""
        items, nothing = having.items, np.zeros(len(having.scores))
        meaning = similar = nothing
        if vectors:
            meaning = items.standing_out_in_meaning(vectors[-1], items.cosines(vectors[-1]))
            similar = self._index.chance.standardise(items.cosines(vectors[0]))
        words = standardised(having.scores, self._spread)
        evidence = Evidence(meaning, words, similar, having.covered, nothing, having.covered)
        return odds_of(evidence, RELATIVE[self._mode], self._mode)

    @cached_property
    def _having(self) -> _Having:
        return self._with_words(None)

    def _with_words(self, allowed: npt.NDArray[np.bool_] | None) -> _Having:
        """The allowed items with most of the words, as far as rare ones tell."""
        scores = self._scores if allowed is None else self._scores * allowed
        positions = best_positions(scores, HAVING_WORDS)
        items = RoughItems(self._index, positions, spread=self._spread)
        return _Having(items, scores[positions].astype(np.float64), items.coverage(self._own))

    @cached_property
    def _scores(self) -> npt.NDArray[np.float32]:
        return self._index.lexical.partial_scores(self._weights, READ_AT_MOST)

    @cached_property
    def _spread(self) -> tuple[float, float]:
        return self._index.lexical.distribution(self._weights)


@dataclass(frozen=True, slots=True)
class _Having:
    """Items that have words of a question; one number for each."""

    items: RoughItems
    scores: Scores
    """BM25 of the question's tokens, those that stand in very many items left out."""
    covered: Scores
    """Part of the question's own words, by their rarity."""

    def best(self, values: Scores, limit: int) -> Positions:
        """The positions of the highest of some values, one for each item."""
        if len(values) <= limit:
            return self.items.positions
        best: Positions = self.items.positions[values >= np.partition(values, -limit)[-limit]]
        return best
