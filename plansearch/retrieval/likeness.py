"""Items as a question: more like these, less like those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from plansearch.errors import QueryError
from plansearch.index import PlanIndex
from plansearch.retrieval.question import Question
from plansearch.types import FloatMatrix

UNLIKE_WEIGHT: Final = 0.5
"""Weight of what the answer is not to be like, beside what it is to be like."""

SHOWN_IDS: Final = 5
"""How many ids an unclear one is answered with."""


def positions_of(index: PlanIndex, item_ids: Sequence[str]) -> list[int]:
    """Find items by their ids, each once.

    Args:
        index: where they are.
        item_ids: ``<plan>#<number>``; of the plan's name a part is enough that only one plan has.

    Raises:
        QueryError: there is no such item, or several.
    """
    return list(dict.fromkeys(_position_of(index, item_id) for item_id in item_ids))


def _position_of(index: PlanIndex, item_id: str) -> int:
    position = index.catalog.position(item_id)
    if position is not None:
        return position
    plan, mark, number = item_id.strip().rpartition("#")
    found = index.catalog.matching_ids(plan, number) if mark and plan else []
    if len(found) == 1:
        return found[0][1]
    if found:
        names = "、".join(name for name, _ in found[:SHOWN_IDS])
        raise QueryError(f"項目代號「{item_id}」符合 {len(found)} 項：{names}。請把檔名寫得完整一些。")
    raise QueryError(
        f"找不到代號是「{item_id}」的項目。代號寫在每一筆查詢結果的出處後面，"
        "例如 113_示範市東湖區公所.txt#27；檔名可以只寫一部分。"
    )


def question_like(index: PlanIndex, question: Question, liked: Sequence[int]) -> Question:
    """The question with the words of the items that the answer is to be like, each once; its text stays."""
    texts = index.catalog.texts(liked)
    tokens = [token for position in liked for token in index.tokenizer.tokens(texts[position])]
    content = [token for position in liked for token in index.tokenizer.inner_tokens(texts[position])]
    return replace(
        question,
        tokens=tuple(dict.fromkeys([*question.tokens, *tokens])),
        content=tuple(dict.fromkeys([*question.content, *content])),
        is_sentence=True,
    )


def vector_like(
    index: PlanIndex, asked: FloatMatrix | None, liked: Sequence[int], unliked: Sequence[int]
) -> FloatMatrix:
    """A question's vector, ``(1, dimension)``, made of what the answer is to be like and not to be like.

    The items are embedded as questions, so that the vector is on the scale of one.

    Args:
        index: where the items are.
        asked: the vector of the question itself, if there is one.
        liked: positions of items to be like.
        unliked: positions of items not to be like.
    """
    towards = _as_questions(index, liked)
    if asked is not None:
        towards = np.concatenate([asked, towards])
    vector = towards.mean(axis=0)
    if unliked:
        vector = vector - UNLIKE_WEIGHT * _as_questions(index, unliked).mean(axis=0)
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / (length or 1.0), dtype=np.float32)[np.newaxis, :]


def _as_questions(index: PlanIndex, positions: Sequence[int]) -> FloatMatrix:
    if not positions:
        return np.empty((0, index.manifest.dimension), dtype=np.float32)
    texts = index.catalog.texts(positions)
    return index.encoder.encode_queries([texts[position] for position in positions])
