"""Groups of items that say the same, from pairs that do."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from plansearch.matching.words import Numbers, Rows

FEW_LINKS: Final = 100_000
"""Pairs up to which groups join one by one, in about a second."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Pairs of rows, each once, and how alike they are, from 0 to 1."""

    first: Rows
    second: Rows
    alike: Numbers

    def __len__(self) -> int:
        return len(self.first)

    def where(self, kept: npt.NDArray[np.bool_] | Rows) -> Links:
        """Those for which ``kept`` says so, ``(n_links,)``, or those at some places, in this order."""
        return Links(self.first[kept], self.second[kept], self.alike[kept])


def cluster(n_items: int, pairs: Mapping[tuple[int, int], float], threshold: float) -> list[list[int]]:
    """Group items by average linkage: two groups join while their members are alike on average.

    A chain of pairs makes no group: what is like a second, which is like a third, need not be like the third.
    Pairs that are not given count as not alike at all.

    Args:
        n_items: how many items there are.
        pairs: two rows, the smaller first, and how alike they are, from 0 to 1.
        threshold: least average likeness between two groups that join.

    Returns:
        The groups of two and more, each with its rows ascending, by their first rows.
    """
    links: dict[int, dict[int, float]] = {}
    for (first, second), alike in pairs.items():
        links.setdefault(first, {})[second] = alike
        links.setdefault(second, {})[first] = alike
    waiting = [(-alike, *pair) for pair, alike in pairs.items() if alike >= threshold]
    heapq.heapify(waiting)
    members = {row: [row] for row in links}
    after = n_items
    while waiting:
        _, first, second = heapq.heappop(waiting)
        if first not in members or second not in members:
            continue
        joined, after = after, after + 1
        members[joined] = members.pop(first) + members.pop(second)
        links[joined] = _joined(links.pop(first), links.pop(second), (first, second))
        for other, total in links[joined].items():
            of_other = links[other]
            of_other.pop(first, None)
            of_other.pop(second, None)
            of_other[joined] = total
            average = total / (len(members[joined]) * len(members[other]))
            if average >= threshold:
                heapq.heappush(waiting, (-average, min(joined, other), max(joined, other)))
    return sorted(sorted(rows) for rows in members.values() if len(rows) > 1)


def cluster_many(n_items: int, links: Links, threshold: float) -> list[list[int]]:
    """Group items as `cluster` does, where there are very many pairs.

    In each round all groups join of which each is the other's nearest. By average linkage no join brings two groups
    nearer to a third than the nearer of them was, so the order of joining changes nothing but where pairs are equally
    alike (Bruynooghe 1978).
    """
    group = np.arange(n_items)
    sizes = np.ones(n_items, dtype=np.int64)
    first, second = np.minimum(links.first, links.second), np.maximum(links.first, links.second)
    total = links.alike
    while True:
        average = total / (sizes[first] * sizes[second])
        near = np.flatnonzero(average >= threshold)
        if not len(near):
            return _members(group)
        one, other, is_near = _nearest_of_each_other(n_items, Links(first[near], second[near], average[near]))
        into = np.arange(n_items)
        into[other] = one
        sizes[one] += sizes[other]
        group = into[group]
        # what is near to nothing now never will be
        kept = is_near[first] & is_near[second]
        first, second, total = _summed(n_items, into[first[kept]], into[second[kept]], total[kept])


def _nearest_of_each_other(n_items: int, links: Links) -> tuple[Rows, Rows, npt.NDArray[np.bool_]]:
    """Pairs of which each is the other's nearest, of equally near ones the first; and what has any link at all."""
    best = np.zeros(n_items)
    np.maximum.at(best, links.first, links.alike)
    np.maximum.at(best, links.second, links.alike)
    links = links.where((links.alike == best[links.first]) | (links.alike == best[links.second]))
    links = links.where(np.lexsort((links.second, links.first, -links.alike)))
    rank = np.arange(len(links))
    nearest = np.full(n_items, len(links))
    np.minimum.at(nearest, links.first, rank)
    np.minimum.at(nearest, links.second, rank)
    mutual = (nearest[links.first] == rank) & (nearest[links.second] == rank)
    return links.first[mutual], links.second[mutual], nearest < len(links)


def _summed(n_items: int, first: Rows, second: Rows, total: Numbers) -> tuple[Rows, Rows, Numbers]:
    """Links between groups, each once, with the sum of the likeness of their members."""
    apart = first != second
    keys = np.minimum(first, second)[apart] * n_items + np.maximum(first, second)[apart]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    low, high = np.divmod(keys[begins], max(n_items, 1))
    return low, high, np.add.reduceat(total[apart][order], begins) if len(begins) else total[:0]


def _members(group: Rows) -> list[list[int]]:
    """The rows of each group of two and more."""
    order = np.argsort(group, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return sorted(some.tolist() for some in rows if len(some) > 1)


def cluster_texts(texts: Rows, links: Links, threshold: float) -> list[list[int]]:
    """Group items as `cluster` does, but what has one text counts once, and stays together.

    So a text that all plans have draws no group towards itself and takes no square of their number.

    Args:
        texts: the number of each item's text.
        links: of rows; of equal texts one row's links are enough.
        threshold: as `cluster`.

    Returns:
        As `cluster`.
    """
    known, first_row, number = np.unique(texts, return_index=True, return_inverse=True)
    # texts are numbered by their first rows
    number = np.argsort(np.argsort(first_row))[number.ravel()]
    between = _between(len(known), number[links.first], number[links.second], links.alike)
    if len(between) <= FEW_LINKS:
        ends = zip(between.first.tolist(), between.second.tolist(), strict=True)
        found = cluster(len(known), dict(zip(ends, between.alike.tolist(), strict=True)), threshold)
    else:
        found = cluster_many(len(known), between, threshold)
    cluster_of = np.arange(len(known))
    for some in found:
        cluster_of[some] = some[0]
    return _members(cluster_of[number])


def _between(n_texts: int, first: Rows, second: Rows, alike: Numbers) -> Links:
    """Links of texts, each once, with the largest of their rows'."""
    apart = first != second
    keys = np.minimum(first, second)[apart] * n_texts + np.maximum(first, second)[apart]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    low, high = np.divmod(keys[begins], max(n_texts, 1))
    return Links(low, high, np.maximum.reduceat(alike[apart][order], begins) if len(begins) else alike[:0])


def _joined(one: dict[int, float], other: dict[int, float], without: Iterable[int]) -> dict[int, float]:
    """Sums of the likeness of two groups to each third one."""
    left = set(without)
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in sorted({*one, *other} - left)}
