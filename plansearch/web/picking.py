"""What a person picked, by ids that say what an item said: an id alone counts items, and a correction moves that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from plansearch.index import PlanIndex
from plansearch.results import IndexedItem

_PICKED: Final = re.compile(r"(?P<id>.+)~(?P<print>[0-9a-f]{8})", re.DOTALL)


def fingerprint(text: str) -> str:
    """A few characters that are others where a text is another one."""
    return sha256(text.encode("utf-8", errors="replace")).hexdigest()[:8]


def picked_id(found: IndexedItem) -> str:
    """What stands in an address for an item."""
    return f"{found.id}~{fingerprint(found.item.text)}"


@dataclass(frozen=True, slots=True)
class Picked:
    """What ids stand for."""

    items: tuple[IndexedItem, ...]
    missing: tuple[str, ...]
    """Ids that the index does not have, or of which it has another text by now."""

    @classmethod
    def of(cls, index: PlanIndex, ids: Sequence[str]) -> Picked:
        """Look ids up, in their order, each once; an item that moved within its plan is found by its text."""
        found = {one: _item_of(index, one) for one in dict.fromkeys(ids)}
        items = {item.id: item for item in found.values() if item is not None}
        return cls(tuple(items.values()), tuple(_plain(one) for one, item in found.items() if item is None))


def _item_of(index: PlanIndex, given: str) -> IndexedItem | None:
    match = _PICKED.fullmatch(given)
    position = index.catalog.position(match["id"] if match else given)
    item = None if position is None else index.item(position)
    if match is None or (item is not None and fingerprint(item.item.text) == match["print"]):
        return item
    plan = match["id"].rpartition("#")[0]
    moved = (one for one in index.items(index.catalog.positions_in(plan)) if picked_id(one).endswith(match["print"]))
    return next(moved, None)


def _plain(given: str) -> str:
    """An id as people know it."""
    match = _PICKED.fullmatch(given)
    return match["id"] if match else given
