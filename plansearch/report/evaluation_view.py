"""How good search is, as a terminal and every other format show it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from plansearch.evaluation.outcomes import (
    FEW_QUERIES,
    Comparison,
    Difference,
    Estimate,
    Evaluation,
    Expected,
    Measure,
    QueryOutcome,
    State,
    Variant,
)
from plansearch.evaluation.significance import Interval
from plansearch.report.records import Record, Value
from plansearch.report.rendering import Report
from plansearch.report.screen import Screen, visible
from plansearch.report.serialise import Column

BEYOND_CHANCE = "差異超出偶然"
MAYBE_CHANCE = "差異可能只是偶然"
NO_DIFFERENCE = "沒有差異"

_TITLES: dict[Measure, str] = {"ndcg@10": "nDCG@10", "recall@20": "recall@20", "mrr": "MRR"}
_MEANINGS: dict[Measure, str] = {
    "ndcg@10": "前 10 項排得多好",
    "recall@20": "2 分的項目有多少在前 20 項",
    "mrr": "第一個相關項目名次的倒數",
}
_STATES: dict[State, str] = {
    "found": "找到",
    "not_found": "沒有列出",
    "no_item": "索引的這份計畫沒有這一項",
    "no_plan": "索引沒有這份計畫",
}
_INDENT = "    "
_SHOWN_MISSING = 10
"""How many missing items the summary lists; the queries' own lists (-v) and JSON have all."""

_ESTIMATE_COLUMNS = (
    Column("指標", "measure"),
    Column("平均", "mean"),
    Column("95 % 區間下限", "low"),
    Column("95 % 區間上限", "high"),
    Column("查詢數", "queries"),
)
_OUTCOME_COLUMNS = (
    Column("代號", "id"),
    Column("查詢", "query", width=40),
    Column("nDCG@10", "ndcg@10"),
    Column("recall@20", "recall@20"),
    Column("MRR", "mrr"),
    Column("沒有找到", "not_found", width=40),
)
_DIFFERENCE_COLUMNS = (
    Column("指標", "measure"),
    Column("前者", "first"),
    Column("後者", "second"),
    Column("差", "difference"),
    Column("95 % 區間下限", "low"),
    Column("95 % 區間上限", "high"),
    Column("p", "p"),
    Column("結論", "conclusion", width=30),
)
_CHANGE_COLUMNS = (
    Column("代號", "id"),
    Column("查詢", "query", width=40),
    Column("前者 nDCG@10", "first"),
    Column("後者 nDCG@10", "second"),
    Column("差", "difference"),
)
_ESTIMATE_FIELDS = ("measure", "mean", "low", "high", "queries")
_OUTCOME_FIELDS = ("id", "query", "ndcg@10", "recall@20", "mrr", "answered", "judged", "not_found", "expected")
_DIFFERENCE_FIELDS = (
    "measure",
    "first",
    "second",
    "difference",
    "low",
    "high",
    "p",
    "beyond_chance",
    "conclusion",
    "queries",
    "better",
    "worse",
)
_CHANGE_FIELDS = ("id", "query", "first", "second", "difference")


def evaluation_report(evaluation: Evaluation, *, per_query: bool = False) -> Report:
    """How well judged queries were answered; with ``per_query`` the lines are the queries, worst first."""
    estimates = tuple(map(_estimate_record, evaluation.estimates))
    outcomes = tuple(map(_outcome_record, evaluation.worst_first))
    return Report(
        heading=_headline(evaluation),
        about=_about(evaluation) | {"queries": list[Value](outcomes)},
        rows=outcomes if per_query else estimates,
        fields=_OUTCOME_FIELDS if per_query else _ESTIMATE_FIELDS,
        columns=_OUTCOME_COLUMNS if per_query else _ESTIMATE_COLUMNS,
        view=partial(_evaluation_lines, evaluation, per_query=per_query),
    )


def comparison_report(comparison: Comparison, *, per_query: bool = False) -> Report:
    """How two ways of searching differ; with ``per_query`` the lines are the queries, greatest loss first."""
    differences = tuple(map(_difference_record, comparison.differences))
    changes = tuple(_change_record(first, second) for first, second in _changes(comparison))
    names = [evaluation.variant.name for evaluation in (comparison.first, comparison.second)]
    return Report(
        heading=f"{names[0]} 與 {names[1]}：{_overall(comparison)}",
        about={
            "first": _about(comparison.first),
            "second": _about(comparison.second),
            "differences": list[Value](differences),
            "queries": list[Value](changes),
        },
        rows=changes if per_query else differences,
        fields=_CHANGE_FIELDS if per_query else _DIFFERENCE_FIELDS,
        columns=_CHANGE_COLUMNS if per_query else _DIFFERENCE_COLUMNS,
        view=partial(_comparison_lines, comparison, per_query=per_query),
    )


def conclusion(difference: Difference) -> str:
    """In plain words whether a difference is more than chance."""
    if not difference.better and not difference.worse:
        return NO_DIFFERENCE
    return BEYOND_CHANCE if difference.beyond_chance else MAYBE_CHANCE


def _headline(evaluation: Evaluation) -> str:
    means = "、".join(f"{_TITLES[one.measure]} {_figure(one.mean)}" for one in evaluation.estimates)
    return f"{len(evaluation.outcomes)} 個查詢：{means}"


def _overall(comparison: Comparison) -> str:
    return "；".join(
        f"{_TITLES[one.measure]} {_figure(one.first)} → {_figure(one.second)}（{conclusion(one)}）"
        for one in comparison.differences
    )


def _evaluation_lines(evaluation: Evaluation, screen: Screen, *, per_query: bool) -> list[str]:
    lines = screen.heading(f"{len(evaluation.outcomes)} 個查詢，{evaluation.judged} 項判斷")
    lines += [*screen.paragraph(f"查法：{_variant(evaluation)}；模型：{evaluation.model}", ""), ""]
    lines += _table(
        screen,
        ("", "平均", "95 % 區間"),
        [
            (_TITLES[one.measure], _figure(one.mean), f"{_interval(one.interval)}　{_meaning(one, evaluation)}")
            for one in evaluation.estimates
        ],
    )
    lines += _few_lines(len(evaluation.outcomes), screen)
    lines += _missing_lines(evaluation, screen)
    if per_query:
        lines += ["", *screen.heading("各個查詢，答得最差的在前")]
        for nth, outcome in enumerate(evaluation.worst_first, start=1):
            lines += ["", *_outcome_lines(nth, outcome, screen)]
    return lines


def _meaning(estimate: Estimate, evaluation: Evaluation) -> str:
    left_out = len(evaluation.outcomes) - estimate.queries
    note = f"（{left_out} 個查詢沒有 2 分的項目，不計）" if left_out else ""
    return _MEANINGS[estimate.measure] + note


def _comparison_lines(comparison: Comparison, screen: Screen, *, per_query: bool) -> list[str]:
    first, second = comparison.first, comparison.second
    lines = screen.heading(f"{len(first.outcomes)} 個查詢，{first.judged} 項判斷，兩種查法")
    lines += screen.paragraph(f"前者：{_variant(first)}", "")
    lines += [*screen.paragraph(f"後者：{_variant(second)}；模型：{second.model}", ""), ""]
    lines += _table(
        screen,
        ("", "前者", "後者", "差", "差的 95 % 區間", "p"),
        [
            (
                _TITLES[one.measure],
                _figure(one.first),
                _figure(one.second),
                f"{one.mean:+.3f}",
                _interval(one.interval, sign="+"),
                _p(one.p),
            )
            for one in comparison.differences
        ],
    )
    lines.append("")
    for one in comparison.differences:
        counts = f"後者較好 {one.better} 個、較差 {one.worse} 個、一樣 {one.queries - one.better - one.worse} 個"
        lines += screen.paragraph(f"{_TITLES[one.measure]}：{conclusion(one)}（{counts}查詢）。", "")
    lines += _few_lines(len(first.outcomes), screen)
    lines += _missing_lines(first, screen)
    if per_query:
        lines += ["", *screen.heading("各個查詢的 nDCG@10，後者退步最多的在前"), ""]
        for before, after in _changes(comparison):
            moved = f"{before.ndcg:.3f} → {after.ndcg:.3f}　{after.ndcg - before.ndcg:+.3f}"
            lines += screen.paragraph(f"{moved}　{before.query.id}　{before.query.query}", "  ")
    return lines


def _outcome_lines(nth: int, outcome: QueryOutcome, screen: Screen) -> list[str]:
    query = outcome.query
    lines = [screen.bold(line) for line in screen.paragraph(f"{nth}. {query.id}　{query.query}", "")]
    figures = f"nDCG@10 {_figure(outcome.ndcg)}、recall@20 {_figure(outcome.recall)}"
    lines += screen.paragraph(
        f"{figures}、MRR {_figure(outcome.reciprocal_rank)}；共列出 {outcome.answered} 項", _INDENT
    )
    for one in _best_rank_first(outcome.expected):
        where = f"第 {one.rank} 名" if one.rank is not None else _STATES[one.state]
        text = visible(one.judgement.text) or one.judgement.item or ""
        place = one.location or one.judgement.plan
        room = max(screen.columns - len(_INDENT) - screen.width(f"{where}　{one.judgement.grade} 分　"), 1)
        lines.append(f"{_INDENT}{where}　{one.judgement.grade} 分　{screen.shorten(text, room)}")
        lines += [screen.dim(line) for line in screen.paragraph(place, _INDENT * 2)]
    return lines


def _best_rank_first(expected: Sequence[Expected]) -> list[Expected]:
    """Found ones by rank, then the others by grade."""
    found = sorted((one for one in expected if one.rank is not None), key=lambda one: one.rank or 0)
    return found + sorted((one for one in expected if one.rank is None), key=lambda one: -one.judgement.grade)


def _missing_lines(evaluation: Evaluation, screen: Screen) -> list[str]:
    missing = evaluation.missing
    if not missing:
        return []
    lines = ["", *screen.heading(f"注意：{len(missing)} 項判斷在索引裡找不到，都算作沒有找到，分數因此偏低。")]
    for outcome, one in missing[:_SHOWN_MISSING]:
        said = f"{outcome.query.id}　{one.judgement.plan}　{_STATES[one.state]}："
        text = visible(one.judgement.text) or one.judgement.item or ""
        lines += screen.paragraph(f"{said}{screen.shorten(text, screen.columns)}", "  ")
    if len(missing) > _SHOWN_MISSING:
        lines += screen.paragraph(f"另有 {len(missing) - _SHOWN_MISSING} 項；加 -v 或 --format json 可看全部。", "  ")
    return lines


def _few_lines(queries: int, screen: Screen) -> list[str]:
    if queries >= FEW_QUERIES:
        return []
    return ["", *screen.paragraph(f"查詢只有 {queries} 個，太少：區間不可靠，也分不出差異是不是偶然。", "")]


def _table(screen: Screen, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(screen.width(cell) for cell in column) for column in zip(titles, *rows, strict=True)]
    return [
        "  ".join(cell + " " * (width - screen.width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (titles, *rows)
    ]


def _variant(evaluation: Evaluation) -> str:
    described = _in_words(evaluation.variant)
    return f"{described}，重排模型 {evaluation.reranker}" if evaluation.reranker else described


def _in_words(variant: Variant) -> str:
    modes = {"hybrid": "意思與字詞", "meaning": "只比意思", "words": "只比字詞"}
    return f"{variant.name}（{modes[variant.mode]}{'，不加字詞' if variant.exact else ''}）"


def _figure(value: float | None) -> str:
    return "－" if value is None else f"{value:.3f}"


def _interval(interval: Interval | None, sign: str = "") -> str:
    if interval is None:
        return "－"
    if interval.low == interval.high:
        # resampling equal values shows no spread, which is not the same as certainty
        return "每個查詢都一樣"
    return f"{interval.low:{sign}.3f} 到 {interval.high:{sign}.3f}"


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004  what three places can show


def _changes(comparison: Comparison) -> list[tuple[QueryOutcome, QueryOutcome]]:
    pairs = zip(comparison.first.outcomes, comparison.second.outcomes, strict=True)
    return sorted(pairs, key=lambda pair: pair[1].ndcg - pair[0].ndcg)


def _about(evaluation: Evaluation) -> Record:
    return {
        "mode": evaluation.variant.name,
        "model": evaluation.model,
        "reranker": evaluation.reranker,
        "judged": evaluation.judged,
        "missing": [{"id": outcome.query.id, **_expected_record(one)} for outcome, one in evaluation.missing],
        "measures": [_estimate_record(one) for one in evaluation.estimates],
    }


def _estimate_record(estimate: Estimate) -> Record:
    return {
        "measure": estimate.measure,
        "mean": _rounded(estimate.mean),
        **_interval_record(estimate.interval),
        "queries": estimate.queries,
    }


def _outcome_record(outcome: QueryOutcome) -> Record:
    return {
        "id": outcome.query.id,
        "query": outcome.query.query,
        "ndcg@10": _rounded(outcome.ndcg),
        "recall@20": _rounded(outcome.recall),
        "mrr": _rounded(outcome.reciprocal_rank),
        "answered": outcome.answered,
        "judged": len(outcome.expected),
        "not_found": sum(one.rank is None for one in outcome.expected),
        "expected": [_expected_record(one) for one in outcome.expected],
    }


def _expected_record(expected: Expected) -> Record:
    one = expected.judgement
    return {
        "plan": one.plan,
        "item": one.item,
        "text": one.text or None,
        "grade": one.grade,
        "rank": expected.rank,
        "state": expected.state,
        "location": expected.location,
    }


def _difference_record(difference: Difference) -> Record:
    return {
        "measure": difference.measure,
        "first": _rounded(difference.first),
        "second": _rounded(difference.second),
        "difference": _rounded(difference.mean),
        **_interval_record(difference.interval),
        "p": _rounded(difference.p),
        "beyond_chance": difference.beyond_chance,
        "conclusion": conclusion(difference),
        "queries": difference.queries,
        "better": difference.better,
        "worse": difference.worse,
    }


def _change_record(first: QueryOutcome, second: QueryOutcome) -> Record:
    return {
        "id": first.query.id,
        "query": first.query.query,
        "first": _rounded(first.ndcg),
        "second": _rounded(second.ndcg),
        "difference": _rounded(second.ndcg - first.ndcg),
    }


def _interval_record(interval: Interval | None) -> Record:
    return {
        "low": None if interval is None else _rounded(interval.low),
        "high": None if interval is None else _rounded(interval.high),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
