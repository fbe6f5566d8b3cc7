"""The folder of plans that the operator named: what is in it, and how files from outside get in.

No path from a request comes here: a request names files, which are looked for in the list that the program made
itself, and what is uploaded gets a name that the program makes.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from plansearch.collection import OVERRIDES_NAME, InspectedFile, ReadingOptions, inspect_file, plan_files
from plansearch.corrections import SUFFIX as CORRECTIONS_SUFFIX
from plansearch.corrections import Correction, CorrectionsFile, corrections_path, write_corrections
from plansearch.errors import CorrectionError, LimitError, QueryError, ReadError, reason_of
from plansearch.limits import MEGABYTE, Limits
from plansearch.originals import SETTINGS_FILES, fitting_suffix

PIECE: Final = MEGABYTE
LONGEST_NAME: Final = 180
"""Bytes of a name in UTF-8: systems take 255, and its corrections are kept under a longer one."""
FRESH: Final = 2.0
"""Seconds after which a file that is saved again has another time, on any file system."""
_FORBIDDEN: Final = frozenset('<>:"|?*')
"""What Windows takes in no name, beside what parts folders."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, those that turn the direction of writing, halves of pairs, line ends."""
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{name}{digit}" for name in ("com", "lpt") for digit in "0123456789¹²³"}
)
"""What Windows takes for a device, whatever suffix follows."""
_LEFT_OUT: Final = "readme"
"""What is called so, with any suffix, is not read as a plan."""
STALE: Final = "這份計畫在你打開這一頁之後有變動（檔案換過，或有人先存了更正）。請重新整理這一頁，再改一次。"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one uploaded file."""

    given: str
    """What the browser called it."""
    name: str | None
    """What it is called in the folder; ``None`` where it was not taken."""
    message: str = ""
    """What its sender should know; why, where it was not taken."""
    same: str | None = None
    """The file in the folder that has just this content."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What a reading of a file depends on, beside the program."""

    content: str | None
    corrections: str | None
    overrides: int | None


class PlanFolder:
    """A folder of plans that people put files into.

    Args:
        root: the folder.
        limits: what one file may need.
    """

    def __init__(self, root: Path, limits: Limits) -> None:
        self.root = root
        self.limits = limits
        self._hashes: dict[Path, tuple[tuple[int, int, int], str]] = {}
        self._lock = threading.Lock()

    def files(self) -> dict[str, Path]:
        """All files that may be plans, by their names in the index; links and what is no file of bytes are none.

        Raises:
            ReadError: the folder is missing or cannot be listed.
        """
        return {name: path for name, path in plan_files(self.root)[0].items() if _is_plain(path)}

    def stamp(self) -> str:
        """Changes whenever a file, a correction or a setting in the folder does, as far as times and sizes tell.

        Raises:
            ReadError: the folder is missing or cannot be listed.
        """
        digest = sha256()
        paths = [path for one in self.files().values() for path in (one, corrections_path(one))]
        for path in (*paths, *(self.root / name for name in SETTINGS_FILES)):
            try:
                status = path.lstat()
            except OSError:
                continue
            digest.update(repr((str(path), status.st_size, status.st_mtime_ns)).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    def content(self, path: Path) -> str | None:
        """SHA-256 of a file's bytes; ``None`` where it is no file, too large, or cannot be read."""
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > self.limits.max_size:
                return None
            key = (status.st_size, status.st_mtime_ns, status.st_ino)
            known = self._hashes.get(path)
            if known is not None and known[0] == key:
                return known[1]
            found = _digest(path)
        except OSError:
            return None
        if time.time() - status.st_mtime > FRESH:
            self._hashes[path] = (key, found)
        return found

    def state(self, path: Path) -> FileState:
        """What a reading of a file depends on now."""
        overrides = self.root / OVERRIDES_NAME
        try:
            saved = overrides.stat().st_mtime_ns
        except OSError:
            saved = None
        return FileState(self.content(path), self.content(corrections_path(path)), saved)

    def inspect(self, path: Path) -> InspectedFile:
        """Read one file of the folder, with what is known better.

        Raises:
            PlansearchError: it cannot be read, or holds nothing that could be a plan.
        """
        return inspect_file(path, ReadingOptions(self.limits), folder=self.root)

    def correct(self, path: Path, seen: FileState, sha256: str, corrections: Sequence[Correction]) -> None:
        """Keep what people corrected in a file.

        Args:
            path: the file.
            seen: its state when they looked at it.
            sha256: of the file that they corrected.
            corrections: all of them.

        Raises:
            CorrectionError: it changed meanwhile, or they cannot be written.
        """
        with self._lock:
            if self.state(path) != seen:
                raise CorrectionError(STALE)
            write_corrections(path, CorrectionsFile(path.name, sha256, tuple(corrections)))

    def receive(self, given: str, file: IO[bytes]) -> Received:
        """Take an uploaded file, under a name of our own.

        Args:
            given: what the browser calls it.
            file: its bytes.

        Raises:
            PlansearchError: it is too large, no kind of file that is read, broken, or cannot be kept.
        """
        name = safe_name(given)
        draft = self.root / f".plansearch-{secrets.token_hex(8)}.tmp"
        try:
            self._copy(file, draft, name)
            suffix = fitting_suffix(draft, name, self.limits)
            with self._lock:
                content = _digest(draft)
                same = next((known for known, path in self.files().items() if self.content(path) == content), None)
                if same is not None:
                    return Received(given, None, f"與資料夾裡的「{same}」內容完全相同，沒有再存一份。", same)
                kept = self._publish(draft, name, suffix)
        except OSError as error:
            raise ReadError(f"「{name}」無法存進資料夾：{reason_of(error)}。請確認資料夾可以寫入。") from error
        finally:
            draft.unlink(missing_ok=True)
        renamed = f"資料夾裡已經有同名的檔案，內容不同；這一份存成「{kept}」。" if kept != _fitted(name, suffix) else ""
        return Received(given, kept, renamed)

    def _copy(self, file: IO[bytes], draft: Path, name: str) -> None:
        size = 0
        with draft.open("xb") as out:
            while piece := file.read(PIECE):
                size += len(piece)
                if size > self.limits.max_size:
                    limit = f"{self.limits.max_size / MEGABYTE:.0f} MB"
                    raise LimitError(f"「{name}」超過上限（{limit}），沒有收下。請先移除大圖或拆成幾個檔案。")
                out.write(piece)

    def _publish(self, draft: Path, name: str, suffix: str) -> str:
        """Give a draft the first name that is free; what has a name already is never touched."""
        number = 1
        while True:
            kept = _fitted(name, suffix, number)
            target = self.root / kept
            try:
                target.open("xb").close()  # the name is ours from here on, whoever else asks for it
            except FileExistsError:
                number += 1
                continue
            try:
                os.replace(draft, target)  # noqa: PTH105  in one step, so that nobody reads half a file
            except OSError:
                target.unlink(missing_ok=True)
                raise
            return kept


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def safe_name(given: str) -> str:
    """A name of one file that every system takes, as near as can be to what somebody called it.

    Raises:
        QueryError: the name is that of a settings file, or of corrections.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given))[-1]
    seen = "".join(
        "_" if character in _FORBIDDEN else character
        for character in last
        if unicodedata.category(character) not in _UNSEEN
    )
    name = re.sub(r"\s+", " ", seen).lstrip(". ~$").rstrip(". ") or "計畫"
    if name.casefold() in SETTINGS_FILES or CORRECTIONS_SUFFIX in name.casefold():
        raise QueryError(f"「{name}」是設定檔或更正檔的名稱，不能上傳。要更正計畫，請在它的更正頁面上修改。")
    stem = name.partition(".")[0].strip().casefold()
    return f"_{name}" if stem in _DEVICES or Path(name).stem.casefold() == _LEFT_OUT else name


def _fitted(name: str, suffix: str, number: int = 1) -> str:
    """A name with its suffix and, from the second on, its number, cut where it is too long."""
    stem = name.removesuffix(suffix)
    end = (f" ({number})" if number > 1 else "") + suffix
    room = LONGEST_NAME - len(end.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + end


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
