"""Text that came out as garbage: codes instead of characters, lost characters, Chinese read in a wrong encoding.

What a plan is written in is known: common Chinese characters, Latin letters, digits and punctuation. Text of which
much is anything else was not written so; it is named as damage and not shown as a measure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from plansearch.types import Cell, Damage, Document, Paragraph, Span, Table

_CODE = re.compile(r"\(cid:\d+\)")
_LOST = "\ufffd"
_MAX_STRANGE = 0.3
"""Of a text's characters. Paragraphs of real and sample plans have at most 0.08; of Chinese in a wrong encoding, nearly
all have more."""
_MIN_LENGTH = 4
"""Characters; of a shorter text, such as a rare name, only lost ones tell."""
_BIG5_COMMON = (b"\xa4\x40", b"\xc6\x7e")
"""The 5,401 characters of everyday use, by the standard's own order."""
_GB_COMMON = (b"\xb0\xa1", b"\xd7\xf9")
"""The 3,755 most used Simplified characters: a quotation is no garbage."""
_USUAL_BLOCKS = (
    (0x2010, 0x206F),  # dashes, quotation marks
    (0x2100, 0x22FF),  # units, arrows, mathematics
    (0x2460, 0x24FF),  # numbers in circles and brackets
    (0x25A0, 0x27BF),  # bullets and ticks; frames, between these, are what code page 437 makes of Big5
    (0x3000, 0x303F),  # punctuation
    (0x3100, 0x312F),  # phonetic signs
    (0x3200, 0x33FF),  # letters in brackets, units
    (0xFE30, 0xFE6F),  # upright and small punctuation
    (0xFF01, 0xFF60),  # full-width Latin
)
_SYMBOLS = ("\uf020", "\uf0ff")
_SHOWN = 24


def unreadable(text: str) -> int:
    """How many characters of a text could not be read: lost ones, codes, and ones that only one font knows."""
    plain, codes = _CODE.subn("", text)
    return codes + sum(_is_lost(character) for character in plain)


def is_garbage(text: str) -> bool:
    """Whether a text is not what was written."""
    plain, codes = _CODE.subn("", text)
    characters = [character for character in plain if not character.isspace()]
    lost = codes + sum(map(_is_lost, characters))
    total = len(characters) + codes
    if lost > _MAX_STRANGE * total:
        return True
    strange = lost + sum(not _is_usual(character) for character in characters if not _is_lost(character))
    return total >= _MIN_LENGTH and strange > _MAX_STRANGE * total


def without_garbage(document: Document) -> Document:
    """Take garbage out of a document, and name it: one damage for each page, or for pieces that stand together."""
    found: list[Paragraph] = []
    blocks: list[Paragraph | Table] = []
    for block in document.blocks:
        if isinstance(block, Table):
            rows = (replace(row, cells=tuple(_clean(cell, found) for cell in row.cells)) for row in block.rows)
            blocks.append(Table(tuple(rows)))
        elif _is_kept(block, found):
            blocks.append(block)
    if not found:
        return document
    return replace(document, blocks=tuple(blocks), damage=(*document.damage, *_named(found)))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where pieces of garbage are named together: a page, or the lines of one stretch."""

    page: int | None
    sheet: str | None
    table: int | None


def _clean(cell: Cell, found: list[Paragraph]) -> Cell:
    paragraphs = tuple(paragraph for paragraph in cell.paragraphs if _is_kept(paragraph, found))
    content: list[Paragraph | Table] = []
    for part in cell.content:
        if isinstance(part, Table):
            rows = (replace(row, cells=tuple(_clean(inner, found) for inner in row.cells)) for row in part.rows)
            content.append(Table(tuple(rows)))
        elif not is_garbage(part.text):
            content.append(part)
    return replace(cell, paragraphs=paragraphs, content=tuple(content))


def _is_kept(paragraph: Paragraph, found: list[Paragraph]) -> bool:
    if not is_garbage(paragraph.text):
        return True
    found.append(paragraph)
    return False


def _named(found: Sequence[Paragraph]) -> Iterable[Damage]:
    for _, group in groupby(found, key=lambda one: _Place(one.span.page, one.span.sheet, one.span.table)):
        pieces = list(group)
        text = pieces[0].text
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        more = f"等 {len(pieces)} 段" if len(pieces) > 1 else ""
        detail = f"「{shown}」{more}是亂碼（{_reason(text)}），沒有列為措施；請取得原始的文書檔，或對照原檔。"
        span: Span = pieces[0].span.to(pieces[-1].span)
        yield Damage("text_garbled", detail, None, span)


def _reason(text: str) -> str:
    if _CODE.search(text):
        return "PDF 的字型沒有文字對照，只讀到字型代碼"
    if any(map(_is_lost, text)):
        return "有字讀不出來"
    return "文字編碼錯誤"


def _is_lost(character: str) -> bool:
    """Symbol fonts keep their bullets at F020 to F0FF: those say nothing, and nothing is lost with them."""
    if _SYMBOLS[0] <= character <= _SYMBOLS[1]:
        return False
    return character == _LOST or unicodedata.category(character) in ("Co", "Cn", "Cs")


@lru_cache(maxsize=8192)
def _is_usual(character: str) -> bool:
    """Whether a character is one that Chinese plans are written with."""
    if character.isascii():
        return True
    code = ord(character)
    if 0x3400 <= code <= 0x9FFF:  # noqa: PLR2004 (the block of Chinese characters)
        return _is_within(character, "big5", *_BIG5_COMMON) or _is_within(character, "gb2312", *_GB_COMMON)
    return any(first <= code <= last for first, last in _USUAL_BLOCKS) or character in "·×÷±°§"


def _is_within(character: str, codec: str, first: bytes, last: bytes) -> bool:
    try:
        return first <= character.encode(codec) <= last
    except UnicodeEncodeError:
        return False
