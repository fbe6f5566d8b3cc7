"""Whose place is looked at, and beside whom: as an address holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from plansearch.duplication import PairScope
from plansearch.web.choosing import Count, Names, Place, Year
from plansearch.web.fields import AddressForm, Word

PATH: Final = "/standing"

View: TypeAlias = Literal["position", "gaps", "duplicates"]

VIEWS: Final[Mapping[View, str]] = {"position": "位置", "gaps": "缺少的", "duplicates": "重複的"}
"""What can be seen of one agency."""
LISTED: Final = 40
"""Measures, or pairs of a class, that are listed at first; a file has all."""
MORE: Final = 100
"""Of them that are added when more are asked for."""
MOST_LISTED: Final = 5000

_GROUP: Final = re.compile(r"(?:type|city)(?:[:：].*)?|all|nearest.*")
"""A wish for peers that is no agency's name."""
_BETWEEN_NAMES: Final = re.compile(r"[、，,;；]")


class StandingForm(AddressForm):
    """Whose place is looked at, and beside whom."""

    agency: Word = ""
    """All agencies where it is empty."""
    view: View = "position"
    peers: Names = []
    """As `plansearch.peers.find_peers` takes it; several names may stand in one, with commas."""
    year: Year = None
    min_peers: Count = None
    """How many peers have to have a measure that is called missing."""
    scope: PairScope = "all"
    """Which pairs are listed."""
    k: Annotated[int, Field(ge=1, le=MOST_LISTED)] = LISTED
    type: Word = ""
    """Of all agencies, only these are shown."""
    whole: bool = False
    """All agencies, however many there are."""
    start: Place = 1
    """The first agency on this page."""

    @property
    def whose(self) -> str:
        """The agency that is asked about."""
        return self.agency.strip()

    @property
    def wishes(self) -> tuple[str, ...]:
        """With whom it is compared; names where there are any, else one kind of agencies."""
        words = [part.strip() for one in self.peers for part in _BETWEEN_NAMES.split(one) if part.strip()]
        return tuple([word for word in words if not _GROUP.fullmatch(word)] or words[:1])

    @property
    def names(self) -> tuple[str, ...]:
        """The peers that are named one by one."""
        return tuple(wish for wish in self.wishes if not _GROUP.fullmatch(wish))

    def address(self, path: str = PATH, **changes: object) -> str:
        """The address of this page, with some settings changed."""
        return super().address(path, **changes)
