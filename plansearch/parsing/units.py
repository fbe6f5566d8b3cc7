"""Which unit (and deadline) of a row holds for which of its measures.

One entry holds for all measures of its row; as many entries as measures are paired in order; as many as
sub-headings, by sub-heading; otherwise every measure gets all of them. A list that names one unit twice is
no list of partners: its order shows which measures each stands beside, as far as it can be followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from plansearch.parsing.blocks import RowNotes
from plansearch.parsing.items import Measure

_Units = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitsMismatch:
    """A row whose units stood one beside each measure, but not as many as measures."""

    row: RowNotes
    units: int
    measures: int


def assign_units(rows: Sequence[RowNotes], measures: Sequence[Measure]) -> list[UnitsMismatch]:
    """Fill in the units and deadlines of the measures from their rows.

    Returns:
        The rows whose units could not be lined up with their measures.
    """
    mismatches: list[UnitsMismatch] = []
    by_units_row = _by_row(measures, {row.number: row.units_row for row in rows})
    by_deadlines_row = _by_row(measures, {row.number: row.deadlines_row for row in rows})
    by_block: dict[int, list[Measure]] = {}
    for measure in measures:
        by_block.setdefault(id(measure.block), []).append(measure)
    before: RowNotes | None = None
    for row in rows:
        _assign_deadlines(row.deadlines, by_deadlines_row.get(row.number, []))
        if row.units_row:
            continue
        own = by_units_row.get(row.number, [])
        if row.units and own:
            if not _assign_row(row, own):
                mismatches.append(UnitsMismatch(row, len(row.units), len(own)))
                for measure in own:
                    measure.units_inferred = len(set(row.units)) > 1
        elif row.units:
            _assign_late(row, by_block)
        elif own and before is not None:
            _inherit(before, row, own)
        if own or row.units:
            before = row
    return mismatches


def _by_row(measures: Sequence[Measure], reached: Mapping[int, int]) -> dict[int, list[Measure]]:
    """Measures by the row that they begin in, or by the one whose cell reaches over it."""
    found: dict[int, list[Measure]] = {}
    for measure in measures:
        row = measure.entry.row
        found.setdefault(reached.get(row, 0) or row, []).append(measure)
    return found


def _assign_row(row: RowNotes, measures: Sequence[Measure]) -> bool:
    """Units of a row that measures begin in. False where their order was followed without a clear count."""
    entries = row.units
    if len(entries) == 1 and len(entries[0]) == len(measures) and not row.together:
        entries = [(name,) for name in entries[0]]
    groups = [measure.group for measure in measures]
    firsts = sorted(set(groups))
    if len(entries) == len(measures):
        _pair(measures, entries)
    elif len(entries) == 1 or len(set(entries)) == 1:
        _pair(measures, [entries[0]] * len(measures))
        return len(entries) == 1
    elif len(entries) == len(firsts):
        _pair(measures, [entries[firsts.index(group)] for group in groups])
    elif len(_without_surplus(entries, len(measures))) == len(measures):
        _pair(measures, _without_surplus(entries, len(measures)))
        return False
    elif row.stray or (_names_one_twice(entries) and len(entries) < len(measures)):
        by_group = row.stray and len(entries) < len(firsts)
        places = [firsts.index(group) for group in groups] if by_group else list(range(len(measures)))
        last = max(places)
        _pair(measures, [entries[max(len(entries) - 1 - (last - place), 0)] for place in places])
        return False
    else:
        everyone = tuple(dict.fromkeys(name for entry in entries for name in entry))
        _pair(measures, [everyone] * len(measures))
        return not _names_one_twice(entries)
    return True


def _pair(measures: Sequence[Measure], units: Sequence[_Units]) -> None:
    for measure, names in zip(measures, units, strict=True):
        measure.units = names


def _names_one_twice(entries: Sequence[_Units]) -> bool:
    """Whether a unit comes again; 總務 and 總務室 are one."""
    names = sorted(name for entry in entries for name in entry)
    return any(later.startswith(earlier) for earlier, later in pairwise(names))


def _without_surplus(entries: Sequence[_Units], count: int) -> list[_Units]:
    """The entries less those that only say their neighbour again, if that leaves ``count`` in one way alone."""
    surplus = len(entries) - count
    repeats = [position for position in range(1, len(entries)) if entries[position] == entries[position - 1]]
    if surplus <= 0 or len(repeats) < surplus or len({entries[position] for position in repeats}) != 1:
        return list(entries)
    dropped = frozenset(repeats[-surplus:])
    return [entry for position, entry in enumerate(entries) if position not in dropped]


def _assign_late(row: RowNotes, by_block: Mapping[int, Sequence[Measure]]) -> None:
    """Units of a row in which no measure begins: they are of the row that it goes on with.

    Where the row touches several requirements and has as many units, each takes its own.
    """
    for number, block in enumerate(row.blocks):
        if len(row.units) == len(row.blocks):
            units = row.units[number]
        else:
            units = tuple(dict.fromkeys(name for entry in row.units for name in entry))
        for measure in by_block.get(id(block), ()):
            if measure.entry.row < row.number and not measure.units:
                measure.units = units


def _inherit(before: RowNotes, row: RowNotes, measures: Sequence[Measure]) -> None:
    """Measures of a row whose unit cell is empty: it was merged with the one above, or cut off it by a page.

    Only a unit that held for the whole row above can hold for this one too, and only under its requirement.
    """
    if len(before.units) != 1 or before.stray:
        return
    under = [measure for measure in measures if any(measure.block is block for block in before.blocks)]
    for measure in under:
        measure.units = before.units[0]
    if under:
        row.units = list(before.units)


def _assign_deadlines(deadlines: Sequence[str], measures: Sequence[Measure]) -> None:
    if not deadlines or not measures:
        return
    paired = deadlines if len(deadlines) == len(measures) else ["、".join(dict.fromkeys(deadlines))] * len(measures)
    for measure, deadline in zip(measures, paired, strict=True):
        measure.deadline = deadline
