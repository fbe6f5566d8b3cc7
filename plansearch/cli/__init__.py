"""The ``plansearch`` command: reads arguments, calls one function, hands the result to ``report``.

What is slow to import is imported by the command that needs it, since every query starts cold; and Typer makes the
options of all commands that it knows, so only the one that was asked for is made known to it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from plansearch.cli.app import app
from plansearch.cli.delivery import complain
from plansearch.cli.usage import is_usage_error, usage_message
from plansearch.errors import PlansearchError

__all__ = ["COMMANDS", "app", "load_commands", "main"]

COMMANDS: Final[Mapping[str, str]] = {
    "index": "indexing",
    "query": "asking",
    "plans": "indexing",
    "requirements": "looking",
    "inspect": "looking",
    "correct": "looking",
    "compare": "comparing",
    "gaps": "comparing",
    "duplicates": "comparing",
    "benchmark": "standing",
    "report": "standing",
    "eval": "judging",
    "serve": "serving",
}
"""The module of each command."""

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after ``plansearch``; those of the process if not given.

    Returns:
        The exit code: 0 for an answer, 1 for a failure, 2 for a wrong request, 3 for an index without the files that
        could not be read, 130 for Ctrl-C.
    """
    try:
        words = sys.argv[1:] if arguments is None else list(arguments)
        load_commands(words[0] if words else None)
        code = app(args=words, prog_name="plansearch", standalone_mode=False)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except PlansearchError as error:
        complain(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if os.environ.get("PLANSEARCH_DEBUG") and not is_usage_error(error):
            raise
        code = _refuse(error)
    return code if isinstance(code, int) else 0


def load_commands(name: str | None = None) -> None:
    """Make a command known to ``app``, with those of its module; all of them where there is no command of that name."""
    named = COMMANDS.get(name or "")
    for module in [named] if named else dict.fromkeys(COMMANDS.values()):
        import_module(f"plansearch.cli.{module}")


def _refuse(error: Any) -> int:  # noqa: ANN401  Typer's own classes are not public
    """Say what was wrong with the words that were typed, or that something happened that nobody expected."""
    kind = type(error).__name__
    if kind == "Abort":
        return INTERRUPTED
    if kind == "NoArgsIsHelpError":
        error.show()
        return int(error.exit_code)
    if is_usage_error(error):
        complain(usage_message(error))
        return int(error.exit_code)
    complain(f"程式發生沒有預期的錯誤（{kind}：{error}）。設 PLANSEARCH_DEBUG=1 再執行可看細節。")
    return 1
