"""Items that say the same in the same words, folded into one hit.

Agencies copy from each other, and a list of ten equal sentences hides what else there is. Only texts that
promise the same are folded: where a number, how often something happens, or a negation differs, both stay.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from plansearch.index import PlanIndex
from plansearch.text import fold

NEARLY_SAME: Final = 0.92
"""Least Dice coefficient of the character pairs of two texts that are nearly the same: of fifty characters two or
three differ."""

NEARBY: Final = 0.95
"""Least cosine of two items that are compared letter by letter; items of nearly the same text are nearer."""

COMPARED: Final = 500
"""Best items among which nearly equal texts are looked for; equal ones are found among all."""

_OWN_HOUSE: Final = re.compile("本(?:公所|机关|中心|单位|[所局处厂馆区乡镇市县里院队府课室科])")
"""How an agency calls itself, in folded text: the same sentence of two agencies differs in it."""

_PROMISE: Final = frozenset(
    "0123456789〇零一二三四五六七八九十百千万半两双每周月季年日天时分不无非未免否勿禁前后上下内外"
)
"""Characters, folded, that change what is promised: numbers, how often, when, whether at all."""


@dataclass(frozen=True, slots=True)
class Group:
    """Positions of items with one text: the best one, and its twins, best first."""

    best: int
    twins: tuple[int, ...]


def single_groups(positions: Iterable[int]) -> list[Group]:
    """Every item as a group of its own, in order."""
    return [Group(int(position), ()) for position in positions]


def fold_twins(index: PlanIndex, ranked: Sequence[int], limit: int | None) -> list[Group]:
    """Fold ranked items that say the same.

    Args:
        index: where they are.
        ranked: positions, best first.
        limit: how many groups are wanted; ``None`` for all.

    Returns:
        Groups in the order of their best items.
    """
    texts = index.catalog.texts(ranked)
    keys = {position: same_text_key(texts[position]) for position in ranked}
    group_of: dict[str, int] = {}
    members: dict[int, list[int]] = {}
    nearby = _Nearby(index, ranked[:COMPARED])
    for position in ranked:
        best = group_of.get(keys[position])
        if best is None:
            best = next(
                (one for one in nearby.before(position, members) if same_promise(keys[one], keys[position])), None
            )
        if best is None and limit is not None and len(members) >= limit:
            continue
        best = position if best is None else best
        group_of.setdefault(keys[position], best)
        members.setdefault(best, []).append(position)
    return [Group(best, tuple(some[1:])) for best, some in members.items()]


def same_text_key(text: str) -> str:
    """What two texts share that differ in punctuation, spelling variants and the agency's name for itself only."""
    return _OWN_HOUSE.sub("本", "".join(filter(str.isalnum, fold(text))))


def same_promise(first: str, second: str) -> bool:
    """Whether two keys of `same_text_key` are nearly the same, and differ in nothing that changes the promise."""
    if first == second:
        return True
    if _dice(first, second) < NEARLY_SAME:
        return False
    from difflib import SequenceMatcher  # noqa: PLC0415  few questions find nearly equal texts

    blocks = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    changed = {
        letter
        for tag, begin, end, other_begin, other_end in blocks
        if tag != "equal"
        for letter in first[begin:end] + second[other_begin:other_end]
    }
    return not changed & _PROMISE


def _dice(first: str, second: str) -> float:
    """Sørensen-Dice coefficient of the pairs of neighbouring characters, repeats counted."""
    pairs = Counter(pairwise(first)), Counter(pairwise(second))
    whole = pairs[0].total() + pairs[1].total()
    return 2 * (pairs[0] & pairs[1]).total() / whole if whole else 0.0


class _Nearby:
    """Which of some items have vectors so near that their texts are worth comparing."""

    def __init__(self, index: PlanIndex, positions: Sequence[int]) -> None:
        self._places = {position: place for place, position in enumerate(positions)}
        vectors = index.vectors(positions) if positions else np.zeros((0, 1), dtype=np.float32)
        self._near = (vectors @ vectors.T) >= NEARBY

    def before(self, position: int, chosen: Mapping[int, object]) -> Iterator[int]:
        """Those of the chosen items that an item is near to, in their order."""
        place = self._places.get(position)
        if place is None:
            return
        for one in chosen:
            other = self._places.get(one)
            if other is not None and self._near[place, other]:
                yield one
