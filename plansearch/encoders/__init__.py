"""Embedding models: the bundled one, and any sentence-transformers model by name or folder.

Rerankers are in `plansearch.encoders.reranker`, which no plain question needs.
"""

from __future__ import annotations

from plansearch.encoders.bundled import BUNDLED_PREFIX, BundledEncoder
from plansearch.types import Encoder

__all__ = ["BundledEncoder", "check_device", "load_encoder"]


def check_device(device: str) -> None:
    """Refuse a device that was asked for by name and does not work; for the processor nothing is imported.

    Raises:
        EncoderError: torch is missing, or it can't compute there.
    """
    if device not in {"auto", "cpu"}:
        from plansearch.encoders.bulk import refuse_unusable  # noqa: PLC0415  torch, 1 to 4 s

        refuse_unusable(device)


def load_encoder(name: str | None = None, *, device: str = "auto", workers: int | None = None) -> Encoder:
    """Load an embedding model.

    Args:
        name: ``None`` for the bundled model; else the name or folder of a sentence-transformers
            model, or the name that an index remembers (``name@version``).
        device: where many texts are computed: ``auto``, ``cpu``, ``cuda``, or whatever torch calls it.
        workers: how many of the processor's cores the bundled model may use for many texts; by default all.

    Raises:
        EncoderError: the model isn't there or can't be loaded.
    """
    if name is None or name.startswith(BUNDLED_PREFIX):
        return BundledEncoder(device, workers)
    from plansearch.encoders.transformer import TransformerEncoder  # noqa: PLC0415  only who names a model needs it

    return TransformerEncoder(name, device)
