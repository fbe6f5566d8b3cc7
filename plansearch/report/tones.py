"""Tones: what a cell means beside its text, and how each document shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Tone: TypeAlias = Literal["absent", "possible", "lost", "unread", "strong", "kept", "new", "dropped", "reworded"]
Border: TypeAlias = Literal["solid", "dashed", "dotted", "double"]


class Look(NamedTuple):
    """How a tone is shown; never by colour alone, since paper may have none and some eyes see none."""

    label: str
    """What it means, for the legend."""
    fill: str
    """Colour behind the text, six hexadecimal digits."""
    ink: str
    """Colour of the sign and of the border; at least 4.5 : 1 against the fill (WCAG 2 AA)."""
    border: Border
    """Style of the border at the cell's left."""
    sign: str
    """A character before the text, where a document can show one that is not part of the text."""


LOOKS: Final[Mapping[Tone, Look]] = {
    "absent": Look("查無相近措施", "FBE3E0", "8C1D13", "dashed", "×"),
    "possible": Look("疑似相近，請人工確認", "FFF2CC", "6A4A00", "dotted", "?"),
    "lost": Look("原文缺漏，無法判斷", "E9E1F5", "4C2C82", "double", "▲"),
    "unread": Look("檔案無法讀取", "E3E5E8", "3A4149", "double", "■"),
    "strong": Look("相近", "DDF1E1", "17572B", "solid", "●"),
    "kept": Look("沿用", "E8F0F7", "2A4A6B", "solid", "="),
    "new": Look("新增", "D7F2EF", "0B5651", "double", "+"),
    "dropped": Look("未再列出", "F6DFEA", "7D1B4F", "dashed", "−"),
    "reworded": Look("改寫", "FCE7D2", "7A3B06", "dotted", "~"),
}
"""Every tone's look, in the order of legends."""
