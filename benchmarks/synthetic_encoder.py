"""An embedding model's stand-in for measuring speed: vectors for 50,000 texts a second that lie like a real model's.

A text's vector is a sum of directions of its pairs of neighbouring characters, rare pairs weighing more, so texts that
share a clause are near; a part that hangs on the whole text keeps near texts apart, and a direction that all texts have
in common makes unrelated ones as similar as the bundled model finds them. It depends on the text alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from plansearch.background import common_texts
from plansearch.types import FloatMatrix, Progress

Hashes = npt.NDArray[np.uint64]

DIMENSION: Final = 384
BUCKETS: Final = 8192
"""Directions of pairs of characters; a million texts have more pairs than that, and some share one."""
FINE_BUCKETS: Final = 1 << 20
"""Pairs of characters that are weighed apart."""
OWN_DIRECTIONS: Final = 4096
"""Directions of which each passage has two for itself."""
OWN: Final = 0.1
"""Part that is its own of the square of what a passage has beside the common direction."""
SPECTRUM: Final = 0.85
"""The variance falls with the axis to this power, as if there were 75 axes: the bundled model's have as many on the
sample plans."""

UNRELATED: Final = 0.887
"""Cosine of two passages that have nothing in common but that they are passages of plans."""
ON_SUBJECT: Final = 0.845
"""Cosine of a question in the plans' words and a passage that does not answer it."""
OFF_SUBJECT: Final = 0.816
"""The same of a question whose pairs of characters no framework has. All three as the bundled model has them."""
KNOWN_ENOUGH: Final = 2.2
"""A question is in the plans' words where one in so many of its pairs stands in a framework."""
BATCH: Final = 1024
"""Texts at once."""


class SyntheticEncoder:
    """Encodes any text, without a model.

    Args:
        name: names the vector space.
        common: mean vectors of a model's passages and of its questions, ``(2, 384)``. With them, and under that model's
            name, an index of synthetic vectors can be asked through the model itself: its questions are as near to the
            passages as they usually are, though not to those that answer.
    """

    dimension = DIMENSION

    def __init__(self, name: str = "synthetic@1", common: FloatMatrix | None = None) -> None:
        self.name = name
        self._common = np.empty((0, DIMENSION), dtype=np.float32) if common is None else common

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, ``(len(texts), 384)``, normalised."""
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        for start, some in _batches(texts):
            pairs, bounds = _pairs(some)
            known = np.add.reduceat((self._weights[_fine(pairs)] < 1).astype(float), bounds[:-1]) / np.diff(bounds)
            subject = np.minimum(known * KNOWN_ENOUGH, 1)
            nearness = (OFF_SUBJECT + (ON_SUBJECT - OFF_SUBJECT) * subject) / UNRELATED
            common = np.stack([nearness, np.sqrt(1 - nearness**2)], axis=1).astype(np.float32) @ self._axes[:2]
            vectors[start : start + len(some)] = _joined(common, self._content(pairs, bounds))
        return vectors

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items, ``(len(texts), 384)``, normalised; ``progress`` is called after each batch."""
        vectors = np.empty((len(texts), DIMENSION), dtype=np.float32)
        for start, some in _batches(texts):
            pairs, bounds = _pairs(some)
            places = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
            whole = np.add.reduceat(mixed(pairs + places.astype(np.uint64)), bounds[:-1])
            first, second = (
                (mixed(whole + np.uint64(part)) % np.uint64(OWN_DIRECTIONS)).astype(int) for part in (1, 2)
            )
            own = _normalised(self._own[first] + self._own[second])
            content = sqrt(1 - OWN) * self._content(pairs, bounds) + sqrt(OWN) * own
            vectors[start : start + len(some)] = _joined(self._axes[:1], content)
            if progress is not None:
                progress(start + len(some), len(texts))
        return vectors

    def _content(self, pairs: Hashes, bounds: npt.NDArray[np.int64]) -> FloatMatrix:
        """What each text speaks of, normalised, ``(n_texts, 384)``, at right angles to the common directions."""
        columns = (pairs % np.uint64(BUCKETS)).astype(np.int64)
        told = csr_matrix((self._weights[_fine(pairs)], columns, bounds), shape=(len(bounds) - 1, BUCKETS))
        return _normalised(told @ self._directions)

    @cached_property
    def _axes(self) -> FloatMatrix:
        """Axes at right angles, ``(384, 384)``: the first is common to all texts, the second to all questions."""
        drawn = np.random.default_rng(0).standard_normal((DIMENSION - len(self._common), DIMENSION))
        axes, along = np.linalg.qr(np.concatenate([self._common, drawn]).T)
        return np.asarray((axes * np.sign(np.diag(along))).T, dtype=np.float32)

    @cached_property
    def _directions(self) -> FloatMatrix:
        return self._drawn(BUCKETS, 1)

    @cached_property
    def _own(self) -> FloatMatrix:
        return self._drawn(OWN_DIRECTIONS, 2)

    def _drawn(self, n_directions: int, seed: int) -> FloatMatrix:
        """Directions that lie as texts do: more along some axes than along others."""
        spread = np.arange(1, DIMENSION - 1, dtype=np.float32) ** (-SPECTRUM / 2)
        drawn = np.random.default_rng(seed).standard_normal((n_directions, DIMENSION - 2), dtype=np.float32)
        return _normalised((drawn * spread) @ self._axes[2:])

    @cached_property
    def _weights(self) -> npt.NDArray[np.float32]:
        """How much each pair of characters tells, 0 to 1; 1 where no framework has it."""
        texts = common_texts()
        pairs, bounds = _pairs(texts)
        of_texts = np.unique(np.repeat(np.arange(len(texts)), np.diff(bounds)) * FINE_BUCKETS + _fine(pairs))
        counts = np.bincount(of_texts % FINE_BUCKETS, minlength=FINE_BUCKETS)
        weights: npt.NDArray[np.float32] = 1 - np.log1p(counts) / np.log1p(len(texts))
        return weights.astype(np.float32)


def mixed(keys: Hashes) -> Hashes:
    """Spread keys over all 64 bits (the finaliser of splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        keys = keys + np.uint64(0x9E3779B97F4A7C15)
        keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        spread: Hashes = keys ^ (keys >> np.uint64(31))
    return spread


def _pairs(texts: Sequence[str]) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Hashes of the pairs of each text, one after another, and where each text's begin; the last bound ends them.

    A text of n characters has n + 1 pairs, since its beginning and its end count as characters.
    """
    whole = "\n" + "\n".join(text.replace("\n", " ") for text in texts) + "\n"
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    bounds = np.cumsum([0, *(len(text) + 1 for text in texts)])
    return mixed((codes[:-1] << np.uint64(32)) | codes[1:]), bounds.astype(np.int64)


def _fine(pairs: Hashes) -> npt.NDArray[np.int64]:
    """Buckets so many that hardly two of the frameworks' pairs share one."""
    return np.asarray(pairs >> np.uint64(32), dtype=np.int64) % FINE_BUCKETS


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    return ((start, texts[start : start + BATCH]) for start in range(0, len(texts), BATCH))


def _joined(common: FloatMatrix, content: FloatMatrix) -> FloatMatrix:
    """Vectors of length 1 whose part along the common direction makes unrelated ones as near as they are to be."""
    return _normalised(sqrt(UNRELATED) * common + sqrt(1 - UNRELATED) * content)


def _normalised(vectors: FloatMatrix) -> FloatMatrix:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, np.newaxis]
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)
