"""How concrete a measure is: whether it says how much, when, how often, where, with what and who.

Six markers are looked for in the words of a measure. They say nothing of whether it is a good one; a plan
whose measures have few of them can't be checked at the end of the year. Patterns are for folded text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from plansearch.concreteness.names import named_places, named_systems
from plansearch.promises.reading import Reading, read_promises, spans_of
from plansearch.promises.times import PARTS_OF_DAY, is_whole_year
from plansearch.text import fold
from plansearch.types import PlanItem

Marker = Literal["number", "date", "frequency", "place", "system", "unit"]

MARKERS: Final[Mapping[Marker, str]] = MappingProxyType(
    {
        "number": "數字：寫出數量、比率、金額、分數或時限，例如「3 個工作天內」、「百分之八十」。",
        "date": "日期：寫出月、日、星期、時刻或節日，例如「6 月底前」、「週三晚上」、「重陽節」。",
        "frequency": "頻率：寫出明確的週期，例如「每月」、「每季一次」；「定期」、「適時」不算。",
        "place": "地點：寫出地名、場所或確切位置，例如「三樓」、「服務台」、「大門口」；「轄內」、「各據點」不算。",
        "system": "工具：寫出系統、平台、專線或產品的名稱，例如「1999」、「LINE」、「公文整合系統」；「網站」不算。",
        "unit": "單位：由特定單位負責；「各課室」、「全體同仁」或由系統推定的單位不算。",
    }
)
"""Each marker and what it means, as a report prints it."""

_DATE_MARKS: Final = re.compile(
    f"{PARTS_OF_DAY}|午休|下班前|上班前|例假日|国定假日|假日|平日|周末"
    "|春节|农历年|过年|元宵|清明|端午|中元|中秋|重阳|国庆|元旦|除夕|圣诞|三节|植树节|母亲节|父亲节|儿童节(?!目)|妇女节(?!目)|敬老月"
    "|[春夏秋冬]季|寒假|暑假|暑期|汛期|梅雨|台风季|开学|[年月季学]底|年终(?![考评奖])|岁末|月初|年初|季末"
)
"""Days and times that are named without a number."""

_EVERYBODY: Final = re.compile(
    "各|全|本[所局处厂院馆会府市县区乡镇机中单]|所属|所有|同仁|相关|有关|权责|业务单位|业务课|承办|主办|任一"
)
"""How the names of units begin that are all of them, or whichever it happens to be."""


@dataclass(frozen=True, slots=True)
class MarkedRange:
    """Where a text is concrete: ``[start, end)``, and in what way."""

    marker: Marker
    start: int
    end: int


def marked(text: str) -> tuple[MarkedRange, ...]:
    """Find where a text is concrete, so that it can be shown.

    Args:
        text: any text, such as that of a measure.

    Returns:
        Ranges of ``text``, in order; only those of different markers overlap.
    """
    reading = read_promises(text)
    floors = [(amount.start, amount.end) for amount in reading.amounts if amount.dimension == "floor"]
    spans: dict[Marker, list[tuple[int, int]]] = {
        "number": list(_numbers(reading)),
        "date": list(_dates(reading)),
        "frequency": list(_frequencies(reading)),
        "place": [*floors, *named_places(reading.folded)],
        "system": list(named_systems(reading.folded)),
    }
    found = [MarkedRange(marker, *span) for marker, some in spans.items() for span in _merged(some)]
    return tuple(sorted(found, key=lambda each: (each.start, each.end, each.marker)))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, those that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def markers(item: PlanItem) -> frozenset[Marker]:
    """In which ways a measure is concrete: what its text says, its deadline, and who is responsible."""
    found: set[Marker] = {each.marker for each in marked(item.text)}
    found |= {each.marker for each in marked(item.deadline or "") if each.marker in ("date", "frequency")}
    if not item.units_inferred and any(not _EVERYBODY.match(fold(unit)) for unit in item.units):
        found.add("unit")
    return frozenset(found)


def concreteness(item: PlanItem) -> float:
    """How many of the six markers a measure has, 0 to 1."""
    return len(markers(item)) / len(MARKERS)


def _numbers(reading: Reading) -> Iterator[tuple[int, int]]:
    for amount in reading.amounts:
        is_time = amount.dimension in ("date", "clock", "floor")
        if amount.unit not in ("", "大") and not amount.article and not is_time:
            yield amount.start, amount.end


def _dates(reading: Reading) -> Iterator[tuple[int, int]]:
    for amount in reading.amounts:
        if amount.dimension in ("date", "clock") and not is_whole_year(amount):
            yield amount.start, amount.end
    for recurrence in reading.recurrences:
        if recurrence.days:
            yield recurrence.start, recurrence.end
    yield from (match.span() for match in _DATE_MARKS.finditer(reading.folded))


def _frequencies(reading: Reading) -> Iterator[tuple[int, int]]:
    for recurrence in reading.recurrences:
        if recurrence.is_definite:
            yield from spans_of(recurrence)
