"""Characters at places on a page, put together to lines of text. Measures are points, from the page's upper left."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

_SAME_LINE = 0.5
"""Of a character's height: what stands lower by more begins another line."""
_LATIN_GAP = 0.17
"""Of a character's height: a space is a quarter of it, and the room between two letters next to nothing."""
_WIDE_GAP = 0.8
"""Of a character's height: Chinese is spaced out by less where lines are justified or mixed with Latin words."""
_EVEN = 0.15
"""Of a character's height, by which the gaps of a text differ that is spread over its line."""
_OVERSTRUCK = 0.35
"""Of a character's width: the same character again within it is printed twice to look bold."""
_BULLETS = str.maketrans(dict.fromkeys("\uf06c\uf06e\uf06f\uf075\uf076\uf09f\uf0a7\uf0a8\uf0b7\uf0d8\uf0e0\uf0fc", "●"))
"""Bullets of symbol fonts, which have no characters of their own."""
_RADICALS = str.maketrans(
    "⺁⺒⺓⺝⺟⺠⺬⺯⺶⺼⻁⻄⻆⻑⻗⻘⻝⻣⻤⻩⻅⻋⻔⻢⻥⻦⻭⻰⻳",
    "厂巳幺月母民示糸羊肉虎西角長雨青食骨鬼黃見車門馬魚鳥齒龍龜",
)
"""Radicals that stand for whole characters: fonts show both by one picture, and PDF files name the wrong one.

Those that Unicode itself maps are left to its own table.
"""


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character (or ligature) as it is printed."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def centre(self) -> float:
        """Across."""
        return (self.x0 + self.x1) / 2

    @property
    def middle(self) -> float:
        """Down."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; ``x0`` and ``x1`` are of its visible characters."""

    text: str
    glyphs: tuple[Glyph, ...]
    page: int
    spaced: bool = False
    """Whether a space is written after its last character."""

    @property
    def x0(self) -> float:
        """Left end."""
        return self.glyphs[0].x0

    @property
    def x1(self) -> float:
        """Right end."""
        return max(glyph.x1 for glyph in self.glyphs)

    @property
    def top(self) -> float:
        """Upper end of its highest character."""
        return min(glyph.top for glyph in self.glyphs)

    @property
    def bottom(self) -> float:
        """Lower end of its lowest character."""
        return max(glyph.bottom for glyph in self.glyphs)

    def moved(self, left: float) -> Line:
        """The line with its places counted from ``left``."""
        glyphs = tuple(replace(glyph, x0=glyph.x0 - left, x1=glyph.x1 - left) for glyph in self.glyphs)
        return replace(self, glyphs=glyphs)


def clean_character(text: str) -> str:
    """A character as it is meant: whole characters for radicals and compatibility forms, no control characters."""
    text = "".join(
        unicodedata.normalize("NFKC", one) if "\u2e80" <= one <= "\u2fdf" or "\uf900" <= one <= "\ufaff" else one
        for one in text.translate(_RADICALS).translate(_BULLETS).replace("\xa0", " ").replace("\xad", "-")
    )
    return "".join(one for one in text if one == "\t" or unicodedata.category(one) not in ("Cc", "Cf"))


def is_wide(character: str) -> bool:
    """Whether a character is as wide as a Chinese one."""
    return unicodedata.east_asian_width(character[:1]) in ("W", "F") if character else False


def em_of(lines: Iterable[Line]) -> float:
    """The width of a Chinese character in these lines; the height of any where there is none."""
    glyphs = [glyph for line in lines for glyph in line.glyphs]
    wide = [glyph.x1 - glyph.x0 for glyph in glyphs if is_wide(glyph.text) and glyph.x1 > glyph.x0]
    return median(wide or [glyph.bottom - glyph.top for glyph in glyphs] or [1.0])


def lines_of(glyphs: Iterable[Glyph], page: int) -> list[Line]:
    """Lines from top to bottom, each read from left to right."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda one: (one.middle, one.x0)):
        height = glyph.bottom - glyph.top
        if rows and glyph.middle - median(one.middle for one in rows[-1][-8:]) <= _SAME_LINE * height:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    lines = [_line(sorted(row, key=lambda one: one.x0), page) for row in rows]
    return [line for line in lines if line is not None]


def _line(glyphs: Sequence[Glyph], page: int) -> Line | None:
    visible: list[Glyph] = []
    spaces: set[int] = set()  # after so many visible characters the file has a space
    for glyph in glyphs:
        if not glyph.text.strip():
            spaces.add(len(visible))
        elif not (visible and _is_overstruck(visible, glyph)):
            visible.append(glyph)
    if not visible:
        return None
    return Line(_text(visible, spaces), tuple(visible), page, spaced=len(visible) in spaces)


def _is_overstruck(visible: Sequence[Glyph], glyph: Glyph) -> bool:
    width = _OVERSTRUCK * max(glyph.x1 - glyph.x0, 1.0)
    return any(one.text == glyph.text and abs(one.x0 - glyph.x0) <= width for one in visible[-3:])


def _text(glyphs: Sequence[Glyph], spaces: set[int]) -> str:
    height = median(glyph.bottom - glyph.top for glyph in glyphs)
    gaps = [after.x0 - before.x1 for before, after in pairwise(glyphs)]
    wide = all(is_wide(glyph.text) for glyph in glyphs)
    spread = wide and len(gaps) > 0 and max(gaps) - min(gaps) <= _EVEN * height
    text = glyphs[0].text
    for place, (gap, (before, after)) in enumerate(zip(gaps, pairwise(glyphs), strict=True), 1):
        latin = not is_wide(before.text) and not is_wide(after.text)
        apart = gap > (_LATIN_GAP if latin else _WIDE_GAP) * height and not spread
        text += (" " if place in spaces or apart else "") + after.text
    return text
