"""Folding of headings, so that two ways to write one title compare as equal."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from plansearch.numbering import leading_mark

_RARE_ORDINAL = re.compile(
    r"""
    \s*(?P<ordinal>
        第[一二三四五六七八九十]{1,3}\s*[、.．，,:：]?            # 第一、
      | [一二三四五六七八九十壹貳參肆伍陸柒捌玖拾]{1,3}(?=\s)       # 一 and a space
      | [0-9]{1,2}(?:[.．-][0-9]{1,2})+(?:[、.．)）]|(?=\s))     # 1.1 and 1-1、
    )\s*
    """,
    re.VERBOSE,
)
"""Ordinals that only headings have; in a running text they would be something else."""
_VARIANTS = str.maketrans("臺爲", "台為")


def strip_ordinal(text: str) -> tuple[str | None, str]:
    """Part a heading from the number before it.

    Args:
        text: A heading, such as ``（一）注重服務人員的禮貌態度``.

    Returns:
        The ordinal as it is written (``（一）``), or ``None`` where there is none, and the rest.
        A bullet before the ordinal, or alone, is dropped.
    """
    segment = leading_mark(text)
    if segment.mark is not None and segment.mark.style == "bullet":
        return strip_ordinal(segment.text)
    if segment.mark is not None and segment.mark.style != "letter":
        return re.sub(r"\s", "", segment.mark.text), segment.text.lstrip("、.．，,")
    rare = _RARE_ORDINAL.match(text)
    if rare:
        return rare["ordinal"], text[rare.end() :].strip()
    return None, text.strip()


@lru_cache(maxsize=4096)  # each text of a plan is compared with every framework, several times
def heading_key(text: str) -> str:
    """What is left of a heading to compare: letters, Han characters and digits, without its ordinal.

    Full width becomes half width, 臺 becomes 台, and case, spaces, quotes and punctuation are dropped.
    """
    folded = unicodedata.normalize("NFKC", strip_ordinal(text)[1]).lower().translate(_VARIANTS)
    return "".join(character for character in folded if character.isalnum())
