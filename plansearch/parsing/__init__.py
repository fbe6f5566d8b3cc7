"""Documents to plans: the outline, the columns, the items, what they stand under, and what is damaged."""

from __future__ import annotations

from plansearch.parsing.plan import parse_document

__all__ = ["parse_document"]
