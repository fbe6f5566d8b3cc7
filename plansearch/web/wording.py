"""Messages that were written for a command line, as a page says them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from plansearch.errors import PlansearchError, UnknownFilterValueError
from plansearch.web.settings import WebSettings

FILTER_NAMES: Final[Mapping[str, str]] = {
    "type": "類型",
    "agency": "機關",
    "city": "縣市",
    "year": "年度",
    "requirement": "執行要項",
    "unit": "承辦單位",
}
"""What the filters are called, in their order on a page."""


def unknown_value(error: UnknownFilterValueError) -> str:
    """That a filter names what no plan has, or what several have."""
    name = FILTER_NAMES.get(error.option, error.option)
    nearest = "、".join(error.nearest)
    if error.ambiguous:
        return f"{name}「{error.value}」不只一個：{nearest}。請寫出完整的名稱。"
    return f"索引裡沒有{name}「{error.value}」。{f'相近的有：{nearest}。' if nearest else ''}"


def refusal(error: PlansearchError) -> str:
    """What was wrong with a question: in a page's words, without advice that only the command line can follow."""
    if isinstance(error, UnknownFilterValueError):
        return unknown_value(error)
    message = _APART.sub("", in_page_words(str(error)))
    kept = "".join(part for part in _SENTENCE.findall(message) if not _ADVICE.search(part))
    if kept.endswith("；"):
        kept = f"{kept.rstrip('；')}。"
    return kept if kept.strip() else message


_ADVICE: Final = re.compile(r"--[a-z]|plansearch [a-z]")
_SENTENCE: Final = re.compile(r"[^。；]*[。；]?")
_APART: Final = re.compile(r"(?<=[\u4e00-\u9fff」]) (?=[\u4e00-\u9fff「])")
"""A space that stood beside an option."""


def in_page_words(message: str) -> str:
    """A message without the options and commands that a page does not have."""
    for pattern, words in _SAID_ELSEWHERE:
        message = pattern.sub(words, message)
    return message


_SAID_ELSEWHERE: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"用 plansearch plans (查看|看)", r"到「計畫檔」看"),
        (r"用 plansearch requirements (查看|看)", r"到「並列比較」看"),
        (r"--peers all", "「所有機關」"),
        (r"--peers (type|city):", r"\1:"),
        (r"--peers", "比較對象"),
        (r"--not-like", "「不像」"),
        (r"--like", "「像」"),
        (r"--mode words", "「只比字詞」"),
        (r"--agency", "機關"),
        (r"--type", "類型"),
        (r"--city", "縣市"),
        (r"--years? ?", ""),
    )
)
"""What commands call what, and what it is called on a page."""


def without_places(message: str, settings: WebSettings) -> str:
    """A message without the folders of the computer that answers, which are nobody else's business."""
    for folder, name in ((settings.index, "索引"), (settings.folder, "計畫資料夾")):
        if folder is not None:
            message = message.replace(str(_resolved(folder)), name)
            if len(folder.parts) > 1:  # a single word may stand there for something else
                message = message.replace(str(folder), name)
    return message


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except OSError:
        return folder
