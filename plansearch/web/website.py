"""What all pages share: the index, the work that goes on, and how a page is put together."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from plansearch.encoders import load_encoder
from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.limits import Limits
from plansearch.report.agency_view import STATES as AGENCY_STATES
from plansearch.report.finding_words import STATES
from plansearch.report.search_view import DAMAGE_KINDS, GRADES
from plansearch.report.tones import LOOKS
from plansearch.results import IndexedItem
from plansearch.templating import Templates, templates_of
from plansearch.types import Encoder, Progress
from plansearch.version import __version__
from plansearch.web.building import IndexBuilder
from plansearch.web.folder import PlanFolder
from plansearch.web.guessing import Guesses
from plansearch.web.holder import IndexHolder
from plansearch.web.picking import picked_id
from plansearch.web.settings import WebSettings
from plansearch.web.sharing import Familiar
from plansearch.web.wording import without_places
from plansearch.web.working import Job, Workbench
from plansearch.xmltext import xml_text

T = TypeVar("T")

READERS: Final = 2
"""Files that are read at the same time, so that one that takes a minute does not keep everybody waiting."""

FILES_REMEMBERED: Final = 8
"""Files that are kept as they were read: a large one takes some hundred megabytes."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of the pages that the navigation leads to."""

    name: str
    address: str
    title: str


PLACES: Final = (
    Place("search", "/search", "查詢"),
    Place("basket", "/basket", "籃子"),
    Place("compare", "/compare", "並列比較"),
    Place("standing", "/standing", "我們的位置"),
    Place("files", "/files", "計畫檔"),
)


@dataclass(frozen=True, slots=True)
class Website:
    """One server over one index."""

    settings: WebSettings
    holder: IndexHolder
    bench: Workbench
    reading: Workbench
    """Reads files, which must not wait for comparisons, nor they for it."""
    builder: IndexBuilder
    folder: PlanFolder | None
    """The plans, where the operator named their folder."""
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """What every form sends back: a page of another site can't know it."""
    login_csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """The same for the one form that is there for those who did not enter yet."""
    passed: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """What the cookie of a browser holds that gave the right token."""
    guesses: Guesses = field(default_factory=Guesses)
    familiar: Familiar = field(default_factory=Familiar)

    @classmethod
    def of(cls, settings: WebSettings, load: Callable[[str], Encoder] = load_encoder) -> Website:
        """A website over the index that the settings name; ``load`` gives a model by its name."""
        folder = None if settings.folder is None else PlanFolder(settings.folder, Limits(max_size=settings.max_upload))
        holder = IndexHolder(settings.index, load=load)
        return cls(settings, holder, Workbench(), Workbench(READERS, FILES_REMEMBERED), IndexBuilder(), folder)

    def open(self) -> None:
        """Take on work."""
        self.bench.open()
        self.reading.open()
        self.holder.open()

    def close(self) -> None:
        """Let go of the index, and stop what goes on."""
        self.bench.close()
        self.reading.close()
        self.builder.close()
        self.holder.close()

    def page(
        self,
        request: Request,
        template: str,
        *,
        here: str = "",
        title: str = "",
        status: int = 200,
        **context: object,
    ) -> HTMLResponse:
        """A page as a browser gets it.

        Args:
            request: what is answered.
            template: its file's name.
            here: name of the place in the navigation.
            title: what the browser's tab says.
            status: HTTP status.
            context: what the template shows.
        """
        common = {"places": PLACES, "here": here, "title": title, "csrf": self.csrf, "path": request.url.path}
        text = environment().get_template(template).render(**common, settings=self.settings, **context)
        if not self.settings.is_local:
            text = without_places(text, self.settings)
        # a file's name may hold half a character, which no encoding has
        return HTMLResponse(text.encode("utf-8", errors="replace"), status_code=status)

    def begin(self, key: Hashable, work: Callable[[PlanIndex, Progress], T]) -> Job[T]:
        """Give the work of this key on the index as it is now; to be called in the event loop.

        Args:
            key: all that the answer depends on beside the index.
            work: works it out from an index, and tells its progress.

        Raises:
            PlansearchError: there is no index, or too much is being worked out already.
        """

        def leased(tell: Progress) -> T:
            with self.holder.lease() as index:
                return work(index, tell)

        return self.bench.start(key, leased, edition=self.holder.edition())

    def still_working(self, request: Request, job: Job[T], *, here: str, heading: str) -> HTMLResponse:
        """The page that says how far some work is, and asks again by itself."""
        again = f"{quote(request.url.path)}?{request.url.query}"
        return self.page(
            request,
            "working.html",
            here=here,
            title=heading,
            status=HTTPStatus.ACCEPTED,
            heading=heading,
            share=job.share,
            again=again,
        )


def website_of(request: Request) -> Website:
    """The website that a request is for."""
    website: Website = request.app.state.website
    return website


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether the question's words stand there."""

    text: str
    marked: bool


def pieces(text: str, ranges: Sequence[tuple[int, int]]) -> list[Piece]:
    """A text in parts, by ranges ``[start, end)`` in order."""
    parts, end = [], 0
    for start, stop in ranges:
        parts += [Piece(text[end:start], marked=False), Piece(text[start:stop], marked=True)]
        end = stop
    parts.append(Piece(text[end:], marked=False))
    return [Piece(xml_text(part.text), part.marked) for part in parts if part.text]


def plan_address(plan: str) -> str:
    """Where a plan is shown."""
    return f"/plan/{quote(plan, safe='', errors='replace')}"


def correct_address(file: str) -> str:
    """Where a file of the folder is corrected."""
    return f"/files/correct/{quote(file, safe='')}"


def item_address(found: IndexedItem) -> str:
    """Where an item is shown in its plan."""
    return f"{plan_address(found.plan)}#{anchor_of(found.id)}"


def anchor_of(item_id: str) -> str:
    """An item's name on the page of its plan."""
    return f"item-{item_id.rpartition('#')[2]}"


@cache
def environment() -> Templates:
    """The templates, with what they may ask for."""
    made = templates_of("plansearch.web")
    made.filters["clean"] = xml_text
    shared: dict[str, Any] = {
        "pieces": pieces,
        "plan_address": plan_address,
        "item_address": item_address,
        "correct_address": correct_address,
        "anchor_of": anchor_of,
        "picked_id": picked_id,
        "looks": LOOKS,
        "grades": GRADES,
        "cell_states": STATES,
        "agency_states": AGENCY_STATES,
        "damage_kinds": DAMAGE_KINDS,
        "version": __version__,
        "framework_titles": {one.id: one.title for one in bundled_frameworks()},
    }
    made.globals.update(shared)
    return made


STATIC_FOLDER: Final = Path(__file__).with_name("static")
