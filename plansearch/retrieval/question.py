"""What a question asks for: its words, its phrases, and the other words for the same things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plansearch.retrieval.asked import Asked
from plansearch.text import Tokenizer, fold
from plansearch.vocabulary import Expansion

_QUOTED: Final = re.compile(r'"([^"]*)"|“([^”]*)”|＂([^＂]*)＂')


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is searched for."""

    text: str
    """Without the quotation marks; never with lone surrogates, which no model takes."""
    phrases: tuple[str, ...]
    """What stood in quotation marks: an item has to have it, letter for letter but for spelling variants."""
    tokens: tuple[str, ...]
    """Folded words, bigrams and characters, without words that only ask; repeats kept."""
    content: tuple[str, ...]
    """Those of them that mean something: words, and the bigrams within them."""
    unknown: tuple[str, ...]
    """Words that stand in no plan of the index, as the question writes them; none of a sentence, which has many."""
    n_words: int
    """How many words of two characters or more it has."""
    is_sentence: bool
    """Whether words that only ask are among its words."""
    only_asks: bool
    """Whether it has no other words than those: 請問如何."""
    expansions: tuple[Expansion, ...]

    @property
    def expanded_text(self) -> str:
        """The question together with the first terms that were added for each of its words."""
        return " ".join([self.text, *(term for one in self.expansions for term in one.terms[:TERMS_IN_TEXT])])


ASKING_PARTS: Final = 4
"""Words of the dictionary that a word that only asks is cut into at most."""

TERMS_IN_TEXT: Final = 4
"""Terms of each added group that go into the text whose meaning is searched: more blur it."""


def understand(index: Asked, query: str, *, exact: bool = False, tokenizer: Tokenizer | None = None) -> Question:
    """Take a question apart.

    Args:
        index: whose synonyms are used.
        query: as it was asked; ``"…"`` marks a phrase.
        exact: add no words.
        tokenizer: cuts the question; by default the index's own, which knows the words of its plans best.
    """
    tokenizer = tokenizer or index.tokenizer
    # A broken console can put lone surrogates into a question.
    query = query.encode("utf-8", "replace").decode("utf-8")
    phrases = tuple(dict.fromkeys(phrase for phrase in _phrases(query) if any(map(str.isalnum, fold(phrase)))))
    text = _QUOTED.sub(lambda match: f" {next(filter(None, match.groups()), '')} ", query).strip()
    telling = list(_content(index, tokenizer, text))
    runs = telling or [text]
    tokens = tuple(token for run in runs for token in tokenizer.tokens(run))
    content = tuple(token for run in runs for token in tokenizer.inner_tokens(run))
    expansions = () if exact else index.vocabulary.expand(text)
    words, is_sentence = _words(index, tokenizer, text), runs != [text]
    return Question(
        text,
        phrases,
        tokens,
        content,
        unknown=() if is_sentence else _unknown(index, words, expansions),
        n_words=len(words),
        is_sentence=is_sentence,
        only_asks=not telling,
        expansions=expansions,
    )


def _words(index: Asked, tokenizer: Tokenizer, text: str) -> dict[str, str]:
    """Words of two characters or more that don't only ask, folded and as the text writes them."""
    folded, end = fold(text), 0
    words: dict[str, str] = {}
    for word in tokenizer.words(text):
        place = folded.index(word, end)
        end = place + len(word)
        if len(word) > 1 and not index.vocabulary.only_asks(word):
            words.setdefault(word, text[place:end])
    return words


def _unknown(index: Asked, words: Mapping[str, str], expansions: Sequence[Expansion]) -> tuple[str, ...]:
    """Words that no plan has and that were not said in another way."""
    explained = fold("\n".join(one.word for one in expansions))
    known = index.lexical.columns(words)
    return tuple(written for word, written in words.items() if word not in known and word not in explained)


def _phrases(query: str) -> Iterator[str]:
    for match in _QUOTED.finditer(query):
        # quotation marks of another kind within them are marks, too
        yield next(filter(None, match.groups()), "").strip(' \n\t\u3000"“”＂')


def _content(index: Asked, tokenizer: Tokenizer, text: str) -> Iterator[str]:
    """The stretches of a question between the words that only ask."""
    start = 0
    for begin, end in _asking(index, tokenizer, text):
        yield from _worth(text[start:begin])
        start = end
    yield from _worth(text[start:])


def _asking(index: Asked, tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
    """Where words stand that only ask.

    A single character beside another one may be a part of a word that the dictionary lacks: 他 of 吉他 asks nothing.
    """
    folded = fold(text)
    words = _ranges(index, tokenizer, text, folded)
    asks = [index.vocabulary.only_asks(folded[begin:end]) for begin, end in words]

    def in_a_word(number: int, other: int) -> bool:
        if not 0 <= other < len(words) or asks[other]:
            return False
        touching = words[number][1] == words[other][0] or words[other][1] == words[number][0]
        return touching and words[other][1] - words[other][0] == 1

    return [
        (begin, end)
        for number, (begin, end) in enumerate(words)
        if asks[number] and (end - begin > 1 or not (in_a_word(number, number - 1) or in_a_word(number, number + 1)))
    ]


def _ranges(index: Asked, tokenizer: Tokenizer, text: str, folded: str) -> list[tuple[int, int]]:
    """Where the words of a question stand; what only asks is one word also where the dictionary cuts it: 怎麼辦."""
    words: list[tuple[int, int]] = []
    for word in tokenizer.words(text):
        place = folded.index(word, words[-1][1] if words else 0)
        words.append((place, place + len(word)))
    ranges = []
    first = 0
    while first < len(words):
        begin = words[first][0]
        several = range(min(first + ASKING_PARTS, len(words)), first + 1, -1)
        after = next(
            (end for end in several if index.vocabulary.only_asks(folded[begin : words[end - 1][1]])), first + 1
        )
        ranges.append((begin, words[after - 1][1]))
        first = after
    return ranges


def _worth(run: str) -> Sequence[str]:
    return [run] if any(map(str.isalnum, run)) else []
