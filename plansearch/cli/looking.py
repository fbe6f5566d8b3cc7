"""Commands that need no index: how one file is understood, and what a framework asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.options import FormatOption, OutputOption
from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.frameworks.catalog import Framework, Requirement


@app.command(cls=LightCommand)
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="計畫檔。")],
    damage: Annotated[bool, typer.Option("--damage", help="只列出原文缺漏或錯亂的地方。")] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """看一個檔案被理解成什麼：機關與年度、每一項措施、原文缺漏的地方。

    \b
    例：
      plansearch inspect corpus/某計畫.txt
      plansearch inspect corpus/某計畫.txt --damage
      plansearch inspect corpus/某計畫.txt --format csv -o 項目.csv
    """
    from plansearch.collection import read_plan
    from plansearch.report.reports import damage_report, inspection_report

    plan = read_plan(file)
    deliver(damage_report(plan) if damage else inspection_report(plan), form, output)


@app.command(cls=LightCommand)
def requirements(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", show_default=False, help="執行要項或構面，例如 1.3 或 1。")
    ] = None,
    framework: Annotated[str | None, typer.Option(metavar="ID", help="只列這個架構。")] = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """列出架構的執行要項：代碼、標題、說明、舉例，以及與其他架構的對照。

    \b
    例：
      plansearch requirements
      plansearch requirements 1.3
      plansearch requirements --framework six_pillars --format md
    """
    from plansearch.frameworks.catalog import bundled_frameworks
    from plansearch.report.catalog_view import requirements_report

    frameworks = bundled_frameworks()
    deliver(requirements_report(frameworks, _chosen(frameworks, framework, code)), form, output)


def _chosen(frameworks: Sequence[Framework], framework: str | None, code: str | None) -> list[Requirement]:
    """The requirements of one framework or all, and of one code, where a pillar's code means all of its."""
    known = [one.id for one in frameworks]
    if framework is not None and framework not in known:
        message = f"沒有「{framework}」這個架構。可用的有：{'、'.join(known)}。"
        raise QueryError(message)
    chosen = [one for each in frameworks if framework in (None, each.id) for one in each.requirements]
    if code is not None:
        chosen = [one for one in chosen if code in (one.code, one.pillar)]
    if not chosen:
        message = f"沒有代碼是「{code}」的執行要項。不加代碼執行 plansearch requirements 可看全部。"
        raise QueryError(message)
    return chosen
