"""How often somebody may guess the token."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic
from typing import Final

from starlette.types import Scope

MOST_WRONG: Final = 10
"""Wrong tokens of one address within `SECONDS`; after that not even the right one is looked at until they are over."""

SECONDS: Final = 30.0
"""Short, as colleagues behind one router share an address: a guesser gets 30,000 a day, and nobody is locked out for
longer."""

MOST_ADDRESSES: Final = 10_000
"""Addresses that are remembered; those counted first are forgotten first."""

_OWN_NETWORK: Final = 64
"""Bits of an IPv6 address that its owner can't choose."""


class Guesses:
    """Counts wrong tokens by the addresses that they come from. Browsers that were let in once are not asked again.

    Args:
        now: gives the time in seconds.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._wrong: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """By address: when the first of them came, and how many there were."""

    def wait_of(self, address: str) -> int:
        """Seconds until the next token of an address is looked at; 0 for at once."""
        since, wrong = self._wrong.get(address, (0.0, 0))
        left = since + SECONDS - self._now()
        return ceil(left) if wrong >= MOST_WRONG and left > 0 else 0

    def add(self, address: str) -> None:
        """Count one more wrong token."""
        now = self._now()
        since, wrong = self._wrong.pop(address, (now, 0))
        if now - since >= SECONDS:
            since, wrong = now, 0
        self._wrong[address] = (since, wrong + 1)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)


def address_of(scope: Scope) -> str:
    """Whence a request comes; of IPv6 the network, since whoever has one can take any address in it."""
    host = str((scope.get("client") or ("", 0))[0])
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, _OWN_NETWORK), strict=False))
    return str(address)
