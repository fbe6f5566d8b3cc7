"""Search in an index past one machine: Milvus finds candidates, and each candidate is rated exactly.

They are rated as those of a local index are (`scoring`). Only two things are not looked at for every item: which items
are rated at all (those that Milvus finds by meaning, by words, and by meaning again after the question was moved
towards its best answers), and the mean and spread of BM25, which past some thousand items come from the best and from a
sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.remote import RemoteIndex
from plansearch.results import Filters, Hit, SearchMode, SearchResult
from plansearch.retrieval.filters import resolve_filters
from plansearch.retrieval.folding import fold_twins, single_groups
from plansearch.retrieval.question import Question, understand
from plansearch.retrieval.remote_candidates import Fetched, RemoteCandidates, rarities
from plansearch.retrieval.scoring import Ratings, gather_from, question_vector, ratings_of, word_weights
from plansearch.retrieval.searching import (
    NO_FILTERS,
    Inquiry,
    answer_of,
    best_by_words,
    check_limit,
    check_query,
    close_enough,
    hits_of,
    rank,
    without_restatements,
)
from plansearch.store.milvus import MOST_FOUND, Found
from plansearch.store.milvus_rows import number_of, without_space
from plansearch.store.milvus_schema import DRAWS, all_of, item_condition, phrase_condition, seen_by
from plansearch.text import fold
from plansearch.types import FloatMatrix

CANDIDATES: Final = 400
"""Items that are looked at of each leg."""

LEADING: Final = 100
"""The best of all items of each leg, whatever the filters: they say whether the subject is known, and feed back."""

SAMPLE: Final = 12_000
"""Items up to which BM25's mean and spread are exact, and that a sample has beyond: its mean is sure to about 1 % of
the spread. Milvus gives 16,384 at most."""

MOST_WITH_PHRASE: Final = 2_000
"""Items with a phrase up to which all are rated; of more, so many and the candidates are."""

_MEASURES: Final = "is_measure == true"


def search_remote(
    index: RemoteIndex,
    query: str,
    *,
    filters: Filters = NO_FILTERS,
    limit: int | None = 10,
    mode: SearchMode = "hybrid",
    fold_equal: bool = True,
    exact: bool = False,
    candidates: int = CANDIDATES,
) -> SearchResult:
    """Find the plan items of an index in Milvus that answer a question.

    Arguments and result are those of `plansearch.search`, but for two things. Of an index with more items than
    candidates only these are rated, and the result says so: it is not ``complete``. ``why``, ``like``, ``unlike``,
    ``reranker`` and ``exhaustive`` are for an index on this machine only.

    Args:
        index: what to search.
        query: words or a sentence; ``"…"`` asks for a phrase, letter for letter.
        filters: which items may answer.
        limit: how many hits at most; ``None`` for all candidates that are close enough.
        mode: ``words`` finds shared words (BM25), ``meaning`` near vectors, ``hybrid`` adds up both.
        fold_equal: make one hit of items with the same text.
        exact: add no words to the question.
        candidates: how many items of each leg are looked at, `MOST_FOUND` at most.

    Raises:
        EmptyQueryError: the query holds nothing to search for.
        QueryError: it is too long.
        UnknownFilterValueError: a filter names what no item has, or a part of what several have.
        PlansearchError: the model or Milvus fails.
    """
    check_limit(limit)
    query, candidates = check_query(query), min(candidates, MOST_FOUND)
    question = understand(index, query, exact=exact)
    resolved = resolve_filters(index, filters)
    rated = _rate(index, question, resolved, mode, candidates)
    some, ratings = rated.some, without_restatements(rated.some, rated.ratings)
    if question.phrases:
        # who asks for a phrase wants all that has it; those that pass the filters have it
        close = some.positions
    elif question.only_asks and mode != "words":
        close = some.positions[:0]
    else:
        close = close_enough(ratings, mode)
    inquiry = Inquiry(query, exact, (), (), question, mode, rated.asked, ratings, close, rated.allowed)
    ranked = rank(inquiry)
    groups = fold_twins(some, ranked.tolist(), limit) if fold_equal else single_groups(ranked[:limit])
    hits = hits_of(some, inquiry, groups)
    total = max(len(ranked), rated.with_phrase)
    return replace(
        answer_of(index, inquiry, resolved, hits, total=total, searched=rated.searched),
        folded=fold_equal,
        by_words=() if hits else _by_words(index, inquiry, resolved, rated, limit),
        candidates=None if ratings.complete else candidates,
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """Candidates and how well they answer."""

    some: RemoteCandidates
    asked: FloatMatrix | None
    ratings: Ratings
    allowed: npt.NDArray[np.bool_]
    """Which of them pass the filters."""
    with_phrase: int
    """How many items of the whole index have the phrases and pass the filters; 0 where no phrase is asked for."""
    searched: int
    """How many measures of the whole index pass the filters."""
    depth: int
    """How many items of each leg were looked at."""


def _rate(index: RemoteIndex, question: Question, filters: Filters, mode: SearchMode, depth: int) -> Rated:
    """Find candidates and rate them."""
    asked = question_vector(index, question) if mode != "words" and question.text else None
    vectors = [] if asked is None else [asked]
    weights = {} if mode == "meaning" else word_weights(index, question)
    searched = _searched(index, filters)
    legs = _Legs(index, question.phrases, filters, weights, depth=depth, searched=searched)
    found = gather_from(index, question, weights, vectors, legs.first(vectors), last=legs.last)
    some = legs.some
    allowed = some.having(legs.allowed) if legs.narrow else some.facets.measures
    complete = legs.has_all or int(np.count_nonzero(allowed)) >= searched
    # in this mode the others share nothing with the question
    complete = complete or (mode == "words" and not question.phrases and legs.has_all_words)
    ratings = replace(ratings_of(found, mode, len(index)), complete=complete)
    return Rated(some, asked, ratings, allowed, legs.with_phrase, searched, depth)


class _Legs:
    """The searches by which Milvus finds candidates for one question.

    Args:
        index: where.
        phrases: that every hit has.
        filters: which items may answer.
        weights: all tokens of the question and how often each counts; none where words don't count.
        depth: how many items of each leg are looked at.
        searched: how many items the filters leave.
    """

    def __init__(
        self,
        index: RemoteIndex,
        phrases: Sequence[str],
        filters: Filters,
        weights: Mapping[str, float],
        *,
        depth: int,
        searched: int,
    ) -> None:
        self._index = index
        self._depth = depth
        few = min(depth, MOST_FOUND - 1)
        self._few = MOST_WITH_PHRASE if phrases else few if searched <= few else 0
        """Up to how many items that may answer are looked at without asking which of them are the best."""
        self._phrases = phrases
        self._fetched = Fetched(index)
        self._seen = seen_by(index.manifest.generation)
        self.narrow = all_of(item_condition(filters), phrase_condition([without_space(fold(one)) for one in phrases]))
        """What an item has to meet besides being a measure; empty where nothing is asked for."""
        self._answering = all_of(self._seen, _MEASURES, self.narrow)
        self._words = weighted_words(index, weights)
        self._spread = (0.0, 0.0)
        self.some = RemoteCandidates(index, (), self._spread)
        """All candidates, as far as they were named."""
        self.allowed: set[str] = set()
        """Keys of those that were found among the items that may answer."""
        self.with_phrase = 0
        """How many items of the whole index have the phrases and pass the filters."""
        self.has_all = self.has_all_words = False
        """Whether all that may answer was named, or all of it that has any word of the question."""

    def first(self, vectors: Sequence[FloatMatrix]) -> RemoteCandidates:
        """The best of all items by words and by meaning, whatever the filters."""
        depth = LEADING if self.narrow else max(self._depth, LEADING)
        found = [self._best_by_words()]
        found += [self._nearest("vector", vector[0].tolist(), depth, self._seen) for vector in vectors]
        self._fetched.add(one.key for some in found for one in some[:depth])
        leading = {one.key for some in found for one in some[:LEADING]}
        return RemoteCandidates(self._index, self._fetched.some(leading), self._spread)

    def last(self, vectors: Sequence[FloatMatrix]) -> RemoteCandidates:
        """All candidates: those that pass the filters, too, and those near the question after it was moved."""
        if self._few:
            self._find_all()
        if self.narrow and not self.has_all:
            self._find_answers("words", self._words)
        for vector in vectors if self.narrow else vectors[1:]:
            if not self.has_all:
                self._find_answers("vector", vector[0].tolist())
        self.some = RemoteCandidates(self._index, self._fetched.some(), self._spread)
        return self.some

    def _best_by_words(self) -> Sequence[Found]:
        """The best of all items by words; also tells the mean and spread of BM25 over all items."""
        count = len(self._index)
        if count <= SAMPLE:
            best = self._nearest("words", self._words, count, self._seen)
            self._spread = spread([one.score for one in best], [], count)
            self.has_all_words = len(best) <= self._depth
            return best
        best = self._nearest("words", self._words, max(self._depth, LEADING), self._seen)
        sampled = f"draw < {DRAWS * SAMPLE // count}"
        known = {one.key for one in best}
        drawn = self._nearest("words", self._words, count, all_of(self._seen, sampled))
        rest = [one.score for one in drawn if one.key not in known]
        self._spread = spread([one.score for one in best], rest, count)
        self.has_all_words = len(best) < self._depth
        return best

    def _find_answers(self, place: str, vector: Sequence[float] | Mapping[int, float]) -> None:
        """Candidates among the items that may answer."""
        found = self._nearest(place, vector, self._depth, self._answering)
        self._take(one.key for one in found)
        if place == "words":
            self.has_all_words = len(found) < self._depth

    def _find_all(self) -> None:
        """What may answer, all of it where that is not much."""
        name, limit = self._index.names.items, self._few + 1
        keys = [row["key"] for row in self._index.milvus.rows(name, self._answering, ["key"], limit=limit)]
        self._take(keys)
        self.has_all = len(keys) < limit
        if self._phrases:
            self.with_phrase = len(keys) if self.has_all else self._index.milvus.count(name, self._answering)

    def _nearest(
        self, place: str, vector: Sequence[float] | Mapping[int, float], limit: int, condition: str
    ) -> list[Found]:
        return self._index.milvus.nearest(self._index.names.items, place, vector, limit, condition)

    def _take(self, keys: Iterable[str]) -> None:
        some = frozenset(keys)
        self.allowed |= some
        self._fetched.add(some)


def weighted_words(index: RemoteIndex, weights: Mapping[str, float]) -> dict[int, float]:
    """A question as a sparse vector: its tokens by their numbers, each weighted by how often it counts and how rare."""
    weighted: dict[int, float] = {}
    for token, rarity in rarities(index, weights).items():
        weighted[number_of(token)] = weighted.get(number_of(token), 0.0) + weights[token] * rarity
    return weighted


def spread(best: Sequence[float], sampled: Sequence[float], count: int) -> tuple[float, float]:
    """Mean and standard deviation of a score over all items, most of which have none.

    Args:
        best: scores of the best items, all of them.
        sampled: scores of those in a sample of `SAMPLE` of all items that are not among the best.
        count: how many items there are.
    """
    each = max(1.0, count / SAMPLE)
    first, rest = np.asarray(best, dtype=np.float64), np.asarray(sampled, dtype=np.float64)
    mean = float(first.sum() + each * rest.sum()) / count
    square = float(np.square(first).sum() + each * np.square(rest).sum()) / count
    return mean, sqrt(max(square - mean**2, 0.0))


def _searched(index: RemoteIndex, filters: Filters) -> int:
    """How many measures the filters leave."""
    if not filters:
        return index.manifest.measures
    condition = all_of(seen_by(index.manifest.generation), _MEASURES, item_condition(filters))
    return index.milvus.count(index.names.items, condition)


def _by_words(
    index: RemoteIndex, inquiry: Inquiry, filters: Filters, rated: Rated, limit: int | None
) -> tuple[Hit, ...]:
    """What shares most of a question's words, where nothing answers it."""
    if inquiry.mode == "meaning":
        rated = _rate(index, inquiry.question, filters, "words", rated.depth)
        inquiry = replace(inquiry, ratings=rated.ratings, allowed=rated.allowed)
    return best_by_words(rated.some, inquiry, limit)
