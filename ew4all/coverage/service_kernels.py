"""From levels to probabilities, pixel by pixel.

Probabilities come from curves over the margin (`ew4all.coverage.reception.reception_curve`), one for all places outdoors
and one for each frequency indoors. The shadowing of all cells at a place is taken as one deviation: a place that is bad for
the best cell of a layer is as bad for the best cell of the next, so that a lower layer adds only what it exceeds the layers
above by, and no diversity is invented. Kernels raise nothing; their caller is `ew4all.coverage.network`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

__all__ = ["camp", "service"]


@njit(nogil=True, cache=True)
def _read(curve, first, step, margin):
    """Read a curve, straight between its points; 0 and its last value beyond them."""
    at = (margin - first) / step
    if not at > 0.0:
        return 0.0
    k = int(at)
    if k >= curve.size - 1:
        return curve[curve.size - 1]
    return curve[k] + (at - k) * (curve[k + 1] - curve[k])


@njit(nogil=True, cache=True)
def service(level_dbm, cell, need_dbm, curves, curve_of, first, step, out):
    """Probability that the best server of each pixel can be decoded.

    Parameters
    ----------
    level_dbm, cell : (rows, columns)
        Best server; NaN and -1 for none.
    need_dbm : float
        Level at which half of the places decode.
    curves : (curves, points) float64
        Probabilities over the margin, from `first` in steps of `step`.
    curve_of : (cells,) int64
        Curve of each cell.
    out : (rows, columns) float32
        0 where there is no server.
    """
    rows, columns = level_dbm.shape
    for row in range(rows):
        for c in range(columns):
            k = cell[row, c]
            out[row, c] = (
                0.0
                if k < 0
                else _read(curves[curve_of[k]], first, step, level_dbm[row, c] - need_dbm)
            )


@njit(nogil=True, cache=True)
def camp(
    level_dbm, cell, decodes_dbm, camps_dbm, curves, curve_of, indoor_share, choice_db, first, step, out
):  # fmt: skip
    """Probability to camp on each of the strongest cells and to decode it, layer by layer.

    Parameters
    ----------
    level_dbm, cell : (layers, servers, rows, columns)
        Strongest cells of each layer, the layer of highest priority first; NaN and -1 for none.
    decodes_dbm, camps_dbm : (layers,) float64
        Levels at which half of the places camp and decode, and camp at all.
    curves : (1 + curves, points) float64
        Outdoors in the first row, indoors in the others.
    curve_of : (cells,) int64
        Indoor curve of each cell.
    indoor_share : float
        Of people.
    choice_db : float
        Scale of the choice between cells of one layer.
    out : (layers, servers, rows, columns) float32
    """
    layers, servers, rows, columns = level_dbm.shape
    weight = np.empty(servers)
    for row in range(rows):
        for c in range(columns):
            taken_out = 0.0
            taken_in = 0.0
            for t in range(layers):
                best = cell[t, 0, row, c]
                if best < 0:
                    for s in range(servers):
                        out[t, s, row, c] = 0.0
                    continue
                level = level_dbm[t, 0, row, c]
                inside = curves[curve_of[best]]
                got_out = _read(curves[0], first, step, level - decodes_dbm[t])
                got_in = _read(inside, first, step, level - decodes_dbm[t])
                got = (1.0 - indoor_share) * max(0.0, got_out - taken_out)
                got += indoor_share * max(0.0, got_in - taken_in)
                taken_out = max(taken_out, _read(curves[0], first, step, level - camps_dbm[t]))
                taken_in = max(taken_in, _read(inside, first, step, level - camps_dbm[t]))
                total = 0.0
                for s in range(servers):
                    w = 0.0
                    if cell[t, s, row, c] >= 0:
                        w = math.exp((level_dbm[t, s, row, c] - level) / choice_db)
                    weight[s] = w
                    total += w
                for s in range(servers):
                    out[t, s, row, c] = got * weight[s] / total
