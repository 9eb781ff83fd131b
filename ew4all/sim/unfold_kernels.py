"""Cohorts back to pixels: the split of `fold_kernels.add_people`, gone through once more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ew4all.sim.fold_kernels import BY_RASTER, _class_of, _slot


@njit(nogil=True, cache=True)
def spread(
    people: Any,
    pixel: Any,
    shape: Any,
    share: Any,
    shape_zone: Any,
    shape_area: Any,
    shape_risk: Any,
    shape_arrival_s: Any,
    risk: Any,
    arrival_s: Any,
    edges_s: Any,
    settlement: Any,
    siren: Any,
    sirens: int,
    weight: Any,
    start: Any,
    path: Any,
    width: Any,
    nodes: int,
    keys: Any,
    value: Any,
    out: Any,
) -> None:
    """Add people times the value of their key to pixels.

    Parameters
    ----------
    people, ..., nodes
        As `fold_kernels.add_people` takes them.
    keys : (room,) int64, value : (room, groups)
        The table that it left, and what each key and group is worth.
    out : (pixels,)
        Added to.
    """
    groups = people.shape[0]
    operators = weight.size - 1
    classes = edges_s.size
    for e in range(pixel.size):
        p = pixel[e]
        total = 0.0
        for g in range(groups):
            total += people[g, p]
        if total == 0.0:
            continue
        q = shape[e]
        rastered = shape_risk[q] == BY_RASTER
        for endangered in range(2):
            if rastered:
                part = share[e] * (risk[p] if endangered == 1 else 1.0 - risk[p])
            else:
                part = share[e] if shape_risk[q] == endangered else 0.0
            if part == 0.0:
                continue
            inside = endangered if shape_area[q] == BY_RASTER else shape_area[q]
            kind = classes - 1
            if endangered == 1:
                time_s = shape_arrival_s[q]
                if np.isnan(time_s):
                    time_s = arrival_s[p]
                kind = _class_of(time_s, edges_s)
            place = np.int64(shape_zone[q]) * 4 + inside * 2 + endangered
            place = place * classes + kind
            place = place * 3 + settlement[p]
            place = place * (sirens + 1) + siren[p] + 1
            for o in range(operators + 1):
                if weight[o] == 0.0:
                    continue
                first = start[p * operators + o] if o < operators else 0
                last = start[p * operators + o + 1] if o < operators else 1
                for s in range(first, last):
                    node = 0
                    wide = weight[o]
                    if o < operators:
                        node = path[s]
                        wide *= width[s]
                    at = _slot((place * (operators + 1) + o) * nodes + node, keys)
                    for g in range(groups):
                        out[p] += part * wide * people[g, p] * value[at, g]
