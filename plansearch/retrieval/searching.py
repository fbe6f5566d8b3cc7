"""Search: which plan items answer a question, best first, and how many do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import EmptyQueryError, QueryError
from plansearch.index import PlanIndex
from plansearch.results import AddedTerms, FilterCounts, Filters, Heading, Hit, SearchMode, SearchResult
from plansearch.retrieval.asked import Asked, Shown
from plansearch.retrieval.counting import filter_counts
from plansearch.retrieval.explanation import explain
from plansearch.retrieval.filters import resolve_filters
from plansearch.retrieval.folding import Group, fold_twins, single_groups, without_copies
from plansearch.retrieval.likeness import positions_of, question_like, vector_like
from plansearch.retrieval.phrases import with_phrases
from plansearch.retrieval.pools import Positions
from plansearch.retrieval.question import Question, understand
from plansearch.retrieval.scoring import (
    THRESHOLDS,
    Ratings,
    grade_of,
    log_odds,
    probability,
    question_vector,
    rate,
)
from plansearch.text import fold, match_ranges
from plansearch.types import FloatMatrix, Reranker

MAX_QUERY_LENGTH: Final = 1000
"""Characters; the model reads about 500, and the time grows with the length: 6,000 take 5 s, 20,000 take 27 s."""

RERANKED: Final = 50
"""First items that a reranker puts in order; it reads each with the question, which takes seconds."""

ITEMS_BY_WORDS: Final = 3
"""Items shown that share words with a question where nothing answers it."""

SEEN_BY_WORDS: Final = 20
"""Items among which those are looked for, since equal ones fold."""

NO_FILTERS: Final = Filters()

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question ready to be answered: understood, rated, with what may answer it."""

    query: str
    """As it was asked."""
    exact: bool
    liked: Sequence[int]
    """Positions of items that the hits are to be like."""
    unliked: Sequence[int]
    question: Question
    mode: SearchMode
    asked: FloatMatrix | None
    """Its vector, ``(1, dimension)``; ``None`` where only words count."""
    ratings: Ratings
    close: Positions
    """Items that are close enough, ascending."""
    allowed: Mask
    """Which items may be hits, ``(n_items,)``."""


def search(
    index: PlanIndex,
    query: str = "",
    *,
    filters: Filters = NO_FILTERS,
    limit: int | None = 10,
    mode: SearchMode = "hybrid",
    fold_equal: bool = True,
    exact: bool = False,
    why: bool = False,
    like: Sequence[str] = (),
    unlike: Sequence[str] = (),
    reranker: Reranker | None = None,
    exhaustive: bool = False,
    count: bool = False,
) -> SearchResult:
    """Find the plan items that answer a question.

    An item's score does not depend on the filters: what they leave keeps the order of the unfiltered answer.

    Args:
        index: what to search.
        query: words or a sentence, in Traditional or Simplified characters; ``"…"`` asks for a phrase, letter for
            letter. It may be empty where ``like`` is given.
        filters: which items may answer. Of an agency, type or city a part of the name is enough that only one has.
        limit: how many hits at most; ``None`` for all that are close enough.
        mode: ``words`` finds shared words (BM25), ``meaning`` near vectors, ``hybrid`` adds up both.
        fold_equal: make one hit of items with the same text, but for what changes nothing in it.
        exact: add no words to the question.
        why: say of each hit why it was found, which takes some time.
        like: ids of items that the hits are to be like; they are not hits themselves.
        unlike: ids of items that the hits are not to be like.
        reranker: reads the first 50 items together with the question and puts them in order again.
        exhaustive: look at every item of an index that is large, too; without a limit that is always done.
        count: count the answers by the values of each filter.

    Raises:
        EmptyQueryError: the query holds nothing to search for.
        QueryError: it is longer than `MAX_QUERY_LENGTH`, or an id is unknown.
        UnknownFilterValueError: a filter names what no item has, or a part of what several have.
        PlansearchError: the model or the index fails.
    """
    check_limit(limit)
    liked, unliked = positions_of(index, like), positions_of(index, unlike)
    resolved = resolve_filters(index, filters)
    allowed = index.facets.allowed(resolved)
    allowed[[*liked, *unliked]] = False
    whole = exhaustive or limit is None
    inquiry = inquire(
        index, query, mode=mode, exact=exact, liked=liked, unliked=unliked, allowed=allowed, exhaustive=whole
    )
    ranked = without_copies(index, rank(inquiry), unliked)
    if reranker is not None:
        ranked = _reranked(index, inquiry, ranked, reranker)
    groups = fold_twins(index, ranked.tolist(), limit) if fold_equal else single_groups(ranked[:limit])
    hits = hits_of(index, inquiry, groups, why=why)
    words_only = () if hits else _by_words(index, inquiry, limit)
    answer = _answer(index, inquiry, resolved, hits, total=len(ranked), count=count)
    return replace(answer, folded=fold_equal, by_words=words_only, reranker=reranker.name if reranker else None)


def _answer(
    index: PlanIndex, inquiry: Inquiry, filters: Filters, hits: tuple[Hit, ...], *, total: int, count: bool
) -> SearchResult:
    searched = int(np.count_nonzero(inquiry.allowed))
    answer = answer_of(index, inquiry, filters, hits, total=total, searched=searched)
    counts: tuple[FilterCounts, ...] = ()
    if count:
        others = np.setdiff1d(inquiry.close, [*inquiry.liked, *inquiry.unliked])
        counts = filter_counts(index, filters, without_copies(index, others, inquiry.unliked))
    return replace(answer, liked=index.items(inquiry.liked), unliked=index.items(inquiry.unliked), counts=counts)


def answer_of(
    index: Asked, inquiry: Inquiry, filters: Filters, hits: tuple[Hit, ...], *, total: int, searched: int
) -> SearchResult:
    """The answer, but for how its hits were arranged.

    Args:
        index: what was asked.
        inquiry: how it was asked.
        filters: with the values that the index has.
        hits: what was found.
        total: how many items are close enough.
        searched: how many measures the filters leave.
    """
    told = bool(filters.agencies or filters.requirements or not hits)
    return SearchResult(
        inquiry.query,
        inquiry.mode,
        filters,
        index.model,
        hits,
        total=total,
        searched=searched,
        caveats=index.catalog.caveats(filters) if told else (),
        added=added_terms(inquiry.question),
        unknown=inquiry.question.unknown,
        headings=named_headings(index, inquiry.question),
        phrases=inquiry.question.phrases,
        exact=inquiry.exact,
        complete=inquiry.ratings.complete,
    )


def check_limit(limit: int | None) -> None:
    """See that at least one hit is asked for.

    Raises:
        ValueError: it is not.
    """
    if limit is not None and limit < 1:
        msg = f"limit must be at least 1, not {limit}"
        raise ValueError(msg)


def inquire(
    index: PlanIndex,
    query: str,
    *,
    mode: SearchMode,
    exact: bool = False,
    liked: Sequence[int] = (),
    unliked: Sequence[int] = (),
    allowed: Mask | None = None,
    exhaustive: bool = True,
) -> Inquiry:
    """Understand a question and rate items by it.

    Args:
        index: what is searched.
        query: as `search`.
        mode: as `search`.
        exact: as `search`.
        liked: positions of items that the hits are to be like.
        unliked: positions of items that they are not to be like.
        allowed: which items may be hits, ``(n_items,)``; all by default.
        exhaustive: as `search`.

    Raises:
        PlansearchError: as `search`.
    """
    if allowed is None:
        allowed = np.ones(len(index), dtype=np.bool_)
    query = check_query(query, may_be_empty=bool(liked))
    _check_unliked(mode, liked, unliked)
    question = understand(index, query, exact=exact)
    asked = None
    if mode != "words" and question.text:
        asked = question_vector(index, question)
    if (liked or unliked) and mode != "words":
        asked = vector_like(index, asked, liked, unliked)
    if liked:
        question = question_like(index, question, liked)
    # 請問如何 has a vector too, and it is near to something
    only_asks = question.only_asks and not liked and mode != "words"
    # who asks for a phrase wants all that has it, and nothing else
    having = with_phrases(index, question.phrases) if question.phrases else None
    for whole in (exhaustive or having is not None, True):
        rated = rate(index, question, mode, asked, allowed=allowed, exhaustive=whole)
        ratings = without_restatements(index, rated)
        close = close_enough(ratings, mode) if having is None else having
        if ratings.complete or only_asks or allowed[close].any():
            break  # else nobody is told that there is nothing before all was looked at
    close = close[:0] if only_asks and having is None else close
    return Inquiry(query, exact, liked, unliked, question, mode, asked, ratings, close, allowed)


def close_enough(ratings: Ratings, mode: SearchMode) -> Positions:
    """The rated items that are close enough."""
    if mode == "words":
        return ratings.positions[ratings.shared]
    likely = ratings.odds >= log_odds(THRESHOLDS["possible"])
    return ratings.positions[likely] if ratings.touched else ratings.positions[:0]


def check_query(query: str, *, may_be_empty: bool = False) -> str:
    """A question as it can be searched for.

    Raises:
        EmptyQueryError: it holds nothing to search for.
        QueryError: it is longer than `MAX_QUERY_LENGTH`.
    """
    # A broken console can put lone surrogates into a question; no file could be written with them.
    query = query.encode("utf-8", "replace").decode("utf-8")
    if len(query) > MAX_QUERY_LENGTH:
        raise QueryError(f"查詢太長（{len(query)} 字）。請縮短到 {MAX_QUERY_LENGTH} 字以內，一次問一件事。")
    if not may_be_empty and not any(character.isalnum() for character in fold(query)):
        raise EmptyQueryError(f"查詢「{query}」沒有可以搜尋的文字。請輸入要找的內容，例如：無障礙設施。")
    return query


def without_restatements(index: Shown, ratings: Ratings) -> Ratings:
    """What only says its requirement again may share all words with a question, and still is no measure."""
    copied = index.facets.restating[ratings.positions]
    least = np.minimum(ratings.odds, log_odds(THRESHOLDS["possible"]))
    return replace(ratings, odds=np.where(copied, least, ratings.odds))


def _check_unliked(mode: SearchMode, liked: Sequence[int], unliked: Sequence[int]) -> None:
    """See that what the answer is not to be like can be looked at.

    Raises:
        QueryError: it is to be like the same item, or only words count, which say nothing of likeness.
    """
    if set(liked) & set(unliked):
        raise QueryError("--like 和 --not-like 有同一項，不能又要像又不要像。請拿掉其中一個。")
    if unliked and mode == "words":
        raise QueryError("--not-like 要比意思，不能和 --mode words 一起用。請拿掉其中一個。")


def rank(inquiry: Inquiry, allowed: Positions | None = None) -> Positions:
    """The items that are close enough, best first.

    Args:
        inquiry: what was asked.
        allowed: positions of those that may answer, ascending; by default those that the inquiry allows.
    """
    found = inquiry.close[inquiry.allowed[inquiry.close]]
    if allowed is not None:
        found = found[np.isin(found, allowed, assume_unique=True)]
    # Positions ascend and the sort is stable, so equal scores stay in the order of the plans.
    return found[np.argsort(-inquiry.ratings.odds[inquiry.ratings.places(found)], kind="stable")]


def hits_of(index: Shown, inquiry: Inquiry, groups: Sequence[Group], *, why: bool = False) -> tuple[Hit, ...]:
    """Hits of ranked groups of items."""
    marks = [*index.tokenizer.marks(inquiry.question.text), *map(fold, inquiry.question.phrases)]
    marks = [mark for mark in marks if not index.vocabulary.only_asks(mark)] or marks
    marks += [fold(term) for term in _all_added(inquiry.question)]
    items = iter(index.items([position for group in groups for position in (group.best, *group.twins)]))
    places = inquiry.ratings.places(np.asarray([group.best for group in groups], dtype=np.int64))
    odds = inquiry.ratings.odds[places]
    likely, restates = probability(odds), index.facets.restating
    hits = []
    for place, group in enumerate(groups, start=1):
        found = next(items)
        hit = Hit(
            place,
            float(odds[place - 1]),
            found,
            match_ranges(found.item.text, marks),
            relevance=float(likely[place - 1]),
            grade=grade_of(float(likely[place - 1])),
            twins=tuple(next(items) for _ in group.twins),
            restates=bool(restates[group.best]),
        )
        hits.append(hit)
    if why:
        pairs = [(hit, group.best) for hit, group in zip(hits, groups, strict=True)]
        reasons = explain(
            index, inquiry.question, pairs, ratings=inquiry.ratings, mode=inquiry.mode, asked=inquiry.asked
        )
        hits = [replace(hit, why=reason) for hit, reason in zip(hits, reasons, strict=True)]
    return tuple(hits)


def named_headings(index: Asked, question: Question) -> tuple[Heading, ...]:
    """Requirements whose titles have all of the question's words; their measures need not say them again."""
    words = {word for word in question.content if len(word) > 1}
    if not words or question.is_sentence:
        return ()
    return tuple(one for one in index.catalog.headings() if all(word in fold(one.title) for word in words))


def added_terms(question: Question) -> tuple[AddedTerms, ...]:
    """What was added to a question's words."""
    return tuple(AddedTerms(one.word, one.terms) for one in question.expansions)


def _all_added(question: Question) -> list[str]:
    return [term for one in question.expansions for term in one.terms]


def _by_words(index: PlanIndex, inquiry: Inquiry, limit: int | None) -> tuple[Hit, ...]:
    """What shares most of a question's words, where nothing answers it."""
    if inquiry.mode == "meaning":
        complete = inquiry.ratings.complete
        ratings = rate(index, inquiry.question, "words", allowed=inquiry.allowed, exhaustive=complete)
        inquiry = replace(inquiry, ratings=ratings)
    return best_by_words(index, inquiry, limit)


def best_by_words(index: Shown, inquiry: Inquiry, limit: int | None = None) -> tuple[Hit, ...]:
    """What has most of a question's words, itself or by a whole term that was added for them."""
    ratings = inquiry.ratings
    allowed = np.flatnonzero(inquiry.allowed[ratings.positions] & ratings.shared)
    # rounded: sums of 32 and of 64 bits put equal items in one order
    covered = np.round(ratings.reached[allowed], 6)
    order = np.argsort(-covered, kind="stable")[: min(SEEN_BY_WORDS, int(np.count_nonzero(covered)))]
    best = ratings.positions[allowed[order]]
    return hits_of(index, inquiry, fold_twins(index, best.tolist(), min(limit or ITEMS_BY_WORDS, ITEMS_BY_WORDS)))


def _reranked(index: PlanIndex, inquiry: Inquiry, ranked: Positions, reranker: Reranker) -> Positions:
    """The first items in the order in which a reranker finds that they answer."""
    first = ranked[:RERANKED].tolist()
    if not first:
        return ranked
    texts = index.catalog.texts(first)
    asked = " ".join([inquiry.question.text, *index.catalog.texts(inquiry.liked).values()]).strip()
    scores = reranker.scores(asked, [texts[position] for position in first])
    order = np.argsort(-np.asarray(scores), kind="stable")
    return np.concatenate([ranked[:RERANKED][order], ranked[RERANKED:]])
