"""The ``plansearch`` command: reads arguments, calls one function, hands the result to ``report``.

What is slow to import is imported by the command that needs it, since every query starts cold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from plansearch.errors import PlansearchError, QueryError
from plansearch.version import __version__

if TYPE_CHECKING:
    from plansearch.frameworks.catalog import Framework, Requirement
    from plansearch.report.rendering import Format, Report

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


Word: TypeAlias = "str | int | Path"
"""What was typed, or a default, which has its type already."""
Words: TypeAlias = "Word | Sequence[Word] | None"


def _count(word: Word) -> int:
    number = _whole(word)
    if number < 1:
        message = "至少要是 1。"
        raise ValueError(message)
    return number


def _whole(word: Word) -> int:
    try:
        return int(str(word))
    except ValueError:
        message = f"「{word}」不是整數。"
        raise ValueError(message) from None


def _year(word: Word) -> int:
    return _whole(str(word).strip().removeprefix("民國").removesuffix("年"))


def _one_of(choices: Sequence[str], word: str) -> str:
    if word not in choices:
        message = f"沒有「{word}」。可用：{'、'.join(choices)}。"
        raise ValueError(message)
    return word


_CONVERTERS: dict[str, Callable[[Any], object]] = {
    "file": Path,
    "folder": Path,
    "index": Path,
    "output": Path,
    "form": partial(_one_of, get_args(FormatName)),
    "mode": partial(_one_of, get_args(ModeName)),
    "limit": _count,
    "year": _year,
}
"""What is not a string, by the parameter's name."""


class _Light:
    """Makes a Typer command turn its words into values by itself.

    Typer's way imports a validation library, which takes half as long as the search does.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401 - handed on as they come
        super().__init__(*arguments, **settings)
        for parameter in self.params:  # type: ignore[attr-defined]
            parameter.process_value = partial(_value, parameter)

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own class for it is not public
        """The ``--help`` of every command."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.help = "顯示這份說明。"
            option.process_value = partial(_value, option)
        return option


class LightCommand(_Light, TyperCommand):
    """A command that starts quickly."""


class LightGroup(_Light, TyperGroup):
    """The group of all commands, which starts quickly."""


def _value(parameter: TyperArgument | TyperOption, context: typer.Context, words: Words) -> object:
    """The value of one parameter, from the words on the command line, the environment or its default."""
    value = _converted(parameter, context, words)
    return value if parameter.callback is None else parameter.callback(context, parameter, value)


def _converted(parameter: TyperArgument | TyperOption, context: typer.Context, words: Words) -> object:
    if words is None or words == ():
        if parameter.required:
            message = "沒有給。"
            raise typer.BadParameter(message, ctx=context, param=parameter)
        return words
    if isinstance(words, bool):
        return words
    convert = _CONVERTERS.get(parameter.name or "", str)
    try:
        return convert(words) if isinstance(words, str | Path | int) else [convert(word) for word in words]
    except ValueError as error:
        raise typer.BadParameter(str(error), ctx=context, param=parameter) from None


# Typer's own formatting would import rich, which costs as much as the search itself.
app = typer.Typer(
    name="plansearch",
    cls=LightGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after ``plansearch``; those of the process if not given.

    Returns:
        The exit code: 0 for an answer, 1 for a failure, 2 for a wrong request, 130 for Ctrl-C.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="plansearch")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except PlansearchError as error:
        _complain(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("PLANSEARCH_DEBUG"):
            raise
        _complain(f"程式發生沒有預期的錯誤（{type(error).__name__}：{error}）。設 PLANSEARCH_DEBUG=1 再執行可看細節。")
        return 1
    return 0


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"plansearch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="印出版本。")
    ] = False,
) -> None:
    """在各機關的提升服務計畫裡，找出別人怎麼做，並指出寫在哪一份計畫的哪一行。

    \b
    先建立索引，再查詢：
      plansearch index corpus
      plansearch query 無障礙設施
    """


@app.command(cls=LightCommand)
def index(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="放計畫檔的資料夾。")],
    index: IndexOption = Path("index"),
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="語意模型：名稱或資料夾；不給就用內附的模型。")
    ] = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """讀入一個資料夾裡的計畫，建立可以查詢的索引。

    再執行一次只處理有變動的內容；中途停止時，原有的索引照常可用。

    \b
    例：
      plansearch index corpus
      plansearch index D:\\計畫 --index D:\\索引
      plansearch index corpus --model intfloat/multilingual-e5-small
    """
    from plansearch.index import PlanIndex
    from plansearch.report.progress import progress_bar
    from plansearch.report.reports import build_report

    with progress_bar("讀取計畫", "計算向量") as progress:
        built = PlanIndex.build(folder, index, model=model, progress=progress)
    _deliver(build_report(built), form, output)
    if not built.items:
        message = f"{folder} 裡沒有讀得懂的計畫，沒有建立索引。請確認資料夾是否正確、檔案格式是否支援。"
        raise PlansearchError(message)


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
    _deliver(search_report(result), form, output)


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
    _deliver(damage_report(plan) if damage else inspection_report(plan), form, output)


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
    _deliver(report, form, output)


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
    _deliver(requirements_report(frameworks, _chosen(frameworks, framework, code)), form, output)


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


def _deliver(report: Report, form: Format | None, output: Path | None) -> None:
    from plansearch.report.output import lacks_unicode, write_file, write_stream
    from plansearch.report.rendering import render
    from plansearch.report.screen import Screen

    if output is None:
        write_stream(render(report, form or "table", Screen.of(), ascii_only=lacks_unicode()))
        return
    by_suffix = {f".{name}": name for name in get_args(FormatName) if name != "table"}
    write_file(render(report, form or by_suffix.get(output.suffix.lower(), "table"), Screen()), output)
    write_stream(f"已寫入 {output}：{report.heading}\n", sys.stderr)


def _complain(message: str) -> None:
    from plansearch.report.output import write_stream

    write_stream(f"錯誤：{message}\n", sys.stderr)
