"""What the columns of a table mean, by the words of their headers, and what a cell holds, by its own words.

Headers say what a column is meant to hold; extraction shifts cells, so what a cell does hold decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from plansearch.parsing.outline import leading_mark
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
_MAX_UNIT_LENGTH = 16
"""Characters; a longer name is a sentence."""
_NOT_IN_UNIT = re.compile(r"[。；：！？「」:;!?]|\d{3}")
_DEADLINE = re.compile(
    r"(?:自|於|至|迄|每|全|當|隨|經|不|常|按|配)?"
    r"(?:(?:\d{2,4}年)?\d{1,2}(?:\s*[-–~～至./]\s*(?:\d{2,4}年)?\d{1,2})?\s*[月日](?:\d{1,2}日)?(?:底|前|中旬|上旬|下旬|起)*"
    r"|\d{2,4}[./]\d{1,2}(?:[./]\d{1,2})?(?:[-–~～至]\d{2,4}[./]\d{1,2}(?:[./]\d{1,2})?)?|\d{2,4}年(?:度|底)?前?"
    r"|全年度?|年度內|經常(?:性|辦理)?|隨時|不定期|定期|每(?:日|週|周|月|季|年|半年)|按(?:月|季)|常年|持續(?:辦理)?|即時|年底前?)+"
    r"(?:辦理|完成|起|前|內)*"
)
_SENTENCE_END = re.compile(r"[。！？；!?;]\s*[」』）)]*$")
_SPLIT_ENTRIES = re.compile(r"[\s\n]+")
_SPLIT_DEADLINES = re.compile(r"[\s、,，;；]+|(?<=[月日年底])[及與和]")
_SPLIT_UNITS = re.compile(
    r"[、，,;；/／]+|(?<=[課室科組股處隊所站局會館廠])(?:及|與|和|暨)|(?:及|與|和|暨)(?=研考|總務|人事|會計)"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table, left to right; an empty header goes on with what stands left of it."""

    roles: tuple[Role, ...]
    words: tuple[str, ...]

    def role_of(self, position: int, cells: int) -> Role | None:
        """What the column at ``position`` of a row with that many ``cells`` should hold.

        A row with more cells than headers has more heading columns on its left, since one header stands
        over several of them. A row with fewer has lost some, and nobody knows which.
        """
        extra = cells - len(self.roles)
        if extra < 0:
            return None
        return self.roles[max(position - extra, 0)]


def fold_header(text: str) -> str:
    """A header without spaces and width."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def header_of(row: Row) -> Header | None:
    """The header that a row is, or ``None`` where it is an ordinary row."""
    words = tuple(fold_header(cell.text) for cell in row.cells)
    named = [_header_role(word) for word in words if word]
    if len(named) < 2 or None in named or not {"measure", "heading"} & set(named):  # noqa: PLR2004
        return None
    roles: list[Role] = []
    for word in words:
        role = _header_role(word) if word else None
        previous = roles[-1] if roles else "heading"
        roles.append(role or ("heading" if previous == "heading" else "other"))
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
    tokens = [token for token in _SPLIT_DEADLINES.split(unicodedata.normalize("NFKC", text)) if token]
    return bool(tokens) and (all(_DEADLINE.fullmatch(token) for token in tokens) or _is_spaced_deadline(tokens))


def _is_spaced_deadline(tokens: Sequence[str]) -> bool:
    return _DEADLINE.fullmatch("".join(tokens)) is not None


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


def role_of_cell(cell: Cell, expected: Role | None, known_units: Iterable[str]) -> Role:
    """What a cell holds: what its column should hold, unless its words say otherwise."""
    text = cell.text.strip()
    if expected == "unit":
        return "unit" if is_units(text, known_units, expected=True) else _by_content(text, known_units)
    if expected == "deadline":
        return "deadline" if is_deadline(text) else _by_content(text, known_units)
    if expected in ("heading", "measure"):
        return expected
    return _by_content(text, known_units)


def _by_content(text: str, known_units: Iterable[str]) -> Role:
    if is_deadline(text):
        return "deadline"
    if is_units(text, known_units):
        return "unit"
    return "measure"
