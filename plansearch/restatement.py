"""Items that only say the words of their requirement again: a heading that was copied is no measure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from plansearch.frameworks import Framework, heading_key
from plansearch.types import Plan, PlanItem

RESTATEMENT_VERSION: Final = 2
"""Changes whenever another item would be found to say its requirement again; an index remembers it."""

NEARLY_SAME: Final = 0.85
"""Least Dice coefficient of the character pairs of a text and of a requirement that it says again."""

SHORTEST_TITLE: Final = 4
"""Characters of a title from which on a text that has all of it may only be saying it again."""

_CARRYING_OUT: Final = re.compile(
    "(?:辦理|推動|推行|落實|加強|強化|持續|積極|執行|進行|實施|完成|相關|各項|本項|事項|作業|工作|業務|等|之|的)*"
)
"""What a text may have beside its requirement's title without saying anything: 「辦理服務精進機制。」."""

WHOLE_PART: Final = 0.6
"""Least part of a requirement's length that a text has which is a piece of it, cut out without a change."""


def restating_items(plans: Sequence[Plan], frameworks: Sequence[Framework]) -> frozenset[int]:
    """Positions, counted over all plans, of the items that only say their requirement again."""
    titles = {(one.id, requirement.code): requirement.title for one in frameworks for requirement in one.requirements}
    items = ((plan.framework, item) for plan in plans for item in plan.items)
    return frozenset(place for place, (framework, item) in enumerate(items) if _restates(item, framework, titles))


def _restates(item: PlanItem, framework: str | None, titles: Mapping[tuple[str, str], str]) -> bool:
    official = titles.get((framework or "", item.code or ""))
    text = heading_key(item.text)
    return any(
        _says_again(text, _title_key(requirement)) for requirement in {item.requirement, official} if requirement
    )


@lru_cache(maxsize=4096)
def _title_key(requirement: str) -> str:
    """Plans share their requirements, so a few keys serve for all items."""
    return heading_key(requirement)


def _says_again(text: str, requirement: str) -> bool:
    if not text or not requirement:
        return False
    if text in requirement and len(text) >= WHOLE_PART * len(requirement):
        return True
    if requirement in text and len(requirement) >= SHORTEST_TITLE:
        return _CARRYING_OUT.fullmatch(text.replace(requirement, "", 1)) is not None
    shorter, longer = sorted((len(text) - 1, len(requirement) - 1))
    if 2 * shorter < NEARLY_SAME * (shorter + longer):
        return False  # even if all pairs of the shorter one were shared
    first, second = Counter(pairwise(text)), Counter(pairwise(requirement))
    whole = first.total() + second.total()
    return bool(whole) and 2 * (first & second).total() / whole >= NEARLY_SAME
