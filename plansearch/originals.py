"""The files behind an index: what stands in them, which changed since they were indexed, what a new one is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from plansearch.collection import OVERRIDES_NAME
from plansearch.corrections import corrections_path, has_corrections
from plansearch.errors import ReadError, reason_of
from plansearch.isolation import FileReader
from plansearch.limits import Limits
from plansearch.planfile import ReadingTask
from plansearch.readers.detection import SUFFIXES, Kind, detect_kind
from plansearch.safety import check_file
from plansearch.types import Document, SkippedFile
from plansearch.vocabulary import VOCABULARY_NAME

SETTINGS_FILES: Final = (OVERRIDES_NAME, VOCABULARY_NAME)
"""Files beside the plans that say how to read or search them."""

_FURTHER: Final = re.compile(r"\[\d+\]$")
"""After the file's name in that of its second plan and those that follow."""
_SUFFIX_OF: Final[Mapping[Kind, str]] = {
    "text": ".txt",
    "markdown": ".md",
    "html": ".html",
    "mhtml": ".mht",
    "rtf": ".rtf",
    "docx": ".docx",
    "odt": ".odt",
    "pdf": ".pdf",
    "xlsx": ".xlsx",
    "ods": ".ods",
    "legacy_text": ".doc",
    "legacy_sheet": ".xls",
}
_KEPT_SUFFIXES: Final = frozenset(
    {*SUFFIXES, ".docm", ".dotx", ".dot", ".xlsm", ".xhtml", ".mht", ".mhtml", ".markdown", ".text"}
)
"""What a plan may be called; what is called otherwise gets the suffix of its content besides."""


def file_of(plan: str, files: Collection[str]) -> str | None:
    """Name of the file that a plan stands in, among the files of a folder; ``None`` where it is not there."""
    if plan in files:
        return plan
    whole = _FURTHER.sub("", plan)
    return whole if whole in files else None


def read_source(path: Path, name: str, limits: Limits) -> Document:
    """What stands in a file, as its reader understands it, in a process of its own.

    Raises:
        PlansearchError: it cannot be read, or is beyond a limit.
    """
    with FileReader(limits) as reader:
        return reader.read_document(ReadingTask(path, name, limits))


def fitting_suffix(path: Path, name: str, limits: Limits) -> str:
    """The suffix by which a file can be kept: its own where plans are called so, else the one of its content.

    Args:
        path: the file.
        name: what somebody calls it.
        limits: how large it may be, packed and unpacked.

    Raises:
        UnsupportedFormatError: no reader knows this kind of file.
        PlansearchError: it is empty, broken, locked, or beyond a limit.
    """
    check_file(path, name, limits)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(f"無法開啟「{name}」：{reason_of(error)}。請再試一次。") from error
    if not data.strip():
        raise ReadError(f"「{name}」是空的檔案。")
    kind = detect_kind(data, name)
    own = PurePath(name).suffix
    return own if own.lower() in _KEPT_SUFFIXES else _SUFFIX_OF[kind]


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """In what a folder differs from the index that was built of it."""

    new: tuple[str, ...] = ()
    """Files that the index does not know."""
    changed: tuple[str, ...] = ()
    """Files that hold something else than what was indexed."""
    gone: tuple[str, ...] = ()
    """Plans of the index whose files are not here."""
    corrected: tuple[str, ...] = ()
    """Files whose corrections were changed since."""
    settings: tuple[str, ...] = ()
    """``plans.toml`` and the like that were changed since."""
    touched: tuple[str, ...] = ()
    """Files that gave no plan then and were saved since."""

    def __bool__(self) -> bool:
        return any((self.new, self.changed, self.gone, self.corrected, self.settings, self.touched))


def compare_folder(
    folder: Path,
    files: Mapping[str, Path],
    sources: Mapping[str, str],
    skipped: Sequence[SkippedFile],
    *,
    corrected: Collection[str],
    since: float,
    content: Callable[[Path], str | None],
) -> FolderChanges:
    """What a folder has now that its index has not, and the other way round.

    What an index does not remember (corrections, settings, files that gave no plan) is judged by when it was saved.

    Args:
        folder: where the plans are.
        files: what is there now, by name.
        sources: SHA-256 of each plan's file as it was indexed, by the plan's name.
        skipped: files that gave no plan then.
        corrected: plans whose corrections the index has.
        since: when the index was built, in seconds since 1970.
        content: gives the SHA-256 of a file, ``None`` where it cannot be read.
    """
    plans: dict[str, str] = {}
    for plan, sha256 in sources.items():
        plans.setdefault(file_of(plan, files) or plan, sha256)
    known = {file.name for file in skipped}
    had = {file_of(plan, files) for plan in corrected}
    return FolderChanges(
        new=tuple(name for name in files if name not in plans and name not in known),
        changed=tuple(name for name, path in files.items() if name in plans and content(path) != plans[name]),
        gone=tuple(plan for plan in sources if file_of(plan, files) is None),
        corrected=tuple(
            name
            for name, path in files.items()
            if _saved_after(corrections_path(path), since) or (name in had and not has_corrections(path))
        ),
        settings=tuple(name for name in SETTINGS_FILES if _saved_after(folder / name, since)),
        touched=tuple(
            name for name, path in files.items() if name in known - plans.keys() and _saved_after(path, since)
        ),
    )


def _saved_after(path: Path, moment: float) -> bool:
    try:
        status = path.stat()
        # what was copied or restored may keep the time at which it was once written
        return max(status.st_mtime, status.st_ctime) >= moment
    except OSError:
        return False
