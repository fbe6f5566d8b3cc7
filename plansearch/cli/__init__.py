"""The ``plansearch`` command: reads arguments, calls one function, hands the result to ``report``.

What is slow to import is imported by the command that needs it, since every query starts cold.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from plansearch.cli import asking, comparing, indexing, judging, looking, standing
from plansearch.cli.app import app
from plansearch.cli.delivery import complain
from plansearch.cli.usage import is_usage_error, usage_message
from plansearch.errors import PlansearchError

__all__ = ["app", "asking", "comparing", "indexing", "judging", "looking", "main", "standing"]

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
        words = None if arguments is None else list(arguments)
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
