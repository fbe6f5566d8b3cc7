"""Vectors in 8 bits, by which the best of thousands are told; a quarter of the memory has to be read for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.store.mapping import mapped
from plansearch.types import FloatMatrix

ROUGH_FILES: Final = ("vectors_8bit.npy", "vectors_8bit_steps.npy")

LARGEST: Final = 127
"""Largest number of steps that 8 bits hold, up and down."""

AT_ONCE: Final = 65_536
"""Vectors that are rounded at a time, 100 MB of them."""


@dataclass(frozen=True, slots=True)
class RoughVectors:
    """Vectors as whole steps of each dimension; similarities are right to about 0.0003."""

    codes: npt.NDArray[np.int8]
    """``(n_texts, dimension)``."""
    steps: npt.NDArray[np.float32]
    """What a step of each dimension is, ``(dimension,)``."""

    @staticmethod
    def write(directory: Path, vectors: FloatMatrix) -> None:
        """Round and write vectors, ``(n_texts, dimension)``."""
        steps = np.abs(vectors).max(axis=0) / np.float32(LARGEST)
        steps[steps == 0] = 1
        codes = np.lib.format.open_memmap(directory / ROUGH_FILES[0], mode="w+", dtype=np.int8, shape=vectors.shape)
        for start in range(0, len(vectors), AT_ONCE):
            codes[start : start + AT_ONCE] = np.rint(vectors[start : start + AT_ONCE] / steps)
        codes.flush()
        np.save(directory / ROUGH_FILES[1], steps.astype(np.float32), allow_pickle=False)

    @classmethod
    def open(cls, directory: Path, shape: tuple[int, ...]) -> RoughVectors:
        """Map what `write` wrote.

        Raises:
            OSError, EOFError, ValueError: a file is missing, cut off, or not of this shape.
        """
        codes, steps = (mapped(directory / name) for name in ROUGH_FILES)
        plausible = codes.dtype == np.int8 and codes.shape == shape
        plausible = plausible and steps.dtype == np.float32 and steps.shape == shape[1:]
        if not plausible or not bool(np.isfinite(steps).all()):
            message = f"{ROUGH_FILES[0]}, {ROUGH_FILES[1]}"
            raise ValueError(message)
        return cls(codes, steps)

    def in_steps(self, query: FloatMatrix) -> FloatMatrix:
        """Queries, ``(n_queries, dimension)``, to be compared with `of`."""
        scaled: FloatMatrix = query * self.steps
        return scaled

    def of(self, texts: npt.NDArray[np.int32]) -> FloatMatrix:
        """Vectors of some texts in steps, ``(n_texts, dimension)``."""
        return self.codes[texts].astype(np.float32)
