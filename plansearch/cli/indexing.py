"""Commands about a whole folder: build its index, list its plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.options import (
    DeviceOption,
    ExpandedOption,
    ForceOption,
    FormatOption,
    IndexOption,
    MemoryOption,
    NestingOption,
    OcrOption,
    OutputOption,
    PagesOption,
    SizeOption,
    TimeoutOption,
    WorkersOption,
    limits_of,
)
from plansearch.cli.store_options import (
    STORE_NAME,
    StoreCaOption,
    StoreNameOption,
    StoreOption,
    StoreServerNameOption,
    StoreTokenOption,
    address_of,
)
from plansearch.errors import SOME_UNREADABLE, PlansearchError

if TYPE_CHECKING:
    from plansearch.collection import ReadingOptions
    from plansearch.types import Progress


class _How(TypedDict):
    """Settings that both places for an index have."""

    model: str | None
    progress: Progress | None
    options: ReadingOptions
    device: str
    workers: int | None


@app.command(cls=LightCommand)
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="放計畫檔的資料夾。")],
    index: IndexOption = Path("index"),
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="語意模型：名稱或資料夾；不給就用內附的模型。")
    ] = None,
    force: ForceOption = None,
    ocr: OcrOption = False,
    max_size: SizeOption = "50MB",
    max_expanded: ExpandedOption = "500MB",
    max_pages: PagesOption = 1000,
    max_nesting: NestingOption = 20,
    timeout: TimeoutOption = 120,
    max_memory: MemoryOption = "4GB",
    device: DeviceOption = "auto",
    workers: WorkersOption = None,
    store: StoreOption = None,
    store_token: StoreTokenOption = None,
    store_ca: StoreCaOption = None,
    store_server_name: StoreServerNameOption = None,
    store_name: StoreNameOption = STORE_NAME,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """讀入一個資料夾裡的計畫，建立可以查詢的索引。

    再執行一次只處理有變動的內容；中途停止時，原有的索引照常可用。
    讀不出來的檔案只影響它自己；有這樣的檔案時，結束代碼是 3。
    加上 --store 時，索引寫進 Milvus；算過的向量仍留在 --index 的資料夾，不會再算一次。

    \b
    例：
      plansearch index corpus
      plansearch index D:\\計畫 --index D:\\索引
      plansearch index corpus --model intfloat/multilingual-e5-small
      plansearch index corpus --force 工作紀要.docx --max-size 100MB
      plansearch index corpus --store http://milvus.example:19530
    """
    from plansearch.collection import ReadingOptions
    from plansearch.index import PlanIndex
    from plansearch.report.progress import progress_bar
    from plansearch.report.reports import build_report

    limits = limits_of(max_size, max_expanded, max_pages, max_nesting, timeout, max_memory)
    options = ReadingOptions(limits, tuple(force or ()), ocr)
    address = address_of(store, store_token, store_ca, store_server_name, store_name)
    with progress_bar("讀取計畫", "計算向量") as progress:
        how: _How = {"model": model, "progress": progress, "options": options, "device": device, "workers": workers}
        if address is None:
            built = PlanIndex.build(folder, index, **how)
        else:
            from plansearch.remote import build_remote

            built = build_remote(folder, address, index, **how)
    deliver(build_report(built), form, output)
    if not built.items:
        message = f"{folder} 裡沒有讀得懂的計畫，沒有建立索引。請確認資料夾是否正確、檔案格式是否支援。"
        raise PlansearchError(message)
    if any(file.kind == "unreadable" for file in built.skipped):
        raise typer.Exit(SOME_UNREADABLE)


@app.command(cls=LightCommand)
def plans(index: IndexOption = Path("index"), form: FormatOption = None, output: OutputOption = None) -> None:
    """列出索引裡的計畫：機關、類型、縣市、年度、項數、缺漏。

    \b
    例：
      plansearch plans
      plansearch plans --format csv -o 計畫清單.csv
    """
    from plansearch.index import PlanIndex
    from plansearch.report.reports import plans_report

    with PlanIndex.open(index) as opened:
        report = plans_report(opened.plans, opened.skipped)
    deliver(report, form, output)
