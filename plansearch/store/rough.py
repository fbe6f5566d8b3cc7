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

COMPARED_AT_ONCE: Final = 512
"""Vectors that are compared at a time, 800 KB of them."""


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

    def of(self, texts: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
        """Vectors of some texts in steps, ``(n_texts, dimension)``."""
        return self.codes[texts]

    def similarities(self, query: FloatMatrix, vectors: npt.NDArray[np.int8]) -> FloatMatrix:
        """Similarity of queries, ``(n_queries, dimension)``, to what `of` gave: ``(n_queries, n_texts)``."""
        in_steps = query * self.steps
        found = np.empty((len(query), len(vectors)), dtype=np.float32)
        # a part at a time stays in the processor's cache, which takes half as long
        part = np.empty((COMPARED_AT_ONCE, vectors.shape[1]), dtype=np.float32)
        for start in range(0, len(vectors), COMPARED_AT_ONCE):
            some = vectors[start : start + COMPARED_AT_ONCE]
            part[: len(some)] = some
            found[:, start : start + len(some)] = in_steps @ part[: len(some)].T
        return found
