from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import SupportsIndex

import pytest

from plansearch import isolation
from plansearch.errors import LimitError, ParseError, ReadError
from plansearch.isolation import _SMALL_TEXT, FileReader
from plansearch.limits import MEGABYTE, Limits
from plansearch.planfile import ReadingTask, read_original, read_plan_file

PLAN = "示範市松林區公所113年度提升服務計畫\n\n壹、計畫目標\n一、提供民眾合宜的服務。\n"


class Trap(str):  # noqa: SLOT000
    """A name that does something when the reading process unpacks it, as a reader does that hangs or crashes."""

    action: tuple[Callable[..., object], tuple[object, ...]]

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.action


def trap(action: Callable[..., object], *arguments: object) -> Trap:
    name = Trap("陷阱.text")
    name.action = (action, arguments)
    return name


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "計畫.text"  # not .txt, so that it is read in the other process
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture
def reader() -> Iterator[FileReader]:
    with FileReader(Limits(timeout=5)) as opened:
        yield opened


def test_another_process_reads_what_this_one_would(reader: FileReader, plan: Path) -> None:
    task = ReadingTask(plan, plan.name)
    assert reader.read(task) == read_plan_file(task)


def test_a_document_comes_out_of_the_other_process_as_it_is_in_this_one(reader: FileReader, plan: Path) -> None:
    task = ReadingTask(plan, plan.name)
    assert reader.read_document(task) == read_original(task)
    assert reader.read(task) == read_plan_file(task)  # the same process does both


def test_a_document_that_takes_too_long_is_given_up(plan: Path) -> None:
    with FileReader(Limits(timeout=0.5)) as reader:
        reader.read_document(ReadingTask(plan, plan.name))
        with pytest.raises(LimitError, match=r"「陷阱\.text」讀了 0\.5 秒還沒有讀完"):
            reader.read_document(ReadingTask(plan, trap(time.sleep, 60)))


def test_errors_come_back_as_they_are(reader: FileReader, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"無法開啟「無\.text」：找不到這個檔案"):
        reader.read(ReadingTask(tmp_path / "無.text", "無.text"))
    prose = tmp_path / "空話.text"
    prose.write_text("……\n", encoding="utf-8")
    with pytest.raises(ParseError, match="找不到任何計畫措施"):
        reader.read(ReadingTask(prose, "空話.text", force=True))


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read(plan: Path) -> None:
    with FileReader(Limits(timeout=0.5)) as reader:
        reader.read(ReadingTask(plan, plan.name))  # the process has started now
        started = time.monotonic()
        with pytest.raises(LimitError, match=r"「陷阱\.text」讀了 0\.5 秒還沒有讀完"):
            reader.read(ReadingTask(plan, trap(time.sleep, 60)))
        assert time.monotonic() - started < 5
        assert [one.name for one in reader.read(ReadingTask(plan, plan.name)).plans] == ["計畫.text"]


def test_a_crash_costs_that_file(reader: FileReader, plan: Path) -> None:
    with pytest.raises(ReadError, match=r"「陷阱\.text」讓讀取程式意外結束（代碼 7）"):
        reader.read(ReadingTask(plan, trap(os._exit, 7)))
    assert [one.name for one in reader.read(ReadingTask(plan, plan.name)).plans] == ["計畫.text"]


@pytest.mark.skipif(os.name == "nt", reason="processes are counted otherwise there")
def test_what_a_reader_started_ends_with_it(plan: Path, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with FileReader(Limits(timeout=1)) as reader, pytest.raises(LimitError):
        reader.read(ReadingTask(plan, trap(os.system, f"sleep 300 & echo $! > '{noted}'; wait")))
    pid = int(noted.read_text())
    for _ in range(50):
        if not _runs(pid):
            break
        time.sleep(0.1)
    assert not _runs(pid)


@pytest.mark.skipif(os.name == "nt", reason="processes are killed otherwise there")
def test_what_a_reader_started_ends_where_the_program_that_asked_was_killed(plan: Path, tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    script = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[3]);"
        "from test_isolation import trap; from plansearch.isolation import FileReader;"
        "from plansearch.planfile import ReadingTask;"
        "noted = sys.argv[2]; order = f'mktemp -d; sleep 300 & echo $! > {noted}.new; mv {noted}.new {noted}; wait';"
        "FileReader().read(ReadingTask(Path(sys.argv[1]), trap(os.system, order)))"
    )
    (tmp_path / "暫存").mkdir()
    command = [sys.executable, "-c", script, str(plan), str(noted), str(Path(__file__).parent)]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path / "暫存")}) as asking:
        for _ in range(300):
            if noted.exists():
                break
            time.sleep(0.1)
        pid = int(noted.read_text())
        assert _runs(pid)
        asking.kill()
    for _ in range(50):
        if not _runs(pid):
            break
        time.sleep(0.1)
    assert not _runs(pid)
    assert [*(tmp_path / "暫存").iterdir()] == []


@pytest.mark.skipif(os.name == "nt", reason="mktemp is not there")
def test_a_reader_that_is_stopped_leaves_no_temporary_files(
    plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    order = "mktemp -d; sleep 300"
    with FileReader(Limits(timeout=0.5)) as reader:
        with pytest.raises(LimitError):
            reader.read(ReadingTask(plan, trap(os.system, order)))
        assert sorted(path.name for path in tmp_path.iterdir()) == [plan.name]


@pytest.mark.skipif(sys.platform == "win32", reason="there it ends only when it is stopped")
def test_a_process_that_waits_for_the_next_file_does_not_end(plan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boot = isolation._BOOT.replace("serve;", "serve; plansearch.isolation._GRACE = 0.1;")  # noqa: SLF001
    monkeypatch.setattr(isolation, "_BOOT", boot.replace("import sys;", "import sys, plansearch.isolation;", 1))
    task = ReadingTask(plan, plan.name, Limits(timeout=0.4))
    with FileReader(Limits(timeout=5)) as reader:
        read = reader.read(task)
        process = reader._process  # noqa: SLF001
        time.sleep(0.8)
        assert (reader.read(task), reader._process) == (read, process)  # noqa: SLF001


def test_as_much_time_as_one_likes_is_no_error(plan: Path) -> None:
    with FileReader(limits := Limits(timeout=1e12)) as reader:
        assert reader.read(ReadingTask(plan, plan.name, limits)).plans


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_a_reader_prints_does_not_get_between(reader: FileReader, plan: Path) -> None:
    with pytest.raises(ReadError):
        reader.read(ReadingTask(Path("無"), trap(os.system, "echo noise")))
    assert reader.read(ReadingTask(plan, plan.name)).plans


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its address space")
def test_a_file_that_needs_too_much_memory_is_given_up(plan: Path) -> None:
    with FileReader(Limits(timeout=30, max_memory=1024 * MEGABYTE)) as reader:
        with pytest.raises((LimitError, ReadError)):
            reader.read(ReadingTask(plan, trap(bytearray, 2000 * MEGABYTE)))
        assert reader.read(ReadingTask(plan, plan.name)).plans


def test_small_texts_need_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "計畫.txt"
    path.write_text(PLAN, encoding="utf-8")
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with FileReader() as reader:
        assert [one.name for one in reader.read(ReadingTask(path, path.name)).plans] == ["計畫.txt"]


@pytest.mark.parametrize("unit", ["1.", "1.\n", "A", "1月", "(\n", "①", "(一)\n", "一、甲。\n", "甲\t乙\n"])
def test_no_small_text_takes_long(unit: str, tmp_path: Path) -> None:
    path = tmp_path / "長.txt"
    path.write_text(unit * (_SMALL_TEXT // len(unit.encode())), encoding="utf-8", newline="\n")
    started = time.monotonic()
    with FileReader() as reader, contextlib.suppress(ReadError, ParseError):
        reader.read(ReadingTask(path, path.name))
    assert time.monotonic() - started < 30  # on an idle machine: 5
