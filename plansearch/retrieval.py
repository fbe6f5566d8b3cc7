"""Search: which plan items answer a question, best first, and how many do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import EmptyQueryError, QueryError, UnknownFilterValueError
from plansearch.index import PlanIndex
from plansearch.results import Filters, Hit, SearchMode, SearchResult
from plansearch.text import fold, match_ranges, telling_tokens
from plansearch.types import FloatMatrix

WORDS_WEIGHT: Final = 1.0
"""Weight of the word scores beside the meaning scores, both in standard deviations. On the judged queries
anything from 0.7 to 1.4 does as well."""

TOUCHED: Final = 0.3
"""Part of a question's words, by rarity, that some item must have for the plans to speak of its subject at all,
where no item is near in meaning. Questions off all subjects come to 0.29 by chance (垃圾分類 by 分類)."""

COVERED: Final = 0.5
"""Part of a question's words, by rarity, that makes an item close whatever its meaning."""

FEW_ITEMS: Final = 30
"""Below this many items a standard score says little: a single item's is always 0."""

CLOSE_HYBRID: Final = 1.5
"""Least score (sum of two standard scores) of a close item. On the judged queries all items that answer stand above
it, nine of ten of those that partly do, and a tenth of all items; at 2.0 the first lose 2 %."""

CLOSE_MEANING: Final = 1.0
"""Least standard score of a close item where only meaning counts; found in the same way."""

FEEDBACK_ITEMS: Final = 5
"""Best items that a question is moved towards. From 3 to 8 the result is the same, since the weights fall quickly."""

FEEDBACK_WEIGHT: Final = 0.6
"""Weight of those items' vector beside the question's. On the judged queries nDCG@10 went from 0.935 to 0.951 (even
ones 0.913 to 0.941, odd ones 0.957 to 0.960); 0.3 gives 0.944, 1.0 gives 0.952 and lets the question go further."""

MAX_QUERY_LENGTH: Final = 1000
"""Characters; the model reads about 500, and the time grows with the length: 6,000 take 5 s, 20,000 take 27 s."""

SUGGESTIONS: Final = 5
"""How many known values an unknown filter value is answered with."""

LIKENESS: Final = 0.5
"""Least part of the characters asked for that a suggested value has, in their order."""

NO_FILTERS: Final = Filters()

Scores = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def search(
    index: PlanIndex,
    query: str,
    *,
    filters: Filters = NO_FILTERS,
    limit: int | None = 10,
    mode: SearchMode = "hybrid",
) -> SearchResult:
    """Find the plan items that answer a question.

    An item's score does not depend on the filters: what they leave keeps the order of the unfiltered answer.

    Args:
        index: what to search.
        query: words or a sentence, in Traditional or Simplified characters.
        filters: which items may answer. Of an agency, type or city a part of the name is enough that only one has.
        limit: how many hits at most; ``None`` for all that are close enough.
        mode: ``words`` finds shared words (BM25), ``meaning`` near vectors, ``hybrid`` adds up both.

    Raises:
        EmptyQueryError: the query holds nothing to search for.
        QueryError: it is longer than `MAX_QUERY_LENGTH`.
        UnknownFilterValueError: a filter names what no item has, or a part of what several have.
        PlansearchError: the model or the index fails.
    """
    if limit is not None and limit < 1:
        msg = f"limit must be at least 1, not {limit}"
        raise ValueError(msg)
    if not any(character.isalnum() for character in fold(query)):
        raise EmptyQueryError(f"查詢「{query}」沒有可以搜尋的文字。請輸入要找的內容，例如：無障礙設施。")
    if len(query) > MAX_QUERY_LENGTH:
        raise QueryError(f"查詢太長（{len(query)} 字）。請縮短到 {MAX_QUERY_LENGTH} 字以內，一次問一件事。")
    resolved = resolve_filters(index, filters)
    tokens, marks = index.tokenizer.tokens(query), index.tokenizer.marks(query)
    scores, close = _rate(index, query, tokens, mode)
    allowed = np.asarray(index.catalog.allowed(resolved), dtype=np.int64)
    found = allowed[close[allowed]]
    # Positions ascend and the sort is stable, so equal scores stay in the order of the plans.
    best = found[np.argsort(-scores[found], kind="stable")][:limit]
    hits = tuple(
        Hit(rank, float(scores[position]), item, match_ranges(item.item.text, marks))
        for rank, (position, item) in enumerate(zip(best, index.items(best), strict=True), start=1)
    )
    caveats = index.catalog.caveats(resolved) if resolved.agencies or resolved.requirements or not hits else ()
    return SearchResult(query, mode, resolved, index.model, hits, len(found), len(allowed), caveats)


def _rate(index: PlanIndex, query: str, tokens: Sequence[str], mode: SearchMode) -> tuple[Scores, Mask]:
    """Score all items, ``(n_items,)``, and tell which of them are close enough."""
    words = index.lexical.scores(tokens).astype(np.float64)
    covered = index.lexical.coverage(telling_tokens(tokens))
    if mode == "words":
        return words, covered > 0
    # A broken console can put lone surrogates into a question; no model takes those.
    question = query.encode("utf-8", "replace").decode("utf-8")
    asked = index.encoder.encode_queries([question])
    similar = index.dense.scores(asked)[0].astype(np.float64)
    near = similar > index.manifest.floor
    scores = _combine(similar, words, mode)
    close = scores >= (CLOSE_MEANING if mode == "meaning" else CLOSE_HYBRID)
    if len(index) < FEW_ITEMS:
        close |= near
    # To be nearer than other items says something only where the plans speak of the subject at all.
    if mode == "meaning":
        close &= near.any()
    else:
        close = (close | (covered >= COVERED)) & (near.any() | (covered >= TOUCHED).any())
    if near.any():
        better = index.dense.scores(_with_feedback(index, asked, scores))[0].astype(np.float64)
        scores = _combine(better, words, mode)
    return scores, close


def _combine(similar: Scores, words: Scores, mode: SearchMode) -> Scores:
    """Both legs as one score, ``(n_items,)``, in standard deviations."""
    meaning = standard_scores(similar)
    return meaning if mode == "meaning" else meaning + WORDS_WEIGHT * standard_scores(words)


def _with_feedback(index: PlanIndex, asked: FloatMatrix, scores: Scores) -> FloatMatrix:
    """The question's vector, ``(1, dimension)``, moved towards the items that answer it best.

    Pseudo-relevance feedback (Rocchio 1971): the best items say in the plans' own words what a question asks in
    its own. They are weighted by the exponential of their scores, so that one clear answer counts for itself.
    """
    best = np.argsort(-scores, kind="stable")[:FEEDBACK_ITEMS]
    weights = np.exp(scores[best] - scores[best].max())
    middle = (weights / weights.sum()) @ index.vectors(best.tolist())
    moved = asked + FEEDBACK_WEIGHT * middle[np.newaxis, :].astype(np.float32)
    return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)


def standard_scores(values: Scores) -> Scores:
    """Deviations from the mean in standard deviations, ``(n,)``; zeros where all values are equal."""
    deviation = float(values.std())
    if deviation <= np.finfo(np.float32).eps:
        return np.zeros_like(values)
    scores: Scores = (values - values.mean()) / deviation
    return scores


def resolve_filters(index: PlanIndex, filters: Filters) -> Filters:
    """Replace what a user wrote by the values that the index has.

    Raises:
        UnknownFilterValueError: there is no such value, or a part of a name fits several.
    """

    def resolve(option: str, wanted: Sequence[str], pick: Callable[[str, Sequence[str]], list[str]]) -> tuple[str, ...]:
        known = index.catalog.values(option) if wanted else []
        return tuple(dict.fromkeys(_resolve(option, value, known, pick(value, known)) for value in wanted))

    return Filters(
        agencies=resolve("agency", filters.agencies, _by_part),
        types=resolve("type", filters.types, _by_kind),
        cities=resolve("city", filters.cities, _by_part),
        years=tuple(map(int, resolve("year", [str(year) for year in filters.years], _by_name))),
        requirements=resolve("requirement", filters.requirements, _by_code),
        units=resolve("unit", filters.units, _by_part),
    )


def _resolve(option: str, value: str, known: Sequence[str], picked: Sequence[str]) -> str:
    if len(picked) == 1:
        return picked[0]
    if picked:
        raise UnknownFilterValueError(option, value, picked, ambiguous=True)
    raise UnknownFilterValueError(option, value, _nearest(value, known))


def _by_name(value: str, known: Sequence[str]) -> list[str]:
    return [name for name in known if fold(name) == fold(value.strip())]


def _by_part(value: str, known: Sequence[str]) -> list[str]:
    part = fold(value.strip())
    return _by_name(value, known) or [name for name in known if part and part in fold(name)]


def _by_kind(value: str, known: Sequence[str]) -> list[str]:
    """A part of the kind's name, or a longer name for it: 戶政事務所 is 戶政, 區公所 is 公所."""
    kind = fold(value.strip())
    return _by_part(value, known) or [name for name in known if fold(name) in kind]


def _by_code(value: str, known: Sequence[str]) -> list[str]:
    """The code as the index writes it, or the beginning of codes (``1``, ``A.2``)."""
    code = fold(value.strip()).rstrip(".")
    beginnings = {name[: len(code)] for name in known if fold(f"{name}.").startswith(f"{code}.")}
    return sorted(beginnings) if code else []


def _nearest(value: str, known: Sequence[str]) -> list[str]:
    """Known values like the one asked for, best first; numbers by how far they are."""
    if value.isdecimal() and all(name.isdecimal() for name in known):
        return sorted(known, key=lambda name: (abs(int(name) - int(value)), name))[:SUGGESTIONS]
    from difflib import SequenceMatcher  # noqa: PLC0415  only a wrong filter needs it

    wanted = fold(value.strip())
    if not wanted:
        return list(known[:SUGGESTIONS])

    def alike_to(name: str) -> float:
        # a name is often asked for by a part of it, so what counts is how much of the question it has
        blocks = SequenceMatcher(None, wanted, fold(name), autojunk=False).get_matching_blocks()
        return sum(block.size for block in blocks) / max(len(wanted), 1)

    likeness = {name: alike_to(name) for name in known}
    alike = [name for name in known if likeness[name] >= LIKENESS]
    return sorted(alike, key=lambda name: (-likeness[name], len(name)))[:SUGGESTIONS]
