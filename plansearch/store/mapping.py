"""Arrays that are mapped from a file: what is read of them is what is used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def mapped(path: Path) -> npt.NDArray[Any]:
    """Map an array that ``numpy.save`` wrote, as a plain array: each slice of a ``memmap`` costs some microseconds.

    Raises:
        OSError, EOFError, ValueError: it is missing or no such file.
    """
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)
