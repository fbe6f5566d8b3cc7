"""What each threshold finds of judged pairs and what it misses, so that people can choose one knowingly.

Printed by ``benchmarks/calibrate_pairs.py`` from 711 judged pairs of measures, of real plans and of the sample plans.
Most were chosen because they look alike, so among all pairs of an index fewer of those found are right.
"""

from __future__ import annotations

from typing import Final

from plansearch.findings import TradeOff

JUDGED_PAIRS: Final = 711

COPY_TRADE: Final = (
    TradeOff(0.2, 100, 89, 1),
    TradeOff(0.3, 93, 87, 3),
    TradeOff(0.35, 91, 87, 3),
    TradeOff(0.4, 91, 87, 3),
    TradeOff(0.5, 88, 86, 4),
    TradeOff(0.6, 87, 86, 4),
    TradeOff(0.7, 83, 82, 8),
    TradeOff(0.8, 80, 79, 11),
    TradeOff(0.9, 77, 77, 13),
)
"""Of 90 judged copies."""

SAME_TRADE: Final = (
    TradeOff(0.3, 290, 212, 33),
    TradeOff(0.4, 259, 203, 42),
    TradeOff(0.5, 237, 200, 45),
    TradeOff(0.6, 201, 180, 65),
    TradeOff(0.7, 176, 159, 86),
    TradeOff(0.8, 149, 141, 104),
    TradeOff(0.9, 117, 114, 131),
)
"""Of 245 judged copies and equal measures."""
