"""How many of a question's answers each value of a filter has: what a person could narrow the answer to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from plansearch.index import PlanIndex
from plansearch.results import FILTER_FIELDS, FilterCounts, Filters
from plansearch.retrieval.pools import Positions


def filter_counts(index: PlanIndex, filters: Filters, positions: Positions | None = None) -> tuple[FilterCounts, ...]:
    """Count items by the values of each filter, under all the other filters.

    Args:
        index: where they are.
        filters: which items may answer, with the values that the index has.
        positions: which items answer, ascending; all measures by default.

    Returns:
        For each filter the values that any of them has, most items first.
    """
    found = []
    for option, field in FILTER_FIELDS.items():
        nothing: dict[str, tuple[()]] = {field: ()}
        allowed = index.facets.allowed(replace(filters, **nothing))
        some = np.flatnonzero(allowed) if positions is None else positions[allowed[positions]]
        counts = index.facets.counts(option, some)
        if option == "requirement":
            # a pillar stands for the codes under it, and an item may have several of them
            for code in filters.requirements:
                below = index.facets.allowed(replace(filters, requirements=(code,)))
                counts[code] = int(np.count_nonzero(below[some]))
        order = sorted(counts, key=lambda value: (-counts[value], value))
        found.append(FilterCounts(option, tuple((value, counts[value]) for value in order)))
    return tuple(found)
