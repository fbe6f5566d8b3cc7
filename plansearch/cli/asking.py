"""The command that most people need: a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.models import announce_loading, load_reranker
from plansearch.cli.options import FormatOption, Grouping, IndexOption, ModeName, OutputOption
from plansearch.cli.store_options import (
    STORE_NAME,
    StoreCaOption,
    StoreNameOption,
    StoreOption,
    StoreServerNameOption,
    StoreTokenOption,
    address_of,
    refuse_with_store,
)
from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.remote import StoreAddress
    from plansearch.report.rendering import Report
    from plansearch.results import Filters, SearchResult

ITEMS = 10
"""Items listed unless told otherwise."""


TextArgument = Annotated[
    list[str] | None, typer.Argument(metavar="TEXT...", show_default=False, help="要找的內容：詞或一句話。")
]
AgencyOption = Annotated[list[str] | None, typer.Option("--agency", metavar="NAME", help="只找這個機關。")]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="只找這一類機關，例如 公所、衛生所。")
]
CityOption = Annotated[list[str] | None, typer.Option("--city", metavar="CITY", help="只找這個縣市。")]
YearOption = Annotated[list[int] | None, typer.Option("--year", metavar="YEAR", help="只找這一年（民國）。")]
RequirementOption = Annotated[
    list[str] | None, typer.Option("--requirement", metavar="CODE", help="只找這個執行要項或構面，例如 1.3 或 1。")
]
UnitOption = Annotated[list[str] | None, typer.Option("--unit", metavar="UNIT", help="只找這個承辦單位。")]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "-k", min=1, metavar="N", show_default=False, help="列出幾項；不給是 10 項，--by agency 時每個機關 3 項。"
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="列出所有夠接近的項目。")]
ModeOption = Annotated[
    ModeName, typer.Option("--mode", help="hybrid：意思與字詞一起比；meaning：只比意思；words：只比字詞。")
]
NoFoldOption = Annotated[bool, typer.Option("--no-fold", help="內容相同的項目逐項列出，不收合成一筆。")]
ByOption = Annotated[
    Grouping | None, typer.Option("--by", help="agency：每個機關各自找，並列出誰有、誰沒有。", show_default=False)
]
WhyOption = Annotated[bool, typer.Option("--why", help="說明每一項為何被找到。")]
ExactOption = Annotated[bool, typer.Option("--exact", help="只用你寫的字詞，不加同義的說法。")]
LikeOption = Annotated[
    list[str] | None, typer.Option("--like", metavar="ID", help="找和這一項相似的；代號寫在出處後面，可重複。")
]
NotLikeOption = Annotated[
    list[str] | None,
    typer.Option("--not-like", metavar="ID", help="不要像這一項；可重複，和要找的內容或 --like 一起用。"),
]
RerankOption = Annotated[
    str | None, typer.Option("--rerank", metavar="M", help="用這個重排模型（名稱或資料夾）重排前 50 項。")
]


@app.command(cls=LightCommand)
def query(
    text: TextArgument = None,
    index: IndexOption = Path("index"),
    agency: AgencyOption = None,
    agency_type: TypeOption = None,
    city: CityOption = None,
    year: YearOption = None,
    requirement: RequirementOption = None,
    unit: UnitOption = None,
    limit: LimitOption = None,
    everything: AllOption = False,
    mode: ModeOption = "hybrid",
    no_fold: NoFoldOption = False,
    by: ByOption = None,
    why: WhyOption = False,
    exact: ExactOption = False,
    like: LikeOption = None,
    not_like: NotLikeOption = None,
    rerank: RerankOption = None,
    store: StoreOption = None,
    store_token: StoreTokenOption = None,
    store_ca: StoreCaOption = None,
    store_server_name: StoreServerNameOption = None,
    store_name: StoreNameOption = STORE_NAME,
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
      plansearch query --like 113_示範市東湖區公所.txt#27
      plansearch query 無障礙設施 --store http://milvus.example:19530
    """
    from plansearch.report.reports import search_report

    question = " ".join(text or ())
    common: _Common = {"mode": mode, "exact": exact, "why": why}
    filters = _filters(agency, agency_type, city, year, requirement, unit)
    address = address_of(store, store_token, store_ca, store_server_name, store_name)
    first = None if everything else limit or ITEMS
    if address is not None:
        refuse_with_store({"--by": by, "--why": why, "--like": like, "--not-like": not_like, "--rerank": rerank})
        settings: _Remote = {"mode": mode, "exact": exact, "limit": first, "fold_equal": not no_fold}
        report = search_report(_search_remote(address, question, filters, settings))
    elif by is not None:
        _refuse_with_by({"--like": like, "--not-like": not_like, "--rerank": rerank, "--no-fold": no_fold})
        report = _by_agency(index, question, filters, common, limit=limit, everything=everything)
    else:
        alike: _Alike = {"like": like or (), "unlike": not_like or (), "rerank": rerank}
        report = search_report(_search(index, question, filters, common, alike, limit=first, fold_equal=not no_fold))
    deliver(report, form, output)


def _search(
    index: Path,
    question: str,
    filters: Filters,
    common: _Common,
    alike: _Alike,
    *,
    limit: int | None,
    fold_equal: bool,
) -> SearchResult:
    from plansearch.index import PlanIndex
    from plansearch.retrieval import search

    with PlanIndex.open(index) as opened:
        announce_loading(opened, common["mode"])
        reranker = load_reranker(alike["rerank"]) if alike["rerank"] else None
        ask = partial(search, fold_equal=fold_equal, reranker=reranker, like=alike["like"], unlike=alike["unlike"])
        return ask(opened, question, filters=filters, limit=limit, **common)


def _by_agency(
    index: Path, question: str, filters: Filters, common: _Common, *, limit: int | None, everything: bool
) -> Report:
    from plansearch.index import PlanIndex
    from plansearch.report.reports import agency_report
    from plansearch.retrieval import ITEMS_PER_AGENCY, search_by_agency

    with PlanIndex.open(index) as opened:
        announce_loading(opened, common["mode"])
        each = None if everything else limit or ITEMS_PER_AGENCY
        return agency_report(search_by_agency(opened, question, filters=filters, limit=each, **common))


class _Remote(TypedDict):
    """Settings of a search in an index past one machine."""

    mode: ModeName
    exact: bool
    limit: int | None
    fold_equal: bool


def _search_remote(address: StoreAddress, question: str, filters: Filters, settings: _Remote) -> SearchResult:
    from plansearch.remote import RemoteIndex
    from plansearch.retrieval.remote import search_remote

    with RemoteIndex.open(address) as opened:
        announce_loading(opened, settings["mode"])
        return search_remote(opened, question, filters=filters, **settings)


class _Common(TypedDict):
    """Settings that both ways to search have."""

    mode: ModeName
    exact: bool
    why: bool


class _Alike(TypedDict):
    """Items that the answer is to be like and not to be like, and the model that puts it in order again."""

    like: Sequence[str]
    unlike: Sequence[str]
    rerank: str | None


def _filters(
    agency: Sequence[str] | None,
    agency_type: Sequence[str] | None,
    city: Sequence[str] | None,
    year: Sequence[int] | None,
    requirement: Sequence[str] | None,
    unit: Sequence[str] | None,
) -> Filters:
    from plansearch.results import Filters

    return Filters(
        agencies=tuple(agency or ()),
        types=tuple(agency_type or ()),
        cities=tuple(city or ()),
        years=tuple(year or ()),
        requirements=tuple(requirement or ()),
        units=tuple(unit or ()),
    )


def _refuse_with_by(options: Mapping[str, object]) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        message = f"--by agency 不能和 {'、'.join(given)} 一起用。請拿掉其中一個。"
        raise QueryError(message)
