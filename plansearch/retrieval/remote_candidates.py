"""The items of an index in Milvus that may answer a question: a pool that is rated and shown like a local one.

Positions are places among the candidates, in the order of their plans.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log1p

import numpy as np
import numpy.typing as npt

from plansearch.remote import RemoteIndex
from plansearch.results import IndexedItem
from plansearch.retrieval.pools import Positions, Scores, standardised
from plansearch.store.milvus_rows import ITEM_FIELDS, indexed_item, number_of
from plansearch.text import Tokenizer
from plansearch.types import Encoder, FloatMatrix
from plansearch.vocabulary import Vocabulary

_RATED: tuple[str, ...] = ("plan", "place", "is_measure", "restates", "same", "words", "vector")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may answer."""

    key: str
    plan: str
    place: int
    is_measure: bool
    restates: bool
    same: int
    """Equal for items that say the same."""
    words: Mapping[int, float]
    """BM25's part of the item, by the numbers of the words."""
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CandidateColumns:
    """What filters and folding ask of candidates, one value for each."""

    keys: npt.NDArray[np.int64]
    """Equal for items that say the same."""
    restating: npt.NDArray[np.bool_]
    measures: npt.NDArray[np.bool_]


class Fetched:
    """Candidates that were fetched, each once."""

    def __init__(self, index: RemoteIndex) -> None:
        self._index = index
        self._found: dict[str, Candidate] = {}

    def add(self, keys: Iterable[str]) -> None:
        """Fetch those that are not here yet."""
        missing = sorted({*keys} - self._found.keys())
        for row in self._index.milvus.get(self._index.names.items, missing, _RATED):
            vector = np.asarray(row["vector"], dtype=np.float32)
            said = (row["plan"], row["place"], row["is_measure"], row["restates"], row["same"])
            self._found[row["key"]] = Candidate(row["key"], *said, row["words"], vector)

    def some(self, keys: Iterable[str] | None = None) -> list[Candidate]:
        """Those with some keys, or all, in the order of their plans."""
        found = self._found.values() if keys is None else [self._found[key] for key in keys if key in self._found]
        return sorted(found, key=lambda one: (one.plan, one.place))


class RemoteCandidates:
    """A pool of some items of an index in Milvus, which can also be shown.

    Args:
        index: where they are.
        some: the items, in order.
        spread: mean and deviation of the BM25 scores of all items of the index.
    """

    def __init__(self, index: RemoteIndex, some: Sequence[Candidate], spread: tuple[float, float]) -> None:
        self._index = index
        self._some = some
        self._spread = spread
        self._items: dict[int, IndexedItem] = {}
        self._known: dict[str, Scores | None] = {}
        """What each token that was asked for gives to the items; ``None`` where no item of the index has it."""

    @cached_property
    def positions(self) -> Positions:
        """Places of all of them."""
        return np.arange(len(self._some), dtype=np.int64)

    def cosines(self, asked: FloatMatrix) -> Scores:
        """Similarity to a vector, ``(1, dimension)``."""
        cosines: Scores = (self._vectors @ asked[0]).astype(np.float64)
        return cosines

    def standing_out_in_meaning(self, asked: FloatMatrix, cosines: Scores) -> Scores:
        """How far cosines to a vector lie above the mean of all items, in standard deviations."""
        return standardised(cosines, self._index.moments.distribution(asked))

    def standing_out_in_words(self, weights: Mapping[str, float]) -> Scores:
        """How far BM25 scores of weighted tokens lie above the mean of all items, in standard deviations."""
        scores = np.zeros(len(self._some))
        for token, values in self._values(weights).items():
            scores += weights[token] * values
        return standardised(scores, self._spread)

    def coverage(self, weights: Mapping[str, float]) -> Scores:
        """How much of some tokens each item has, by their weights, 0 to 1."""
        covered = np.zeros(len(self._some))
        for token, values in self._values(weights).items():
            covered += weights[token] * (values > 0)
        return covered / (sum(weights.values()) or 1.0)

    def vectors(self, places: Positions) -> FloatMatrix:
        """Vectors of some of the items, by their places among them, ``(n_places, dimension)``."""
        return self._vectors[places]

    def having(self, keys: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which of them have one of some keys."""
        wanted = frozenset(keys)
        return np.asarray([one.key in wanted for one in self._some], dtype=np.bool_)

    @property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words."""
        return self._index.tokenizer

    @property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with."""
        return self._index.vocabulary

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with."""
        return self._index.encoder

    @cached_property
    def facets(self) -> CandidateColumns:
        """What filters and folding ask of them."""
        return CandidateColumns(
            np.asarray([one.same for one in self._some], dtype=np.int64),
            np.asarray([one.restates for one in self._some], dtype=np.bool_),
            np.asarray([one.is_measure for one in self._some], dtype=np.bool_),
        )

    def items(self, positions: Sequence[int]) -> tuple[IndexedItem, ...]:
        """Some of them as they are shown."""
        missing = {self._some[place].key: place for place in positions if place not in self._items}
        for row in self._index.milvus.get(self._index.names.items, list(missing), ITEM_FIELDS):
            self._items[missing[row["key"]]] = indexed_item(row)
        return tuple(self._items[place] for place in positions)

    @cached_property
    def _vectors(self) -> FloatMatrix:
        some = [one.vector for one in self._some]
        return np.stack(some) if some else np.empty((0, self._index.manifest.dimension), dtype=np.float32)

    def _values(self, tokens: Mapping[str, float]) -> dict[str, Scores]:
        """What each token gives to the items, by BM25."""
        new = [token for token in tokens if token not in self._known]
        if new:
            self._known |= dict.fromkeys(new)
            for token, rarity in rarities(self._index, new).items():
                number = number_of(token)
                self._known[token] = rarity * np.asarray([one.words.get(number, 0.0) for one in self._some])
        return {token: values for token in tokens if (values := self._known[token]) is not None}


def rarities(index: RemoteIndex, tokens: Iterable[str]) -> dict[str, float]:
    """BM25's inverse document frequency of the tokens that any item has, as in Lucene: ``ln(1 + (N-n+½) / (n+½))``."""
    count = len(index)
    return {token: log1p((count - holders + 0.5) / (holders + 0.5)) for token, holders in index.columns(tokens).items()}
