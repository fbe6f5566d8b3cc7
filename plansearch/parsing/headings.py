"""Headings of pillars and requirements: which is which, where each begins to hold, and what goes on with it."""

from __future__ import annotations

from typing import Literal, Protocol

from plansearch.frameworks import (
    Framework,
    Requirement,
    heading_key,
    is_prefix_of_title,
    match_pillar,
    match_requirement,
    match_shortened,
)
from plansearch.numbering import Segment, leading_mark
from plansearch.parsing.blocks import Block, Heading
from plansearch.parsing.columns import ends_sentence
from plansearch.types import Paragraph, Span

Level = Literal["pillar", "requirement"]
_HEADING_STYLES = frozenset({"cjk", "paren_cjk"})
_RARE_STYLES = frozenset({"arabic", "paren_arabic", "heavenly"})


class _BeginBlock(Protocol):
    def __call__(self, pillar: Heading | None, requirement: Heading | None, *, displaced: bool = False) -> Block: ...


class HeadingReader:
    """Follows the headings of a plan as they come, piece by piece."""

    def __init__(self, framework: Framework | None, begin_block: _BeginBlock) -> None:
        self.framework = framework
        self._begin_block = begin_block
        self._levels: dict[str, Level] = {}
        self._columns: set[int] = set()
        self.pillar: Heading | None = None
        self.requirement: Heading | None = None
        self.block: Block | None = None
        self._pending: Heading | None = None
        self._pending_row = 0
        self._latest: Heading | None = None
        self._is_displaced = False
        """A pillar's heading was read on a row that still belongs to the pillar before it."""

    def reset(self) -> None:
        """Forget where the text stands: a new section or another table begins."""
        self.pillar = self.requirement = self.block = self._pending = self._latest = None
        self._is_displaced = False

    def read(self, paragraph: Paragraph, column: int | None, *, row: int, after_break: bool, same_cell: bool) -> None:
        """Take one piece of a heading column (or a heading found elsewhere, then ``column`` is where)."""
        segment = leading_mark(paragraph.text)
        if column is not None:
            self._columns.add(column)
        if segment.mark is None:
            if after_break and self._repeats_an_end(segment.text):
                return
            unfinished = self._unfinished(segment.text, column, after_break=after_break, same_cell=same_cell)
            if unfinished is not None:
                unfinished.text += segment.text
                unfinished.span = unfinished.span.to(paragraph.span)
                return
        elif self._repeats(segment):
            return
        heading = Heading(segment.mark, segment.text, paragraph.span, column)
        self._latest = heading
        if self._level(segment, paragraph.text, column) == "pillar":
            self._pending, self._pending_row = heading, row
        else:
            self._begin_requirement(heading, row)

    def is_heading(self, text: str, *, alone: bool) -> bool:
        """Whether a text outside of the heading columns is a heading all the same.

        ``alone``: nothing else in its row could be the measures. Then a text without a number that only says
        its own requirement again is a measure (boilerplate), not a heading.
        """
        segment = leading_mark(text)
        if segment.mark is None:
            heading = Heading(None, segment.text, Span(), None)
            again = self.requirement is not None and self._same(self.requirement, heading)
            return self._is_whole_title(segment.text) and not (alone and again)
        if segment.mark.style not in _HEADING_STYLES:
            # other numbers are a measure's, but for a text that is a whole title
            return segment.mark.style in _RARE_STYLES and self._is_whole_title(segment.text)
        if self.framework is not None:
            return self._place(text) is not None
        before = self.requirement.mark if self.requirement else None
        goes_on = before is not None and before.style == segment.mark.style and segment.mark.value == before.value + 1
        return goes_on and self._levels.get(segment.mark.style) == "requirement"

    def is_outline_heading(self, text: str) -> bool:
        """Whether a line of an outline is a heading: here one whose title was shortened is one, too."""
        return self.is_heading(text, alone=True) or self._is_shortened(text)

    def _is_shortened(self, text: str) -> bool:
        """Whether a line goes on with the numbers of the requirements, and is made of a title's words."""
        segment = leading_mark(text)
        mark, framework = segment.mark, self.framework
        if framework is None or mark is None or self._levels.get(mark.style) != "requirement" or ends_sentence(text):
            return False
        current = self.requirement if self._pending is None else None
        if current is None and (self._pending is None or mark.value != 1):
            return False
        if current is not None and (current.mark is None or mark.value <= current.mark.value):
            return False
        above = self._pending or self.pillar
        pillar = match_pillar(above.full, framework) if above else None
        match = match_shortened(segment.text, framework, pillar=pillar[0].code if pillar else None)
        return match is not None and not (current is not None and self._stands_for(current, match[0]))

    def _stands_for(self, heading: Heading, requirement: Requirement) -> bool:
        """Whether a heading is that of a requirement, in full or shortened."""
        if self.framework is None:
            return False
        match = match_requirement(heading.full, self.framework) or match_shortened(heading.text, self.framework)
        return match is not None and match[0].code == requirement.code

    def is_own_heading(self, text: str) -> bool:
        """Whether a line above a table is a heading of a framework that no catalog has: numbered, and no sentence."""
        mark = leading_mark(text).mark
        return self.framework is None and mark is not None and mark.style in _HEADING_STYLES and not ends_sentence(text)

    def continues(self, text: str, column: int | None, *, after_break: bool) -> bool:
        """Whether a text among the measures is the end of a heading that began there before a page or line break."""
        heading = self._pending or self.requirement
        if not after_break or heading is None or heading.column != column or leading_mark(text).mark is not None:
            return False
        return self._fits(heading, text)

    @property
    def is_latest(self) -> bool:
        """Whether nothing but a heading was read last: no measure stands under it yet."""
        return self._pending is not None or (self.block is not None and not self.block.entries)

    def block_for_measures(self, row: int) -> Block | None:
        """The block that measures of this row belong to.

        A pillar heading without a requirement holds for measures in its own row and below.
        """
        if self._pending is not None and self._pending_row <= row and not self._is_displaced:
            self.pillar, self._pending, self.requirement = self._pending, None, None
            self.block = self._begin_block(self.pillar, None)
        return self.block

    def _begin_requirement(self, heading: Heading, row: int) -> None:
        current = self.requirement
        if current is not None and self.block is not None and not self.block.entries and self._same(current, heading):
            self.block.pillar, self.block.requirement = current, heading
            self.pillar, self.requirement = current, heading
            return
        displaced = self._is_displaced
        if self._pending is not None and self._takes_effect(heading, row):
            self.pillar, self._pending = self._pending, None
            self._is_displaced = False
        else:
            displaced = False
            self._is_displaced = self._pending is not None
        self.requirement = heading
        self.block = self._begin_block(self.pillar, heading, displaced=displaced)

    def _takes_effect(self, heading: Heading, row: int) -> bool:
        """Whether a pillar heading that was read holds from this requirement on.

        Extraction may set a pillar's heading on the row above its first requirement. The requirement's
        own title tells; else the numbering, which restarts under a new pillar.
        """
        if self.framework is not None and self._pending is not None:
            match = match_requirement(heading.full, self.framework)
            new = match_pillar(self._pending.full, self.framework)
            old = match_pillar(self.pillar.full, self.framework) if self.pillar else None
            if match and new and match[0].pillar == new[0].code:
                return True
            if match and old and match[0].pillar == old[0].code:
                return False
        before = self.requirement.mark if self.requirement else None
        goes_on = before is not None and heading.mark is not None and heading.mark.value == before.value + 1
        return self._pending_row == row or not goes_on

    def _repeats(self, segment: Segment) -> bool:
        """Whether a heading is said again, as on each new page; the longer text is kept."""
        key = heading_key(segment.text)
        for heading in self._candidates():
            known = heading_key(heading.text)
            if segment.mark is None or heading.mark is None or not key or not known:
                continue
            same_number = (heading.mark.style, heading.mark.value) == (segment.mark.style, segment.mark.value)
            if same_number and (known.startswith(key) or key.startswith(known)):
                if len(key) > len(known):
                    heading.text = segment.text
                self._latest = heading
                return True
        return False

    def _repeats_an_end(self, text: str) -> bool:
        key = heading_key(text)
        return bool(key) and any(heading_key(heading.text).endswith(key) for heading in self._candidates())

    def _unfinished(self, text: str, column: int | None, *, after_break: bool, same_cell: bool) -> Heading | None:
        """The heading that an unnumbered piece goes on with, or ``None`` where it begins one of its own."""
        for heading in self._candidates():
            if not heading.text and heading.column == column:
                return heading
        for heading in self._candidates():
            if self._fits(heading, text):
                return heading
        if self._is_whole_title(text):
            return None
        if same_cell and self._latest is not None:
            return self._latest
        for heading in self._candidates():
            complete = self._is_whole_title(heading.text) or ends_sentence(heading.text)
            if after_break and heading.column == column and not complete:
                return heading
        return None

    def _fits(self, heading: Heading, text: str) -> bool:
        """Whether heading and text together are nearer to a title of the framework than either alone."""
        return self._likeness(heading.text + text) > max(self._likeness(heading.text), self._likeness(text))

    def _likeness(self, text: str) -> float:
        """How much of a title a text is: 0, then the beginning of one by its length, then one, by its confidence."""
        if self.framework is None:
            return 0.0
        match = match_requirement(text, self.framework) or match_pillar(text, self.framework)
        if match is not None:
            return 1.0 + match[1].confidence
        return 1.0 - 1.0 / (1 + len(text)) if is_prefix_of_title(text, self.framework) is not None else 0.0

    def _candidates(self) -> list[Heading]:
        return [heading for heading in (self._pending, self.requirement, self.pillar) if heading is not None]

    def _is_whole_title(self, text: str) -> bool:
        return self.framework is not None and bool(
            match_requirement(text, self.framework) or match_pillar(text, self.framework)
        )

    def _place(self, text: str) -> Level | None:
        """Whether the framework knows a text as a requirement or a pillar, whole or cut."""
        if self.framework is None:
            return None
        if match_requirement(text, self.framework):
            return "requirement"
        if match_pillar(text, self.framework):
            return "pillar"
        place = is_prefix_of_title(text, self.framework)
        if place is None:
            return None
        return "requirement" if isinstance(place, Requirement) else "pillar"

    def _level(self, segment: Segment, text: str, column: int | None) -> Level:
        place = self._place(text)
        if segment.mark is None:
            shares = column == 0 and any(other > 0 for other in self._columns)
            return place or ("pillar" if shares else "requirement")
        level: Level = (
            place
            or self._levels.get(segment.mark.style)
            or ("pillar" if segment.mark.style in ("cjk", "section") else "requirement")
        )
        self._levels.setdefault(segment.mark.style, level)
        return level

    def _same(self, first: Heading, second: Heading) -> bool:
        """Whether two headings are one requirement, said shortly and then in full."""
        if self.framework is None:
            return False
        one, other = match_requirement(first.full, self.framework), match_requirement(second.full, self.framework)
        return one is not None and other is not None and one[0].code == other[0].code
