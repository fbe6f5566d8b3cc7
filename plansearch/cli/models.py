"""Says how long a model takes to load, where it is one that takes long."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plansearch.cli.options import ModeName
    from plansearch.index import PlanIndex
    from plansearch.remote import RemoteIndex
    from plansearch.types import Reranker


def announce_loading(index: PlanIndex | RemoteIndex, mode: ModeName = "hybrid") -> None:
    """Load the model that a question needs, and say on standard error what that took; nothing of the quick one."""
    if mode == "words" or index.has_light_model:
        return
    _say(f"正在載入模型 {index.model}，通常要幾秒到幾十秒……")
    seconds = getattr(index.encoder, "load_seconds", None)
    if seconds is not None:
        _say(f"載入模型用了 {seconds:.1f} 秒。常常查詢的話，用內附的模型建立索引（不加 --model）只要不到一秒。")


def load_reranker(name: str) -> Reranker:
    """Load a reranker, and say on standard error what that took.

    Raises:
        EncoderError: it is missing or broken.
    """
    from plansearch.encoders.reranker import Reranker as CrossEncoderReranker

    _say(f"正在載入重排模型 {name}，通常要幾秒到幾十秒……")
    reranker = CrossEncoderReranker(name)
    _say(f"載入重排模型用了 {reranker.load_seconds:.1f} 秒。")
    return reranker


def _say(message: str) -> None:
    from plansearch.report.output import write_stream

    write_stream(f"{message}\n", sys.stderr)
