"""Connections that nobody uses are closed, so that a few hundred of them can't keep everybody else out."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE: Final = 15.0
"""Seconds in which a request has to have begun and its head to be whole."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's way to speak HTTP, which by itself waits for ever for the head of a request."""

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  asyncio has several, and uvicorn says which
        """Begin to look whether anything comes."""
        super().connection_made(transport)
        self._watching = asyncio.get_running_loop().call_later(PATIENCE, self._look, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._watching.cancel()
        super().connection_lost(exc)

    def _look(self, before: object) -> None:
        """Close where no request is at work, and none was since the last look."""
        at_work = self.cycle is not None and not self.cycle.response_complete
        if not at_work and self.cycle is before:
            self.transport.close()
            return
        self._watching = asyncio.get_running_loop().call_later(PATIENCE, self._look, self.cycle)
