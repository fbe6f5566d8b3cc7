"""Runs the application until somebody stops it."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import uvicorn
from fastapi import FastAPI

from plansearch.errors import PlansearchError, reason_of
from plansearch.web.app import create_app
from plansearch.web.connections import ImpatientProtocol
from plansearch.web.settings import WebSettings, is_loopback

LONGEST_HEAD: Final = 256 * 1024
"""Bytes of an address with all headers; a basket of a hundred items has some twenty thousand."""

HEAPS: Final = 2
_M_ARENA_MAX: Final = -8
"""The name of the setting in glibc's ``malloc.h``."""

ELSEWHERE: Final = "192.0.2.1"
"""An address that is nobody's (RFC 5737)."""

SECONDS_TO_END: Final = 3
"""How long answers that go on may take after Ctrl+C."""


def run_server(settings: WebSettings, *, open_browser: bool = False, ready: Callable[[], None] | None = None) -> None:
    """Serve until Ctrl+C.

    Args:
        settings: what is served, and where.
        open_browser: open the page in this computer's browser.
        ready: called once the address is ours.

    Raises:
        QueryError: others could reach it, and there is no token.
        PlansearchError: the address or port can't be used.
    """
    _share_memory()
    _allow_connections()
    app = create_app(settings)
    listening = _listen(settings)
    if ready is not None:
        ready()
    if open_browser:
        opening = threading.Timer(1.0, webbrowser.open, [f"http://{settings.host}:{settings.port}/"])
        opening.daemon = True
        opening.start()
    server_of(app).run(sockets=[listening])


def own_addresses() -> list[str]:
    """Addresses by which other computers may reach this one, as far as it knows them."""
    found = []
    with suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((ELSEWHERE, 9))  # sends nothing: it only says by which of its addresses it would
        found.append(str(asking.getsockname()[0]))
    return [one for one in dict.fromkeys(found) if not is_loopback(one)]


def server_of(app: FastAPI) -> uvicorn.Server:
    """What speaks HTTP for an application."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        ws="none",
        log_level="warning",
        server_header=False,
        access_log=False,
        proxy_headers=False,  # whoever asks could say that it is somebody else
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    return uvicorn.Server(config)


def _share_memory() -> None:
    """Have threads share two heaps: of those that glibc else gives to each, every one keeps what it once needed.

    Measured with fifty clients for a minute: 325 MB and growing become 240 MB and stay.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, HEAPS)


def _allow_connections() -> None:
    """Take as many connections as the system allows to this program, and not only as many as it begins with."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # of this protocol by name, else asyncio has every answer wait for 40 ms until it has more to send
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":  # there it would let two programs have one port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise PlansearchError(
            f"無法在 {settings.host}:{settings.port} 開放（{_why(error)}）。"
            "可能另一個程式正在用這個連接埠；請換一個，例如 --port 8001。"
        ) from error
    listening.listen(2048)
    return listening


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "找不到這個位址"
    reasons = {errno.EADDRINUSE: "已經有程式在用", errno.EADDRNOTAVAIL: "這台電腦沒有這個位址"}
    return reasons.get(getattr(error, "errno", None) or 0) or reason_of(error)
