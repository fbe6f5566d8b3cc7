"""Numbers and dates of spreadsheet cells as the spreadsheet shows them.

Only what plans use of the format codes (ECMA-376, part 1, 18.8.31): digits, thousands, percent, dates, and years of
the Republic of China (``[$-404]e``). Whatever else a code asks for, the number itself is right.
"""

from __future__ import annotations

import datetime as dt
import re

_PART = re.compile(
    r"\[[^\]]*\]|\"[^\"]*\"|\\.|_.|\*.|(?P<code>[yY]+|[eE]+|[gG]+|[mM]+|[dD]+|[hH]+|[sS]+|[aA]{3,4}|AM/PM)|."
)
_LITERAL = re.compile(r"\"([^\"]*)\"|\\(.)|_.|\*.|\[[^\]]*\]")
_WORDS = re.compile(r"\"([^\"]*)\"|\\(.)")
_REPUBLIC = re.compile(r"\[\$-(?:[0-9A-F]*404|zh-TW)[^\]]*\]", re.IGNORECASE)
_WESTERN_OFFSET = 1911
_DIGITS = 10
"""Significant digits of a number without a format, as many as a cell of usual width shows."""
_SHORT_YEAR = 2


def shown_number(value: float, code: str) -> str:
    """A number as its format code shows it."""
    section = code.split(";", maxsplit=1)[0]
    plain = _LITERAL.sub("", section)
    before, after = _around(section)
    places = re.search(r"[0#?]\.([0#?]+)", plain)
    if "%" in plain:
        decimals = len(places.group(1)) if places else 0
        return f"{value * 100:.{decimals}f}%"
    if not re.search(r"[0#?]", plain) or "E+" in plain or "/" in plain:
        return f"{value:.{_DIGITS}g}"
    decimals = len(places.group(1)) if places else 0
    comma = "," if re.search(r"[0#?],[0#?]", plain) else ""
    number = f"{value:{comma}.{decimals}f}"
    if places and "#" in places.group(1):
        number = number.rstrip("0").rstrip(".")
    width = re.match(r"[^0#?]*(0+)(?![0#?,])", plain)
    if width and not comma and value >= 0:
        number = number.zfill(len(width.group(1)) + (decimals + 1 if decimals else 0))
    return before + number + after


def shown_date(value: dt.datetime | dt.date | dt.time, code: str) -> str:
    """A date or time as its format code shows it; a code that shows none of it gives year/month/day."""
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    section = "" if code == "General" else code.split(";", maxsplit=1)[0]
    republic = _REPUBLIC.search(section) is not None
    parts, shown = [], False
    hours = False
    for match in _PART.finditer(section):
        token = match.group("code")
        if token is None:
            literal = _LITERAL.fullmatch(match.group())
            parts.append((literal.group(1) or literal.group(2) or "") if literal else match.group())
            continue
        parts.append(_date_part(value, token.lower(), republic=republic, minutes=hours))
        hours = token[0] in "hH"
        shown = shown or token[0] in "yYeEmMdD"
    text = "".join(parts).strip()
    return text if shown and text else f"{value.year}/{value.month}/{value.day}"


def _around(section: str) -> tuple[str, str]:
    """Words that stand before and after the digits: ``0"次"``."""
    digits = re.search(r"[0#?][0#?,.]*", section)
    if digits is None:
        return "", ""
    before, after = (
        "".join(quoted or escaped for quoted, escaped in _WORDS.findall(part))
        for part in (section[: digits.start()], section[digits.end() :])
    )
    return before, after


def _date_part(value: dt.datetime | dt.date, token: str, *, republic: bool, minutes: bool) -> str:
    letter, long = token[0], len(token) > 1
    if letter == "e":
        return str(value.year - _WESTERN_OFFSET if republic else value.year)
    if letter == "y":
        return f"{value.year % 100:02d}" if len(token) <= _SHORT_YEAR else str(value.year)
    if letter == "m" and not minutes:
        return f"{value.month:02d}" if long else str(value.month)
    if letter == "d":
        return f"{value.day:02d}" if long else str(value.day)
    if isinstance(value, dt.datetime) and letter in "hms":
        number = {"h": value.hour, "m": value.minute, "s": value.second}[letter]
        return f"{number:02d}" if long else str(number)
    return ""
