"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from plansearch.errors import PlansearchError
from plansearch.limits import Limits

FormatName = Literal["table", "json", "jsonl", "csv", "md", "xlsx", "docx", "html"]
ModeName = Literal["hybrid", "meaning", "words"]
Grouping = Literal["agency"]
ScopeName = Literal["within", "across", "all"]

LEAST_THRESHOLD = 0.3
"""Lowest threshold that `duplicates` takes; the same as `plansearch.duplicates.LOWEST_THRESHOLD`."""


def limits_of(
    max_size: object,
    max_expanded: object,
    max_pages: object,
    max_nesting: object,
    timeout: object,
    max_memory: object,
) -> Limits:
    """The limits that the options say, turned into numbers by `plansearch.cli.light`."""
    return Limits(
        max_size=cast("int", max_size),
        max_expanded=cast("int", max_expanded),
        max_pages=cast("int", max_pages),
        max_nesting=cast("int", max_nesting),
        timeout=cast("float", timeout),
        max_memory=cast("int", max_memory),
    )


IndexOption = Annotated[
    Path, typer.Option("--index", envvar="PLANSEARCH_INDEX", metavar="DIR", help="索引所在的資料夾。")
]
FormatOption = Annotated[
    FormatName | None,
    typer.Option(
        "--format",
        help="輸出格式：終端機（table）、JSON、每行一筆 JSON、CSV、Markdown、Excel（xlsx）、Word（docx）、"
        "網頁（html）；不給就看 -o 的副檔名。",
        show_default=False,
    ),
]
ForceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--force",
        metavar="FILE",
        help="這個檔案看起來不像計畫也要收入；可用 *.docx 這樣的寫法，可重複。",
    ),
]
OcrOption = Annotated[bool, typer.Option("--ocr", help="掃描的 PDF 頁用文字辨識讀取（要先安裝 tesseract）。")]
SizeOption = Annotated[str, typer.Option("--max-size", metavar="SIZE", help="檔案大小的上限。")]
ExpandedOption = Annotated[
    str, typer.Option("--max-expanded", metavar="SIZE", help="docx、xlsx 等檔案解開後的大小上限。")
]
PagesOption = Annotated[int, typer.Option("--max-pages", metavar="N", help="PDF 頁數的上限。")]
NestingOption = Annotated[int, typer.Option("--max-nesting", metavar="N", help="表格裡再套表格的層數上限。")]
TimeoutOption = Annotated[float, typer.Option("--timeout", metavar="SECONDS", help="讀一個檔案最多花幾秒。")]
MemoryOption = Annotated[
    str, typer.Option("--max-memory", metavar="SIZE", help="讀檔程式可用的記憶體（Windows 不限制）。")
]

DeviceOption = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="D",
        help="大量文字在哪裡計算：auto（自動，有 NVIDIA 顯示卡就用）、cpu、cuda、cuda:1、mps。一般不必給。",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        show_default=False,
        help="同時用幾個處理器核心讀檔與計算；不給就全用。想邊做別的事，可以給小一點。",
    ),
]


def _in_a_folder(output: Path | None) -> Path | None:
    """Refuse a file in a folder that is not there before the work is done, rather than after it."""
    if output is not None and not output.parent.is_dir():
        message = f"無法寫入 {output}：沒有「{output.parent}」這個資料夾。請先建立它，或換一個位置。"
        raise PlansearchError(message)
    return output


OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=_in_a_folder,
        help="寫到檔案，不印在畫面上；例如 結果.xlsx、結果.docx。",
    ),
]
AgencyArgument = Annotated[
    str,
    typer.Argument(metavar="AGENCY", help="機關名稱或其中一部分；計畫裡沒有寫機關的，用計畫檔名。", show_default=False),
]
PeersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--peers",
        metavar="WHO",
        help="和誰比：type（同類型，預設）、type:衛生所、city、city:高雄市、all、nearest:5（計畫最相近的），"
        "或機關名稱（可重複）。同類型不到三個時，預設改和所有機關比。",
        show_default=False,
    ),
]
PlanYearOption = Annotated[
    int | None,
    typer.Option(
        "--year", metavar="YEAR", help="用這一年（民國）的計畫；不給就用各機關最近一年的。", show_default=False
    ),
]
CountOption = Annotated[
    int | None,
    typer.Option(
        "-k", min=1, metavar="N", show_default=False, help="措施（或每一類的配對）列出幾項；畫面上不給是 20 項。"
    ),
]
