"""Numbers as plans write them: 3, ３, 1,600, 2 萬, 三, 參, 一百二十, 二○三. All of it in folded text."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_DIGITS: Final = dict(zip("〇零○一二两三四五六七八九", (0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)) | dict(
    zip("壹贰叁参肆伍陆柒捌玖", (1, 2, 3, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS: Final = {"万": 10**4, "亿": 10**8}
_JOINED_TENS: Final = {"廿": "二十", "卅": "三十"}

ARABIC: Final = (
    r"(?:(?<![\d.])(?<!\d,)(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15}(?!\d))(?:\.\d{1,9})?"
    r"(?: ?[百千万亿]{1,4}(?:\d{1,4}[百千]?)?)?)"
)
"""A pattern for 3, 1,600, 1.5, 2 萬 and 1萬2千. What has more digits than any amount is a code."""

CHINESE_NUMERALS: Final = "".join((*_DIGITS, *_TENS, *_MYRIADS, *_JOINED_TENS))
"""All characters that a Chinese number is written with."""

CHINESE: Final = f"(?:[{CHINESE_NUMERALS}]{{1,15}})"
"""A pattern for 三, 一百二十 and 二○三."""

NUMERAL: Final = f"(?:{ARABIC}|{CHINESE})"
"""A pattern for either."""

THROUGH: Final = "-~至到‐‑‒–—―─〜∼−"
"""Characters between the first and last of a range, for a set of a pattern."""

_PART: Final = re.compile(r"([\d,]+(?:\.\d+)?) ?([百千万亿]*)")


def numeral_value(written: str) -> Fraction | None:
    """What a numeral is worth.

    Args:
        written: what `NUMERAL` matched.

    Returns:
        Its value; ``None`` for ○○, which stands for a name that is left open.
    """
    if written[0].isdecimal():
        return sum((_arabic_part(*part.groups()) for part in _PART.finditer(written)), Fraction(0))
    for joined, apart in _JOINED_TENS.items():
        written = written.replace(joined, apart)
    if not set(written) - set("〇零○"):
        return None
    if set(written) <= _DIGITS.keys():
        return Fraction("".join(str(_DIGITS[digit]) for digit in written))
    return Fraction(_chinese_value(written))


def _arabic_part(digits: str, multipliers: str) -> Fraction:
    value = Fraction(digits.replace(",", ""))
    for multiplier in multipliers:
        value *= (_TENS | _MYRIADS)[multiplier]
    return value


def _chinese_value(written: str) -> int:
    total = 0
    below_myriad = 0
    digit = 0
    for character in written:
        if character in _MYRIADS:
            total += ((below_myriad + digit) or 1) * _MYRIADS[character]
            below_myriad = digit = 0
        elif character in _TENS:
            below_myriad += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + below_myriad + digit
