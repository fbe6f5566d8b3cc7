"""Commands that tell where agencies stand: in numbers and pictures, and all of it on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.options import (
    AgencyArgument,
    FormatOption,
    IndexOption,
    OutputOption,
    PeersOption,
    PlanYearOption,
)
from plansearch.errors import QueryError


@app.command(cls=LightCommand)
def benchmark(
    agency: Annotated[
        str | None, typer.Argument(metavar="AGENCY", show_default=False, help="機關名稱或其中一部分。")
    ] = None,
    index: IndexOption = Path("index"),
    everyone: Annotated[bool, typer.Option("--all", help="所有機關，各和自己的同類比。")] = False,
    peers: PeersOption = None,
    year: PlanYearOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """看位置：措施數、涵蓋、具體程度、獨特程度，和同類機關的中位數、四分位比。

    名次只和同類型（或 --peers 指定）的機關比。寫成 .png 或 .svg 是熱圖與長條圖；.html、.docx、.xlsx 圖表都有。

    \b
    例：
      plansearch benchmark 東湖區公所
      plansearch benchmark 東湖區公所 --peers all -o 位置.html
      plansearch benchmark --all -o 熱圖.png
    """
    from plansearch.benchmark import benchmark_agency, benchmark_all
    from plansearch.index import PlanIndex
    from plansearch.report.benchmark_view import benchmark_report, standing_report
    from plansearch.report.progress import progress_bar

    if (agency is None) != everyone:
        message = "請寫一個機關名稱，或用 --all 列出所有機關（擇一）。"
        raise QueryError(message)
    if everyone and peers:
        message = "--all 是各機關和自己的同類比，不能和 --peers 一起用。請拿掉其中一個。"
        raise QueryError(message)
    with PlanIndex.open(index) as opened, progress_bar("讀取計畫", "比對措施") as progress:
        if agency is None:
            report = standing_report(benchmark_all(opened, year=year, progress=progress))
        else:
            report = benchmark_report(benchmark_agency(opened, agency, peers=peers or (), year=year, progress=progress))
    deliver(report, form, output)


@app.command(cls=LightCommand)
def report(
    agency: AgencyArgument,
    index: IndexOption = Path("index"),
    peers: PeersOption = None,
    year: PlanYearOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """一個機關的完整報告：位置、缺少的、可以向誰學、重複的、要對照原文的，全在一頁。

    \b
    例：
      plansearch report 東湖區公所 -o 報告.html
      plansearch report 東湖區公所 --peers nearest:5 -o 報告.docx
    """
    from plansearch.index import PlanIndex
    from plansearch.overview import agency_overview
    from plansearch.report.overview_view import overview_report
    from plansearch.report.progress import progress_bar

    with PlanIndex.open(index) as opened, progress_bar("整理報告") as progress:
        result = agency_overview(opened, agency, peers=peers or (), year=year, progress=progress)
    deliver(overview_report(result), form, output)
