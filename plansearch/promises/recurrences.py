"""How often a text promises something: 每月, 每季二次, 每週三晚上, 定期. In folded text.

每月一次, 每月 and 1 個月 1 次 are one, and 每年十二次 is the same. 每 2 週 and 每月二次 are not, for months have no
fixed length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final, Literal

from plansearch.promises.numerals import CHINESE_NUMERALS, NUMERAL, THROUGH, numeral_value
from plansearch.promises.times import PARTS_OF_DAY

LONGEST_GAP: Final = 24
"""Characters between 每季 and how many times, in 每季辦理第一線人員業務講習二場; a clause is seldom longer."""

Vague = Literal["定期", "不定期", "隨時", "適時", "即時", "經常"]

_WEEK_LENGTH: Final = ("day", Fraction(7))
_PERIODS: Final[dict[str, tuple[str, Fraction]]] = {
    **dict.fromkeys(("周", "星期", "礼拜"), _WEEK_LENGTH),
    **dict.fromkeys(("日", "天"), ("day", Fraction(1))),
    **dict.fromkeys(("月", "月份"), ("month", Fraction(1))),
    **dict.fromkeys(("季", "季度"), ("month", Fraction(3))),
    **dict.fromkeys(("年", "年度"), ("month", Fraction(12))),
    **dict.fromkeys(("工作日", "工作天", "上班日", "上班天"), ("workday", Fraction(1))),
    "分钟": ("minute", Fraction(1)),
    "小时": ("minute", Fraction(60)),
    "学期": ("term", Fraction(1)),
}
"""Dimension and length. Days, months and school terms can't be turned into each other."""

_PERIOD: Final = (
    "学期|工作[日天]|上班[日天]|分钟|小时|星期|礼拜|周(?![边围刊知遭])|日(?![期常])|天|月份?(?![台刊票])|"
    "季度?(?![节刊])|年度?(?![级龄长轻金])"
)
_TIMES: Final = "(?:次|场次?|回(?![复覆应馈收报])|趟|遍|梯次?)"
_ONCE: Final = r"一(?=..?(?: *(?:$|[,。;、:!?)\]」』\n]|以上|以下|为|者|及|与|和|或|并)))"
"""一次 that counts stands behind its verb; 一次告知 means "all at once"."""
_COUNT: Final = rf"(?P<count>(?!一 *(?:次|场|回|趟|遍|梯)){NUMERAL}|{_ONCE}) *{_TIMES}"

_WEEK: Final = "(?:周|星期|礼拜)"
_DAYS: Final = {day: place for place, day in enumerate("一二三四五六日", 1)} | {"天": 7}
_DAY: Final = f"[{''.join(_DAYS)}](?![次场回趟遍班梯篇则封份件张小个人名位节堂题集期本册组天日楼项处])"
"""A day of the week, unless it says how many: 每週一次, 每週三天."""
_TO: Final = f" *[{THROUGH}、及和与或] *"
_WEEKDAYS: Final = f"(?P<days>六日|{_DAY}(?:{_TO}{_WEEK}?{_DAY}){{0,6}})"
_ORDINAL: Final = (
    rf"第 *(?P<ordinals>{NUMERAL}(?:[、及和与]第?{NUMERAL}){{0,4}}) *个?(?:{_WEEK}(?!{_DAY})|(?={_WEEK}{_DAY}))"
)
_PART: Final = rf"(?: *(?P<part>{PARTS_OF_DAY})(?! *{NUMERAL}))?"
"""A part of the day, unless it belongs to a time of day."""

_ON_OF_WEEK: Final = re.compile(f"(?:的?{_WEEK})?{_WEEKDAYS}{_PART}")
_ON: Final = re.compile(
    f" *的?(?:{_ORDINAL}的?(?:{_WEEK}{_WEEKDAYS})?|{_WEEK}{_WEEKDAYS.replace('days', 'only')}){_PART}"
)
_COUNTED: Final = re.compile(rf" *一 *{_TIMES}|(?P<gap>[^,。;:、!?\n每]{{0,{LONGEST_GAP}}}?){_COUNT}")

_RECURRENCE: Final = re.compile(
    rf"(?P<every>每[隔逢]? *(?P<number>{NUMERAL})? *(?P<half>半)?个?(?P<double>[双隔])?(?P<period>{_PERIOD}))"
    r"|(?P<adverb>[按逐](?P<by>[日月周季年])(?![级龄节期])(?![^,。;]{0,6}[增减降升成加])"
    r"|天天|(?P<two>[双隔])(?P<of>[周月]))"
    rf"|(?P<rate>(?P<span>{NUMERAL}|半) *(?:个(?=[月星礼工上学])|(?!月))(?P<rated>{_PERIOD}) *"
    rf"{_COUNT.replace('count', 'times')})"
    rf"|(?P<per>(?P<each>{NUMERAL}) *{_TIMES} */ *每?(?P<slashed>{_PERIOD}))"
    rf"|(?P<within>(?:全年|整年|年度内?|年内)[^,。;:、!?\n每]{{0,10}}?{_COUNT.replace('count', 'yearly')})"
    rf"|(?P<weekday>(?<![{CHINESE_NUMERALS}\d半本下上次隔翌])(?:{_ORDINAL}的?)?{_WEEK}{_WEEKDAYS}{_PART})"
    r"|(?P<irregular>不定[期时])|(?P<regular>定[期时](?!存|契))|(?P<anytime>随时)|(?P<fitting>适时)|(?P<often>经常|时常)"
    r"|(?P<instant>即时(?!性?(?:服务|通讯|讯息|消息|资讯|影像|画面|路况|动态|监|陈情|翻译|口译|现场|线上|系统|资料|交通|天气|库存|积)))"
)
_VAGUE: Final[dict[str, Vague]] = {
    "irregular": "不定期",
    "regular": "定期",
    "anytime": "隨時",
    "fitting": "適時",
    "often": "經常",
    "instant": "即時",
}
_KINDS: Final = ("every", "adverb", "rate", "per", "within", "weekday", *_VAGUE)
"""Groups of the pattern, one of which every match has."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often something happens, and on which days."""

    kind: ClassVar[Literal["frequency"]] = "frequency"

    start: int
    end: int
    count_span: tuple[int, int] | None = None
    """Where it says how many times, if that stands apart: 每季辦理講習二場."""
    interval: tuple[str, Fraction] | None = None
    """Dimension and length of the time between two of them; ``None`` where only a weekday or a vague word says it."""
    days: frozenset[int] = frozenset()
    """Days of the week, Monday is 1."""
    ordinals: frozenset[int] = frozenset()
    """Which of the month's weeks or weekdays."""
    part: str = ""
    """The part of the day."""
    vague: Vague | None = None

    @property
    def is_definite(self) -> bool:
        """Whether it says how often, which 定期 and 適時 leave open."""
        return self.interval is not None

    @property
    def counts_alone(self) -> bool:
        """Whether it is a promise where the other text has no frequency at all; 適時 promises nothing."""
        return self.vague != "適時"

    def differs(self, other: object) -> bool:
        """Whether two facts that stand for the same thing are different."""
        return not isinstance(other, Recurrence) or _says(self) != _says(other)

    def contradicts(self, other: object) -> bool:
        """Whether not both can hold: 每月 and 每季 can't, 定期 and 每月 can."""
        if not isinstance(other, Recurrence):
            return False
        if "不定期" in (self.vague, other.vague):
            return self.vague != other.vague and all(each.vague in ("定期", "不定期", None) for each in (self, other))
        if self.vague or other.vague:
            return False
        return _every(self) != _every(other) or bool(
            self.days and other.days and (self.days, self.ordinals) != (other.days, other.ordinals)
        )

    def resembles(self, other: object) -> bool:
        """Whether they can be compared, as all frequencies can."""
        return isinstance(other, Recurrence)


def _every(recurrence: Recurrence) -> tuple[str, Fraction] | None:
    """The time between two; 週三 without a word more is every week."""
    return recurrence.interval or (_WEEK_LENGTH if recurrence.days and not recurrence.ordinals else None)


def _says(recurrence: Recurrence) -> tuple[object, ...]:
    return _every(recurrence), recurrence.days, recurrence.ordinals, recurrence.part, recurrence.vague


def read_recurrences(text: str) -> Iterator[Recurrence]:
    """Find all frequencies.

    Args:
        text: folded. Ordinals (第二週) must still be in it.
    """
    position = 0
    while match := _RECURRENCE.search(text, position):
        recurrence = _recurrence(match, text)
        yield recurrence
        position = recurrence.end


def _recurrence(match: re.Match[str], text: str) -> Recurrence:
    kind = next(name for name in _KINDS if match[name] is not None)
    if kind in _VAGUE:
        return Recurrence(*match.span(), vague=_VAGUE[kind])
    if kind == "weekday":
        return _on(match, match.start())
    length = _length(match)
    on = (_ON_OF_WEEK if length == _WEEK_LENGTH or match["double"] or match["two"] else _ON).match(text, match.end())
    found = _on(on, match.start()) if on is not None else Recurrence(*match.span())
    return _with_count(found, length, text, counts=kind in ("every", "adverb"))


def _on(match: re.Match[str], start: int) -> Recurrence:
    """Days of the week, ordinals and part of the day as a match has them."""
    groups = match.groupdict()
    days = groups["days"] or groups.get("only") or ""
    ordinals = re.findall(NUMERAL, groups.get("ordinals") or "")
    values = frozenset(int(numeral_value(ordinal) or 0) for ordinal in ordinals)
    return Recurrence(start, match.end(), days=_weekdays(days), ordinals=values, part=groups["part"] or "")


def _weekdays(written: str) -> frozenset[int]:
    days: list[int] = []
    through = False
    for character in written:
        if character in _DAYS:
            day = _DAYS[character]
            days.extend(range(days[-1] + 1, day + 1) if through and days else [day])
            through = False
        elif character in THROUGH:
            through = True
    return frozenset(days)


def _length(match: re.Match[str]) -> tuple[str, Fraction]:
    """The time between two of what a match says, before it is known how many times it happens in that time."""
    if match["within"]:
        return "month", 12 / (numeral_value(match["yearly"]) or Fraction(1))
    if match["adverb"]:
        name = match["by"] or match["of"] or "日"
    else:
        name = match["period"] or match["rated"] or match["slashed"]
    dimension, length = _PERIODS[name]
    if match["half"] or match["span"] == "半":
        length /= 2
    elif written := match["number"] or match["span"]:
        length *= numeral_value(written) or 1
    if match["double"] or match["two"]:
        length *= 2
    if times := match["times"] or match["each"]:
        length /= numeral_value(times) or 1
    return dimension, length


def _with_count(found: Recurrence, length: tuple[str, Fraction], text: str, *, counts: bool) -> Recurrence:
    dimension, span = length
    end, count_span = found.end, None
    counted = _COUNTED.match(text, found.end) if counts else None
    if counted is not None:
        span /= numeral_value(counted["count"] or "一") or 1
        if (counted["gap"] or "").strip():
            count_span = (counted.start("count"), counted.end())
        else:
            end = counted.end()
    return Recurrence(found.start, end, count_span, (dimension, span), found.days, found.ordinals, found.part)
