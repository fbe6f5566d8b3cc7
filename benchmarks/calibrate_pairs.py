"""Fit the weights of ``plansearch/matching/pairing.py`` to judged pairs, and print how far they can be trusted.

    python benchmarks/calibrate_pairs.py INDEX PAIRS.jsonl [INDEX PAIRS.jsonl ...]

A line of PAIRS is ``{"a_plan", "a_text", "b_plan", "b_text", "label"}``: 3 is copied wording, 2 the same measure in own
words, 1 related, 0 unrelated. Each set is also judged by weights that were fitted to the others alone.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plansearch import PlanIndex
from plansearch.matching.pairing import Evidence, Matcher

Array = npt.NDArray[np.float64]
COPIED, SAME = 3, 2
PENALTY = 0.05
"""Of the sum of squared weights of standardised evidence (the same as scikit-learn's C = 10)."""
NEWTON_STEPS = 50
THRESHOLDS = tuple(step / 20 for step in range(4, 20))


@dataclass(frozen=True, slots=True)
class Judged:
    """One set of pairs, with what speaks for each; every array has one row a pair."""

    name: str
    copied: Array
    """Evidence for a copy: ``jaccard``, ``contained``, ``meaning``."""
    same: Array
    """Evidence for one measure: ``synonymous``, ``clauses``, ``meaning``, ``one_requirement``."""
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic function: the base, then one weight for each column of the evidence."""

    weights: Array

    def of(self, evidence: Array) -> Array:
        """Probabilities, ``(n_pairs,)``."""
        odds = self.weights[0] + evidence @ self.weights[1:]
        likely: Array = 1.0 / (1.0 + np.exp(-odds))
        return likely


def main(arguments: Sequence[str]) -> None:
    """Fit and print."""
    if len(arguments) < 2 or len(arguments) % 2:  # noqa: PLR2004
        sys.exit(__doc__)
    with ExitStack() as opened:
        sets = []
        for index, pairs in zip(arguments[::2], arguments[1::2], strict=True):
            sets.append(collect(opened.enter_context(PlanIndex.open(Path(index))), Path(pairs)))
    for kind, least in (("copied", COPIED), ("same", SAME)):
        whole = fit(
            np.vstack([getattr(one, kind) for one in sets]), np.concatenate([one.labels for one in sets]) >= least
        )
        print(f"\n{kind}: weights {[round(float(weight), 2) for weight in whole.weights]}")
        for one in sets:
            others = [other for other in sets if other is not one] or [one]
            alone = fit(
                np.vstack([getattr(other, kind) for other in others]),
                np.concatenate([other.labels for other in others]) >= least,
            )
            truth = one.labels >= least
            unseen = " ".join(f"{t:.2f}:{f1(alone.of(getattr(one, kind)) >= t, truth):.3f}" for t in THRESHOLDS)
            seen = " ".join(f"{t:.2f}:{f1(whole.of(getattr(one, kind)) >= t, truth):.3f}" for t in THRESHOLDS)
            print(f"  {one.name} ({truth.sum()} of {len(truth)})")
            print(f"    F1 fitted to the others {unseen}\n    F1 fitted to all        {seen}")
        likely = np.concatenate([whole.of(getattr(one, kind)) for one in sets])
        print_trade(likely, np.concatenate([one.labels for one in sets]) >= least)


def collect(index: PlanIndex, pairs: Path) -> Judged:
    """Read judged pairs and gather what speaks for each."""
    places: dict[tuple[str, str], list[int]] = {}
    for position, found in enumerate(index.items()):
        places.setdefault((found.plan, letters(found.item.text)), []).append(position)
    matcher = Matcher(index, range(len(index)))
    first, second, labels = [], [], []
    for line in pairs.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        a = places[pair["a_plan"], letters(pair["a_text"])][0]
        b = next(place for place in places[pair["b_plan"], letters(pair["b_text"])] if place != a)
        first.append(a)
        second.append(b)
        labels.append(pair["label"])
    evidence: Evidence = matcher.evidence(np.asarray(first), np.asarray(second))
    return Judged(
        pairs.name,
        np.column_stack([evidence.jaccard, evidence.contained, evidence.meaning]),
        np.column_stack([evidence.synonymous, evidence.clauses, evidence.meaning, evidence.one_requirement]),
        np.asarray(labels),
    )


def letters(text: str) -> str:
    """A text without tags, punctuation, width and case, by which judged texts are found."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", re.sub(r"<[^>]+>", "", text))).lower()


def fit(evidence: Array, truth: npt.NDArray[np.bool_]) -> Fit:
    """Logistic regression with a small penalty, by Newton's method."""
    mean, deviation = evidence.mean(axis=0), np.maximum(evidence.std(axis=0), 1e-9)
    rows = np.column_stack([np.ones(len(evidence)), (evidence - mean) / deviation])
    weights = np.zeros(rows.shape[1])
    penalty = np.diag([0.0] + [2 * PENALTY] * evidence.shape[1])
    for _ in range(NEWTON_STEPS):
        likely = 1.0 / (1.0 + np.exp(-rows @ weights))
        slope = rows.T @ (truth - likely) - penalty @ weights
        curve = (rows * (likely * (1 - likely))[:, np.newaxis]).T @ rows + penalty
        weights = weights + np.linalg.solve(curve, slope)
    slopes = weights[1:] / deviation
    return Fit(np.concatenate([[weights[0] - float(slopes @ mean)], slopes]))


def f1(found: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_]) -> float:
    """Harmonic mean of precision and recall."""
    return 2 * int((found & truth).sum()) / max(int(found.sum()) + int(truth.sum()), 1)


def print_trade(likely: Array, truth: npt.NDArray[np.bool_]) -> None:
    """What each threshold finds, of how many, and what it misses."""
    for threshold in THRESHOLDS:
        found = likely >= threshold
        counts = int(found.sum()), int((found & truth).sum()), int((truth & ~found).sum())
        print("  {:.2f}: {} found, {} right, {} missed".format(threshold, *counts))


if __name__ == "__main__":
    main(sys.argv[1:])
