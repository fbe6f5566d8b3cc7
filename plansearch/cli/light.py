"""Typer commands that start quickly: they make values of their words by themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from plansearch.cli.options import LEAST_THRESHOLD, FormatName, Grouping, ModeName, ScopeName
from plansearch.errors import QueryError
from plansearch.limits import parse_memory, parse_size

Word: TypeAlias = "str | int | Path"
"""What was typed, or a default, which has its type already."""
Words: TypeAlias = "Word | Sequence[Word] | None"

MOST_WORKERS: Final = 256
"""More reading processes than any computer in an office has cores."""
LAST_PORT: Final = 65535
_DEVICE: Final = re.compile(r"auto|cpu|cuda(:\d{1,2})?|mps")


def _count(word: Word) -> int:
    number = _whole(word)
    if number < 1:
        message = "至少要是 1。"
        raise ValueError(message)
    return number


def _whole(word: Word) -> int:
    try:
        return int(str(word))
    except ValueError:
        message = f"「{word}」不是整數。"
        raise ValueError(message) from None


def _seconds(word: Word | float) -> float:
    try:
        seconds = float(str(word))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        message = f"「{word}」不是秒數。"
        raise ValueError(message)
    return seconds


def _share(word: Word | float) -> float:
    try:
        share = float(str(word))
    except ValueError:
        share = -1.0
    if not LEAST_THRESHOLD <= share <= 1:
        message = f"「{word}」不是 {LEAST_THRESHOLD} 到 1 之間的數。"
        raise ValueError(message)
    return share


def _year(word: Word) -> int:
    return _whole(str(word).strip().removeprefix("民國").removesuffix("年"))


def _one_of(choices: Sequence[str], word: str) -> str:
    if word not in choices:
        message = f"沒有「{word}」。可用：{'、'.join(choices)}。"
        raise ValueError(message)
    return word


def _device(word: str) -> str:
    name = word.strip().lower()
    if not _DEVICE.fullmatch(name):
        message = f"沒有「{word}」這種裝置。可用：auto、cpu、cuda、cuda:0、mps；不確定就不要給。"
        raise ValueError(message)
    return name


def _workers(word: Word) -> int:
    number = _whole(word)
    if not 1 <= number <= MOST_WORKERS:
        message = f"要是 1 到 {MOST_WORKERS} 的整數；不給就用全部的核心。"
        raise ValueError(message)
    return number


def _port(word: Word) -> int:
    number = _whole(word)
    if not 1 <= number <= LAST_PORT:
        message = f"要是 1 到 {LAST_PORT} 的整數，例如 8000。"
        raise ValueError(message)
    return number


def _path(word: Word) -> Path:
    # an empty word would mean the working folder, which a script with an unset variable never means
    if not str(word).strip():
        message = "沒有給路徑（是空的）。"
        raise ValueError(message)
    return Path(str(word))


_CONVERTERS: dict[str, Callable[[Any], object]] = {
    "file": _path,
    "items": _path,
    "folder": _path,
    "index": _path,
    "output": _path,
    "store_ca": _path,
    "form": partial(_one_of, get_args(FormatName)),
    "mode": partial(_one_of, get_args(ModeName)),
    "by": partial(_one_of, get_args(Grouping)),
    "limit": _count,
    "max_size": parse_size,
    "max_expanded": parse_size,
    "max_memory": parse_memory,
    "max_pages": _count,
    "max_nesting": _count,
    "timeout": _seconds,
    "year": _year,
    "years": _year,
    "scope": partial(_one_of, get_args(ScopeName)),
    "least_peers": _count,
    "copy_threshold": _share,
    "same_threshold": _share,
    "device": _device,
    "workers": _workers,
    "port": _port,
}
"""What is not a string, by the parameter's name."""


class _Light:
    """Makes a Typer command turn its words into values by itself.

    Typer's way imports a validation library, which takes half as long as the search does.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().__init__(*arguments, **settings)
        for parameter in self.params:  # type: ignore[attr-defined]
            parameter.process_value = partial(_value, parameter)

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own class for it is not public
        """The ``--help`` of every command."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "顯示這份說明。"
            option.process_value = partial(_value, option)
        return option


class LightCommand(_Light, TyperCommand):
    """A command that starts quickly, and that never takes one index for another."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own class for it is not public
        """Run it, once it is clear which index is meant."""
        _settle_index(ctx)
        return super().invoke(ctx)


class LightGroup(_Light, TyperGroup):
    """The group of all commands, which starts quickly."""


def _settle_index(context: Any) -> None:  # noqa: ANN401 - Typer's own class for it is not public
    """See that a variable of the environment does not stand against what was typed, or for what can't use it.

    Raises:
        QueryError: an index past one machine is set, and the command has local ones only.
    """
    store = os.environ.get("PLANSEARCH_STORE", "").strip()
    if not store or "index" not in context.params:
        return
    typed = getattr(context.get_parameter_source("index"), "name", "") == "COMMANDLINE"
    if "store" not in context.params:
        if not typed:
            raise QueryError(
                f"這個指令只能用本機的索引，環境變數 PLANSEARCH_STORE 卻設成 {store}。"
                "請加 --index 指定本機的索引，或清除這個環境變數。"
            )
    elif typed and getattr(context.get_parameter_source("store"), "name", "") == "ENVIRONMENT":
        # of `index` it says where vectors are kept
        context.params["store"] = context.params["store"] if context.info_name == "index" else None


def _value(parameter: TyperArgument | TyperOption, context: typer.Context, words: Words) -> object:
    """The value of one parameter, from the words on the command line, the environment or its default."""
    value = _converted(parameter, context, words)
    return value if parameter.callback is None else parameter.callback(context, parameter, value)


def _converted(parameter: TyperArgument | TyperOption, context: typer.Context, words: Words) -> object:
    if words is None or words == ():
        if parameter.required:
            message = "沒有給。"
            raise typer.BadParameter(message, ctx=context, param=parameter)
        return words
    if isinstance(words, bool):
        return words
    convert = _CONVERTERS.get(parameter.name or "", str)
    try:
        return convert(words) if isinstance(words, str | Path | int | float) else [convert(word) for word in words]
    except ValueError as error:
        raise typer.BadParameter(str(error), ctx=context, param=parameter) from None
