"""Templates of pages: all that they show is escaped, and nothing is guessed. The only module that knows Jinja."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined

Templates: TypeAlias = Environment


@cache
def templates_of(package: str) -> Templates:
    """The templates in the folder ``templates`` of a package; one environment, which may be given filters."""
    return Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
