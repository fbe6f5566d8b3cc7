"""Text as XML can hold it, for workbooks, Word files and pages."""

from __future__ import annotations

import re

_ILLEGAL = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""What is outside of XML 1.0's production ``Char``: control characters, halves of pairs, two that are none."""


def xml_text(text: str) -> str:
    """A text without what XML does not have, and with one kind of line end; what is replaced shows as ``�``."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text).replace("\r\n", "\n").replace("\r", "\n")
