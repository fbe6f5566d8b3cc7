"""What crosses the borders between modules: documents, plans, plan items, damage.

Everything here is frozen and knows nothing of where it came from or where it goes.
Lines and pages count from 1; years are ROC years (民國).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatMatrix = npt.NDArray[np.float32]
"""Rows of vectors, ``(n_texts, dimension)``, float32."""

Progress = Callable[[int, int], None]
"""Called with (done, total) as long work goes on."""

AlignmentMethod = Literal["text", "fuzzy", "meaning", "number", "person"]
"""How a heading was matched to a framework's requirement, surest first."""

Relation = Literal["equal", "narrower", "wider", "overlaps"]
"""How a requirement of one framework relates to one of another.

``narrower``: the other requirement asks for less than this one; ``wider``: for more.
"""

DamageKind = Literal[
    "numbering_start",
    "numbering_gap",
    "measures_lost",
    "units_mismatch",
    "heading_displaced",
    "heading_unknown",
    "text_cut",
    "text_stray",
    "text_garbled",
    "text_apart",
    "text_recognised",
    "page_unread",
    "sheet_unread",
]

LOSSES: Final[tuple[DamageKind, ...]] = ("measures_lost", "numbering_start", "numbering_gap", "text_cut")
"""Damage by which measures may be missing from what was read."""

UNREAD: Final[tuple[DamageKind, ...]] = ("page_unread", "sheet_unread")
"""Damage by which anything may be missing, since it was not read."""

SkipKind = Literal["unreadable", "not_a_plan", "duplicate", "link", "missing"]
"""Why a file gave no plan: it could not be read, is something else, has the content of another file, is a link that
leads out of the folder, or is named in ``plans.toml`` or by corrections without being there."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in its file: lines of a text, a page of a PDF, a row of a table, or a paragraph."""

    first_line: int | None = None
    last_line: int | None = None
    page: int | None = None
    table: int | None = None
    row: int | None = None
    paragraph: int | None = None
    """Of the paragraphs outside of tables that are not empty, in a file that has no lines."""
    sheet: str | None = None
    """Name of the sheet, in a spreadsheet that has several."""

    @property
    def label(self) -> str:
        """The place in words, such as ``第 24–27 行``; empty where the format has no places."""
        parts = []
        if self.sheet is not None:
            parts.append(f"工作表「{self.sheet}」")
        if self.page is not None:
            parts.append(f"第 {self.page} 頁")
        if self.table is not None:
            parts.append(f"表 {self.table}")
        if self.row is not None:
            parts.append(f"第 {self.row} 列")
        if self.first_line is not None:
            last = self.last_line if self.last_line is not None else self.first_line
            lines = str(self.first_line) if last == self.first_line else f"{self.first_line}–{last}"
            parts.append(f"第 {lines} 行")
        if self.paragraph is not None:
            parts.append(f"第 {self.paragraph} 段")
        return " ".join(parts)

    def to(self, other: Span) -> Span:
        """The span from the beginning of this one to the end of ``other``."""
        last = other.last_line if other.last_line is not None else self.last_line
        return replace(self, last_line=last)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of text that the file itself sets apart: a line, a ``<p>``, a list entry."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; ``row_span`` and ``column_span`` as the file says, 1 where it does not."""

    paragraphs: tuple[Paragraph, ...]
    row_span: int = 1
    column_span: int = 1
    merged: Literal["up", "left"] | None = None
    """It has no content of its own: the cell above or to the left of it reaches over its place."""
    content: tuple[Paragraph | Table, ...] = ()
    """Where tables stand in the cell: all that it holds, in order; ``paragraphs`` has only the paragraphs of it."""

    @property
    def text(self) -> str:
        """All paragraphs, joined with newlines."""
        return "\n".join(paragraph.text for paragraph in self.paragraphs)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: tuple[Cell, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that the file shows as one table, or the part of it that stands on one page."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as its reader understood it, before any of it is taken for a plan."""

    name: str
    """The file's path relative to the folder that was read, with ``/``."""
    blocks: tuple[Paragraph | Table, ...]
    sha256: str
    """Of the file's bytes, hexadecimal."""
    encoding: str | None = None
    damage: tuple[Damage, ...] = ()
    """What the reader itself saw: a page without text, notes that stand apart."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a plan's requirement was matched to a framework's, and how sure that is (0 to 1)."""

    method: AlignmentMethod
    confidence: float


@dataclass(frozen=True, slots=True)
class CrosswalkMatch:
    """A requirement of another framework that an item also answers."""

    framework: str
    code: str
    relation: Relation
    confidence: float


@dataclass(frozen=True, slots=True)
class PlanItem:
    """The smallest numbered, bulleted or free-standing measure of a plan.

    ``text`` is the source's own, without its number and without tags. ``requirement`` is the
    heading as the source writes it; ``code`` its place in the framework, ``None`` outside of one.
    """

    section: str | None
    code: str | None
    requirement: str | None
    topic: str | None
    """The sub-headings it stands under, outermost first, joined with ``" > "``."""
    number: str | None
    text: str
    units: tuple[str, ...]
    deadline: str | None
    span: Span
    pillar: str | None = None
    alignment: Alignment | None = None
    crosswalk: tuple[CrosswalkMatch, ...] = ()
    units_inferred: bool = False
    """The units stood in an order that does not line up with the measures; which is whose was worked out."""
    is_measure: bool = True
    """False for what a plan says of itself: its basis, whom it is for, when it runs."""
    corrected: bool = False
    """A person changed or added it with ``plansearch correct``."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that the source lost or scrambled, so that the answer can say so."""

    kind: DamageKind
    detail: str
    """What was seen and what to check, one sentence in Traditional Chinese."""
    code: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a plan says of itself; ``None`` is unknown."""

    agency: str | None = None
    agency_type: str | None = None
    city: str | None = None
    year: int | None = None
    """ROC year."""
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One agency's plan for one year."""

    name: str
    """The file's path relative to the folder that was read; it names the plan everywhere."""
    sha256: str
    metadata: Metadata
    framework: str | None
    """Id of the framework (the catalog's file name); ``None`` is a framework that no catalog has."""
    items: tuple[PlanItem, ...]
    damage: tuple[Damage, ...]
    overridden: tuple[str, ...] = ()
    """Names of the metadata fields that ``plans.toml`` set."""
    doubt: str | None = None
    """Why it may be no plan at all, in a sentence; it was asked for all the same."""
    remarks: tuple[str, ...] = ()
    """What else its reader should know: corrections that were made, and those that no longer fit."""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that gave no plan, and why."""

    name: str
    reason: str
    kind: SkipKind = "unreadable"


class Encoder(Protocol):
    """Turns texts into normalised vectors. Both methods return ``(len(texts), dimension)`` float32."""

    @property
    def name(self) -> str:
        """Names the vector space: two encoders of one name give vectors that may be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions."""
        ...

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items."""
        ...


@runtime_checkable
class ExpectingEncoder(Protocol):
    """An encoder that wants to know beforehand how much it will have to do."""

    def expect(self, texts: int) -> None:
        """Be told how many passages will come, however many at once."""
        ...


class Reranker(Protocol):
    """Reads a question and a text together and says how well the text answers."""

    @property
    def name(self) -> str:
        """Names the model."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One score for each text, ``(len(texts),)``; higher is better."""
        ...
