"""What measures promise: amounts, frequencies, yes or no; and where two of them promise different things."""

from __future__ import annotations

from plansearch.promises.differing import Difference, Kind, differences
from plansearch.promises.reading import Reading, read_promises

__all__ = ["Difference", "Kind", "Reading", "differences", "read_promises"]
