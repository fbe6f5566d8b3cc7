"""Which items say the same, of any two sets of them: two scores for each pair, wording and meaning.

Comparison, gaps, duplicates and benchmark stand on this.
"""

from __future__ import annotations

from plansearch.matching.assignment import assign
from plansearch.matching.candidates import alike_pairs
from plansearch.matching.clustering import cluster, cluster_texts
from plansearch.matching.pairing import (
    COPY_THRESHOLD,
    LOOK_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Likeness,
    Matcher,
    numbered,
)

__all__ = [
    "COPY_THRESHOLD",
    "LOOK_THRESHOLD",
    "PERHAPS_THRESHOLD",
    "SAME_THRESHOLD",
    "Likeness",
    "Matcher",
    "alike_pairs",
    "assign",
    "cluster",
    "cluster_texts",
    "numbered",
]
