"""What two measures promise differently that tell the same in their own words.

Nothing aligns them, so only what is surely about the same thing is compared: the one time limit that each sets, the one
frequency that each names, a thing that one allows and the other forbids. Silence is better than a false alarm here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from plansearch.promises.amounts import Amount
from plansearch.promises.copies import Pair
from plansearch.promises.idioms import without_idioms
from plansearch.promises.reading import Fact, Reading
from plansearch.promises.recurrences import Recurrence
from plansearch.promises.senses import THING, Mark

SHARED_PAIRS: Final = 2
"""Pairs of neighbouring characters that two sentences must share to be about one thing: a word of three characters, or
two words of two."""

_SENTENCE_END: Final = re.compile("[。;!?\n]")
_PART_END: Final = re.compile(r"[,。;:!?\n]")
_CLAUSE: Final = re.compile("[^,。;:、!?\n]*")
_CONDITION: Final = re.compile("[者的之]|(?<!小)时$")
"""After a negation these make it a condition (無法到所者) or a description, not a promise."""

_GENERAL: Final = frozenset(
    {
        *("民众", "服务", "提供", "办理", "机关", "相关", "本所", "业务", "措施", "资讯", "进行", "以及", "工作"),
        *("人员", "同仁", "各项", "各课", "课室", "单位", "完成", "方式", "情形", "公所", "中心", "主动", "加强"),
        *("提升", "品质", "设置", "建置", "网站", "公开", "公布", "资料", "活动", "实施", "执行", "检讨", "改善"),
        *("管道", "项目", "内容", "需求", "所网", "并于", "讯息", "计画", "计划", "更新", "本局", "本厂", "里民"),
        *("线上", "目标"),
    }
)
"""Pairs of characters that most plans have, which say nothing of what a measure is about."""

_DENYING: Final = ("no", "must not", "need not")
"""Senses that deny what the other text says without a word of that kind just before it."""

_OPPOSITES: Final = frozenset(
    map(
        frozenset,
        (
            ("must", "may"),
            ("must", "must not"),
            ("may", "must not"),
            ("must", "need not"),
            ("must", "no"),
            ("may", "no"),
            ("paid", "free"),
        ),
    )
)


def contradicting_pairs(first: Reading, second: Reading) -> Iterator[Pair]:
    """Find the facts of two texts that are about the same thing and differ: numbers, frequencies, then senses."""
    yield from _contradictions(_comparable_amounts(first), _comparable_amounts(second), first, second)
    yield from _contradictions(first.recurrences, second.recurrences, first, second)
    yield from _opposed(first, second)
    yield from _denied(first, second)
    yield from ((said, denied) for denied, said in _denied(second, first))


def _comparable_amounts(reading: Reading) -> list[Amount]:
    """Without floors, which are places, and without figures that don't say of what they are."""
    return [amount for amount in reading.amounts if amount.dimension != "floor" and amount.unit and not amount.article]


def _contradictions(
    mine: Sequence[Amount] | Sequence[Recurrence],
    others: Sequence[Amount] | Sequence[Recurrence],
    first: Reading,
    second: Reading,
) -> Iterator[Pair]:
    """Facts that each have exactly one counterpart, about the same thing, which differs."""
    for one in mine:
        alike = [other for other in others if one.resembles(other)]
        if len(alike) != 1 or sum(each.resembles(alike[0]) for each in mine) != 1:
            continue
        if one.contradicts(alike[0]) and _are_about_one_thing(first, one, second, alike[0]):
            yield one, alike[0]


def _are_about_one_thing(first: Reading, one: Fact, second: Reading, other: Fact) -> bool:
    """Whether the sentences of two facts share enough, and the parts of them with the facts something."""
    mine, theirs = _about(first, one), _about(second, other)
    return len(mine & theirs) >= SHARED_PAIRS and bool(_pairs(_part(first, one)) & _pairs(_part(second, other)))


def _opposed(first: Reading, second: Reading) -> Iterator[Pair]:
    """Marks of one thing in both texts, and never with the same sense."""
    for one in first.marks:
        others = [other for other in second.marks if other.thing == one.thing]
        if len(one.thing) < THING and one.sense not in ("free", "paid"):
            continue
        if not others or any(not other.differs(one) for other in others):
            continue
        if (
            frozenset({one.sense, others[0].sense}) in _OPPOSITES
            and not any(_is_condition(*each) for each in ((first, one), (second, others[0])))
            and _about(first, one) & _about(second, others[0])
        ):
            yield one, others[0]


def _denied(reading: Reading, other: Reading) -> Iterator[tuple[Mark, Mark]]:
    """What a text denies and the other one simply says, or demands."""
    plain = without_idioms(other.folded)
    for mark in reading.marks:
        if mark.sense not in _DENYING or len(mark.thing) < THING or _is_condition(reading, mark):
            continue
        said = plain.find(mark.thing)
        if said < 0 or any(each.thing == mark.thing for each in other.marks):
            continue
        demand = _demand_of(other, said)
        if mark.sense == "need not" and demand is None:
            continue
        clause = _CLAUSE.match(plain, said)
        if clause is not None and _CONDITION.search(clause.group()):
            continue
        shared = _about(reading, mark) & _pairs(_around(other.folded, said, _SENTENCE_END))
        if len(shared - {mark.thing}) >= SHARED_PAIRS:
            begin = said if demand is None else demand.start
            yield mark, Mark(begin, said, "must", mark.thing, said + len(mark.thing))


def _demand_of(reading: Reading, place: int) -> Mark | None:
    """What demands the thing at a place, in the same part of the sentence: 須於三個工作天前以電話預約."""
    begin = max((match.end() for match in _PART_END.finditer(reading.folded, 0, place)), default=0)
    return next((mark for mark in reading.marks if mark.sense == "must" and begin <= mark.start < place), None)


def _is_condition(reading: Reading, mark: Mark) -> bool:
    clause = _CLAUSE.match(reading.folded, mark.end)
    return clause is not None and _CONDITION.search(clause.group()) is not None


def _about(reading: Reading, fact: Fact) -> frozenset[str]:
    """Pairs of neighbouring characters that say what a fact is about: those of its sentence, without itself."""
    return _pairs(_around(reading.folded, fact.start, _SENTENCE_END).replace(_itself(reading, fact), " "))


def _part(reading: Reading, fact: Fact) -> str:
    """The part of the sentence that a fact stands in, without itself."""
    return _around(reading.folded, fact.start, _PART_END).replace(_itself(reading, fact), " ")


def _itself(reading: Reading, fact: Fact) -> str:
    return reading.folded[fact.start : fact.end]


def _around(folded: str, place: int, end: re.Pattern[str]) -> str:
    """What stands around a place, from one end to the next."""
    begin = max((match.end() for match in end.finditer(folded, 0, place)), default=0)
    following = end.search(folded, place)
    return folded[begin : following.start() if following else len(folded)]


def _pairs(sentence: str) -> frozenset[str]:
    pairs = {one + other for one, other in pairwise(sentence) if one.isalpha() and other.isalpha()}
    return frozenset(pairs - _GENERAL)
