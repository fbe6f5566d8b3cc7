"""Frameworks as data: each is one TOML file that lists pillars, requirements and what they mean.

A file looks like this; its name without ``.toml`` is the framework's id::

    title = "…"
    description = "…"
    source = "…"

    [[pillars]]
    code = "1"
    title = "…"
    aliases = []                    # other ways to write the title

    [[pillars.requirements]]
    code = "1.1"
    title = "…"
    description = "…"
    keywords = ["…"]
    examples = ["…"]                # measures that answer it
    aliases = []
    crosswalk = [{ framework = "…", code = "…", relation = "narrower" }]
    about_plan = true               # it asks for the plan itself; left out where it does not

The direction of a relation is always that of ``types.Relation``: the other requirement, seen from
the one it is written at. ``narrower`` says that the other asks for less.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Protocol, cast, get_args

from plansearch.errors import ConfigurationError, reason_of
from plansearch.types import Relation

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

_INVERSE: Mapping[Relation, Relation] = {
    "equal": "equal",
    "narrower": "wider",
    "wider": "narrower",
    "overlaps": "overlaps",
}
_KEYS_OF_FRAMEWORK = ("title", "description", "source", "pillars")
_KEYS_OF_PILLAR = ("code", "title", "aliases", "requirements")
_KEYS_OF_REQUIREMENT = (
    "code",
    "title",
    "description",
    "keywords",
    "examples",
    "aliases",
    "crosswalk",
    "about_plan",
)
_KEYS_OF_CROSSWALK = ("framework", "code", "relation")


class CatalogFile(Protocol):
    """A file on disk (``pathlib.Path``) or one inside of the package."""

    @property
    def name(self) -> str:
        """File name with its suffix."""
        ...

    def read_bytes(self) -> bytes:
        """The file's content."""
        ...


@dataclass(frozen=True, slots=True)
class CrosswalkEntry:
    """A requirement of another framework, and what it is as seen from this one."""

    framework: str
    code: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement (執行要項) of a framework, and what helps to recognise it.

    ``framework`` is the framework's id, ``pillar`` the code of its pillar.
    """

    framework: str
    code: str
    pillar: str
    title: str
    description: str
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    crosswalk: tuple[CrosswalkEntry, ...] = ()
    about_plan: bool = False
    """It asks for the plan itself, not for anything that is done for the public."""


@dataclass(frozen=True, slots=True)
class Pillar:
    """A group of requirements (構面)."""

    code: str
    title: str
    aliases: tuple[str, ...]
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """A published list of requirements that plans are written to."""

    id: str
    title: str
    description: str
    source: str
    pillars: tuple[Pillar, ...]

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """All requirements, in the catalog's order."""
        return tuple(requirement for pillar in self.pillars for requirement in pillar.requirements)

    def requirement(self, code: str) -> Requirement:
        """The requirement of this code.

        Raises:
            KeyError: The framework has no such requirement.
        """
        return {requirement.code: requirement for requirement in self.requirements}[code]

    def pillar(self, code: str) -> Pillar:
        """The pillar of this code.

        Raises:
            KeyError: The framework has no such pillar.
        """
        return {pillar.code: pillar for pillar in self.pillars}[code]


@dataclass(frozen=True, slots=True)
class _Node:
    """A TOML table together with where it stands, so that a complaint can name the place."""

    file: str
    path: str
    values: Mapping[str, object]

    def error(self, key: str, problem: str) -> ConfigurationError:
        place = f"{self.path}.{key}" if self.path else key
        return ConfigurationError(f"架構檔 {self.file} 的「{place}」{problem}")

    def only(self, allowed: Sequence[str]) -> None:
        for key in self.values:
            if key not in allowed:
                raise self.error(key, f"不是可用的欄位。可用：{'、'.join(allowed)}。請更正或刪除。")

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "必須是非空白的文字。請補上，例如 " + f'{key} = "…"。')
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry.strip() for entry in value):
            raise self.error(key, "必須是文字的清單。請寫成 " + f'{key} = ["…", "…"]。')
        return tuple(entry.strip() for entry in value)

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "只能是 true 或 false。請更正。")
        return value

    def nodes(self, key: str) -> tuple[_Node, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.error(key, "必須是表格的清單。請參考 six_pillars.toml 的寫法。")
        prefix = f"{self.path}.{key}" if self.path else key
        return tuple(_Node(self.file, f"{prefix}[{number}]", entry) for number, entry in enumerate(value, 1))


def load_framework(path: CatalogFile) -> Framework:
    """Read one framework from its TOML file; only its own crosswalk entries are known then.

    Args:
        path: The file; its name without ``.toml`` becomes the framework's id.

    Raises:
        ConfigurationError: The file cannot be read, or a key in it is missing, unknown or wrong.
    """
    name = path.name
    try:
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"無法讀取架構檔 {path}：{reason_of(error)}。請確認路徑與權限。") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"架構檔 {name} 不是 UTF-8 編碼。請另存為 UTF-8 後再試。") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"架構檔 {name} 不符合 TOML 格式：{error}。請檢查該行的引號與括號。") from error
    return _framework(_Node(name, "", values), name.removesuffix(".toml"))


def link_frameworks(frameworks: Sequence[Framework]) -> tuple[Framework, ...]:
    """Complete the crosswalks, so that each pair of requirements is known from both sides.

    Entries that point to a framework which is not among ``frameworks`` are kept as they are.

    Raises:
        ConfigurationError: An id occurs twice, an entry names an unknown code, or two sides disagree.
    """
    by_id = {framework.id: framework for framework in frameworks}
    if len(by_id) < len(frameworks):
        raise ConfigurationError(
            f"架構代號重複：{'、'.join(framework.id for framework in frameworks)}。請將檔案改名，使每個架構的檔名不同。"
        )
    relations = _relations(by_id)
    return tuple(_with_crosswalk(framework, relations) for framework in frameworks)


@cache
def bundled_frameworks() -> tuple[Framework, ...]:
    """The frameworks that come with plansearch, linked, sorted by id."""
    files = [entry for entry in resources.files(__package__).iterdir() if entry.name.endswith(".toml")]
    return link_frameworks([load_framework(entry) for entry in sorted(files, key=lambda entry: entry.name)])


def find_framework(identifier: str | None) -> Framework | None:
    """The bundled framework of an id; ``None`` where there is none."""
    return next((one for one in bundled_frameworks() if one.id == identifier), None)


def _framework(node: _Node, identifier: str) -> Framework:
    node.only(_KEYS_OF_FRAMEWORK)
    pillars = tuple(_pillar(entry, identifier) for entry in node.nodes("pillars"))
    if not pillars:
        raise node.error("pillars", "沒有任何構面。請至少寫一個 [[pillars]]。")
    framework = Framework(identifier, node.text("title"), node.text("description"), node.text("source"), pillars)
    _check_unique(node, [pillar.code for pillar in pillars])
    _check_unique(node, [requirement.code for requirement in framework.requirements])
    return framework


def _check_unique(node: _Node, codes: Sequence[str]) -> None:
    for code in codes:
        if codes.count(code) > 1:
            raise node.error("code", f"「{code}」出現不只一次。每個構面與要項的代碼必須不同，請更正。")


def _pillar(node: _Node, framework: str) -> Pillar:
    node.only(_KEYS_OF_PILLAR)
    code = node.text("code")
    requirements = tuple(_requirement(entry, framework, code) for entry in node.nodes("requirements"))
    if not requirements:
        raise node.error("requirements", "沒有任何要項。請至少寫一個 [[pillars.requirements]]。")
    return Pillar(code, node.text("title"), node.texts("aliases"), requirements)


def _requirement(node: _Node, framework: str, pillar: str) -> Requirement:
    node.only(_KEYS_OF_REQUIREMENT)
    return Requirement(
        framework=framework,
        code=node.text("code"),
        pillar=pillar,
        title=node.text("title"),
        description=node.text("description"),
        keywords=node.texts("keywords"),
        examples=node.texts("examples"),
        aliases=node.texts("aliases"),
        crosswalk=tuple(_crosswalk(entry, framework) for entry in node.nodes("crosswalk")),
        about_plan=node.flag("about_plan"),
    )


def _crosswalk(node: _Node, framework: str) -> CrosswalkEntry:
    node.only(_KEYS_OF_CROSSWALK)
    relation = node.text("relation")
    if relation not in get_args(Relation):
        raise node.error("relation", f"是「{relation}」，但只能是 {'、'.join(get_args(Relation))}。請更正。")
    if node.text("framework") == framework:
        raise node.error("framework", "指向自己。對照只寫其他架構，請更正。")
    return CrosswalkEntry(node.text("framework"), node.text("code"), cast(Relation, relation))


_Place = tuple[str, str]  # framework id and code


def _relations(by_id: Mapping[str, Framework]) -> dict[_Place, dict[_Place, Relation]]:
    """Every relation from both of its sides, in the catalogs' order."""
    known = {identifier: {entry.code for entry in one.requirements} for identifier, one in by_id.items()}
    relations: dict[_Place, dict[_Place, Relation]] = {}
    for framework in by_id.values():
        for requirement in framework.requirements:
            here = (framework.id, requirement.code)
            for entry in requirement.crosswalk:
                if entry.code not in known.get(entry.framework, {entry.code}):
                    raise ConfigurationError(
                        f"架構檔 {framework.id}.toml 的要項 {requirement.code} 對照到 {entry.framework} 的"
                        f"「{entry.code}」，但 {entry.framework}.toml 沒有這個代碼。請更正 crosswalk。"
                    )
                there = (entry.framework, entry.code)
                _record(relations, here, there, entry.relation)
                _record(relations, there, here, _INVERSE[entry.relation])
    return relations


def _record(relations: dict[_Place, dict[_Place, Relation]], here: _Place, there: _Place, relation: Relation) -> None:
    before = relations.setdefault(here, {}).setdefault(there, relation)
    if before != relation:
        raise ConfigurationError(
            f"對照不一致：{here[0]} {here[1]} 對 {there[0]} {there[1]} 同時是「{before}」與「{relation}」。"
            "請檢查兩個架構檔的 crosswalk，只留一種關係。"
        )


def _with_crosswalk(framework: Framework, relations: Mapping[_Place, Mapping[_Place, Relation]]) -> Framework:
    def linked(requirement: Requirement) -> Requirement:
        entries = relations.get((framework.id, requirement.code), {})
        return replace(
            requirement,
            crosswalk=tuple(CrosswalkEntry(there[0], there[1], relation) for there, relation in entries.items()),
        )

    pillars = tuple(
        replace(pillar, requirements=tuple(map(linked, pillar.requirements))) for pillar in framework.pillars
    )
    return replace(framework, pillars=pillars)
