"""Pixels to cohorts: shares of pixels in shapes, and people added up by key."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ew4all.coverage.crossings import FEW, in_order

NOTHING = 1e-11
"""See `ew4all.coverage.kernels`."""

BY_RASTER = 2
"""Of a shape: the share of each pixel decides."""


@njit(nogil=True, cache=True)
def shape_shares(
    row_start: Any,
    polygon: Any,
    column: Any,
    cover: Any,
    area: Any,
    cols: int,
    first_pixel: int,
    pixel: Any,
    shape: Any,
    share: Any,
) -> int:
    """List the share of each pixel in each shape, as far as there is one; return how many there are.

    Parameters
    ----------
    row_start, polygon, column, cover, area
        From `ew4all.coverage.kernels.crossings`.
    cols, first_pixel
        Columns of the block, and the number of its first pixel.
    pixel, shape, share
        Written where they are long enough; call with empty arrays to count.
    """
    words = (cols + 63) >> 6
    touched = np.zeros(words, np.uint64)
    at = np.empty(max(words << 6, FEW), np.int64)
    cover_at = np.empty(2 * at.size)
    area_at = np.empty(2 * at.size)
    count = 0
    for row in range(row_start.size - 1):
        begin = row_start[row]
        row_end = row_start[row + 1]
        while begin < row_end:
            p = polygon[begin]
            end = begin + 1
            while end < row_end and polygon[end] == p:
                end += 1
            n = in_order(column, cover, area, begin, end, at, cover_at, area_at, touched)
            begin = end
            inside = 0.0
            done = 0
            for k in range(n + 1):
                j = at[k] if k < n else cols
                if j > done and abs(inside) > NOTHING:
                    whole = 1.0 if abs(inside - 1.0) < NOTHING else inside
                    if count + j - done <= pixel.size:
                        for c in range(done, j):
                            pixel[count + c - done] = first_pixel + row * cols + c
                            shape[count + c - done] = p
                            share[count + c - done] = whole
                    count += j - done
                if k < n:
                    part = inside + area_at[k]
                    if abs(part) > NOTHING:
                        if count < pixel.size:
                            pixel[count] = first_pixel + row * cols + j
                            shape[count] = p
                            share[count] = part
                        count += 1
                    inside += cover_at[k]
                    done = j + 1
    return count


@njit(nogil=True, cache=True)
def _slot(key: Any, keys: Any) -> Any:
    """Return where a key is or belongs in an open table whose size is a power of two; -1 marks free places."""
    mask = keys.size - 1
    at = ((key * 0x9E3779B97F4A7C1) >> 20) & mask
    while keys[at] != -1 and keys[at] != key:
        at = (at + 1) & mask
    return at


@njit(nogil=True, cache=True)
def _class_of(value: Any, edges: Any) -> Any:
    """Return the class of a time: edges[k] <= value < edges[k + 1]; the last one for what never comes."""
    low, high = 0, edges.size
    if not value < edges[high - 1]:
        return high - 1
    while high - low > 1:
        middle = (low + high) // 2
        if value < edges[middle]:
            high = middle
        else:
            low = middle
    return low


@njit(nogil=True, cache=True)
def add_people(
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
    mass: Any,
    moment: Any,
) -> int:
    """Add people by key: place, operator and path.

    Parameters
    ----------
    people : (groups, pixels)
    pixel, shape, share : (parts,)
        From `shape_shares`.
    shape_zone, shape_area, shape_risk, shape_arrival_s : (shapes,)
        Zone; whether in the warning area and at risk, 0, 1 or `BY_RASTER`; arrival, NaN where the pixel's own holds.
    risk, arrival_s : (pixels,)
        Share at risk; arrival of the hazard, infinite where it never comes. Empty where no shape asks for them.
    edges_s : (classes,)
        Where classes of arrival begin; the last one is "never".
    settlement, siren : (pixels,)
        Codes; sirens from -1 to `sirens` - 1.
    weight : (operators + 1,)
        Share of each operator's customers, and last of nobody's.
    start, path, width
        From `histories`.
    nodes
        Number of paths.
    keys : (room,) int64, mass : (room, groups)
        Open table; added to. -1 marks free places.
    moment : (classes, 3)
        People at risk, people x arrival, people x arrival^2 of each class; added to.

    Returns
    -------
    Keys in use, or -1 where the table has no room.
    """
    groups = people.shape[0]
    operators = weight.size - 1
    classes = edges_s.size
    used = 0
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
                moment[kind, 0] += part * total
                if kind < classes - 1:
                    moment[kind, 1] += part * total * time_s
                    moment[kind, 2] += part * total * time_s * time_s
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
                    key = (place * (operators + 1) + o) * nodes + node
                    at = _slot(key, keys)
                    if keys[at] == -1:
                        # A fuller table is slow, and a full one never ends.
                        if 2 * used >= keys.size:
                            return -1
                        keys[at] = key
                        used += 1
                    for g in range(groups):
                        mass[at, g] += part * wide * people[g, p]
    return used
