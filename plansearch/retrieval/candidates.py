"""The items of an index in Milvus that may answer a question, with what is needed to rate each of them exactly.

Parts of the search that were made for a whole index in one place work on these as if they were one: it has the same
properties, and its positions are places among the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from plansearch.remote import RemoteIndex
from plansearch.results import Heading, IndexedItem
from plansearch.store.milvus_rows import ITEM_FIELDS, indexed_item, number_of
from plansearch.text import Tokenizer
from plansearch.types import Encoder, FloatMatrix
from plansearch.vocabulary import Vocabulary
from plansearch.yardstick import Chance, WordStatistics

if TYPE_CHECKING:
    from plansearch.index import PlanIndex

_RATED: tuple[str, ...] = ("plan", "place", "is_measure", "restates", "words", "vector")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may answer."""

    key: str
    plan: str
    place: int
    is_measure: bool
    restates: bool
    words: Mapping[int, float]
    """BM25's part of the item, by the numbers of the words."""
    vector: npt.NDArray[np.float32]


class Pool:
    """Candidates that were fetched, each once."""

    def __init__(self, index: RemoteIndex) -> None:
        self._index = index
        self._found: dict[str, Candidate] = {}

    def add(self, keys: Iterable[str]) -> None:
        """Fetch those that are not here yet."""
        missing = sorted({*keys} - self._found.keys())
        for row in self._index.milvus.get(self._index.names.items, missing, _RATED):
            vector = np.asarray(row["vector"], dtype=np.float32)
            said = (row["plan"], row["place"], row["is_measure"], row["restates"])
            self._found[row["key"]] = Candidate(row["key"], *said, row["words"], vector)

    def candidates(self) -> Candidates:
        """All of them, in the order of their plans."""
        return Candidates(self._index, sorted(self._found.values(), key=lambda one: (one.plan, one.place)))


class Candidates:
    """Some items of an index in Milvus, which can be rated and shown like a whole index."""

    def __init__(self, index: RemoteIndex, some: Sequence[Candidate] = ()) -> None:
        self._index = index
        self._some = some
        self._items: dict[int, IndexedItem] = {}
        self.place_of = {one.key: place for place, one in enumerate(some)}
        """Where each is, by its key."""
        self.restating = frozenset(place for place, one in enumerate(some) if one.restates)

    def __len__(self) -> int:
        return len(self._some)

    @property
    def as_index(self) -> PlanIndex:
        """Itself, for what asks for an index."""
        return cast("PlanIndex", cast("Any", self))

    @property
    def measures(self) -> npt.NDArray[np.int64]:
        """Places of those that are measures."""
        return np.asarray([place for place, one in enumerate(self._some) if one.is_measure], dtype=np.int64)

    def cosines(self, asked: FloatMatrix) -> npt.NDArray[np.float64]:
        """How near each is to a question's vector, ``(1, dimension)``."""
        cosines: npt.NDArray[np.float64] = (self.vectors(range(len(self))) @ asked[0]).astype(np.float64)
        return cosines

    def word_scores(self, question: Mapping[int, float]) -> npt.NDArray[np.float64]:
        """BM25 of each, for a question's words weighted by how rare they are."""
        scores = [sum(one.words.get(number, 0.0) * weight for number, weight in question.items()) for one in self._some]
        return np.asarray(scores, dtype=np.float64)

    # what parts of the search ask of an index

    @property
    def model(self) -> str:
        """Name of the model that the vectors were made with."""
        return self._index.model

    @property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words."""
        return self._index.tokenizer

    @property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with."""
        return self._index.vocabulary

    @property
    def statistics(self) -> WordStatistics:
        """How common each token is in plans in general."""
        return self._index.statistics

    @property
    def chance(self) -> Chance:
        """How near measures come to questions that have nothing to do with them."""
        return self._index.chance

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with."""
        return self._index.encoder

    @property
    def lexical(self) -> Candidates:
        """Itself: the words of the items."""
        return self

    @property
    def catalog(self) -> Candidates:
        """Itself: the texts of the items, and the values of filters."""
        return self

    def columns(self, tokens: Iterable[str]) -> dict[str, int]:
        """Those tokens that any item of the whole index has."""
        return self._index.holders(sorted(set(tokens)))

    def coverage(self, weights: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """How much of some tokens each candidate has, by their weights, from 0 to 1."""
        covered: FloatMatrix = np.zeros(len(self), dtype=np.float32)
        for token in sorted(weights):
            number = number_of(token)
            covered[[place for place, one in enumerate(self._some) if number in one.words]] += weights[token]
        covered /= np.float32(sum(weights.values()) or 1.0)
        return covered

    def scores(self, tokens: Sequence[str]) -> npt.NDArray[np.float32]:
        """BM25 of each candidate; a token given twice counts twice."""
        weighted: dict[int, float] = {}
        for token, rarity in rarities(self._index, tokens).items():
            weighted[number_of(token)] = weighted.get(number_of(token), 0.0) + rarity * tokens.count(token)
        return self.word_scores(weighted).astype(np.float32)

    def vectors(self, places: Iterable[int]) -> FloatMatrix:
        """Vectors of some candidates."""
        some = [self._some[place].vector for place in places]
        return np.stack(some) if some else np.empty((0, self._index.manifest.dimension), dtype=np.float32)

    def items(self, places: Sequence[int]) -> tuple[IndexedItem, ...]:
        """Some candidates as they are shown."""
        missing = {self._some[place].key: place for place in places if place not in self._items}
        for row in self._index.milvus.get(self._index.names.items, list(missing), ITEM_FIELDS):
            self._items[missing[row["key"]]] = indexed_item(row)
        return tuple(self._items[place] for place in places)

    def searched_texts(self, places: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Topic and text of some candidates."""
        found = zip(places, self.items(places), strict=True)
        return {place: (one.item.topic or "", one.item.text) for place, one in found}

    def headings(self) -> tuple[Heading, ...]:
        """The requirements that a question may name."""
        return self._index.headings

    def values(self, option: str) -> list[str]:
        """All values that a filter can have."""
        return self._index.values(option)


def rarities(index: RemoteIndex, tokens: Sequence[str]) -> dict[str, float]:
    """BM25's inverse document frequency of the tokens that any item has, as in Lucene: ``ln(1 + (N-n+½) / (n+½))``."""
    count = len(index)
    return {
        token: log1p((count - holders + 0.5) / (holders + 0.5))
        for token, holders in index.holders(sorted(set(tokens))).items()
    }
