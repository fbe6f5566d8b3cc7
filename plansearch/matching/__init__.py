"""Which items say the same, of any two sets of them: two scores for each pair, wording and meaning.

Comparison, gaps, duplicates and benchmark stand on this.
"""

from __future__ import annotations

from plansearch.matching.alike import Pairs, alike_pairs
from plansearch.matching.assignment import assign
from plansearch.matching.candidates import are_few
from plansearch.matching.clustering import Links, cluster, cluster_many, cluster_texts
from plansearch.matching.pairing import (
    COPY_THRESHOLD,
    LOOK_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Likeness,
    Matcher,
    numbered,
)
from plansearch.matching.twins import Wanted

__all__ = [
    "COPY_THRESHOLD",
    "LOOK_THRESHOLD",
    "PERHAPS_THRESHOLD",
    "SAME_THRESHOLD",
    "Likeness",
    "Links",
    "Matcher",
    "Pairs",
    "Wanted",
    "alike_pairs",
    "are_few",
    "assign",
    "cluster",
    "cluster_many",
    "cluster_texts",
    "numbered",
]
