"""What comparing answers with: frozen, and carrying the settings that made them.

`results` has what searching and indexing answer with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plansearch.duplication import Duplicates
from plansearch.promises import Difference
from plansearch.results import Caveat, IndexedItem
from plansearch.types import Damage, SkippedFile

PeerBasis = Literal["type", "city", "names", "nearest", "all", "widened"]
"""By what peers were chosen; ``widened``: of the agency's own type there were too few, so all were taken."""

CellState = Literal["measures", "possible", "lost", "absent", "unread"]
"""What a cell of a comparison holds.

``measures``: the agency's own; ``possible``: a weak candidate that somebody has to look at; ``lost``: nothing was
found, and the source lost something there; ``absent``: searched, and nothing is close; ``unread``: the file could not
be read. Only ``absent`` is a gap.
"""

RowKind = Literal["requirement", "matched", "perhaps", "only", "question", "other"]
"""What the cells of a row have in common.

``requirement``: they answer it; ``matched``: the same measure; ``perhaps``: it may be, somebody has to look; ``only``:
a measure that one agency has; ``question``: they answer what was asked; ``other``: they stand under no requirement.
"""

Change = Literal["kept", "reworded", "dropped", "new"]
"""What became of a measure from one year to another."""

ComparisonScope = Literal["framework", "requirements", "question"]

GapKind = Literal["requirement", "boilerplate", "measure", "damage"]
"""``requirement``: no measure at all; ``boilerplate``: only the requirement's own words; ``measure``: peers have it;
``damage``: the source lost something there, so nobody can tell."""


@dataclass(frozen=True, slots=True)
class ComparedAgency:
    """An agency that takes part in a comparison, with the plans that count."""

    name: str
    agency_type: str | None
    city: str | None
    year: int | None
    plans: tuple[str, ...]
    framework: str | None = None
    unread: SkippedFile | None = None
    """Its file, where that could not be read; then nothing else is known of it."""


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """Agencies that one is compared with, and how they were chosen."""

    basis: PeerBasis
    description: str
    """In words, such as ``同類型（公所）``."""
    agencies: tuple[ComparedAgency, ...]
    note: str | None = None
    """What a reader has to know: why it was widened, that there are very few."""


@dataclass(frozen=True, slots=True)
class CellEntry:
    """One item in a cell."""

    found: IndexedItem
    relevance: float | None = None
    """How likely it answers what was asked, or is the measure of its row, from 0 to 1; ``None`` where it simply stands
    under the requirement."""
    restates: bool = False
    """It only says its requirement again, which is no measure."""
    weak: bool = False
    """It may answer the question, and nobody has looked yet."""
    related_code: str | None = None
    """The requirement it stands under, where that is not the row's."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one agency has in one row."""

    state: CellState
    entries: tuple[CellEntry, ...] = ()
    damage: tuple[Damage, ...] = ()
    """What its source lost there."""


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One line of a comparison."""

    kind: RowKind
    code: str | None
    title: str
    """The requirement, the question, or what else the row is about."""
    pillar: str | None
    cells: tuple[Cell, ...]
    """One for each agency, in their order."""
    lexical: float | None = None
    """Of a matched row: the shared wording, from 0 to 1."""
    same: float | None = None
    """Of a matched row: how likely both are the same measure, from 0 to 1."""
    change: Change | None = None
    differences: tuple[Difference, ...] = ()
    """Numbers, frequencies and polarity that differ between the two of a matched row."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Agencies side by side, or one agency's plans of two years."""

    scope: ComparisonScope
    asked: str
    """The code or the question; empty for a whole framework."""
    framework: str | None
    framework_title: str | None
    agencies: tuple[ComparedAgency, ...]
    """The columns. Of two years each column is the agency's plan of that year."""
    rows: tuple[ComparisonRow, ...]
    model: str
    years: tuple[int, int] | None = None
    cut: int = 0
    """Items that answer the question, or may, and are not listed."""

    def counts(self, column: int) -> dict[CellState, int]:
        """How many rows of requirements or questions of a column have each state."""
        states: list[CellState] = [row.cells[column].state for row in self.rows]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    def changed(self, *changes: Change) -> tuple[ComparisonRow, ...]:
        """The rows of these changes."""
        return tuple(row for row in self.rows if row.change in changes)


@dataclass(frozen=True, slots=True)
class NearestItem:
    """An agency's own item that is nearest to something, and how near that is."""

    found: IndexedItem
    same: float | None = None
    """How likely it is the same measure, from 0 to 1; ``None`` where it was found by asking."""
    lexical: float | None = None
    """Share of the wording that both have, from 0 to 1."""
    answers: float | None = None
    """How likely it answers the peers' measure, asked as a question, from 0 to 1; ``None`` where it was not asked."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One line of what an agency lacks, or may lack."""

    kind: GapKind
    code: str | None
    requirement: str | None
    """Title of the requirement it belongs to."""
    peers_with: int
    """How many peers have it."""
    peers_total: int
    examples: tuple[IndexedItem, ...] = ()
    """Peers' own words, of different agencies, the most typical first."""
    nearest: NearestItem | None = None
    """What of the agency's own comes nearest."""
    also_near: NearestItem | None = None
    """What of it answers best when the peers' measure is asked as a question, where that is something else."""
    damage: Damage | None = None
    plan: str | None = None
    """The agency's plan that a damage is in."""
    holders: tuple[str, ...] = ()
    """Names of the peers that have it."""
    of_holders: tuple[IndexedItem, ...] = ()
    """Of each of them its own words, in the same order."""
    maybe_holders: tuple[str, ...] = ()
    """Names of others of which something comes as near as would do for the agency itself to be taken to have it."""
    maybe_covered: bool = False
    """What is near may be the same measure; somebody has to look."""


@dataclass(frozen=True, slots=True)
class GapReport:
    """What an agency lacks beside its peers."""

    agency: ComparedAgency
    peers: PeerGroup
    gaps: tuple[Gap, ...]
    """Requirements first, then measures, by how many peers have them; damage last."""
    model: str
    framework: str | None
    least_peers: int
    """Measures of fewer peers are not listed."""
    rare: int
    """How many groups of measures those are."""
    covered_from: float
    """From this probability on the agency is taken to have a measure."""
    covered: int
    """Groups of measures of the peers that it has."""
    unread: tuple[SkippedFile, ...] = ()
    """Files that could not be read: whose they are is not known, and it may be the agency's."""
    unasked: int = 0
    """Measures, the last ones, that were not asked for as questions, there being very many: what is said
    quite otherwise was not found."""

    def of(self, *kinds: GapKind) -> tuple[Gap, ...]:
        """The gaps of these kinds."""
        return tuple(gap for gap in self.gaps if gap.kind in kinds)


@dataclass(frozen=True, slots=True)
class TradeOff:
    """What a threshold finds of judged pairs, and what it misses."""

    threshold: float
    found: int
    right: int
    missed: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a number stands among those of the peers."""

    value: float | None
    """The agency's own; ``None`` where it is not known."""
    lower: float | None
    median: float | None
    upper: float | None
    """Quartiles of the peers; ``None`` where there are too few."""
    rank: int | None = None
    """The agency's place among all, from 1 for the largest; equal ones share a place."""
    ranked: int = 0
    """How many agencies were ranked, it included."""


@dataclass(frozen=True, slots=True)
class BenchmarkLine:
    """One requirement, pillar, or the whole plan (``code`` ``None``)."""

    code: str | None
    title: str
    level: Literal["whole", "pillar", "requirement"]
    measures: Spread
    """Number of measures, without those that only say their requirement again."""
    coverage: Spread
    """Share of the requirements that have a measure, from 0 to 1."""
    concreteness: Spread
    """Mean share of the marks of a concrete measure, from 0 to 1."""
    originality: Spread
    """Mean of 1 minus the likeness of the nearest measure of any peer, from 0 to 1."""
    lost: bool = False
    """The source lost something there, so what is missing is not known."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """How many measures one agency has, requirement by requirement."""

    agency: ComparedAgency
    measures: tuple[int | None, ...]
    """In the order of the framework; ``None`` where the source lost something and nothing is left."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Where one agency stands among its peers."""

    agency: ComparedAgency
    peers: PeerGroup
    framework: str | None
    framework_title: str | None
    lines: tuple[BenchmarkLine, ...]
    model: str
    grid: tuple[GridRow, ...] = ()
    """The agency first, then its peers."""
    marks: tuple[tuple[str, float | None, float | None], ...] = ()
    """Each mark of a concrete measure, the share of the agency's measures that have it, the median of the peers'."""
    unread: tuple[SkippedFile, ...] = ()
    """Files that could not be read: whose they are is not known."""

    @property
    def requirements(self) -> tuple[BenchmarkLine, ...]:
        """The lines of single requirements, in the order of the framework."""
        return tuple(line for line in self.lines if line.level == "requirement")

    @property
    def pillars(self) -> tuple[BenchmarkLine, ...]:
        """The lines of pillars."""
        return tuple(line for line in self.lines if line.level == "pillar")

    def line(self, code: str | None) -> BenchmarkLine:
        """The line of a requirement or pillar; of the whole plan for ``None``.

        Raises:
            KeyError: there is none.
        """
        return {line.code: line for line in self.lines}[code]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One peer, and what it does that an agency lacks."""

    peer: str
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that can be said of one agency's plan beside its peers'."""

    benchmark: Benchmark
    gaps: GapReport
    duplicates: Duplicates
    """Those that the agency has a part in."""
    lessons: tuple[Lesson, ...]
    """Peers that have most of what it lacks first."""
    damage: tuple[Caveat, ...]
    """All that its source lost or scrambled."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Agencies side by side in numbers: requirements by agencies."""

    framework: str | None
    framework_title: str | None
    agencies: tuple[ComparedAgency, ...]
    benchmarks: tuple[Benchmark, ...]
    """One for each agency, each among its own peers."""
    model: str
