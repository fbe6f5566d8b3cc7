"""The rules that are drawn on a page, and the tables that they make. Measures are points, from the upper left.

A table is a grid of all the places where rules run; two squares without a rule between them are one cell. So a
table that is open at its sides, or that a page cuts off without a closing rule, is read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_SNAP = 4.0
"""Rules nearer to each other are one: a double border, or the two sides of a thick one."""
_TOUCH = 1.5
"""Rules that miss each other by no more still meet; an underline inside a cell keeps further off."""
_GAP = 3.0
"""A rule that stops for no longer goes on: dotted borders are many short ones."""
_MIN_RULE = 8.0
"""What is shorter is part of a character or a drawing."""
_COVERED = 0.6
"""Of a square's side that a rule must run along to close it."""
_LOOK_BACK = 12
"""Rules among which a piece looks for the one that it goes on with."""
_MAX_RULES = 4000
"""A page with more is a drawing; its tables are not looked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line, upright or level: it stands ``at`` an x or y, from ``begin`` to ``end``."""

    upright: bool
    at: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Box:
    """One cell: where it stands on the page and in its table, and over how many rows and columns it goes."""

    row: int
    column: int
    rows: int
    columns: int
    x0: float
    top: float
    x1: float
    bottom: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.x0 <= x < self.x1 and self.top <= y < self.bottom


@dataclass(frozen=True, slots=True)
class Lattice:
    """The cells of one table, row by row, and the edges of its columns."""

    boxes: tuple[Box, ...]
    edges: tuple[float, ...]
    top: float
    bottom: float

    @property
    def area(self) -> float:
        """In square points; of two tables one in the other, the smaller is the inner one."""
        return (self.edges[-1] - self.edges[0]) * (self.bottom - self.top)


def lattices_of(rules: Iterable[Rule]) -> list[Lattice]:
    """The tables that rules make, from top to bottom; frames around text are none."""
    merged = _merged(rules)
    if len(merged) > _MAX_RULES:
        return []
    found = [lattice for group in _connected(merged) if (lattice := _lattice(group)) is not None]
    return sorted(found, key=lambda lattice: (lattice.top, lattice.edges[0]))


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Pieces of one line as one rule; then those that are too short are dropped."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda one: (one.upright, round(one.at), one.begin)):
        for place in range(len(merged) - 1, max(len(merged) - _LOOK_BACK, -1), -1):
            other = merged[place]
            meets = rule.begin <= other.end + _GAP and other.begin <= rule.end + _GAP
            if other.upright == rule.upright and abs(other.at - rule.at) <= _TOUCH and meets:
                merged[place] = Rule(rule.upright, other.at, min(other.begin, rule.begin), max(other.end, rule.end))
                break
        else:
            merged.append(rule)
    return [rule for rule in merged if rule.end - rule.begin >= _MIN_RULE]


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Rules that meet, group by group."""
    groups = list(range(len(rules)))

    def root(place: int) -> int:
        while groups[place] != place:
            groups[place] = groups[groups[place]]
            place = groups[place]
        return place

    for place, rule in enumerate(rules):
        for other in range(place):
            if root(place) != root(other) and _meet(rule, rules[other]):
                groups[root(place)] = root(other)
    found: dict[int, list[Rule]] = {}
    for place, rule in enumerate(rules):
        found.setdefault(root(place), []).append(rule)
    return list(found.values())


def _meet(one: Rule, other: Rule) -> bool:
    if one.upright == other.upright:
        near = abs(one.at - other.at) <= _SNAP
        return near and one.begin <= other.end + _TOUCH and other.begin <= one.end + _TOUCH
    return other.begin - _TOUCH <= one.at <= other.end + _TOUCH and one.begin - _TOUCH <= other.at <= one.end + _TOUCH


def _lattice(rules: Sequence[Rule]) -> Lattice | None:
    upright = [rule for rule in rules if rule.upright]
    level = [rule for rule in rules if not rule.upright]
    if not upright or len(level) + len(upright) < 3:  # noqa: PLR2004
        return None
    sides = [end for rule in level for end in (rule.begin, rule.end)]
    ends = [end for rule in upright for end in (rule.begin, rule.end)]
    xs = _places([rule.at for rule in upright] + ([min(sides), max(sides)] if sides else []))
    ys = _places([rule.at for rule in level] + [min(ends), max(ends)])
    xs = _needed(xs, ys, upright)
    ys = _needed(ys, xs, level)
    if len(xs) < 3 or len(ys) < 2:  # noqa: PLR2004 (one column is a frame around text)
        return None
    return Lattice(tuple(_boxes(xs, ys, upright, level)), tuple(xs), ys[0], ys[-1])


def _places(values: Iterable[float]) -> list[float]:
    """Values that are nearly one, as one."""
    clusters: list[list[float]] = []
    for value in sorted(values):
        if clusters and value - clusters[-1][-1] <= _SNAP:
            clusters[-1].append(value)
        else:
            clusters.append([value])
    return [sum(cluster) / len(cluster) for cluster in clusters]


def _needed(places: Sequence[float], across: Sequence[float], rules: Sequence[Rule]) -> list[float]:
    """The places at which a rule closes at least one square, and both ends."""
    inner = [
        place for place in places[1:-1] if any(_closes(rules, place, begin, end) for begin, end in pairwise(across))
    ]
    return [places[0], *inner, places[-1]] if len(places) > 1 else list(places)


def _closes(rules: Iterable[Rule], at: float, begin: float, end: float) -> bool:
    covered = sum(max(0.0, min(rule.end, end) - max(rule.begin, begin)) for rule in rules if abs(rule.at - at) <= _SNAP)
    return covered >= _COVERED * (end - begin)


def _boxes(xs: Sequence[float], ys: Sequence[float], upright: Sequence[Rule], level: Sequence[Rule]) -> list[Box]:
    """Cells, by the upper left square of each: it grows to the right and down until a rule stops it."""
    rows, columns = len(ys) - 1, len(xs) - 1
    right = [[_closes(upright, xs[c + 1], ys[r], ys[r + 1]) for c in range(columns)] for r in range(rows)]
    below = [[_closes(level, ys[r + 1], xs[c], xs[c + 1]) for c in range(columns)] for r in range(rows)]
    taken = [[False] * columns for _ in range(rows)]
    boxes = []
    for row in range(rows):
        for column in range(columns):
            if taken[row][column]:
                continue
            wide = 1
            while column + wide < columns and not right[row][column + wide - 1] and not taken[row][column + wide]:
                wide += 1
            high = 1
            while row + high < rows and not any(
                below[row + high - 1][c] or taken[row + high][c] for c in range(column, column + wide)
            ):
                if any(right[row + high][c] for c in range(column, column + wide - 1)):
                    break
                high += 1
            for r in range(row, row + high):
                for c in range(column, column + wide):
                    taken[r][c] = True
            boxes.append(Box(row, column, high, wide, xs[column], ys[row], xs[column + wide], ys[row + high]))
    return boxes
