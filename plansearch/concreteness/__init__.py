"""How concrete measures are, and where in their texts it shows."""

from __future__ import annotations

from plansearch.concreteness.marking import MARKERS, MarkedRange, Marker, concreteness, marked, markers

__all__ = ["MARKERS", "MarkedRange", "Marker", "concreteness", "marked", "markers"]
