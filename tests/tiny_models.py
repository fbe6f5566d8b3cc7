"""Real models of a few thousand weights, saved as the library saves models: they need no download."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

CHARACTERS = "設置無障礙坡道滿意度調查電話禮貌鈴響三聲內接聽單一窗口輪椅使用者洽公的查詢段落：。，"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LENGTH = 64
"""Longest text in tokens."""

Vocabulary = Literal["wordpiece", "unigram"]


def sentence_model(
    folder: Path,
    *,
    prompts: Mapping[str, str] | None = None,
    default_prompt: str | None = None,
    vocabulary: Vocabulary = "wordpiece",
    seed: int = 0,
) -> Path:
    """A BERT of one layer with mean pooling, which gives 16 numbers for a text."""
    library = importlib.import_module("sentence_transformers")
    model = library.SentenceTransformer(
        modules=_mean_pooled(folder, vocabulary, seed),
        prompts=dict(prompts or {}),
        default_prompt_name=default_prompt,
        device="cpu",
    )
    model.save(str(folder))
    return folder


def two_towered_model(folder: Path) -> Path:
    """A model that encodes questions by other weights than passages."""
    library = importlib.import_module("sentence_transformers")
    modules = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    router = modules.Router.for_query_document(
        query_modules=_mean_pooled(folder / "q", "wordpiece", 1),
        document_modules=_mean_pooled(folder / "d", "wordpiece", 2),
    )
    library.SentenceTransformer(modules=[router], device="cpu").save(str(folder))
    return folder


def pair_model(folder: Path, *, labels: int = 1, seed: int = 0) -> Path:
    """A BERT of one layer that scores a pair of texts."""
    library = importlib.import_module("sentence_transformers")
    bert = _bert("BertForSequenceClassification", folder, "wordpiece", seed, labels=labels)
    library.CrossEncoder(str(bert), device="cpu").save(str(folder))
    return folder


def bare_model(folder: Path) -> Path:
    """A BERT as transformers saves it: without pooling, without a head."""
    return _bert("BertModel", folder, "wordpiece", 0).rename(folder)


def without_weights(folder: Path, part: str) -> None:
    """Take the weights out of a saved model whose names have ``part`` in them."""
    files = importlib.import_module("safetensors.torch")
    path = folder / "model.safetensors"
    kept = {name: weights for name, weights in files.load_file(path).items() if part not in name}
    files.save_file(kept, path, metadata={"format": "pt"})


def spoilt_weights(folder: Path) -> None:
    """Make all weights of a saved model what is no number."""
    files = importlib.import_module("safetensors.torch")
    path = folder / "model.safetensors"
    weights = {name: values * float("nan") for name, values in files.load_file(path).items()}
    files.save_file(weights, path, metadata={"format": "pt"})


def _mean_pooled(folder: Path, vocabulary: Vocabulary, seed: int) -> list[Any]:
    modules = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    transformer = modules.Transformer(str(_bert("BertModel", folder, vocabulary, seed)))
    return [transformer, modules.Pooling(16, pooling_mode="mean")]


def _bert(kind: str, folder: Path, vocabulary: Vocabulary, seed: int, *, labels: int = 1) -> Path:
    """Save a BERT of random weights and its tokenizer beside ``folder``."""
    torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
    words = [*SPECIAL, *dict.fromkeys(CHARACTERS)]
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=LENGTH,
        initializer_range=0.5,
        num_labels=labels,
    )
    saved = folder.with_name(f"{folder.name}-bert")
    getattr(transformers, kind)(config).save_pretrained(saved)
    _tokenizer(words, vocabulary).save_pretrained(saved)
    return saved


def _tokenizer(words: Iterable[str], vocabulary: Vocabulary) -> Any:  # noqa: ANN401  the library's
    tokenizers, transformers = importlib.import_module("tokenizers"), importlib.import_module("transformers")
    numbered = {word: number for number, word in enumerate(words)}
    if vocabulary == "wordpiece":
        made = tokenizers.Tokenizer(tokenizers.models.WordPiece(numbered, unk_token="[UNK]"))  # noqa: S106
        made.pre_tokenizer = tokenizers.pre_tokenizers.Split("", "isolated")
    else:
        made = tokenizers.Tokenizer(tokenizers.models.Unigram([(word, -1.0) for word in numbered], unk_id=1))
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", numbered["[CLS]"]), ("[SEP]", numbered["[SEP]"])],
    )
    named = zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=LENGTH, **dict(named))
