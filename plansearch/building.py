"""Makes the parts of an index out of plans and writes them as a new generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Final

from plansearch.background import (
    common_texts,
    example_measures,
    similarity_between,
    similarity_by_chance,
    word_statistics,
)
from plansearch.frameworks import bundled_frameworks
from plansearch.restatement import RESTATEMENT_VERSION, restating_items
from plansearch.results import Heading
from plansearch.sameness import SAMENESS_VERSION, sameness_key
from plansearch.store.catalog import CATALOG_FILE
from plansearch.store.catalog_writer import write_catalog
from plansearch.store.dense import APPROXIMATE_FROM, DenseStore
from plansearch.store.dictionary import Dictionary
from plansearch.store.layout import FORMAT_VERSION, VECTOR_CACHE, Manifest, new_generation
from plansearch.store.lexical import K1, B, LexicalStore
from plansearch.store.vectors import VectorCache
from plansearch.text import FOLD_VERSION, Tokenizer
from plansearch.tokenising import tokenise
from plansearch.types import Encoder, FloatMatrix, Plan, PlanItem, Progress, SkippedFile
from plansearch.vocabulary import Vocabulary

EMBED_BATCH: Final = 32
"""Texts embedded between two commits to the vector cache: about a second of work."""

PASSAGE_VERSION: Final = 2
"""Changes whenever `passage` would put another text together, or it would be found by other tokens."""


@dataclass(frozen=True, slots=True)
class Content:
    """What goes into a generation."""

    plans: Sequence[Plan]
    skipped: Sequence[SkippedFile]
    vocabulary: Vocabulary
    folder: str
    """Where the plans came from, in words; empty where they came from no folder."""

    def fingerprint(self, encoder: Encoder) -> str:
        """SHA-256 of all that an index of this depends on.

        Plans count as they were parsed, so a better parser is a change too.
        """
        digest = sha256()
        parts = (FORMAT_VERSION, encoder.name, sorted(_settings().items()), common_texts(), self.vocabulary)
        for part in (*parts, *self.plans, *self.skipped):
            digest.update(repr(part).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()


def passage(item: PlanItem) -> str:
    """What is embedded and searched of an item: the headings it stands under, and its text."""
    return f"{item.topic} {item.text}" if item.topic else item.text


def write_generation(directory: Path, content: Content, encoder: Encoder, progress: Progress | None = None) -> int:
    """Write a generation and make it the current one.

    Returns:
        How many texts went through the model; the vectors of the others were known.

    Raises:
        PlansearchError: the model fails, or the index can't be written.
    """
    plans = content.plans
    passages = [passage(item) for plan in plans for item in plan.items]
    row_of = {text: row for row, text in enumerate(dict.fromkeys(passages))}
    approximate = len(row_of) >= APPROXIMATE_FROM
    vectors, embedded = _embed(directory, list(row_of), encoder, progress)
    examples, _ = _embed(directory, example_measures(), encoder, None)
    chance, between = similarity_by_chance(encoder, examples), similarity_between(examples)
    tokenizer = Tokenizer.full()
    tokens = tokenise(list(row_of), tokenizer)
    rows = [row_of[text] for text in passages]
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        model=encoder.name,
        dimension=encoder.dimension,
        plans=len(plans),
        items=len(passages),
        texts=len(row_of),
        tokens=len(tokens.vocabulary),
        chance_mean=chance.mean,
        chance_deviation=chance.deviation,
        between_mean=between.mean,
        between_deviation=between.deviation,
        fingerprint=content.fingerprint(encoder),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        folder=content.folder,
        sources={plan.name: plan.sha256 for plan in plans},
        settings=_settings() | {"dense": "ivf_sq8" if approximate else "exact"},
    )
    frameworks = bundled_frameworks()
    with new_generation(directory) as generation:
        write_catalog(
            generation / CATALOG_FILE,
            plans,
            content.skipped,
            restating=restating_items(plans, frameworks),
            keys=[sameness_key(item.topic or "", item.text) for plan in plans for item in plan.items],
            headings=[Heading(one.id, each.code, each.title) for one in frameworks for each in one.requirements],
        )
        DenseStore.write(generation, vectors, rows, approximate=approximate)
        LexicalStore.write(generation, tokens.vocabulary, tokens.of(rows), sampled=approximate)
        small = tokenizer.small(set(tokens.vocabulary).union(*map(tokenizer.words, content.vocabulary.question_words)))
        statistics = word_statistics(tokenizer)
        Dictionary(
            small.frequencies, small.total, statistics.texts, statistics.counts, content.vocabulary.to_json()
        ).write(generation)
        manifest.write(generation)
    return embedded


def _settings() -> dict[str, int | float | str]:
    return {
        "fold": FOLD_VERSION,
        "passage": PASSAGE_VERSION,
        "bm25_k1": K1,
        "bm25_b": B,
        "restating": RESTATEMENT_VERSION,
        "sameness": SAMENESS_VERSION,
    }


def _embed(
    directory: Path, texts: Sequence[str], encoder: Encoder, progress: Progress | None
) -> tuple[FloatMatrix, int]:
    """Vectors of distinct texts, and how many of them the cache didn't have."""
    with VectorCache(directory / VECTOR_CACHE) as cache:
        missing = cache.missing(encoder.name, texts)
        for start in range(0, len(missing), EMBED_BATCH):
            batch = missing[start : start + EMBED_BATCH]
            cache.add(encoder.name, batch, encoder.encode_passages(batch))
            if progress is not None:
                progress(start + len(batch), len(missing))
        return cache.read(encoder.name, texts, encoder.dimension), len(missing)
