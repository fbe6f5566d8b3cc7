"""The best way to pair two lists of items one to one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment


def assign(scores: npt.NDArray[np.float64], floor: float) -> list[tuple[int, int]]:
    """Pair rows and columns one to one, so that the sum of the scores is the largest there is.

    Args:
        scores: ``(n_rows, n_columns)``, from 0 to 1.
        floor: least score of a pair; what comes to less stays alone.

    Returns:
        Row and column of each pair, by row.

    The assignment problem, solved by the modified Jonker-Volgenant algorithm (`scipy.optimize.linear_sum_assignment`).
    """
    # what may not be paired is worth nothing, so it takes no partner from a pair that counts
    worth = np.where(scores >= floor, scores, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if worth[row, column] > 0]
