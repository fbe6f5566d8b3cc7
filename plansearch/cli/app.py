"""The ``plansearch`` command itself, to which every module of commands adds its own."""

from __future__ import annotations

from typing import Annotated

import typer

from plansearch.cli.light import LightGroup
from plansearch.version import __version__

# Typer's own formatting would import rich, which costs as much as the search itself.
app = typer.Typer(
    name="plansearch",
    cls=LightGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plansearch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="印出版本。")
    ] = False,
) -> None:
    """在各機關的提升服務計畫裡，找出別人怎麼做，並指出寫在哪一份計畫的哪一行。

    \b
    先建立索引，再查詢：
      plansearch index corpus
      plansearch query 無障礙設施
    """
