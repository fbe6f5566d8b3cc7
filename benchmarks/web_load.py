"""Fifty people use one page at the same time, while the index is built anew again and again.

Usage: python benchmarks/web_load.py INDEX FOLDER [SECONDS] [CLIENTS]

INDEX and FOLDER, the plans that it was built from, are copied first; nothing of them is changed. `plansearch serve`
runs in a process of its own, on a free port, and `plansearch index` in another. Half of the questions are never asked
twice, so that it is not only answers kept from before that are measured.

It prints what was answered and how fast, and the memory of the server; the exit code says whether anything failed or
the memory grew. On Linux only, since that is where the memory is read.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np

SECONDS = 60.0
CLIENTS = 50
BETWEEN_BUILDS = 8.0
"""Seconds between the end of one build and the beginning of the next."""
STARTS = 30.0
"""Seconds within which the server has to answer."""
GROWTH = 1.10
ASKED_AGAIN = 0.5
"""Share of the questions that others ask, too."""
SLACK = 30.0
"""The memory grew where at the end it is more than so many times that of the middle, and so many megabytes more."""
WORDS = [
    "無障礙",
    "坡道",
    "志工",
    "電話",
    "禮貌",
    "問卷",
    "網路",
    "申辦",
    "到府",
    "服務",
    "櫃檯",
    "叫號",
    "公布",
    "流程",
    "時間",
    "長者",
    "新住民",
    "獎勵",
    "訓練",
    "宣導",
]

PLAN = """\
示範市試行區公所113年度提升服務計畫

肆、計畫內容：

執行要項\t\t執行重點\t承辦單位
一、完備基礎服務項目，注重服務特性差異化\t(二)提供民眾易讀、易懂、易用的服務申辦資訊及進度查詢管道，提升服務流程透明度。\t\
1、第{number}版申辦須知公布於網站首頁。\t秘書室
"""
"""A plan that is another one at each build."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to use the page."""

    name: str
    weight: int
    address: Callable[[random.Random], str]


@dataclass(slots=True)
class Seen:
    """What happened."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    builds: int = 0
    processor: float = 0.0
    """Seconds of the processor that the server took."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds from the start, megabytes."""


def kinds_of(queries: Sequence[str], plans: Sequence[str], agencies: Sequence[str]) -> list[Kind]:
    """What people do, and how often."""

    def question(chance: random.Random) -> str:
        return chance.choice(queries) if chance.random() < ASKED_AGAIN else " ".join(chance.sample(WORDS, 3))

    def search(path: str, **settings: str | int) -> Callable[[random.Random], str]:
        return lambda chance: f"{path}?{urlencode({'q': question(chance), **settings})}"

    def of_agency(path: str) -> Callable[[random.Random], str]:
        return lambda chance: f"{path}?{urlencode({'agency': chance.choice(agencies)})}"

    return [
        Kind("search", 8, search("/search")),
        Kind("search, filtered", 4, search("/search", year=113)),
        Kind("search, words only", 1, search("/search", mode="words")),
        Kind("search, why", 1, search("/search", why=1)),
        Kind("by agency", 3, search("/search", by="agency")),
        Kind("start page", 1, lambda _: "/"),
        Kind("plan", 3, lambda chance: f"/plan/{quote(chance.choice(plans), safe='')}"),
        Kind("basket", 1, lambda chance: f"/basket?{urlencode({'item': f'{chance.choice(plans)}#1'})}"),
        Kind("compare, requirement", 2, lambda chance: f"/compare?what={chance.choice(['1.3', '2.3', '3.1'])}"),
        Kind("compare, words", 1, lambda chance: f"/compare?{urlencode({'what': chance.choice(queries)})}"),
        Kind("export", 1, search("/export/search.csv")),
        Kind("API search", 4, search("/api/search")),
        Kind("API by agency", 1, search("/api/agencies")),
        Kind("API compare", 1, lambda chance: f"/api/compare?what={chance.choice(['1.3', '2.3', '3.1'])}"),
        Kind("API gaps", 1, of_agency("/api/gaps")),
        Kind("API plan", 1, lambda chance: f"/api/plans/{quote(chance.choice(plans), safe='')}"),
        Kind("style", 1, lambda _: "/static/style.css"),
    ]


async def get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str, host: str) -> tuple[int, bytes]:
    """Ask for one address; the connection stays open."""
    writer.write(f"GET {address} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, headers = int(head[9:12]), head.lower()
    length = next((line for line in headers.split("\r\n") if line.startswith("content-length:")), None)
    if length is None:
        raise ConnectionError("an answer without its length")
    return status, await reader.readexactly(int(length.partition(":")[2]))


async def use(port: int, kinds: Sequence[Kind], until: float, seen: Seen, chance: random.Random) -> None:
    """Be one of those who use the page."""
    host = f"127.0.0.1:{port}"
    reader = writer = None
    while time.monotonic() < until:
        [kind] = chance.choices(kinds, [kind.weight for kind in kinds])
        address = kind.address(chance)
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            started = time.perf_counter()
            status, _ = await asyncio.wait_for(get(reader, writer, address, host), 120)
            seen.seconds[kind.name].append(time.perf_counter() - started)
            seen.statuses[status] += 1
            if status >= HTTPStatus.BAD_REQUEST:
                seen.failures.append(f"{status} {address}")
        except (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError) as error:
            seen.failures.append(f"{type(error).__name__} {address}")
            reader = writer = None
    if writer is not None:
        writer.close()


async def rebuild(folder: Path, index: Path, until: float, seen: Seen) -> None:
    """Build the index anew, with other content each time."""
    while time.monotonic() + BETWEEN_BUILDS < until:
        await asyncio.sleep(BETWEEN_BUILDS)
        (folder / "113_示範市試行區公所.txt").write_text(PLAN.format(number=seen.builds + 1), encoding="utf-8")
        command = [sys.executable, "-m", "plansearch", "index", str(folder), "--index", str(index)]
        building = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"}
        )
        _, told = await building.communicate()
        if building.returncode not in {0, 3}:  # 3: some files of the folder are no plans
            seen.failures.append(f"build: {told.decode(errors='replace')[-300:]}")
        seen.builds += 1


def resident(pid: int) -> float:
    """Memory of a process in megabytes, without mapped files."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the system does not tell the memory")


def processor_of(pid: int) -> float:
    """Seconds of the processor that a process took so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def watch(pid: int, until: float, seen: Seen) -> None:
    """Write the memory down each second."""
    started = time.monotonic()
    while time.monotonic() < until:
        seen.memory.append((time.monotonic() - started, resident(pid)))
        await asyncio.sleep(1)


@asynccontextmanager
async def server(index: Path) -> AsyncIterator[tuple[int, int]]:
    """Serve an index; gives the process and the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "plansearch", "serve", "--index", str(index), "--port", str(port)]
    serving = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + STARTS
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                if time.monotonic() > until or serving.returncode is not None:
                    raise
                await asyncio.sleep(0.1)
        yield serving.pid, port
    finally:
        if serving.returncode is None:
            serving.terminate()
        _, told = await serving.communicate()
        lines = [line for line in told.decode(errors="replace").splitlines() if not line.startswith("網頁：")]
        print(*lines[-20:], sep="\n", file=sys.stderr)


async def known(port: int) -> tuple[list[str], list[str]]:
    """Which plans and agencies there are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    _, body = await get(reader, writer, "/api/plans", f"127.0.0.1:{port}")
    writer.close()
    plans = json.loads(body)["plans"]
    return [plan["plan"] for plan in plans], sorted({plan["agency"] for plan in plans if plan["agency"]})


async def there(port: int, kinds: Sequence[Kind]) -> list[Kind]:
    """Those that this server answers at all; also wakes it up."""
    found = []
    chance = random.Random(1)  # noqa: S311  nothing secret
    for kind in kinds:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        status, _ = await get(reader, writer, kind.address(chance), f"127.0.0.1:{port}")
        writer.close()
        if status == HTTPStatus.NOT_FOUND:
            print(f"not there: {kind.name}", file=sys.stderr)
        else:
            found.append(kind)
    return found


async def measure(index: Path, folder: Path, seconds: float, clients: int) -> Seen:
    """Run all of it."""
    queries = [
        json.loads(line)["query"]
        for line in Path(__file__).with_name("queries.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    seen = Seen()
    async with server(index) as (pid, port):
        kinds = await there(port, kinds_of(queries, *await known(port)))
        until = time.monotonic() + seconds
        before = processor_of(pid)
        await asyncio.gather(
            *(use(port, kinds, until, seen, random.Random(number)) for number in range(clients)),  # noqa: S311
            rebuild(folder, index, until, seen),
            watch(pid, until, seen),
        )
        seen.processor = processor_of(pid) - before
        seen.memory.append((seconds, resident(pid)))
    return seen


def show(seen: Seen, seconds: float, clients: int) -> bool:
    """Print what happened; whether all is well."""
    everything = [one for some in seen.seconds.values() for one in some]
    print(f"\n{clients} clients, {seconds:g} s, {seen.builds} builds meanwhile")
    print("| | requests | per second | p50 ms | p95 ms | p99 ms | slowest ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, times in [*sorted(seen.seconds.items()), ("all", everything)]:
        p50, p95, p99, most = 1000 * np.percentile(times, [50, 95, 99, 100])
        print(
            f"| {name} | {len(times)} | {len(times) / seconds:.1f} | {p50:.0f} | {p95:.0f} | {p99:.0f} | {most:.0f} |"
        )
    memory = [megabytes for _, megabytes in seen.memory]
    start, middle, end = memory[0], max(memory[len(memory) // 3 : len(memory) // 2 + 1]), max(memory[-5:])
    grew = end > middle * GROWTH and end > middle + SLACK
    each = 1000 * seen.processor / len(everything)
    print(f"\nthe server took {seen.processor:.0f} s of the processor, {each:.0f} ms a request")
    print(f"the machine has {os.cpu_count()} cores and {os.getloadavg()[0]:.1f} that want one")
    print(f"statuses: {dict(sorted(seen.statuses.items()))}; failures: {len(seen.failures)}")
    print(*seen.failures[:10], sep="\n")
    print(
        f"memory: {start:.0f} MB at the start, {middle:.0f} in the middle, {end:.0f} at the end, most {max(memory):.0f}"
    )
    print("it grew" if grew else "it did not grow")
    return not seen.failures and not grew and seen.builds > 0


def main(index: str, folder: str, seconds: str = str(SECONDS), clients: str = str(CLIENTS)) -> int:
    """Copy, measure, print."""
    with tempfile.TemporaryDirectory() as work:
        copied, plans = Path(work) / "index", Path(work) / "plans"
        shutil.copytree(index, copied)
        shutil.copytree(folder, plans)
        seen = asyncio.run(measure(copied, plans, float(seconds), int(clients)))
    return 0 if show(seen, float(seconds), int(clients)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
