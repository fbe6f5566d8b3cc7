"""Vectors that were made before, by model and text, so that no text is embedded twice.

The cache is one SQLite file beside the generations. Each batch is committed as it is made: a build that
is killed has lost at most the batch it was at. Vectors are appended and only their keys are kept in order: keys are
random, and in order of them a million vectors would be written all over the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np

from plansearch.errors import IndexBrokenError
from plansearch.types import FloatMatrix

BYTES_PER_NUMBER: Final = 4
"""Vectors are kept as float32."""

PAGE_SIZE: Final = 8192
"""Bytes of a page, which holds five vectors of the bundled model; SQLite's 4096 hold two and leave a quarter empty."""

CACHE_SIZE: Final = 128
"""Megabytes of pages in memory: the keys of a million vectors."""

LOOKUP_SIZE: Final = 500
"""Keys asked for at once; SQLite takes at least 999 parameters."""


class VectorCache:
    """Remembers vectors by (model name, SHA-256 of the text as it was given to the model).

    Args:
        path: the SQLite file; it is made when missing.

    Raises:
        IndexBrokenError: the file is there and is no cache.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path)
        try:
            self._connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_SIZE * 1024}")
            with self._connection:
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS vectors"
                    " (model TEXT, text_hash BLOB, vector BLOB, PRIMARY KEY (text_hash, model))"
                )
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise IndexBrokenError(f"向量快取無法讀取：{path}（{error}）。請刪除這個檔案後再建立一次索引。") from error

    def __enter__(self) -> VectorCache:  # noqa: PYI034  Self is not in Python 3.10
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def missing(self, model: str, texts: Sequence[str]) -> list[str]:
        """The texts that have no vector yet, each once, in order."""
        known: set[bytes] = set()
        keys = {text: text_hash(text) for text in texts}
        for some in _chunks(list(keys.values())):
            marks = ",".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT text_hash FROM vectors WHERE model = ? AND text_hash IN ({marks})",  # noqa: S608  only ?
                (model, *some),
            )
            known.update(key for (key,) in rows)
        return [text for text, key in keys.items() if key not in known]

    def add(self, model: str, texts: Sequence[str], vectors: FloatMatrix) -> None:
        """Keep vectors, ``(len(texts), dimension)``, and commit them."""
        rows = [
            (model, text_hash(text), np.ascontiguousarray(vector, dtype="<f4").tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def read(self, model: str, texts: Sequence[str], dimension: int) -> FloatMatrix:
        """The vectors of texts, ``(len(texts), dimension)``.

        Raises:
            IndexBrokenError: one is missing or has another length.
        """
        matrix = np.empty((len(texts), dimension), dtype=np.float32)
        for place, text in enumerate(texts):
            row = self._connection.execute(
                "SELECT vector FROM vectors WHERE model = ? AND text_hash = ?", (model, text_hash(text))
            ).fetchone()
            if row is None or len(row[0]) != BYTES_PER_NUMBER * dimension:
                raise IndexBrokenError(f"向量快取內容不完整：{self._path}。請刪除這個檔案後再建立一次索引。")
            matrix[place] = np.frombuffer(row[0], dtype="<f4")
        return matrix


def text_hash(text: str) -> bytes:
    """SHA-256 of a text as UTF-8."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def _chunks(keys: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (keys[start : start + LOOKUP_SIZE] for start in range(0, len(keys), LOOKUP_SIZE))
