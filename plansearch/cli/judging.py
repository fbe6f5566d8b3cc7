"""The command that tells how good search is, on queries that people have judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import deliver
from plansearch.cli.light import LightCommand
from plansearch.cli.models import announce_loading, load_reranker
from plansearch.cli.options import FormatOption, IndexOption, OutputOption
from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.evaluation.outcomes import Variant


@app.command("eval", cls=LightCommand)
def evaluate_search(
    file: Annotated[Path, typer.Argument(metavar="QUERIES.jsonl", help="評測用的查詢檔，一行一個查詢。")],
    index: IndexOption = Path("index"),
    variant: Annotated[
        str,
        typer.Option("--mode", metavar="MODE", help="查法：hybrid、meaning、words；後面可加 :exact（不加字詞）。"),
    ] = "hybrid",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="MODE MODE", show_default=False, help="比較兩種查法，並說差異是不是偶然。"),
    ] = None,
    rerank: Annotated[
        str | None,
        typer.Option(metavar="M", show_default=False, help="重排模型；比較時用在寫了 :rerank 的查法。"),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="逐一列出查詢，答得最差的在前。")] = False,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """評測：用人工判斷過的查詢，量量看查得好不好。

    查詢檔每一行是一個 JSON 物件；grade 是 2（回答了查詢）、1（部分回答）或 0（無關）：

    \b
      {"id": "q1", "query": "無障礙設施", "relevant": [
        {"plan": "計畫.txt", "text": "設置無障礙坡道。", "grade": 2},
        {"item": "計畫.txt#7", "grade": 1}]}

    （要寫在同一行。）項目可以用計畫檔名與措施文字，或用項目代號（query --format jsonl 的 id）指定。

    \b
    例：
      plansearch eval 查詢.jsonl
      plansearch eval 查詢.jsonl -v
      plansearch eval 查詢.jsonl --compare words hybrid
      plansearch eval 查詢.jsonl --compare hybrid hybrid:exact --format json -o 比較.json
      plansearch eval 查詢.jsonl --compare hybrid hybrid:rerank --rerank D:\\模型\\重排
    """
    from plansearch.evaluation.judgements import read_judged_queries
    from plansearch.evaluation.scoring import compare_evaluations, evaluate
    from plansearch.index import PlanIndex
    from plansearch.report.evaluation_view import comparison_report, evaluation_report
    from plansearch.report.progress import progress_bar

    variants = _variants(variant, compare, rerank)
    queries = read_judged_queries(file)
    with PlanIndex.open(index) as opened:
        if any(one.mode != "words" for one in variants):
            announce_loading(opened)
        reranker = None if rerank is None else load_reranker(rerank)
        with progress_bar(*(one.name for one in variants)) as progress:
            done = [evaluate(opened, queries, one, reranker=reranker, progress=progress) for one in variants]
    if compare is None:
        report = evaluation_report(done[0], per_query=verbose)
    else:
        report = comparison_report(compare_evaluations(done[0], done[1]), per_query=verbose)
    deliver(report, form, output)


def _variants(mode: str, compare: tuple[str, str] | None, rerank: str | None) -> list[Variant]:
    """The ways of searching that were asked for."""
    from plansearch.evaluation.outcomes import Variant

    if compare is None:
        name = mode if rerank is None or "rerank" in mode else f"{mode}:rerank"
        variants = [Variant.parse(name)]
    else:
        variants = [Variant.parse(name) for name in compare]
        if variants[0] == variants[1]:
            message = f"--compare 的兩種查法一樣（{variants[0].name}）。請寫兩種不同的，例如 --compare words hybrid。"
            raise QueryError(message)
    wanted = any(one.reranked for one in variants)
    if wanted and rerank is None:
        message = "查法寫了 :rerank，但沒有說用哪個模型。請加 --rerank 重排模型的名稱或資料夾。"
        raise QueryError(message)
    if rerank is not None and not wanted:
        message = "給了 --rerank，但比較的兩種查法都沒有寫 :rerank。例如 --compare hybrid hybrid:rerank。"
        raise QueryError(message)
    return variants
