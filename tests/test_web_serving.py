from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from web_clients import build


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serving") / "index")


@contextmanager
def serving(index: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`plansearch serve` as a user starts it; gives the process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "plansearch", "serve", "--index", str(index), "--port", str(port), *options]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    )
    try:
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_a_server_says_where_it_is_answers_and_ends_with_ctrl_c(index: Path) -> None:
    with serving(index) as (process, address):
        with urlopen(f"{address}/api/status", timeout=20) as answer:  # noqa: S310  our own
            assert json.load(answer)["model"] == "tiny@1"
        with urlopen(f"{address}/search?q=%E5%9D%A1%E9%81%93&mode=words", timeout=20) as answer:  # noqa: S310
            assert "server" not in answer.headers
            assert "坡道" in answer.read().decode()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert out == ""
    assert [line for line in err.splitlines() if line.strip()] == [f"網頁：{address}/（按 Ctrl+C 結束）"]


def test_a_token_of_the_environment_is_asked_for(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANSEARCH_TOKEN", "from the environment")
    with serving(index) as (_, address):
        with pytest.raises(URLError, match="401"):
            urlopen(f"{address}/api/status", timeout=20)  # noqa: S310  our own
        asked = Request(f"{address}/api/status", headers={"Authorization": "Bearer from the environment"})  # noqa: S310
        with urlopen(asked, timeout=20) as answer:  # noqa: S310
            assert answer.status == 200
