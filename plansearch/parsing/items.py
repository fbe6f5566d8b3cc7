"""Blocks to measures: which entries are measures, which are the sub-headings that measures stand under."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plansearch.parsing.blocks import Block, Entry
from plansearch.parsing.columns import ends_sentence

_MAX_LABEL_LENGTH = 40
"""Characters; the longest sub-heading of the real plans has 26."""
_MAX_GLUED_LABEL = 16
"""Characters of a sub-heading that shares its line with the measure under it."""
_MIN_GLUED_REST = 8
"""Characters that must be left for the measure; less is the end of the sub-heading itself."""
_MIN_CLAUSE = 6
"""Characters of a clause of the requirement's title that may stand as a sub-heading of its own."""
_COLON_END = re.compile(r"[：:]\s*$")
_JOINS_ON = re.compile(r"[：:，,、；;（(「『]\s*$")
"""After these a text goes on without a space: its line was wrapped, or a heading leads into it."""
_SPACED_LABEL = re.compile(
    rf"(?P<label>[\u4e00-\u9fff（）()、]{{3,{_MAX_GLUED_LABEL}}})[ \u3000]+"
    rf"(?P<rest>[\u4e00-\u9fff「『].{{{_MIN_GLUED_REST},}})",
    re.DOTALL,
)
_CLAUSE_END = re.compile(r"[，,；;。：:]")
_SIGNATURE = re.compile(
    r"(?:承辦人(?:員)?|單位主管|科室主管|課室主管|機關首長|主管|首長|會辦|核稿|校對|製表|聯絡人|聯絡電話)[：:]?\s*"
    r"|(?:製表|填表|列印|修正|更新|發布|公布|核定)日期[：:].{0,20}"
)


@dataclass(slots=True)
class Measure:
    """A measure and what it stands under; units and deadline are filled in from its row."""

    entry: Entry
    block: Block
    topics: tuple[str, ...]
    group: int
    """Measures of one outermost sub-heading or number share it; counts over the plan."""
    units: tuple[str, ...] = ()
    units_inferred: bool = False
    deadline: str | None = None


@dataclass(slots=True)
class _Open:
    """A sub-heading that what follows stands under."""

    entry: Entry
    style: str
    """Of its number; ``label`` where it has none."""
    used: bool = field(default=False)

    @property
    def topic(self) -> str:
        text = self.entry.label or self.entry.text
        return (self.entry.mark.text if self.entry.mark else "") + _COLON_END.sub("", text).strip()


def measures_of(block: Block, first_group: int) -> list[Measure]:
    """The measures of a block, in order."""
    title = block.requirement.text if block.requirement else ""
    entries = _join_descriptions(_split_labels(block.entries, title))
    entries = [entry for entry in entries if not _SIGNATURE.fullmatch(entry.text)]
    emitter = _Emitter(block, first_group)
    for position, entry in enumerate(entries):
        emitter.add(entry, entries[position + 1] if position + 1 < len(entries) else None)
    return emitter.measures


def is_label(text: str) -> bool:
    """Whether a text has the form of a sub-heading: short, and no sentence."""
    wrapped = _JOINS_ON.search(text) and not _COLON_END.search(text)
    return len(text) <= _MAX_LABEL_LENGTH and "。" not in text and not ends_sentence(text) and not wrapped


class _Emitter:
    def __init__(self, block: Block, first_group: int) -> None:
        self.block = block
        self.group = first_group
        self.stack: list[_Open] = []
        self.measures: list[Measure] = []

    def add(self, entry: Entry, following: Entry | None) -> None:
        if entry.mark is None:
            self._add_unnumbered(entry, following)
        else:
            self._add_numbered(entry, following)

    def _add_unnumbered(self, entry: Entry, following: Entry | None) -> None:
        labels = [opened for opened in self.stack if opened.style == "label" and opened.entry.cell == entry.cell]
        if self._introduces(entry, following):
            nested = bool(labels) and not labels[-1].used
            self.stack = [*(labels if nested else []), _Open(entry, "label")]
            self.group += 0 if nested else 1
            return
        self.stack = labels
        if not labels:
            self.group += 1
        self._emit(entry)

    def _add_numbered(self, entry: Entry, following: Entry | None) -> None:
        style = entry.mark.style if entry.mark else "label"
        begins_list = entry.mark is not None and entry.mark.value == 1 and bool(self.stack) and self.stack[-1].used
        for depth, opened in enumerate(self.stack):
            stale = opened.style == "label" and opened.used and begins_list and opened.entry.row != entry.row
            if opened.style == style or (stale and self._is_outermost(style, depth)):
                self.stack = self.stack[:depth]
                break
        if not self.stack:
            self.group += 1
        if self._introduces(entry, following):
            if ends_sentence(entry.text) and not _COLON_END.search(entry.text):
                self._emit(entry)
            self.stack.append(_Open(entry, style))
            return
        self._emit(entry)

    def _is_outermost(self, style: str, depth: int) -> bool:
        return all(opened.style != style for opened in self.stack[depth:])

    def _introduces(self, entry: Entry, following: Entry | None) -> bool:
        """Whether what follows stands under this entry."""
        if following is None:
            return False
        if following.mark is None:
            return entry.mark is None and is_label(entry.text) and following.cell == entry.cell
        deeper = entry.mark is None or following.mark.style != entry.mark.style
        known = any(opened.style == following.mark.style for opened in self.stack) and entry.mark is not None
        if entry.mark is None and not is_label(entry.text):
            return False
        return deeper and not known and following.mark.value <= 1

    def _emit(self, entry: Entry) -> None:
        for opened in self.stack:
            opened.used = True
        topics = tuple(opened.topic for opened in self.stack)
        self.measures.append(Measure(entry, self.block, topics, self.group))


def _split_labels(entries: Sequence[Entry], title: str) -> list[Entry]:
    """Part a sub-heading from the measure that shares its line, where a space or the title's own words show it."""
    result: list[Entry] = []
    for entry in entries:
        cut = _label_end(entry.text, title) if entry.mark is None else 0
        if cut:
            result.append(replace(entry, text=entry.text[:cut].strip()))
            result.append(replace(entry, text=entry.text[cut:].strip()))
        else:
            result.append(entry)
    return result


def _label_end(text: str, title: str) -> int:
    spaced = _SPACED_LABEL.fullmatch(text)
    if spaced and ends_sentence(text):
        return spaced.end("label")
    for clause in _CLAUSE_END.split(title):
        rest = text[len(clause) :]
        if len(clause) >= _MIN_CLAUSE and text.startswith(clause) and len(rest) >= _MIN_GLUED_REST:
            return 0 if _CLAUSE_END.match(rest) else len(clause)
    return 0


def _join_descriptions(entries: Sequence[Entry]) -> list[Entry]:
    """Join a numbered entry and the unnumbered text under it: together they are one measure."""
    result: list[Entry] = []
    for position, entry in enumerate(entries):
        following = entries[position + 1] if position + 1 < len(entries) else None
        before = result[-1] if result else None
        if before is not None and _describes(before, entry, following):
            space = "" if _JOINS_ON.search(before.text) else " "
            result[-1] = replace(
                before, text=before.text + space + entry.text, span=before.span.to(entry.span), label=before.text
            )
        else:
            result.append(replace(entry))
    return result


def _describes(before: Entry, entry: Entry, following: Entry | None) -> bool:
    """Whether an unnumbered text belongs to the numbered entry before it.

    It does under a heading, which is no sentence. Under a sentence it does where the list goes on after it;
    at the end of a list it is a paragraph of its own.
    """
    if before.mark is None or entry.mark is not None or before.cell != entry.cell or before.label:
        return False
    if len(before.text) > _MAX_LABEL_LENGTH:
        return False
    if not ends_sentence(before.text):
        return True
    if following is None or following.mark is None or following.cell != entry.cell:
        return False
    return following.mark.style == before.mark.style and following.mark.value == before.mark.value + 1
