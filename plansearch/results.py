"""What the commands answer with: frozen, and carrying the settings that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from plansearch.types import Damage, Metadata, Plan, PlanItem, SkippedFile

if TYPE_CHECKING:
    from pandas import DataFrame

SearchMode = Literal["hybrid", "meaning", "words"]

Grade = Literal["high", "related", "possible"]
"""How likely an item answers a question: 高度相關, 相關, 疑似."""

Coverage = Literal["found", "possible", "lost", "absent", "unasked"]
"""What is known of an agency and a question.

``found``: it has measures; ``possible``: a weak candidate that somebody has to look at; ``lost``: nothing was
found, and its plans lost text; ``absent``: searched, and nothing is close; ``unasked``: the filters left nothing to
search.
"""

FRAME_COLUMNS: Final = (
    "rank",
    "grade",
    "relevance",
    "agency",
    "agency_type",
    "city",
    "year",
    "code",
    "requirement",
    "topic",
    "text",
    "units",
    "deadline",
    "plan",
    "location",
    "id",
    "twins",
)
"""Columns of `SearchResult.to_frame`."""


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


FILTER_FIELDS: Final[Mapping[str, str]] = {
    "agency": "agencies",
    "type": "types",
    "city": "cities",
    "year": "years",
    "requirement": "requirements",
    "unit": "units",
}
"""What `Filters` calls the values of each filter."""


@dataclass(frozen=True, slots=True)
class AddedTerms:
    """A word of a question, and the terms that the search added for it."""

    word: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A requirement of a framework, by which plans group their measures."""

    framework: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why an item was found."""

    words: tuple[str, ...]
    """Words of the question that the item has, in its own writing, where they stand in its text or topic."""
    added: tuple[str, ...]
    """Terms that the search added and the item has."""
    sentence: tuple[int, int] | None
    """Range ``[start, end)`` of ``item.text``: the sentence nearest to the question."""
    meaning_share: float
    """How much of what speaks for the item comes from its meaning, from 0 to 1; the rest comes from its words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One item found. ``score`` orders hits of one answer and means nothing between answers."""

    rank: int
    score: float
    found: IndexedItem
    matched: tuple[tuple[int, int], ...] = ()
    """Ranges ``[start, end)`` of ``found.item.text`` that the query's words matched, in order."""
    relevance: float = 0.0
    """How likely the item answers the question, from 0 to 1, as judged queries taught it."""
    grade: Grade = "possible"
    twins: tuple[IndexedItem, ...] = ()
    """Items with the same text, best first; they are not listed as hits of their own."""
    why: Why | None = None
    restates: bool = False
    """It only says its requirement again, which is no measure."""

    @property
    def twin_agencies(self) -> tuple[str, ...]:
        """Other agencies that have the same text, each once, in order."""
        own = self.found.metadata.agency or self.found.plan
        names = (twin.metadata.agency or twin.plan for twin in self.twins)
        return tuple(dict.fromkeys(name for name in names if name != own))


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something that a plan's source lost where a question looked: not found there is no proof of not done."""

    plan: str
    metadata: Metadata
    damage: Damage


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """How many answers each value of one filter has, under all the other filters."""

    option: str
    """``agency``, ``type``, ``city``, ``year``, ``requirement`` or ``unit``."""
    values: tuple[tuple[str, int], ...]
    """Values and counts, most first; values without any are left out."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to one query."""

    query: str
    mode: SearchMode
    filters: Filters
    model: str
    hits: tuple[Hit, ...]
    total: int
    """How many items were close enough; ``hits`` and their twins are the best of them."""
    searched: int
    """How many measures the filters left to search in."""
    caveats: tuple[Caveat, ...] = ()
    """What was lost in the plans and requirements that the filters name."""
    added: tuple[AddedTerms, ...] = ()
    """What the search added to the question's words."""
    unknown: tuple[str, ...] = ()
    """Words of the question that stand in no plan of the index."""
    headings: tuple[Heading, ...] = ()
    """Requirements whose titles have the question's words: their measures need not have them."""
    phrases: tuple[str, ...] = ()
    """What every hit has to have word for word."""
    exact: bool = False
    """Whether nothing was added."""
    folded: bool = True
    """Whether items of the same text count as one hit."""
    by_words: tuple[Hit, ...] = ()
    """Where nothing is close enough: what shares words with the question all the same."""
    liked: tuple[IndexedItem, ...] = ()
    """Items that the hits were to be like."""
    unliked: tuple[IndexedItem, ...] = ()
    """Items that the hits were not to be like."""
    reranker: str | None = None
    """The model that put the first hits in order again."""
    complete: bool = True
    """Whether all items were looked at; else ``total`` counts the close ones among candidates, and more may be."""
    counts: tuple[FilterCounts, ...] = ()
    """What the answer could be narrowed to; only where it was asked for."""
    candidates: int | None = None
    """How many items of each leg were looked at in an index of which never all are; else ``None``."""

    @property
    def shown(self) -> int:
        """How many items the hits stand for, their twins included."""
        return sum(1 + len(hit.twins) for hit in self.hits)

    @property
    def cut(self) -> int:
        """How many close items are not among the hits and their twins."""
        return self.total - self.shown

    def to_frame(self) -> DataFrame:
        """The hits as a pandas table, one row each: rank, grade, relevance, the item's fields, where it stands.

        ``units`` are joined with ``、``; what is unknown is missing.
        """
        from pandas import DataFrame  # noqa: PLC0415  0.4 s that only a caller from Python needs

        frame: DataFrame = DataFrame([_row(hit) for hit in self.hits], columns=list(FRAME_COLUMNS))
        return frame


def _row(hit: Hit) -> tuple[object, ...]:
    found, item = hit.found, hit.found.item
    judged = (hit.rank, hit.grade, hit.relevance)
    plan = (found.metadata.agency, found.metadata.agency_type, found.metadata.city, found.metadata.year)
    texts = (item.code, item.requirement, item.topic, item.text, "、".join(item.units) or None, item.deadline)
    return (*judged, *plan, *texts, found.plan, found.location, found.id, len(hit.twins))


@dataclass(frozen=True, slots=True)
class AgencyHits:
    """What one agency has to a question."""

    agency: str | None
    agency_type: str | None
    city: str | None
    plans: tuple[str, ...]
    state: Coverage
    hits: tuple[Hit, ...]
    """The best of this agency, ranked within it."""
    total: int
    """How many of its items are close enough."""
    searched: int
    """How many of its measures were searched."""
    caveats: tuple[Caveat, ...]
    """What its plans lost."""

    @property
    def name(self) -> str:
        """The agency, or its plans' files where no agency is known."""
        return self.agency or "、".join(self.plans)


@dataclass(frozen=True, slots=True)
class AgencyResult:
    """The answer to one query, agency by agency."""

    query: str
    mode: SearchMode
    filters: Filters
    model: str
    agencies: tuple[AgencyHits, ...]
    """All that the filters leave: those that cover it first, best first."""
    unread: tuple[SkippedFile, ...]
    """Files that could not be read: whose they are is not known."""
    added: tuple[AddedTerms, ...] = ()
    unknown: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()
    phrases: tuple[str, ...] = ()
    exact: bool = False

    def of(self, *states: Coverage) -> tuple[AgencyHits, ...]:
        """The agencies in any of these states."""
        return tuple(one for one in self.agencies if one.state in states)


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

    @classmethod
    def of(cls, plan: Plan) -> PlanSummary:
        """The line about a plan that was read."""
        return cls(
            plan.name,
            plan.metadata,
            plan.framework,
            len(plan.items),
            len(plan.damage),
            tuple(plan.overridden),
            sum(item.corrected for item in plan.items),
            plan.doubt,
            plan.remarks,
        )


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
    remarks: tuple[str, ...] = ()
    """What a person could do so that the next build is faster."""
