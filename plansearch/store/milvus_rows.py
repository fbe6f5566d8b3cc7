"""Plans and items as entities in Milvus, and back.

An item's key is made of its plan, its place in it and all that is kept of it: an item that changes gets another key,
so the old one stays for who reads it, and writing the same item again replaces it by itself.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.errors import StoreError
from plansearch.results import IndexedItem
from plansearch.store.lexical import K1, B
from plansearch.store.milvus import MOST_BYTES, Row
from plansearch.store.milvus_schema import DRAWS, FOREVER, with_parents
from plansearch.text import fold, fold_characters
from plansearch.types import LOSSES, UNREAD, Alignment, CrosswalkMatch, Damage, Metadata, Plan, PlanItem, Span

ITEM_FIELDS: Final = ("plan", "place", "agency", "agency_type", "city", "year", "restates", "body")
"""What `indexed_item` needs."""

UNUSED: Final[Mapping[str, Sequence[float]]] = {"unused": (0.0, 0.0)}

NO_WORD: Final = 0
"""Stands for the words of an item that has none; Milvus takes no empty vector."""

_PACKED: Final = "zlib:"
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ItemToWrite:
    """An item with all that it is found by."""

    plan: Plan
    place: int
    """From 1."""
    restates: bool
    mean_length: float
    """Tokens of an item, to which BM25 relates its length."""

    @property
    def item(self) -> PlanItem:
        """The item itself."""
        return self.plan.items[self.place - 1]

    @property
    def key(self) -> str:
        """The same for the same content at the same place."""
        kept = (self.item, self.plan.metadata, self.plan.framework, self.restates, self.mean_length)
        content = sha256(repr(kept).encode("utf-8", "backslashreplace")).hexdigest()[:20]
        return f"{plan_number(self.plan.name)}-{self.place:06d}-{content}"

    def row(self, generation: int, tokens: Sequence[str], vector: npt.NDArray[np.float32], same: int) -> Row:
        """The entity, seen from a generation on.

        Args:
            generation: the first that sees it.
            tokens: by which it is found.
            vector: of its passage.
            same: a number, equal for items that say the same.
        """
        item = self.item
        searched = f"{item.topic or ''}\n{item.text}"
        codes = [code for code in (item.code, *(match.code for match in item.crosswalk)) if code is not None]
        return {
            "key": self.key,
            "since": generation,
            "until": FOREVER,
            "plan": self.plan.name,
            "place": self.place,
            **_about(self.plan.metadata),
            "units": list(item.units),
            "codes": with_parents(codes),
            "is_measure": item.is_measure,
            "restates": self.restates,
            "same": same,
            "tokens": len(tokens),
            "draw": int(sha256(self.key.encode()).hexdigest()[:8], 16) % DRAWS,
            "folded": _cut(without_space(fold(searched))),
            "folded_each": _cut(without_space(fold_characters(searched))),
            "body": pack({"item": asdict(item), "title": self.plan.metadata.title, "framework": self.plan.framework}),
            "words": weighted(tokens, self.mean_length),
            "vector": vector.tolist(),
        }


def plan_number(name: str) -> str:
    """Stands for a plan in the keys of its items."""
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def plan_row(plan: Plan, key: str, generation: int) -> Row:
    """A plan as an entity, seen from a generation on."""
    lost = any(one.kind in {*UNREAD, *LOSSES} for one in plan.damage)
    body = {"title": plan.metadata.title, "damage": [asdict(one) for one in plan.damage]}
    return {
        "key": key,
        "since": generation,
        "until": FOREVER,
        "plan": plan.name,
        **_about(plan.metadata),
        "lost": lost,
        "body": pack(body),
        **UNUSED,
    }


def indexed_item(row: Row) -> IndexedItem:
    """The item that an entity stands for."""
    body = unpack(row["body"])
    values = body["item"]
    item = PlanItem(
        **{
            **values,
            "units": tuple(values["units"]),
            "span": Span(**values["span"]),
            "alignment": Alignment(**values["alignment"]) if values["alignment"] else None,
            "crosswalk": tuple(CrosswalkMatch(**match) for match in values["crosswalk"]),
        }
    )
    metadata = plan_metadata(row, body["title"])
    return IndexedItem(f"{row['plan']}#{row['place']}", row["plan"], metadata, body["framework"], item)


def plan_metadata(row: Row, title: str | None) -> Metadata:
    """What a plan says of itself."""
    return Metadata(row["agency"], row["agency_type"], row["city"], row["year"], title)


def plan_damage(row: Row) -> tuple[Metadata, tuple[Damage, ...]]:
    """What a plan says of itself, and what it lost."""
    body = unpack(row["body"])
    damage = (Damage(one["kind"], one["detail"], one["code"], Span(**one["span"])) for one in body["damage"])
    return plan_metadata(row, body["title"]), tuple(damage)


def number_of(token: str) -> int:
    """The dimension of a word in sparse vectors: 32 bits of its hash, as Milvus numbers words itself."""
    return int.from_bytes(sha256(token.encode("utf-8", "surrogatepass")).digest()[:4], "big") % (2**32 - 2) + 1


def weighted(tokens: Sequence[str], mean_length: float) -> dict[int, float]:
    """BM25's part of an item, word by word; the question's part is how rare the words are.

    How rare a word is changes with every item that comes, so it is no part of what an item keeps.
    """
    long = K1 * (1.0 - B + B * len(tokens) / mean_length)
    counts = Counter(number_of(token) for token in tokens)
    return {number: count / (count + long) for number, count in counts.items()} or {NO_WORD: 1.0}


def without_space(text: str) -> str:
    """A text without white space, in which phrases are looked for."""
    return _SPACE.sub("", text)


def pack(value: object) -> str:
    """A value as a text that Milvus takes.

    Raises:
        StoreError: it is too long.
    """
    whole = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    text = whole.decode()
    if len(whole) > MOST_BYTES:
        text = _PACKED + base64.b85encode(zlib.compress(whole)).decode()
    if text.startswith(_PACKED) and len(text) > MOST_BYTES:
        raise StoreError(
            f"有一項計畫內容太長，Milvus 放不下（壓縮後 {len(text)} 位元組，上限 {MOST_BYTES}）："
            f"{json.dumps(value, ensure_ascii=False)[:60]}…。請用 plansearch correct 把它分成幾項，或使用本機的索引。"
        )
    return text


def unpack(text: str) -> Any:  # noqa: ANN401  of any type, as JSON has it
    """What `pack` made a text of."""
    if text.startswith(_PACKED):
        text = zlib.decompress(base64.b85decode(text.removeprefix(_PACKED))).decode()
    return json.loads(text)


def _about(metadata: Metadata) -> dict[str, str | int | None]:
    return {
        "agency": metadata.agency,
        "agency_type": metadata.agency_type,
        "city": metadata.city,
        "year": metadata.year,
    }


def _cut(text: str) -> str:
    """As much of a text as Milvus takes; a phrase far behind in a text of pages is not found."""
    return text.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
