"""Who and what the pages that compare can be asked about: agencies, requirements, years, peers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from plansearch.agencies import Agency, find_agency, group_agencies
from plansearch.errors import UnknownAgencyError
from plansearch.frameworks import bundled_frameworks
from plansearch.index import PlanIndex
from plansearch.web.fields import RocYear, Word

MOST_NAMES: Final = 1000
"""Agencies that an address may name."""
MOST_LISTED: Final = 400
"""Agencies among which a page lets choose; the others are named by hand."""
UNFOLDED: Final = 40
"""Agencies that are seen at once; more are folded away by type."""
TYPE_UNKNOWN: Final = "類型未知"


def _without_blanks(values: object) -> object:
    """Fields that were left empty name nothing."""
    return [one for one in values if one != ""] if isinstance(values, list) else values


def _nothing_if_blank(value: object) -> object:
    return None if value == "" else value


Names = Annotated[list[Word], BeforeValidator(_without_blanks), Field(max_length=MOST_NAMES)]
Year = Annotated[RocYear | None, BeforeValidator(_nothing_if_blank)]
Years = Annotated[list[RocYear], BeforeValidator(_without_blanks), Field(max_length=2)]
Count = Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, BeforeValidator(_nothing_if_blank)]
Place = Annotated[int, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class AgencyGroup:
    """Agencies of one type."""

    title: str
    agencies: tuple[Agency, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a list, and how deep it stands there."""

    value: str
    label: str
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Values under one heading."""

    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """All that can be chosen on a page over one index."""

    agencies: tuple[Agency, ...]
    groups: tuple[AgencyGroup, ...]
    """The first agencies, by type."""
    cut: int
    """Agencies that are in no group."""
    unread: tuple[str, ...]
    """Files that could not be read."""
    types: tuple[str, ...]
    cities: tuple[str, ...]
    years: tuple[int, ...]
    """The last one first."""
    requirements: tuple[OptionGroup, ...]
    """Pillars and requirements of the frameworks that plans follow."""

    @classmethod
    def of(cls, index: PlanIndex) -> Choices:
        """What an index leaves to choose from."""
        agencies = group_agencies(index.plans)
        return cls(
            tuple(agencies),
            _groups(agencies[:MOST_LISTED]),
            max(0, len(agencies) - MOST_LISTED),
            tuple(file.name for file in index.unread),
            _by_number(one.agency_type for one in agencies),
            _by_number(one.city for one in agencies),
            tuple(sorted({year for one in agencies for year in one.years}, reverse=True)),
            _requirements(agencies),
        )

    @property
    def folded(self) -> bool:
        """Whether there are so many agencies that they are folded away."""
        return len(self.agencies) > UNFOLDED

    @property
    def of_several_years(self) -> tuple[Agency, ...]:
        """Agencies that have plans of two years or more."""
        return tuple(one for one in self.agencies if len(one.years) > 1)

    @property
    def codes(self) -> frozenset[str]:
        """Of all requirements and pillars."""
        return frozenset(option.value for group in self.requirements for option in group.options)

    def agency(self, name: str) -> Agency | None:
        """The agency of a name or a part of one; ``None`` where there is none, or several."""
        try:
            return find_agency(self.agencies, name)
        except UnknownAgencyError:
            return None

    def names_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """The full names of agencies, as far as they are known, and what else was named."""
        found = [one.name if (one := self.agency(name)) is not None else name for name in names]
        return tuple(dict.fromkeys(found))

    def unlisted(self, names: Sequence[str]) -> tuple[str, ...]:
        """Which of some names no box stands for."""
        listed = {one.name for group in self.groups for one in group.agencies} | set(self.unread)
        return tuple(name for name in names if name not in listed)


def _groups(agencies: Sequence[Agency]) -> tuple[AgencyGroup, ...]:
    by_type: dict[str, list[Agency]] = {one: [] for one in _by_number(each.agency_type for each in agencies)}
    for agency in agencies:
        by_type.setdefault(agency.agency_type or TYPE_UNKNOWN, []).append(agency)
    return tuple(AgencyGroup(title, tuple(some)) for title, some in by_type.items() if some)


def _by_number(values: Iterable[str | None]) -> tuple[str, ...]:
    """Values by how often they come, then in their order."""
    known = [value for value in values if value]
    return tuple(sorted(dict.fromkeys(known), key=lambda value: -known.count(value)))


def _requirements(agencies: Sequence[Agency]) -> tuple[OptionGroup, ...]:
    used = [one.framework for one in agencies if one.framework]
    frameworks = sorted((one for one in bundled_frameworks() if one.id in used), key=lambda one: -used.count(one.id))
    groups = []
    for framework in frameworks:
        options = []
        for pillar in framework.pillars:
            options.append(Option(pillar.code, f"{pillar.code} {pillar.title}（整個構面）"))
            options += [Option(one.code, f"{one.code} {one.title}", is_part=True) for one in pillar.requirements]
        groups.append(OptionGroup(framework.title, tuple(options)))
    return tuple(groups)
