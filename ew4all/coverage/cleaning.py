"""Cells without data in rasters of floats: found and replaced in one pass each.

What numpy does in six passes over a block is seen beside the decoding of a tile. Kernels get plain arrays and raise
nothing; `ew4all.readers.population` is their only caller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def are_people(stored: Any, huge: Any) -> bool:
    """Whether every value is 0 or more and below `huge`: NaN and what is negative or infinite are not.

    It ends with the first row that holds another one: most tiles with cells without data show it early.
    """
    for row in range(stored.shape[0]):
        line = stored[row]
        found = 0
        for j in range(line.size):
            found += (line[j] >= 0) & (line[j] < huge)
        if found < line.size:
            return False
    return True


@njit(nogil=True, cache=True)
def fill_missing(values: Any, low: Any, high: Any, huge: Any) -> tuple[int, int]:
    """Replace NaN and `low`..`high`, which mark cells without data, by 0.

    In place: with a second array for the result the loop would be compiled for arrays that overlap, three times slower.

    Returns
    -------
    cells with data, cells of them that are negative or not below `huge`
    """
    valid, wrong = 0, 0
    for row in range(values.shape[0]):
        line = values[row]
        for j in range(line.size):
            v = line[j]
            missing = np.isnan(v) | ((v >= low) & (v <= high))
            kept = values.dtype.type(0) if missing else v
            line[j] = kept
            valid += not missing
            wrong += not ((kept >= 0) & (kept < huge))
    return valid, wrong
