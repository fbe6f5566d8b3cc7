"""What the sources of an agency's plans lost, and what may be missing by it.

Comparison, gaps and benchmark all ask here before they say that an agency has nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plansearch.frameworks import find_framework
from plansearch.index import PlanIndex
from plansearch.types import LOSSES, UNREAD, Damage, DamageKind

UNRECOGNISED: Final[tuple[DamageKind, ...]] = ("heading_unknown", "text_apart")
"""Damage by which a requirement may be there and not be recognised; its measures are read all the same."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A place at which a plan's source is damaged."""

    plan: str
    damage: Damage


@dataclass(frozen=True, slots=True)
class Losses:
    """All damage of an agency's plans, in their order."""

    found: tuple[Loss, ...] = ()
    framework: str | None = None
    """The one that the plans were written to; of plans without, everything that was lost may have been anything."""

    @classmethod
    def of(cls, index: PlanIndex, plans: Sequence[str], framework: str | None) -> Losses:
        """The damage of some plans.

        Args:
            index: where they are.
            plans: their names.
            framework: the one that they were written to.
        """
        return cls(tuple(Loss(plan, damage) for plan in plans for damage in index.damage(plan)), framework)

    @property
    def unread(self) -> tuple[Loss, ...]:
        """What may have held anything: pages and sheets that were not read."""
        return tuple(one for one in self.found if one.damage.kind in UNREAD)

    @property
    def unplaced(self) -> tuple[Loss, ...]:
        """Lost measures of which nobody knows under which requirement they stood.

        A number that is skipped may as well have been left out on purpose.
        """
        return tuple(one for one in self.lost if one.damage.code is None and one.damage.kind != "numbering_gap")

    @property
    def lost(self) -> tuple[Loss, ...]:
        """Places at which measures are missing."""
        return tuple(one for one in self.found if one.damage.kind in LOSSES)

    def at(self, code: str, framework: str | None) -> tuple[Loss, ...]:
        """What was lost of one requirement of a framework."""
        return tuple(one for one in self.lost if self.framework is None or code in self._codes(one.damage, framework))

    @property
    def hiding(self) -> tuple[Loss, ...]:
        """Damage by which any requirement may be there and not be seen."""
        unrecognised = (one for one in self.found if one.damage.kind in UNRECOGNISED)
        return (*self.unread, *unrecognised, *self.unplaced)

    def behind_requirement(self, code: str, framework: str | None) -> tuple[Loss, ...]:
        """Damage by which a requirement that has no measures may have them all the same."""
        return self.at(code, framework) or self.hiding

    def behind_measure(self, code: str | None, framework: str | None) -> tuple[Loss, ...]:
        """Damage by which a measure that is not found may be missing.

        Args:
            code: the requirement it would answer; ``None`` where it answers none.
            framework: the requirement's.
        """
        return (self.at(code, framework) if code is not None else ()) or (*self.unread, *self.unplaced)

    def behind_answer(self) -> tuple[Loss, ...]:
        """Damage by which the answer to a question, which may stand anywhere, may be missing."""
        return tuple(one for one in self.lost if one.damage.kind != "numbering_gap") or self.unread

    def _codes(self, damage: Damage, framework: str | None) -> tuple[str, ...]:
        """The requirements of a framework at which something was lost, by itself or by the crosswalk."""
        if damage.code is None:
            return ()
        if self.framework == framework:
            return (damage.code,)
        own = find_framework(self.framework)
        requirements = own.requirements if own is not None else ()
        return tuple(
            entry.code
            for each in requirements
            if each.code == damage.code
            for entry in each.crosswalk
            if entry.framework == framework
        )
