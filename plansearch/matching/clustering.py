"""Groups of items that say the same, from pairs that do."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence


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


def cluster_texts(texts: Sequence[str], pairs: Mapping[tuple[int, int], float], threshold: float) -> list[list[int]]:
    """Group items as `cluster` does, but what has one text counts once, and stays together.

    So a text that all plans have draws no group towards itself and takes no square of their number.

    Args:
        texts: of each item.
        pairs: two rows and how alike they are; of equal texts one row's pairs are enough.
        threshold: as `cluster`.

    Returns:
        As `cluster`.
    """
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    number = {text: place for place, text in enumerate(rows)}
    between: dict[tuple[int, int], float] = {}
    for (first, second), alike in pairs.items():
        one, other = sorted((number[texts[first]], number[texts[second]]))
        if one != other:
            between[one, other] = max(between.get((one, other), 0.0), alike)
    twins = list(rows.values())
    found = [sorted(row for text in group for row in twins[text]) for group in cluster(len(twins), between, threshold)]
    grouped = {row for group in found for row in group}
    return sorted([*found, *(some for some in twins if len(some) > 1 and some[0] not in grouped)])


def _joined(one: dict[int, float], other: dict[int, float], without: Iterable[int]) -> dict[int, float]:
    """Sums of the likeness of two groups to each third one."""
    left = set(without)
    return {key: one.get(key, 0.0) + other.get(key, 0.0) for key in sorted({*one, *other} - left)}
