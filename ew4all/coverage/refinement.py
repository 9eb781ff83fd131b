"""People of coarse cells placed in fine ones in proportion to weights, so that each coarse cell keeps its count.

Kernels get plain arrays, write into `out` and raise nothing; `ew4all.readers.refine` is their only caller. A coarse
cell is a rectangle of whole fine cells.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True)
def add_up(weights: Any, out: Any) -> None:
    """Write the sum of the weights in each coarse cell.

    Parameters
    ----------
    weights : (m * h, n * w) float32
        0 or more.
    out : (m, n) float64
    """
    h, w = weights.shape[0] // out.shape[0], weights.shape[1] // out.shape[1]
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            total = 0.0
            for r in range(i * h, (i + 1) * h):
                line = weights[r, j * w : (j + 1) * w]
                for c in range(w):
                    total += float(line[c])
            out[i, j] = total


@njit(nogil=True, cache=True)
def place(people: Any, weights: Any, total: Any, out: Any) -> None:
    """Write the people of each fine cell; where a coarse cell has no weight at all they are spread evenly.

    Parameters
    ----------
    people : (m, n)
        Of each coarse cell.
    weights : (m * h, n * w) float32
    total : (m, n) float64
        From `add_up`.
    out : (m * h, n * w) float64
    """
    h, w = weights.shape[0] // people.shape[0], weights.shape[1] // people.shape[1]
    for i in range(people.shape[0]):
        for j in range(people.shape[1]):
            here, sum_weight = float(people[i, j]), total[i, j]
            for r in range(i * h, (i + 1) * h):
                line, target = weights[r, j * w : (j + 1) * w], out[r, j * w : (j + 1) * w]
                if sum_weight > 0.0:
                    each = here / sum_weight
                    for c in range(w):
                        target[c] = each * float(line[c])
                else:
                    target[:] = here / (h * w)
