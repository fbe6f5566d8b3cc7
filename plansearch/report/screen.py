"""What a terminal can show: widths of Chinese text, line breaks, colours.

Written by hand because the usual library for it takes a third of a query's time budget to import.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

READABLE_COLUMNS = 120
"""Wider lines are hard to follow with the eye."""
NARROWEST_COLUMNS = 40

_AMBIGUOUS_WIDE_ENCODINGS = ("cp950", "big5", "big5hkscs", "cp936", "gbk")
_NOT_FIRST = frozenset("，。、；：？！）」』】〉》〕｝％…—·,.;:?!)]}%”’")
"""Punctuation that must not begin a line."""
_NOT_LAST = frozenset("（「『【〈《〔｛([{“‘")
"""Punctuation that must not end a line."""
_WORD = re.compile(r"[!-~]+|\s+|.", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text is shown: how wide it is and whether it has colours."""

    columns: int = 80
    colour: bool = False
    wide_ambiguous: bool = False
    """True where characters such as ``…`` and ``①`` take two columns, as on Chinese Windows consoles."""

    @classmethod
    def of(cls, stream: TextIO | None = None, environment: Mapping[str, str] | None = None) -> Screen:
        """The screen behind a stream (standard output unless given); ``NO_COLOR`` and ``COLUMNS`` are respected."""
        stream = sys.stdout if stream is None else stream
        environment = os.environ if environment is None else environment
        columns = shutil.get_terminal_size((80, 24)).columns
        encoding = (getattr(stream, "encoding", None) or "").lower()
        return cls(
            columns=max(NARROWEST_COLUMNS, min(columns, READABLE_COLUMNS)),
            colour=stream is not None and stream.isatty() and _has_colours(environment),
            wide_ambiguous=encoding in _AMBIGUOUS_WIDE_ENCODINGS,
        )

    def width(self, text: str) -> int:
        """Columns that ``text`` takes."""
        if text.isascii():
            return len(text)
        wide = "WFA" if self.wide_ambiguous else "WF"
        return sum(_columns_of(character, wide) for character in text)

    def shorten(self, text: str, columns: int) -> str:
        """``text`` cut to ``columns``, with ``…`` where something was cut."""
        if self.width(text) <= columns:
            return text
        kept = ""
        for character in text:
            if self.width(kept + character + "…") > columns:
                break
            kept += character
        return kept + "…"

    def wrap(self, text: str, columns: int) -> list[tuple[int, int]]:
        """Ranges ``[start, end)`` of ``text``, one for each line of at most ``columns``.

        Chinese text may break between any two characters but for punctuation, which stays with its
        neighbour; words of Latin letters stay whole unless they are longer than a line.
        """
        lines: list[tuple[int, int]] = []
        start = end = used = 0
        for first, last in self._unbreakable(text, columns):
            piece = text[first:last]
            if piece.isspace() and end == start:
                start = end = last
                continue
            width = self.width(piece)
            if used + width > columns and end > start and not piece.isspace():
                lines.append((start, end))
                start, used = first, 0
            end, used = last, used + width
        if end > start:
            lines.append((start, end))
        return [(first, first + len(text[first:last].rstrip())) for first, last in lines]

    def _unbreakable(self, text: str, columns: int) -> list[tuple[int, int]]:
        pieces: list[tuple[int, int]] = []
        for match in _WORD.finditer(text):
            first, last = match.span()
            if pieces and self._belong_together(text, pieces[-1], (first, last), columns):
                pieces[-1] = (pieces[-1][0], last)
            elif self.width(match[0]) > columns:
                pieces.extend((at, at + 1) for at in range(first, last))
            else:
                pieces.append((first, last))
        return pieces

    def _belong_together(self, text: str, before: tuple[int, int], after: tuple[int, int], columns: int) -> bool:
        if text[before[0] : before[1]].isspace() or text[after[0] : after[1]].isspace():
            return False
        glued = text[after[0]] in _NOT_FIRST or text[before[1] - 1] in _NOT_LAST
        return glued and self.width(text[before[0] : after[1]]) <= columns

    def bold(self, text: str) -> str:
        """``text`` in bold, where there are colours."""
        return f"\x1b[1m{text}\x1b[0m" if self.colour else text

    def dim(self, text: str) -> str:
        """``text`` in a weaker colour, where there are colours."""
        return f"\x1b[2m{text}\x1b[0m" if self.colour else text

    def strong(self, text: str) -> str:
        """``text`` as a matched word or a warning, where there are colours."""
        return f"\x1b[1;31m{text}\x1b[0m" if self.colour else text

    def paragraph(self, text: str, indent: str, marked: Sequence[tuple[int, int]] = ()) -> list[str]:
        """Lines of ``text``, each beginning with ``indent``; the ``marked`` ranges stand out.

        Where there are no colours, marked words stand in ``【】``.
        """
        text, ranges = visible(text), merge(marked)
        if not self.colour:
            text, ranges = _bracket(text, ranges), []
        columns = self.columns - self.width(indent)
        return [indent + self._highlight(text, line, ranges) for line in self.wrap(text, columns)]

    def heading(self, text: str, indent: str = "") -> list[str]:
        """Lines of ``text`` in bold."""
        return [self.bold(line) for line in self.paragraph(text, indent)]

    def _highlight(self, text: str, line: tuple[int, int], ranges: Sequence[tuple[int, int]]) -> str:
        shown, at = "", line[0]
        for first, last in ranges:
            start, end = max(first, at), min(last, line[1])
            if start < end:
                shown += text[at:start] + self.strong(text[start:end])
                at = end
        return shown + text[at : line[1]]


def visible(text: str) -> str:
    """``text`` of the same length in which nothing can steer the terminal and every break is a space."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " ").replace("\t", " ").replace("\r", " "))


def merge(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, with those joined that touch or overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _bracket(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    for first, last in reversed(ranges):
        text = f"{text[:first]}【{text[first:last]}】{text[last:]}"
    return text


def _columns_of(character: str, wide: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in wide else 1


def _has_colours(environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    # A bare Windows console prints the codes instead of obeying them.
    return os.name != "nt" or any(name in environment for name in ("WT_SESSION", "ANSICON", "TERM"))
