"""The command that most people need: a question."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.options import FormatOption, IndexOption, ModeName, OutputOption


@app.command(cls=LightCommand)
def query(
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...", show_default=False, help="要找的內容：詞或一句話。")
    ] = None,
    index: IndexOption = Path("index"),
    agency: Annotated[list[str] | None, typer.Option(metavar="NAME", help="只找這個機關。")] = None,
    agency_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="只找這一類機關，例如 公所、衛生所。")
    ] = None,
    city: Annotated[list[str] | None, typer.Option(metavar="CITY", help="只找這個縣市。")] = None,
    year: Annotated[list[int] | None, typer.Option(metavar="YEAR", help="只找這一年（民國）。")] = None,
    requirement: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="只找這個執行要項或構面，例如 1.3 或 1。")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(metavar="UNIT", help="只找這個承辦單位。")] = None,
    limit: Annotated[int, typer.Option("-k", min=1, metavar="N", help="列出幾項。")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="列出所有夠接近的項目。")] = False,
    mode: Annotated[
        ModeName, typer.Option("--mode", help="hybrid：意思與字詞一起比；meaning：只比意思；words：只比字詞。")
    ] = "hybrid",
    _no_fold: Annotated[
        bool, typer.Option("--no-fold", help="不收合雷同的項目。這一版本來就逐項列出，加不加都一樣。")
    ] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """查詢：各機關有哪些相近的措施，寫在哪裡。

    篩選的選項都可以重複，同一個選項重複時是「或」，不同選項之間是「且」。

    \b
    例：
      plansearch query 無障礙設施
      plansearch query 民眾不用跑兩趟 --type 公所 --type 戶政 --year 113
      plansearch query 滿意度調查 --requirement 2 --all --format csv -o 結果.csv
    """
    from plansearch.index import PlanIndex
    from plansearch.report.reports import search_report
    from plansearch.results import Filters
    from plansearch.retrieval import search

    filters = Filters(
        agencies=tuple(agency or ()),
        types=tuple(agency_type or ()),
        cities=tuple(city or ()),
        years=tuple(year or ()),
        requirements=tuple(requirement or ()),
        units=tuple(unit or ()),
    )
    with PlanIndex.open(index) as opened:
        result = search(opened, " ".join(text or ()), filters=filters, limit=None if everything else limit, mode=mode)
    deliver(search_report(result), form, output)
