"""What speaks for an item, and how likely it answers by that: logistic functions fitted to judged queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from plansearch.results import SearchMode
from plansearch.retrieval.pools import Scores


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each item of a pool; every field is ``(n_rated,)``, zeros where a mode does not look."""

    meaning: Scores
    """How far its vector stands out among all items, in standard deviations."""
    words: Scores
    """How far its words stand out among all items, in standard deviations."""
    similar: Scores
    """How far its vector is nearer than chance, in standard deviations of the model."""
    covered: Scores
    """Part of the question's words that it has, by their rarity, 0 to 1."""
    meant: Scores
    """Part of the best fitting added term that it has, 0 to 1."""
    reached: Scores
    """Part of the question's words that it has itself or by an added term, by their rarity, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic function over `Evidence`."""

    base: float
    outstanding: float = 0.0
    similar: float = 0.0
    covered: float = 0.0
    meant: float = 0.0
    reached: float = 0.0

    def of_meaning(self, evidence: Evidence) -> Scores:
        """What the meaning adds to the log odds."""
        return self.outstanding * evidence.meaning + self.similar * evidence.similar

    def of_words(self, evidence: Evidence) -> Scores:
        """What the words add to the log odds."""
        return (
            self.outstanding * evidence.words
            + self.covered * evidence.covered
            + self.meant * evidence.meant
            + self.reached * evidence.reached
        )

    def odds(self, evidence: Evidence) -> Scores:
        """Log odds that each item answers."""
        return self.base + self.of_meaning(evidence) + self.of_words(evidence)


ALONE: Final = Weights(similar=0.7, reached=5.65, base=-7.11)
"""Judges an item for itself, whatever else is in the index."""

RELATIVE: Final[dict[SearchMode, Weights]] = {
    "hybrid": Weights(outstanding=0.59, similar=0.21, covered=1.17, meant=1.55, base=-5.9),
    "meaning": Weights(outstanding=1.51, similar=0.23, base=-5.92),
    "words": Weights(outstanding=0.67, covered=2.48, meant=2.22, base=-5.08),
}
"""Judges an item among the others."""

BENEFIT: Final = 2.0
"""Log odds by which standing out among the others can raise an item above what speaks for it alone. Something always
stands out; without this bound the best item of a question off all subjects would come to 0.99."""


def odds_of(evidence: Evidence, weights: Weights, mode: SearchMode) -> Scores:
    """Log odds that each item answers, by weights of a mode, within what speaks for it alone."""
    odds = weights.odds(evidence)
    return odds if mode == "words" else np.minimum(odds, ALONE.odds(evidence) + BENEFIT)
