"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

FormatName = Literal["table", "json", "jsonl", "csv", "md"]
ModeName = Literal["hybrid", "meaning", "words"]

IndexOption = Annotated[
    Path, typer.Option("--index", envvar="PLANSEARCH_INDEX", metavar="DIR", help="索引所在的資料夾。")
]
FormatOption = Annotated[
    FormatName | None,
    typer.Option(
        "--format",
        help="輸出格式：終端機（table）、JSON、每行一筆 JSON、CSV（Excel 可開）、Markdown；不給就看 -o 的副檔名。",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="寫到檔案（UTF-8），不印在畫面上。")
]
