"""What the commands answer with: frozen, and carrying the settings that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plansearch.types import Damage, Metadata, PlanItem, SkippedFile

SearchMode = Literal["hybrid", "meaning", "words"]


@dataclass(frozen=True, slots=True)
class IndexedItem:
    """A plan item together with the plan it stands in."""

    id: str
    """``<plan>#<number of the item in its plan, from 1>``; it stays as long as the file does not change."""
    plan: str
    metadata: Metadata
    framework: str | None
    item: PlanItem

    @property
    def location(self) -> str:
        """File, place and number, to quote from: ``a.txt 第 24–27 行 編號 (4)``."""
        number = (self.item.number or "").strip("、.．：: ")
        named = f"編號 {number}" if any(character.isalnum() for character in number) else ""
        return " ".join(part for part in (self.plan, self.item.span.label, named) if part)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items may answer; every list is "any of", the lists together are "all of"."""

    agencies: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    requirements: tuple[str, ...] = ()
    """Codes (``1.3``), pillars (``1``) or framework codes of a plan's own; crosswalked items count."""
    units: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.agencies, self.types, self.cities, self.years, self.requirements, self.units))


@dataclass(frozen=True, slots=True)
class Hit:
    """One item found. ``score`` orders hits of one answer and means nothing between answers."""

    rank: int
    score: float
    found: IndexedItem
    matched: tuple[tuple[int, int], ...] = ()
    """Ranges ``[start, end)`` of ``found.item.text`` that the query's words matched, in order."""


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something that a plan's source lost where a question looked: not found there is no proof of not done."""

    plan: str
    metadata: Metadata
    damage: Damage


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query."""

    query: str
    mode: SearchMode
    filters: Filters
    model: str
    hits: tuple[Hit, ...]
    total: int
    """How many items were close enough; ``hits`` is the beginning of them."""
    searched: int
    """How many measures the filters left to search in."""
    caveats: tuple[Caveat, ...] = ()
    """What was lost in the plans and requirements that the filters name."""

    @property
    def cut(self) -> int:
        """How many close items are not among the hits."""
        return self.total - len(self.hits)


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """One line about one plan of an index."""

    plan: str
    metadata: Metadata
    framework: str | None
    items: int
    damage: int
    overridden: tuple[str, ...] = ()
    corrected: int = 0
    """Items that a person changed or added."""
    doubt: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    folder: str
    index: str
    model: str
    plans: tuple[PlanSummary, ...]
    skipped: tuple[SkippedFile, ...]
    items: int
    damage: int
    embedded: int
    """Texts that went through the model in this build."""
    reused: int
    """Texts whose vectors were taken from the cache."""
    removed: tuple[str, ...]
    """Plans that the index had before and has no longer, since they are not in the folder."""
    unchanged: bool
    """True when nothing had changed and the index was left as it was."""
    seconds: float
