"""Where polygon edges cross cells, and what share of each cell they leave inside: numba, arrays only.

See `ew4all.coverage.kernels` for how the parts work together.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Up to so many crossings of a row are sorted by insertion.
FEW = 12

LOW = np.array(
    [
        *(0, 1, 48, 2, 57, 49, 28, 3, 61, 58, 50, 42, 38, 29, 17, 4),
        *(62, 55, 59, 36, 53, 51, 43, 22, 45, 39, 33, 30, 24, 18, 12, 5),
        *(63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21, 44, 32, 23, 11),
        *(46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9, 13, 8, 7, 6),
    ],
    dtype=np.int64,
)
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)


@njit(nogil=True, cache=True)
def ring_signs(coords, ring_offsets, ring_is_hole, inverse, out):
    """Write +1 or -1 for each ring so that shells add area and holes take it away, whatever their direction."""
    # A grid whose rows run north (a positive determinant) turns every ring the other way round.
    turn = -1.0 if inverse[0] * inverse[4] - inverse[1] * inverse[3] > 0.0 else 1.0
    for r in range(out.size):
        first, last = ring_offsets[r], ring_offsets[r + 1] - 1
        x0, y0 = coords[first, 0], coords[first, 1]
        twice = 0.0
        for i in range(first, last):
            twice += (coords[i, 0] - x0) * (coords[i + 1, 1] - y0)
            twice -= (coords[i + 1, 0] - x0) * (coords[i, 1] - y0)
        sign = turn if twice >= 0.0 else -turn
        out[r] = -sign if ring_is_hole[r] else sign


@njit(nogil=True, cache=True)
def _strips_met(top, bottom, strip_rows, strips):
    """First and last strip that an edge from row `top` to the lower row `bottom` meets."""
    first = max(0, int(math.floor(top / strip_rows)))
    return first, min(strips - 1, int(math.ceil(bottom / strip_rows)) - 1)


@njit(nogil=True, cache=True)
def _bounds(first, last, strip_rows):
    """Rows between which the next edge meets the same strip; none if several or none were met.

    Most edges of a coast stay in the strip of the one before, and need no divisions (0.9 against 1.4 ms for 100,000 edges).
    """
    if first == last:
        return float(first * strip_rows), float((first + 1) * strip_rows)
    return math.inf, -math.inf


@njit(nogil=True, cache=True)
def strip_counts(coords, ring_offsets, inverse, strip_rows, out):
    """Count, for each strip of `strip_rows` rows, the edges that are not horizontal and meet it."""
    d, e, f = inverse[3], inverse[4], inverse[5]
    strips = out.size
    first, last, low, high = 0, -1, math.inf, -math.inf
    for r in range(ring_offsets.size - 1):
        y1 = d * coords[ring_offsets[r], 0] + e * coords[ring_offsets[r], 1] + f
        for i in range(ring_offsets[r], ring_offsets[r + 1] - 1):
            y0 = y1
            y1 = d * coords[i + 1, 0] + e * coords[i + 1, 1] + f
            if y0 == y1:
                continue
            top, bottom = (y0, y1) if y0 < y1 else (y1, y0)
            if top < low or bottom > high:
                first, last = _strips_met(top, bottom, strip_rows, strips)
                low, high = _bounds(first, last, strip_rows)
            for s in range(first, last + 1):
                out[s] += 1


@njit(nogil=True, cache=True)
def strip_edges(
    coords,
    ring_offsets,
    ring_order,
    ring_sign,
    ring_polygon,
    inverse,
    strip_rows,
    place,
    edge,
    sign,
    owner,
):
    """Write edges by strip: index of the first vertex, sign of the ring, polygon.

    Rings are taken in `ring_order`; `place` is the next free place of each strip and is moved on.
    """
    d, e, f = inverse[3], inverse[4], inverse[5]
    strips = place.size
    first, last, low, high = 0, -1, math.inf, -math.inf
    for r in ring_order:
        y1 = d * coords[ring_offsets[r], 0] + e * coords[ring_offsets[r], 1] + f
        for i in range(ring_offsets[r], ring_offsets[r + 1] - 1):
            y0 = y1
            y1 = d * coords[i + 1, 0] + e * coords[i + 1, 1] + f
            if y0 == y1:
                continue
            top, bottom = (y0, y1) if y0 < y1 else (y1, y0)
            if top < low or bottom > high:
                first, last = _strips_met(top, bottom, strip_rows, strips)
                low, high = _bounds(first, last, strip_rows)
            for s in range(first, last + 1):
                edge[place[s]] = i
                sign[place[s]] = ring_sign[r]
                owner[place[s]] = ring_polygon[r]
                place[s] += 1


@njit(nogil=True, cache=True)
def _most_crossings(coords, inverse, edge, block):
    """Upper bound of the cells that the edges cross in the block."""
    a, b, d, e = inverse[0], inverse[1], inverse[3], inverse[4]
    rows = float(block[1] - block[0])
    cols = float(block[3] - block[2])
    most = 0
    for k in range(edge.size):
        i = edge[k]
        dx = abs(a * (coords[i + 1, 0] - coords[i, 0]) + b * (coords[i + 1, 1] - coords[i, 1]))
        dy = abs(d * (coords[i + 1, 0] - coords[i, 0]) + e * (coords[i + 1, 1] - coords[i, 1]))
        most += int(min(dy, rows) + min(dx, cols)) + 4
        # Each row that an edge enters may add one cell that it only touches.
        most += int(min(dy, rows))
    return most


@njit(nogil=True, cache=True)
def crossings(coords, inverse, edge, edge_sign, edge_polygon, block):
    """Walk the edges of one block and return what they leave in the cells, sorted by row.

    Parameters
    ----------
    coords : (vertices, 2)
        In the units of the grid's CRS.
    inverse
        Six coefficients from (x, y) to (column, row).
    edge, edge_sign, edge_polygon : (edges,)
        From `strip_edges`: no horizontal edge, a polygon's edges consecutive.
    block
        First row, end row, first column, end column.

    Returns
    -------
    row_start : (rows + 1,)
        Where each row's entries begin.
    polygon, column : (crossed,)
        Within a row, a polygon's entries are consecutive if its rings' edges were; a column may repeat.
    cover, area : (crossed,)
        Signed height of the edge in the cell; share of the cell to its right.
    """
    a, b, c, d, e, f = inverse
    rows, cols = block[1] - block[0], block[3] - block[2]
    height, width = float(rows), float(cols)
    most = _most_crossings(coords, inverse, edge, block)
    at_row = np.empty(most, np.int32)
    at_column = np.empty(most, np.int32)
    of_polygon = np.empty(most, np.int32)
    a_cover = np.empty(most)
    an_area = np.empty(most)
    row_start = np.zeros(rows + 1, np.int64)
    n = 0
    for k in range(edge.size):
        i = edge[k]
        x0 = a * coords[i, 0] + b * coords[i, 1] + c - block[2]
        y0 = d * coords[i, 0] + e * coords[i, 1] + f - block[0]
        x1 = a * coords[i + 1, 0] + b * coords[i + 1, 1] + c - block[2]
        y1 = d * coords[i + 1, 0] + e * coords[i + 1, 1] + f - block[0]
        sign = edge_sign[k]
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
            sign = -sign
        if y1 <= 0.0 or y0 >= height or (x0 >= width and x1 >= width):
            continue
        slope = (x1 - x0) / (y1 - y0)
        low, high = (x0, x1) if x0 < x1 else (x1, x0)
        top = y0 if y0 > 0.0 else 0.0
        bottom = y1 if y1 < height else height
        polygon = edge_polygon[k]
        first = int(top)
        last = min(int(math.ceil(bottom)), rows)
        xb = x0 if top == y0 else x0 + (top - y0) * slope
        for row in range(first, last):
            ya = top if row == first else float(row)
            yb = bottom if row + 1 == last else float(row + 1)
            xa = xb
            # The far end is taken from the vertex itself, so that neighbouring edges meet to the bit.
            xb = x1 if yb == y1 else x0 + (yb - y0) * slope
            xb = min(max(xb, low), high)
            dy = (yb - ya) * sign
            left, right = (xa, xb) if xa < xb else (xb, xa)
            if dy == 0.0 or left >= width:
                continue
            n0 = n
            if right <= 0.0:
                at_column[n] = 0
                a_cover[n] = dy
                an_area[n] = dy
                n += 1
            else:
                j = int(left) if left > 0.0 else 0
                if left >= 0.0 and right <= j + 1.0:
                    at_column[n] = j
                    a_cover[n] = dy
                    an_area[n] = dy * (j + 1.0 - 0.5 * (left + right))
                    n += 1
                else:
                    per_column = dy / (right - left)
                    if left < 0.0:
                        at_column[n] = 0
                        a_cover[n] = -left * per_column
                        an_area[n] = a_cover[n]
                        n += 1
                        left = 0.0
                    right = min(right, width)
                    while left < right:
                        x = min(j + 1.0, right)
                        piece = (x - left) * per_column
                        at_column[n] = j
                        a_cover[n] = piece
                        an_area[n] = piece * (j + 1.0 - 0.5 * (left + x))
                        n += 1
                        left = x
                        j += 1
            for m in range(n0, n):
                at_row[m] = row
                of_polygon[m] = polygon
            row_start[row + 1] += n - n0
    for row in range(rows):
        row_start[row + 1] += row_start[row]
    place = row_start.copy()
    polygon_out = np.empty(n, np.int32)
    column_out = np.empty(n, np.int32)
    cover_out = np.empty(n)
    area_out = np.empty(n)
    for m in range(n):
        p = place[at_row[m]]
        place[at_row[m]] = p + 1
        polygon_out[p] = of_polygon[m]
        column_out[p] = at_column[m]
        cover_out[p] = a_cover[m]
        area_out[p] = an_area[m]
    return row_start, polygon_out, column_out, cover_out, area_out


@njit(nogil=True, cache=True)
def _lowest_bit(word):
    """Index of the lowest set bit of a 64-bit word that is not zero (de Bruijn multiplication)."""
    return LOW[np.int64(((word & (~word + np.uint64(1))) * DE_BRUIJN) >> np.uint64(58))]


# These two inlined as well: whether the loops around them keep their speed hangs on it (2 against 4 %).
@njit(nogil=True, cache=True, forceinline=True)
def room_for(cols):
    """Return the room in which `in_order` puts a row of so many cells: touched, at, cover_at, area_at."""
    words = (cols + 63) >> 6
    touched = np.zeros(words, np.uint64)
    at = np.empty(max(words << 6, FEW), np.int64)
    cover_at = np.empty(2 * at.size)
    area_at = np.empty(2 * at.size)
    return touched, at, cover_at, area_at


@njit(nogil=True, cache=True, forceinline=True)
def end_of_polygon(polygon, begin, row_end):
    """Return the place behind the last crossing of a row that is of the same polygon as the one at `begin`."""
    p = polygon[begin]
    end = begin + 1
    while end < row_end and polygon[end] == p:
        end += 1
    return end


# Inlined: to hand over nine arrays takes a tenth of the time that sorting a row of a small polygon does.
@njit(nogil=True, cache=True, forceinline=True)
def in_order(column, cover, area, begin, end, at, cover_at, area_at, touched):
    """Sort one polygon's crossings of one row by column and merge those of the same cell.

    Writes the columns to `at`, their covers and areas to the first places of `cover_at` and `area_at`; returns how
    many there are. `touched` is all zero before and after.
    """
    n = end - begin
    if n <= FEW:
        # What is sorted is the column with the crossing's place in the lower bits: one array moves, not three, and those
        # of the same cell are added in the order in which they came (49 against 55 ns for a row of a small polygon).
        for i in range(n):
            key = (np.int64(column[begin + i]) << 8) | i
            place = i
            while place > 0 and at[place - 1] > key:
                at[place] = at[place - 1]
                place -= 1
            at[place] = key
        last = -1
        last_column = -1
        for i in range(n):
            j, k = at[i] >> 8, begin + (at[i] & 255)
            if j == last_column:
                cover_at[last] += cover[k]
                area_at[last] += area[k]
            else:
                last += 1
                last_column = j
                at[last] = j
                cover_at[last] = cover[k]
                area_at[last] = area[k]
        return last + 1
    n = 0
    # Many crossings: a dense row and a bit for each cell, which a coast of 1,000 crossings a row needs to stay linear.
    cells = touched.size << 6
    low, high = touched.size, -1
    for k in range(begin, end):
        j = column[k]
        word = j >> 6
        bit = np.uint64(1) << np.uint64(j & 63)
        if touched[word] & bit:
            cover_at[cells + j] += cover[k]
            area_at[cells + j] += area[k]
        else:
            cover_at[cells + j] = cover[k]
            area_at[cells + j] = area[k]
            touched[word] |= bit
        low = min(low, word)
        high = max(high, word)
    for word in range(low, high + 1):
        left = touched[word]
        touched[word] = np.uint64(0)
        while left != 0:
            j = (word << 6) + _lowest_bit(left)
            left &= left - np.uint64(1)
            at[n] = j
            cover_at[n] = cover_at[cells + j]
            area_at[n] = area_at[cells + j]
            n += 1
    return n


@njit(nogil=True, cache=True)
def local_places(owner, place, ids):
    """Give each polygon of a block a number, in the order of its edges.

    Parameters
    ----------
    owner : (edges,)
        Polygon of each edge; a polygon's edges are consecutive.
    place : (edges,)
        Written: each edge's polygon as a number from 0.
    ids : (edges,)
        Written in its first places: the polygon of each number.

    Returns
    -------
    How many there are. (With numpy it took 26 us a strip, 5 % of the whole for 10,000 small polygons.)
    """
    n = 0
    last = -1
    for k in range(owner.size):
        if owner[k] != last:
            last = owner[k]
            ids[n] = last
            n += 1
        place[k] = n - 1
    return n
