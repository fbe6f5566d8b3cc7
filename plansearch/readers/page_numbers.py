"""How pages are numbered: ``3``, ``- 3 -``, ``第 3 頁，共 12 頁``, ``Page 3 of 12``."""

from __future__ import annotations

import re

_PAGE_NUMBER = re.compile(
    r"[-–—~～]?\s*(?:第|Page|P\.?)?\s*\d{1,4}\s*頁?\s*(?:[,，、/／(（]?\s*(?:共|of|/|／)\s*\d{1,4}\s*頁?\s*[)）]?)?\s*[-–—~～]?",
    re.IGNORECASE,
)


def is_page_number(text: str) -> bool:
    """Whether a line says nothing but a page's number."""
    return _PAGE_NUMBER.fullmatch(text.strip()) is not None
