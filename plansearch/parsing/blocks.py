"""The pieces that a plan is assembled from, before they become plan items. Mutable, and private to parsing."""

from __future__ import annotations

from dataclasses import dataclass, field

from plansearch.numbering import Mark
from plansearch.types import Span


@dataclass(slots=True)
class Heading:
    """A pillar's or requirement's heading, as far as it has been read; its end may stand on the next page."""

    mark: Mark | None
    text: str
    span: Span
    column: int | None
    """Where it began, so that a piece in the same column can go on with it."""

    @property
    def full(self) -> str:
        """Number and text, as in the source."""
        return (self.mark.text if self.mark else "") + self.text


@dataclass(slots=True)
class Entry:
    """A numbered, bulleted or free-standing piece of text in a measure cell or a section."""

    mark: Mark | None
    text: str
    span: Span
    cell: int
    """Counts cells over the plan; paragraphs outside of tables share one cell for each section."""
    row: int
    label: str = ""
    """The heading part of ``text`` where a description was joined to it."""
    units: tuple[str, ...] = ()
    deadline: str | None = None
    stray: bool = False
    """It stood between two rows of a table, in no cell."""


@dataclass(slots=True)
class RowNotes:
    """What a row says beside its measures, and which blocks its cells belong to."""

    number: int
    span: Span
    after_break: bool
    units: list[tuple[str, ...]] = field(default_factory=list)
    deadlines: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    stray: bool = False
    """Units came as lines of their own, torn off the row: their order is all that is left of their places."""
    together: bool = False
    """Units of several columns (主辦, 協辦): an entry names all who do a measure, never one for each."""
    units_row: int = 0
    """Number of the row whose unit cell reaches over this one; 0 for its own."""
    deadlines_row: int = 0

    def touch(self, block: Block) -> None:
        """Note that a cell of this row belongs to ``block``."""
        if not any(known is block for known in self.blocks):
            self.blocks.append(block)


@dataclass(slots=True)
class Block:
    """All that stands under one requirement (or in one section, outside of requirements), in order."""

    section: str | None
    pillar: Heading | None
    requirement: Heading | None
    entries: list[Entry] = field(default_factory=list)
    displaced: bool = False
    """Its pillar heading stood on the row before its first requirement."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """A document taken apart: blocks and rows in reading order."""

    blocks: tuple[Block, ...]
    rows: tuple[RowNotes, ...]
