"""Why an item was found: words in common, the nearest sentence, the share of each leg."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from plansearch.index import PlanIndex
from plansearch.results import Hit, SearchMode, Why
from plansearch.retrieval.question import Question
from plansearch.retrieval.scoring import Ratings
from plansearch.text import fold, match_ranges
from plansearch.types import FloatMatrix, PlanItem

_SENTENCE: Final = re.compile(r"[^。；;！!？?\n]+[。；;！!？?]?")
"""A stretch of text up to where a sentence or a part of a list ends."""


def explain(
    index: PlanIndex,
    question: Question,
    hits: Sequence[tuple[Hit, int]],
    *,
    ratings: Ratings,
    mode: SearchMode,
    asked: FloatMatrix | None,
) -> list[Why]:
    """Say of each hit why it was found.

    Args:
        index: what was searched.
        question: what was asked.
        hits: each with its position in the index.
        ratings: of all items.
        mode: which legs counted.
        asked: the question's vector, ``(1, dimension)``; ``None`` where only words counted.

    Raises:
        PlansearchError: the model fails.
    """
    # a question that is only items to be like has no text of its own
    marks = index.tokenizer.marks(question.text) if question.text else [one for one in question.content if len(one) > 1]
    marks = [mark for mark in marks if not index.vocabulary.only_asks(mark)] or marks
    sentences = [_sentences(hit.found.item.text) for hit, _ in hits]
    nearness = _nearness(index, [hit.found.item.text for hit, _ in hits], sentences, marks, asked)
    reasons = []
    for (hit, position), spans, near in zip(hits, sentences, nearness, strict=True):
        item = hit.found.item
        place = int(ratings.places(np.asarray([position], dtype=np.int64))[0])
        meaning, words = max(ratings.meaning[place], 0.0), max(ratings.words[place], 0.0)
        whole = meaning + words
        share = {"words": 0.0, "meaning": 1.0}.get(mode, float(meaning / whole) if whole else 0.0)
        best = int(np.argmax(near)) if near else None
        reasons.append(
            Why(
                words=_shared(item, marks),
                added=tuple(dict.fromkeys(_added(item, question))),
                sentence=None if best is None else spans[best],
                meaning_share=share,
            )
        )
    return reasons


def _shared(item: PlanItem, marks: Sequence[str]) -> tuple[str, ...]:
    """The question's words as the item writes them, those of its text first, each once; no part of another."""
    found = [
        text[start:end]
        for text in (item.text, item.topic or "")
        for mark in marks
        for start, end in match_ranges(text, [mark])[:1]
    ]
    words = {fold(word): word for word in reversed(found)}
    return tuple(
        word for key, word in reversed(words.items()) if not any(key in other for other in words if other != key)
    )


def _added(item: PlanItem, question: Question) -> list[str]:
    searched = fold(f"{item.topic or ''}\n{item.text}")
    return [term for one in question.expansions for term in one.terms if fold(term) in searched]


def _sentences(text: str) -> list[tuple[int, int]]:
    """Ranges of a text's sentences, without the white space around them."""
    spans = []
    for match in _SENTENCE.finditer(text):
        lead = len(match[0]) - len(match[0].lstrip())
        words = match[0].strip()
        if any(map(str.isalnum, words)):
            spans.append((match.start() + lead, match.start() + lead + len(words)))
    return spans


def _nearness(
    index: PlanIndex,
    texts: Sequence[str],
    sentences: Sequence[Sequence[tuple[int, int]]],
    marks: Sequence[str],
    asked: FloatMatrix | None,
) -> list[list[float]]:
    """How near each sentence of each text comes to the question: by meaning where it is known, else by words."""
    if asked is None:
        return [
            [float(sum(end - start for start, end in match_ranges(text[begin:stop], marks))) for begin, stop in spans]
            for text, spans in zip(texts, sentences, strict=True)
        ]
    several = [
        text[start:end] for text, spans in zip(texts, sentences, strict=True) if len(spans) > 1 for start, end in spans
    ]
    scores = iter((index.encoder.encode_passages(several) @ asked[0]).tolist() if several else [])
    # the only sentence of a text is its nearest, whatever the model says
    return [[next(scores) for _ in spans] if len(spans) > 1 else [1.0] * len(spans) for spans in sentences]
