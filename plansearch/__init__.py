"""Search and comparison over the service-improvement plans of Taiwanese government agencies.

The public names are here; each is imported when it is first used, so that a command which needs one
of them does not wait for all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from plansearch.version import __version__

if TYPE_CHECKING:
    from plansearch.collection import Collection, read_collection, read_plan
    from plansearch.errors import PlansearchError
    from plansearch.frameworks.catalog import Framework, Requirement, bundled_frameworks
    from plansearch.index import PlanIndex
    from plansearch.results import (
        AgencyHits,
        AgencyResult,
        BuildReport,
        Filters,
        Hit,
        IndexedItem,
        PlanSummary,
        SearchResult,
    )
    from plansearch.retrieval import search, search_by_agency
    from plansearch.types import Damage, Encoder, Metadata, Plan, PlanItem, Span

__all__ = [
    "AgencyHits",
    "AgencyResult",
    "BuildReport",
    "Collection",
    "Damage",
    "Encoder",
    "Filters",
    "Framework",
    "Hit",
    "IndexedItem",
    "Metadata",
    "Plan",
    "PlanIndex",
    "PlanItem",
    "PlanSummary",
    "PlansearchError",
    "Requirement",
    "SearchResult",
    "Span",
    "__version__",
    "bundled_frameworks",
    "read_collection",
    "read_plan",
    "search",
    "search_by_agency",
]

_HOMES = {
    "collection": ("Collection", "read_collection", "read_plan"),
    "errors": ("PlansearchError",),
    "frameworks.catalog": ("Framework", "Requirement", "bundled_frameworks"),
    "index": ("PlanIndex",),
    "results": (
        "AgencyHits",
        "AgencyResult",
        "BuildReport",
        "Filters",
        "Hit",
        "IndexedItem",
        "PlanSummary",
        "SearchResult",
    ),
    "retrieval": ("search", "search_by_agency"),
    "types": ("Damage", "Encoder", "Metadata", "Plan", "PlanItem", "Span"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
