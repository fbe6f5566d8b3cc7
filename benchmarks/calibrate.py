"""Fit the weights of ``plansearch/retrieval/scoring.py`` to judged queries, and print how far they can be trusted.

    python benchmarks/calibrate.py INDEX QUERIES.jsonl [MORE.jsonl ...]

Judged queries have the format of ``plansearch eval``. Questions off all subjects come from
``off_subject.txt``: every second one is fitted to, the others are only looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plansearch import Filters, PlanIndex
from plansearch.evaluation.judgements import JudgedQuery, read_judged_queries
from plansearch.evaluation.measures import ndcg
from plansearch.evaluation.scoring import items_judged
from plansearch.results import SearchMode
from plansearch.retrieval.question import understand
from plansearch.retrieval.scoring import ALONE, BENEFIT, RELATIVE, THRESHOLDS, Evidence, Weights, gather, probability

Array = npt.NDArray[np.float64]

OFF_SUBJECT = Path(__file__).with_name("off_subject.txt")
MODES: tuple[SearchMode, ...] = ("hybrid", "meaning", "words")
USED = {
    "alone": ("similar", "reached"),
    "hybrid": ("outstanding", "similar", "covered", "meant"),
    "meaning": ("outstanding", "similar"),
    "words": ("outstanding", "covered", "meant"),
}
"""Which evidence each function looks at."""
PENALTY = 1e-5
"""Of the sum of squared weights: so little that it only keeps them finite."""
NEWTON_STEPS = 50
SMALLEST_STEP = 1e-9
FULL_ANSWER = 2
"""Grade of an item that answers; 1 answers in part."""


@dataclass(frozen=True, slots=True)
class Query:
    """What was gathered for one query."""

    evidence: dict[SearchMode, Evidence]
    grades: Array
    """Of each measure, ``(n_measures,)``."""


@dataclass(frozen=True, slots=True)
class Collected:
    """All queries, and what they were asked of."""

    measures: npt.NDArray[np.int64]
    """Positions of the measures of the index."""
    sets: dict[str, list[Query]]
    off_subject: list[Evidence]

    @property
    def queries(self) -> list[Query]:
        """Those of all sets."""
        return [query for some in self.sets.values() for query in some]


def collect(index: PlanIndex, paths: Sequence[Path]) -> Collected:
    """Gather the evidence for all queries."""
    measures = np.asarray(index.catalog.allowed(Filters()), dtype=np.int64)
    place = {int(position): row for row, position in enumerate(measures)}

    def query(judged: JudgedQuery) -> Query:
        grades = np.zeros(len(measures))
        for judgement, ids in zip(judged.judgements, items_judged(index, [judged])[0], strict=True):
            for position in map(index.catalog.position, sorted(ids)[:1]):
                if position in place:
                    grades[place[position]] = judgement.grade
        question = understand(index, judged.query)
        return Query({mode: gather(index, question, mode).evidence for mode in MODES}, grades)

    off = OFF_SUBJECT.read_text(encoding="utf-8").splitlines()
    return Collected(
        measures,
        {path.name: [query(one) for one in read_judged_queries(path)] for path in paths},
        [gather(index, understand(index, text), "hybrid").evidence for text in off],
    )


def columns(evidence: Evidence, used: tuple[str, ...], measures: npt.NDArray[np.int64]) -> Array:
    """Evidence as a matrix, ``(n_measures, n_used + 1)``, the last column being ones."""
    values = {
        "outstanding": evidence.meaning + evidence.words,
        "similar": evidence.similar,
        "covered": evidence.covered,
        "meant": evidence.meant,
        "reached": evidence.reached,
    }
    return np.stack([*(values[name][measures] for name in used), np.ones(len(measures))], axis=1)


def fit(rows: Array, answers: Array) -> Array:
    """Weights of a logistic function, by Newton's method."""
    weights = np.zeros(rows.shape[1])
    penalty = np.full(rows.shape[1], PENALTY * len(rows))
    penalty[-1] = 0.0
    for _ in range(NEWTON_STEPS):
        likely = probability(rows @ weights)
        slope = rows.T @ (likely - answers) + penalty * weights
        curve = (rows * (likely * (1 - likely))[:, np.newaxis]).T @ rows + np.diag(penalty + SMALLEST_STEP)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return weights


def fit_all(collected: Collected) -> dict[str, Weights]:
    """The weights of every function."""

    def weights(name: str, evidence: Sequence[Evidence], answers: Array) -> Weights:
        rows = np.concatenate([columns(one, USED[name], collected.measures) for one in evidence])
        fitted = fit(rows, np.concatenate([answers, np.zeros(len(rows) - len(answers))]))
        named = dict(zip([*USED[name], "base"], fitted.tolist(), strict=True))
        return Weights(**{each.name: round(named.get(each.name, 0.0), 2) for each in fields(Weights)})

    queries = collected.queries
    answers = np.concatenate([query.grades > 0 for query in queries]).astype(float)
    hybrid = [query.evidence["hybrid"] for query in queries]
    of_modes = {mode: weights(mode, [query.evidence[mode] for query in queries], answers) for mode in MODES}
    return {"alone": weights("alone", [*hybrid, *collected.off_subject[::2]], answers), **of_modes}


def show(collected: Collected, weights: Weights, alone: Weights) -> None:
    """Print what the weights of a hybrid search come to."""

    def likely(evidence: Evidence) -> Array:
        return probability(np.minimum(weights.odds(evidence), alone.odds(evidence) + BENEFIT))[collected.measures]

    def by_itself(evidence: Evidence) -> float:
        return float(probability(alone.odds(evidence)[collected.measures]).max())

    for name, some in collected.sets.items():
        values = []
        for query in some:
            order = np.argsort(-likely(query.evidence["hybrid"]), kind="stable")
            grades = query.grades.astype(int)
            values.append(ndcg(grades[order].tolist(), grades[grades > 0].tolist()))
        print(f"  {name:28} nDCG@10 {np.mean(values):.3f} of {len(some)}")
    every = np.concatenate([likely(query.evidence["hybrid"]) for query in collected.queries])
    grades = np.concatenate([query.grades for query in collected.queries])
    for high, low in pairwise([1.01, 0.85, *THRESHOLDS.values()]):
        some_items = (every >= low) & (every < high)
        count = some_items.sum() / len(collected.queries)
        share = (grades[some_items] > 0).mean()
        print(f"  {low:.2f} to {min(high, 1):.2f}: {count:4.1f} items a query, {share:.2f} of them answer")
    full = grades == FULL_ANSWER
    print(f"  kept: {(every[full] >= THRESHOLDS['possible']).mean():.3f} of what answers fully")
    least = sorted(by_itself(query.evidence["hybrid"]) for query in collected.queries)
    print("  best item judged alone, least of the queries:", np.round(least[:12], 3))
    off = sorted(map(by_itself, collected.off_subject))
    print("  the same, most of the questions off all subjects:", np.round(off[-5:], 3))


def main() -> None:
    """Print fitted weights, the quality they give, and what share of each probability answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path, nargs="+")
    asked = parser.parse_args()
    with PlanIndex.open(asked.index) as index:
        collected = collect(index, asked.queries)
    fitted = fit_all(collected)
    for name, weights in fitted.items():
        print(f"{name:8} {weights}")
    print("\nin use:")
    show(collected, RELATIVE["hybrid"], ALONE)
    print("\nfitted:")
    show(collected, fitted["hybrid"], fitted["alone"])


if __name__ == "__main__":
    main()
