"""Two columns beside each other: measures that match on one row, then what only one of them has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from plansearch.comparison.columns import Column
from plansearch.findings import Cell, CellEntry, ComparisonRow
from plansearch.index import PlanIndex
from plansearch.matching import (
    COPY_THRESHOLD,
    LOOK_THRESHOLD,
    PERHAPS_THRESHOLD,
    SAME_THRESHOLD,
    Likeness,
    Matcher,
    assign,
)
from plansearch.promises import differences
from plansearch.retrieval import MEASURE_ANSWERED, SURE, answers_measures, is_aim
from plansearch.substance import codes_in


@dataclass(frozen=True, slots=True)
class Heading:
    """What a group of rows stands under."""

    code: str | None
    title: str
    pillar: str | None
    first: frozenset[int]
    """Places of the first column's items under it."""
    second: frozenset[int]
    is_question: bool = False
    """It was asked in words, so what answers may stand anywhere."""


class Alignment:
    """The best way to pair the items of two columns one to one, by meaning and words together."""

    def __init__(
        self,
        index: PlanIndex,
        first: Column,
        second: Column,
        framework: str | None,
        *,
        likely: npt.NDArray[np.float64] | None = None,
    ) -> None:
        """Compare all items of both.

        Args:
            index: where they are.
            first: the column whose order counts.
            second: the other one.
            framework: whose requirements the rows stand under.
            likely: how likely each item of the index answers the question that was asked, if one was.
        """
        self._index = index
        self.columns = (first, second)
        self._likely = likely
        self._framework = framework
        matcher = Matcher(index, (*first.positions, *second.positions))
        n_first = len(first.positions)
        rows, others = np.arange(n_first), np.arange(n_first, n_first + len(second.positions))
        self._likeness: Likeness = matcher.likeness_between(rows, others)
        scores = self._likeness.same.copy()
        scores[sorted(first.restating), :] = 0.0
        scores[:, sorted(second.restating)] = 0.0
        # what a plan is for is no measure
        self._aims = tuple(
            np.asarray([is_aim(one.item) for one in each.items], dtype=np.bool_) for each in self.columns
        )
        scores[self._aims[0][:, np.newaxis] != self._aims[1]] = 0.0
        self._scores = scores
        self._partner = dict(assign(scores, SAME_THRESHOLD)) if scores.size else {}
        # sure pairs first, so that no two weak ones take a sure one apart
        left = scores.copy()
        left[sorted(self._partner), :] = 0.0
        left[:, sorted(self._partner.values())] = 0.0
        self._partner |= dict(assign(left, PERHAPS_THRESHOLD)) if scores.size else {}
        self._taken = {other: place for place, other in self._partner.items()}
        self._answered: dict[int, dict[int, tuple[int, float]]] = {}

    def partner_of_second(self, place: int) -> int | None:
        """The first column's item that an item of the second was paired with."""
        return self._taken.get(place)

    def rows_under(self, heading: Heading, order: Callable[[Iterable[int]], list[int]] = sorted) -> list[ComparisonRow]:
        """The rows of what stands under a heading: matched ones, then those that only one column has.

        A pair belongs to the heading of its first item; where that is under none of those that are compared, to the
        heading of its second.
        """
        first = [place for place in order(heading.first) if place not in self.columns[0].restating]
        second = [place for place in order(heading.second) if place not in self.columns[1].restating]
        rows = [self._matched(heading, place, self._partner[place]) for place in first if place in self._partner]
        rows += [self._matched(heading, self._taken[place], place) for place in second if place in self._taken]
        rows += [self._only(heading, 0, place) for place in first if place not in self._partner]
        rows += [self._only(heading, 1, place) for place in second if place not in self._taken]
        return rows

    def _matched(self, heading: Heading, place: int, other: int) -> ComparisonRow:
        one, two = self.columns[0].items[place], self.columns[1].items[other]
        copied = float(self._likeness.copied[place, other]) >= COPY_THRESHOLD
        same = float(self._likeness.same[place, other])
        return ComparisonRow(
            "matched" if same >= SAME_THRESHOLD else "perhaps",
            heading.code,
            heading.title,
            heading.pillar,
            (self._cell(heading, 0, place), self._cell(heading, 1, other)),
            lexical=float(self._likeness.lexical[place, other]),
            same=same,
            differences=differences(one.item.text, two.item.text, copied=copied),
        )

    def _only(self, heading: Heading, side: int, place: int) -> ComparisonRow:
        other = self.columns[1 - side]
        candidates = self._candidates(heading, side, place)
        losses = other.losses
        behind = losses.behind_answer() if heading.is_question else losses.behind_measure(heading.code, self._framework)
        cells = [self._cell(heading, side, place), other.empty_cell(behind, candidates)]
        return ComparisonRow(
            "only", heading.code, heading.title, heading.pillar, tuple(cells if side == 0 else cells[::-1])
        )

    def _candidates(self, heading: Heading, side: int, place: int) -> list[CellEntry]:
        """What of the other column may be the same measure all the same: by likeness, else by asking for it."""
        scores = self._scores_of(side, place)
        if not len(scores):
            return []
        best = int(scores.argmax())
        if scores[best] >= LOOK_THRESHOLD:
            return [self._entry(heading, 1 - side, best, float(scores[best]))]
        # whom it finds, else who finds it: the two must not say that they have nothing of each other
        finders = [(asker, likely) for asker, (found, likely) in self._answers(1 - side).items() if found == place]
        nearest = self._answers(side).get(place) or max(finders, key=lambda one: one[1], default=None)
        return [self._entry(heading, 1 - side, *nearest)] if nearest else []

    def _scores_of(self, side: int, place: int) -> npt.NDArray[np.float64]:
        """How likely each item of the other column is the same measure as one of this."""
        likely: npt.NDArray[np.float64] = self._scores[place, :] if side == 0 else self._scores[:, place]
        return likely

    def _answers(self, side: int) -> dict[int, tuple[int, float]]:
        """For each item of a column to which nothing of the other is like: what of it answers, asked as a question."""
        if side not in self._answered:
            own, places = self.columns[side], self.columns[1 - side].positions
            paired = self._partner if side == 0 else self._taken
            lone = [
                place
                for place in (range(len(own.items)) if places else ())
                if place not in paired
                and place not in own.restating
                and self._scores_of(side, place).max() < LOOK_THRESHOLD
            ]
            likely = answers_measures(self._index, [own.items[place].item.text for place in lone], places)
            likely[self._aims[side][lone][:, np.newaxis] != self._aims[1 - side]] = 0.0
            best = likely.argmax(axis=1) if lone else ()
            self._answered[side] = {
                place: (int(found), float(of_place[found]))
                for place, found, of_place in zip(lone, best, likely, strict=True)
                if of_place[found] >= MEASURE_ANSWERED
            }
        return self._answered[side]

    def _cell(self, heading: Heading, side: int, place: int) -> Cell:
        return Cell("measures", (self._entry(heading, side, place, None),))

    def _entry(self, heading: Heading, side: int, place: int, relevance: float | None) -> CellEntry:
        found = self.columns[side].items[place]
        weak = False
        if relevance is None and self._likely is not None:
            relevance = float(self._likely[self.columns[side].positions[place]])
            weak = relevance < SURE
        codes = codes_in(found, self._framework)
        elsewhere = None if heading.code in (None, *codes) else next(iter(codes), found.item.code)
        restates = place in self.columns[side].restating
        return CellEntry(found, relevance, restates=restates, weak=weak, related_code=elsewhere)


def headings_apart(headings: Sequence[Heading], alignment: Alignment) -> list[Heading]:
    """Headings of which no item stands under two, so that no row comes twice.

    An item that answers two requirements stands under the first; the second of a pair stands where its first does.
    """
    seen: tuple[set[int], set[int]] = (set(), set())
    all_first = {place for heading in headings for place in heading.first}
    apart = []
    for heading in headings:
        first = heading.first - seen[0]
        second = {place for place in heading.second - seen[1] if alignment.partner_of_second(place) not in all_first}
        seen[0].update(first)
        seen[1].update(second)
        apart.append(replace(heading, first=frozenset(first), second=frozenset(second)))
    return apart
