"""What plans are like in general, from which the yardstick of an index is made.

It is made of the frameworks' own texts and of questions that no plan answers, so it is the same for every
index of one program version and one model. Measured against it, how well an item answers a question does
not depend on which other plans are in the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from plansearch.frameworks import bundled_frameworks
from plansearch.text import Tokenizer
from plansearch.types import Encoder, FloatMatrix
from plansearch.yardstick import Chance, WordStatistics

PROBES: Final = (
    "量子力學",
    "披薩食譜",
    "股票投資建議",
    "太空梭發射",
    "恐龍化石",
    "足球比賽結果",
    "狗的品種",
    "高鐵票價",
    "葡萄酒釀造",
    "手機遊戲攻略",
    "鋼琴樂譜",
    "火山爆發",
    "電影影評",
    "英文文法",
    "星座運勢",
    "汽車引擎維修",
)
"""Questions that no service plan answers: how near measures come to them is how near they come by chance."""


def common_texts() -> tuple[str, ...]:
    """Titles, descriptions and example measures of all requirements, each text once."""
    texts = (
        text
        for framework in bundled_frameworks()
        for requirement in framework.requirements
        for text in (requirement.title, requirement.description, *requirement.examples)
    )
    return tuple(dict.fromkeys(texts))


def example_measures() -> tuple[str, ...]:
    """One example measure of each requirement: what plans say, whatever plans there are."""
    examples = (
        requirement.examples[0]
        for framework in bundled_frameworks()
        for requirement in framework.requirements
        if requirement.examples
    )
    return tuple(dict.fromkeys(examples))


def word_statistics(tokenizer: Tokenizer) -> WordStatistics:
    """In how many of `common_texts` each token stands."""
    texts = common_texts()
    return WordStatistics(len(texts), Counter(token for text in texts for token in set(tokenizer.tokens(text))))


def similarity_by_chance(encoder: Encoder, measures: FloatMatrix, probes: Sequence[str] = PROBES) -> Chance:
    """Measure how similar a model finds measures and questions that have nothing to do with each other.

    Args:
        encoder: the model.
        measures: vectors of `example_measures`, ``(n_texts, dimension)``.
        probes: the questions.
    """
    similarities = encoder.encode_queries(probes) @ measures.T
    return Chance(float(np.mean(similarities)), float(np.std(similarities)))


def similarity_between(measures: FloatMatrix) -> Chance:
    """Measure how similar a model finds measures that are not the same.

    Args:
        measures: vectors of `example_measures`, ``(n_texts, dimension)``, of which no two answer one requirement.
    """
    similarities = (measures @ measures.T)[np.triu_indices(len(measures), k=1)]
    return Chance(float(np.mean(similarities)), float(np.std(similarities)))
