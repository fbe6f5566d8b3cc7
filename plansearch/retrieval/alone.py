"""Search inside each agency as if it stood alone: no other plan changes what is found of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from plansearch.index import PlanIndex
from plansearch.retrieval.phrases import with_phrases
from plansearch.retrieval.pools import SomeItems, WholeIndex
from plansearch.retrieval.question import understand
from plansearch.retrieval.scoring import THRESHOLDS, rate_alone
from plansearch.retrieval.searching import MAX_QUERY_LENGTH, check_query
from plansearch.text import Tokenizer
from plansearch.types import Progress

POSSIBLE = THRESHOLDS["possible"]
"""Least probability of what may answer a question."""
LOOK = 0.02
"""Least probability of what somebody should look at before saying that an agency has nothing. Best items of questions
off all subjects come to 0.005 to 0.07; measures that answer in words that neither list nor model knows, to 0.02 and
more."""
SURE = 0.75
"""Least probability of what is taken for an agency's answer. Half of a compound word (線上 or 申辦 of 線上申辦) comes
to 0.72 and less on five subjects that staff judged in five real plans; three in four of what they rejected is below."""

MEASURE_ANSWERED = 0.11
"""Least probability from `answers_measures` of what somebody should look at before saying that an agency lacks a
measure. Of nine gaps in real plans of which staff said that their plan has it, six come to more, and so do eighteen of
forty-two others: it asks for a look, and decides nothing."""

_MEASURE_READ = 200
"""Characters of a measure whose meaning is asked for; what follows is mostly examples, and the time grows with it."""


def answers_alone(index: PlanIndex, query: str, *, exact: bool = False) -> npt.NDArray[np.float64]:
    """How likely each item of an index answers a question, judged for itself, ``(n_items,)``, from 0 to 1.

    What lacks a phrase of the question, and what only says its requirement again, comes to 0.

    Args:
        index: what is searched.
        query: as `search` takes it.
        exact: add no words to the question.

    Raises:
        EmptyQueryError: the query holds nothing to search for.
        QueryError: it is too long.
        PlansearchError: the model or the index fails.
    """
    query = check_query(query)
    question = understand(index, query, exact=exact, tokenizer=_whole_dictionary())
    if question.only_asks:
        return np.zeros(len(index))
    likely = rate_alone(index, question, _whole_dictionary())
    likely[index.facets.restating] = 0.0
    if question.phrases:
        likely[np.setdiff1d(np.arange(len(index)), with_phrases(index, question.phrases))] = 0.0
    return likely


def best_of(likely: npt.NDArray[np.float64], positions: Sequence[int], least: float) -> list[int]:
    """Those of some positions that come to a probability, best first, ties in order."""
    places = np.asarray(positions, dtype=np.int64)
    kept = places[likely[places] >= least]
    return [int(place) for place in kept[np.argsort(-likely[kept], kind="stable")]]


@cache
def _whole_dictionary() -> Tokenizer:
    """Loaded once: it takes a second."""
    return Tokenizer.full()


def answers_measures(
    index: PlanIndex, texts: Sequence[str], positions: Sequence[int], progress: Progress | None = None
) -> npt.NDArray[np.float64]:
    """How likely some items answer measures that are asked as questions, each judged for itself.

    A measure has many words with synonyms; they count where items have them, but a vector of all of them would mean
    nothing and take seconds.

    Args:
        index: what is searched.
        texts: the measures.
        positions: of the items that may answer.
        progress: told (done, total) of measures.

    Returns:
        ``(n_texts, n_positions)``, from 0 to 1.

    Raises:
        PlansearchError: the model or the index fails.
    """
    places = np.asarray(positions, dtype=np.int64)
    ordered, of_place = np.unique(places, return_inverse=True)
    # to look at all items of a small index costs nothing
    pool = WholeIndex(index) if len(index) <= RATED_WHOLE else SomeItems(index, ordered)
    rated = places if isinstance(pool, WholeIndex) else of_place
    likely = np.empty((len(texts), len(places)))
    for start in range(0, len(texts), _ASKED_AT_ONCE):
        some = texts[start : start + _ASKED_AT_ONCE]
        questions = [understand(index, text[:MAX_QUERY_LENGTH], tokenizer=_whole_dictionary()) for text in some]
        asked = index.encoder.encode_queries([question.text[:_MEASURE_READ] for question in questions])
        for row, question in enumerate(questions):
            rates = rate_alone(index, question, _whole_dictionary(), asked[row : row + 1], pool)
            likely[start + row] = rates[rated]
        if progress is not None:
            progress(start + len(some), len(texts))
    likely[:, index.facets.restating[places]] = 0.0
    return likely


RATED_WHOLE = 5000
"""Items of an index up to which all of them are rated for a measure."""

_ASKED_AT_ONCE = 32
"""Measures whose vectors are made together, about a second of work; each alone takes half as long again."""
