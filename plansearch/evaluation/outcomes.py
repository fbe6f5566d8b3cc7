"""What an evaluation answers with: frozen, and carrying the settings that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from plansearch.errors import QueryError
from plansearch.evaluation.judgements import JudgedQuery, Judgement
from plansearch.evaluation.significance import Interval
from plansearch.results import SearchMode

Measure: TypeAlias = Literal["ndcg@10", "recall@20", "mrr"]
State: TypeAlias = Literal["found", "not_found", "no_item", "no_plan"]

MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)

CHANCE: Final = 0.05
"""Differences with a smaller p value are taken for more than chance (the usual bound)."""

FEW_QUERIES: Final = 6
"""With fewer queries no difference can be told from chance: two signs in 2^5 give a p of 0.06."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of searching."""

    mode: SearchMode = "hybrid"
    exact: bool = False
    """No words are added to the query."""
    reranked: bool = False
    """A reranker orders the first hits anew."""

    @classmethod
    def parse(cls, name: str) -> Variant:
        """Read what a user writes: a mode, with ``:exact`` or ``:rerank`` after it where wanted.

        Raises:
            QueryError: there is no such mode, or no such addition.
        """
        mode, *additions = name.strip().split(":")
        modes: tuple[SearchMode, ...] = get_args(SearchMode)
        for known in modes:
            if mode == known and set(additions) <= {"exact", "rerank"} and len(set(additions)) == len(additions):
                return cls(known, exact="exact" in additions, reranked="rerank" in additions)
        raise QueryError(
            f"沒有「{name}」這種查法。可用：{'、'.join(modes)}；後面可以加 :exact（不加字詞）或 :rerank（重排），"
            "例如 hybrid:exact。"
        )

    @property
    def name(self) -> str:
        """As `parse` reads it."""
        return self.mode + ":exact" * self.exact + ":rerank" * self.reranked


@dataclass(frozen=True, slots=True)
class Expected:
    """A judged item, and where it stands in the answer."""

    judgement: Judgement
    rank: int | None
    """From 1; ``None`` where it is not in the answer."""
    state: State
    """Whether it was found, and if not, whether the index has it at all."""
    location: str | None = None
    """File, place and number, where it was found."""


@dataclass(frozen=True, slots=True)
class QueryOutcome:
    """How well one query was answered."""

    query: JudgedQuery
    ndcg: float
    recall: float | None
    """``None`` where no judged item answers the query."""
    reciprocal_rank: float
    expected: tuple[Expected, ...]
    """The judged items, in the order of the file."""
    answered: int
    """How many items the answer had."""

    def value(self, measure: Measure) -> float | None:
        """One measure of this query."""
        return {"ndcg@10": self.ndcg, "recall@20": self.recall, "mrr": self.reciprocal_rank}[measure]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of a measure over the queries."""

    measure: Measure
    mean: float | None
    """``None`` where the measure is defined for no query."""
    interval: Interval | None
    """95 %; ``None`` for less than two queries."""
    queries: int
    """For how many it is defined."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well judged queries were answered in one way of searching."""

    variant: Variant
    model: str
    outcomes: tuple[QueryOutcome, ...]
    """In the order of the file."""
    estimates: tuple[Estimate, ...]
    """One for each of `MEASURES`."""
    reranker: str | None = None

    @property
    def judged(self) -> int:
        """How many items were judged."""
        return sum(len(outcome.expected) for outcome in self.outcomes)

    @property
    def worst_first(self) -> tuple[QueryOutcome, ...]:
        """The outcomes, worst answer first."""
        return tuple(
            sorted(
                self.outcomes,
                key=lambda one: (one.ndcg, 1.0 if one.recall is None else one.recall, one.reciprocal_rank),
            )
        )

    @property
    def missing(self) -> tuple[tuple[QueryOutcome, Expected], ...]:
        """Judged items that the index does not have; they count as not found."""
        return tuple(
            (outcome, one)
            for outcome in self.outcomes
            for one in outcome.expected
            if one.state in {"no_item", "no_plan"}
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of two ways of searching on the same queries."""

    measure: Measure
    first: float
    second: float
    interval: Interval | None
    """95 %, of second minus first."""
    p: float
    """Two-sided, of a paired randomisation test."""
    queries: int
    better: int
    """Queries on which the second does better."""
    worse: int

    @property
    def mean(self) -> float:
        """Second minus first."""
        return self.second - self.first

    @property
    def beyond_chance(self) -> bool:
        """Whether the difference is more than chance."""
        return self.p < CHANCE


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways of searching on the same queries."""

    first: Evaluation
    second: Evaluation
    differences: tuple[Difference, ...]
    """One for each measure that is defined for some query."""
