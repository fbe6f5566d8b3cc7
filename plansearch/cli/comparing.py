"""Commands that put agencies beside each other: side by side, what is missing, what is copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.models import announce_loading
from plansearch.cli.options import (
    AgencyArgument,
    CountOption,
    FormatName,
    FormatOption,
    IndexOption,
    OutputOption,
    PeersOption,
    PlanYearOption,
    ScopeName,
)
from plansearch.errors import QueryError

LINES = 20
"""Lines of each kind that a terminal shows unless told otherwise; other formats have all."""

WhatArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="WHAT...",
        show_default=False,
        help="要比較的內容：執行要項或構面的代碼（1.3、1），或一個詞、一句話；不寫就比全部要項。"
        "用 --years 時是機關名稱。",
    ),
]
AgenciesOption = Annotated[
    list[str] | None,
    typer.Option("--agency", metavar="NAME", show_default=False, help="參加比較的機關，可重複；不給就是全部。"),
]
TypesOption = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", show_default=False, help="只要這一類機關，可重複。")
]
CitiesOption = Annotated[
    list[str] | None, typer.Option("--city", metavar="CITY", show_default=False, help="只要這個縣市，可重複。")
]


@app.command(cls=LightCommand)
def compare(
    what: WhatArgument = None,
    index: IndexOption = Path("index"),
    agency: AgenciesOption = None,
    agency_type: TypesOption = None,
    city: CitiesOption = None,
    year: PlanYearOption = None,
    years: Annotated[
        tuple[int, int] | None,
        typer.Option("--years", metavar="YEAR YEAR", show_default=False, help="比較同一機關兩個年度的計畫（民國）。"),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "-k", min=1, metavar="N", show_default=False, help="用詞句比較時，每個機關最多幾項；不給是 5 項。"
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="用詞句比較時，列出所有夠接近的項目。")] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """並列：各機關對同一個執行要項、同一件事，各是怎麼寫的；或同一機關兩年之間改了什麼。

    兩個機關時，相同的措施排在同一列，再列各自獨有的。每個機關各自找，不受其他計畫長短影響。
    空格有四種：查無相近措施、疑似、原文缺漏、檔案無法讀取；只有第一種是找過了而沒有。

    \b
    例：
      plansearch compare 1.3 --agency 東湖區公所 --agency 西嶺區公所
      plansearch compare 無障礙設施 --type 公所
      plansearch compare --agency 東湖區公所 --agency 西嶺區公所 -o 並列.xlsx
      plansearch compare 東湖區公所 --years 112 113
    """
    from plansearch.comparison import ENTRIES_PER_CELL, compare_years
    from plansearch.comparison import compare as compare_agencies
    from plansearch.index import PlanIndex
    from plansearch.report.comparison_view import comparison_report
    from plansearch.results import Filters

    asked = " ".join(what or ())
    with PlanIndex.open(index) as opened:
        announce_loading(opened)
        if years is not None:
            _refuse_with_years(
                {"--type": agency_type, "--city": city, "--year": year, "-k": limit, "--all": everything}
            )
            name, scope = _agency_and_scope(asked, agency)
            result = compare_years(opened, name, (years[0], years[1]), scope)
        else:
            result = compare_agencies(
                opened,
                asked,
                agencies=agency or (),
                filters=Filters(types=tuple(agency_type or ()), cities=tuple(city or ())),
                year=year,
                limit=None if everything else limit or ENTRIES_PER_CELL,
            )
        report = comparison_report(result)
    deliver(report, form, output)


def _refuse_with_years(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        message = f"--years 不能和 {'、'.join(given)} 一起用。請拿掉其中一個。"
        raise QueryError(message)


def _agency_and_scope(asked: str, agencies: Sequence[str] | None) -> tuple[str, str]:
    """Whose years are compared, and which requirements of theirs."""
    if agencies and len(agencies) > 1:
        message = "--years 一次只比一個機關。請只留一個 --agency。"
        raise QueryError(message)
    if agencies:
        return agencies[0], asked
    if not asked:
        message = "請寫要比較哪一個機關的兩個年度，例如 plansearch compare 東湖區公所 --years 112 113。"
        raise QueryError(message)
    return asked, ""


@app.command(cls=LightCommand)
def gaps(
    agency: AgencyArgument,
    index: IndexOption = Path("index"),
    peers: PeersOption = None,
    year: PlanYearOption = None,
    least_peers: Annotated[
        int | None,
        typer.Option(
            "--min-peers",
            metavar="N",
            show_default=False,
            help="至少幾個機關有的措施才列出；不給是 1，因同類型太少而改和所有機關比時是 2。",
        ),
    ] = None,
    limit: CountOption = None,
    everything: Annotated[bool, typer.Option("--all", help="全部列出。")] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """找缺少的：哪些執行要項沒有措施，哪些措施是同類機關有、這個機關查無相近的。

    每一項都附上有幾個機關有、兩個機關的原文與出處，以及這個機關最接近的一項。
    原文缺漏、看不出有沒有的，另外列出，不算缺少。

    \b
    例：
      plansearch gaps 西嶺區公所
      plansearch gaps 西嶺區公所 --peers nearest:3
      plansearch gaps 東湖區衛生所 --peers all --min-peers 2 -o 缺少.docx
      plansearch gaps 西嶺區公所 --format jsonl
    """
    from plansearch.gaps import find_gaps
    from plansearch.index import PlanIndex
    from plansearch.report.gaps_view import gaps_report
    from plansearch.report.progress import progress_bar

    with PlanIndex.open(index) as opened, progress_bar("比對措施") as progress:
        result = find_gaps(opened, agency, peers=peers or (), year=year, least_peers=least_peers, progress=progress)
    deliver(gaps_report(result, _limit(limit, everything, form, output)), form, output)


@app.command(cls=LightCommand)
def duplicates(
    index: IndexOption = Path("index"),
    scope: Annotated[
        ScopeName,
        typer.Option("--scope", help="within：同一份計畫之內；across：不同機關之間；all：全部。"),
    ] = "all",
    agency: Annotated[
        list[str] | None,
        typer.Option("--agency", metavar="NAME", show_default=False, help="其中一方是這個機關的才列出，可重複。"),
    ] = None,
    agency_type: TypesOption = None,
    city: CitiesOption = None,
    year: Annotated[
        list[int] | None,
        typer.Option("--year", metavar="YEAR", show_default=False, help="只比這一年（民國），可重複。"),
    ] = None,
    copy_threshold: Annotated[
        float, typer.Option("--copy-threshold", metavar="P", help="字句是抄用的可能達到多少，才算抄用。")
    ] = 0.35,
    same_threshold: Annotated[
        float, typer.Option("--threshold", metavar="P", help="是同一措施的可能達到多少，才列出。")
    ] = 0.5,
    limit: CountOption = None,
    everything: Annotated[bool, typer.Option("--all", help="全部列出。")] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """找重複的：計畫裡和機關之間，字句抄用的、各自寫法但其實是同一措施的。

    數字、頻率、要求不同的（每週／每月、應／得）另外標示：字句再像，承諾也不一樣。
    門檻愈高，找到的愈可靠，漏掉的愈多；結果裡附有各門檻的正確率。

    \b
    例：
      plansearch duplicates
      plansearch duplicates --scope within --agency 東湖區公所
      plansearch duplicates --scope across --year 113 --threshold 0.7 -o 重複.xlsx
    """
    from plansearch.duplicates import find_duplicates
    from plansearch.index import PlanIndex
    from plansearch.report.duplicates_view import duplicates_report
    from plansearch.report.progress import progress_bar
    from plansearch.results import Filters

    filters = Filters(types=tuple(agency_type or ()), cities=tuple(city or ()), years=tuple(year or ()))
    with PlanIndex.open(index) as opened, progress_bar("比對措施") as progress:
        result = find_duplicates(
            opened,
            scope=scope,
            agencies=agency or (),
            filters=filters,
            copy_threshold=copy_threshold,
            same_threshold=same_threshold,
            progress=progress,
        )
    deliver(duplicates_report(result, _limit(limit, everything, form, output)), form, output)


def _limit(limit: int | None, everything: bool, form: FormatName | None, output: Path | None) -> int | None:
    """How many lines of each kind: a screen has room for few, a file for all."""
    if everything:
        return None
    on_screen = output is None and form in {None, "table"}
    return limit or (LINES if on_screen else None)
