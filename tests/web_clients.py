"""Applications over small indexes, and ways to ask them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from conftest import PLANS, TinyEncoder, item_of, plan_of
from fastapi import FastAPI
from starlette.testclient import TestClient

from plansearch.index import PlanIndex
from plansearch.types import Damage, Encoder, Plan, SkippedFile, Span
from plansearch.web import WebSettings, create_app
from plansearch.web.running import server_of

ADDRESS = "http://127.0.0.1:8000"

BEFORE = plan_of(
    "112_east.txt",
    item_of("設置無障礙坡道。", code="1.3"),
    item_of("每年辦理滿意度調查二次。", code="2.3", units=()),
    agency="示範市東湖區公所",
    year=112,
)
LOST = replace(
    plan_of("部分/north.txt", item_of("提供到府服務，三日內完成。", code="3.1"), agency="示範市北原區公所"),
    damage=(
        Damage("numbering_gap", "編號 2 之後是 4，請對照原文。", "1.3", Span(7, 9)),
        Damage("page_unread", "第 3 頁沒有文字。", None, Span(page=3)),
    ),
)
SOUTH = plan_of(
    "south.txt",
    item_of("設置單一窗口，一次辦好。", code="3.1"),
    item_of("設置無障礙坡道，方便輪椅使用者洽公。", code="1.3"),
    agency="示範市南埔區公所",
)
HOSTILE = plan_of(
    "evil.txt",
    item_of("<script>alert(1)</script><img src=x onerror=alert(2)>設置服務鈴。", code="1.3", topic="<b>主題</b>"),
    agency='示範市"><svg onload=alert(3)>區公所',
)
ALL_PLANS = (*PLANS, BEFORE, LOST, SOUTH, HOSTILE)
SKIPPED = (SkippedFile("壞掉的.pdf", "檔案無法讀取。"), SkippedFile("通訊錄.txt", "看起來不是計畫。", "not_a_plan"))


def build(directory: Path, *plans: Plan, encoder: Encoder | None = None) -> Path:
    """An index of some plans, of all above by default."""
    PlanIndex.build_from(plans or ALL_PLANS, SKIPPED, directory, encoder=encoder or TinyEncoder())
    return directory


def app_of(
    index: Path, *, host: str = "127.0.0.1", token: str | None = None, names: tuple[str, ...] = ("testserver",)
) -> FastAPI:
    """An application over an index of the tiny encoder."""
    return create_app(WebSettings(index, host=host, token=token, names=names), load=TinyEncoder)


def client_of(app: FastAPI, *, address: str = ADDRESS, visitor: str = "127.0.0.1", strict: bool = True) -> TestClient:
    """A browser or program that asks an application; to be entered, so that all its requests share one event loop."""
    return TestClient(
        app, base_url=address, client=(visitor, 50000), follow_redirects=False, raise_server_exceptions=strict
    )


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """Serve an application as `plansearch serve` does; gives the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = server_of(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        assert server.started
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def said(port: int, *parts: bytes) -> bytes:
    """What a server answers to bytes, until it closes the connection or says nothing more."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it answered before it had heard all
        connection.settimeout(2)
        try:
            while some := connection.recv(65536):
                received += some
        except (TimeoutError, ConnectionResetError):
            pass
    return received
