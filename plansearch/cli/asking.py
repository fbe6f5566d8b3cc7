"""The command that most people need: a question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.models import announce_loading, load_reranker
from plansearch.cli.options import FormatOption, Grouping, IndexOption, ModeName, OutputOption
from plansearch.errors import QueryError

ITEMS = 10
"""Items listed unless told otherwise."""


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
    limit: Annotated[
        int | None,
        typer.Option(
            "-k", min=1, metavar="N", show_default=False, help="列出幾項；不給是 10 項，--by agency 時每個機關 3 項。"
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="列出所有夠接近的項目。")] = False,
    mode: Annotated[
        ModeName, typer.Option("--mode", help="hybrid：意思與字詞一起比；meaning：只比意思；words：只比字詞。")
    ] = "hybrid",
    no_fold: Annotated[bool, typer.Option("--no-fold", help="內容相同的項目逐項列出，不收合成一筆。")] = False,
    by: Annotated[
        Grouping | None, typer.Option("--by", help="agency：每個機關各自找，並列出誰有、誰沒有。", show_default=False)
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="說明每一項為何被找到。")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="只用你寫的字詞，不加同義的說法。")] = False,
    like: Annotated[
        list[str] | None, typer.Option("--like", metavar="ID", help="找和這一項相似的；代號寫在出處後面，可重複。")
    ] = None,
    not_like: Annotated[
        list[str] | None, typer.Option("--not-like", metavar="ID", help="不要像這一項；可重複。")
    ] = None,
    rerank: Annotated[
        str | None, typer.Option("--rerank", metavar="M", help="用這個重排模型（名稱或資料夾）排前 50 項。")
    ] = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """查詢：各機關有哪些相近的措施，寫在哪裡。

    篩選的選項都可以重複，同一個選項重複時是「或」，不同選項之間是「且」。
    加上雙引號的詞句一定要一字不差地出現；在命令列上，外面再加一層單引號。

    \b
    例：
      plansearch query 無障礙設施
      plansearch query 民眾不用跑兩趟 --type 公所 --type 戶政 --year 113
      plansearch query 滿意度調查 --requirement 2 --all --format csv -o 結果.csv
      plansearch query 到府服務 --by agency
      plansearch query '"QR Code"' --why
      plansearch query --like 東湖區公所.txt#27
    """
    from plansearch.index import PlanIndex
    from plansearch.report.reports import agency_report, search_report
    from plansearch.results import Filters
    from plansearch.retrieval import ITEMS_PER_AGENCY, search, search_by_agency

    filters = Filters(
        agencies=tuple(agency or ()),
        types=tuple(agency_type or ()),
        cities=tuple(city or ()),
        years=tuple(year or ()),
        requirements=tuple(requirement or ()),
        units=tuple(unit or ()),
    )
    question = " ".join(text or ())
    with PlanIndex.open(index) as opened:
        if mode != "words":
            announce_loading(opened)
        if by is None:
            reranker = None if rerank is None else load_reranker(rerank)
            result = search(
                opened,
                question,
                filters=filters,
                limit=None if everything else limit or ITEMS,
                mode=mode,
                fold_equal=not no_fold,
                exact=exact,
                why=why,
                like=like or (),
                unlike=not_like or (),
                reranker=reranker,
            )
            report = search_report(result)
        else:
            _refuse_with_by({"--like": like, "--not-like": not_like, "--rerank": rerank, "--no-fold": no_fold})
            report = agency_report(
                search_by_agency(
                    opened,
                    question,
                    filters=filters,
                    limit=None if everything else limit or ITEMS_PER_AGENCY,
                    mode=mode,
                    exact=exact,
                    why=why,
                )
            )
    deliver(report, form, output)


def _refuse_with_by(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        message = f"--by agency 不能和 {'、'.join(given)} 一起用。請拿掉其中一個。"
        raise QueryError(message)
