"""When two items say the same: what is left of a text when all is taken out that changes nothing in it.

Agencies copy from each other, and a list of ten equal sentences hides what else there is. But two texts that differ
in one word may promise two things (電話 and 網路, 應 and 得), and no list has all such words. So texts are the same
only where what differs is known to change nothing: punctuation, spelling variants, particles, whom a text calls 本所.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final

from plansearch.text import fold

SAMENESS_VERSION: Final = 1
"""Changes whenever other items would be found to say the same; an index remembers it."""

STANDS_ALONE: Final = 15
"""Characters from which on a text says by itself what it is about; 免費提供 promises what its topic names."""

_OWN_NAMES: Final = (
    (re.compile("本(?:公所|机关|中心|单位|[所局处厂馆院])"), "本所"),
    (re.compile("本[区乡镇]"), "本区"),
    (re.compile("本[课室科]"), "本课"),
    (re.compile("由[一-鿿]{1,6}?[课科室股组](?=主办|承办)"), "由本课"),
)
"""How an agency calls itself, its area and the part of it that is in charge, in folded text. 本市 and 本縣 stay: in a
plan of a district they are somebody else."""

_NUMERAL: Final = frozenset("0123456789〇零○一二三四五六七八九十百千万半两")
_NUMERALS: Final = "".join(sorted(_NUMERAL))
_THOUSANDS: Final = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_LISTING: Final = re.compile(rf"(?<=[{_NUMERALS}])(?:[及与和暨]|以及)(?=[{_NUMERALS}])")
_DASH: Final = "[-‐‑‒–—―─~〜∼−]"
_BULLET: Final = re.compile(rf"^\s*{_DASH}+(?![0-9])")
_RANGE: Final = re.compile(rf"(?<![a-z]){_DASH}+|{_DASH}+(?![a-z])")
"""A dash, but for one within a Latin word. 週一～週五 is not 週一、週五."""
_TELLING_SIGNS: Final = frozenset("%‰#@*/")
_SYMBOLS: Final = frozenset({"Sm", "Sc", "So"})
"""Categories of what is no punctuation: ≥, $, □."""
_POINTS: Final = (".", ":")
"""What stands between two numbers that are one: 1.5 or 8:30."""
_PARTICLES: Final = re.compile("(?<![不无未非])[之的等均皆亦并其该以于在及与和暨]")
"""Words, folded, that texts have more or less of and that change nothing; after a negation they may."""


def same_text_key(text: str) -> str:
    """What is equal in two texts that promise the same, and differs in all others."""
    folded = _THOUSANDS.sub("", fold(text))
    key = _letters(_LISTING.sub("、", _RANGE.sub("~", _BULLET.sub("", folded))))
    for name, general in _OWN_NAMES:
        key = name.sub(general, key)
    return _PARTICLES.sub("", key) or folded


def _letters(folded: str) -> str:
    """A text without punctuation, but for what stands between two numbers: 3、5 日 is not 35 日."""
    kept: list[str] = []
    between = ""
    for letter in folded:
        if not (letter.isalnum() or letter in _TELLING_SIGNS or unicodedata.category(letter) in _SYMBOLS):
            between += letter
            continue
        if between and kept and kept[-1] in _NUMERAL and letter in _NUMERAL:
            between = between.strip()
            kept.append(between if between in _POINTS else "、")
        kept.append(letter)
        between = ""
    return "".join(kept)


def sameness_key(topic: str, text: str) -> int:
    """A number of 64 bits, equal for items that say the same.

    It is made of the text, together with the topic where the text is too short to stand alone. Of a million different
    texts two have one number with a chance of 3 in a hundred million.
    """
    key = same_text_key(text)
    key = key if len(key) >= STANDS_ALONE else f"{same_text_key(topic)}\n{key}"
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)
