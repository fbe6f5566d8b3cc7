"""Any sentence-transformers model, by its hub name or its folder."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from plansearch.errors import EncoderError
from plansearch.types import FloatMatrix, Progress

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_SIZE: Final = 32
QUERY_PROMPTS: Final = ("query",)
PASSAGE_PROMPTS: Final = ("document", "passage", "corpus")
"""What models call their prompts, commonest first."""

E5_PROMPTS: Final = {"query": "query: ", "passage": "passage: "}
"""E5 models were trained with these, and not all carry them in their settings
(model card of intfloat/multilingual-e5-small)."""

_HUB_NAME: Final = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
"""Anything else can only be meant as a folder."""


class TransformerEncoder:
    """A sentence-transformers model with its own prompts.

    Args:
        name: hub name or folder; an ``@version`` at its end, as in an index's manifest, is left out.

    Raises:
        EncoderError: sentence-transformers or the model is missing or broken.
    """

    def __init__(self, name: str) -> None:
        source = name if Path(name).is_dir() else name.rpartition("@")[0] or name
        self._model = _load(source)
        dimension = self._model.get_sentence_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"模型「{source}」沒有說明向量維度，無法使用。請換一個句向量模型。")
        self._dimension = dimension
        self._name = f"{source}@{_version(self._model, source)}"
        prompts = {key: value for key, value in self._model.prompts.items() if value}
        if not prompts and "e5" in Path(source).name.lower().replace("-", "_").split("_"):
            prompts = E5_PROMPTS
        self._query_prompt = _first(prompts, QUERY_PROMPTS)
        self._passage_prompt = _first(prompts, PASSAGE_PROMPTS)

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
        return self._encode(texts, self._query_prompt)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of plan items, ``(len(texts), dimension)``, normalised; ``progress`` is called after each batch."""
        batches = [np.empty((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), BATCH_SIZE):
            batch = texts[start : start + BATCH_SIZE]
            batches.append(self._encode(batch, self._passage_prompt))
            if progress is not None:
                progress(start + len(batch), len(texts))
        return np.concatenate(batches)

    def _encode(self, texts: Sequence[str], prompt: str) -> FloatMatrix:
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        try:
            vectors = self._model.encode(
                list(texts),
                prompt=prompt,
                batch_size=BATCH_SIZE,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        except (RuntimeError, ValueError, IndexError) as error:
            raise EncoderError(
                f"模型「{self._name}」計算向量時失敗：{error}。請換一個模型，或檢查記憶體是否足夠。"
            ) from error
        return np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1, self.dimension)


def _load(source: str) -> SentenceTransformer:
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  6 to 9 s
    except ImportError as error:
        raise EncoderError(
            f"無法載入模型「{source}」：沒有安裝 sentence-transformers。請執行 pip install sentence-transformers。"
        ) from error
    try:
        return _local_or_remote(SentenceTransformer, source)
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        reason = str(error).partition("\n")[0]
        raise EncoderError(
            f"無法載入模型「{source}」：{reason} 請確認名稱或資料夾是否正確；"
            "沒有網路時，請用 --model 指向已下載的模型資料夾。"
        ) from error


def _local_or_remote(kind: type[SentenceTransformer], source: str) -> SentenceTransformer:
    """Look on this computer first: where there is no network, asking the hub takes a minute to fail."""
    try:
        return kind(source, local_files_only=True)
    except (OSError, ValueError):
        if Path(source).is_dir() or not _HUB_NAME.fullmatch(source):
            raise
    return kind(source)


def _first(prompts: dict[str, str], names: Sequence[str]) -> str:
    return next((prompts[name] for name in names if name in prompts), "")


def _version(model: SentenceTransformer, source: str) -> str:
    """Twelve characters that change when the model's weights or settings do."""
    folder = Path(source)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".json", ".safetensors", ".bin", ".model", ".txt"}:
                digest.update(path.relative_to(folder).as_posix().encode())
                with path.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
        return digest.hexdigest()[:12]
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = getattr(config, "_commit_hash", None)
    return str(commit)[:12] if commit else "unknown"
