"""The numbering of Chinese official documents: what a number is, and where one begins inside a text.

壹、 一、 (一) 1. (1) ① ● and their full-width forms; levels are told apart by style, never by value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Style = Literal["section", "cjk", "paren_cjk", "arabic", "paren_arabic", "circled", "heavenly", "letter", "bullet"]

SECTION_DIGITS = "壹貳參肆伍陸柒捌玖拾"
_CJK_DIGITS = "一二三四五六七八九十"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_HEAVENLY = "甲乙丙丁戊己庚辛壬癸"
_BULLETS = "●○•‧◎◆◇■□▲△►▪※★☆"
_LARGEST_NUMBER = 60
"""No list in a plan is longer; a larger number before a dot is a year (106.3.3) or an amount."""

_PATTERNS: tuple[tuple[Style, re.Pattern[str]], ...] = (
    ("section", re.compile(rf"[{SECTION_DIGITS}叁]{{1,3}}\s?[、.．:：]")),
    ("paren_cjk", re.compile(rf"[(（]\s?[{_CJK_DIGITS}]{{1,3}}\s?[)）]|[㈠-㈩]")),
    ("cjk", re.compile(rf"[{_CJK_DIGITS}]{{1,3}}\s?[、.．]")),
    ("paren_arabic", re.compile(r"[(（]\s?[0-9０-９]{1,2}\s?[)）]|[⑴-⒇]|(?<![0-9０-９.])[0-9０-９]{1,2}[)）]")),
    ("arabic", re.compile(r"(?<![0-9０-９.])[0-9０-９]{1,2}\s?[.、．](?![0-9０-９])|[⒈-⒛]")),
    ("circled", re.compile(rf"[{_CIRCLED}]")),
    ("heavenly", re.compile(rf"[{_HEAVENLY}][、.．]")),
    ("letter", re.compile(r"(?<![A-Za-z])[A-Za-z][.、．)](?![A-Za-z])")),
    ("bullet", re.compile(rf"[{_BULLETS}]|[-–—*＊](?=\s)")),
)
_ANY = re.compile("|".join(f"(?P<{style}>{pattern.pattern})" for style, pattern in _PATTERNS))
_BEFORE_DIGITS = re.compile(r"\s*([0-9０-９]{1,2})[.、．](?=[0-9０-９]{3})")
_INLINE_BEFORE = "。；;：:！？!?"
"""After these, or after a space, a number may begin an entry in the middle of a text."""
_INLINE_STYLES = frozenset({"arabic", "paren_arabic", "circled", "bullet", "paren_cjk"})


_FULL_STOPS = frozenset("。；;！？")
_LARGEST_GAP = 5
"""Numbers that may be missing between two entries of one text; more is not a list."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A number or bullet: its style (which is its level), its value (0 for a bullet), and how it is written."""

    style: Style
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text and the number it begins with, if any; ``offset`` is where it began."""

    mark: Mark | None
    text: str
    offset: int = 0


def cjk_number(text: str) -> int:
    """The value of 一 … 九十九 or 壹 … 拾 …; 0 where it is none."""
    digits = {character: value for value, character in enumerate(_CJK_DIGITS, 1)}
    digits |= {character: value for value, character in enumerate(SECTION_DIGITS, 1)} | {"叁": 3}
    total = 0
    for character in text:
        value = digits.get(character)
        if value is None:
            return 0
        total = (total or 1) * 10 if value == 10 else total + value  # noqa: PLR2004
    return total


def _value(style: Style, text: str) -> int:
    if style == "bullet":
        return 0
    if style == "circled":
        return _CIRCLED.index(text) + 1
    plain = unicodedata.normalize("NFKC", text).strip(" ()、.:")
    if style in ("section", "cjk", "paren_cjk"):
        return cjk_number(plain)
    if style == "heavenly":
        return _HEAVENLY.index(plain) + 1
    if style == "letter":
        return ord(plain.lower()) - ord("a") + 1
    return int(plain)


def _mark(match: re.Match[str]) -> Mark | None:
    style: Style = match.lastgroup  # type: ignore[assignment]
    value = _value(style, match.group())
    if value > _LARGEST_NUMBER:
        return None
    return Mark(style, value, match.group())


def leading_mark(text: str) -> Segment:
    """Split the number off the beginning of a text; ``mark`` is ``None`` where there is none.

    A bullet before a number says nothing more and is dropped.
    """
    start = len(text) - len(text.lstrip())
    match = _ANY.match(text, start)
    mark = _mark(match) if match else None
    if match is None or mark is None:
        return Segment(None, text.strip())
    rest = text[match.end() :].strip()
    if mark.style == "bullet":
        inner = leading_mark(rest)
        if inner.mark is not None and inner.mark.style != "letter":
            return inner
    return Segment(mark, rest)


def split_marks(text: str, last: Mapping[str, int]) -> tuple[Segment, ...]:
    """Cut a text where its own numbering goes on inside it: ``1. … 2. … (1) …``.

    Inside a text a number is one only where it goes on: at 1, or one more than the ``last`` value
    of its style, and after a space or the end of a sentence. So ``4 大廟宇`` and ``Web 2.0`` stay whole.

    Args:
        text: one paragraph.
        last: the value that each style had last before this text.

    Returns:
        Segments in order; the first has no mark where the text begins without one.
    """
    first = leading_mark(text)
    if first.mark is None:
        first = _number_before_digits(text, last) or first
    seen = dict(last)
    cuts: list[tuple[int, int, Mark | None]] = []
    begin = 0
    if first.mark is not None:
        begin = text.index(first.mark.text) + len(first.mark.text)
        seen[first.mark.style] = first.mark.value
    cuts.append((0, begin, first.mark))
    for match in _ANY.finditer(text, begin):
        mark = _mark(match)
        if mark is not None and _goes_on(text, match.start(), mark, seen):
            seen[mark.style] = mark.value
            cuts.append((match.start(), match.end(), mark))
    ends = [start for start, _, _ in cuts[1:]] + [len(text)]
    segments = [
        Segment(mark, text[begin:end].strip(), start) for (start, begin, mark), end in zip(cuts, ends, strict=True)
    ]
    return tuple(segment for segment in segments if segment.text or segment.mark)


def _number_before_digits(text: str, last: Mapping[str, int]) -> Segment | None:
    """``3.1999 專線``: a number right before a figure is one where the list goes on so; else it is a decimal."""
    match = _BEFORE_DIGITS.match(text)
    if match is None or int(match.group(1)) != last.get("arabic", 0) + 1:
        return None
    return Segment(Mark("arabic", int(match.group(1)), match.group().strip()), text[match.end() :].strip())


def _goes_on(text: str, position: int, mark: Mark, seen: Mapping[str, int]) -> bool:
    before = text[position - 1] if position else " "
    if mark.style not in _INLINE_STYLES or not text[:position].strip():
        return False
    if not (before.isspace() or before in _INLINE_BEFORE):
        return False
    if mark.style == "bullet":
        return mark.text in _BULLETS
    last = seen.get(mark.style, 0)
    if mark.value == 1 or (last and mark.value == last + 1):
        return True
    # after a full stop and a space even a number out of turn begins an entry: those between were lost
    stopped = before.isspace() and text[:position].rstrip()[-1:] in _FULL_STOPS
    return stopped and 0 < last < mark.value <= last + _LARGEST_GAP
