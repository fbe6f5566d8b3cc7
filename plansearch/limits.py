"""How much a file may ask of the machine before it is given up: each limit with its default and its reason."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass

from plansearch.errors import QueryError

MEGABYTE = 1024 * 1024

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?)I?B?", re.IGNORECASE)
_MAX_EXPANDED = 500 * MEGABYTE
_LARGEST = 1024**5
_LEAST_MEMORY = 256 * MEGABYTE
"""What the programs that read need by themselves."""
_UNITS = {"": MEGABYTE, "K": 1024, "M": MEGABYTE, "G": 1024 * MEGABYTE}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may need. Whoever meets a limit says so, and gives up that file alone.

    Readers look at ``max_pages`` and ``max_nesting`` where their format has them.
    """

    max_size: int = 50 * MEGABYTE
    """Bytes of the file; a plan with pictures has a few megabytes."""
    max_expanded: int = _MAX_EXPANDED
    """Bytes that a packed file (docx, odt, xlsx, ods) may unpack to."""
    max_ratio: int = 300
    """How many times its packed size one member may unpack to, beyond ten megabytes; XML of tables has 10 to 40.
    It counts no longer where ``max_expanded`` was raised."""
    max_members: int = 5_000
    """Files inside of a packed file."""
    max_pages: int = 1_000
    """Pages of a PDF."""
    max_nesting: int = 20
    """Tables inside of tables; people nest two or three."""
    timeout: float = 120.0
    """Seconds for one file, with everything that is done to understand it."""
    max_memory: int = 4096 * MEGABYTE
    """Bytes of address space for the process that reads, where the system can hold it to that."""

    @property
    def expands_freely(self) -> bool:
        """Whether somebody who knows the files allowed them to unpack to more than usual."""
        return self.max_expanded > _MAX_EXPANDED


DEFAULT_LIMITS = Limits()


def parse_size(text: str) -> int:
    """Bytes of a size as people write it: ``50MB``, ``1.5 GB``, ``800k``; a bare number is megabytes.

    Raises:
        QueryError: it is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    size = float(match.group(1)) * _UNITS[match.group(2).upper()] if match else 0.0
    if size < 1:
        raise QueryError(f"「{text}」不是檔案大小。請寫數字加單位，例如 50MB 或 1.5GB。")
    return int(min(size, _LARGEST))


def parse_memory(text: str) -> int:
    """Bytes of memory, as `parse_size`.

    Raises:
        QueryError: it is no size, or so little that nothing could be read.
    """
    size = parse_size(text)
    if size < _LEAST_MEMORY:
        raise QueryError(f"「{text}」不夠讀任何檔案。--max-memory 至少要 {_LEAST_MEMORY // MEGABYTE}MB。")
    return size


def available_cores() -> int:
    """How many of the processor's cores this process may use."""
    if sys.platform in {"win32", "darwin"}:
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))
