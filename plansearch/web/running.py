"""Runs the application until somebody stops it."""

from __future__ import annotations

import socket
import threading
import webbrowser

import uvicorn

from plansearch.errors import PlansearchError, reason_of
from plansearch.web.app import create_app
from plansearch.web.settings import WebSettings


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
        app, log_level="warning", server_header=False, access_log=False, h11_max_incomplete_event_size=256 * 1024
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
