"""What a document about an answer has to say beside its table: how it was made, and what it can't show."""

from __future__ import annotations

from collections.abc import Sequence

from plansearch.report.search_view import MODES, filters_in_words
from plansearch.results import SearchResult
from plansearch.types import SkippedFile


def search_made(result: SearchResult) -> tuple[tuple[str, str], ...]:
    """How a query was answered: labels and values."""
    made = [("查詢", result.query)] if result.query.strip() else []
    made += [("像", one.location) for one in result.liked] + [("不像", one.location) for one in result.unliked]
    made.append(("範圍", f"{result.searched} 項"))
    if result.filters:
        made.append(("篩選", filters_in_words(result.filters)))
    made.append(("比對", MODES[result.mode]))
    if result.added:
        made.append(("加入的說法", "；".join(f"{one.word} → {'、'.join(one.terms)}" for one in result.added)))
    if result.mode != "words":
        made.append(("模型", result.model))
    if result.reranker:
        made.append(("重排", result.reranker))
    return tuple(made)


def search_notes(result: SearchResult) -> tuple[str, ...]:
    """What a reader of the answer has to know: words that no plan has, and plans that lost text."""
    unknown = (f"所有計畫裡都沒有這些詞：{'、'.join(result.unknown)}。",) if result.unknown else ()
    plans = list(dict.fromkeys(caveat.plan for caveat in result.caveats))
    lost = (f"以下計畫的原文有缺漏，沒有找到不代表沒有辦理，請對照原檔：{'、'.join(plans)}。",) if plans else ()
    return (*unknown, *lost)


def skipped_notes(skipped: Sequence[SkippedFile]) -> tuple[str, ...]:
    """Which files are not in an index, and why."""
    if not skipped:
        return ()
    files = "；".join(f"{file.name}（{file.reason.rstrip('。')}）" for file in skipped)
    return (f"有 {len(skipped)} 個檔案沒有收入，內容不在索引裡：{files}。",)
