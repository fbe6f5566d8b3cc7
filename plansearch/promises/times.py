"""Dates and times of day that a text names: 3月底前, 每月10日, 上午9時, 17:30. In folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from plansearch.promises.amounts import Amount, Bound
from plansearch.promises.numerals import NUMERAL, THROUGH, numeral_value
from plansearch.promises.references import BLANK

PARTS_OF_DAY: Final = "上午|下午|早上|早晨|清晨|中午|午间|傍晚|晚上|晚间|夜间|夜晚|凌晨"
"""Alternatives of a pattern."""

_AFTERNOON: Final = ("下午", "傍晚", "晚上", "晚间", "夜间", "夜晚")
NOON: Final = 12
"""The hour from which on an hour of the afternoon is counted."""

HOURS: Final = 24
"""The last hour of a day; a larger number before 點 or 時 is something else."""

_PARTS_OF_MONTH: Final = {"初": 41, "上旬": 42, "中旬": 43, "下旬": 44, "底": 45, "末": 45}
"""Written as days that no month has."""

_MONTH: Final = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY: Final = "(?:3[01]|[12][0-9]|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九])"
_FIRST: Final = "(?<![0-9一二三四五六七八九十百个./])(?<!\\d,)"
_DATE: Final = re.compile(
    rf"{_FIRST}(?P<months>{_MONTH}(?: *月? *[{THROUGH}、及和与][{BLANK} ]*{_MONTH}){{0,11}}) *月(?![台刊票饼租薪])份?"
    rf"(?: *(?P<day>{_DAY}) *[日号](?![0-9])|(?P<part>底|末|初|[上中下]旬))?(?: *以?前)?"
    rf"|(?<![\d/.])(?P<month>1[0-2]|0?[1-9])/(?P<day_of_it>3[01]|[12]\d|0?[1-9])(?![\d/]|[%‰])"
    rf"|(?<![上下]个)(?P<half>[上下])半年|第 *(?P<quarter>[一二三四1-4]) *季度?"
    rf"|(?:(?<=每月)|(?<=每个月)|(?<=当月)|(?<=次月)) *(?P<monthly>{_DAY}) *[日号](?: *以?前)?"
)
_NEAR_DAY: Final = re.compile(
    "(?P<workday>[次隔]一?个?(?:上班|工作)[日天])|(?P<same>当[日天](?![的之值轮班]|照护|门诊|看诊|新闻|行程|活动))|(?P<next>[次隔翌][日天](?!起))"
)
_QUARTER: Final = 3
"""Months of a quarter."""

_CLOCK: Final = re.compile(
    rf"(?:(?P<part>{PARTS_OF_DAY}) *)?(?P<hour>{NUMERAL}) *"
    rf"(?:(?P<word>时(?![段间程效候刻数])|点(?!心|字|选|收|名|击|数|亮)钟?)"
    rf"(?: *(?P<minute>{NUMERAL}) *分|(?P<half>半)|整)?|:(?P<digits>[0-5]\d)(?![\d:]))"
)
_THROUGH: Final = re.compile(f" *[{THROUGH}] *")
_JANUARY: Final = Fraction(100)
_DECEMBER: Final = Fraction(1200)
_WHOLE_YEARS: Final = tuple(((_JANUARY, _DECEMBER + day),) for day in (0, 31, _PARTS_OF_MONTH["底"]))
_MONTH_IN_LIST: Final = re.compile(f"{_MONTH}|[{THROUGH}、及和与]")


@dataclass(frozen=True, slots=True)
class _Hour:
    """A time of day as it was read; ``afternoon`` holds for the second of 下午1時至5時 too."""

    amount: Amount
    afternoon: bool


def read_dates(text: str) -> Iterator[Amount]:
    """Find named days and months; a range over the whole year names none.

    Their values are 100 × month + day, where parts of months have days of their own.
    """
    for match in _DATE.finditer(text):
        ranges = _named_months(match) if match["months"] else _part_of_year(match)
        if ranges:
            yield Amount(*match.span(), "date", ranges, "月", _bound(match))
            continue
        month = numeral_value(match["month"] or "0") or Fraction(0)
        value = 100 * month + (numeral_value(match["day_of_it"] or match["monthly"]) or 0)
        yield Amount(*match.span(), "date", ((value, value),), "日", _bound(match))


def read_near_days(text: str) -> Iterator[Amount]:
    """Find time limits that are told without a number: 當日 is none, 次日 one day, 次一上班日 one working day."""
    for match in _NEAR_DAY.finditer(text):
        days = Fraction(0 if match["same"] else 1)
        yield Amount(*match.span(), "workday" if match["workday"] else "day", ((days, days),), "日")


def _part_of_year(match: re.Match[str]) -> tuple[tuple[Fraction, Fraction], ...]:
    """From and to which month a half or a quarter of the year lasts; nothing where it is a day."""
    if match["half"]:
        return ((_JANUARY, 6 * _JANUARY),) if match["half"] == "上" else ((7 * _JANUARY, _DECEMBER),)
    if match["quarter"]:
        last = (numeral_value(match["quarter"]) or Fraction(1)) * _QUARTER
        return ((100 * (last - _QUARTER + 1), 100 * last),)
    return ()


def _bound(match: re.Match[str]) -> Bound:
    """3月底前 is the latest day that will do."""
    return "most" if match[0].endswith("前") else ""


def _named_months(match: re.Match[str]) -> tuple[tuple[Fraction, Fraction], ...]:
    """The months of a match; a day belongs to the last of them."""
    day = numeral_value(match["day"]) if match["day"] else Fraction(_PARTS_OF_MONTH.get(match["part"] or "", 0))
    months = [(100 * low, 100 * high) for low, high in _months(match["months"])]
    low, high = months[-1]
    months[-1] = (low + (day or 0) if low == high else low, high + (day or 0))
    return tuple(months)


def _months(written: str) -> list[tuple[Fraction, Fraction]]:
    """Months of 3月, 4、9月 or 1-12月, each from and to."""
    months: list[tuple[Fraction, Fraction]] = []
    through = False
    for piece in _MONTH_IN_LIST.findall(written):
        value = None if piece in THROUGH or piece in "、及和与" else numeral_value(piece)
        if value is None:
            through = piece in THROUGH
        elif through and months:
            months[-1] = (months[-1][0], value)
            through = False
        else:
            months.append((value, value))
    return months


def is_whole_year(amount: Amount) -> bool:
    """Whether a range of months is all of them, which says nothing of when."""
    return amount.dimension == "date" and amount.ranges in _WHOLE_YEARS


def read_clocks(text: str) -> Iterator[Amount]:
    """Find times of day; their values are minutes since midnight."""
    last: _Hour | None = None
    for match in _CLOCK.finditer(text):
        follows = last is not None and _THROUGH.fullmatch(text[last.amount.end : match.start()]) is not None
        hour = _hour(match, last if follows else None, text)
        if hour is not None:
            yield hour.amount
        last = hour


def _hour(match: re.Match[str], before: _Hour | None, text: str) -> _Hour | None:
    value = numeral_value(match["hour"])
    if value is None or value > HOURS or not _is_time(match, before, text):
        return None
    part = match["part"]
    afternoon = part in _AFTERNOON or (part is None and before is not None and before.afternoon)
    minutes = numeral_value(match["minute"] or match["digits"] or "0") or Fraction(0)
    minutes += 60 * (value + (NOON if afternoon and value < NOON else 0)) + (30 if match["half"] else 0)
    return _Hour(Amount(*match.span(), "clock", ((minutes, minutes),), "时"), afternoon)


def _is_time(match: re.Match[str], before: _Hour | None, text: str) -> bool:
    """Whether 點 is o'clock: 下列三點 are three points."""
    if match["word"] is None:
        return match["hour"].isdecimal()
    if match["word"].startswith("时"):
        return match["hour"] != "一" or match["part"] is not None or before is not None
    beside = match["part"] or match["minute"] or match["half"] or match["word"] == "点钟" or before is not None
    return bool(beside) or match["hour"].isdecimal() or _THROUGH.match(text, match.end()) is not None
