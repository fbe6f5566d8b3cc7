"""Kill rebuilds of an index at every moment at which they touch the disk, and see what is answered then.

``python tests/killed_builds.py FOLDER`` prints one JSON object a moment. A build runs in a process of its own that
is ended by SIGKILL as its n-th file operation begins, for every n until one runs to its end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

from conftest import EAST, OTHER, WEST, TinyEncoder

from plansearch.index import PlanIndex
from plansearch.retrieval import search
from plansearch.types import Plan

OLD = (EAST, OTHER)
NEW = (EAST, WEST)
TOUCHES = {"open", "sqlite3.connect", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
QUERY = "單一窗口"


def build(plans: tuple[Plan, ...], directory: Path) -> int:
    return PlanIndex.build_from(plans, (), directory, encoder=TinyEncoder()).embedded


def answers(directory: Path) -> list[str]:
    with PlanIndex.open(directory, encoder=TinyEncoder()) as index:
        return [hit.found.id for hit in search(index, QUERY, fold_equal=False).hits]


def killed_build(directory: Path, moment: int) -> bool:
    """Rebuild in a child that is killed at a moment; tell whether it was, or was through before."""
    child = os.fork()
    if child == 0:
        touched = 0

        def kill_at_the_moment(event: str, _: object) -> None:
            nonlocal touched
            if event in TOUCHES:
                touched += 1
                if touched == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(kill_at_the_moment)
        try:
            build(NEW, directory)
        except BaseException:  # noqa: BLE001  whatever it was, this process must not go on as its parent
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, -signal.SIGKILL}:
        message = f"the build failed by itself at {moment}"
        raise RuntimeError(message)
    return status != 0


def main(folder: Path) -> None:
    build(OLD, folder / "old")
    moment, killed = 0, True
    while killed:
        moment += 1
        directory = folder / f"at-{moment}"
        shutil.copytree(folder / "old", directory)
        killed = killed_build(directory, moment)
        seen = {"moment": moment, "killed": killed, "then": answers(directory)}
        embedded = build(NEW, directory)
        print(json.dumps(seen | {"embedded": embedded, "rebuilt": answers(directory)}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
