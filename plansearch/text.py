"""Text for searching: a folded copy of the same length, its words, and where they stand in the source.

The plans are in Traditional characters and jieba's dictionary is in Simplified ones, so a copy is
folded for searching; what is shown is never changed. This is the only module that knows OpenCC and jieba.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import groupby, pairwise
from typing import Any, Final

FOLD_VERSION: Final = 2
"""Changes whenever `fold` or `Tokenizer` would answer differently; an index remembers it."""

SPELLING_VARIANTS: Final = {
    "身分": "身份",
    "连络": "联络",
    "连系": "联系",
    "部份": "部分",
    "充份": "充分",
    "成份": "成分",
    "账": "帐",
    "看版": "看板",
    "纪录": "记录",
    "舒解": "纾解",
    "陈请": "陈情",
    "姐妹": "姊妹",
    "其它": "其他",
    "座落": "坐落",
    "按装": "安装",
    "布署": "部署",
    "消弥": "消弭",
    "借由": "藉由",
    "靭": "韧",
    "辧": "办",
}
"""Other ways to write the same word, after OpenCC, to the way that is searched; both are equally long. OpenCC itself
knows characters only (佈告 and 布告, 計劃 and 計畫)."""

COMMON_WORD_FREQUENCY: Final = 1000
"""Words that jieba counted at least this often (about 7,000) stay in a small dictionary, so that the words
of a question that no plan has don't make it cut their neighbours wrongly."""

PAIR: Final = 2
"""Characters of a bigram; a word of so many is its own."""

_REPLACEMENT: Final = 0xFFFD
_CHANGES: Final[tuple[Callable[[str], str], ...]] = (partial(unicodedata.normalize, "NFKC"), str.lower)


class _WidthAndCase(dict[int, int]):
    """A table for `str.translate`: NFKC and lower case, each only where one character stays one."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        for change in _CHANGES:
            changed = change(character)
            character = changed if len(changed) == 1 else character
        # OpenCC takes UTF-8, which has no lone surrogates; a broken console can put some into a question.
        self[code] = _REPLACEMENT if "\ud800" <= character <= "\udfff" else ord(character)
        return self[code]


_WIDTH_AND_CASE: Final = _WidthAndCase()


class _Kinds(dict[int, int]):
    """A table for `str.translate` that tells what a folded character is; expressions over kinds compile at once."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        kind = " "
        if any(first <= code <= last for first, last in _HAN_BLOCKS):
            kind = "h"
        elif character.isalnum():
            kind = "o"
        elif character in _JOINTS:
            kind = "-"
        self[code] = ord(kind)
        return self[code]


_HAN_BLOCKS: Final = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
_JOINTS: Final = " .,&'/_-"
"""What may stand inside of one name or number: ``QR code``, ``Q&A``, ``1,600``."""

_KINDS: Final = _Kinds()
_RUN: Final = re.compile("h+|o+")
_CHAIN: Final = re.compile("o+(?:-{1,2}o+)+")
_VARIANT: Final = re.compile("|".join(SPELLING_VARIANTS))
_SPACED_HAN: Final = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_MARKED: Final = re.compile(b"\1+")


@cache
def _simplifier() -> Any:  # noqa: ANN401  OpenCC has no types
    from opencc import OpenCC  # noqa: PLC0415  loads its dictionaries; not needed to open an index

    return OpenCC("t2s")


@cache
def _simplify_character(character: str) -> str:
    simplified: str = _simplifier().convert(character)
    return simplified if len(simplified) == 1 else character


def fold(text: str) -> str:
    """Make the copy of a text that is searched: Simplified, half width, lower case, one spelling of each word.

    Args:
        text: any text.

    Returns:
        A text of exactly the same length, so that its ranges are ranges of the source.
    """
    plain = text.translate(_WIDTH_AND_CASE)
    if plain.isascii():
        return plain
    simplified: str = _simplifier().convert(plain)
    if len(simplified) != len(plain):
        simplified = "".join(map(_simplify_character, plain))
    return _VARIANT.sub(lambda match: SPELLING_VARIANTS[match[0]], simplified)


def fold_characters(text: str) -> str:
    """Fold each character for itself, whatever stands beside it.

    `fold` makes 画 of 畫, but 划 where it belongs to 計畫; a part of a word that was cut elsewhere is folded like this.

    Returns:
        A text of exactly the same length.
    """
    plain = text.translate(_WIDTH_AND_CASE)
    return plain if plain.isascii() else "".join(map(_simplify_character, plain))


@cache
def _jieba() -> Any:  # noqa: ANN401  jieba has no types
    """Import jieba without its deprecated ways.

    With an old setuptools it imports pkg_resources, which takes longer than all of plansearch and warns;
    where that is missing it opens its dictionary as a plain file. Its regular expressions warn when they
    are compiled for the first time.
    """
    absent = object()
    before = sys.modules.get("pkg_resources", absent)
    if before is absent:
        sys.modules["pkg_resources"] = None  # type: ignore[assignment]  # makes the import fail, as documented
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import jieba  # noqa: PLC0415  40 ms that only a search by words needs
    finally:
        if before is absent:
            del sys.modules["pkg_resources"]
    return jieba


@cache
def _full_dictionary() -> tuple[Mapping[str, int], int]:
    cutter = _jieba().Tokenizer()
    frequencies, total = cutter.gen_pfdict(cutter.get_dict_file())
    return frequencies, total


class Tokenizer:
    """Cuts text into jieba's words, bigrams of Chinese characters, and Latin words and numbers.

    Bigrams stand beside the words, so that a word that no dictionary has is still found.
    """

    def __init__(self, frequencies: Mapping[str, int], total: int) -> None:
        self._cutter = _jieba().Tokenizer()
        # jieba's own way to load a dictionary writes a cache file and logs to stderr.
        self._cutter.FREQ = frequencies
        self._cutter.total = total
        self._cutter.initialized = True

    @classmethod
    def full(cls) -> Tokenizer:
        """Load jieba's whole dictionary, which takes about a second the first time."""
        return cls(*_full_dictionary())

    def small(self, words: Iterable[str]) -> Tokenizer:
        """Keep what a question needs: the given words and the common ones, with the same frequencies.

        Args:
            words: the words of an index; those that the dictionary doesn't have are left out.
        """
        kept: dict[str, int] = {}
        common = (word for word, frequency in self.frequencies.items() if frequency >= COMMON_WORD_FREQUENCY)
        for word in sorted({*common, *words}):
            if not (frequency := self.frequencies.get(word, 0)):
                continue
            for end in range(1, len(word)):
                # jieba walks from prefix to prefix; one that is no word itself has frequency 0
                kept.setdefault(word[:end], 0)
            kept[word] = frequency
        return Tokenizer(kept, self.total)

    @property
    def frequencies(self) -> Mapping[str, int]:
        """How often jieba counted each word; 0 for what only begins one."""
        frequencies: Mapping[str, int] = self._cutter.FREQ
        return frequencies

    @property
    def total(self) -> int:
        """Sum of all frequencies of the whole dictionary."""
        total: int = self._cutter.total
        return total

    def words(self, text: str) -> list[str]:
        """Cut a text into words, in order, folded; punctuation is left out."""
        words: list[str] = []
        for run in _runs(fold(text)):
            words.extend(self._cutter.cut(run) if _is_han(run) else [run])
        return words

    def tokens(self, text: str) -> list[str]:
        """Cut a text into all that is searched for, repeats kept.

        Returns:
            Words, then the bigrams and single characters of Chinese, then chains of other
            words written together, so that ``QR Code`` meets ``QRCode``.
        """
        folded = fold(text)
        tokens = [word for word in self.words(text) if len(word) > 1 or not _is_han(word)]
        for run in filter(_is_han, _runs(folded)):
            tokens.extend(first + second for first, second in pairwise(run))
            tokens.extend(run)
        chains = _CHAIN.finditer(folded.translate(_KINDS))
        tokens.extend("".join(filter(str.isalnum, folded[chain.start() : chain.end()])) for chain in chains)
        return tokens

    def passage_tokens(self, text: str) -> list[str]:
        """What a text is found by: `tokens`, and further pairs of neighbouring characters.

        Where characters are folded each for itself, any two of them find it, also those of 身分證 that are no word;
        where there is space between them (單 一 窗 口), they are neighbours all the same.
        """
        tokens = self.tokens(text)
        foldings = [_SPACED_HAN.sub("", folded) for folded in dict.fromkeys((fold(text), fold_characters(text)))]
        runs = [run for folded in foldings for run in _runs(folded) if _is_han(run)]
        pairs = dict.fromkeys(first + second for run in runs for first, second in pairwise(run))
        known = set(tokens)
        return tokens + [pair for pair in pairs if pair not in known]

    def inner_tokens(self, text: str) -> list[str]:
        """Words, and the bigrams within them, without the pairs that straddle two words, which mean nothing.

        Characters that the dictionary joins to no word may be a word that it lacks; their pairs count.
        """
        tokens: list[str] = []
        for single, group in groupby(self.words(text), key=lambda word: len(word) == 1 and _is_han(word)):
            words = list(group)
            if single:
                tokens.extend((first + second for first, second in pairwise(words)) if len(words) > 1 else words)
                continue
            for word in words:
                tokens.append(word)
                if _is_han(word) and len(word) > PAIR:
                    tokens.extend(first + second for first, second in pairwise(word))
        return tokens

    def marks(self, query: str) -> list[str]:
        """What of a question is to be marked where it is found: its words, not pairs that straddle two of them.

        Characters that the dictionary joins to no word may be a word that it lacks; their pairs are marked.
        """
        marks: list[str] = []
        for single, group in groupby(self.words(query), key=lambda word: len(word) == 1 and _is_han(word)):
            words = list(group)
            marks.extend((first + second for first, second in pairwise(words)) if single else words)
        return marks or self.tokens(query)


def token_runs(folded: str) -> Iterator[tuple[str, bool]]:
    """Words and stretches of Chinese as they stand between all else, each with whether it is Chinese."""
    return ((run, _is_han(run)) for run in _runs(folded))


def _runs(folded: str) -> Iterator[str]:
    """Chinese and other words as they stand between all else."""
    return (folded[run.start() : run.end()] for run in _RUN.finditer(folded.translate(_KINDS)))


def _is_han(token: str) -> bool:
    """Whether a token is Chinese; tokens are of one kind, so one character tells."""
    return _KINDS[ord(token[0])] == ord("h")


def telling_tokens(tokens: Sequence[str]) -> tuple[str, ...]:
    """Leave out single Chinese characters: they help to rank, but sharing one says nothing of the subject.

    Args:
        tokens: what `Tokenizer.tokens` made of a query.

    Returns:
        The tokens that tell what is asked, each once, in order; all of them where only characters were given.
    """
    telling = dict.fromkeys(token for token in tokens if len(token) > 1 or not _is_han(token))
    return tuple(telling or dict.fromkeys(tokens))


def match_ranges(text: str, query_tokens: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Find where a text has the words of a query.

    Args:
        text: the source, not folded.
        query_tokens: what `Tokenizer.tokens` made of the query.

    Returns:
        Ranges ``[start, end)`` of ``text``, in order; neither overlapping nor touching.
    """
    folded = fold(text)
    kinds = f" {folded.translate(_KINDS)} "
    marked = bytearray(len(folded))
    for token in telling_tokens(query_tokens):
        whole = not _is_han(token)
        for match in _pattern(token).finditer(folded):
            start, end = match.span()
            # `kinds` has one more character in front: these are the kinds before and after the match.
            if not (whole and "o" in (kinds[start], kinds[end + 1])):
                marked[start:end] = b"\1" * (end - start)
    return tuple(match.span() for match in _MARKED.finditer(marked))


@lru_cache(maxsize=256)
def _pattern(token: str) -> re.Pattern[str]:
    letters = [re.escape(letter) for letter in token]
    return re.compile("".join(letters) if _is_han(token) else f"[{re.escape(_JOINTS)}]{{0,2}}".join(letters))
