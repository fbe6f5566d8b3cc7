"""Any sentence-transformers model, by its hub name or its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from plansearch.encoders.loading import load_sentence_model, source_of, version_of
from plansearch.errors import EncoderError
from plansearch.types import FloatMatrix, Progress

if TYPE_CHECKING:
    from plansearch.encoders.loading import SentenceModel

BATCH_SIZE: Final = 32
QUERY_PROMPTS: Final = ("query", "retrieval.query", "search_query", "s2p_query")
PASSAGE_PROMPTS: Final = ("document", "passage", "corpus", "retrieval.passage", "search_document")
"""What models call their prompts: first the library's own names (its ``encode_query`` and ``encode_document``),
then those in the settings of jina-embeddings-v3, nomic-embed and stella."""

E5_PROMPTS: Final = {"query": "query: ", "passage": "passage: "}
"""E5 models were trained with these, and not all carry them in their settings
(model card of intfloat/multilingual-e5-small)."""

_PROBE: Final = "無障礙設施"
"""Encoded once after loading: a model that can't do this is told at once, and the vector's length is measured."""


class TransformerEncoder:
    """A sentence-transformers model with its own prompts.

    Args:
        name: hub name or folder; an ``@version`` at its end, as in an index's manifest, is left out.
        device: ``auto`` is a graphics card where there is one; else what torch calls the device.

    Attributes:
        load_seconds: how long it took to import the library and to load the model.

    Raises:
        EncoderError: sentence-transformers or the model is missing or broken.
    """

    def __init__(self, name: str, device: str = "auto") -> None:
        started = monotonic()
        source = source_of(name)
        self._model = load_sentence_model(source, None if device == "auto" else device)
        self._name = f"{source}@{version_of(source, self._model)}"
        self._query_prompt, self._passage_prompt = _prompts(self._model, source)
        self._dimension = int(self._encode(self._model.encode_query, [_PROBE], self._query_prompt).shape[1])
        self.load_seconds: float = monotonic() - started

    @property
    def name(self) -> str:
        """Hub name or folder, and the version of its files."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of questions, ``(len(texts), dimension)``, normalised."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        return self._encode(self._model.encode_query, texts, self._query_prompt)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items, ``(len(texts), dimension)``, normalised; ``progress`` is called after each batch."""
        batches = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), BATCH_SIZE):
            batch = texts[start : start + BATCH_SIZE]
            batches.append(self._encode(self._model.encode_document, batch, self._passage_prompt))
            if progress is not None:
                progress(start + len(batch), len(texts))
        return np.concatenate(batches)

    def _encode(self, encode: Callable[..., Any], texts: Sequence[str], prompt: str) -> FloatMatrix:
        """Encode by the library's method for the side, by which models with two towers choose theirs."""
        try:
            vectors = encode(
                list(texts),
                prompt=prompt,
                batch_size=BATCH_SIZE,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        except Exception as error:  # broken models make the libraries raise whatever they stumble on
            raise EncoderError(
                f"模型「{self._name}」計算向量時失敗：{error}。請換一個模型，或檢查記憶體是否足夠。"
            ) from error
        matrix: FloatMatrix = np.ascontiguousarray(vectors, dtype=np.float32)
        if not np.isfinite(matrix).all():
            raise EncoderError(f"模型「{self._name}」算出的向量不是數字，模型檔可能壞了。請重新下載，或換一個模型。")
        return matrix


def _prompts(model: SentenceModel, source: str) -> tuple[str, str]:
    """What the model wants before a question and before a passage.

    The library's own choice is not enough: it takes an empty ``document`` for a ``passage`` that is set. Where a
    model knows none of the names, its default prompt stands before both, as with the library's ``encode``.
    """
    prompts = {key: value for key, value in model.prompts.items() if value}
    if not prompts and "e5" in Path(source).name.lower().replace("-", "_").split("_"):
        prompts = E5_PROMPTS
    default = ""
    if not prompts.keys() & {*QUERY_PROMPTS, *PASSAGE_PROMPTS}:
        default = prompts.get(model.default_prompt_name or "", "")
    return _first(prompts, QUERY_PROMPTS) or default, _first(prompts, PASSAGE_PROMPTS) or default


def _first(prompts: Mapping[str, str], names: Sequence[str]) -> str:
    return next((prompts[name] for name in names if name in prompts), "")
