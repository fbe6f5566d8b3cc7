"""The synonym list: groups of terms, the wordings that lead to them, and words that only ask."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any

from plansearch.errors import ConfigurationError, reason_of
from plansearch.text import fold

VOCABULARY_NAME = "synonyms.toml"
"""Beside the plans: the words that this office uses, to be searched together with those that come with the program."""

_BEGINNING = 2
"""Characters by which words are looked up: few words of the list share them."""

_KEYS = {"terms", "wording", "source"}
_LISTS = ("group", "question_words", "ignored")


@dataclass(frozen=True, slots=True)
class SynonymGroup:
    """Words for one thing.

    A question with one of the ``terms`` is also searched for the others. ``wording`` is what people say
    instead; it leads to the terms, and nothing leads to it.
    """

    terms: tuple[str, ...]
    wording: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A word of a question, and the terms that it is also searched by."""

    word: str
    """As the question writes it."""
    terms: tuple[str, ...]
    everyday: bool
    """The word is a wording that plans don't use, rather than a term of their own."""


@dataclass(frozen=True)
class Vocabulary:
    """All groups of synonyms, the words that only ask (``怎麼``), and words that are never expanded."""

    groups: tuple[SynonymGroup, ...] = ()
    question_words: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def __add__(self, other: Vocabulary) -> Vocabulary:
        return Vocabulary(
            self.groups + other.groups, self.question_words + other.question_words, self.ignored + other.ignored
        )

    def expand(self, question: str) -> tuple[Expansion, ...]:
        """Find the words of a question that are said in other ways too, in their order.

        Of words that lie within one another the longest counts: 線上申辦 is not also 申辦.
        """
        folded = fold(question)
        expansions: dict[tuple[str, int], Expansion] = {}
        for start, end, number, everyday in self._said(folded):
            if terms := self._others(number, folded):
                expansions.setdefault((folded[start:end], number), Expansion(question[start:end], terms, everyday))
        return tuple(expansions.values())

    def other_terms(self, folded: str) -> frozenset[str]:
        """All terms that are other ways to say what a folded text says: those of `expand`, without their words."""
        numbers = {number for _, _, number, _ in self._said(folded)}
        return frozenset(term for number in numbers for term in self._others(number, folded))

    def _said(self, folded: str) -> list[tuple[int, int, int, bool]]:
        """Where words are said in other ways too, in order: start, end, group's number, whether it is a wording."""
        known = self._entries
        found = [
            (start, start + len(word), number, everyday)
            for beginning in known.keys() & _beginnings(folded)
            for word, number, everyday in known[beginning]
            for start in _places(folded, word)
        ]
        spans = _outermost({(start, end) for start, end, _, _ in found})
        return sorted(one for one in found if one[:2] in spans)

    def only_asks(self, word: str) -> bool:
        """Whether a folded word belongs to the asking and not to what is asked for."""
        return word in self._asking

    def to_json(self) -> dict[str, Any]:
        """As an index keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Vocabulary:
        """From what `to_json` made.

        Raises:
            KeyError, TypeError: it is something else.
        """
        groups = tuple(
            SynonymGroup(_kept(group["terms"]), _kept(group["wording"]), str(group["source"]))
            for group in values["groups"]
        )
        return cls(groups, _kept(values["question_words"]), _kept(values["ignored"]))

    @cached_property
    def _entries(self) -> dict[str, list[tuple[str, int, bool]]]:
        """By its beginning, every word that is expanded: folded, its group's number, whether it is a wording."""
        words = [
            (word, number, everyday)
            for number, group in enumerate(self.groups)
            for words, everyday in ((group.terms, False), (group.wording, True))
            for word in words
        ]
        ignored = set(fold("\n".join(self.ignored)).split("\n")) if self.ignored else set()
        folded = fold("\n".join(word for word, _, _ in words)).split("\n") if words else []
        entries: dict[str, list[tuple[str, int, bool]]] = {}
        for word, (_, number, everyday) in zip(folded, words, strict=True):
            if word not in ignored:
                entries.setdefault(word[:_BEGINNING], []).append((word, number, everyday))
        return entries

    @cached_property
    def _folded_terms(self) -> tuple[tuple[str, ...], ...]:
        """The terms of each group, folded."""
        terms = fold("\n".join(term for group in self.groups for term in group.terms)).split("\n")
        ends = accumulate(len(group.terms) for group in self.groups)
        return tuple(tuple(terms[end - len(group.terms) : end]) for group, end in zip(self.groups, ends, strict=True))

    @cached_property
    def _asking(self) -> frozenset[str]:
        return frozenset(fold("\n".join(self.question_words)).split("\n"))

    def _others(self, number: int, folded: str) -> tuple[str, ...]:
        pairs = zip(self.groups[number].terms, self._folded_terms[number], strict=True)
        return tuple(term for term, searched in pairs if searched not in folded)


def _beginnings(folded: str) -> set[str]:
    """How the words may begin that a text has: its characters and its pairs of them."""
    return {*(folded[start : start + _BEGINNING] for start in range(len(folded))), *folded}


def _outermost(spans: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of some ranges that lie within no other."""
    kept: set[tuple[int, int]] = set()
    reached = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > reached:
            kept.add((start, end))
            reached = end
    return kept


def _kept(words: Sequence[str]) -> tuple[str, ...]:
    """Words as an index keeps them.

    Raises:
        TypeError: they are something else.
    """
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) and word for word in words):
        raise TypeError
    return tuple(words)


def _places(folded: str, word: str) -> Iterator[int]:
    """Where a folded word begins in a folded text; Latin words only as whole ones."""
    start = folded.find(word)
    while start >= 0:
        end = start + len(word)
        if not (_joined(folded, start - 1, word[0]) or _joined(folded, end, word[-1])):
            yield start
        start = folded.find(word, start + 1)


def _joined(folded: str, place: int, edge: str) -> bool:
    """Whether the character at a place and the edge of a word beside it make one Latin word or number."""
    return edge.isascii() and edge.isalnum() and 0 <= place < len(folded) and _is_ascii_word(folded[place])


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def bundled_vocabulary() -> Vocabulary:
    """The list that comes with the program."""
    here = Path(__file__).parent
    return read_vocabulary(here / VOCABULARY_NAME) + read_vocabulary(here / "question_words.toml")


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a synonym list: ``[[group]]`` tables, ``question_words`` and ``ignored``.

    Returns:
        What it says; nothing where there is no such file.

    Raises:
        ConfigurationError: it is no TOML, or a part of it is not as it should be.
    """
    if not path.is_file():
        return Vocabulary()
    # only a build reads lists; questions find them in the index
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415
    else:
        import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"無法讀取「{path}」：{reason_of(error)}。請確認它是 UTF-8 的 TOML 檔。") from error
    if unknown := sorted(values.keys() - set(_LISTS)):
        raise ConfigurationError(f"「{path}」有不認識的欄位 {unknown[0]}；可用的是 {'、'.join(_LISTS)}。")
    groups = values.get("group", [])
    if not isinstance(groups, list):
        raise ConfigurationError(f"「{path}」的每一組同義詞要各寫一段 [[group]]（兩層方括號）。")
    return Vocabulary(
        tuple(_group(f"「{path}」第 {place} 段 [[group]]", group) for place, group in enumerate(groups, 1)),
        _words(f"「{path}」", values, "question_words"),
        _words(f"「{path}」", values, "ignored"),
    )


def _group(where: str, group: object) -> SynonymGroup:
    if not isinstance(group, dict):
        raise ConfigurationError(f"{where}不是一段設定。請照 terms、wording、source 三欄填寫。")
    if unknown := sorted(group.keys() - _KEYS):
        raise ConfigurationError(f"{where}有不認識的欄位 {unknown[0]}；可用的是 terms、wording、source。")
    terms, wording = _words(where, group, "terms"), _words(where, group, "wording")
    if not terms:
        raise ConfigurationError(f'{where}缺少 terms（計畫裡的用語），例如 terms = ["無障礙", "坡道"]。')
    return SynonymGroup(terms, wording, str(group.get("source", "")))


def _words(where: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words: Sequence[object] = table.get(key, [])
    if not isinstance(words, list) or not all(isinstance(word, str) and _is_word(word.strip()) for word in words):
        raise ConfigurationError(f'{where}的 {key} 要是一列詞，例如 {key} = ["無障礙", "坡道"]。')
    return tuple(str(word).strip() for word in words)


def _is_word(word: str) -> bool:
    """Whether a question could have it: letters, and all on one line."""
    return word.isprintable() and any(map(str.isalnum, word))
