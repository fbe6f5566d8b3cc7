"""The directory of an index: generations beside each other, and a pointer to the one that counts.

::

    CURRENT               the name of the generation that is read; replaced by one rename
    gen-000007/           a whole index: manifest.json and its parts
    gen-000006/           the one before, for readers that had just read CURRENT
    vectors.sqlite        vectors by model and text; outlives the generations
    readings.sqlite       what files gave by their content; outlives them, too
    build.lock            held while a build runs

Readers only ever see whole generations: a build writes a new one, flushes it to disk, and then replaces
CURRENT. A build that dies leaves a generation that nobody points to; the next build removes it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from plansearch.errors import (
    IndexBrokenError,
    IndexLockedError,
    IndexMissingError,
    IndexVersionError,
    StoreError,
    reason_of,
)

FORMAT_VERSION: Final = 8
"""Of all files of a generation together; changes whenever an older program could not read them."""

CURRENT: Final = "CURRENT"
LOCK: Final = "build.lock"
VECTOR_CACHE: Final = "vectors.sqlite"
MANIFEST: Final = "manifest.json"
CHECKED_WHOLE: Final = 4_000_000
"""Bytes of a part up to which all of it is looked at when an index is opened, which takes four milliseconds. Larger
ones are mapped, and what of them is read is looked at then."""

KEPT_GENERATIONS: Final = 2
"""The current one and the one before it."""

OPEN_ATTEMPTS: Final = 5
"""A generation can only vanish while it is opened if two builds end meanwhile; five times is not chance."""

_GENERATION: Final = re.compile(r"gen-(\d{6,})")


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(("model", "fingerprint", "created", "folder"), (str,)),
    **dict.fromkeys(("sources", "settings", "files"), (dict,)),
    **dict.fromkeys(("chance_mean", "chance_deviation", "between_mean", "between_deviation"), (float, int)),
}
"""What the fields of a manifest are in JSON; the others are whole numbers."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation is made of."""

    format_version: int
    model: str
    dimension: int
    plans: int
    items: int
    texts: int
    """Distinct texts, each with one vector."""
    tokens: int
    chance_mean: float
    chance_deviation: float
    """Similarity of this model between measures and questions off all subjects."""
    between_mean: float
    between_deviation: float
    """Similarity of this model between measures of different requirements."""
    fingerprint: str
    """SHA-256 of everything that went into the index."""
    created: str
    """UTC, ISO 8601."""
    folder: str
    sources: dict[str, str]
    """SHA-256 of each plan's file, by its name."""
    settings: dict[str, int | float | str]
    files: dict[str, list[int]] = field(default_factory=dict)
    """Length of every part in bytes, by its name; of a part that is read whole soon also the CRC-32."""

    def write(self, generation: Path) -> None:
        """Write ``manifest.json``, with the lengths of the parts that are there by now."""
        files = {path.name: _measured(path) for path in sorted(generation.iterdir())}
        text = json.dumps(asdict(replace(self, files=files)), ensure_ascii=False, indent=1)
        (generation / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, generation: Path) -> Manifest:
        """Read ``manifest.json``.

        Raises:
            FileNotFoundError: the generation is gone.
            IndexBrokenError: it can't be understood.
            IndexVersionError: another version of plansearch wrote it.
        """
        path = generation / MANIFEST
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
            version = values["format_version"]
            if version == FORMAT_VERSION:
                return cls(**{each.name: _of_type(each.name, values[each.name]) for each in fields(cls)})
        except FileNotFoundError:
            raise
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise IndexBrokenError(f"索引說明檔無法讀取：{path}。請重新執行 plansearch index 建立索引。") from error
        raise IndexVersionError(
            f"索引 {generation.parent} 的格式是第 {version} 版，這個程式使用第 {FORMAT_VERSION} 版。"
            "請重新執行 plansearch index 建立索引。"
        )

    def check(self, generation: Path) -> None:
        """See that all parts are there and none was cut off.

        Raises:
            IndexBrokenError: one is not as it was written.
        """
        for name, measured in self.files.items():
            try:
                whole = _measured(generation / name) == measured
            except OSError:
                whole = False
            if not whole:
                raise IndexBrokenError(
                    f"索引損壞：{generation / name} 遺失或不完整。請重新執行 plansearch index 建立索引。"
                )


def _measured(path: Path) -> list[int]:
    """A part's length, and its CRC-32 where that takes no time."""
    length = path.stat().st_size
    return [length, crc32(path.read_bytes())] if length <= CHECKED_WHOLE else [length]


def _of_type(name: str, value: Any) -> Any:  # noqa: ANN401  of any type, as JSON has it
    """A manifest's value as it should be.

    Raises:
        TypeError, ValueError: it is not.
    """
    if type(value) not in _TYPES.get(name, (int,)):
        raise TypeError(name)
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(name)
    return value


def current_generation(directory: Path) -> Path:
    """The generation that CURRENT points to; it may vanish if builds end meanwhile.

    Raises:
        IndexMissingError: there is no index here.
        IndexBrokenError: CURRENT names nothing sensible.
    """
    try:
        name = (directory / CURRENT).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise IndexMissingError(
            f"這裡還沒有索引：{directory}。請先執行 plansearch index <計畫資料夾> --index {directory}。"
        ) from error
    except (OSError, ValueError) as error:
        why = reason_of(error) if isinstance(error, OSError) else "內容不是文字"
        raise IndexBrokenError(f"索引無法讀取：{directory / CURRENT}（{why}）。請重新建立索引。") from error
    if not _GENERATION.fullmatch(name):
        raise IndexBrokenError(f"索引損壞：{directory / CURRENT} 的內容不正確。請重新執行 plansearch index 建立索引。")
    return directory / name


def read_current(directory: Path) -> tuple[Path, Manifest]:
    """The current generation and its manifest, as one pair.

    Raises:
        IndexMissingError: there is no index here.
        IndexBrokenError: the generation is missing or can't be understood.
        IndexVersionError: another version of plansearch wrote it.
    """
    for _ in range(OPEN_ATTEMPTS):
        generation = current_generation(directory)
        with suppress(FileNotFoundError):
            return generation, Manifest.read(generation)
    raise IndexBrokenError(f"索引損壞：找不到 {generation}。請重新執行 plansearch index 建立索引。")


@contextmanager
def build_lock(directory: Path) -> Iterator[None]:
    """Hold the right to build in a directory, which is made when missing.

    Raises:
        IndexLockedError: another process builds here now.
        StoreError: the directory can't be written.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  25 ms that only a build should take

    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = FileLock(directory / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise IndexLockedError(f"另一個程式正在建立這個索引：{directory}。請等它完成後再試。") from error
    except OSError as error:
        raise StoreError(f"無法寫入索引資料夾：{directory}（{reason_of(error)}）。請檢查路徑與寫入權限。") from error
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        full = isinstance(error, sqlite3.Error) and "full" in str(error)
        why = reason_of(error) if isinstance(error, OSError) else "磁碟空間不足" if full else "磁碟讀寫發生錯誤"
        raise StoreError(
            f"寫入索引時失敗：{directory}（{why}）。原來若有索引，仍維持原樣；請清出空間或換一個位置，再試一次。"
        ) from error
    finally:
        lock.release()


@contextmanager
def new_generation(directory: Path) -> Iterator[Path]:
    """Give an empty folder to write an index to, and make it the current one at the end.

    On an error the folder is removed and the index stays as it was. The caller holds `build_lock`.
    """
    remove_stale(directory)
    generation = directory / f"gen-{_last_number(directory) + 1:06d}"
    generation.mkdir()
    try:
        yield generation
        for path in sorted(generation.iterdir()):
            _flush(path)
        _flush(generation)
        _point_to(directory, generation.name)
    except BaseException:
        shutil.rmtree(generation, ignore_errors=True)
        raise
    remove_stale(directory)


def remove_stale(directory: Path) -> None:
    """Remove generations that nobody opens any more: dead builds' and those long replaced."""
    try:
        current = current_generation(directory).name
    except StoreError:
        current = ""
    numbered = sorted((number, path) for path in directory.iterdir() if (number := _number(path)) is not None)
    older = [path for number, path in numbered if number <= (_number(directory / current) or 0)]
    for _, path in numbered:
        if path not in older[-KEPT_GENERATIONS:]:
            # Windows keeps a file that somebody has open; the next build tries again.
            shutil.rmtree(path, ignore_errors=True)


def _number(path: Path) -> int | None:
    match = _GENERATION.fullmatch(path.name)
    return int(match[1]) if match else None


def _last_number(directory: Path) -> int:
    return max((_number(path) or 0 for path in directory.iterdir()), default=0)


def _point_to(directory: Path, name: str) -> None:
    pointer = directory / f"{CURRENT}.new"
    pointer.write_text(name + "\n", encoding="utf-8")
    _flush(pointer)
    pointer.replace(directory / CURRENT)
    _flush(directory)


def _flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    if path.is_dir():
        if os.name == "nt":
            return  # Windows has no such call for folders and needs none
        descriptor = os.open(path, os.O_RDONLY)
    else:
        descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
