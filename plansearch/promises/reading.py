"""What one text promises: its amounts, frequencies and senses, and where each stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from plansearch.promises.amounts import Amount, read_amounts
from plansearch.promises.recurrences import Recurrence, read_recurrences
from plansearch.promises.references import blank, without_references
from plansearch.promises.senses import Mark, read_marks
from plansearch.promises.times import read_clocks, read_dates, read_near_days
from plansearch.text import fold

Fact: TypeAlias = Amount | Recurrence | Mark
"""Something that a text promises."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and what was found in it, each kind in order."""

    text: str
    folded: str
    amounts: tuple[Amount, ...]
    """Dates and times of day among them."""
    recurrences: tuple[Recurrence, ...]
    marks: tuple[Mark, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All of it, in order."""
        return tuple(sorted((*self.amounts, *self.recurrences, *self.marks), key=lambda fact: (fact.start, fact.end)))

    def written(self, fact: Fact) -> str:
        """A fact as the text writes it; what stands between 每季 and 二場 is left out."""
        if isinstance(fact, Mark):
            return self.text[fact.start : fact.thing_end].strip()
        written = self.text[fact.start : fact.end].strip()
        if isinstance(fact, Recurrence) and fact.count_span is not None:
            return f"{written}…{self.text[slice(*fact.count_span)].strip()}"
        return written


@lru_cache(maxsize=4096)
def read_promises(text: str) -> Reading:
    """Find what a text promises; texts that are compared to many others are read once."""
    folded = fold(text)
    recurrences = tuple(read_recurrences(folded))
    spans = [span for found in recurrences for span in spans_of(found)]
    plain = without_references(folded, text)
    named = (*read_dates(plain), *read_near_days(plain))
    dates = [date for date in named if not _overlaps(date, spans)]
    plain = _without(plain, [*spans, *((date.start, date.end) for date in dates)])
    clocks = list(read_clocks(plain))
    amounts = read_amounts(_without(plain, ((clock.start, clock.end) for clock in clocks)))
    ordered = sorted((*dates, *clocks, *amounts), key=lambda amount: amount.start)
    return Reading(text, folded, tuple(ordered), recurrences, tuple(read_marks(folded)))


def spans_of(fact: Fact) -> tuple[tuple[int, int], ...]:
    """Where a fact stands: one range, or two where 每季 and 二場 stand apart."""
    apart = fact.count_span if isinstance(fact, Recurrence) else None
    return ((fact.start, fact.end),) if apart is None else ((fact.start, fact.end), apart)


def _overlaps(amount: Amount, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < amount.end and amount.start < end for start, end in spans)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = blank(text, start, end)
    return text
