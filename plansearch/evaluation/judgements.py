"""Judged queries: a file of JSON lines, each a query with the items that answer it.

::

    {"id": "q1", "query": "無障礙設施", "relevant": [
        {"plan": "113_示範市東湖區公所.txt", "text": "設置無障礙坡道。", "grade": 2},
        {"item": "113_示範市東湖區公所.txt#7", "grade": 1}]}

Grade 2 answers the query, 1 answers a part of it, 0 does not answer it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plansearch.errors import JudgementError, reason_of

ANSWERS: Final = 2
"""The grade of an item that answers a query."""
GRADES: Final = (0, 1, ANSWERS)

_SHAPE: Final = (
    '每一行要是 {"id": "q1", "query": "無障礙設施", "relevant": [{"plan": "計畫檔名", "text": "措施文字", "grade": 2}]}'
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well one item answers a query. The item is named by its id, or by its plan and text."""

    plan: str
    text: str
    """Empty where the item is named by its id."""
    grade: int
    item: str | None = None
    """``<plan>#<number>``."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query and the items that were judged for it."""

    id: str
    query: str
    judgements: tuple[Judgement, ...]
    place: str = ""
    """File and line, for messages."""

    @property
    def grades(self) -> tuple[int, ...]:
        """The grades of all judged items."""
        return tuple(one.grade for one in self.judgements)


def read_judged_queries(path: Path) -> tuple[JudgedQuery, ...]:
    """Read a file of judged queries.

    Raises:
        JudgementError: it can't be read, or a line of it is wrong.
    """
    first_line: dict[str, str] = {}
    queries = []
    for place, line in _lines(path):
        query = _query(line, place)
        if query.id in first_line:
            raise JudgementError(f"{place}：代號「{query.id}」和 {first_line[query.id]} 重複。請改成不同的代號。")
        first_line[query.id] = place
        queries.append(query)
    if not queries:
        raise JudgementError(f"{path} 裡沒有任何查詢。{_SHAPE}。")
    return tuple(queries)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Every line that is not blank, with its place."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JudgementError(f"{path} 不是 UTF-8 文字檔。請用編輯器另存成 UTF-8。") from error
    except FileNotFoundError as error:
        raise JudgementError(f"找不到評測用的查詢檔 {path}。請確認檔名與路徑。") from error
    except OSError as error:
        raise JudgementError(f"無法讀取 {path}：{reason_of(error)}。請確認它是檔案，而且可以讀取。") from error
    # only line feeds end a line of JSON: other separators may stand inside of a text
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{path} 第 {number} 行", line


def _query(line: str, place: str) -> JudgedQuery:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise JudgementError(f"{place}：不是正確的 JSON（{error}）。{_SHAPE}。") from error
    if not isinstance(given, dict):
        raise JudgementError(f"{place}：不是一個 JSON 物件。{_SHAPE}。")
    query, relevant = given.get("query"), given.get("relevant")
    if not isinstance(query, str) or not any(character.isalnum() for character in query):
        raise JudgementError(f"{place}：「query」要是有文字的查詢。{_SHAPE}。")
    if not isinstance(relevant, list):
        raise JudgementError(f"{place}：「relevant」要是判斷過的項目的清單。{_SHAPE}。")
    judgements = tuple(_judgement(one, f"{place}的第 {nth} 項") for nth, one in enumerate(relevant, start=1))
    if not any(one.grade for one in judgements):
        raise JudgementError(
            f"{place}：查詢「{query}」沒有任何 1 分或 2 分的項目，無法評分。請補上相關的項目，或刪去這一行。"
        )
    return JudgedQuery(_name(given, place), query, judgements, place)


def _name(given: Mapping[str, object], place: str) -> str:
    name = given.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
        raise JudgementError(f"{place}：「id」要是查詢的代號，例如 q1。{_SHAPE}。")
    return str(name).strip()


def _judgement(given: object, place: str) -> Judgement:
    if not isinstance(given, dict):
        raise JudgementError(f"{place}：不是一個 JSON 物件。{_SHAPE}。")
    grade = given.get("grade")
    if isinstance(grade, bool) or not isinstance(grade, int) or grade not in GRADES:
        raise JudgementError(f"{place}：「grade」要是 2（回答了查詢）、1（部分回答）或 0（無關），不能是 {grade!r}。")
    item = given.get("item")
    if item is not None:
        plan, hash_mark, number = str(item).rpartition("#")
        if not (plan and hash_mark and number.isascii() and number.isdecimal()):
            raise JudgementError(f"{place}：「item」要是「計畫檔名#第幾項」，例如 計畫.txt#3，不能是 {item!r}。")
        return Judgement(plan, "", grade, str(item))
    named, text = given.get("plan"), given.get("text")
    if not isinstance(named, str) or not named.strip():
        raise JudgementError(
            f"{place}：要有「plan」（計畫檔名）和「text」（措施文字），或有「item」（計畫檔名#第幾項）。"
        )
    if not isinstance(text, str) or not any(character.isalnum() for character in text):
        raise JudgementError(f'{place}：「text」要是措施的文字；用項目代號請寫 {{"item": "計畫檔名#第幾項"}}。')
    return Judgement(named, text, grade)
