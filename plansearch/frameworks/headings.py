"""Folding of headings, so that two ways to write one title compare as equal."""

from __future__ import annotations

import re
import unicodedata

_NUMERALS = "一二三四五六七八九十百壹貳參叁肆伍陸柒捌玖拾"
_DIGITS = "0-9０-９"
_MARKS = "-–—•●○◎◆◇■□▪★☆※*"  # bullets that stand before a number, as in "- 一、"

# A bare numeral counts only before a space, a bare digit never: "109 年度" and "1.5 公里" have no ordinal.
_ORDINAL = re.compile(
    rf"""
    \s*(?:[{re.escape(_MARKS)}]\s*)?
    (?P<ordinal>
        [(（〔【]\s*(?:[{_NUMERALS}]{{1,3}}|[{_DIGITS}]{{1,2}})\s*[)）〕】]\s*[、.．]?   # (一) （1）
      | 第?[{_NUMERALS}]{{1,3}}\s*[、.．，,:：)）]                                     # 一、 壹. 第一、
      | [{_NUMERALS}]{{1,3}}(?=\s)                                                     # 一 and a space
      | [{_DIGITS}]{{1,2}}(?:[.．-][{_DIGITS}]{{1,2}})+(?:[、.．)）]|(?=\s))           # 1.1 and 1-1、
      | [{_DIGITS}]{{1,2}}\s*(?:[、)）]|[.．](?![{_DIGITS}]))                          # 1. 1、 1)
      | [㈠-㈩⑴-⒇①-⑳⒈-⒛]                                                            # one character
    )\s*
    """,
    re.VERBOSE,
)
_MARK = re.compile(rf"\s*[{re.escape(_MARKS)}]\s*")
_VARIANTS = str.maketrans("臺爲", "台為")


def strip_ordinal(text: str) -> tuple[str | None, str]:
    """Part a heading from the number before it.

    Args:
        text: A heading, such as ``（一）注重服務人員的禮貌態度``.

    Returns:
        The ordinal as it is written (``（一）``), or ``None`` where there is none, and the rest.
        A bullet before the ordinal, or alone, is dropped.
    """
    match = _ORDINAL.match(text)
    if match:
        return re.sub(r"\s", "", match["ordinal"]), text[match.end() :].strip()
    bullet = _MARK.match(text)
    return None, text[bullet.end() if bullet else 0 :].strip()


def heading_key(text: str) -> str:
    """What is left of a heading to compare: letters, Han characters and digits, without its ordinal.

    Full width becomes half width, 臺 becomes 台, and case, spaces, quotes and punctuation are dropped.
    """
    folded = unicodedata.normalize("NFKC", strip_ordinal(text)[1]).lower().translate(_VARIANTS)
    return "".join(character for character in folded if character.isalnum())
