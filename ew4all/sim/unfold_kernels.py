"""Cohorts back to pixels: the split of `fold_kernels.add_people`, gone through once more."""

from __future__ import annotations

from typing import Any

from numba import njit

from ew4all.sim.fold_kernels import (
    BY_RASTER,
    arrival_of,
    class_of,
    part_of,
    paths_of,
    people_of,
    place_of,
    slot,
)


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
        if people_of(people, p) == 0.0:
            continue
        q = shape[e]
        for endangered in range(2):
            part = part_of(share[e], shape_risk[q], risk, p, endangered)
            if part == 0.0:
                continue
            inside = endangered if shape_area[q] == BY_RASTER else shape_area[q]
            kind = classes - 1
            if endangered == 1:
                kind = class_of(arrival_of(shape_arrival_s[q], arrival_s, p), edges_s)
            place = place_of(
                shape_zone[q], inside, endangered, kind, classes, settlement[p], siren[p], sirens
            )
            for o in range(operators + 1):
                if weight[o] == 0.0:
                    continue
                first, last = paths_of(start, p, o, operators)
                for s in range(first, last):
                    node = 0
                    wide = weight[o]
                    if o < operators:
                        node = path[s]
                        wide *= width[s]
                    at = slot((place * (operators + 1) + o) * nodes + node, keys)
                    for g in range(groups):
                        out[p] += part * wide * people[g, p] * value[at, g]
