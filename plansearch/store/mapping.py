"""Arrays that are mapped from a file: what is read of them is what is used."""

from __future__ import annotations

import os
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt


class VectorFile:
    """An array of vectors that ``numpy.save`` wrote, of which single rows are read."""

    def __init__(self, descriptor: int, start: int, dimension: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self._dimension = dimension

    @classmethod
    def open(cls, path: Path, shape: tuple[int, ...]) -> VectorFile | None:
        """Open the file of an array of this shape in 32 bits; ``None`` where a system can't read at a place.

        Raises:
            OSError: it is missing.
        """
        if not hasattr(os, "pread"):  # Windows
            return None
        descriptor = os.open(path, os.O_RDONLY)
        return cls(descriptor, os.fstat(descriptor).st_size - 4 * shape[0] * shape[1], shape[1])

    def rows(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Some rows, ``(n_rows, dimension)``."""
        length = 4 * self._dimension
        places = (self._start + length * rows.astype(np.int64)).tolist()
        content = b"".join([os.pread(self._descriptor, length, place) for place in places])
        return np.frombuffer(content, dtype=np.float32).reshape(-1, self._dimension)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def mapped(path: Path) -> npt.NDArray[Any]:
    """Map an array that ``numpy.save`` wrote, as a plain array: each slice of a ``memmap`` costs some microseconds.

    Raises:
        OSError, EOFError, ValueError: it is missing or no such file.
    """
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (TokenError, SyntaxError, OverflowError, ValueError) as error:
        # numpy reads the header as Python, and explains in several lines what may be wrong with it
        message = str(error).partition("\n")[0]
        raise ValueError(message) from error
    return array.view(np.ndarray)
