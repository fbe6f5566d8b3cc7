"""Agencies of an index: whose plans they are, and which of them count.

An agency that its plan does not name is known by the plan's file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from plansearch.errors import UnknownAgencyError
from plansearch.results import PlanSummary
from plansearch.text import fold


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency and some of its plans."""

    name: str
    """As its plans call it; the file's name where none does."""
    plans: tuple[PlanSummary, ...]
    """In the order of the index."""

    @property
    def is_named(self) -> bool:
        """Whether its plans say who it is."""
        return self.plans[-1].metadata.agency is not None

    @property
    def agency_type(self) -> str | None:
        """Its kind, by its last plan that tells."""
        return next((plan.metadata.agency_type for plan in reversed(self.plans) if plan.metadata.agency_type), None)

    @property
    def city(self) -> str | None:
        """Where it is, by its last plan that tells."""
        return next((plan.metadata.city for plan in reversed(self.plans) if plan.metadata.city), None)

    @property
    def years(self) -> tuple[int, ...]:
        """ROC years of its plans, ascending, each once."""
        return tuple(sorted({plan.metadata.year for plan in self.plans if plan.metadata.year is not None}))

    @property
    def framework(self) -> str | None:
        """The framework that most of its plans were written to."""
        known = [plan.framework for plan in self.plans if plan.framework]
        return max(dict.fromkeys(known), key=known.count) if known else None

    def of_year(self, year: int | None) -> Agency | None:
        """The agency with its plans of one year, or of its last one; ``None`` where it has none of that year."""
        if year is None:
            year = self.years[-1] if self.years else None
        plans = tuple(plan for plan in self.plans if plan.metadata.year == year)
        return Agency(self.name, plans) if plans else None


def group_agencies(plans: Iterable[PlanSummary]) -> tuple[Agency, ...]:
    """Plans by agency, in the order of their first plans; a plan of an unknown agency stands alone.

    臺 and 台 are one; agencies of one name in two cities are two, and have the city beside their names.
    """
    grouped: dict[tuple[bool, str], list[PlanSummary]] = {}
    for plan in plans:
        named = plan.metadata.agency is not None
        grouped.setdefault((named, fold(plan.metadata.agency or plan.plan)), []).append(plan)
    return tuple(agency for (named, _), some in grouped.items() for agency in _by_city(some, named=named))


def _by_city(plans: Sequence[PlanSummary], *, named: bool) -> list[Agency]:
    """Agencies of one name; a plan that does not tell the city belongs to the only one, if there is only one."""
    name = plans[-1].metadata.agency or plans[-1].plan
    cities = list(dict.fromkeys(plan.metadata.city for plan in plans if plan.metadata.city))
    if not named or len({fold(city) for city in cities}) <= 1:
        return [Agency(name, tuple(plans))]
    return [
        Agency(f"{name}（{city or '縣市未知'}）", tuple(plan for plan in plans if plan.metadata.city == city))
        for city in dict.fromkeys(plan.metadata.city for plan in plans)
    ]


def find_agency(agencies: Sequence[Agency], wanted: str) -> Agency:
    """The agency of this name, or the only one that has it in its name or in the name of a plan's file.

    Where a file was named, only the plans of that name are left of it.

    Raises:
        UnknownAgencyError: there is none, or there are several.
    """
    part = fold(wanted.strip())
    named = [one for one in agencies if fold(one.name) == part]
    filed = _by_file(agencies, lambda name: name == part)
    found = named or filed or [one for one in agencies if part and one.is_named and part in fold(one.name)]
    found = found or _by_file(agencies, lambda name: bool(part) and part in name)
    if len(found) == 1:
        return found[0]
    names = [one.name for one in found or agencies]
    near = names[:_SUGGESTED] if found else _like(part, names)
    raise UnknownAgencyError(wanted, near, ambiguous=bool(found))


def _by_file(agencies: Sequence[Agency], is_meant: Callable[[str], bool]) -> list[Agency]:
    """Agencies with those plans whose folded file names are meant."""
    narrowed = [Agency(one.name, tuple(plan for plan in one.plans if is_meant(fold(plan.plan)))) for one in agencies]
    return [one for one in narrowed if one.plans]


_SUGGESTED = 8


def _like(part: str, names: Sequence[str]) -> list[str]:
    """Names that share most characters with what was asked for, best first; all of a few."""
    if len(names) <= _SUGGESTED:
        return list(names)
    shared = {name: len(set(part) & set(fold(name))) for name in names}
    return sorted((name for name in names if shared[name] > 1), key=lambda name: -shared[name])[:_SUGGESTED]
