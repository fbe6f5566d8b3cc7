"""Embedding models: the bundled one, and any sentence-transformers model by name or folder.

Rerankers are in `plansearch.encoders.reranker`, which no plain question needs.
"""

from __future__ import annotations

from plansearch.encoders.bundled import BUNDLED_PREFIX, BundledEncoder
from plansearch.types import Encoder

__all__ = ["BundledEncoder", "load_encoder"]


def load_encoder(name: str | None = None) -> Encoder:
    """Load an embedding model.

    Args:
        name: ``None`` for the bundled model; else the name or folder of a sentence-transformers
            model, or the name that an index remembers (``name@version``).

    Raises:
        EncoderError: the model isn't there or can't be loaded.
    """
    if name is None or name.startswith(BUNDLED_PREFIX):
        return BundledEncoder()
    from plansearch.encoders.transformer import TransformerEncoder  # noqa: PLC0415  only who names a model needs it

    return TransformerEncoder(name)
