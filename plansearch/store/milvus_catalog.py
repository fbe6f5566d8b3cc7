"""Which generation of an index in Milvus counts, what it is, and who builds the next one."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any, Final
from uuid import uuid4

from plansearch.errors import IndexBrokenError, IndexLockedError, IndexMissingError, IndexVersionError, StoreError
from plansearch.store.milvus import Milvus, Row
from plansearch.store.milvus_rows import UNUSED
from plansearch.store.milvus_schema import CATALOG_FIELDS, REMOTE_VERSION, Collections, quoted

CURRENT: Final = "current"
BUILDING: Final = "building"
DOCUMENT: Final = "document"

CHUNK: Final = 60_000
"""Characters of a document in one entity; all of them are ASCII."""

LEASE_SECONDS: Final = 30.0
"""A build that has shown no sign of life for so long is dead. It gives one at least every third of that."""


@dataclass(frozen=True, slots=True)
class RemoteManifest:
    """What a generation in Milvus is made of."""

    version: int
    key: str
    """Of the settings; names the collections."""
    generation: int
    model: str
    dimension: int
    plans: int
    items: int
    measures: int
    mean_length: float
    """Tokens of an item that lengths are related to; it stays until the real mean is far from it."""
    tokens: int
    """Of all items together, repeats included."""
    chance_mean: float
    chance_deviation: float
    between_mean: float
    between_deviation: float
    fingerprint: str
    """SHA-256 of everything that went into it."""
    created: str
    """UTC, ISO 8601."""
    folder: str
    documents: Mapping[str, int]
    """How many entities each document has."""


class StoreCatalog:
    """The entity that says which generation counts, and the documents of the generations."""

    def __init__(self, milvus: Milvus) -> None:
        self._milvus = milvus
        self._name = Collections.of(milvus.address.name, "").catalog

    def make(self) -> None:
        """Make the collection where it is missing."""
        self._milvus.create(self._name, CATALOG_FIELDS)

    def current(self) -> RemoteManifest:
        """The generation that counts.

        Raises:
            IndexMissingError: there is none.
            IndexVersionError: another version of plansearch wrote it.
            IndexBrokenError: it can't be understood.
        """
        uri, name = self._milvus.address.uri, self._milvus.address.name
        body = self._read(CURRENT) if self._name in self._milvus.collections() else None
        if body is None:
            raise IndexMissingError(
                f"{uri} 裡沒有名稱是「{name}」的索引。請先執行 plansearch index <計畫資料夾> --store {uri}，"
                "或確認 --store-name 與資料庫名稱。"
            )
        try:
            if body["version"] == REMOTE_VERSION:
                return RemoteManifest(**{each.name: body[each.name] for each in fields(RemoteManifest)})
            version = body["version"]
        except (KeyError, TypeError) as error:
            raise IndexBrokenError(
                f"{uri} 裡的索引說明無法讀取。請重新執行 plansearch index --store 建立索引。"
            ) from error
        raise IndexVersionError(
            f"{uri} 裡的索引是第 {version} 版，這個程式使用第 {REMOTE_VERSION} 版。"
            "請重新執行 plansearch index --store 建立索引，或使用同一版的程式。"
        )

    def point_to(self, manifest: RemoteManifest) -> None:
        """Make a generation the one that counts; who reads sees the old one or this one."""
        self._write(CURRENT, asdict(manifest))

    def write_document(self, generation: int, name: str, content: bytes) -> int:
        """Write a document of a generation; gives of how many entities it is made."""
        text = base64.b85encode(zlib.compress(content)).decode()
        chunks = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)]
        rows = [
            {"key": _document_key(generation, name, number), "body": chunk, **UNUSED}
            for number, chunk in enumerate(chunks)
        ]
        for start in range(0, len(rows), 50):
            self._milvus.upsert(self._name, rows[start : start + 50])
        return len(chunks)

    def document(self, manifest: RemoteManifest, name: str) -> bytes:
        """A document of a generation.

        Raises:
            IndexBrokenError: it is missing or incomplete.
        """
        keys = [_document_key(manifest.generation, name, number) for number in range(manifest.documents.get(name, 0))]
        found = {row["key"]: row["body"] for row in self._milvus.get(self._name, keys, ["body"])}
        try:
            return zlib.decompress(base64.b85decode("".join(found[key] for key in keys)))
        except (KeyError, ValueError, zlib.error) as error:
            raise IndexBrokenError(
                f"{self._milvus.address.uri} 裡的索引不完整（{name}）。請再執行一次 plansearch index --store。"
            ) from error

    def json_document(self, manifest: RemoteManifest, name: str) -> Any:  # noqa: ANN401  of any type, as JSON has it
        """A document that is JSON; errors as `document`."""
        return json.loads(self.document(manifest, name))

    def remove_documents_before(self, generation: int) -> None:
        """Remove the documents of older generations than this one."""
        bound = quoted(_document_key(generation, "", 0))
        self._milvus.delete(self._name, f'key >= "{DOCUMENT}:" and key < {bound}')

    def flush(self) -> None:
        """Wait until all is on the disk."""
        self._milvus.flush(self._name)

    def building(self) -> Row | None:
        """What the build that goes on, or that died, said of itself."""
        state: Row | None = self._read(BUILDING)
        return state

    def say_building(self, state: Row) -> None:
        """Say that a build goes on."""
        self._write(BUILDING, dict(state))

    def end_building(self) -> None:
        """Say that no build goes on."""
        self._milvus.delete(self._name, f"key in [{quoted(BUILDING)}]")

    def _read(self, key: str) -> Any:  # noqa: ANN401  of any type, as JSON has it
        rows = self._milvus.get(self._name, [key], ["body"])
        return json.loads(rows[0]["body"]) if rows else None

    def _write(self, key: str, value: Mapping[str, Any]) -> None:
        self._milvus.upsert(self._name, [{"key": key, "body": json.dumps(value, ensure_ascii=False), **UNUSED}])


class Lease:
    """The right to build, as far as Milvus lets one have it: what is written by two at once is not refused there.

    Args:
        catalog: where it is kept.
        seconds: how long to wait for a sign of life of another build.
        clock: seconds that go by.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        catalog: StoreCatalog,
        *,
        seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._catalog = catalog
        self._seconds = seconds
        self._clock = clock
        self._pause = pause
        self._owner = uuid4().hex
        self._state: dict[str, Any] = {}
        self._signs = 0
        self._last = 0.0

    @property
    def mixed(self) -> bool:
        """Whether a build of something else had died, and none since has come to its end."""
        return bool(self._state.get("mixed"))

    def take(self, *, key: str, generation: int, fingerprint: str) -> Row | None:
        """Take the right to build a generation; gives what a build that died had said, if there was one.

        Raises:
            IndexLockedError: another build is alive.
        """
        before = self._catalog.building()
        end = self._clock() + self._seconds
        # one that failed and could still say so has no sign of life to wait for
        while before is not None and before["sign"] and self._clock() < end:
            self._pause(min(1.0, self._seconds / 10))
            now = self._catalog.building()
            if now is not None and now["sign"] != before["sign"]:
                raise IndexLockedError("另一個程式正在建立這個索引。請等它完成後再試。")
            if now is None:
                before = None
        mixed = before is not None and (before["mixed"] or before["fingerprint"] != fingerprint)
        self._state = {"key": key, "generation": generation, "fingerprint": fingerprint, "mixed": mixed}
        self._show()
        return before

    def keep(self) -> None:
        """Give a sign of life, if the last one is some time ago.

        Raises:
            IndexLockedError: another build took over.
        """
        if self._clock() - self._last > self._seconds / 3:
            self.check()
            self._show()

    def check(self) -> None:
        """See that no other build took over.

        Raises:
            IndexLockedError: one did.
        """
        now = self._catalog.building()
        if now is None or not str(now["sign"]).startswith(self._owner):
            raise IndexLockedError("另一個程式接手建立這個索引，這一次沒有完成。請等它完成後再試。")

    def leave(self) -> None:
        """Say that this build failed, so that the next one need not wait; nothing where not even that can be said."""
        with suppress(StoreError):
            self.check()
            self._catalog.say_building(self._state | {"sign": ""})

    def _show(self) -> None:
        self._signs += 1
        self._last = self._clock()
        self._catalog.say_building(self._state | {"sign": f"{self._owner}:{self._signs}"})


def _document_key(generation: int, name: str, number: int) -> str:
    return f"{DOCUMENT}:{generation:012d}:{name}:{number:05d}"
