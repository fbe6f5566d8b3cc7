"""Where the page finds its index and its plans, who may open it, and how much it takes."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

LOCAL_HOST: Final = "127.0.0.1"
LOCAL_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
"""Names by which a browser on this computer may ask."""

MAX_UPLOAD: Final = 50 * 2**20
"""Bytes of one uploaded file, as `plansearch index` takes by default."""

MAX_FILES: Final = 20
"""Files of one upload."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the page is served."""

    index: Path
    """Folder of the index that is asked."""
    folder: Path | None = None
    """Where the plans are, and where uploads go; ``None`` leaves both out."""
    host: str = LOCAL_HOST
    port: int = 8000
    token: str | None = None
    """What a browser has to know; ``None`` for nothing, which only this computer's own address may do."""
    names: tuple[str, ...] = ()
    """Further names by which the server is called."""
    max_upload: int = MAX_UPLOAD

    @property
    def is_local(self) -> bool:
        """Whether only this computer can reach the address."""
        return is_loopback(self.host)

    @property
    def any_address(self) -> bool:
        """Whether all addresses of this computer are meant."""
        try:
            return ip_address(self.host).is_unspecified
        except ValueError:
            return False

    @property
    def hosts(self) -> frozenset[str]:
        """What the ``Host`` header may say, without the port."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        return frozenset(name.lower() for name in (*LOCAL_NAMES, own, *self.names))


def is_loopback(host: str) -> bool:
    """Whether an address is this computer's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
