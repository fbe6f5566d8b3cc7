"""How well every item answers a question, as one number that is a probability at heart.

Two legs are added up, meaning and words. What they say is turned into a probability by a logistic function
whose weights were fitted to judged queries (``benchmarks/calibrate.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.results import Grade, SearchMode
from plansearch.retrieval.asked import Asked
from plansearch.retrieval.candidates import FINAL, FIRST, Candidates, leaves_few
from plansearch.retrieval.evidence import ALONE, RELATIVE, Evidence, odds_of
from plansearch.retrieval.pools import Pool, Positions, RoughItems, Scores, SomeItems, WholeIndex
from plansearch.retrieval.question import Question
from plansearch.text import Tokenizer, telling_tokens
from plansearch.types import FloatMatrix

TERM_WEIGHT: Final = 0.3
"""Weight of a term that was added for another term of the plans, beside the question's own words."""

WORDING_WEIGHT: Final = 0.8
"""Weight of a term that was added for an everyday wording, which plans don't have. On 108 judged queries
0.5 and 1.0 do nearly as well."""

EXPANDED_WEIGHT: Final = 0.5
"""Weight of the vector of the question with its added terms, beside that of the question alone."""

STRADDLING_WEIGHT: Final = 0.4
"""Weight of a pair of characters that belong to two words, beside that of a word, in what an item has of a question."""

FEEDBACK_ITEMS: Final = 5
"""Best items that a question is moved towards. From 3 to 8 the result is the same, since the weights fall quickly."""

FEEDBACK_WEIGHT: Final = 0.6
"""Weight of those items' vector beside the question's. On the judged queries nDCG@10 went from 0.935 to 0.951 (even
ones 0.913 to 0.941, odd ones 0.957 to 0.960); 0.3 gives 0.944, 1.0 gives 0.952 and lets the question go further."""

WHOLE: Final = 0.999
"""Part of a term that is all of it; the parts are added up in 32 bits."""

ROUGH_MARGIN: Final = 0.3
"""Log odds by which a rough vector may be wrong; of a million items none was wrong by more than 0.05."""

FEW_ITEMS: Final = 30
"""Below this many items it says little how far an item stands out among them: a single item never does."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence, and of what."""

    evidence: Evidence
    positions: Positions
    """Which items it speaks of, ascending."""
    touched: bool
    """Whether the plans speak of the question's subject at all."""
    complete: bool
    """Whether these are all items, and not only candidates for the best."""


TOUCHED: Final = 0.024
"""Least probability of the best item, judged alone, for the plans to speak of a question's subject at all. Of 35
questions off all subjects three come to more, of 108 judged queries four to less, all of them sentences that share
no word with the plans."""

TOUCHED_WITH_UNKNOWN_WORDS: Final = 0.1
"""The same where a good part of a question's words stands in no plan: 量子電腦採購 is no question about buying."""

MANY_UNKNOWN: Final = 1 / 3
"""Part of a question's words from which on unknown ones count. Sentences have many words that plans never use."""

THRESHOLDS: Final[dict[Grade, float]] = {"high": 0.7, "related": 0.3, "possible": 0.05}
"""Least probability of each grade. ``benchmarks/RESULTS.md`` says how many items of each grade answered."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """How well each rated item answers; every field of many is ``(n_rated,)``."""

    positions: Positions
    """Which items were rated, ascending."""
    odds: Scores
    """Log odds that it does."""
    meaning: Scores
    """What its meaning gave to them."""
    words: Scores
    """What its words gave to them."""
    reached: Scores
    """Part of the question's words that it has itself or by an added term, by their rarity, 0 to 1."""
    shared: npt.NDArray[np.bool_]
    """Whether it has a word of the question, or the whole of a term that was added."""
    touched: bool
    """Whether the plans speak of the question's subject at all."""
    complete: bool
    """Whether all items were rated, and not only candidates for the best."""

    def places(self, positions: Positions) -> Positions:
        """Where the ratings of some rated items stand."""
        return np.searchsorted(self.positions, positions)


def rate(
    index: PlanIndex,
    question: Question,
    mode: SearchMode,
    asked: FloatMatrix | None = None,
    *,
    allowed: npt.NDArray[np.bool_] | None = None,
    exhaustive: bool = True,
) -> Ratings:
    """Rate items.

    Args:
        index: what is searched.
        question: what is asked.
        mode: which legs count.
        asked: the question's vector, ``(1, dimension)``, where it is known already.
        allowed: which items may answer, ``(n_items,)``, where not all are rated; all by default.
        exhaustive: rate all items, also of an index so large that only candidates need be.

    Raises:
        PlansearchError: the model or the index fails.
    """
    found = gather(index, question, mode, asked, allowed=allowed, exhaustive=exhaustive)
    return ratings_of(found, mode, len(index))


def ratings_of(found: Gathered, mode: SearchMode, n_items: int) -> Ratings:
    """How well items answer by what was gathered, in an index of so many."""
    evidence = found.evidence
    weights = RELATIVE[mode]
    if mode != "words" and n_items < FEW_ITEMS:
        weights = ALONE
    return Ratings(
        found.positions,
        odds_of(evidence, weights, mode),
        weights.of_meaning(evidence),
        weights.of_words(evidence),
        evidence.reached,
        _shared(evidence),
        found.touched,
        found.complete,
    )


def gather(
    index: PlanIndex,
    question: Question,
    mode: SearchMode,
    asked: FloatMatrix | None = None,
    *,
    allowed: npt.NDArray[np.bool_] | None = None,
    exhaustive: bool = True,
) -> Gathered:
    """Collect what speaks for each item; arguments and errors as `rate`."""
    if mode != "words" and asked is None:
        asked = question_vector(index, question)
    vectors = [] if asked is None or mode == "words" else [asked]
    weights = {} if mode == "meaning" else word_weights(index, question)
    if exhaustive or not index.dense.is_approximate:
        return gather_from(index, question, weights, vectors, WholeIndex(index))
    own = _weights(index, question.tokens, question.content) if weights else {}
    candidates = Candidates(index, mode, weights, own)
    last, sharpen = partial(candidates.name, FINAL, allowed=allowed), partial(sharpened, index, mode)
    first = candidates.name(FIRST, vectors)
    found = gather_from(index, question, weights, vectors, first, last=last, sharpen=sharpen)
    return replace(found, complete=allowed is not None and leaves_few(allowed))


def gather_from(
    index: Asked,
    question: Question,
    weights: Mapping[str, float],
    vectors: Sequence[FloatMatrix],
    first: Pool,
    *,
    last: Callable[[Sequence[FloatMatrix]], Pool] | None = None,
    sharpen: Callable[[Pool, Evidence, Sequence[FloatMatrix]], Evidence] | None = None,
) -> Gathered:
    """Collect what speaks for the items of a pool.

    Args:
        index: by which they are judged.
        question: what is asked.
        weights: what `word_weights` gives; nothing where words don't count.
        vectors: the question's own, ``(1, dimension)``; none where meaning doesn't count.
        first: items among which the best of all are; they say whether the subject is known, and feed back.
        last: names the items to be rated, given the question's vector and the one that was moved towards the best; by
            default they are the first ones, which are all.
        sharpen: looks again at items that may be hits, given the pool, its evidence and both vectors, where the pool
            knows its vectors roughly.
    """
    pool = first
    evidence = _gather(index, question, weights, vectors, pool)
    touched = touches(evidence, question) if vectors else bool(_shared(evidence).any())
    if vectors and touched:
        vectors = [*vectors, _with_feedback(pool, vectors[0], evidence.meaning + evidence.words)]
    if last is not None:
        pool = last(vectors)
        evidence = _gather(index, question, weights, vectors, pool)
    if vectors and touched:
        meaning = pool.standing_out_in_meaning(vectors[-1], pool.cosines(vectors[-1]))
        evidence = replace(evidence, meaning=meaning)
    if sharpen is not None:
        evidence = sharpen(pool, evidence, vectors)
    return Gathered(evidence, pool.positions, touched, complete=last is None)


def _gather(
    index: Asked,
    question: Question,
    weights: Mapping[str, float],
    vectors: Sequence[FloatMatrix],
    pool: Pool,
) -> Evidence:
    """What speaks for the items of a pool before the best ones feed back; without weights no words do."""
    nothing = np.zeros(len(pool.positions))
    words = covered = meant = reached = meaning = similar = nothing
    if weights:
        words = pool.standing_out_in_words(weights)
        covered, meant, reached = _coverage(index, question, index.tokenizer, pool)
    if vectors:
        cosines = pool.cosines(vectors[0])
        meaning, similar = pool.standing_out_in_meaning(vectors[0], cosines), index.chance.standardise(cosines)
    return Evidence(meaning, words, similar, covered, meant, reached)


def sharpened(
    index: PlanIndex, mode: SearchMode, pool: Pool, evidence: Evidence, vectors: Sequence[FloatMatrix]
) -> Evidence:
    """Evidence of a pool in which those that may be hits are judged by their vectors as they are.

    Args:
        index: where they are.
        mode: which legs count.
        pool: the items; of others than `RoughItems` nothing changes.
        evidence: what speaks for them.
        vectors: the question's own, and the one that was moved towards the best.
    """
    if not isinstance(pool, RoughItems) or not vectors:
        return evidence
    odds = odds_of(evidence, RELATIVE[mode], mode)
    likely = np.flatnonzero(odds >= log_odds(THRESHOLDS["possible"]) - ROUGH_MARGIN)
    if not len(likely):
        return evidence
    exact = SomeItems(index, pool.positions[likely])
    meaning, similar = evidence.meaning.copy(), evidence.similar.copy()
    meaning[likely] = exact.standing_out_in_meaning(vectors[-1], exact.cosines(vectors[-1]))
    similar[likely] = index.chance.standardise(exact.cosines(vectors[0]))
    return replace(evidence, meaning=meaning, similar=similar)


def _shared(evidence: Evidence) -> npt.NDArray[np.bool_]:
    return (evidence.covered > 0) | (evidence.meant >= WHOLE)


def rate_alone(
    index: PlanIndex,
    question: Question,
    tokenizer: Tokenizer,
    asked: FloatMatrix | None = None,
    pool: Pool | None = None,
) -> Scores:
    """How likely each item answers, judged for itself: another plan in the index changes nothing, ``(n_rated,)``.

    Args:
        index: what is searched.
        question: what is asked, cut by ``tokenizer``.
        tokenizer: one that knows the whole dictionary, since the index's own depends on the words of its plans.
        asked: the question's vector, ``(1, dimension)``; by default it leans towards the terms that were added.
        pool: the items that are rated; all by default.

    Raises:
        PlansearchError: the model or the index fails.
    """
    pool = pool or WholeIndex(index)
    nothing = np.zeros(len(pool.positions))
    cosines = pool.cosines(question_vector(index, question) if asked is None else asked)
    reached = _coverage(index, question, tokenizer, pool)[2]
    evidence = Evidence(nothing, nothing, index.chance.standardise(cosines), nothing, nothing, reached)
    return probability(ALONE.odds(evidence))


def touches(evidence: Evidence, question: Question) -> bool:
    """Whether the plans speak of the question's subject at all."""
    many_unknown = question.unknown and len(question.unknown) >= MANY_UNKNOWN * question.n_words
    least = TOUCHED_WITH_UNKNOWN_WORDS if many_unknown else TOUCHED
    return bool(probability(ALONE.odds(evidence)).max(initial=0.0) >= least)


def question_vector(index: Asked, question: Question) -> FloatMatrix:
    """The question's vector, ``(1, dimension)``, normalised, leaning towards the terms that were added."""
    if not question.expansions:
        return index.encoder.encode_queries([question.text])
    plain, expanded = index.encoder.encode_queries([question.text, question.expanded_text])
    return _normalised(plain + EXPANDED_WEIGHT * expanded)


def probability(odds: Scores) -> Scores:
    """What log odds come to, 0 to 1."""
    likely: Scores = 1.0 / (1.0 + np.exp(-odds))
    return likely


def log_odds(likely: float) -> float:
    """The opposite of `probability`."""
    return log(likely / (1.0 - likely))


def grade_of(likely: float) -> Grade:
    """The word for a probability; ``possible`` for all that is below the other two."""
    return next((grade for grade, least in THRESHOLDS.items() if likely >= least), "possible")


def word_weights(index: Asked, question: Question) -> dict[str, float]:
    """The tokens whose BM25 scores are added up: the question's words, and the added terms' with their weights."""
    weights: dict[str, float] = dict(Counter(question.tokens))
    for expansion in question.expansions:
        weight = WORDING_WEIGHT if expansion.everyday else TERM_WEIGHT
        for term in expansion.terms:
            for token in telling_tokens(_term_tokens(index.tokenizer, term)[0]):
                weights[token] = weights.get(token, 0.0) + weight
    return weights


def _coverage(index: Asked, question: Question, tokenizer: Tokenizer, pool: Pool) -> tuple[Scores, Scores, Scores]:
    """How much each item has of the question's words, of the best added term, and of the words by either way."""
    weights = _weights(index, question.tokens, question.content)
    covered = pool.coverage(weights)
    meant, by_terms = np.zeros(len(covered)), dict[str, Scores]()
    for expansion in question.expansions:
        had = np.zeros(len(covered))
        for term in expansion.terms:
            had = np.maximum(had, pool.coverage(_weights(index, *_term_tokens(tokenizer, term))))
        meant = np.maximum(meant, had)
        for token in weights.keys() & set(tokenizer.tokens(expansion.word)):
            by_terms[token] = np.maximum(by_terms.get(token, had), had)
    whole = sum(weights.values()) or 1.0
    reached = covered.copy()
    for token, had in sorted(by_terms.items()):
        itself = pool.coverage({token: 1.0})
        reached += weights[token] / whole * (np.maximum(itself, had) - itself)
    return covered, meant, reached


_Tokens = tuple[Sequence[str], Sequence[str]]
_CUT: Final[WeakKeyDictionary[Tokenizer, dict[str, _Tokens]]] = WeakKeyDictionary()
"""The terms that each tokenizer has cut; they go with it, as it goes with its index."""
_MOST_CUT: Final = 8192


def _term_tokens(tokenizer: Tokenizer, term: str) -> _Tokens:
    """All tokens of an added term and its inner ones: the same terms are added again and again."""
    known = _CUT.setdefault(tokenizer, {})
    found = known.get(term)
    if found is None:
        if len(known) >= _MOST_CUT:
            known.clear()
        found = known[term] = (tuple(tokenizer.tokens(term)), tuple(tokenizer.inner_tokens(term)))
    return found


def _weights(index: Asked, tokens: Sequence[str], content: Sequence[str]) -> dict[str, float]:
    """How much each token tells; a pair that straddles two words tells only that they stand together."""
    inner = set(content)
    return {
        token: index.statistics.weight(token) * (1.0 if token in inner else STRADDLING_WEIGHT)
        for token in telling_tokens(tokens)
    }


def _with_feedback(pool: Pool, asked: FloatMatrix, scores: Scores) -> FloatMatrix:
    """The question's vector, ``(1, dimension)``, moved towards the items that answer it best.

    Pseudo-relevance feedback (Rocchio 1971): the best items say in the plans' own words what a question asks in
    its own. They are weighted by the exponential of their scores, so that one clear answer counts for itself.
    """
    best = np.argsort(-scores, kind="stable")[:FEEDBACK_ITEMS]
    weights = np.exp(scores[best] - scores[best].max())
    middle = (weights / weights.sum()) @ pool.vectors(best)
    return _normalised(asked[0] + FEEDBACK_WEIGHT * middle.astype(np.float32))


def _normalised(vector: npt.NDArray[np.float32]) -> FloatMatrix:
    """One vector as a matrix of one row of length 1."""
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)[np.newaxis, :]
