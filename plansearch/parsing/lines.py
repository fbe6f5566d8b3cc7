"""Lines that an author broke inside of a paragraph: which of them begin something new, and which go on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from plansearch.numbering import leading_mark
from plansearch.parsing.columns import ends_sentence
from plansearch.types import Paragraph

_LATIN_JOIN = re.compile(r"[A-Za-z0-9]$")
_LATIN_BEGIN = re.compile(r"^[A-Za-z0-9]")
_MIN_FULL_LINE = 12
"""Characters; a shorter line was not broken for want of room."""
_FULL_SHARE = 0.8
"""Of the longest line that a line must have to be full."""


def join_text(first: str, second: str) -> str:
    """Join two halves of a text that a page or line break cut; Latin words keep a space between them."""
    space = " " if _LATIN_JOIN.search(first) and _LATIN_BEGIN.search(second) else ""
    return first + space + second


def unbroken(paragraphs: Sequence[Paragraph]) -> Iterator[Paragraph]:
    """Paragraphs without line breaks: a line goes on with the one before it where that was full and not finished."""
    if not any("\n" in paragraph.text for paragraph in paragraphs):
        yield from paragraphs
        return
    widest = max(len(line) for paragraph in paragraphs for line in paragraph.text.split("\n"))
    for paragraph in paragraphs:
        texts: list[str] = []
        last = ""
        for line in filter(None, map(str.strip, paragraph.text.split("\n"))):
            if texts and _goes_on(last, line, widest):
                texts[-1] = join_text(texts[-1], line)
            else:
                texts.append(line)
            last = line
        yield from (replace(paragraph, text=text) for text in texts)


def _goes_on(line: str, following: str, widest: int) -> bool:
    full = len(line) >= max(_MIN_FULL_LINE, _FULL_SHARE * widest)
    return full and not ends_sentence(line) and line[-1] not in "：:" and leading_mark(following).mark is None
