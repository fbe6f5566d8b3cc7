"""Bytes of a text file to text: UTF-8, UTF-16, and cp950 with the Big5 extensions.

Nothing is guessed silently: text that does not come out as Chinese is an error, not mojibake.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from plansearch.errors import UnknownEncodingError, UnsupportedFormatError

_COMMON = frozenset("的一不在有之為以及與或等依年月日市府機關服務計畫民眾辦理提供單位工作各本所業應並員公務設施行政")
"""Characters that every plan is full of. Text in a wrong encoding has next to none of them."""
_MIN_COMMON_SHARE = 0.05
"""Of the CJK characters. The five real plans have 0.29 to 0.34, and at most 0.001 when read in a wrong encoding."""
_MAX_LOST_SHARE = 0.01
"""Of all characters. A user-defined character here and there is marked; more is another encoding."""
_CJK = re.compile(r"[\u3400-\u9fff]")
_KANA_OR_CYRILLIC = re.compile(r"[\u3041-\u30ff\u0400-\u04ff]")
_FIRST_LEAD_BYTE = 0x80
_ETEN_FIRST, _ETEN_LAST = b"\xc6\xa1", b"\xc8\xfe"
_UTF16_NULL_SHARE = 0.2
"""Of the bytes at even or odd places: Latin text, spaces and line ends in UTF-16 have a null every other byte."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """Text and the encoding that it came in. U+FFFD stands where a character could not be read."""

    text: str
    encoding: str


def decode(data: bytes, name: str) -> DecodedText:
    """Decode the bytes of a text file.

    Raises:
        UnsupportedFormatError: the bytes are no text at all.
        UnknownEncodingError: the text is in none of the known encodings.
    """
    decoded = _decode_by_mark(data) or _decode_utf16_without_mark(data)
    if decoded is None and b"\0" in data:
        raise UnsupportedFormatError(f"「{name}」不是文字檔（內含二進位資料）。請另存成純文字檔（UTF-8）。")
    decoded = decoded or _decode_utf8(data)
    if decoded is None:
        decoded = _decode_cp950(data)
        decoded = decoded if decoded and _is_chinese(decoded.text) else None
    if decoded is None:
        raise UnknownEncodingError(
            f"「{name}」的文字編碼無法辨識（支援 UTF-8、UTF-16、Big5/cp950）。請用記事本開啟，另存新檔時選 UTF-8。"
        )
    return decoded


def _decode_by_mark(data: bytes) -> DecodedText | None:
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 (BOM)"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 LE"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 BE"),
    )
    for mark, codec, label in marks:
        if data.startswith(mark):
            return DecodedText(data.decode(codec, errors="replace"), label)
    return None


def _decode_utf16_without_mark(data: bytes) -> DecodedText | None:
    if len(data) % 2 or b"\0" not in data:
        return None
    half = max(len(data) // 2, 1)
    for codec, places, label in (("utf-16-le", data[1::2], "UTF-16 LE"), ("utf-16-be", data[0::2], "UTF-16 BE")):
        newlines = data.count("\n".encode(codec))
        if newlines and places.count(0) and places.count(0) / half < 1 - _UTF16_NULL_SHARE:
            try:
                text = data.decode(codec)
            except UnicodeDecodeError:
                continue
            if _is_chinese(text):
                return DecodedText(text, label)
    return None


def _decode_utf8(data: bytes) -> DecodedText | None:
    try:
        return DecodedText(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError:
        return None


def _decode_cp950(data: bytes) -> DecodedText | None:
    pieces: list[str] = []
    position = 0
    while position < len(data):
        width = 1 if data[position] < _FIRST_LEAD_BYTE else 2
        unit = data[position : position + width]
        pieces.append(unit.decode("ascii") if width == 1 else _decode_pair(unit))
        position += width
    lost = pieces.count("\ufffd")
    return None if lost > _MAX_LOST_SHARE * max(len(pieces), 1) else DecodedText("".join(pieces), "cp950")


def _decode_pair(pair: bytes) -> str:
    """Decode one double-byte character; the codecs disagree on the extensions.

    Between C6A1 and C8FE the ETEN extension (which is in Big5-HKSCS) has circled and bracketed numbers where
    Python's cp950 has kana and Cyrillic, and the other way round. No plan has kana: the reading without it is
    meant. Elsewhere a pair that cp950 lacks was defined by a user, and no table knows what it shows.
    """
    readings = [_read_pair(pair, "cp950")]
    if _ETEN_FIRST <= pair <= _ETEN_LAST:
        readings.append(_read_pair(pair, "big5hkscs"))
    meant = [reading for reading in readings if reading and not _KANA_OR_CYRILLIC.match(reading)]
    return (meant or [reading for reading in readings if reading] or ["\ufffd"])[0]


def _read_pair(pair: bytes, codec: str) -> str:
    """The character, or nothing where the codec has none."""
    try:
        return pair.decode(codec)
    except UnicodeDecodeError:
        return ""


def _is_chinese(text: str) -> bool:
    characters = _CJK.findall(text)
    common = sum(character in _COMMON for character in characters)
    return bool(characters) and common >= _MIN_COMMON_SHARE * len(characters)
