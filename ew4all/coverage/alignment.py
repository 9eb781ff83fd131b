"""Bring the cells of a layer to cells of another size: the share of each target cell that is covered.

Both grids have rows and columns along the same axes, so that the overlap of two cells is a product
of an overlap of rows and an overlap of columns. Kernels get plain arrays, write into `out` and raise
nothing; `ew4all.readers.alignment` is their only caller.
"""

from __future__ import annotations

import math

from numba import njit


@njit(nogil=True, cache=True)
def add_area_share(values, row_edges, col_edges, line, out):
    """Add, for each target cell, the sum of `values` weighted by the share of the cell they fill.

    Parameters
    ----------
    values
        Share covered of each cell of the layer, shape (h, w); nothing is covered beyond it.
    row_edges, col_edges
        Edges of the target cells in rows and columns of `values`, ascending, shapes (m + 1,) and
        (n + 1,).
    line
        Room for one row, float64, shape (w,).
    out
        Float64, shape (m, n), contiguous: one layout, one compilation for each type of `values`.
    """
    height, width = values.shape
    for i in range(out.shape[0]):
        top, bottom = row_edges[i], row_edges[i + 1]
        first, last = max(0, math.floor(top)), min(height, math.ceil(bottom))
        if last <= first:
            continue
        line[:] = 0.0
        for r in range(first, last):
            weight = (min(bottom, r + 1.0) - max(top, float(r))) / (bottom - top)
            row = values[r]
            for c in range(width):
                line[c] += weight * row[c]
        target = out[i]
        for j in range(target.size):
            left, right = col_edges[j], col_edges[j + 1]
            begin, end = max(0, math.floor(left)), min(width, math.ceil(right))
            total = 0.0
            for c in range(begin, end):
                total += (min(right, c + 1.0) - max(left, float(c))) * line[c]
            target[j] += total / (right - left)
