"""Bring the cells of a layer to cells of another size: the share of each target cell that is covered.

Where both grids have rows and columns along the same axes the overlap of two cells is a product of
an overlap of rows and an overlap of columns, and the share is exact. Elsewhere the layer is looked up
at places spread evenly over the target cell. Kernels get plain arrays, write into `out` and raise
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


@njit(nogil=True, cache=True)
def add_sampled_share(values, rows, cols, samples, out):
    """Add, for each target cell, the mean of `values` at `samples` x `samples` places in it.

    Parameters
    ----------
    values
        Share covered of each cell of the layer, shape (h, w); nothing is covered beyond it.
    rows, cols
        Corners of the target cells in rows and columns of `values`, shapes (m + 1, n + 1); a cell
        with a corner that is NaN is left as it is.
    samples
        Places along each side of a cell.
    out
        Float64, shape (m, n).
    """
    height, width = values.shape
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            r00, r01, r10, r11 = rows[i, j], rows[i, j + 1], rows[i + 1, j], rows[i + 1, j + 1]
            c00, c01, c10, c11 = cols[i, j], cols[i, j + 1], cols[i + 1, j], cols[i + 1, j + 1]
            top, bottom = min(r00, r01, r10, r11), max(r00, r01, r10, r11)
            left, right = min(c00, c01, c10, c11), max(c00, c01, c10, c11)
            if not (top < height and bottom > 0.0 and left < width and right > 0.0):
                continue
            if top >= 0.0 and bottom <= height and left >= 0.0 and right <= width:
                # Most cells lie where the layer does not change: then nothing is sampled.
                first_r, last_r = math.floor(top), math.ceil(bottom)
                first_c, last_c = math.floor(left), math.ceil(right)
                value = values[first_r, first_c]
                even = True
                for r in range(first_r, last_r):
                    for c in range(first_c, last_c):
                        even &= values[r, c] == value
                    if not even:
                        break
                if even:
                    out[i, j] += value
                    continue
            total = 0.0
            for p in range(samples):
                v = (p + 0.5) / samples
                left_r, right_r = r00 + v * (r10 - r00), r01 + v * (r11 - r01)
                left_c, right_c = c00 + v * (c10 - c00), c01 + v * (c11 - c01)
                for q in range(samples):
                    u = (q + 0.5) / samples
                    r = math.floor(left_r + u * (right_r - left_r))
                    c = math.floor(left_c + u * (right_c - left_c))
                    if 0 <= r < height and 0 <= c < width:
                        total += values[r, c]
            out[i, j] += total / (samples * samples)
