"""A Milvus server, cluster or Milvus Lite file. The only module that knows pymilvus.

Calls are tried again while the server can't be reached, are bounded in time, and fail with what a user can do about it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from plansearch.errors import IndexMissingError, StoreError

FieldKind = Literal["key", "text", "texts", "whole", "flag", "vector", "sparse"]

Row = Mapping[str, Any]
"""An entity as Milvus has it: values by the names of the fields."""

CALL_SECONDS: Final = 60.0
"""How long one call may take."""

CONNECT_SECONDS: Final = 10.0
"""How long it may take until the server answers for the first time."""

ATTEMPTS: Final = 4
"""How often a call is tried while the server can't be reached; pymilvus itself tries until `CALL_SECONDS` are over."""

FIRST_PAUSE: Final = 1.0
"""Seconds before the second attempt; each pause is twice as long as the one before."""

MOST_FOUND: Final = 16_384
"""Most entities that Milvus gives to one search or query."""

PAGE: Final = 5_000
"""Entities read at once."""

MOST_BYTES: Final = 65_535
"""Longest text that Milvus takes, as UTF-8."""

_MOST_VALUES: Final = 4_096
_KEY_BYTES: Final = 128
_NAME_BYTES: Final = 2_000
_PASSING: Final = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED"})
"""What gRPC calls a failure that may be over soon."""
_NO_COLLECTION: Final = 100
_RATE_LIMIT: Final = 8


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where an index past one machine is, and how to get in."""

    uri: str
    """``http://host:19530``, ``https://…``, with ``/<database>`` behind it if need be; or a file ``*.db``."""
    token: str | None = field(default=None, repr=False)
    """``user:password`` or an API key; never shown."""
    ca: Path | None = None
    """PEM file of the authority that signed the server's certificate; the system's own by default."""
    server_name: str | None = None
    """Name in the server's certificate, where it is not the one in the address."""
    name: str = "plansearch"
    """Names of all collections begin with it, so that several indexes can be in one database."""

    @property
    def is_file(self) -> bool:
        """Whether it is a file of Milvus Lite rather than a server."""
        return self.uri.endswith(".db") and "://" not in self.uri


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a collection; of a vector, ``dimension`` is its length."""

    name: str
    kind: FieldKind
    dimension: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a search found; a higher score is nearer."""

    key: str
    score: float


class Milvus:
    """Calls to one Milvus.

    Args:
        address: where it is.
        client: a `pymilvus.MilvusClient` or what behaves like it.
        pause: waits so many seconds between two attempts.
    """

    def __init__(self, address: StoreAddress, client: Any, *, pause: Callable[[float], None] = time.sleep) -> None:  # noqa: ANN401  pymilvus's types say little
        self.address = address
        self._client = client
        self._pause = pause
        self._loaded: set[str] = set()

    @classmethod
    def connect(cls, address: StoreAddress) -> Milvus:
        """Connect to a server, or open a file.

        Raises:
            StoreError: pymilvus is not installed, the address is none, or the server doesn't let us in.
        """
        api = _pymilvus(address)
        options: dict[str, Any] = {}
        if address.ca is not None:
            if not address.ca.is_file():
                raise StoreError(f"找不到 TLS 憑證檔：{address.ca}。請確認 --store-ca 指的是 PEM 格式的憑證檔。")
            options["server_pem_path"] = str(address.ca)
        if address.server_name is not None:
            options["server_name"] = address.server_name
        # its own connection: pymilvus would take one that is open to this address, whatever its token and TLS
        options |= {"token": address.token or "", "timeout": CONNECT_SECONDS, "dedicated": True}
        try:
            return cls(address, api.MilvusClient(uri=address.uri, **options))
        except (api.MilvusException, OSError) as error:
            raise _refused(address, error) from error

    def close(self) -> None:
        """Let go of the connection; a file is closed with it."""
        self._client.close()
        if self.address.is_file:
            from milvus_lite.server_manager import server_manager_instance  # noqa: PLC0415  only a file needs it

            server_manager_instance.release_server(self.address.uri)

    def collections(self) -> list[str]:
        """Names of all collections, sorted."""
        return sorted(self._call("list_collections"))

    def create(self, name: str, fields: Sequence[Field]) -> None:
        """Make a collection with its indexes; what is there already stays."""
        from pymilvus import DataType  # noqa: PLC0415  loaded by `connect`

        if self._call("has_collection", name):
            return
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        indexes = self._client.prepare_index_params()
        for one in fields:
            schema.add_field(one.name, **_declaration(DataType, one))
            if one.kind == "vector":
                indexes.add_index(one.name, index_type="AUTOINDEX", metric_type="IP")
            elif one.kind == "sparse":
                indexes.add_index(one.name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        # strong: what is written is found by whoever reads afterwards
        settings = {"schema": schema, "index_params": indexes, "consistency_level": "Strong"}
        self._call("create_collection", name, **settings)

    def _load(self, name: str) -> None:
        """See that a collection can be read; of a file that was closed it is only on disk."""
        if name not in self._loaded:
            self._call("load_collection", name)
            self._loaded.add(name)

    def drop(self, name: str) -> None:
        """Remove a collection."""
        self._loaded.discard(name)
        self._call("drop_collection", name)

    def upsert(self, name: str, rows: Sequence[Row]) -> None:
        """Write entities; those with a known key replace the ones that are there, so writing twice is writing once."""
        if rows:
            self._call("upsert", name, [dict(row) for row in rows])

    def delete(self, name: str, expression: str) -> None:
        """Remove the entities for which an expression holds."""
        self._load(name)
        self._call("delete", name, filter=expression)

    def flush(self, name: str) -> None:
        """Wait until all that was written is on the disk and indexed."""
        self._call("flush", name)

    def count(self, name: str, expression: str) -> int:
        """For how many entities an expression holds."""
        self._load(name)
        return int(self._call("query", name, filter=expression, output_fields=["count(*)"])[0]["count(*)"])

    def rows(self, name: str, expression: str, fields: Sequence[str], *, limit: int = MOST_FOUND) -> list[Row]:
        """Entities for which an expression holds, in no order, `MOST_FOUND` at most."""
        self._load(name)
        return list(self._call("query", name, filter=expression, output_fields=list(fields), limit=limit))

    def all_rows(self, name: str, expression: str, fields: Sequence[str]) -> Iterator[Row]:
        """All entities for which an expression holds, by key, read in pages."""
        self._load(name)
        last = None
        while True:
            page = self._page(name, expression, fields, last)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["key"]

    def _page(self, name: str, expression: str, fields: Sequence[str], last: str | int | None) -> list[Row]:
        """The next entities by key after one. A page of its own is tried again as a whole."""

        def read() -> list[Row]:
            after = expression if last is None else f"({expression}) and key > {_literal(last)}"
            # only an iterator promises the order by keys
            pages = self._client.query_iterator(
                name, batch_size=PAGE, filter=after, output_fields=["key", *fields], timeout=CALL_SECONDS
            )
            try:
                return list(pages.next())
            finally:
                pages.close()

        page: list[Row] = self._try("query_iterator", read)
        return page

    def get(self, name: str, keys: Sequence[str | int], fields: Sequence[str]) -> list[Row]:
        """Entities by key, in no order; those that are not there are left out."""
        self._load(name)
        found: list[Row] = []
        for start in range(0, len(keys), PAGE // 5):
            some = list(keys[start : start + PAGE // 5])
            found.extend(self._call("get", name, ids=some, output_fields=["key", *fields]))
        return found

    def nearest(
        self, name: str, place: str, vector: Sequence[float] | Mapping[int, float], limit: int, expression: str
    ) -> list[Found]:
        """The entities whose vector in a field has the largest inner product with one, best first.

        Of sparse vectors only those with something in common.
        """
        if not len(vector):
            return []
        self._load(name)
        found = self._call(
            "search",
            name,
            data=[vector],
            anns_field=place,
            limit=min(limit, MOST_FOUND),
            filter=expression,
            output_fields=["key"],
        )
        return [Found(hit["key"], float(hit["distance"])) for hit in found[0]]

    def _call(self, method: str, *words: Any, **options: Any) -> Any:  # noqa: ANN401  of any type, as pymilvus has it
        options = {"timeout": CALL_SECONDS} | options
        return self._try(method, lambda: getattr(self._client, method)(*words, **options))

    def _try(self, method: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401  of any type, as pymilvus has it
        from pymilvus.exceptions import MilvusException  # noqa: PLC0415  loaded by `connect`

        pause = FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call()
            except (MilvusException, OSError) as error:
                if attempt == ATTEMPTS or not _may_pass(error):
                    raise _failed(self.address, method, error) from error
            except Exception as error:  # gRPC's own errors share no base with pymilvus's
                if not _grpc_code(error):
                    raise
                if attempt == ATTEMPTS or not _may_pass(error):
                    raise _failed(self.address, method, error) from error
            self._pause(pause)
            pause *= 2
        raise AssertionError


def _pymilvus(address: StoreAddress) -> Any:  # noqa: ANN401  a module
    """Import pymilvus, whose logs would stand beside our messages.

    Raises:
        StoreError: it is not installed, or what a file needs is not.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        import pymilvus  # noqa: PLC0415  an extra, and slow

        if address.is_file:
            import milvus_lite  # noqa: F401, PLC0415  an extra
    except ImportError as error:
        raise StoreError(
            f"要使用 {address.uri}，這台電腦還缺 Milvus 的程式庫（{error.name or error}）。"
            '請先執行 pip install "plansearch[milvus]"；或不加 --store，使用本機的索引。'
        ) from error
    for name in ("pymilvus", "milvus_lite", "grpc"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return pymilvus


def _declaration(types: Any, one: Field) -> dict[str, Any]:  # noqa: ANN401  an enumeration of pymilvus
    if one.kind == "key":
        return {"datatype": types.VARCHAR, "is_primary": True, "max_length": _KEY_BYTES}
    if one.kind == "vector":
        return {"datatype": types.FLOAT_VECTOR, "dim": one.dimension}
    if one.kind == "texts":
        values = {"element_type": types.VARCHAR, "max_capacity": _MOST_VALUES, "max_length": _NAME_BYTES}
        return {"datatype": types.ARRAY, **values}
    return {
        "text": {"datatype": types.VARCHAR, "max_length": MOST_BYTES, "nullable": True},
        "whole": {"datatype": types.INT64, "nullable": True},
        "flag": {"datatype": types.BOOL},
        "sparse": {"datatype": types.SPARSE_FLOAT_VECTOR},
    }[one.kind]


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _root(error: BaseException) -> BaseException:
    """What gRPC said, which pymilvus keeps as the cause of its own error."""
    seen = error
    # pymilvus raises some errors from themselves
    while seen.__cause__ is not None and seen.__cause__ is not seen:
        seen = seen.__cause__
    return seen if _grpc_code(seen) else error


def _grpc_code(error: BaseException) -> str:
    """Name of gRPC's status, empty where the error is none of gRPC's."""
    code = getattr(error, "code", None)
    return str(getattr(code(), "name", "")) if callable(code) else ""


def _details(error: BaseException) -> str:
    details = getattr(error, "details", None)
    said = details() if callable(details) else getattr(error, "message", None)
    return str(said or error).strip()


def _may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed in a while."""
    root = _root(error)
    if _is_refusal(root):
        return False
    limited = getattr(error, "code", None) == _RATE_LIMIT
    unavailable = type(error).__name__ in {"MilvusUnavailableException", "ConnectError"}
    return _grpc_code(root) in _PASSING or isinstance(root, ConnectionError) or limited or unavailable


def _is_refusal(root: BaseException) -> bool:
    """Whether it is TLS that fails, for which waiting helps nothing."""
    said = _details(root).lower()
    return any(word in said for word in ("handshake", "certificate", "verification", "ssl", "tsi_"))


def _refused(address: StoreAddress, error: Exception) -> StoreError:
    """Why there is no connection, in words."""
    root = _root(error)
    if _grpc_code(root) in {"UNAUTHENTICATED", "PERMISSION_DENIED"}:
        return StoreError(
            f"{address.uri} 不接受這個權杖。請確認 --store-token（或環境變數 PLANSEARCH_STORE_TOKEN）是「帳號:密碼」"
            "或有效的 API 金鑰。"
        )
    if _is_refusal(root):
        return StoreError(
            f"與 {address.uri} 的 TLS 連線建立不起來（{_details(root)}）。"
            "請確認 --store-ca 是簽發伺服器憑證的機構、--store-server-name 是憑證上的名稱，以及伺服器有開 TLS。"
        )
    if address.is_file and Path(address.uri).exists():
        return StoreError(
            f"無法開啟 {address.uri}（{_details(error)}）：它不是 Milvus Lite 的檔案，或已經損壞，"
            "也可能有別的程式正在使用。請確認路徑；"
            f"若已損壞，請刪除後再執行 plansearch index <計畫資料夾> --store {address.uri}。"
        )
    if _grpc_code(root) or isinstance(root, ConnectionError):
        return StoreError(
            f"連不上 Milvus：{address.uri}（{_details(root)}）。請確認位址、連接埠與防火牆，以及伺服器已經啟動。"
        )
    return StoreError(
        f"無法使用 Milvus 的位址「{address.uri}」（{_details(error)}）。"
        "請寫成 http://主機:19530、https://主機:19530，或是 .db 結尾的檔案，它的資料夾要已經存在。"
    )


def _failed(address: StoreAddress, method: str, error: Exception) -> StoreError:
    """Why a call failed, in words."""
    root = _root(error)
    if getattr(error, "code", None) == _NO_COLLECTION or "collection not found" in _details(error).lower():
        return IndexMissingError(
            f"{address.uri} 裡沒有這個索引（{_details(error)}）。"
            f"請先執行 plansearch index <計畫資料夾> --store {address.uri}。"
        )
    if _grpc_code(root):
        return _refused(address, error)
    return StoreError(
        f"Milvus 沒有完成要求：{address.uri}（{method}：{_details(error)}）。"
        "請稍後再試；若一再發生，請查看伺服器的記錄。"
    )
