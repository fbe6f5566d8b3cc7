"""Lines back to paragraphs: where a line ends because it is full, and where because its text ends.

A PDF has lines only. A line after which the next one's first word would still have had room ended a paragraph;
after a full line only a number, a space between, or another indent tells that a new one begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from plansearch.numbering import Mark, leading_mark
from plansearch.readers.glyphs import Line, em_of, is_wide

_NOT_FIRST = frozenset("，、。．；：？！）」』》〉】〕”’…,.;:?!)]}%％")
"""No line begins with these: they are pushed to the next line only together with the character before them."""
_NOT_LAST = frozenset("（「『《〈【〔“‘([{")
_HANGS = _NOT_FIRST - frozenset("%％)]}")
"""What may stand beyond the right edge, or be narrowed to fit."""
_ROOM = 0.2
"""Of a character: lines are set with so much give."""
_NARROW = 8
"""Characters; a narrower column has no full lines to measure its right edge by."""
_GIVE = 0.3
"""Of a character: lines of a narrow column are wider by so much at most."""
_MIN_WRAPPED = 3
"""Full lines from which a column's right edge is measured; fewer may be full by chance."""
_MAX_INDENT = 3
"""Characters by which paragraphs stand off the edge of their cell."""
_CENTRED = 0.4
_INDENT = 0.6
"""Characters by which the beginnings of two lines differ that are of two paragraphs."""
_FIRST_INDENT = 1.5
_PITCH = 0.25
"""Characters more between two paragraphs than between two lines of one."""
_MIN_SPACED = 3
"""Paragraphs that stand apart before it is a habit of the column."""
_SPACED_SHARE = 0.8
"""Of the paragraphs that end with a short line: where so many stand apart, all do."""
_FIELD = re.compile(r"[（(【]?[\u4e00-\u9fff]{2,6}(?:單位|課室|期限|日期)[：:]")
"""A line that names the unit or the deadline begins a paragraph, as a number does."""
_SENTENCE_END = re.compile(r"[。；：:;！？!?][」』）)]*$")
_UNIT_END = re.compile(r"[課室科組股隊所站局處館]$")
_SHORTEST_NAME = 3
_LATIN_END, _LATIN_BEGIN = re.compile(r"[A-Za-z0-9,.;:)\]%&]$"), re.compile(r"[A-Za-z0-9(\[&]")
_BESIDE_LATIN = re.compile(r"(?:(?<=[A-Za-z])(?= ?[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?= ?[A-Za-z]))( ?)")
_MIN_GAPS = 2
"""Places where Chinese and Latin meet inside of lines; from one alone no habit is seen."""
_GOES_ON_AFTER = frozenset("-/_@=?&~")
"""In an address or a hyphenated word the line is broken here, where no space stands."""
_ANYWHERE = frozenset({"arabic", "paren_arabic", "circled", "paren_cjk"})
"""Numbers that begin an entry where the list goes on; others are too common inside of sentences."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The room that the lines of a column have."""

    left: float
    right: float
    em: float
    """Width of a Chinese character."""
    habits: Habits
    room: float | None = None
    """Width of as many characters as a narrow column has room for; ``None`` for a wide one."""

    @property
    def is_narrow(self) -> bool:
        """Whether a unit's name fills a line."""
        return self.room is not None


@dataclass(frozen=True, slots=True)
class Habits:
    """How the paragraphs of a column are set."""

    entries: frozenset[str] = frozenset()
    """Texts that several cells consist of: in a narrow column, one of them ends where another begins."""
    pitch: float | None = None
    """From a line to the next one of its paragraph, points; ``None`` where there are too few to tell."""
    spaced: bool = False
    """Whether paragraphs stand further apart than lines."""
    spaces_latin: bool = False
    """Whether a space stands between Chinese and Latin words, always: then a line break there stands for one."""
    one_sentence: bool = False
    """Whether paragraphs have one sentence, mostly: then a full stop at the end of a full line ends one, too."""


def frame_of(cells: Sequence[Sequence[Line]], left: float, right: float, padding: float) -> Frame:
    """Measure the room of a column and the habits of its text.

    Args:
        cells: the lines of each of its cells.
        left: the column's left edge.
        right: its right edge.
        padding: room between the edge and the text, as far as the table shows it.
    """
    lines = [line for cell in cells for line in cell]
    em = em_of(lines)
    inner = right - padding
    wrapped = [line.x1 for cell in cells for line in cell[:-1] if line.text[-1] not in _HANGS and line.x1 <= right + 1]
    furthest = max(wrapped, default=0.0)
    full = sum(end > furthest - 1.05 * em for end in wrapped)
    wide = right - left >= _NARROW * em
    # a narrow column is full when it has no room for one more character, however much is left beside it
    room = None if wide else (_capacity(cells, int((inner - left - padding) // em)) + _GIVE) * em
    if wide and full >= _MIN_WRAPPED and furthest >= inner - _MAX_INDENT * em:
        inner = min(inner, furthest + _ROOM * em)
    frame = Frame(left + padding, inner, em, Habits(), room)
    return replace(frame, habits=_habits(cells, frame))


def _capacity(cells: Sequence[Sequence[Line]], most: int) -> int:
    """How many characters a narrow column has room for.

    No name is broken before its last character but where the column is full.
    """
    pairs = [pair for cell in cells for pair in pairwise(cell)]
    longest = max((len(before.text) for before, _ in pairs), default=most)
    broken = any(len(before.text) == longest and len(after.text) == 1 for before, after in pairs)
    return max(min(most, longest) if broken else most, 1)


def with_habits_of(longest: Frame, frame: Frame) -> Frame:
    """A column whose few lines show no habits, with those of the longest column of its table."""
    if not longest.habits.spaced or frame.habits.spaced:
        return frame
    return replace(frame, habits=replace(frame.habits, spaced=True, pitch=longest.habits.pitch))


def _habits(cells: Sequence[Sequence[Line]], frame: Frame) -> Habits:
    pairs = [pair for cell in cells for pair in pairwise(cell)]
    steps = sorted(after.bottom - before.bottom for before, after in pairs if before.page == after.page)
    pitch = median(steps[: (len(steps) + 1) // 2]) if len(steps) > 1 else None
    short = [pair for pair in pairs if _is_short(*pair, frame)]
    apart = sum(_stands_apart(before, after, pitch, frame) for before, after in short)
    ends = sum(before.text.endswith("。") for before, _ in short)
    inside = sum("。" in line.text[:-1] for cell in cells for line in cell)
    whole = Counter("".join(line.text for line in cell) for cell in cells)
    return Habits(
        entries=frozenset(text for text, count in whole.items() if count > 1 and len(text) > 1),
        pitch=pitch,
        spaced=apart >= max(_MIN_SPACED, _SPACED_SHARE * len(short)),
        spaces_latin=_spaces_latin(line.text for cell in cells for line in cell),
        one_sentence=ends > 2 * inside,
    )


def _spaces_latin(texts: Iterable[str]) -> bool:
    gaps = [gap for text in texts for gap in _BESIDE_LATIN.findall(text)]
    return len(gaps) >= _MIN_GAPS and all(gaps)


def _is_short(before: Line, after: Line, frame: Frame) -> bool:
    """Whether a line ends though the next one's first word would have had room."""
    return _slack(before, frame) > _first_word(after) + _ROOM * frame.em


def _stands_apart(before: Line, after: Line, pitch: float | None, frame: Frame) -> bool:
    same = before.page == after.page and pitch is not None
    return same and after.bottom - before.bottom > (pitch or 0.0) + _PITCH * frame.em


def paragraphs_of(lines: Sequence[Line], frame: Frame) -> list[list[Line]]:
    """Group the lines of one cell, or of text outside of tables, to paragraphs."""
    groups: list[list[Line]] = []
    last: dict[str, int] = {}
    for place, line in enumerate(lines):
        if groups and (_lists_on(groups[-1][-1], line, frame) or not _begins(lines[place:], groups[-1], frame, last)):
            groups[-1].append(line)
            continue
        groups.append([line])
        mark = leading_mark(line.text).mark
        if mark is not None:
            last[mark.style] = mark.value
    return groups


def join_lines(lines: Iterable[Line], frame: Frame) -> str:
    """The text of one paragraph: lines joined as they were before they were wrapped."""
    text, before = "", None
    for line in lines:
        if before is not None:
            text += " " if _is_space_lost(before, line, frame) else ""
        text, before = text + line.text, line
    return text


def is_cut(before: Line, following: Line, frame: Frame) -> bool:
    """Whether a text that ends with a full line, in the middle of a sentence, goes on with another line."""
    if _SENTENCE_END.search(before.text) or leading_mark(following.text).mark is not None:
        return False
    return not _is_short(before, following, frame)


def _begins(lines: Sequence[Line], paragraph: Sequence[Line], frame: Frame, last: dict[str, int]) -> bool:
    """Whether the first of the lines that are left begins a paragraph of its own."""
    line, before, habits = lines[0], paragraph[-1], frame.habits
    mark = leading_mark(line.text).mark
    if _is_short(before, line, frame) or _stands_apart(before, line, habits.pitch, frame):
        return True
    if _FIELD.match(line.text) or (mark is not None and _begins_entry(mark, before.text, last)):
        return True
    if mark is not None or (habits.spaced and line.page == before.page):
        return False
    if frame.is_narrow:
        return _begins_name(paragraph, lines, habits.entries)
    if habits.one_sentence and before.text.endswith("。"):
        return True
    return line.page == before.page and not _is_centred(line, frame) and _is_indented(line, paragraph, frame)


def _lists_on(before: Line, line: Line, frame: Frame) -> bool:
    """Whether a list of names in a narrow column goes on over the end of a line."""
    return frame.is_narrow and (before.text[-1] == "、" or line.text[0] == "、")


def _is_indented(line: Line, paragraph: Sequence[Line], frame: Frame) -> bool:
    """Whether a line begins further in than the one before, or further out than a hanging indent lets it."""
    shift = (line.x0 - paragraph[-1].x0) / frame.em
    if len(paragraph) > 1:
        return shift < -_INDENT or shift > _FIRST_INDENT
    return shift > _FIRST_INDENT and leading_mark(paragraph[0].text).mark is None


def _begins_entry(mark: Mark, before: str, last: dict[str, int]) -> bool:
    if mark.style == "bullet" or _SENTENCE_END.search(before):
        return True
    goes_on = mark.value == last.get(mark.style, 0) + 1
    return goes_on and (mark.style in _ANYWHERE or mark.value > 1)


def _begins_name(paragraph: Sequence[Line], lines: Sequence[Line], entries: Collection[str]) -> bool:
    """In a narrow column, whether one name ends and another begins, though the line is full."""
    name, rest = ("".join(line.text for line in part) for part in (paragraph, lines))
    if name in entries and (any(rest.startswith(entry) for entry in entries) or _is_name(rest)):
        return True
    before, text = paragraph[-1].text, lines[0].text
    return _UNIT_END.search(before) is not None and _is_name(text)


def _is_name(text: str) -> bool:
    return len(text) >= _SHORTEST_NAME and _UNIT_END.search(text) is not None


def _slack(line: Line, frame: Frame) -> float:
    """Room that a line leaves on its right; on both sides where it is set in the middle, or the column is narrow."""
    if frame.room is not None:
        return frame.room - (line.x1 - line.x0)
    right = frame.right - line.x1
    left = line.x0 - frame.left
    if _is_centred(line, frame):
        return left + right
    return right


def _is_centred(line: Line, frame: Frame) -> bool:
    left, right = line.x0 - frame.left, frame.right - line.x1
    return left > frame.em and abs(left - right) <= 2 * _CENTRED * frame.em


def _first_word(line: Line) -> float:
    """Width of what a line break can't take apart at the beginning of a line."""
    end = 0
    glyphs = line.glyphs
    while end + 1 < len(glyphs):
        here, following = glyphs[end].text[-1:], glyphs[end + 1].text[:1]
        bound = following in _NOT_FIRST or here in _NOT_LAST
        apart = glyphs[end + 1].x0 - glyphs[end].x1 > 0.17 * (glyphs[end].bottom - glyphs[end].top)
        latin = not is_wide(here) and not is_wide(following) and not apart and here not in _GOES_ON_AFTER
        if not bound and not latin:
            break
        end += 1
    return glyphs[end].x1 - glyphs[0].x0


def _is_space_lost(before: Line, line: Line, frame: Frame) -> bool:
    """Whether the line break stands for a space: between Latin words, unless a word was too long for its line."""
    if before.spaced:
        return True
    beside = _BESIDE_LATIN.search(before.text[-1] + line.text[0])
    if beside is not None:
        return frame.habits.spaces_latin
    if not _LATIN_END.search(before.text) or not _LATIN_BEGIN.match(line.text):
        return False
    return _last_word(before) + _first_word(line) <= frame.right - frame.left + _ROOM * frame.em


def _last_word(line: Line) -> float:
    """Width of the Latin word at the end of a line."""
    begin = len(line.glyphs) - 1
    while begin > 0:
        here, before = line.glyphs[begin], line.glyphs[begin - 1]
        if is_wide(before.text) or here.x0 - before.x1 > 0.17 * (here.bottom - here.top):
            break
        begin -= 1
    return line.x1 - line.glyphs[begin].x0
