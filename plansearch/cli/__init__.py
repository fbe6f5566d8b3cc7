"""The ``plansearch`` command: reads arguments, calls one function, hands the result to ``report``.

What is slow to import is imported by the command that needs it, since every query starts cold.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from plansearch.cli import asking, indexing, judging, looking
from plansearch.cli.app import app
from plansearch.cli.delivery import complain
from plansearch.errors import PlansearchError

__all__ = ["app", "asking", "indexing", "judging", "looking", "main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after ``plansearch``; those of the process if not given.

    Returns:
        The exit code: 0 for an answer, 1 for a failure, 2 for a wrong request, 3 for an index without the files that
        could not be read, 130 for Ctrl-C.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="plansearch")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except PlansearchError as error:
        complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("PLANSEARCH_DEBUG"):
            raise
        complain(f"程式發生沒有預期的錯誤（{type(error).__name__}：{error}）。設 PLANSEARCH_DEBUG=1 再執行可看細節。")
        return 1
    return 0
