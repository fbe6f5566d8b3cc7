"""What an index in Milvus keeps besides items and plans, so that questions are understood."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from plansearch.background import word_statistics
from plansearch.building import PASSAGE_VERSION, Content
from plansearch.frameworks import bundled_frameworks
from plansearch.restatement import RESTATEMENT_VERSION
from plansearch.sameness import SAMENESS_VERSION
from plansearch.store.lexical import K1, B
from plansearch.store.milvus_schema import settings_key
from plansearch.text import FOLD_VERSION, Tokenizer
from plansearch.types import Plan


def documents_of(content: Content, tokenizer: Tokenizer, words: Iterable[str]) -> dict[str, bytes]:
    """The documents of an index, by name.

    Args:
        content: the whole index.
        tokenizer: one that knows the whole dictionary.
        words: all words of the items.
    """
    questions = map(tokenizer.words, content.vocabulary.question_words)
    small = tokenizer.small({*words}.union(*questions))
    statistics = word_statistics(tokenizer)
    documents: Mapping[str, Any] = {
        "dictionary": {
            "frequencies": dict(small.frequencies),
            "total": small.total,
            "common_texts": statistics.texts,
            "common_counts": dict(statistics.counts),
            "vocabulary": content.vocabulary.to_json(),
        },
        "values": _values(content.plans),
        "headings": [[one.id, each.code, each.title] for one in bundled_frameworks() for each in one.requirements],
        "skipped": [asdict(file) for file in content.skipped],
    }
    return {name: json.dumps(value, ensure_ascii=False).encode() for name, value in documents.items()}


def remote_settings() -> dict[str, int | float]:
    """What makes vectors and words comparable, besides the model."""
    return {
        "fold": FOLD_VERSION,
        "passage": PASSAGE_VERSION,
        "bm25_k1": K1,
        "bm25_b": B,
        "restating": RESTATEMENT_VERSION,
        "sameness": SAMENESS_VERSION,
    }


def is_ours(collection: str, name: str) -> bool:
    """Whether a collection is one of an index's: another index may have a longer name that begins the same way."""
    key, _, kind = collection.removeprefix(f"{name}_").partition("_")
    return (
        collection.startswith(f"{name}_")
        and kind in {"items", "plans", "words"}
        and len(key) == len(settings_key("", 0, {}))
    )


def _values(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """All values that filters can have, sorted."""
    about = [plan.metadata for plan in plans]
    items = [item for plan in plans for item in plan.items]
    codes = [code for item in items for code in (item.code, *(match.code for match in item.crosswalk))]
    every: Mapping[str, Sequence[str | int | None]] = {
        "agency": [one.agency for one in about],
        "type": [one.agency_type for one in about],
        "city": [one.city for one in about],
        "year": [one.year for one in about],
        "requirement": codes,
        "unit": [unit for item in items for unit in item.units],
    }
    return {name: [str(one) for one in sorted({*found} - {None})] for name, found in every.items()}  # type: ignore[type-var]
