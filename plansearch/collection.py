"""A folder of plans: which files are read, which are not and why, and what ``plans.toml`` says of them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from plansearch.encoders import load_encoder
from plansearch.errors import ConfigurationError, EncoderError, PlansearchError, ReadError
from plansearch.frameworks import Framework, bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.parsing.metadata import agency_type_of
from plansearch.readers import read_document
from plansearch.types import Encoder, Metadata, Plan, Progress, SkippedFile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

OVERRIDES_NAME = "plans.toml"
"""Beside the plans: what the person who collected them knows better than their text."""
_FIELD_TYPES: Mapping[str, type] = {"agency": str, "agency_type": str, "city": str, "year": int, "title": str}


@dataclass(frozen=True, slots=True)
class Collection:
    """The plans of a folder, in the order of their names, and the files that gave none."""

    plans: tuple[Plan, ...]
    skipped: tuple[SkippedFile, ...]


def read_collection(
    folder: Path, progress: Progress | None = None, frameworks: Sequence[Framework] | None = None
) -> Collection:
    """Read and parse all plans under a folder.

    A file that cannot be read costs that file alone; it is listed with the reason. Symbolic links are not followed.

    Args:
        folder: where the plans are; folders inside it are read too.
        progress: called after each file with how many of how many are done.
        frameworks: the catalogs to align with; those that come with the program if not given.

    Raises:
        ReadError: the folder is missing or cannot be listed.
        ConfigurationError: ``plans.toml`` is wrong.
    """
    files = _files(folder)
    overrides = read_overrides(folder / OVERRIDES_NAME)
    catalogs = bundled_frameworks() if frameworks is None else frameworks
    plans: list[Plan] = []
    skipped = [
        SkippedFile(name, f"{OVERRIDES_NAME} 提到這個檔案，但資料夾中沒有。請檢查檔名。")
        for name in overrides
        if name not in files
    ]
    for done, (name, path) in enumerate(files.items(), 1):
        try:
            plans.append(_read(path, name, overrides.get(name, {}), catalogs))
        except PlansearchError as error:
            skipped.append(SkippedFile(name, str(error)))
        if progress is not None:
            progress(done, len(files))
    return Collection(tuple(plans), tuple(skipped))


def read_plan(path: Path, frameworks: Sequence[Framework] | None = None) -> Plan:
    """Read and parse one plan, with what ``plans.toml`` beside it says.

    Raises:
        PlansearchError: it cannot be read, or is no plan.
    """
    overrides = read_overrides(path.parent / OVERRIDES_NAME)
    catalogs = bundled_frameworks() if frameworks is None else frameworks
    return _read(path, path.name, overrides.get(path.name, {}), catalogs)


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
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("plan", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"無法讀取「{path}」：{error}。請確認它是 UTF-8 的 TOML 檔。") from error
    if not isinstance(tables, list):
        raise ConfigurationError(f"「{path}」的每份計畫要各寫一段 [[plan]]（兩層方括號）。")
    return dict(_override(path, number, table) for number, table in enumerate(tables, 1))


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


def _files(folder: Path) -> dict[str, Path]:
    """Name to path of every file that may be a plan, sorted by name; a README beside the plans is none."""
    if not folder.is_dir():
        raise ReadError(f"找不到資料夾「{folder}」。請確認路徑；計畫檔要放在同一個資料夾裡。")
    try:
        paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    except OSError as error:
        raise ReadError(f"無法讀取資料夾「{folder}」：{error.strerror or error}。請確認讀取權限。") from error
    named = {path.relative_to(folder).as_posix(): path for path in paths}
    hidden = {name for name in named if any(part.startswith((".", "~$")) for part in name.split("/"))}
    beside = {name for name, path in named.items() if path.stem.lower() == "readme"}
    return {name: named[name] for name in sorted(named.keys() - hidden - beside - {OVERRIDES_NAME})}


def _read(path: Path, name: str, override: Mapping[str, str | int], frameworks: Sequence[Framework]) -> Plan:
    plan = parse_document(read_document(path, name), frameworks, _bundled_encoder)
    if not override:
        return plan
    values = {field.name: getattr(plan.metadata, field.name) for field in fields(Metadata)} | dict(override)
    if "agency" in override and "agency_type" not in override:
        values["agency_type"] = agency_type_of(str(override["agency"])) or values["agency_type"]
    return replace(plan, metadata=Metadata(**values), overridden=tuple(sorted(override)))


@cache
def _bundled_encoder() -> Encoder | None:
    """The bundled model, whose likenesses the thresholds were measured on; ``None`` where it is not installed."""
    try:
        return load_encoder()
    except EncoderError:
        return None
