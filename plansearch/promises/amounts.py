"""Amounts that a text promises: quantities, shares, sums, time limits, dates and times of day.

Everything reads folded text, of which `without_references` and the frequencies were taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import ClassVar, Final, Literal

from plansearch.promises.measure_words import (
    DURATION_WORDS,
    DURATIONS,
    IN_FIGURES_ONLY,
    WORDS,
    alternatives,
    same_word,
)
from plansearch.promises.numerals import NUMERAL, THROUGH, numeral_value

LATEST_YEARS: Final = 80
"""Nothing in a plan lasts as many years; 113 年 is a calendar year."""

SMALLEST_CODE: Final = 1000
"""From here on a figure without a unit or comma is a code, a year, or a telephone line."""

Bound = Literal["least", "most", ""]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and what it is of: 三日內 is at most 3 in the dimension of days."""

    kind: ClassVar[Literal["number"]] = "number"

    start: int
    end: int
    dimension: str
    ranges: tuple[tuple[Fraction, Fraction], ...]
    """What it is, from and to, which are equal but for 三至五日; several in a list such as 4月及9月."""
    unit: str = ""
    """As it is written, folded, one of several that mean the same; empty for a figure that stands alone."""
    bound: Bound = ""
    article: bool = False
    """一 that only says "a": 設一間哺乳室, 一個窗口."""

    @property
    def counts_alone(self) -> bool:
        """Whether it is a promise where the other text has no number at all."""
        return not self.article

    def differs(self, other: object) -> bool:
        """Whether two facts that stand for the same thing are different."""
        if not isinstance(other, Amount):
            return True
        if sorted(self.ranges) != sorted(other.ranges) or {self.bound, other.bound} == {"least", "most"}:
            return True
        return self.dimension != other.dimension

    def contradicts(self, other: object) -> bool:
        """Whether not both can hold; a length of time is no contradiction to a time limit."""
        return self.resembles(other) and self.differs(other) and isinstance(other, Amount) and self.bound == other.bound

    def resembles(self, other: object) -> bool:
        """Whether they are of things that can be compared: of one unit, or both lengths of time."""
        if not isinstance(other, Amount):
            return False
        if self.dimension == other.dimension:
            return self.dimension != "count" or self.unit == other.unit
        return {self.dimension, other.dimension} <= DURATIONS


_AMOUNT: Final = re.compile(
    rf"百分之 *(?P<share>{NUMERAL})(?:点(?P<decimals>[零〇一二三四五六七八九]+))?"
    rf"|(?P<whole>{NUMERAL})分之(?P<part>{NUMERAL})"
    rf"|半个?(?P<half>{alternatives(DURATION_WORDS)})"
    rf"|(?P<currency>(?:nt)?\$ *)?(?P<numeral>{NUMERAL}) *[多余]? *(?P<unit>{alternatives(WORDS)})?"
)
_BOUND: Final = re.compile(
    "(?: *(?:(?P<least>以上|以外|之外|外(?![部加送借籍县市国面套聘语墙包科]))"
    "|(?P<most>以下|以内|之内|内(?![部容外政含科网]))))?"
)
_RANGE: Final = re.compile(f" *[{THROUGH}] *")
_LIST: Final = re.compile(" *[、及和与或] *")
_ENDS: Final = re.compile(r" *(?:$|[,。;、:!?)\]」』\n]|以上|以下|为|者|及|与|和|或|并)")
"""After 一間 these say that it is counted: 設哺乳室一間。 An article stands before its noun."""


def read_amounts(text: str) -> Iterator[Amount]:
    """Find all amounts but dates and times of day.

    Args:
        text: folded, with blanks where something else stands.
    """
    waiting: Amount | None = None
    for amount in _written_amounts(text):
        joined = _joined(waiting, amount, text[waiting.end : amount.start]) if waiting is not None else None
        if waiting is not None and joined is None and _is_promised(waiting, text):
            yield waiting
        waiting = joined or amount
    if waiting is not None and _is_promised(waiting, text):
        yield waiting


def _written_amounts(text: str) -> Iterator[Amount]:
    for match in _AMOUNT.finditer(text):
        start, end = match.span()
        bound = _BOUND.match(text, end)
        sense: Bound = "" if bound is None else bound.lastgroup or ""  # type: ignore[assignment]
        for dimension, value, unit in _values(match):
            article = match["numeral"] == "一" and dimension == "count" and not _ENDS.match(text, end)
            end = bound.end() if bound is not None and sense else end
            yield Amount(start, end, dimension, ((value, value),), unit, sense, article)


def _values(match: re.Match[str]) -> Iterator[tuple[str, Fraction, str]]:
    """The dimension, value and unit of a match, if it is an amount at all."""
    if match["share"] is not None:
        value = numeral_value(match["share"])
        decimals = numeral_value(match["decimals"] or "零") or Fraction(0)
        if value is not None:
            yield "share", value + decimals / 10 ** len(match["decimals"] or ""), "%"
    elif match["whole"] is not None:
        whole, part = numeral_value(match["whole"]), numeral_value(match["part"])
        if whole and part is not None:
            yield "share", 100 * part / whole, "%"
    elif match["half"] is not None:
        word = DURATION_WORDS[match["half"]]
        yield word.dimension, word.factor / 2, match["half"]
    else:
        value = numeral_value(match["numeral"])
        if value is not None:
            yield _counted(match, value)


def _counted(match: re.Match[str], value: Fraction) -> tuple[str, Fraction, str]:
    unit = match["unit"]
    if unit is None:
        return ("money", value, "元") if match["currency"] else ("count", value, "")
    word = WORDS[unit]
    return word.dimension, value * word.factor + word.more, same_word(unit)


def _joined(first: Amount, second: Amount, between: str) -> Amount | None:
    """One amount of two that belong together: 三至五日, 3、5日, 1 小時 30 分; ``None`` where they do not."""
    one_unit = not first.unit or first.dimension == second.dimension
    if _RANGE.fullmatch(between) and second.unit and one_unit and not first.bound:
        low, high = _ranges_in_unit_of(first, second)[-1][0], second.ranges[0][1]
        return replace(second, start=first.start, ranges=(*first.ranges[:-1], (low, high)), article=False)
    if _LIST.fullmatch(between) and second.unit and not first.unit:
        ranges = _ranges_in_unit_of(first, second) + second.ranges
        return replace(second, start=first.start, ranges=ranges, article=False)
    goes_on = first.dimension == "second" and (second.dimension == "second" or second.unit == "分")
    if goes_on and not between.strip(" "):
        factor = 60 if second.unit == "分" else 1
        value = first.ranges[0][0] + second.ranges[0][0] * factor
        return replace(first, end=second.end, ranges=((value, value),), bound=second.bound)
    return None


def _ranges_in_unit_of(first: Amount, second: Amount) -> tuple[tuple[Fraction, Fraction], ...]:
    """The ranges of the first of 三至五日, which has its unit from the last."""
    factor = WORDS[second.unit].factor if not first.unit and second.unit in WORDS else 1
    return tuple((low * factor, high * factor) for low, high in first.ranges)


def _is_promised(amount: Amount, text: str) -> bool:
    """Whether it is an amount at all: a Chinese numeral with a unit; a figure also alone, if it is no mere code."""
    if amount.unit == "年" and amount.ranges[-1][1] >= 12 * LATEST_YEARS:
        return False
    if not (text[amount.start].isdecimal() or text[amount.start] in "n$"):
        return bool(amount.unit) and amount.unit not in IN_FIGURES_ONLY
    return bool(amount.unit) or "," in text[amount.start : amount.end] or _is_plain_figure(text, amount)


def _is_plain_figure(text: str, amount: Amount) -> bool:
    return text[amount.start] != "0" and amount.ranges[0][0] < SMALLEST_CODE
