"""A folder of plans: which files are read, which are not and why, and what ``plans.toml`` says of them."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from plansearch.corrections import SUFFIX as CORRECTIONS_SUFFIX
from plansearch.corrections import (
    CorrectedPlan,
    CorrectionsFile,
    apply_corrections,
    has_corrections,
    read_corrections,
)
from plansearch.errors import ConfigurationError, CorrectionError, ParseError, PlansearchError, ReadError, reason_of
from plansearch.frameworks import Framework
from plansearch.isolation import FileReader, read_each
from plansearch.limits import DEFAULT_LIMITS, Limits
from plansearch.parsing.metadata import agency_type_of
from plansearch.planfile import KNOWN_SUFFIXES, FileReading, ReadingTask
from plansearch.readings import ReadingCache, reading_key
from plansearch.types import Metadata, Plan, Progress, SkippedFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

OVERRIDES_NAME = "plans.toml"
"""Beside the plans: what the person who collected them knows better than their text."""
_OF_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
"""What Windows leaves in folders, lower case; other systems begin such names with a dot."""
_SETTINGS = frozenset({OVERRIDES_NAME, "synonyms.toml"})
"""Files beside the plans that say how to read or search them."""
_FURTHER_PLAN = re.compile(r"\[\d+\]$")
"""After the file's name in that of its second plan and those that follow."""
_LINK = "這是捷徑（符號連結），不會跟過去讀取。如果它指的是計畫，請把檔案本身複製到資料夾裡。"
_SAME_NAME = "有兩個檔案的名稱讀出來是一樣的，這一個沒有讀。請改名後再試。"
_SETTINGS_BELOW = "這份設定檔在裡層的資料夾，沒有採用。請把內容併到最上層的設定檔；file 寫成「資料夾/檔名」。"
_ORPHAN = "這份更正所屬的計畫檔不在資料夾裡，可能已改名。請把更正檔改成相同的名稱，或確認不再需要後刪除。"
_FIELD_TYPES: Mapping[str, type] = {"agency": str, "agency_type": str, "city": str, "year": int, "title": str}

_PARTIAL = ".tmp"


@dataclass(frozen=True, slots=True)
class Collection:
    """The plans of a folder, in the order of their names, and the files that gave none."""

    plans: tuple[Plan, ...]
    skipped: tuple[SkippedFile, ...]


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How the files of a folder are read."""

    limits: Limits = DEFAULT_LIMITS
    force: tuple[str, ...] = ()
    """Names or patterns (``*.docx``) of files that are plans, whatever they look like."""
    ocr: bool = False
    frameworks: tuple[Framework, ...] | None = None
    """The catalogs to align with; those that come with the program if not given."""

    def forces(self, name: str) -> bool:
        """Whether a file is to be taken for a plan."""
        last = name.rsplit("/", 1)[-1]
        return any(wanted in {name, last} or fnmatchcase(name, wanted) for wanted in self.force)


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """One file with its plans, what else stands in it, and what people corrected."""

    plans: tuple[CorrectedPlan, ...]
    asides: tuple[SkippedFile, ...]
    corrections: CorrectionsFile | None


def read_collection(
    folder: Path,
    progress: Progress | None = None,
    frameworks: Sequence[Framework] | None = None,
    options: ReadingOptions | None = None,
    *,
    readings: ReadingCache | None = None,
    workers: int | None = None,
) -> Collection:
    """Read and parse all plans under a folder.

    A file that cannot be read costs that file alone; it is listed with the reason. Symbolic links are not followed.
    Of files with the same content one is read.

    Args:
        folder: where the plans are; folders inside it are read too.
        progress: called after each file with how many of how many are done.
        frameworks: the catalogs to align with; those that come with the program if not given.
        options: limits, and which files are plans whatever they look like.
        readings: what files gave before; what is new is put in.
        workers: how many processes may read at the same time; by default as many as there are cores. Few files are
            read one after the other.

    Raises:
        ReadError: the folder is missing or cannot be listed.
        ConfigurationError: ``plans.toml`` is wrong.
    """
    options = options or ReadingOptions(frameworks=tuple(frameworks) if frameworks is not None else None)
    files, skipped = plan_files(folder)
    overrides = read_overrides(folder / OVERRIDES_NAME)
    skipped += _missing(files, overrides, options)
    unique, duplicates = _unique(files, overrides, options)
    skipped += duplicates
    plans: list[Plan] = []

    def read(reader: FileReader, name: str) -> InspectedFile | SkippedFile:
        try:
            return _inspect(reader, unique[name], name, overrides, options, readings=readings)
        except PlansearchError as error:
            return SkippedFile(name, str(error), "not_a_plan" if isinstance(error, ParseError) else "unreadable")

    for done, reading in enumerate(read_each(read, list(unique), options.limits, workers), 1):
        if isinstance(reading, InspectedFile):
            plans += [corrected.plan for corrected in reading.plans]
            skipped += reading.asides
        else:
            skipped.append(reading)
        if progress is not None:
            progress(done, len(unique))
    return Collection(tuple(plans), tuple(sorted(skipped, key=lambda file: file.name)))


def read_plan(path: Path, frameworks: Sequence[Framework] | None = None) -> Plan:
    """Read and parse one plan, with what ``plans.toml`` and corrections beside it say.

    Of a file that holds several plans it is the first; a file that does not look like a plan is read all the same,
    and ``doubt`` says so.

    Raises:
        PlansearchError: it cannot be read, or holds nothing that could be a plan.
    """
    options = ReadingOptions(frameworks=tuple(frameworks) if frameworks is not None else None)
    return inspect_file(path, options).plans[0].plan


def inspect_file(path: Path, options: ReadingOptions | None = None, *, folder: Path | None = None) -> InspectedFile:
    """Read one file with everything that is known of it, also one that does not look like a plan.

    Args:
        path: the file.
        options: limits; it is taken for a plan whatever they say.
        folder: the folder of plans that it belongs to, where it stands in a folder inside of that.

    Raises:
        PlansearchError: it cannot be read, or holds nothing that could be a plan.
    """
    options = replace(options or ReadingOptions(), force=("*",))
    folder = folder or path.parent
    overrides = read_overrides(folder / OVERRIDES_NAME)
    with FileReader(options.limits) as reader:
        return _inspect(reader, path, _name_of(path, folder), overrides, options)


def read_overrides(path: Path) -> dict[str, dict[str, str | int]]:
    """Read ``plans.toml``: ``[[plan]]`` tables with ``file`` and any of agency, agency_type, city, year, title.

    Returns:
        File name to fields; empty where there is no such file.

    Raises:
        ConfigurationError: it is no TOML, or a field is unknown or of the wrong kind.
    """
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"無法讀取「{path}」：{reason_of(error)}。請確認它是 UTF-8 的 TOML 檔。") from error
    if unknown := sorted(content.keys() - {"plan"}):
        raise ConfigurationError(f"「{path}」有不認識的 {unknown[0]}；每份計畫要各寫一段 [[plan]]（兩層方括號）。")
    tables = content.get("plan", [])
    if not isinstance(tables, list):
        raise ConfigurationError(f"「{path}」的每份計畫要各寫一段 [[plan]]（兩層方括號）。")
    found: dict[str, dict[str, str | int]] = {}
    for number, table in enumerate(tables, 1):
        name, given = _override(path, number, table)
        if name in found:
            raise ConfigurationError(f"「{path}」有兩段 [[plan]] 都寫「{name}」。請合併成一段。")
        found[name] = given
    return found


def _override(path: Path, number: int, table: object) -> tuple[str, dict[str, str | int]]:
    where = f"「{path}」第 {number} 段 [[plan]]"
    if not isinstance(table, dict) or not isinstance(table.get("file"), str):
        raise ConfigurationError(f"{where}缺少 file（檔名）。")
    given = {key: value for key, value in table.items() if key != "file"}
    for key, value in given.items():
        kind = _FIELD_TYPES.get(key)
        if kind is None:
            raise ConfigurationError(f"{where}有不認識的欄位 {key}；可用的是 file、{'、'.join(_FIELD_TYPES)}。")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigurationError(f"{where}的 {key} 應為{'整數（民國年）' if kind is int else '文字（加引號）'}。")
    return table["file"], given


def plan_files(folder: Path) -> tuple[dict[str, Path], list[SkippedFile]]:
    """Name to path of every file that may be a plan, sorted by name, and what is left unopened.

    A README beside the plans is none, nor what the system or an office program leaves there.

    Raises:
        ReadError: the folder is missing or cannot be listed.
    """
    if not folder.is_dir():
        raise ReadError(f"找不到資料夾「{folder}」。請確認路徑；計畫檔要放在同一個資料夾裡。")
    named: dict[str, Path] = {}
    skipped: list[SkippedFile] = []
    for path in _walk(folder, folder, skipped):
        name = _name_of(path, folder)
        if _is_ignored(path, name):
            continue
        if path.is_symlink():
            skipped.append(SkippedFile(name, _LINK, "link"))
        elif name in _SETTINGS or name.endswith(CORRECTIONS_SUFFIX + _PARTIAL):
            continue
        elif name.endswith(CORRECTIONS_SUFFIX):
            if not path.with_name(path.name.removesuffix(CORRECTIONS_SUFFIX)).exists():
                skipped.append(SkippedFile(name, _ORPHAN, "missing"))
        elif path.name in _SETTINGS:
            skipped.append(SkippedFile(name, _SETTINGS_BELOW, "missing"))
        elif name in named:
            skipped.append(SkippedFile(name, _SAME_NAME))
        else:
            named[name] = path
    return {name: named[name] for name in sorted(named)}, skipped


def _is_ignored(path: Path, name: str) -> bool:
    """Whether a file is none that a person put there as a plan."""
    hidden = any(part.startswith((".", "~$")) for part in name.split("/"))
    return hidden or path.name.lower() in _OF_SYSTEM or path.stem.lower() == "readme"


def _name_of(path: Path, folder: Path) -> str:
    """What a file is called. Names that unpacking an old archive left in Big5 are read as that."""
    name = path.relative_to(folder).as_posix()
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(name).decode("cp950", errors="replace")
    return name


def _walk(folder: Path, root: Path, skipped: list[SkippedFile]) -> Iterator[Path]:
    """Everything under a folder that is no folder; links are given, never followed."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        if folder == root:
            raise ReadError(f"無法讀取資料夾「{folder}」：{reason_of(error)}。請確認讀取權限。") from error
        name = _name_of(folder, root)
        reason = f"無法讀取資料夾「{name}」：{reason_of(error)}。請確認讀取權限。"
        skipped.append(SkippedFile(f"{name}/", reason))
        return
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, skipped)
        else:
            yield Path(entry.path)


def _missing(files: Mapping[str, Path], overrides: Mapping[str, object], options: ReadingOptions) -> list[SkippedFile]:
    """What ``plans.toml`` and ``--force`` name and the folder does not have."""
    named = [
        SkippedFile(name, f"{OVERRIDES_NAME} 提到這個檔案，但資料夾中沒有。請檢查檔名。", "missing")
        for name in overrides
        if _FURTHER_PLAN.sub("", name) not in files
    ]
    forced = [
        SkippedFile(wanted, "--force 提到這個檔案，但資料夾中沒有。請檢查檔名。", "missing")
        for wanted in options.force
        if not any(replace(options, force=(wanted,)).forces(name) for name in files)
    ]
    return named + forced


def _unique(
    files: Mapping[str, Path], overrides: Mapping[str, object], options: ReadingOptions
) -> tuple[dict[str, Path], list[SkippedFile]]:
    """The files with different contents, and those that only say again what another says.

    Of two, the one that ``--force``, ``plans.toml`` or corrections speak of is read, else the first by name, where
    one with a known suffix goes before another: a text called ``.bak`` is not read, its copy called ``.txt`` is.
    """
    groups: dict[str, list[str]] = {}
    for name, path in files.items():
        groups.setdefault(_content(path, options.limits) or f"/{name}", []).append(name)
    again: dict[str, str] = {}
    for names in groups.values():
        known = [name for name in names if options.forces(name) or name in overrides or has_corrections(files[name])]
        named = [name for name in names if files[name].suffix.lower() in KNOWN_SUFFIXES]
        chosen = [*known, *named, *names][0]
        again |= {name: chosen for name in names if name != chosen}
    skipped = [
        SkippedFile(name, f"與「{first}」的內容完全相同，只讀那一個檔案。", "duplicate")
        for name, first in again.items()
    ]
    return {name: path for name, path in files.items() if name not in again}, skipped


def _content(path: Path, limits: Limits) -> str | None:
    """What a file's content is known by; ``None`` where it is not to be opened, or empty."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= limits.max_size:
            return None
        with path.open("rb") as file:
            return sha256(file.read()).hexdigest()
    except OSError:
        return None


def _inspect(
    reader: FileReader,
    path: Path,
    name: str,
    overrides: Mapping[str, Mapping[str, str | int]],
    options: ReadingOptions,
    *,
    readings: ReadingCache | None = None,
) -> InspectedFile:
    """Read one file, and apply what is known better."""
    task = ReadingTask(path, name, options.limits, options.forces(name), options.ocr, options.frameworks)
    reading = _read(reader, task, readings)
    file, remarks = _corrections_of(path)
    plans = [
        apply_corrections(
            replace(_overridden(plan, overrides.get(plan.name, {})), remarks=remarks),
            number,
            file,
            options.frameworks,
            plans=len(reading.plans),
        )
        for number, plan in enumerate(reading.plans, 1)
    ]
    return InspectedFile(tuple(plans), reading.asides, file)


def _read(reader: FileReader, task: ReadingTask, readings: ReadingCache | None) -> FileReading:
    """What a file gives, or gave before."""
    content = _content(task.path, task.limits) if readings is not None else None
    key = reading_key(task, content) if content is not None else None
    if readings is None or key is None:
        return reader.read(task)
    known = readings.get(key)
    if known is None:
        known = reader.read(task)
        # a file that was saved meanwhile gave what it holds now, not what it held
        if _content(task.path, task.limits) == content:
            readings.put(key, known)
    return known


def _corrections_of(path: Path) -> tuple[CorrectionsFile | None, tuple[str, ...]]:
    """What people corrected; where that cannot be read, the plan is shown as its source has it, and says so."""
    try:
        return read_corrections(path), ()
    except CorrectionError as error:
        return None, (f"{error}這裡列的是原檔的內容，沒有套用更正。",)


def _overridden(plan: Plan, override: Mapping[str, str | int]) -> Plan:
    """The plan with what ``plans.toml`` says of it."""
    if not override:
        return plan
    values = {field.name: getattr(plan.metadata, field.name) for field in fields(Metadata)} | dict(override)
    if "agency" in override and "agency_type" not in override:
        values["agency_type"] = agency_type_of(str(override["agency"])) or values["agency_type"]
    return replace(plan, metadata=Metadata(**values), overridden=tuple(sorted(override)))
