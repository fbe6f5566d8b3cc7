"""Loads sentence-transformers models, by hub name or folder, quietly; the only module that imports the library."""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from plansearch.errors import EncoderError

if TYPE_CHECKING:
    import sentence_transformers

    SentenceModel: TypeAlias = sentence_transformers.SentenceTransformer
    PairModel: TypeAlias = sentence_transformers.CrossEncoder

_AND_THEN: Final = {"--model": "，重新執行 plansearch index", "--rerank": ""}
"""What else is to be done after another model was named by an option."""

_LIBRARIES: Final = ("transformers", "sentence_transformers", "huggingface_hub")
"""Whose loggers would write to the user's screen."""

_HUB_NAME: Final = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
"""Anything else can only be meant as a folder."""

_REMEMBERED_VERSION: Final = re.compile(r"@(?:[0-9a-f]{12}|unknown)$")
"""End of a name that an index remembers."""

_VERSIONED: Final = frozenset({".json", ".safetensors", ".bin", ".model", ".txt"})
"""Suffixes of the files that vectors depend on."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_REPORTED: Final = re.compile(r"^(\S+)\s*\|\s*(MISSING|UNEXPECTED|MISMATCH)", re.MULTILINE)
"""A line of the table in which transformers 5 reports weights that a checkpoint lacks, or has too many of."""
_NEWLY_INITIALIZED: Final = re.compile(r"newly initialized[^:\[]*:\s*\[([^\]]*)\]")
"""The same in transformers 4."""

_HARMLESS: Final = re.compile(r"(^|\.)(pooler\.|embeddings\.position_ids$)")
"""Weights that sentence vectors are never made with, and that checkpoints of sentence models often lack."""
_CLASSIFIER: Final = re.compile(r"^(classifier|score)\.")
"""Weights of a head that scores pairs or tells classes."""

_Model = TypeVar("_Model")


def load_sentence_model(source: str, device: str | None = None) -> SentenceModel:
    """Load a model that turns texts into vectors, onto a graphics card where there is one and no device is named.

    Raises:
        EncoderError: it, or the library, is missing or broken, or it is no such model.
    """

    def load(*, local_files_only: bool) -> SentenceModel:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415  6 to 9 s

        return SentenceTransformer(source, device=device, local_files_only=local_files_only)

    model, said = _load(load, source, "--model")
    weights = _weights(said)
    if any(_CLASSIFIER.match(name) for name in weights["UNEXPECTED"]):
        raise EncoderError(
            f"無法載入模型「{source}」：它是重排或分類用的模型，不能算句向量。"
            "重排請在查詢時用 --rerank；建立索引請給 --model 另一個句向量模型。"
        )
    _refuse_random([name for name in weights["MISSING"] if not _HARMLESS.search(name)], source)
    return model


def load_pair_model(source: str) -> PairModel:
    """Load a model that scores a question and a text together (a cross-encoder).

    Raises:
        EncoderError: it, or the library, is missing or broken, or it is no such model.
    """

    def load(*, local_files_only: bool) -> PairModel:
        from sentence_transformers import CrossEncoder  # noqa: PLC0415  6 to 9 s

        model: PairModel = CrossEncoder(source, local_files_only=local_files_only)
        return model

    model, said = _load(load, source, "--rerank")
    missing = _weights(said)["MISSING"]
    if any(_CLASSIFIER.match(name) for name in missing):
        raise EncoderError(
            f"無法載入模型「{source}」：它不是重排模型（CrossEncoder），不能替查詢與項目打分數。"
            "請換一個重排模型；句向量模型請在 plansearch index 時用 --model。"
        )
    _refuse_random(missing, source)
    return model


def source_of(name: str) -> str:
    """Hub name, or folder from the root on, that a name means; the ``@version`` that an index remembers is left out."""
    for source in (name, _REMEMBERED_VERSION.sub("", name)):
        if Path(source).is_dir():
            # an index is asked from other working folders than the one it was built in
            return str(Path(source).absolute())
    return source


def version_of(source: str, model: SentenceModel) -> str:
    """Twelve characters that change when the model's weights or settings do."""
    folder = Path(source)
    if folder.is_dir():
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.suffix in _VERSIONED and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode())
                with path.open("rb") as file:
                    while block := file.read(1 << 20):
                        digest.update(block)
        return digest.hexdigest()[:12]
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = getattr(config, "_commit_hash", None)
    return str(commit)[:12] if commit else "unknown"


def _load(load: Callable[..., _Model], source: str, option: str) -> tuple[_Model, Sequence[str]]:
    """Load with errors made ours, naming the option that chose the model; also what the libraries said meanwhile."""
    try:
        import sentence_transformers  # noqa: F401, PLC0415  6 to 9 s
    except ImportError as error:
        raise EncoderError(
            f"無法載入模型「{source}」：沒有安裝 sentence-transformers。請執行 pip install sentence-transformers。"
        ) from error
    if not Path(source).is_dir() and not _HUB_NAME.fullmatch(source):
        raise EncoderError(
            f"無法載入模型「{source}」：沒有這個資料夾，可能搬走了、改了名，或在沒有連上的磁碟機。"
            f"請放回原處，或用 {option} 指向它現在的位置{_AND_THEN[option]}。"
        )
    with _quietly() as said:
        try:
            return _local_or_remote(load, source, option), said
        except EncoderError:
            raise
        except Exception as error:  # broken files make the libraries raise whatever they stumble on
            raise EncoderError(_complaint(source, option, error)) from error


def _local_or_remote(load: Callable[..., _Model], source: str, option: str) -> _Model:
    """Look on this computer first: a model that was downloaded once needs no network."""
    try:
        return load(local_files_only=True)
    except (OSError, ValueError):
        if Path(source).is_dir():
            raise
    _check_hub(source, option)
    return load(local_files_only=False)


def _check_hub(source: str, option: str) -> None:
    """Ask once whether the hub has a model: to load it without a network is tried again for a minute."""
    from huggingface_hub import HfApi  # noqa: PLC0415  slow

    try:
        HfApi().model_info(source, timeout=10)
    except Exception as error:  # the hub's, the network's, a proxy's
        raise EncoderError(
            f"無法載入模型「{source}」：這台電腦沒有這個資料夾，也沒有下載過這個名稱的模型，"
            f"又無法從 Hugging Face 下載（{_first_line(error)}）。請確認名稱；"
            f"沒有網路時，請用 {option} 指向已下載的模型資料夾。"
        ) from error


def _complaint(source: str, option: str, error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return (
            f"無法載入模型「{source}」：它要執行自己帶來的程式，為了安全沒有執行。"
            f"請用 {option} 換一個不必執行外來程式的模型。"
        )
    return (
        f"無法載入模型「{source}」：檔案不完整、壞了，或不是 sentence-transformers 的模型"
        f"（{_first_line(error)}）。請重新下載，或用 {option} 指向另一個模型資料夾。"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _refuse_random(missing: Sequence[str], source: str) -> None:
    """Weights that a checkpoint lacks are filled with random numbers, and so would be the answers."""
    if missing:
        raise EncoderError(
            f"無法載入模型「{source}」：模型檔缺了 {len(missing)} 組權重（例如 {missing[0]}），"
            "算出來的結果會是亂數。請重新下載，或換一個模型。"
        )


def _weights(said: Sequence[str]) -> dict[str, list[str]]:
    """Names of the weights that the libraries said to be missing or unexpected."""
    found: dict[str, list[str]] = {"MISSING": [], "UNEXPECTED": []}
    for message in said:
        for name, state in _REPORTED.findall(message):
            # weights of another shape are not taken, so they are missing as well
            found["UNEXPECTED" if state == "UNEXPECTED" else "MISSING"].append(name)
        for names in _NEWLY_INITIALIZED.findall(message):
            found["MISSING"] += [name.strip(" '\"\n") for name in names.split(",")]
    return found


class _Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(_COLOUR.sub("", record.getMessage()))


@contextmanager
def _quietly() -> Generator[list[str]]:
    """Keep the libraries' warnings and progress bars off the screen; yield what they log meanwhile."""
    from huggingface_hub.utils.tqdm import (  # noqa: PLC0415  slow
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging as bars  # noqa: PLC0415  slow

    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    shown = bars.is_progress_bar_enabled(), not are_progress_bars_disabled()
    listener = _Listener()
    for logger in loggers:
        logger.handlers, logger.propagate = [listener], False
        logger.setLevel(logging.WARNING)
    bars.disable_progress_bar()  # type: ignore[no-untyped-call]
    disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield listener.said
    finally:
        for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
        if shown[0]:
            bars.enable_progress_bar()  # type: ignore[no-untyped-call]
        if shown[1]:
            enable_progress_bars()
