"""Which requirements of another framework one item answers, by the crosswalk and the item's own words.

No model is used: the candidates are few, and the words of their titles, keywords and example
measures tell them apart.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from plansearch.frameworks.catalog import CrosswalkEntry, Framework, Requirement
from plansearch.types import CrosswalkMatch, Relation

CERTAINTY: Mapping[Relation, float] = {"equal": 1.0, "wider": 0.95, "narrower": 0.75, "overlaps": 0.5}
"""How surely (0 to 1) an item answers the only candidate, by the candidate's relation. What asks for more takes
in all items; what asks for less, or for something else besides, may leave this one out."""
PREFERENCE: Mapping[Relation, float] = {"equal": 1.0, "wider": 1.0, "narrower": 1.0, "overlaps": 0.7}
"""Weight of the words' evidence: a candidate that only overlaps must be clearly nearer to win."""
EXAMPLE_WEIGHT = 0.4
"""Weight of a character pair seen only in example measures; one of a title or keyword counts 1."""
UNKNOWN_WEIGHT = 1.0
"""Weight of a pair that no requirement has; the rarest known one has 3.2 where there are 23 requirements."""
NO_EVIDENCE = 0.03
"""Added to all evidence (a share, 0 to 1), so that candidates without any are told apart by relation alone."""
TIE = 0.98
"""A candidate with this share of the best one's evidence is as good."""

# "除滿意度調查外," says that the rest is about something else
_EXCEPTION = re.compile(r"(?<![^\W\d_])除了?[^,。;:]{2,20}?[之以]?外(?=,)")
_RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")


def crosswalk_item(texts: Sequence[str], requirement: Requirement, target: Framework) -> tuple[CrosswalkMatch, ...]:
    """The requirements of another framework that an item answers, surest first.

    Args:
        texts: The item's text and the topics it stands under.
        requirement: What it answers in its own framework, with linked crosswalk (see ``link_frameworks``).
        target: The other framework.

    Returns:
        All that are ``equal``, else the only candidate, else the one that the item's words are nearest
        to; more than one of them only in a tie. Empty where the crosswalk names none.
    """
    candidates = [entry for entry in requirement.crosswalk if entry.framework == target.id]
    equal = [entry for entry in candidates if entry.relation == "equal"]
    if equal or len(candidates) == 1:
        return tuple(_as_match(entry, CERTAINTY[entry.relation]) for entry in equal or candidates)
    return _nearest(texts, candidates, target)


def _nearest(
    texts: Sequence[str], candidates: Sequence[CrosswalkEntry], target: Framework
) -> tuple[CrosswalkMatch, ...]:
    scores = [PREFERENCE[entry.relation] * (NO_EVIDENCE + _evidence(texts, entry.code, target)) for entry in candidates]
    best, total = max(scores, default=0.0), sum(scores)
    return tuple(
        _as_match(entry, score / total) for entry, score in zip(candidates, scores, strict=True) if score >= TIE * best
    )


def _as_match(entry: CrosswalkEntry, confidence: float) -> CrosswalkMatch:
    return CrosswalkMatch(entry.framework, entry.code, entry.relation, round(confidence, 3))


def _evidence(texts: Sequence[str], code: str, target: Framework) -> float:
    """The share (0 to 1) of the item's pairs that a requirement has too, rare pairs weighing more."""
    weights, rarity = _vocabulary(target)
    known, pairs = weights[code], sorted(_pairs(texts))
    total = sum(rarity.get(pair, UNKNOWN_WEIGHT) for pair in pairs)
    return sum(rarity[pair] * known[pair] for pair in pairs if pair in known) / total if total else 0.0


_Weights = Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=16)
def _vocabulary(framework: Framework) -> tuple[_Weights, Mapping[str, float]]:
    """Each requirement's character pairs with their weights, and how rare each pair is (inverse document frequency)."""
    weights = {requirement.code: _weights(requirement) for requirement in framework.requirements}
    found = Counter(pair for known in weights.values() for pair in known)
    return weights, {pair: math.log(1 + len(weights) / count) for pair, count in found.items()}


def _weights(requirement: Requirement) -> dict[str, float]:
    # the description is left out: it names what belongs to other requirements
    said = _pairs([requirement.title, *requirement.aliases, *requirement.keywords])
    return dict.fromkeys(_pairs(requirement.examples), EXAMPLE_WEIGHT) | dict.fromkeys(said, 1.0)


def _pairs(texts: Iterable[str]) -> set[str]:
    """Pairs of neighbouring characters, and whole words of Latin letters or digits."""
    folded = [_EXCEPTION.sub("", unicodedata.normalize("NFKC", text).lower()) for text in texts]
    runs = [run for text in folded for run in _RUN.findall(text)]
    pairs = {run[start : start + 2] for run in runs for start in range(len(run) - 1) if not run.isascii()}
    return pairs | {run for run in runs if run.isascii() and run.isalpha()}
