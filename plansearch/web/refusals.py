"""What was wrong with a question, in the words of a page: a reader of it has no command line to mend it on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from plansearch.errors import PlansearchError

OPTIONS: Final[Mapping[str, str]] = {
    "agency": "機關",
    "type": "類型",
    "city": "縣市",
    "year": "年度",
    "years": "年度",
    "requirement": "執行要項",
    "unit": "承辦單位",
    "peers": "比較對象",
}
"""What a page calls what the command line gives as options."""

_OPTION: Final = re.compile(r"--([a-z][a-z-]*)")
_ADVICE: Final = re.compile(r"--[a-z]|plansearch [a-z]")
_SENTENCE: Final = re.compile(r"[^。；]*[。；]?")


def refusal(error: PlansearchError) -> str:
    """An error's message without advice that only the command line can follow; whole where nothing else is in it."""
    message = re.sub(r" ?--([a-z-]+)(?=「)", lambda found: OPTIONS.get(found[1], found[0]), str(error))
    kept = "".join(part for part in _SENTENCE.findall(message) if not _ADVICE.search(part))
    if kept.strip():
        return f"{kept.rstrip('；')}。" if kept.endswith("；") else kept
    return _OPTION.sub(lambda found: OPTIONS.get(found[1], found[1]), message)
