"""Which items of a plan are the measures that agencies are compared by.

A plan also says what it is for, how it is followed up, that it may be amended; and it may copy a heading instead of
giving a measure. None of that is something that an agency does and another lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from plansearch.index import PlanIndex
from plansearch.results import IndexedItem

_PLACEHOLDER: Final = re.compile(r"[\W\d_]*(?:其[他它]|無|略|同[上前]|[如詳]附[件表]|另[訂定])[\W_]*")
"""What stands in a form where nothing was filled in."""

_INSTRUCTION: Final = re.compile(
    r"請(?:依|於|就|將|在|自行|逐項|各)?[^。；]*(?:撰寫|填寫|填列|填報|敘明)(?:即可)?[。；]?\s*$"
)
"""What a form asks of who fills it in."""


def is_blank(text: str) -> bool:
    """Whether a text is what a form has and no measure: 「其他」, 「請依實際情形撰寫即可。」."""
    return bool(_PLACEHOLDER.fullmatch(text) or _INSTRUCTION.search(text))


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of some plans: positions in the index, and what stands there."""

    positions: tuple[int, ...]
    items: tuple[IndexedItem, ...]

    def __len__(self) -> int:
        return len(self.positions)


def measures_of(
    index: PlanIndex, plans: Sequence[str], known: Mapping[int, IndexedItem] = MappingProxyType({})
) -> Measures:
    """The measures of some plans, without what only says its requirement again or is blank, in the order of the index.

    Where a plan has requirements, only what stands in their part of it counts, whether or not it stands under one.

    Args:
        index: where the plans are.
        plans: their names.
        known: items by position that were read already and need not be read again.
    """
    positions = index.catalog.positions_of(plans)
    unread = [place for place in positions if place not in known]
    read = dict(zip(unread, index.items(unread), strict=True))
    items = [known[place] if place in known else read[place] for place in positions]
    parts = {(one.plan, one.item.section) for one in items if one.item.code}
    with_requirements = {plan for plan, _ in parts}
    kept = [
        (place, one)
        for place, one in zip(positions, items, strict=True)
        if place not in index.restating
        and not is_blank(one.item.text)
        and (one.plan not in with_requirements or one.item.code or (one.plan, one.item.section) in parts)
    ]
    return Measures(tuple(place for place, _ in kept), tuple(one for _, one in kept))


def codes_in(found: IndexedItem, framework: str | None) -> tuple[str, ...]:
    """The requirements of a framework that an item answers: its own, or those that the crosswalk gives."""
    if found.framework == framework:
        return (found.item.code,) if found.item.code else ()
    return tuple(match.code for match in found.item.crosswalk if match.framework == framework)
