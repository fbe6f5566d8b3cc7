"""One agency beside its peers: what is asked of them together, and remembered with who they were."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plansearch.comparison import ENTRIES_PER_CELL, compare
from plansearch.duplicates import find_duplicates
from plansearch.duplication import Duplicates, PairScope
from plansearch.findings import Comparison, PeerGroup
from plansearch.index import PlanIndex
from plansearch.peers import find_peers, one_agency
from plansearch.report.duplicates_view import headline
from plansearch.report.finding_words import peers_in_words
from plansearch.report.rendering import Report
from plansearch.types import Progress


@dataclass(frozen=True, slots=True)
class BesidePeers:
    """A comparison of an agency, in the first column, with its peers."""

    comparison: Comparison
    peers: PeerGroup


@dataclass(frozen=True, slots=True)
class BesidePeersQuestion:
    """One agency beside those of its type."""

    agency: str
    asked: str = ""
    year: int | None = None
    limit: int | None = ENTRIES_PER_CELL

    def answer(self, index: PlanIndex, progress: Progress) -> BesidePeers:  # noqa: ARG002  it tells nothing
        """Find its peers, and put them side by side."""
        own = one_agency(index, self.agency, self.year)
        peers = find_peers(index, own, year=self.year)
        names = (self.agency, *(peer.name for peer in peers.agencies))
        return BesidePeers(compare(index, self.asked, agencies=names, year=self.year, limit=self.limit), peers)


@dataclass(frozen=True, slots=True)
class BesideDuplicates:
    """What is copied within an agency's plan, and between it and its peers' plans."""

    duplicates: Duplicates
    peers: PeerGroup

    @property
    def says(self) -> str:
        """How many pairs of each class, among which plans."""
        return f"和比較對象的這些計畫相比，{headline(self.duplicates)}"

    @property
    def notes(self) -> tuple[str, ...]:
        """With whom the agency was compared, and what of that a reader has to know."""
        beware = (f"注意：{self.peers.note}",) if self.peers.note else ()
        return (f"比較對象：{peers_in_words(self.peers)}。", *beware)

    def noted(self, report: Report) -> Report:
        """A report on it that says with whom the agency was compared."""
        made = (("比較對象", peers_in_words(self.peers)), *report.made)
        return replace(report, heading=self.says, notes=(*self.notes, *report.notes), made=made)


@dataclass(frozen=True, slots=True)
class BesideDuplicatesQuestion:
    """What an agency's plan and those of its peers have in common."""

    agency: str
    peers: tuple[str, ...] = ()
    year: int | None = None
    scope: PairScope = "all"

    def answer(self, index: PlanIndex, progress: Progress) -> BesideDuplicates:
        """Compare its plan of the year with itself and with theirs."""
        own = one_agency(index, self.agency, self.year)
        peers = find_peers(index, own, self.peers, year=self.year)
        plans = [plan.plan for plan in own.plans] + [plan for peer in peers.agencies for plan in peer.plans]
        found = find_duplicates(index, scope=self.scope, agencies=[own.name], plans=plans, progress=progress)
        return BesideDuplicates(found, peers)
