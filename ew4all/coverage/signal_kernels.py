"""The numba core of a coverage map: the strongest cells of every pixel, by tables over the squared distance.

How it works
------------
A pixel's loss depends on the class of the cell (frequency, height, tilt), on the pixel's environment and on the distance.
It is looked up in a table over the *squared* distance, so that no root and no logarithm is taken. The place in the table is
the upper part of the bits of the squared distance as a float32: steps of equal ratio, `1 << BITS` an octave. Half a step is
0.1 % of the distance, 0.03 dB at the steepest loss there is (40 dB a decade); levels are kept in 1/128 dB.

Level and cell travel in one int32 key, the level in its upper 16 bits and 65535 - cell in its lower, so that the better of two
servers is the larger of two integers: ties go to the first cell, and the order in which cells are taken does not matter.

Each row of a cell is done in passes of one simple loop each, which is what lets the compiler use vectors: numba cannot tell it
that arrays do not overlap, and one loop that does everything runs at a quarter of the speed (measured).

Places are in pixels of the grid: column and row of a pixel's corner, its centre half a pixel on. Kernels raise nothing; their
caller is `ew4all.coverage.network`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from ew4all.coverage.propagation.loss_kernels import free_space_db, median_loss_db

__all__ = [
    "BITS",
    "DIRECTIONS",
    "MOST_CELLS",
    "NOBODY",
    "RADIALS",
    "STEPS",
    "UNITS_PER_DB",
    "decode",
    "edges_of",
    "fill_losses",
    "servers",
    "span",
]

BITS = 8
OCTAVES = 34
STEPS = OCTAVES << BITS
"""Entries of a table: squared distances from 1 m2 to 2^34 m2 (131 km)."""

SHIFT = 23 - BITS
FIRST = 127 << BITS

UNITS_PER_DB = 128
DIRECTIONS = 256
"""Entries of a horizontal pattern for a quarter of the compass, see `_direction_pass`."""

RADIAL_SHIFT = 1
RADIALS = 4 * DIRECTIONS >> RADIAL_SHIFT
"""Rays along which terrain is swept: 0.45 to 0.9 degrees apart, at most 550 m at 35 km."""

MOST_CELLS = 65535
NOBODY = -(2**31)
"""The key of no cell."""


@njit(nogil=True, cache=True)
def edges_of(metric_row, metric_step, metric, row, cell_row):
    """Return the metric between a cell and a row of pixels: a, shift, b.

    The square of a distance is ``a * (columns + shift * rows)**2 + b * rows**2``, where `metric` is taken in the middle of
    both places: for longitudes and latitudes that is the middle-latitude formula.
    """
    at = (0.5 * (row + 0.5 + cell_row) - metric_row) / metric_step
    k = min(max(int(at), 0), metric.shape[1] - 2)
    w = at - k
    e = metric[0, k] + w * (metric[0, k + 1] - metric[0, k])
    f = metric[1, k] + w * (metric[1, k + 1] - metric[1, k])
    g = metric[2, k] + w * (metric[2, k + 1] - metric[2, k])
    return e, f / e, g - f * f / e


@njit(nogil=True, cache=True)
def span(a, shift, b, reach_2, down, cell_column, first_column, end_column):
    """Return the pixels of a row within reach (first, end), the column of least distance, and the square of that distance."""
    y_2 = b * down * down
    middle = cell_column - shift * down
    if y_2 > reach_2:
        return first_column, first_column, middle, y_2
    half = math.sqrt((reach_2 - y_2) / a)
    first = max(first_column, int(math.ceil(max(middle - half, first_column - 1.0) - 0.5)))
    end = min(end_column, int(math.floor(min(middle + half, end_column + 1.0) - 0.5)) + 1)
    return first, max(first, end), middle, y_2


@njit(nogil=True, cache=True)
def _step_pass(a, whole, part, y_2, out):
    """Put the place in a table of each pixel into `out`; `whole` + `part` is the column of least distance."""
    for c in range(out.size):
        x = np.float32(np.int32(c) - np.int32(whole)) - part
        d_2 = np.float32(a * x * x + y_2)
        d_2 = d_2 if d_2 > np.float32(1.0) else np.float32(1.0)
        out[c] = (np.float32(d_2).view(np.int32) >> np.int32(SHIFT)) - np.int32(FIRST)


@njit(nogil=True, cache=True)
def _direction_pass(side, whole, part, up, out):
    """Put the direction of each pixel into `out`.

    Directions are counted along a square instead of a circle, one division each: ``1 - x/s`` above the cell and ``3 + x/s``
    below, with ``s = |x| + |y|``; 0..4 in mathematical sense from the direction of the columns.
    """
    high = abs(up)
    sign = np.float32(-1.0) if up >= 0.0 else np.float32(1.0)
    begin = np.float32(1.0) if up >= 0.0 else np.float32(3.0)
    for c in range(out.size):
        x = (np.float32(np.int32(c) - np.int32(whole)) - part) * side
        s = abs(x) + high
        s = s if s > np.float32(1e-3) else np.float32(1e-3)
        p = (begin + sign * (x / s)) * np.float32(DIRECTIONS)
        out[c] = np.int32(min(max(p, np.float32(0.0)), np.float32(4 * DIRECTIONS - 1)))


@njit(nogil=True, cache=True)
def _environment_pass(environment, step, out):
    """Add the part of the table for each pixel's environment to its place."""
    for c in range(out.size):
        out[c] = step[c] + np.int32(environment[c]) * np.int32(STEPS)


@njit(nogil=True, cache=True)
def _loss_pass(offset, loss, place, out):
    """Key of each pixel for one cell."""
    for c in range(out.size):
        out[c] = offset - loss[np.uint64(np.uint32(place[c]))]


@njit(nogil=True, cache=True)
def _terrain_pass(offset, over, place, polar, sample, samples, direction, step, out):
    """Lower the keys where free space, clutter and terrain together lose more."""
    for c in range(out.size):
        ray = np.uint64(np.uint32(direction[c] >> np.int32(RADIAL_SHIFT)))
        at = ray * np.uint64(samples) + np.uint64(np.uint32(sample[np.uint64(np.uint32(step[c]))]))
        other = (
            offset - over[np.uint64(np.uint32(place[c]))] - (np.int32(polar[at]) << np.int32(16))
        )
        out[c] = other if other < out[c] else out[c]


@njit(nogil=True, cache=True)
def _pattern_pass(across, upright, floor, direction, step, out):
    """Take the antenna's loss off the keys: across and upright together, never more than `floor`."""
    for c in range(out.size):
        both = across[np.uint64(np.uint32(direction[c]))] + upright[np.uint64(np.uint32(step[c]))]
        out[c] -= both if both < floor else floor


@njit(nogil=True, cache=True)
def _sift_pass(passing, kept):
    """Keep the larger key, pass the smaller on."""
    for c in range(passing.size):
        new = passing[c]
        old = kept[c]
        kept[c] = new if new > old else old
        passing[c] = old if new > old else new


@njit(nogil=True, cache=True)
def _keep_pass(passing, kept):
    """Keep the larger key."""
    for c in range(passing.size):
        new = passing[c]
        old = kept[c]
        kept[c] = new if new > old else old


@njit(nogil=True, cache=True)
def servers(
    row0, col0, cell_column, cell_row, reach_2, offset, table, pattern, frame, metric_row, metric_step, metric,
    loss, upright, across, floor, up, environment, over, polar, polar_of, sample, out,
):  # fmt: skip
    """Sift cells into the strongest of every pixel of a block.

    The numbers that a pixel gets depend on its place in the grid and not on the block: columns are counted from the grid's
    first, and a place is split into whole columns and a rest before it is rounded to single precision.

    Parameters
    ----------
    row0, col0 : int
        First row and column of the block.
    cell_column, cell_row : (cells,) float64
        Places of the cells in pixels of the grid; at most `MOST_CELLS`.
    reach_2 : (cells,) float64
        Square of the distance up to which a cell is considered, m2.
    offset : (cells,) int32
        Key of a cell where its loss is 0.
    table, pattern, frame : (cells,) int32
        Row of `loss`, `over` and `upright`, of `across`, and of `metric`; pattern -1: the same in all directions.
    metric_row, metric_step : float
        Row of the grid where the first column of `metric` holds, and rows from one column to the next.
    metric : (frames, 3, nodes) float64
        Squares and product of the sides of a pixel, m2: along the row, mixed, along the column.
    loss : (tables, 3 * STEPS) int32
        Loss by environment and squared distance, 1/128 dB in the upper 16 bits; for pattern -1 with that of `upright`.
    upright : (tables, STEPS) int32
        Loss of the antenna by elevation, likewise.
    across : (patterns, 4 * DIRECTIONS) int32
        Loss of the antenna by direction, likewise.
    floor : int
        Most that `upright` and `across` take away together.
    up : float
        1 where rows run downward on a map, -1 where upward.
    environment : (rows, columns) uint8
        0 open, 1 suburban, 2 urban.
    over : (tables, 3 * STEPS) int32
        Loss in free space with clutter, likewise; read only for cells with terrain.
    polar : (profiles, RADIALS * samples) int16
        Loss by terrain over free space, 1/128 dB, along rays from a cell.
    polar_of : (cells,) int32
        Row of `polar`; -1: without terrain.
    sample : (STEPS,) int32
        Place along a ray for each entry of a table.
    out : (rows, servers, columns) int32
        Keys, the strongest first; `NOBODY` to begin with.
    """
    rows, best, columns = out.shape
    samples = polar.shape[1] // RADIALS
    all_step = np.empty(columns, np.int32)
    all_place = np.empty(columns, np.int32)
    all_direction = np.empty(columns, np.int32)
    all_key = np.empty(columns, np.int32)
    for row in range(rows):
        for k in range(cell_column.size):
            a, shift, b = edges_of(
                metric_row, metric_step, metric[frame[k]], row0 + row, cell_row[k]
            )
            down = (row0 + row + 0.5) - cell_row[k]
            first, end, middle, y_2 = span(
                a, shift, b, reach_2[k], down, cell_column[k], col0, col0 + columns
            )
            if end <= first:
                continue
            below = math.floor(middle - 0.5)
            whole = int(below) - first
            part = np.float32(middle - 0.5 - below)
            # Loops over whole views: a loop from `first` on is not done in vectors, as its places might be negative.
            size = end - first
            first -= col0
            step, place, key = all_step[:size], all_place[:size], all_key[:size]
            direction = all_direction[:size]
            _step_pass(np.float32(a), whole, part, np.float32(y_2), step)
            _environment_pass(environment[row, first : first + size], step, place)
            _loss_pass(offset[k], loss[table[k]], place, key)
            if pattern[k] >= 0 or polar_of[k] >= 0:
                high = np.float32(-up * down * math.sqrt(b))
                _direction_pass(np.float32(math.sqrt(a)), whole, part, high, direction)
            if polar_of[k] >= 0:
                _terrain_pass(
                    offset[k], over[table[k]], place, polar[polar_of[k]], sample, samples, direction, step, key
                )  # fmt: skip
            if pattern[k] >= 0:
                _pattern_pass(across[pattern[k]], upright[table[k]], floor, direction, step, key)
            for s in range(best - 1):
                _sift_pass(key, out[row, s, first : first + size])
            _keep_pass(key, out[row, best - 1, first : first + size])


@njit(nogil=True, cache=True)
def fill_losses(f_mhz, hb_m, hm_m, distance, used, out, free):
    """Put the median loss by environment and distance into `out`, and that in free space into `free`.

    Parameters
    ----------
    f_mhz, hb_m, hm_m : float
        Frequency, and heights of the antennas above ground.
    distance : (STEPS,) float64
        Metres.
    used : int
        Entries beyond are not read by anybody and hold the last loss.
    out, free : (3, STEPS) and (STEPS,) float64
        Decibels.
    """
    dh = hb_m - hm_m
    last = min(used, distance.size) - 1
    for k in range(distance.size):
        d = distance[min(k, last)]
        free[k] = free_space_db(f_mhz, math.sqrt(d * d + dh * dh) / 1000.0)
        for e in range(3):
            out[e, k] = median_loss_db(f_mhz, d, hb_m, hm_m, e) if k <= last else out[e, last]


@njit(nogil=True, cache=True)
def decode(keys, numbers, level_dbm, cell):
    """Take keys apart.

    Parameters
    ----------
    keys : (rows, servers, columns) int32
    numbers : (cells,) int32
        Number of each cell of the block among all cells.
    level_dbm, cell : (servers, rows, columns) float32 and int32
        NaN and -1 where there is no server.
    """
    rows, best, columns = keys.shape
    for s in range(best):
        for row in range(rows):
            for c in range(columns):
                key = keys[row, s, c]
                if key == NOBODY:
                    level_dbm[s, row, c] = np.nan
                    cell[s, row, c] = -1
                else:
                    level_dbm[s, row, c] = np.float32(key >> 16) / np.float32(UNITS_PER_DB)
                    cell[s, row, c] = numbers[MOST_CELLS - (key & 0xFFFF)]
