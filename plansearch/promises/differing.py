"""Where two measures promise different things, however alike their texts are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from plansearch.promises.copies import differing_pairs
from plansearch.promises.reading import read_promises
from plansearch.promises.retellings import contradicting_pairs

Kind = Literal["number", "frequency", "polarity"]
"""What differs: 3 日 and 5 個工作天, 每週 and 每月, 應 and 得."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A promise that two texts make differently.

    ``first`` and ``second`` are what each of them says, in its own writing; empty where it says nothing of it.
    """

    kind: Kind
    first: str
    second: str


@lru_cache(maxsize=8192)
def differences(first: str, second: str, *, copied: bool) -> tuple[Difference, ...]:
    """Find what two texts promise differently; what is asked again, as lists of pairs are, is not worked out again.

    Args:
        first: a measure.
        second: another one.
        copied: whether the one is a near-copy of the other. Then they are aligned, and what only one of them says
            differs too. Else they tell the same in own words, and only what both say of one thing is compared.

    Returns:
        The differences; those of near-copies in the order of the texts, others by kind. None where nothing that
        matters differs.
    """
    if first == second:
        return ()
    one, other = read_promises(first), read_promises(second)
    pairs = differing_pairs(one, other) if copied else contradicting_pairs(one, other)
    found = []
    for mine, theirs in pairs:
        fact = mine or theirs
        if fact is not None:
            found.append(
                Difference(fact.kind, one.written(mine) if mine else "", other.written(theirs) if theirs else "")
            )
    return tuple(found)
