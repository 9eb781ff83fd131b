"""Pixels to cohorts: shares of pixels in shapes, histories of service by rank, and masses added up by key.

A *category* is what serves somebody in one epoch: ``2 * layer`` on a cell that is addressed, ``2 * layer + 1`` on one that
is not, layers from the newest technology to the oldest, and `NOBODY` without service. A person of rank u in 0..1 is served
in each epoch by the category in which u falls when the categories' shares are stacked in their order: each epoch then has
exactly its shares, and people keep their service as far as these allow. A *path* is the category in each epoch, a node of a
tree whose root is node 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from ew4all.coverage.crossings import FEW, in_order

CATEGORIES = 9
NOBODY = 8

NEAR = 1e-6
"""Ranks nearer to each other are one: shares are float32, and no person is split for their rounding."""

NOTHING = 1e-11
"""See `ew4all.coverage.kernels`."""

BY_RASTER = 2
"""Of a shape: the share of each pixel decides."""


@njit(nogil=True, cache=True)
def category_shares(cell: Any, probability: Any, technology: Any, addressed: Any, out: Any) -> None:
    """Add up who camps where by category.

    Parameters
    ----------
    cell, probability : (k, pixels)
        See `ew4all.coverage.network.Camping`.
    technology, addressed : (cells,)
        Of each cell; technologies from the oldest, 0, to the newest, 3.
    out : (pixels, 8) float32
        Added to.
    """
    for k in range(cell.shape[0]):
        for p in range(cell.shape[1]):
            c = cell[k, p]
            if c >= 0:
                at = 2 * (3 - technology[c]) + (0 if addressed[c] else 1)
                out[p, at] += probability[k, p]


@njit(nogil=True, cache=True)
def layer_categories(covered: Any, inside: float, out: Any) -> None:
    """Let everybody who is covered camp on the newest technology that is there; every cell is addressed.

    Parameters
    ----------
    covered : (4, pixels) float32
        Share of each pixel that a technology or a newer one covers, newest first.
    inside
        Share of those served outdoors who are served in a building.
    out : (pixels, 2, 8) float32
        Written: outdoors, indoors.
    """
    for p in range(covered.shape[1]):
        before = np.float32(0.0)
        for k in range(4):
            share = covered[k, p] - before
            before = covered[k, p]
            out[p, 0, 2 * k] = share
            out[p, 0, 2 * k + 1] = 0.0
            out[p, 1, 2 * k] = share * inside
            out[p, 1, 2 * k + 1] = 0.0


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
def _cut(at: float, cuts: Any, count: int) -> int:
    """Put a rank among the rising ones, unless one of them is near; return how many there are."""
    place = count
    while place > 0 and cuts[place - 1] > at:
        place -= 1
    if (place > 0 and at - cuts[place - 1] < NEAR) or (place < count and cuts[place] - at < NEAR):
        return count
    for k in range(count, place, -1):
        cuts[k] = cuts[k - 1]
    cuts[place] = at
    return count + 1


@njit(nogil=True, cache=True)
def _alike(shares: Any, p: int, q: int) -> bool:
    """Whether two pixels have the same shares in every epoch."""
    for v in range(shares.shape[1]):
        for c in range(NOBODY):
            if shares[p, v, c] != shares[q, v, c]:
                return False
    return True


@njit(nogil=True, cache=True)
def histories(
    shares: Any, wanted: Any, child: Any, nodes: Any, start: Any, path: Any, width: Any
) -> int:
    """Split the ranks of each pixel by the path that they take.

    Parameters
    ----------
    shares : (operators, pixels, epochs, 8) float32
        Of each category.
    wanted : (pixels,)
        Pixels that nobody lives in are passed over.
    child : (room, 9) int32
        Tree of paths, 0 where there is no node yet; grows in place.
    nodes : (1,) int64
        Nodes in use; changed.
    start : (pixels * operators + 1,) int64
        Written: where the parts of each pixel and operator begin.
    path, width
        Written: node of each part and its width in ranks.

    Returns
    -------
    Number of parts; -1 where the tree has no room, -2 where `path` has none.
    """
    operators, pixels, epochs, _ = shares.shape
    stacked = np.empty((epochs, NOBODY))
    cuts = np.empty(epochs * NOBODY + 1)
    count = 0
    start[0] = 0
    # Neighbours mostly have the same shares, and then the same parts.
    last = np.full(operators, -1, np.int64)
    for p in range(pixels):
        for o in range(operators):
            if wanted[p] and last[o] >= 0 and _alike(shares[o], p, last[o]):
                at = start[last[o] * operators + o]
                n = start[last[o] * operators + o + 1] - at
                if count + n > path.size:
                    return -2
                for s in range(n):
                    path[count + s] = path[at + s]
                    width[count + s] = width[at + s]
                count += n
            elif wanted[p]:
                last[o] = p
                n = 0
                for v in range(epochs):
                    total = 0.0
                    for c in range(NOBODY):
                        x = np.float64(shares[o, p, v, c])
                        total = min(1.0, total + x)
                        stacked[v, c] = total
                        if x > 0.0 and NEAR < total < 1.0 - NEAR:
                            n = _cut(total, cuts, n)
                if count + n + 1 > path.size:
                    return -2
                low = 0.0
                for s in range(n + 1):
                    high = cuts[s] if s < n else 1.0
                    middle = 0.5 * (low + high)
                    node = 0
                    for v in range(epochs):
                        c = 0
                        while c < NOBODY and stacked[v, c] <= middle:
                            c += 1
                        found = child[node, c]
                        if found == 0:
                            if nodes[0] >= child.shape[0]:
                                return -1
                            found = nodes[0]
                            child[node, c] = found
                            nodes[0] += 1
                        node = found
                    if s > 0 and path[count - 1] == node:
                        width[count - 1] += high - low
                    else:
                        path[count] = node
                        width[count] = high - low
                        count += 1
                    low = high
            start[p * operators + o + 1] = count
    return count


@njit(nogil=True, cache=True)
def paths(child: Any, nodes: int, epochs: int, out: Any, known: Any) -> None:
    """Write the categories of each node at full depth: `out` (nodes, epochs), `known` (nodes,) says which those are."""
    depth = np.zeros(nodes, np.int64)
    for node in range(nodes):  # a child's number is greater than its parent's
        if depth[node] == epochs:
            known[node] = True
            continue
        for c in range(CATEGORIES):
            k = child[node, c]
            if k > 0:
                depth[k] = depth[node] + 1
                for e in range(depth[node]):
                    out[k, e] = out[node, e]
                out[k, depth[node]] = c


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
