"""Sums over the people who camp on each cell, and the way of a handset to the edge of a polygon.

Kernels get plain arrays, write into `out` (last) and raise nothing; `ew4all.coverage.targeting` and
`ew4all.coverage.geofence` are their only callers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

COLUMNS = 6
"""People inside, outside; km2 inside, outside; people inside, outside who are shown the alert."""

TIE = 1e-5
"""Probabilities (float32) that differ by less than this share are the same."""


@njit(nogil=True, cache=True)
def add_camping(cell, probability, weight, inside, outside, km2_inside, km2_outside, show, out):
    """Add what each cell serves inside and outside the area: people, square kilometres, people shown the alert.

    Parameters
    ----------
    cell : (k, rows, columns) int32
        Cells that serve a place; -1 is none.
    probability : (k, rows, columns) float32
        Probability that a phone there camps on the cell and decodes.
    weight
        Factor of all probabilities (the share of one member of an ensemble).
    inside, outside : (rows, columns) float64
        People inside and outside the area.
    km2_inside, km2_outside : (rows, columns) float64
        Square kilometres inside and outside.
    show : (2, rows, columns) float64, or (0, 0, 0)
        Share of the phones that show what they receive, inside and outside; empty: all of them.
    out : (cells, 6) float64
        Added to, see `COLUMNS`.
    """
    rows, columns = inside.shape
    filtered = show.shape[0] > 0
    for r in range(rows):
        for s in range(cell.shape[0]):
            for c in range(columns):
                k = cell[s, r, c]
                if k < 0:
                    continue
                p = weight * np.float64(probability[s, r, c])
                within, beyond = p * inside[r, c], p * outside[r, c]
                out[k, 0] += within
                out[k, 1] += beyond
                out[k, 2] += p * km2_inside[r, c]
                out[k, 3] += p * km2_outside[r, c]
                if filtered:
                    within *= show[0, r, c]
                    beyond *= show[1, r, c]
                out[k, 4] += within
                out[k, 5] += beyond


@njit(nogil=True, cache=True)
def mark_best(cell, probability, km2_inside, out):
    """Mark the cells, `out` of shape (cells,), that are the likeliest of some place in the area.

    Cells of one site and carrier without an azimuth are equally likely everywhere: all of them are marked.
    """
    rows, columns = km2_inside.shape
    for r in range(rows):
        for c in range(columns):
            if km2_inside[r, c] <= 0.0:
                continue
            highest = 0.0
            for s in range(cell.shape[0]):
                if cell[s, r, c] >= 0:
                    highest = max(highest, np.float64(probability[s, r, c]))
            if highest <= 0.0:
                continue
            for s in range(cell.shape[0]):
                if cell[s, r, c] >= 0 and probability[s, r, c] >= (1.0 - TIE) * highest:
                    out[cell[s, r, c]] = True


@njit(nogil=True, cache=True)
def add_share_on(cell, probability, weight, addressed, out):
    """Add the probability that a phone camps on one of the `addressed` cells to `out`, shape (rows, columns)."""
    for s in range(cell.shape[0]):
        for r in range(out.shape[0]):
            for c in range(out.shape[1]):
                k = cell[s, r, c]
                if k >= 0 and addressed[k]:
                    out[r, c] += weight * np.float64(probability[s, r, c])


@njit(nogil=True, cache=True)
def nearest_edge(start, end, metres, margin, out):
    """Lower `out` to the distance from the centre of each cell to the nearest of some edges.

    Parameters
    ----------
    start, end : (edges, 2) float64
        Column and row of the ends of each edge, counted from the corner of the first cell.
    metres : (rows, 4) float64
        For each row, metres eastward for a step of one column and of one row, and metres northward for the same.
    margin : (2,) float64
        Columns and rows within which distances are of interest.
    out : (rows, columns) float64
        Metres; beyond the margin it may stay as it is.
    """
    rows, columns = out.shape
    for k in range(start.shape[0]):
        x0, y0, x1, y1 = start[k, 0], start[k, 1], end[k, 0], end[k, 1]
        first_row = max(0, math.floor(min(y0, y1) - margin[1] - 0.5))
        last_row = min(rows, math.ceil(max(y0, y1) + margin[1] + 0.5))
        first = max(0, math.floor(min(x0, x1) - margin[0] - 0.5))
        last = min(columns, math.ceil(max(x0, x1) + margin[0] + 0.5))
        for r in range(first_row, last_row):
            ec, er, nc, nr = metres[r, 0], metres[r, 1], metres[r, 2], metres[r, 3]
            along_x = ec * (x1 - x0) + er * (y1 - y0)
            along_y = nc * (x1 - x0) + nr * (y1 - y0)
            length2 = along_x * along_x + along_y * along_y
            for c in range(first, last):
                dc, dr = c + 0.5 - x0, r + 0.5 - y0
                x, y = ec * dc + er * dr, nc * dc + nr * dr
                t = 0.0
                if length2 > 0.0:
                    t = min(1.0, max(0.0, (x * along_x + y * along_y) / length2))
                far = math.hypot(x - t * along_x, y - t * along_y)
                out[r, c] = min(out[r, c], far)


@njit(nogil=True, cache=True)
def shown(distance_m, fraction, parts, tolerance_m, error_m, inside, outside, out):
    """Mean probability that a handset with a fix shows an alert, for the parts of a cell inside and outside.

    Parameters
    ----------
    distance_m, fraction : (rows x parts, columns x parts) float64
        Distance to the nearest edge, and share inside the polygon, of each part of each cell.
    parts
        Parts along each side of a cell.
    tolerance_m, error_m
        Distance outside the polygon at which an alert is still shown; standard deviation of the fix.
    inside, outside
        Values where a cell has no such part.
    out : (2, rows, columns) float64
        Written.
    """
    rows, columns = out.shape[1], out.shape[2]
    for r in range(rows):
        for c in range(columns):
            within, beyond, shown_within, shown_beyond = 0.0, 0.0, 0.0, 0.0
            for i in range(r * parts, (r + 1) * parts):
                for j in range(c * parts, (c + 1) * parts):
                    f = min(1.0, max(0.0, fraction[i, j]))
                    x = -distance_m[i, j] if f > 0.5 else distance_m[i, j]
                    p = 0.5 * math.erfc((x - tolerance_m) / (error_m * math.sqrt(2.0)))
                    within += f
                    beyond += 1.0 - f
                    shown_within += f * p
                    shown_beyond += (1.0 - f) * p
            out[0, r, c] = shown_within / within if within > 0.0 else inside
            out[1, r, c] = shown_beyond / beyond if beyond > 0.0 else outside
