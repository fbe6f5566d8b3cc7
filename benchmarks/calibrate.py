"""Fit the weights of ``plansearch/retrieval/scoring.py`` to judged queries, and print how far they can be trusted.

    python benchmarks/calibrate.py INDEX QUERIES.jsonl [MORE.jsonl ...]

Judged queries have the format of ``plansearch eval``. Questions off all subjects come from
``off_subject.txt``: every second one is fitted to, the others are only looked at.
"""

from __future__ import annotations

import argparse
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plansearch import Filters, PlanIndex
from plansearch.evaluation import JudgedQuery, read_judged_queries
from plansearch.results import SearchMode
from plansearch.retrieval.question import understand
from plansearch.retrieval.scoring import ALONE, BENEFIT, RELATIVE, THRESHOLDS, Evidence, Weights, gather, probability

Array = npt.NDArray[np.float64]

OFF_SUBJECT = Path(__file__).with_name("off_subject.txt")
USED: dict[str, tuple[str, ...]] = {
    "alone": ("similar", "reached"),
    "hybrid": ("outstanding", "similar", "covered", "meant"),
    "meaning": ("outstanding", "similar"),
    "words": ("outstanding", "covered", "meant"),
}
"""Which evidence each function looks at."""
PENALTY = 1e-5
"""Of the sum of squared weights: so little that it only keeps them finite."""


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
    for _ in range(50):
        likely = probability(rows @ weights)
        slope = rows.T @ (likely - answers) + penalty * weights
        curve = (rows * (likely * (1 - likely))[:, np.newaxis]).T @ rows + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def as_weights(name: str, fitted: Array) -> Weights:
    """Fitted numbers under their names; what was not used has none."""
    named = dict(zip([*USED[name], "base"], fitted.tolist(), strict=True))
    return Weights(**{each.name: round(named.get(each.name, 0.0), 2) for each in fields(Weights)})


def ndcg(likely: Array, gains: Array) -> float:
    """nDCG@10 of items ordered by a score."""
    discount = 1 / np.log2(np.arange(2, 12))
    order = np.argsort(-likely, kind="stable")[:10]
    best = np.sort(gains)[::-1][:10]
    return float((gains[order] * discount[: len(order)]).sum() / (best * discount[: len(best)]).sum())


def main() -> None:
    """Print fitted weights, the quality they give, and what share of each probability answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("queries", type=Path, nargs="+")
    asked = parser.parse_args()
    with PlanIndex.open(asked.index) as index:
        measures = np.asarray(index.catalog.allowed(Filters()), dtype=np.int64)
        place = {int(position): row for row, position in enumerate(measures)}
        sets = [read_judged_queries(path, index)[0] for path in asked.queries]
        off = OFF_SUBJECT.read_text(encoding="utf-8").split("\n")[:-1]

        def evidence_of(query: str, mode: SearchMode) -> Evidence:
            return gather(index, understand(index, query), mode)

        def grades_of(judged: JudgedQuery) -> Array:
            grades = np.zeros(len(measures))
            for position, grade in judged.positions.items():
                grades[place[position]] = grade
            return grades

        queries = [one for some in sets for one in some]
        grades = [grades_of(one) for one in queries]
        modes: tuple[SearchMode, ...] = ("hybrid", "meaning", "words")
        found = {mode: [evidence_of(one.query, mode) for one in queries] for mode in modes}
        strange = [evidence_of(query, "hybrid") for query in off]
    answers = np.concatenate([some > 0 for some in grades]).astype(float)
    alone_rows = np.concatenate([columns(one, USED["alone"], measures) for one in [*found["hybrid"], *strange[::2]]])
    padded = np.concatenate([answers, np.zeros(len(alone_rows) - len(answers))])
    fitted = {"alone": as_weights("alone", fit(alone_rows, padded))}
    for mode in modes:
        rows = np.concatenate([columns(one, USED[mode], measures) for one in found[mode]])
        fitted[mode] = as_weights(mode, fit(rows, answers))
    for name, weights in fitted.items():
        print(f"{name:8} {weights}")

    def odds(evidence: Evidence, weights: Weights, alone: Weights) -> Array:
        return np.minimum(weights.odds(evidence), alone.odds(evidence) + BENEFIT)[measures]

    for label, weights, alone in (("in use", RELATIVE["hybrid"], ALONE), ("fitted", fitted["hybrid"], fitted["alone"])):
        print(f"\n{label}: {np.round(astuple(weights), 2)}")
        likely = [probability(odds(one, weights, alone)) for one in found["hybrid"]]
        start = 0
        for path, some in zip(asked.queries, sets, strict=True):
            part = slice(start, start + len(some))
            start += len(some)
            quality = np.mean([ndcg(one, 2**gains - 1) for one, gains in zip(likely[part], grades[part], strict=True)])
            print(f"  {path.name:28} nDCG@10 {quality:.3f} of {len(some)}")
        every, grade = np.concatenate(likely), np.concatenate(grades)
        edges = [1.01, 0.85, *THRESHOLDS.values()]
        for high, low in zip(edges, edges[1:], strict=False):
            some_items = (every >= low) & (every < high)
            print(
                f"  {low:.2f} to {min(high, 1):.2f}: {some_items.sum() / len(queries):4.1f} items a query, "
                f"{(grade[some_items] > 0).mean():.2f} answer"
            )
        kept = every >= THRESHOLDS["possible"]
        print(f"  kept: {(kept & (grade == 2)).sum() / (grade == 2).sum():.3f} of what answers fully")
        print(
            "  best item judged alone, least of all queries:",
            np.round(sorted(probability(alone.odds(one)[measures]).max() for one in found["hybrid"])[:5], 3),
        )
        print(
            "  off all subjects, alone:",
            np.round(sorted(probability(alone.odds(one)[measures]).max() for one in strange)[-5:], 3),
        )
        print(
            "  off all subjects, together:",
            np.round(sorted(probability(odds(one, weights, alone)).max() for one in strange)[-5:], 3),
        )


if __name__ == "__main__":
    main()
