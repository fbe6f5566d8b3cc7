"""Units that ran together in a printed column with no more room than a name has, parted by the names known elsewhere.

Where every name fills its lines, nothing shows where one ends; so what is parted here is always said to be inferred.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import chain

from plansearch.parsing.blocks import RowNotes
from plansearch.parsing.columns import is_units

_SHORTEST = 2
_SHORTEST_UNKNOWN = 3
"""Characters of a part that the plan names nowhere else."""
_NAME = r"[\u4e00-\u9fff]{2,4}[課室科組股隊站館]"
_SEVERAL = re.compile(rf"(?:{_NAME}){{2,}}")
"""Two names or more, or one of a unit in a unit (教務處註冊組): nobody can tell."""


def part_glued(rows: Sequence[RowNotes]) -> list[RowNotes]:
    """Part names of units that are made of others which the plan names by themselves.

    Only on pages: other files say where a line ends.

    Returns:
        The rows in which names were parted, or may have to be.
    """
    printed = [row for row in rows if row.span.page is not None]
    names = {name for row in printed for entry in row.units for name in entry}
    doubtful: list[RowNotes] = []
    for row in printed:
        units: list[tuple[str, ...]] = []
        found = False
        for entry in row.units:
            parted = [_parts(name, names) for name in entry]
            found = found or any(len(parts) > 1 or _SEVERAL.fullmatch(parts[0]) for parts in parted)
            units += [(part,) for part in parted[0]] if len(entry) == 1 else [tuple(chain.from_iterable(parted))]
        if found:
            row.units = units
            doubtful.append(row)
    return doubtful


def _parts(name: str, names: Collection[str]) -> list[str]:
    """The other names that a name is made of, the fewest; the name alone where it is made of none."""
    best: list[list[str] | None] = [[], *[None] * len(name)]
    for end in range(1, len(name) + 1):
        for begin in range(end - _SHORTEST + 1):
            before, part = best[begin], name[begin:end]
            if before is None or part == name or not (part in names or _ends_apart(name, part, end, names)):
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or []):
                best[end] = [*before, part]
    return best[-1] or [name]


def _ends_apart(name: str, part: str, end: int, names: Collection[str]) -> bool:
    """Whether a first part that is named nowhere else is a unit all the same, before one that is."""
    rest = name[end:]
    return name.startswith(part) and len(part) >= _SHORTEST_UNKNOWN <= len(rest) and rest in names and is_units(part)
