"""Runs the application until somebody stops it."""

from __future__ import annotations

import socket
import threading
import webbrowser
from typing import Final

import uvicorn

from plansearch.errors import PlansearchError, reason_of
from plansearch.web.app import create_app
from plansearch.web.settings import WebSettings

LONGEST_HEAD: Final = 256 * 1024
"""Bytes of an address with all headers; a basket of a hundred items has some twenty thousand."""

SECONDS_TO_END: Final = 3
"""How long answers that go on may take after Ctrl+C."""


def run_server(settings: WebSettings, *, open_browser: bool = False) -> None:
    """Serve until Ctrl+C.

    Raises:
        PlansearchError: the address or port can't be used.
    """
    app = create_app(settings)
    listening = _listen(settings)
    if open_browser:
        threading.Timer(1.0, webbrowser.open, [f"http://{settings.host}:{settings.port}/"]).start()
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        access_log=False,
        proxy_headers=False,  # whoever asks could say that it is somebody else
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=SECONDS_TO_END,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _listen(settings: WebSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise PlansearchError(
            f"無法在 {settings.host}:{settings.port} 開放（{reason_of(error)}）。"
            "可能另一個程式正在用這個連接埠；請換一個，例如 --port 8001。"
        ) from error
    listening.listen(2048)
    return listening
