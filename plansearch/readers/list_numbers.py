"""Numbers as word processors write them before the entries of a list: 壹 一 甲 ① １ a iv, by the format's name.

The names are those of OOXML (``w:numFmt``); OpenDocument shows the beginning of the sequence instead, which is
mapped to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from plansearch.numbering import leading_mark

BULLET = "●"
"""Stands for a bullet from a symbol font, whose code means nothing outside of it."""

_PLAIN, _FORMAL = "零一二三四五六七八九", "零壹貳參肆伍陸柒捌玖"
_HEAVENLY = "甲乙丙丁戊己庚辛壬癸"
_EARTHLY = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_LARGEST_COUNT = 99
"""Above it Chinese numbers need 百, which no list in a plan reaches."""


def _counted(digits: str, ten: str) -> Callable[[int], str]:
    def write(value: int) -> str:
        if not 0 <= value <= _LARGEST_COUNT:
            return str(value)
        tens, ones = divmod(value, 10)
        if not tens:
            return digits[ones]
        return (digits[tens] if tens > 1 else "") + ten + (digits[ones] if ones else "")

    return write


def _digital(digits: str) -> Callable[[int], str]:
    return lambda value: "".join(digits[int(digit)] for digit in str(value))


def _cycle(signs: str) -> Callable[[int], str]:
    return lambda value: signs[(value - 1) % len(signs)] if value > 0 else str(value)


def _code_points(first: str, count: int) -> Callable[[int], str]:
    return lambda value: chr(ord(first) + value - 1) if 1 <= value <= count else str(value)


def _letters(value: int) -> str:
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1) if value > 0 else str(value)


def _roman(value: int) -> str:
    text = ""
    for worth, letters in _ROMAN:
        while value >= worth:
            text, value = text + letters, value - worth
    return text


_count, _count_formal = _counted(_PLAIN, "十"), _counted(_FORMAL, "拾")
_WRITERS: Mapping[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalHalfWidth": str,
    "decimalZero": lambda value: f"{value:02d}",
    "decimalFullWidth": _digital("０１２３４５６７８９"),
    "decimalFullWidth2": _digital("０１２３４５６７８９"),
    "decimalEnclosedCircle": _code_points("①", 20),
    "decimalEnclosedCircleChinese": _code_points("①", 20),
    "decimalEnclosedParen": _code_points("⑴", 20),
    "decimalEnclosedFullstop": _code_points("⒈", 20),
    "taiwaneseCounting": _count,
    "taiwaneseCountingThousand": _count,
    "chineseCounting": _count,
    "chineseCountingThousand": _count,
    "japaneseCounting": _count,
    "taiwaneseDigital": _digital("○一二三四五六七八九"),
    "ideographDigital": _digital("〇一二三四五六七八九"),
    "japaneseDigitalTenThousand": _digital("〇一二三四五六七八九"),
    "ideographLegalTraditional": _count_formal,
    "chineseLegalSimplified": _count_formal,
    "japaneseLegal": _count_formal,
    "ideographTraditional": _cycle(_HEAVENLY),
    "ideographZodiac": _cycle(_EARTHLY),
    "ideographEnclosedCircle": _code_points("㊀", 10),
    "upperLetter": lambda value: _letters(value).upper(),
    "lowerLetter": _letters,
    "upperRoman": lambda value: _roman(value).upper(),
    "lowerRoman": _roman,
    "none": lambda _: "",
}
_BY_FIRST_SIGN = {
    "1": "decimal",
    "１": "decimalFullWidth",
    "①": "decimalEnclosedCircle",
    "⑴": "decimalEnclosedParen",
    "⒈": "decimalEnclosedFullstop",
    "一": "taiwaneseCounting",
    "壹": "ideographLegalTraditional",
    "壱": "ideographLegalTraditional",
    "甲": "ideographTraditional",
    "子": "ideographZodiac",
    "㊀": "ideographEnclosedCircle",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
}


def written_number(value: int, style: str) -> str:
    """A number in one of OOXML's formats; in plain digits where the format is not known."""
    return _WRITERS.get(style, str)(value)


def style_of_sequence(sample: str) -> str:
    """OOXML's name of a format that shows how it begins, such as ``一, 二, 三, ...``; ``none`` for an empty one."""
    return _BY_FIRST_SIGN.get(sample.strip()[:1], "decimal") if sample.strip() else "none"


def written_bullet(sign: str) -> str:
    """A bullet that the rest of the program knows; from a symbol font it is shown as ``●``."""
    sign = sign.strip()
    if not sign:
        return ""
    if leading_mark(f"{sign} 字").mark is None:
        return BULLET
    return f"{sign} " if leading_mark(f"{sign}字").mark is None else sign


def complete_mark(mark: str) -> str:
    """A number as the program knows it: one that stands bare, as ``3`` or ``三``, gets the stop that is left out.

    Word sets such numbers apart by a tab alone, which a text does not show.
    """
    mark = mark.strip()
    if not mark or leading_mark(f"{mark}字").mark is not None:
        return mark
    complete = mark + ("." if mark[-1].isdigit() or mark[-1].isascii() else "、")
    return complete if leading_mark(f"{complete}字").mark is not None else f"{mark} "
