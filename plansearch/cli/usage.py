"""What is wrong with a command line, in Chinese: Typer says it in English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

_MESSAGES: Final[tuple[tuple[str, Callable[[re.Match[str]], str]], ...]] = (
    (
        r"No such command '([^']*)'\.?(?: Did you mean '([^']*)'\?)?",
        lambda found: f"沒有「{found[1]}」這個指令。" + (f"是不是 {found[2]}？" if found[2] else ""),
    ),
    (r"No such option: (\S+)", lambda found: f"沒有「{found[1]}」這個選項。"),
    (r"Option '(.+)' requires (?:an|\d+) arguments?\.", lambda found: f"{found[1]} 後面要有值。"),
    (r"Option '(.+)' does not take a value\.", lambda found: f"{found[1]} 後面不用加值。"),
    (
        r"Got unexpected extra arguments? ?(?:\(s\))? ?\((.*)\)",
        lambda found: f"多了：{found[1]}。有空格的名稱要加引號。",
    ),
    (r"Missing (?:command|parameter).*", lambda _: "少了必要的字。"),
)


def is_usage_error(error: Exception) -> bool:
    """Whether Typer, or the Click in it, found something wrong with the words that were typed."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def usage_message(error: Any) -> str:  # noqa: ANN401  Typer's own classes for it are not public
    """What is wrong, where, and how to see what is right."""
    message = str(getattr(error, "message", "") or error)
    for pattern, said in _MESSAGES:
        if found := re.match(pattern, message):
            message = said(found)
            break
    else:
        message = f"{_name(error)}{message}"
    near = [name for name in getattr(error, "possibilities", None) or () if name]
    if near:
        message += f"是不是 {'、'.join(near)}？"
    context = getattr(error, "ctx", None)
    command = getattr(context, "command_path", None) or "plansearch"
    return f"{message}執行 {command} --help 可看用法。"


def _name(error: Any) -> str:  # noqa: ANN401
    """The parameter that is wrong, as it is typed: ``-k：``."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return ""
    options = [*getattr(parameter, "opts", ())]
    is_option = any(name.startswith("-") for name in options)
    return f"{options[0] if is_option else parameter.metavar or parameter.name}："
