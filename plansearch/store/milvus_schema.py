"""What an index is in Milvus: its collections and their fields, and filters as Milvus's expressions.

::

    <name>_catalog          one entity says which generation counts; the documents of the generations; who builds now
    <name>_<key>_items      one entity an item: vector, weighted words, filters, the item itself
    <name>_<key>_plans      one entity a plan
    <name>_<key>_words      in how many items each word stands

An item or plan is seen by the generations from ``since`` up to, not with, ``until``. A build writes for the generation
after the current one, which nobody sees, and then replaces the one entity that says which generation counts. So readers
see all of a build or nothing of it, also where it changes a hundred of a hundred million items. An alias could switch
whole collections only, and each build would have to write all items again.

``<key>`` stands for all that makes vectors and words comparable: another model goes to collections of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from plansearch.results import Filters
from plansearch.store.milvus import Field

REMOTE_VERSION: Final = 1
"""Of all that is kept in Milvus; changes whenever an older program could not read it."""

FOREVER: Final = 2**62
"""``until`` of what no generation has ended."""

DRAWS: Final = 2**31
"""``draw`` of an item is a fixed chance number below this: those below a bound are a sample, whatever else changes."""

_SEEN: Final = (Field("since", "whole"), Field("until", "whole"))
_ABOUT: Final = (Field("agency", "text"), Field("agency_type", "text"), Field("city", "text"), Field("year", "whole"))
_UNUSED: Final = Field("unused", "vector", 2)
"""Milvus before 2.6 takes no collection without a vector."""

CATALOG_FIELDS: Final = (Field("key", "key"), Field("body", "text"), _UNUSED)
PLAN_FIELDS: Final = (
    Field("key", "key"),
    *_SEEN,
    Field("plan", "text"),
    *_ABOUT,
    Field("lost", "flag"),
    Field("body", "text"),
    _UNUSED,
)
WORD_FIELDS: Final = (
    Field("key", "key"),
    Field("since", "whole"),
    Field("items", "whole"),
    Field("items_before", "whole"),
    _UNUSED,
)


def item_fields(dimension: int) -> tuple[Field, ...]:
    """Fields of the items of a model with vectors of this length."""
    return (
        Field("key", "key"),
        *_SEEN,
        Field("plan", "text"),
        Field("place", "whole"),
        *_ABOUT,
        Field("units", "texts"),
        Field("codes", "texts"),
        Field("is_measure", "flag"),
        Field("restates", "flag"),
        Field("same", "whole"),
        Field("tokens", "whole"),
        Field("draw", "whole"),
        Field("folded", "text"),
        Field("folded_each", "text"),
        Field("body", "text"),
        Field("words", "sparse"),
        Field("vector", "vector", dimension),
    )


@dataclass(frozen=True, slots=True)
class Collections:
    """Names of the collections of an index."""

    catalog: str
    items: str
    plans: str
    words: str

    @classmethod
    def of(cls, name: str, key: str) -> Collections:
        """Those of an index by its name and the key of its settings."""
        return cls(f"{name}_catalog", f"{name}_{key}_items", f"{name}_{key}_plans", f"{name}_{key}_words")


def settings_key(model: str, dimension: int, settings: Mapping[str, object]) -> str:
    """Stands for all that makes vectors and words comparable."""
    parts = (REMOTE_VERSION, model, dimension, sorted(settings.items()))
    return sha256(repr(parts).encode()).hexdigest()[:12]


def quoted(text: str) -> str:
    """A text as Milvus's expressions have it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def any_of(field: str, values: Iterable[str | int]) -> str:
    """That a field has one of some values."""
    return f"{field} in [{', '.join(quoted(one) if isinstance(one, str) else str(one) for one in values)}]"


def all_of(*conditions: str) -> str:
    """That all conditions hold; empty ones hold always."""
    return " and ".join(f"({condition})" for condition in conditions if condition)


def seen_by(generation: int) -> str:
    """That a generation sees an entity."""
    return f"since <= {generation} and until > {generation}"


def plan_condition(filters: Filters) -> str:
    """That a plan, or the plan of an item, passes the filters on plans."""
    wanted: Sequence[tuple[str, Sequence[str | int]]] = (
        ("agency", filters.agencies),
        ("agency_type", filters.types),
        ("city", filters.cities),
        ("year", filters.years),
    )
    return all_of(*(any_of(field, values) for field, values in wanted if values))


def item_condition(filters: Filters) -> str:
    """That an item passes all filters; a requirement also stands for the codes under it."""
    wanted = (("units", filters.units), ("codes", filters.requirements))
    return all_of(plan_condition(filters), *(_has_any(field, values) for field, values in wanted if values))


def phrase_condition(phrases: Sequence[str]) -> str:
    """That an item has all phrases, which are folded and without white space."""
    return all_of(*(f"folded like {_within(one)} or folded_each like {_within(one)}" for one in phrases))


def with_parents(codes: Iterable[str]) -> list[str]:
    """Codes and all that they stand under, each once: ``A.1.2``, ``A.1``, ``A``."""
    parts = (code.split(".") for code in codes)
    return list(dict.fromkeys(".".join(some[:length]) for some in parts for length in range(len(some), 0, -1)))


def _has_any(field: str, values: Sequence[str]) -> str:
    return f"array_contains_any({field}, [{', '.join(map(quoted, values))}])"


def _within(phrase: str) -> str:
    # the backslash that keeps a wild card from being one is itself quoted
    kept = phrase.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return quoted(f"%{kept}%")
