"""Catalogs of requirements, and how a plan's headings and items are matched to them."""

from plansearch.frameworks.alignment import (
    align_by_meaning,
    choose_framework,
    is_prefix_of_title,
    match_pillar,
    match_requirement,
    match_shortened,
    title_contains,
)
from plansearch.frameworks.catalog import (
    CrosswalkEntry,
    Framework,
    Pillar,
    Requirement,
    bundled_frameworks,
    find_framework,
    link_frameworks,
    load_framework,
)
from plansearch.frameworks.crosswalk import crosswalk_item
from plansearch.frameworks.headings import heading_key, strip_ordinal

__all__ = [
    "CrosswalkEntry",
    "Framework",
    "Pillar",
    "Requirement",
    "align_by_meaning",
    "bundled_frameworks",
    "choose_framework",
    "crosswalk_item",
    "find_framework",
    "heading_key",
    "is_prefix_of_title",
    "link_frameworks",
    "load_framework",
    "match_pillar",
    "match_requirement",
    "match_shortened",
    "strip_ordinal",
    "title_contains",
]
