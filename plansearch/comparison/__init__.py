"""Agencies side by side, and one agency's plans of two years.

Every cell is filled by looking at one agency alone, so no other plan, however long, changes what stands in it.
"""

from __future__ import annotations

from plansearch.comparison.agencies import ENTRIES_PER_CELL, compare
from plansearch.comparison.years import compare_years

__all__ = ["ENTRIES_PER_CELL", "compare", "compare_years"]
