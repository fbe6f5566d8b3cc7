"""Arrays that are mapped from a file: what is read of them is what is used."""

from __future__ import annotations

from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt


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
