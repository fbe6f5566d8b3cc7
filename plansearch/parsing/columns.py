"""What the columns of a table mean, by the words of their headers, and what a cell holds, by its own words.

Headers say what a column is meant to hold; extraction shifts cells, so what a cell does hold decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from plansearch.numbering import leading_mark
from plansearch.types import Cell, Row

Role = Literal["heading", "measure", "unit", "deadline", "other"]

_HEADER_WORDS: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("other", re.compile(r"備註|備考|編號|序號|項次|指標|經費|預算|目標值|效益|附件")),
    ("deadline", re.compile(r"期限|期程|時程|日期|時間|完成日|進度")),
    ("unit", re.compile(r"單位|課室|科室|權責|承辦|主辦|負責|人員")),
    ("measure", re.compile(r"重點|作法|做法|內容|措施|方式|方法|辦理情形|說明|具體")),
    ("heading", re.compile(r"要項|要領|構面|項目|面向|策略|目標|類別|要求|主軸")),
)
_MAX_HEADER_LENGTH = 14
"""Characters; the longest header seen is 主(協)辦單位及人員."""
_UNIT_END = re.compile(
    r"(?:課室|組室|科室|處室|單位|小組|中心|課|室|科|組|股|處|隊|所|臺|台|站|局|會|館|廠|院|區|署|部|班"
    r"|主任|課長|里幹事|幹事|人員|同仁|志工|窗口)$"
)
_UNIT_NAMES = frozenset(
    ("研考", "總務", "資訊", "人事", "會計", "主計", "政風", "秘書", "行政", "文書", "出納", "庶務", "檔案", "法制")
)
"""What small agencies call a desk of one or two people."""
_MAX_DEADLINE_LENGTH = 24
"""Characters; the longest seen is a list of months."""
_MAX_DEADLINES_LENGTH = 200
"""Characters; a cell may hold one for each of a dozen measures."""
_MAX_UNIT_LENGTH = 16
"""Characters; a longer name is a sentence."""
_NOT_IN_UNIT = re.compile(r"[。；：！？「」:;!?]|\d{3}")
_MONTHS = (
    r"(?:\d{2,4}年)?\d{1,2}(?:[、,]\d{1,2})*月?(?:\d{1,2}日)?\s*(?:[-–~～至到/]\s*(?:\d{2,4}年)?\d{1,2}月?(?:\d{1,2})?)?[月日]"
    r"(?:底|前|中旬|上旬|下旬|起|止)*"
)
_DAY = r"\d{2,4}[./]\d{1,2}(?:[./]\d{1,2})?"
_DATES = rf"{_DAY}(?:[-–~～至]{_DAY})?|\d{{1,2}}/\d{{1,2}}|\d{{2,4}}年(?:度|底)?"
_TIMES = (
    r"全年度?|年度內|經常性?|隨時|不定期|定期|每(?:日|週|周|月|半年|季|年)(?:[一二三四乙1-4]次)?|按[月季]|常年|持續|即時|即日|年底"
    r"|第?[一二三四1-4](?:[、至到-][一二三四1-4])?季|[上下]半年"
)
_DEADLINE = re.compile(rf"(?:[自於至迄]?(?:{_MONTHS}|{_DATES}|{_TIMES})(?:辦理|完成|起|前|內)*[、,，;；及和]?)+")
_SENTENCE_END = re.compile(r"[。！？；!?;]\s*[」』）)]*$")
_SPLIT_ENTRIES = re.compile(r"[\s\n]+")
_SPLIT_UNITS = re.compile(
    r"[、，,;；/／]+|(?<=[課室科組股處隊所站局會館廠])(?:及|與|和|暨)|(?:及|與|和|暨)(?=研考|總務|人事|會計)"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table, left to right; an empty header goes on with what stands left of it."""

    roles: tuple[Role | None, ...]
    """``None`` for a column without a header whose place says nothing."""
    words: tuple[str, ...]

    def roles_of(self, row: Row, known_units: Iterable[str]) -> list[Role | None]:
        """What each cell of a row should hold.

        A row with more cells than headers has more heading columns on its left, since one header stands over
        several of them, or empty cells at its end; which of the two is seen by what the cells hold. A row with
        fewer cells has lost some, and nobody knows which.
        """
        extra = len(row.cells) - len(self.roles)
        if extra < 0:
            return [None] * len(row.cells)
        layouts: list[list[Role | None]] = []
        for left in range(extra, -1, -1):
            tail = row.cells[len(row.cells) - (extra - left) :]
            if left == extra or not any(cell.paragraphs for cell in tail):
                layouts.append([*[self.roles[0]] * left, *self.roles, *[None] * (extra - left)])
        return max(layouts, key=lambda roles: _fit(row, roles, known_units))


def _fit(row: Row, roles: Sequence[Role | None], known_units: Iterable[str]) -> int:
    """How many cells hold what their columns should."""
    score = 0
    for cell, role in zip(row.cells, roles, strict=True):
        text = cell.text.strip()
        if not text or role is None:
            continue
        if is_units(text, known_units):
            score += 1 if role == "unit" else -1
        elif is_deadline(text):
            score += 1 if role == "deadline" else -1
        elif ends_sentence(text):
            score += 1 if role in ("heading", "measure") else -1
    return score


def fold_header(text: str) -> str:
    """A header without spaces and width."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def header_of(row: Row) -> Header | None:
    """The header that a row is, or ``None`` where it is an ordinary row."""
    words = tuple(fold_header(cell.text) for cell in row.cells)
    named = [_header_role(word) for word in words if word]
    if len(named) < 2 or None in named or not {"measure", "heading"} & set(named):  # noqa: PLR2004
        return None
    roles: list[Role | None] = []
    for word in words:
        role = _header_role(word) if word else None
        before = roles[-1] if roles else "heading"
        roles.append(role or ("heading" if before == "heading" else None))
    for position in range(len(roles) - 1):
        if roles[position] == roles[position + 1] == "measure" and words[position] == words[position + 1]:
            roles[position] = "heading"  # one header over two columns: the left one is what the right one is for
    if "measure" not in roles:
        last = max(position for position, role in enumerate(roles) if role == "heading")
        roles[last] = "measure"
    return Header(tuple(roles), words)


def _header_role(word: str) -> Role | None:
    if len(word) > _MAX_HEADER_LENGTH or _SENTENCE_END.search(word) or leading_mark(word).mark is not None:
        return None
    for role, pattern in _HEADER_WORDS:
        if pattern.search(word):
            return role
    return None


def ends_sentence(text: str) -> bool:
    """Whether a text is finished, by its last character."""
    return _SENTENCE_END.search(text) is not None


def is_deadline(text: str) -> bool:
    """Whether a cell holds nothing but dates, months or frequencies."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return len(plain) <= _MAX_DEADLINES_LENGTH and _DEADLINE.fullmatch(plain) is not None


def is_units(text: str, known: Iterable[str] = (), *, expected: bool = False) -> bool:
    """Whether a cell holds nothing but names of units.

    Args:
        text: the cell's text.
        known: units that the plan names elsewhere.
        expected: the cell stands in a unit column, so any short name will do.
    """
    names = [name for entry in unit_entries(text) for name in entry]
    if not names or leading_mark(text).mark is not None:
        return False
    vocabulary = frozenset(known)
    for name in names:
        if len(name) > _MAX_UNIT_LENGTH or _NOT_IN_UNIT.search(name):
            return False
        if not (expected or name in vocabulary or name in _UNIT_NAMES or _UNIT_END.search(name)):
            return False
    return True


def unit_entries(text: str) -> tuple[tuple[str, ...], ...]:
    """The entries of a unit cell, apart by spaces or lines; each holds the units named together."""
    entries = []
    for entry in _SPLIT_ENTRIES.split(text.strip()):
        names = tuple(
            name.strip("（）() 　") if name.startswith(("(", "（")) else name for name in _SPLIT_UNITS.split(entry)
        )
        names = tuple(name for name in names if name)
        if names:
            entries.append(names)
    return tuple(entries)


def combined_units(columns: Sequence[Sequence[tuple[str, ...]]]) -> tuple[tuple[str, ...], ...]:
    """The units of a row with several columns of them (主辦, 協辦): who stands beside the same measure.

    Columns with as many entries are paired; a column with one entry holds for all. Otherwise nobody knows, and the
    entries follow one another.
    """
    count = max(map(len, columns), default=0)
    columns = [column for column in columns if column]
    if any(len(column) not in {1, count} for column in columns):
        return tuple(entry for column in columns for entry in column)
    rows = [[column[place if len(column) > 1 else 0] for column in columns] for place in range(count)]
    return tuple(tuple(dict.fromkeys(name for entry in row for name in entry)) for row in rows)


def role_of_cell(cell: Cell, expected: Role | None, known_units: Iterable[str]) -> Role:
    """What a cell holds: what its column should hold, unless its words say otherwise."""
    text = cell.text.strip()
    if expected == "unit":
        return "unit" if is_units(text, known_units, expected=True) else _by_content(text, known_units)
    if expected == "deadline":
        if is_deadline(text) or (_may_be_deadline(text) and not is_units(text, known_units)):
            return "deadline"
        return _by_content(text, known_units)
    return expected or _by_content(text, known_units)


def _may_be_deadline(text: str) -> bool:
    """Whether a deadline column may say this: 依規定, 即日起, 俟核定後."""
    return len(text) <= _MAX_DEADLINE_LENGTH and not ends_sentence(text) and leading_mark(text).mark is None


def _by_content(text: str, known_units: Iterable[str]) -> Role:
    if is_deadline(text):
        return "deadline"
    if is_units(text, known_units):
        return "unit"
    return "measure"
