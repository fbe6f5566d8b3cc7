"""Commands that need no index: how one file is understood, and what a framework asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver, notify
from plansearch.cli.light import LightCommand
from plansearch.cli.options import (
    ExpandedOption,
    FormatOption,
    MemoryOption,
    NestingOption,
    OcrOption,
    OutputOption,
    PagesOption,
    SizeOption,
    TimeoutOption,
    limits_of,
)
from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.frameworks.catalog import Framework, Requirement


@app.command(cls=LightCommand)
def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="計畫檔。")],
    damage: Annotated[bool, typer.Option("--damage", help="只列出原文缺漏或錯亂的地方。")] = False,
    ocr: OcrOption = False,
    max_size: SizeOption = "50MB",
    max_expanded: ExpandedOption = "500MB",
    max_pages: PagesOption = 1000,
    max_nesting: NestingOption = 20,
    timeout: TimeoutOption = 120,
    max_memory: MemoryOption = "4GB",
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """看一個檔案被理解成什麼：機關與年度、每一項措施、原文缺漏的地方。

    \b
    例：
      plansearch inspect corpus/某計畫.txt
      plansearch inspect corpus/某計畫.txt --damage
      plansearch inspect corpus/某計畫.txt --format csv -o 項目.csv
      plansearch inspect corpus/某計畫.docx -o 項目.xlsx
    """
    from plansearch.collection import ReadingOptions, inspect_file
    from plansearch.report.reports import damage_report, file_report, inspection_report
    from plansearch.worksheet import item_key, write_workbook

    limits = limits_of(max_size, max_expanded, max_pages, max_nesting, timeout, max_memory)
    inspected = inspect_file(file, ReadingOptions(limits, ocr=ocr))
    if output is not None and output.suffix.lower() == ".xlsx" and form is None and not damage:
        write_workbook(inspected.plans, output)
        notify(f"已寫入 {output}；改好後請執行 plansearch correct {file} {output}")
        return
    reports = []
    for number, corrected in enumerate(inspected.plans, 1):
        keys = [item_key(corrected, number, position) for position in range(len(corrected.plan.items))]
        reports.append(damage_report(corrected.plan) if damage else inspection_report(corrected.plan, keys))
    deliver(file_report(reports, inspected.asides), form, output)


@app.command(cls=LightCommand)
def correct(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="計畫檔。")],
    items: Annotated[Path, typer.Argument(metavar="ITEMS", help="inspect -o 匯出、改好的 .xlsx 或 .csv。")],
    ocr: OcrOption = False,
) -> None:
    """收下人工更正的項目，存在計畫檔旁邊；下次 index 與 inspect 就會採用。

    原檔不會更動。刪除計畫檔旁邊的 .corrections.json 就恢復成原檔的內容。

    \b
    例：
      plansearch inspect corpus/某計畫.docx -o 項目.xlsx
      plansearch correct corpus/某計畫.docx 項目.xlsx
      plansearch index corpus
    """
    from plansearch.collection import ReadingOptions, inspect_file
    from plansearch.corrections import CorrectionsFile, read_corrections, write_corrections
    from plansearch.worksheet import read_corrected

    before = read_corrections(file)
    inspected = inspect_file(file, ReadingOptions(ocr=ocr))
    corrections = read_corrected(items, inspected.plans, before)
    sha256 = inspected.plans[0].original.sha256
    beside = write_corrections(file, CorrectionsFile(file.name, sha256, corrections))
    counts = {kind: sum(one.kind == kind for one in corrections) for kind in ("changed", "added", "deleted")}
    if not corrections:
        notify(f"{items} 與 {file} 讀到的內容相同，沒有更正。")
        return
    notify(
        f"更正 {counts['changed']} 項、新增 {counts['added']} 項、刪除 {counts['deleted']} 項，已寫入 {beside}；"
        "請再執行 plansearch index 更新索引。"
    )


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
