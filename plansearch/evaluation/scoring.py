"""Asks an index judged queries and scores the answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final
from unicodedata import normalize

from plansearch.errors import JudgementError, QueryError
from plansearch.evaluation.judgements import JudgedQuery, Judgement
from plansearch.evaluation.measures import ndcg, recall, reciprocal_rank
from plansearch.evaluation.outcomes import (
    MEASURES,
    Comparison,
    Difference,
    Estimate,
    Evaluation,
    Expected,
    QueryOutcome,
    State,
    Variant,
)
from plansearch.evaluation.significance import bootstrap_interval, randomisation_p
from plansearch.index import PlanIndex
from plansearch.results import Hit, IndexedItem
from plansearch.retrieval import search
from plansearch.text import fold
from plansearch.types import Progress, Reranker

ALIKE: Final = 0.8
"""Least part of the longer text that a shorter one within it has, where both are the same item: parsers and people
differ in whether an item's label or last words belong to it."""

_TAG: Final = re.compile(r"<[^>]+>")
_NO_LETTER: Final = re.compile(r"[\W_]+")

Candidates = tuple[frozenset[str], ...]
"""For each judged item the ids of the items that may be it."""


def evaluate(
    index: PlanIndex,
    queries: Sequence[JudgedQuery],
    variant: Variant = Variant(),  # noqa: B008  frozen
    *,
    reranker: Reranker | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask an index judged queries, and score the answers.

    A hit counts for the first judged item of its plan whose text agrees with it and that no hit before it counted
    for. Texts agree when, without tags, spaces and punctuation and after folding, they are equal, or one contains
    the other and is at least 80 % as long. Equal items are not folded into one hit.

    Args:
        index: what to ask.
        queries: at least one.
        variant: how to search.
        reranker: for a variant that wants one.
        progress: told (done, total) of queries.

    Raises:
        JudgementError: the index has none of the judged items, or a query can't be asked.
        PlansearchError: the model or the index fails.
    """
    possible = items_judged(index, queries)
    plans = frozenset(_plan_name(plan.plan) for plan in index.plans)
    outcomes = []
    for done, (query, candidates) in enumerate(zip(queries, possible, strict=True), start=1):
        outcomes.append(_outcome(query, candidates, _ask(index, query, variant, reranker), plans))
        if progress is not None:
            progress(done, len(queries))
    used = reranker.name if reranker is not None and variant.reranked else None
    return Evaluation(variant, index.model, tuple(outcomes), _estimates(outcomes), used)


def compare_evaluations(first: Evaluation, second: Evaluation) -> Comparison:
    """Say how two ways of searching differ on the same queries, and whether by more than chance."""
    differences = []
    for measure in MEASURES:
        pairs = [
            (one, other)
            for one, other in zip(
                (outcome.value(measure) for outcome in first.outcomes),
                (outcome.value(measure) for outcome in second.outcomes),
                strict=True,
            )
            if one is not None and other is not None
        ]
        if not pairs:
            continue
        moved = [other - one for one, other in pairs]
        differences.append(
            Difference(
                measure,
                first=sum(one for one, _ in pairs) / len(pairs),
                second=sum(other for _, other in pairs) / len(pairs),
                interval=bootstrap_interval(moved),
                p=randomisation_p(moved),
                queries=len(pairs),
                better=sum(value > 0 for value in moved),
                worse=sum(value < 0 for value in moved),
            )
        )
    return Comparison(first, second, tuple(differences))


def plain(text: str) -> str:
    """A text as judged items are compared: folded, without tags, spaces and punctuation."""
    return _NO_LETTER.sub("", fold(normalize("NFKC", _TAG.sub("", text))))


def agree(first: str, second: str) -> bool:
    """Whether two plain texts are of one item."""
    short, long = sorted((first, second), key=len)
    return bool(short) and short in long and len(short) >= ALIKE * len(long)


def without_partner(candidates: Sequence[Iterable[str]]) -> set[int]:
    """Which judged items have no item of their own, however the items are given out: a largest matching (Kuhn 1955).

    Args:
        candidates: for each judged item the ids that may be its own.
    """
    owner: dict[str, int] = {}

    def give(judged: int, tried: set[str]) -> bool:
        for item in candidates[judged]:
            if item in tried:
                continue
            tried.add(item)
            if item not in owner or give(owner[item], tried):
                owner[item] = judged
                return True
        return False

    return {judged for judged in range(len(candidates)) if not give(judged, set())}


def _ask(index: PlanIndex, query: JudgedQuery, variant: Variant, reranker: Reranker | None) -> tuple[Hit, ...]:
    try:
        return search(
            index,
            query.query,
            limit=None,
            mode=variant.mode,
            fold_equal=False,
            exact=variant.exact,
            reranker=reranker if variant.reranked else None,
        ).hits
    except QueryError as error:
        raise JudgementError(f"{query.place}：{error}") from error


def items_judged(index: PlanIndex, queries: Sequence[JudgedQuery]) -> list[Candidates]:
    """For each query the ids of the items that each of its judged items may be.

    Raises:
        JudgementError: the index has none of them.
    """
    asked = {_plan_name(one.plan) for query in queries for one in query.judgements}
    by_plan: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for found in index.items():
        name = _plan_name(found.plan)
        if name in asked:
            by_plan[name].append((_item_name(found), plain(found.item.text)))
    possible = [tuple(_candidates(one, by_plan) for one in query.judgements) for query in queries]
    if not any(map(any, possible)):
        raise JudgementError(
            f"判斷過的項目沒有一項在索引 {index.directory} 裡（例如「{queries[0].judgements[0].plan}」）。"
            "請用 --index 指定這些計畫的索引，或先執行 plansearch index。"
        )
    return possible


def _candidates(one: Judgement, by_plan: Mapping[str, Sequence[tuple[str, str]]]) -> frozenset[str]:
    items = by_plan.get(_plan_name(one.plan), ())
    if one.item is not None:
        wanted = _plan_name(one.item)
        return frozenset(name for name, _ in items if name == wanted)
    text = plain(one.text)
    return frozenset(name for name, own in items if agree(text, own))


def _plan_name(name: str) -> str:
    """Some systems take the accents of file names apart."""
    return normalize("NFC", name)


def _item_name(found: IndexedItem) -> str:
    return _plan_name(found.id)


def _outcome(query: JudgedQuery, candidates: Candidates, hits: Sequence[Hit], plans: Container[str]) -> QueryOutcome:
    left = list(range(len(candidates)))
    grades: list[int] = []
    found: dict[int, Hit] = {}
    for hit in hits:
        name = _item_name(hit.found)
        taken = next((judged for judged in left if name in candidates[judged]), None)
        grades.append(0 if taken is None else query.judgements[taken].grade)
        if taken is not None:
            left.remove(taken)
            found[taken] = hit
    alone = without_partner([sorted(items) for items in candidates])
    expected = [
        Expected(one, found[nth].rank, "found", found[nth].found.location)
        if nth in found
        else Expected(one, None, _why_not(one, plans, lacking=nth in alone))
        for nth, one in enumerate(query.judgements)
    ]
    return QueryOutcome(
        query,
        ndcg(grades, query.grades),
        recall(grades, query.grades),
        reciprocal_rank(grades),
        tuple(expected),
        len(hits),
    )


def _why_not(one: Judgement, plans: Container[str], *, lacking: bool) -> State:
    """Why a judged item is not in an answer; ``lacking`` where the index has no item that could be it."""
    if _plan_name(one.plan) not in plans:
        return "no_plan"
    return "no_item" if lacking else "not_found"


def _estimates(outcomes: Sequence[QueryOutcome]) -> tuple[Estimate, ...]:
    estimates = []
    for measure in MEASURES:
        values = [value for outcome in outcomes if (value := outcome.value(measure)) is not None]
        mean = sum(values) / len(values) if values else None
        estimates.append(Estimate(measure, mean, bootstrap_interval(values), len(values)))
    return tuple(estimates)
