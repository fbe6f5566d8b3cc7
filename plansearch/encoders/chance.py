"""How near a text comes to a question by chance: where being near begins to mean something.

Every model has its own scale; with the bundled one even unrelated texts have a cosine of 0.8.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from plansearch.types import Encoder, FloatMatrix

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
"""Questions that no service plan answers: how near items come to them tells how near is not near enough."""

DEVIATIONS: Final = 3.5
"""How many deviations above the probes' typical best similarity the floor stands: the usual bound of an outlier
(Iglewicz and Hoaglin 1993). On real plans and with the bundled model that is 0.87; questions that some item answers
in other words come to 0.87 to 0.93."""

MAD_TO_DEVIATION: Final = 1.4826
"""A normal distribution's standard deviation is this many times its median absolute deviation."""


def similarity_by_chance(encoder: Encoder, vectors: FloatMatrix) -> float:
    """Find the similarity that items don't reach with questions off all subjects.

    Median and median absolute deviation are used, lest one probe be on a subject of some plan after all.

    Args:
        encoder: the model.
        vectors: of all items, ``(n_texts, dimension)``; at least one.
    """
    best = (encoder.encode_queries(PROBES) @ vectors.T).max(axis=1)
    typical = float(np.median(best))
    deviation = MAD_TO_DEVIATION * float(np.median(np.abs(best - typical)))
    return typical + DEVIATIONS * deviation
