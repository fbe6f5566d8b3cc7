"""What two near-copies promise differently: they are aligned, so that each promise meets its counterpart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Final

from plansearch.promises.reading import Fact, Reading, spans_of
from plansearch.promises.senses import BEHIND, THING, Mark

LONGEST_EXACT: Final = 2000
"""Characters; no measure has as many. In a longer text, such as a whole plan that could not be divided, common
characters don't begin a match, for the time an exact alignment takes grows with the square of the length."""

Pair = tuple[Fact | None, Fact | None]
"""A fact of the first text and the one of the second that stands for the same; ``None`` where there is none."""


@dataclass(frozen=True, slots=True)
class _Token:
    """One character of a text, or one fact, which meets any fact of its kind."""

    key: str
    start: int
    fact: Fact | None = None


def differing_pairs(first: Reading, second: Reading) -> Iterator[Pair]:
    """Align two near-copies and find the facts that differ, and those that only one of them has."""
    if _say_the_same(first.facts, second.facts):
        return
    left, right = _tokens(first), _tokens(second)
    keys, other_keys = [token.key for token in left], [token.key for token in right]
    opcodes = SequenceMatcher(None, keys, other_keys, autojunk=len(keys) > LONGEST_EXACT).get_opcodes()
    pairs: list[Pair] = []
    matched: dict[int, int] = {}
    for tag, begin, end, other_begin, other_end in opcodes:
        mine, others = left[begin:end], right[other_begin:other_end]
        if tag == "equal":
            pairs.extend(_aligned(mine, others))
            matched.update(zip((each.start for each in mine), (each.start for each in others), strict=True))
        else:
            pairs.extend(_within_a_gap(_facts(mine), _facts(others)))
    back = {mine: other for other, mine in matched.items()}
    for one, other in _regrouped(pairs):
        lone = one if other is None else other if one is None else None
        if lone is None:
            if one is not None and one.differs(other):
                yield one, other
        elif _counts(lone, first if other is None else second, matched if other is None else back):
            yield one, other


def _say_the_same(first: Sequence[Fact], second: Sequence[Fact]) -> bool:
    return len(first) == len(second) and all(
        not one.differs(other) and (not isinstance(one, Mark) or one.resembles(other))
        for one, other in zip(first, second, strict=True)
    )


def _tokens(reading: Reading) -> list[_Token]:
    """Characters without punctuation, and facts as one token each."""
    starts = {fact.start: fact for fact in reading.facts}
    covered = {place for fact in reading.facts for span in spans_of(fact) for place in range(*span)}
    tokens: list[_Token] = []
    for place, character in enumerate(reading.folded):
        if place in starts:
            tokens.append(_Token(f"\0{starts[place].kind}", place, starts[place]))
        elif place not in covered and character.isalnum():
            tokens.append(_Token(character, place))
    return tokens


def _facts(tokens: Iterable[_Token]) -> list[Fact]:
    return [token.fact for token in tokens if token.fact is not None]


def _aligned(mine: Sequence[_Token], others: Sequence[_Token]) -> Iterator[Pair]:
    """Facts that stand in one place of both texts. A fact alone between other words has met its like by chance."""
    by_chance = len(mine) == 1
    for one, other in zip(mine, others, strict=True):
        if one.fact is None or other.fact is None:
            continue
        if one.fact.resembles(other.fact) or not (by_chance or isinstance(one.fact, Mark)):
            yield one.fact, other.fact
        else:
            yield one.fact, None
            yield None, other.fact


def _within_a_gap(mine: list[Fact], others: list[Fact]) -> Iterator[Pair]:
    """Pair the facts of two stretches that differ: equal ones first, then those alike, then what is left in order."""
    waiting = list(others)
    paired: dict[int, Fact] = {}
    for fits in (_is_equal, _is_like, _is_of_one_kind):
        for place, one in enumerate(mine):
            found = next((other for other in waiting if fits(one, other)), None) if place not in paired else None
            if found is not None:
                paired[place] = found
                waiting = [other for other in waiting if other is not found]
    yield from ((one, paired.get(place)) for place, one in enumerate(mine))
    yield from ((None, other) for other in waiting)


def _is_of_one_kind(one: Fact, other: Fact) -> bool:
    return type(one) is type(other) and not isinstance(one, Mark)


def _is_like(one: Fact, other: Fact) -> bool:
    return one.resembles(other)


def _is_equal(one: Fact, other: Fact) -> bool:
    return one.resembles(other) and not one.differs(other)


def _regrouped(pairs: Sequence[Pair]) -> list[Pair]:
    """Leave out what only stands elsewhere in the other text, and pair what is elsewhere said to the contrary."""
    second = [other for one, other in pairs if one is None and other is not None]
    met: dict[int, Fact] = {}
    for fits in (_is_equal, _is_opposite):
        for one, other in pairs:
            if one is None or other is not None or id(one) in met:
                continue
            taken = {id(fact) for fact in met.values()}
            found = next((each for each in second if id(each) not in taken and fits(one, each)), None)
            if found is not None:
                met[id(one)] = found
    taken = {id(fact) for fact in met.values()}
    return [(one, met.get(id(one), other)) for one, other in pairs if id(other) not in taken]


def _is_opposite(one: Fact, other: Fact) -> bool:
    return isinstance(one, Mark) and isinstance(other, Mark) and one.thing == other.thing


def _counts(lone: Fact, reading: Reading, matched: dict[int, int]) -> bool:
    """Whether a fact that only one text has makes it promise something else.

    A negation does where the other text says the same thing without it; in a sentence that the other text doesn't have,
    it denies nothing that the other says.
    """
    if not lone.counts_alone:
        return False
    if not isinstance(lone, Mark):
        return True
    return lone.sense == "free" or _has_counterpart(lone, reading, matched)


def _has_counterpart(lone: Mark, reading: Reading, matched: dict[int, int]) -> bool:
    """Whether what a mark is about stands in the other text too, in one piece."""
    if reading.folded[lone.start : lone.end] in BEHIND:
        places = [place for place in range(lone.start) if reading.folded[place].isalnum()][-THING:]
    else:
        places = list(range(lone.thing_end - len(lone.thing), lone.thing_end))
    others = [matched.get(place, -1) for place in places]
    return -1 not in others and bool(others) and all(second == first + 1 for first, second in pairwise(others))
