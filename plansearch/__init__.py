"""Search and comparison over the service-improvement plans of Taiwanese government agencies.

The public names are here; each is imported when it is first used, so that a command which needs one
of them does not wait for all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from plansearch.version import __version__

if TYPE_CHECKING:
    from plansearch.benchmark import benchmark_agency, benchmark_all
    from plansearch.collection import Collection, read_collection, read_plan
    from plansearch.comparison import compare, compare_years
    from plansearch.duplicates import at_thresholds, find_duplicates
    from plansearch.duplication import DuplicateGroup, DuplicatePair, Duplicates
    from plansearch.errors import PlansearchError
    from plansearch.findings import (
        Benchmark,
        Comparison,
        Gap,
        GapReport,
        Overview,
        PeerGroup,
        Standing,
    )
    from plansearch.frameworks.catalog import Framework, Requirement, bundled_frameworks
    from plansearch.gaps import find_gaps
    from plansearch.index import PlanIndex
    from plansearch.overview import agency_overview
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
    "Benchmark",
    "BuildReport",
    "Collection",
    "Comparison",
    "Damage",
    "DuplicateGroup",
    "DuplicatePair",
    "Duplicates",
    "Encoder",
    "Filters",
    "Framework",
    "Gap",
    "GapReport",
    "Hit",
    "IndexedItem",
    "Metadata",
    "Overview",
    "PeerGroup",
    "Plan",
    "PlanIndex",
    "PlanItem",
    "PlanSummary",
    "PlansearchError",
    "Requirement",
    "SearchResult",
    "Span",
    "Standing",
    "__version__",
    "agency_overview",
    "at_thresholds",
    "benchmark_agency",
    "benchmark_all",
    "bundled_frameworks",
    "compare",
    "compare_years",
    "find_duplicates",
    "find_gaps",
    "read_collection",
    "read_plan",
    "search",
    "search_by_agency",
]

_HOMES = {
    "benchmark": ("benchmark_agency", "benchmark_all"),
    "collection": ("Collection", "read_collection", "read_plan"),
    "comparison": ("compare", "compare_years"),
    "duplicates": ("at_thresholds", "find_duplicates"),
    "duplication": ("DuplicateGroup", "DuplicatePair", "Duplicates"),
    "errors": ("PlansearchError",),
    "findings": (
        "Benchmark",
        "Comparison",
        "Gap",
        "GapReport",
        "Overview",
        "PeerGroup",
        "Standing",
    ),
    "frameworks.catalog": ("Framework", "Requirement", "bundled_frameworks"),
    "gaps": ("find_gaps",),
    "index": ("PlanIndex",),
    "overview": ("agency_overview",),
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
