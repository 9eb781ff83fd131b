"""The numba core: exact cell fractions of polygons, fused with people and coverage layers.

How it works
------------
A polygon's share of each cell is found by signed-area accumulation along its edges, as anti-aliasing rasterisers do
(the method of LibArt and FreeType's smooth rasteriser): each edge leaves in every cell that it crosses a *cover* (its
signed height there) and an *area* (the share of the cell to its right). Walking along a row, the running sum of covers
is the share of the cells between two crossed ones, so that the interior comes out as runs that need no test per cell.
Holes, multipolygons and slivers smaller than a cell fall out of the signs. Nothing is approximated; results differ
from exact arithmetic by rounding only.

Vertices are in pixel coordinates of a block: column and row of the cell corner, row axis downward. Edges left of the
block are projected on its left border (they still open the polygon there); edges right of it are dropped.

Kernels get plain arrays, write into `out` arrays and raise nothing; `ew4all.coverage.exposure` is their only caller.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ew4all.coverage.crossings import (
    crossings,
    end_of_polygon,
    in_order,
    local_places,
    ring_signs,
    room_for,
    strip_counts,
    strip_edges,
)
from ew4all.coverage.runs import (
    eight_rows_people,
    eight_rows_up_to_5,
    run,
    run_share,
    run_up_to_5,
    with_cell,
)

__all__ = [
    "anybody",
    "block_sums",
    "cell_fractions",
    "crossings",
    "local_places",
    "long_runs",
    "ring_signs",
    "set_bit",
    "strip_counts",
    "strip_edges",
    "sweep",
    "tiles_met",
    "unite_bits",
]

# A run whose share differs from none by less than this is rounding of the running sum, not people.
NOTHING = 1e-11

FIVE = 5

# Blocks with fewer crossings a row than this have their crossed cells asked for beforehand, see `sweep`.
SPARSE = 32

# Runs of at least this many cells wait for those of the next rows, see `long_runs`.
LONG = 1024
TOGETHER = 8


@njit(nogil=True, cache=True)
def long_runs(runs, people, mask, bits, out):
    """Add people, and people under each bit, of the long interior runs that `sweep` left over.

    A run that ends lets the memory's prefetching run dry: each jump to the next row costs some 700 ns, twice what
    summing 1,000 cells takes. Rows read side by side share that wait (a cell takes 0.51 ns alone, 0.36 with four rows
    and 0.35 with eight, six totals).
    This is a kernel of its own because inside `sweep` its loops come out a third slower.

    Parameters
    ----------
    runs : (runs, 4) int32
        Row, polygon, first column, end column; sorted by row.
    people, mask, bits, out
        As for `sweep`; at most 5 bits.
    """
    sums = np.zeros(6)
    used = min(6, out.shape[1])
    begin = 0
    first = np.empty(TOGETHER + 1, np.int64)
    while begin < runs.shape[0]:
        row = runs[begin, 0] // TOGETHER * TOGETHER
        first[0] = begin
        for r in range(TOGETHER):
            k = first[r]
            while k < runs.shape[0] and runs[k, 0] == row + r:
                k += 1
            first[r + 1] = k
        begin = first[TOGETHER]
        n = first[1] - first[0]
        together = n > 0
        for r in range(TOGETHER):
            together = together and first[r + 1] - first[r] == n
        for k in range(n if together else 0):
            for r in range(1, TOGETHER):
                together = together and runs[first[r] + k, 1] == runs[first[0] + k, 1]
        if not together:
            for k in range(first[0], begin):
                sums[:] = 0.0
                a, b = runs[k, 2], runs[k, 3]
                run(people[runs[k, 0], a:b], mask[runs[k, 0], a:b], bits, 1.0, sums)
                for c in range(used):
                    out[runs[k, 1], c] += sums[c]
            continue
        for k in range(n):
            sums[:] = 0.0
            start, end = runs[first[0] + k, 2], runs[first[0] + k, 3]
            for r in range(1, TOGETHER):
                start = max(start, runs[first[r] + k, 2])
                end = min(end, runs[first[r] + k, 3])
            if end > start:
                p0, p1 = people[row, start:end], people[row + 1, start:end]
                p2, p3 = people[row + 2, start:end], people[row + 3, start:end]
                p4, p5 = people[row + 4, start:end], people[row + 5, start:end]
                p6, p7 = people[row + 6, start:end], people[row + 7, start:end]
                if bits == 0:
                    sums[0] += eight_rows_people(p0, p1, p2, p3, p4, p5, p6, p7)
                else:
                    m0, m1 = mask[row, start:end], mask[row + 1, start:end]
                    m2, m3 = mask[row + 2, start:end], mask[row + 3, start:end]
                    m4, m5 = mask[row + 4, start:end], mask[row + 5, start:end]
                    m6, m7 = mask[row + 6, start:end], mask[row + 7, start:end]
                    eight_rows_up_to_5(
                        p0, p1, p2, p3, p4, p5, p6, p7, m0, m1, m2, m3, m4, m5, m6, m7, sums
                    )
            for r in range(TOGETHER):
                a, b = runs[first[r] + k, 2], runs[first[r] + k, 3]
                middle = min(max(a, start), b)
                run(people[row + r, a:middle], mask[row + r, a:middle], bits, 1.0, sums)
                middle = max(min(b, end), middle)
                run(people[row + r, middle:b], mask[row + r, middle:b], bits, 1.0, sums)
            for c in range(used):
                out[runs[first[0] + k, 1], c] += sums[c]


@njit(nogil=True, cache=True)
def sweep(row_start, polygon, column, cover, area, people, mask, bits, shares, out):
    """Add fraction x people x layers of every polygon, in one pass over the rows of a block.

    Parameters
    ----------
    row_start, polygon, column, cover, area
        From `crossings`.
    people : (rows, columns) float32 or float64
        Counts; no NaN, no nodata.
    mask : (rows, columns) uint8
        Bit k is layer k; not read where `bits` is 0.
    bits
        How many bits are in use, 0..8.
    shares : (layers, rows, columns) float32
        Layers with values 0..1.
    out : (polygons, 1 + bits + layers)
        People; people under each bit; people x share. Added to.

    Returns
    -------
    (runs, 4) int32
        Long interior runs that were not added; they are for `long_runs`.
    """
    cols = people.shape[1]
    touched, at, cover_at, area_at = room_for(cols)
    sums = np.zeros(9)
    used = 6 if bits <= 5 else 9
    layers = shares.shape[0]
    extra = np.zeros(max(layers, 1))
    long = LONG if layers == 0 and bits <= 5 else cols + 1
    # A run of that length ends at a crossing or at the end of its row.
    runs = np.empty((people.shape[0] * (cols // LONG + 1) if long <= cols else 0, 4), np.int32)
    waiting = 0
    if column.size < SPARSE * people.shape[0]:
        # Cells on an edge lie far apart, and each would be waited for; asked for at once they come together (7 % of the
        # whole for one large polygon). Where there are more, others push them out of the cache before they are used.
        near = 0.0
        near_bits = np.uint8(0)
        for row in range(people.shape[0]):
            people_row = people[row]
            mask_row = mask[row]
            for k in range(row_start[row], row_start[row + 1]):
                near += people_row[column[k]]
                if bits > 0:
                    near_bits |= mask_row[column[k]]
        # Nobody reads it, but a loop without a result would be dropped.
        cover_at[0] = near + near_bits
    for row in range(people.shape[0]):
        begin = row_start[row]
        row_end = row_start[row + 1]
        if begin == row_end:
            continue
        people_row = people[row]
        mask_row = mask[row]
        while begin < row_end:
            p = polygon[begin]
            end = end_of_polygon(polygon, begin, row_end)
            n = in_order(column, cover, area, begin, end, at, cover_at, area_at, touched)
            begin = end
            sums[:used] = 0.0
            extra[:] = 0.0
            t, s0, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            inside = 0.0
            done = 0
            for k in range(n + 1):
                j = at[k] if k < n else cols
                if j > done and abs(inside) > NOTHING:
                    weight = 1.0 if abs(inside - 1.0) < NOTHING else inside
                    if j - done >= long and weight == 1.0 and waiting < runs.shape[0]:
                        runs[waiting, 0] = row
                        runs[waiting, 1] = p
                        runs[waiting, 2] = done
                        runs[waiting, 3] = j
                        waiting += 1
                    else:
                        run(people_row[done:j], mask_row[done:j], bits, weight, sums)
                        for layer in range(layers):
                            extra[layer] += weight * run_share(
                                people_row[done:j], shares[layer, row, done:j]
                            )
                if k == n:
                    break
                fraction = (inside + area_at[k]) * np.float64(people_row[j])
                inside += cover_at[k]
                done = j + 1
                if 0 < bits <= FIVE:
                    t, s0, s1, s2, s3, s4 = with_cell(fraction, mask_row[j], t, s0, s1, s2, s3, s4)
                else:
                    t += fraction
                    for bit in range(bits):
                        sums[1 + bit] += fraction * ((mask_row[j] >> bit) & 1)
                for layer in range(layers):
                    extra[layer] += fraction * np.float64(shares[layer, row, j])
            sums[0] += t
            sums[1] += s0
            sums[2] += s1
            sums[3] += s2
            sums[4] += s3
            sums[5] += s4
            for k in range(1 + bits):
                out[p, k] += sums[k]
            for layer in range(layers):
                out[p, 1 + bits + layer] += extra[layer]
    return runs[:waiting]


@njit(nogil=True, cache=True)
def cell_fractions(row_start, polygon, column, cover, area, weight, out):
    """Add weight[polygon] x fraction of each cell inside each polygon to `out`, shape (rows, columns)."""
    cols = out.shape[1]
    touched, at, cover_at, area_at = room_for(cols)
    for row in range(out.shape[0]):
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
                    share = 1.0 if abs(inside - 1.0) < NOTHING else inside
                    for c in range(done, j):
                        out[row, c] += weight[p] * share
                if k < n:
                    out[row, j] += weight[p] * (inside + area_at[k])
                    inside += cover_at[k]
                    done = j + 1


@njit(nogil=True, cache=True)
def tiles_met(row_start, polygon, column, cover, area, cols, interior, boundary):
    """Sort the tiles that polygons meet into wholly inside and cut.

    Here a cell of the crossings is a tile. Call once with arrays of no rows to count.

    Parameters
    ----------
    row_start, polygon, column, cover, area
        From `crossings` on the grid of tiles.
    cols
        Tiles in a row.
    interior, boundary : (n, 3) int32
        Written: row, column, polygon.

    Returns
    -------
    interior count, boundary count
    """
    touched, at, cover_at, area_at = room_for(cols)
    inner, outer = 0, 0
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
                    whole = abs(inside - 1.0) < NOTHING
                    for c in range(done, j):
                        if whole:
                            if inner < interior.shape[0]:
                                interior[inner, 0], interior[inner, 1], interior[inner, 2] = (
                                    row,
                                    c,
                                    p,
                                )
                            inner += 1
                        else:
                            if outer < boundary.shape[0]:
                                boundary[outer, 0], boundary[outer, 1], boundary[outer, 2] = (
                                    row,
                                    c,
                                    p,
                                )
                            outer += 1
                if k < n:
                    if outer < boundary.shape[0]:
                        boundary[outer, 0], boundary[outer, 1], boundary[outer, 2] = row, j, p
                    outer += 1
                    inside += cover_at[k]
                    done = j + 1
    return inner, outer


@njit(nogil=True, cache=True)
def block_sums(people, mask, bits, shares, out):
    """Add people, people under each bit and people x share of a whole block to `out`, shape (1 + bits + layers,).

    Bits are summed five at a time whatever `bits` is: a column then has the same bits beside any others, so that sums
    stored for more columns than are asked are those that would be formed now.
    """
    # As one long run: it ends once and not in every row.
    cells, bit_planes = people.reshape(-1), mask.reshape(-1)
    sums = np.zeros(12)
    run_up_to_5(cells, bit_planes, 1.0, sums[:6])
    if bits > FIVE:
        run_up_to_5(cells, bit_planes >> np.uint8(FIVE), 1.0, sums[6:])
    for k in range(1 + bits):
        out[k] += sums[k if k <= FIVE else k + 1]
    for layer in range(shares.shape[0]):
        out[1 + bits + layer] += run_share(cells, shares[layer].reshape(-1))


@njit(nogil=True, cache=True)
def set_bit(layer, bit, mask):
    """Set a bit of `mask` wherever `layer` is not zero; both of shape (rows, columns), uint8."""
    value = np.uint8(1 << bit)
    for row in range(mask.shape[0]):
        for j in range(mask.shape[1]):
            mask[row, j] |= value if layer[row, j] != 0 else np.uint8(0)


@njit(nogil=True, cache=True)
def unite_bits(these, bit, mask):
    """Set a bit of `mask`, shape (rows, columns), uint8, wherever one of the bits `these` is set."""
    wanted, value = np.uint8(these), np.uint8(1 << bit)
    for row in range(mask.shape[0]):
        line = mask[row]
        for j in range(line.size):
            v = line[j]
            # Without the casts numba counts in 64 bits, eight times slower.
            line[j] = np.uint8(v | value) if np.uint8(v & wanted) != np.uint8(0) else v


@njit(nogil=True, cache=True)
def anybody(people):
    """Return whether any cell holds people; seen at the first that does."""
    for row in range(people.shape[0]):
        for j in range(people.shape[1]):
            if people[row, j] > 0:
                return True
    return False
