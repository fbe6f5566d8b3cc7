"""What synthetic plans are made of: the clauses of the sample plans, their words, and invented ones; and how to draw.

Everything is drawn by hashing, so that what is drawn for a number depends on nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from synthetic_encoder import mixed

from plansearch.collection import read_plan
from plansearch.frameworks import bundled_frameworks
from plansearch.text import Tokenizer, fold

Keys = npt.NDArray[np.uint64]
Fractions = npt.NDArray[np.float64]

CORPUS: Final = Path(__file__).parents[1] / "corpus"
FRAMEWORK: Final = "six_pillars"

INVENTED_WORDS: Final = 200_000

_BETWEEN_CLAUSES: Final = re.compile("[，；。：、\\s]+")
_NUMBER: Final = re.compile("\\d+|[一二三四五六七八九十]+(?=[次場件日天週月項小分年式處名人])")


@dataclass(frozen=True, slots=True)
class Frame:
    """A clause with a word or a number taken out of it."""

    before: str
    after: str
    numeral: bool
    """Whether it was a number."""


@dataclass(frozen=True, slots=True)
class Material:
    """What texts are made of."""

    clauses: tuple[str, ...]
    frames: tuple[tuple[Frame, ...], ...]
    """Of each clause."""
    codes: tuple[str, ...]
    """Requirement of each clause."""
    by_code: dict[str, tuple[int, ...]]
    """Numbers of the clauses of each requirement."""
    words: tuple[str, ...]
    """Words of the clauses, commonest first."""
    invented: tuple[str, ...]
    """Invented words, commonest first."""


@cache
def titles() -> dict[str, tuple[str, str]]:
    """Pillar and title of each requirement by its code."""
    framework = next(one for one in bundled_frameworks() if one.id == FRAMEWORK)
    pillars = {pillar.code: pillar.title for pillar in framework.pillars}
    return {one.code: (pillars[one.code.partition(".")[0]], one.title) for one in framework.requirements}


@cache
def material() -> Material:
    """Take the sample plans apart; those that are plain text, since others need programs to read."""
    known, tokenizer = titles(), Tokenizer.full()
    code_of: dict[str, str] = {}
    for plan in map(read_plan, sorted(CORPUS.glob("*.txt"))):
        for item in plan.items:
            codes = [item.code, *(match.code for match in item.crosswalk if match.framework == FRAMEWORK)]
            code = next((code for code in codes if code in known), None)
            for clause in _BETWEEN_CLAUSES.split(item.text) if code and item.is_measure else ():
                if 4 <= len(clause) <= 24:  # noqa: PLR2004  characters; shorter ones are words of a list
                    code_of.setdefault(clause, code or "")
    # in an order that has nothing to do with that of the plans, since the first are the commonest
    clauses = sorted(code_of, key=lambda clause: sha256(clause.encode()).digest())
    counts: Counter[str] = Counter()
    frames = [tuple(_frames(clause, tokenizer, counts)) or (Frame(clause, "", numeral=False),) for clause in clauses]
    by_code: dict[str, list[int]] = {}
    for number, clause in enumerate(clauses):
        by_code.setdefault(code_of[clause], []).append(number)
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return Material(
        tuple(clauses),
        tuple(frames),
        tuple(code_of[clause] for clause in clauses),
        {code: tuple(numbers) for code, numbers in by_code.items()},
        tuple(words),
        _invented(words, clauses),
    )


def _frames(clause: str, tokenizer: Tokenizer, counts: Counter[str]) -> Iterator[Frame]:
    """The clause without each of its numbers and words; the words are counted."""
    for number in _NUMBER.finditer(clause):
        yield Frame(clause[: number.start()], clause[number.end() :], numeral=True)
    folded, end = fold(clause), 0
    for word in tokenizer.words(clause):
        begin = folded.index(word, end)
        end = begin + len(word)
        if len(word) > 1 and not _NUMBER.search(word):
            counts[clause[begin:end]] += 1
            yield Frame(clause[:begin], clause[end:], numeral=False)


def _invented(words: Sequence[str], clauses: Sequence[str]) -> tuple[str, ...]:
    """Words that no dictionary has, of two to four characters: two characters, a word and a character, two words."""
    characters = sorted({character for clause in clauses for character in clause if "\u4e00" <= character <= "\u9fff"})
    pairs = [word for word in words if len(word) == 2]  # noqa: PLR2004
    # one in ten comes out twice, so that some more are made
    numbers = np.arange(int(1.3 * INVENTED_WORDS), dtype=np.uint64)
    kinds, firsts, seconds = (uniform(numbers, 0, f"invented {part}").tolist() for part in ("kind", "first", "second"))

    def made(kind: float, first: float, second: float) -> str:
        head = characters if kind < 0.5 else pairs  # noqa: PLR2004  half of them have two characters
        tail = characters if kind < 0.8 else pairs  # noqa: PLR2004
        return head[int(first * len(head))] + tail[int(second * len(tail))]

    invented = dict.fromkeys(map(made, kinds, firsts, seconds))
    known = set(words)
    return tuple(islice((word for word in invented if word not in known), INVENTED_WORDS))


def uniform(keys: Keys, seed: int, stream: str) -> Fractions:
    """Fractions in [0, 1) by hashing: the same key, seed and stream give the same one."""
    salt = int.from_bytes(sha256(f"{seed} {stream}".encode()).digest()[:8], "big")
    fractions: Fractions = (mixed(keys ^ np.uint64(salt)) >> np.uint64(11)) * 2.0**-53
    return fractions


def zipf(fractions: Fractions, n_values: int, exponent: float) -> npt.NDArray[np.int64]:
    """Ranks from 0, the frequency of rank r in proportion to 1 / (r + 1) ** exponent."""
    return np.searchsorted(_cumulated(n_values, exponent), fractions, side="right").clip(max=n_values - 1)


@cache
def _cumulated(n_values: int, exponent: float) -> Fractions:
    shares = np.arange(1, n_values + 1) ** -exponent
    cumulated: Fractions = np.cumsum(shares) / shares.sum()
    return cumulated
