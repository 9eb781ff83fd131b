"""Pixels to cohorts: shares of pixels in shapes, and people added up by key."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ew4all.coverage.crossings import end_of_polygon, in_order, room_for

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
    touched, at, cover_at, area_at = room_for(cols)
    count = 0
    for row in range(row_start.size - 1):
        begin = row_start[row]
        row_end = row_start[row + 1]
        while begin < row_end:
            p = polygon[begin]
            end = end_of_polygon(polygon, begin, row_end)
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
def slot(key: Any, keys: Any) -> Any:
    """Return where a key is or belongs in an open table whose size is a power of two; -1 marks free places."""
    mask = keys.size - 1
    at = ((key * 0x9E3779B97F4A7C1) >> 20) & mask
    while keys[at] != -1 and keys[at] != key:
        at = (at + 1) & mask
    return at


@njit(nogil=True, cache=True)
def class_of(value: Any, edges: Any) -> Any:
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
def people_of(people: Any, pixel: int) -> Any:
    """Return the people of all groups in a pixel."""
    total = 0.0
    for g in range(people.shape[0]):
        total += people[g, pixel]
    return total


@njit(nogil=True, cache=True)
def part_of(share: float, shape_risk: int, risk: Any, pixel: int, endangered: int) -> Any:
    """Return the part of a pixel that lies in a shape and is at risk (`endangered` 1) or not (0)."""
    if shape_risk == BY_RASTER:
        return share * (risk[pixel] if endangered == 1 else 1.0 - risk[pixel])
    return share if shape_risk == endangered else 0.0


@njit(nogil=True, cache=True)
def arrival_of(shape_arrival_s: float, arrival_s: Any, pixel: int) -> Any:
    """Return when the hazard arrives: by the shape, or by the pixel where the shape does not say it."""
    return arrival_s[pixel] if np.isnan(shape_arrival_s) else shape_arrival_s


@njit(nogil=True, cache=True)
def place_of(
    zone: int,
    inside: int,
    endangered: int,
    kind: int,
    classes: int,
    settlement: int,
    siren: int,
    sirens: int,
) -> Any:
    """Return the number of a place: all that its people share but operator, path and group."""
    place = np.int64(zone) * 4 + inside * 2 + endangered
    place = place * classes + kind
    place = place * 3 + settlement
    return place * (sirens + 1) + siren + 1


@njit(nogil=True, cache=True)
def paths_of(start: Any, pixel: int, operator: int, operators: int) -> Any:
    """Return the first and the end of the paths of an operator in a pixel; nobody's customers have one, number 0."""
    if operator < operators:
        return start[pixel * operators + operator], start[pixel * operators + operator + 1]
    return np.int64(0), np.int64(1)


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
        total = people_of(people, p)
        if total == 0.0:
            continue
        q = shape[e]
        for endangered in range(2):
            part = part_of(share[e], shape_risk[q], risk, p, endangered)
            if part == 0.0:
                continue
            inside = endangered if shape_area[q] == BY_RASTER else shape_area[q]
            kind = classes - 1
            if endangered == 1:
                time_s = arrival_of(shape_arrival_s[q], arrival_s, p)
                kind = class_of(time_s, edges_s)
                moment[kind, 0] += part * total
                if kind < classes - 1:
                    moment[kind, 1] += part * total * time_s
                    moment[kind, 2] += part * total * time_s * time_s
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
                    key = (place * (operators + 1) + o) * nodes + node
                    at = slot(key, keys)
                    if keys[at] == -1:
                        # A fuller table is slow, and a full one never ends.
                        if 2 * used >= keys.size:
                            return -1
                        keys[at] = key
                        used += 1
                    for g in range(groups):
                        mass[at, g] += part * wide * people[g, p]
    return used
