"""Steps of a measurement that run in processes of their own, and what they say of time and memory.

A script that measures has steps, each a function that tells a list of records as JSON. `run_step` starts the script
anew for one of them, with one thread, so that no step sees what another has loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final, TypeVar

import numpy as np

MEGABYTE: Final = 1_000_000
STEP_TIMEOUT: Final = 3600.0
"""Seconds after which a step is given up."""
ONE_THREAD: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

Record = TypeVar("Record")


class StepError(RuntimeError):
    """A step failed or took too long."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Of the process that asks, in megabytes."""

    resident: float
    anonymous: float
    """What it holds itself; the rest of what is resident is files that are mapped, which the system can drop."""
    peak: float

    @classmethod
    def now(cls) -> Memory:
        """Read it from the system."""
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        kilobytes = {
            name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.strip()
        }
        return cls(*(int(kilobytes[name]) * 1024 / MEGABYTE for name in ("VmRSS", "RssAnon", "VmHWM")))


@dataclass(frozen=True, slots=True)
class Times:
    """Of questions one after another, in milliseconds."""

    n: int
    median: float
    p99: float
    slowest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Sum them up."""
        times = 1000 * np.asarray(seconds)
        return cls(len(times), float(np.median(times)), float(np.percentile(times, 99)), float(times.max()))


def timed(calls: Sequence[Callable[[], object]], budget: float, at_least: int = 20) -> Times:
    """Call one after another; after ``budget`` seconds no further ones, but ``at_least`` so many."""
    seconds: list[float] = []
    for call in calls:
        started = perf_counter()
        call()
        seconds.append(perf_counter() - started)
        if sum(seconds) > budget and len(seconds) >= at_least:
            break
    return Times.of(seconds)


def use_one_core() -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run_step(
    kind: type[Record],
    script: str,
    step: str,
    *arguments: str | float | Path,
    python: str = sys.executable,
    threads: bool = False,
) -> list[Record]:
    """Run a step of a script in a process of its own, with one thread unless told, and give the records that it tells.

    Raises:
        StepError: it failed or took too long; its last words are in the message.
    """
    command = [python, script, "--step", step, *map(str, arguments)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=os.environ | ({} if threads else ONE_THREAD),
            timeout=STEP_TIMEOUT,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        message = f"{step} took more than {STEP_TIMEOUT:.0f} s"
        raise StepError(message) from error
    except subprocess.CalledProcessError as error:
        message = f"{step} failed:\n{error.stderr[-2000:]}"
        raise StepError(message) from error
    return [kind(**record) for record in json.loads(done.stdout.splitlines()[-1])]


def tell(records: Sequence[Any]) -> None:
    """Print records for `run_step`, as the last line."""
    print("\n" + json.dumps([asdict(record) for record in records]))


def size_of(folder: Path) -> float:
    """Of all files under a folder, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEGABYTE
