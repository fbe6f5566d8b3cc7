"""Search in an index past one machine: Milvus finds candidates, and each candidate is rated exactly.

What speaks for an item is the same as in `scoring`. Only two things are not looked at for every item: which items are
rated at all (those that Milvus finds by meaning, by words, and by meaning again after the question was moved towards
its best answers), and the mean and spread of BM25, which past some thousand items come from the best and from a sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.remote import RemoteIndex
from plansearch.results import Filters, Hit, SearchMode, SearchResult
from plansearch.retrieval.candidates import Candidates, Pool, rarities
from plansearch.retrieval.filters import resolve_filters
from plansearch.retrieval.folding import fold_twins, single_groups
from plansearch.retrieval.question import Question, understand
from plansearch.retrieval.scoring import (
    ALONE,
    BENEFIT,
    FEEDBACK_ITEMS,
    FEEDBACK_WEIGHT,
    FEW_ITEMS,
    RELATIVE,
    TERM_WEIGHT,
    THRESHOLDS,
    WHOLE,
    WORDING_WEIGHT,
    Evidence,
    Ratings,
    Scores,
    gather,
    log_odds,
    question_vector,
    touches,
)
from plansearch.retrieval.searching import (
    ITEMS_BY_WORDS,
    NO_FILTERS,
    SEEN_BY_WORDS,
    Inquiry,
    added_terms,
    check_limit,
    check_query,
    hits_of,
    named_headings,
    rank,
)
from plansearch.store.milvus import Found
from plansearch.store.milvus_rows import number_of, without_space
from plansearch.store.milvus_schema import DRAWS, all_of, item_condition, phrase_condition, seen_by
from plansearch.text import fold, telling_tokens
from plansearch.types import FloatMatrix

CANDIDATES: Final = 400
"""Items that are looked at of each leg."""

LEADING: Final = 100
"""Items of each leg that are looked at besides, where filters leave only some: by the best of all a question is moved,
so that an item's score does not depend on the filters."""

SAMPLE: Final = 12_000
"""Items up to which BM25's mean and spread are exact, and that a sample has beyond: its mean is sure to about 1 % of
the spread. Milvus gives 16,384 at most."""

MOST_WITH_PHRASE: Final = 2_000
"""Items with a phrase that are all rated; of more, only the candidates are."""

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

    Arguments and result are those of `plansearch.search`, but for three things. ``total`` counts what was found among
    the candidates: where it is near their number, there is more. ``why``, ``like``, ``unlike`` and ``reranker`` are for
    an index on this machine only. Twins are found among the candidates.

    Args:
        index: what to search.
        query: words or a sentence; ``"…"`` asks for a phrase, letter for letter.
        filters: which items may answer.
        limit: how many hits at most; ``None`` for all candidates that are close enough.
        mode: ``words`` finds shared words (BM25), ``meaning`` near vectors, ``hybrid`` adds up both.
        fold_equal: make one hit of items with the same text.
        exact: add no words to the question.
        candidates: how many items of each leg are looked at.

    Raises:
        EmptyQueryError: the query holds nothing to search for.
        QueryError: it is too long.
        UnknownFilterValueError: a filter names what no item has, or a part of what several have.
        PlansearchError: the model or Milvus fails.
    """
    check_limit(limit)
    query = check_query(query)
    empty = Candidates(index)
    question = understand(empty.as_index, query, exact=exact)
    resolved = resolve_filters(empty.as_index, filters)
    rated = _Legs(index, question, resolved, mode, candidates).rate()
    inquiry = Inquiry(query, exact, (), (), question, mode, rated.asked, rated.ratings, rated.close)
    return _answer(index, inquiry, rated, resolved, limit=limit, fold_equal=fold_equal)


def _answer(
    index: RemoteIndex, inquiry: Inquiry, rated: Rated, filters: Filters, *, limit: int | None, fold_equal: bool
) -> SearchResult:
    """The best of the rated candidates, and what else is told of a question."""
    view, question = rated.candidates.as_index, inquiry.question
    ranked = rank(inquiry, rated.allowed)
    groups = fold_twins(view, ranked.tolist(), limit) if fold_equal else single_groups(ranked[:limit])
    hits = hits_of(view, inquiry, groups)
    told = bool(filters.agencies or filters.requirements or not hits)
    return SearchResult(
        inquiry.query,
        inquiry.mode,
        filters,
        index.model,
        hits,
        total=max(len(ranked), rated.with_phrase),
        searched=_searched(index, filters),
        caveats=index.caveats(filters) if told else (),
        added=added_terms(question),
        unknown=question.unknown,
        headings=named_headings(view, question),
        phrases=question.phrases,
        exact=inquiry.exact,
        folded=fold_equal,
        by_words=() if hits else _by_words(rated, inquiry),
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """Candidates and how well they answer."""

    candidates: Candidates
    asked: FloatMatrix | None
    ratings: Ratings
    close: npt.NDArray[np.bool_]
    """Which are close enough."""
    allowed: npt.NDArray[np.int64]
    """Places of those that pass the filters, ascending."""
    with_phrase: int = 0
    """How many items of the whole index have the phrases and pass the filters."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of a score over all items."""

    mean: float
    deviation: float

    def standardise(self, values: Scores) -> Scores:
        """Deviations from the mean in standard deviations; zeros where all items are equal."""
        if self.deviation <= np.finfo(np.float32).eps:
            return np.zeros_like(values)
        scores: Scores = (values - self.mean) / self.deviation
        return scores


class _Legs:
    """The searches by which Milvus finds candidates for one question."""

    def __init__(
        self, index: RemoteIndex, question: Question, filters: Filters, mode: SearchMode, candidates: int
    ) -> None:
        self._index = index
        self._question = question
        self._mode = mode
        self._depth = candidates
        self._pool = Pool(index)
        self._seen = seen_by(index.manifest.generation)
        phrases = phrase_condition([without_space(fold(phrase)) for phrase in question.phrases])
        self._narrow = all_of(item_condition(filters), phrases)
        self._answering = all_of(self._seen, _MEASURES, self._narrow)
        self._allowed: set[str] = set()
        self._words = weighted_words(index, question)
        self._spread = Spread(0.0, 0.0)

    def rate(self) -> Rated:
        """Find candidates and rate them."""
        asked = None
        if self._mode == "meaning":
            # they are shown where nothing answers
            self._find_answers("words", self._words)
        else:
            self._find_words()
        if self._mode != "words" and self._question.text:
            asked = question_vector(Candidates(self._index).as_index, self._question)
            self._find_near(asked)
        with_phrase = self._find_phrases() if self._question.phrases else 0
        some = self._pool.candidates()
        evidence = self._evidence(some, asked)
        if asked is not None and touches(evidence, self._question):
            moved = _moved(some, asked, evidence.meaning + evidence.words)
            self._find_answers("vector", moved[0].tolist())
            some = self._pool.candidates()
            near = Spread(self._index.moments.mean(moved), self._index.moments.deviation(moved))
            evidence = replace(self._evidence(some, asked), meaning=near.standardise(some.cosines(moved)))
        ratings = self._ratings(some, evidence)
        return Rated(some, asked, ratings, self._close(ratings), self._places(some), with_phrase)

    def _find_words(self) -> None:
        """Candidates by words, and the mean and spread of BM25 over all items."""
        count = len(self._index)
        whole = count <= SAMPLE
        leading = self._nearest("words", self._words, count if whole else self._depth, self._seen)
        if whole:
            rest: Sequence[Found] = ()
        else:
            sampled = f"draw < {DRAWS * SAMPLE // count}"
            known = {one.key for one in leading}
            drawn = self._nearest("words", self._words, count, all_of(self._seen, sampled))
            rest = [one for one in drawn if one.key not in known]
        self._spread = spread([one.score for one in leading], [one.score for one in rest], count)
        self._take(leading[: self._depth if not self._narrow else LEADING])
        if self._narrow:
            self._find_answers("words", self._words)

    def _find_near(self, asked: FloatMatrix) -> None:
        """Candidates by meaning."""
        vector = asked[0].tolist()
        self._take(self._nearest("vector", vector, LEADING if self._narrow else self._depth, self._seen))
        if self._narrow:
            self._find_answers("vector", vector)

    def _find_answers(self, place: str, vector: Sequence[float] | Mapping[int, float]) -> None:
        """Candidates that pass the filters."""
        found = self._nearest(place, vector, self._depth, self._answering)
        self._allowed.update(one.key for one in found)
        self._take(found)

    def _find_phrases(self) -> int:
        """What has the phrases and passes the filters; gives how many do."""
        name = self._index.names.items
        keys = {row["key"] for row in self._index.milvus.rows(name, self._answering, ["key"], limit=MOST_WITH_PHRASE)}
        self._allowed |= keys
        self._pool.add(keys)
        full = len(keys) == MOST_WITH_PHRASE
        return self._index.milvus.count(name, self._answering) if full else len(keys)

    def _nearest(
        self, place: str, vector: Sequence[float] | Mapping[int, float], limit: int, condition: str
    ) -> list[Found]:
        return self._index.milvus.nearest(self._index.names.items, place, vector, limit, condition)

    def _take(self, found: Sequence[Found]) -> None:
        self._pool.add(one.key for one in found)

    def _evidence(self, some: Candidates, asked: FloatMatrix | None) -> Evidence:
        nothing = np.zeros(len(some))
        evidence = Evidence(nothing, nothing, nothing, nothing, nothing, nothing)
        if self._mode != "meaning" and len(some):
            had = gather(some.as_index, self._question, "words")
            evidence = replace(had, words=self._spread.standardise(some.word_scores(self._words)))
        if asked is None:
            return evidence
        cosines = some.cosines(asked)
        near = Spread(self._index.moments.mean(asked), self._index.moments.deviation(asked))
        return replace(evidence, meaning=near.standardise(cosines), similar=self._index.chance.standardise(cosines))

    def _ratings(self, some: Candidates, evidence: Evidence) -> Ratings:
        weights = RELATIVE[self._mode]
        if self._mode != "words" and len(self._index) < FEW_ITEMS:
            weights = ALONE
        odds = weights.odds(evidence)
        if self._mode != "words":
            odds = np.minimum(odds, ALONE.odds(evidence) + BENEFIT)
        # what only says its requirement again is no measure
        copied = sorted(some.restating)
        odds[copied] = np.minimum(odds[copied], log_odds(THRESHOLDS["possible"]))
        shared = (evidence.covered > 0) | (evidence.meant >= WHOLE)
        touched = bool(shared.any()) if self._mode == "words" else touches(evidence, self._question)
        meaning, words = weights.of_meaning(evidence), weights.of_words(evidence)
        return Ratings(odds, meaning, words, evidence.reached, shared, touched)

    def _close(self, ratings: Ratings) -> npt.NDArray[np.bool_]:
        if self._question.phrases:
            # who asks for a phrase wants all that has it; those that pass the filters have it
            return np.ones(len(ratings.odds), dtype=np.bool_)
        if self._mode == "words":
            return ratings.shared
        if self._question.only_asks:
            return np.zeros(len(ratings.odds), dtype=np.bool_)
        likely: npt.NDArray[np.bool_] = ratings.touched & (ratings.odds >= log_odds(THRESHOLDS["possible"]))
        return likely

    def _places(self, some: Candidates) -> npt.NDArray[np.int64]:
        if not self._narrow:
            return some.measures
        return np.asarray(sorted(some.place_of[key] for key in self._allowed), dtype=np.int64)


def weighted_words(index: RemoteIndex, question: Question) -> dict[int, float]:
    """A question as a sparse vector: its words and the added terms, by their numbers, weighted by how rare they are."""
    weights = dict.fromkeys(question.tokens, 0.0)
    for token in question.tokens:
        weights[token] += 1.0
    for expansion in question.expansions:
        weight = WORDING_WEIGHT if expansion.everyday else TERM_WEIGHT
        for term in expansion.terms:
            for token in telling_tokens(index.tokenizer.tokens(term)):
                weights[token] = weights.get(token, 0.0) + weight
    weighted: dict[int, float] = {}
    for token, rarity in rarities(index, list(weights)).items():
        weighted[number_of(token)] = weighted.get(number_of(token), 0.0) + weights[token] * rarity
    return weighted


def spread(best: Sequence[float], sampled: Sequence[float], count: int) -> Spread:
    """Mean and spread of a score over all items, most of which have none.

    Args:
        best: scores of the best items, all of them.
        sampled: scores of those in a sample of `SAMPLE` of all items that are not among the best.
        count: how many items there are.
    """
    each = max(1.0, count / SAMPLE)
    first, rest = np.asarray(best, dtype=np.float64), np.asarray(sampled, dtype=np.float64)
    mean = float(first.sum() + each * rest.sum()) / count
    square = float(np.square(first).sum() + each * np.square(rest).sum()) / count
    return Spread(mean, sqrt(max(square - mean**2, 0.0)))


def _moved(some: Candidates, asked: FloatMatrix, scores: Scores) -> FloatMatrix:
    """The question's vector moved towards the items that answer it best, as `scoring` moves it."""
    best = np.argsort(-scores, kind="stable")[:FEEDBACK_ITEMS]
    weights = np.exp(scores[best] - scores[best].max())
    middle = (weights / weights.sum()) @ some.vectors(best.tolist())
    vector = asked[0] + FEEDBACK_WEIGHT * middle.astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)[np.newaxis, :]


def _searched(index: RemoteIndex, filters: Filters) -> int:
    """How many measures the filters leave."""
    if not filters:
        return index.manifest.measures
    condition = all_of(seen_by(index.manifest.generation), _MEASURES, item_condition(filters))
    return index.milvus.count(index.names.items, condition)


def _by_words(rated: Rated, inquiry: Inquiry) -> tuple[Hit, ...]:
    """What shares most of a question's words, where nothing answers it."""
    if not len(rated.allowed):
        return ()
    view = rated.candidates.as_index
    covered = gather(view, inquiry.question, "words").reached[rated.allowed]
    best = rated.allowed[np.argsort(-covered, kind="stable")][: min(SEEN_BY_WORDS, int(np.count_nonzero(covered)))]
    return hits_of(view, inquiry, fold_twins(view, best.tolist(), ITEMS_BY_WORDS))
