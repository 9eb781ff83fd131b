"""Sums over runs of neighbouring cells: the inner loops that touch every cell, numba, one-dimensional slices only.

A loop over ``a[row, j]`` is five times slower than one over the slice ``a[row]``; the callers cut the slices.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# The running order of sums inside a run is free (SIMD lanes); NaN and infinity keep their meaning.
LANES = frozenset({"reassoc", "contract", "nsz"})

# A layer's bit is tested as the sign of the mask shifted up: the select then becomes one masked addition, where `m & 1`
# costs two more moves a lane (0.30 against 0.38 ns a cell for six totals, AVX-512).
SIGN = np.int8(0)


@njit(nogil=True, cache=True, fastmath=set(LANES))
def run_people(people):
    """Return the sum of people, shape (cells,)."""
    total = 0.0
    for j in range(people.size):
        total += np.float64(people[j])
    return total


@njit(nogil=True, cache=True, fastmath=set(LANES), forceinline=True)
def with_cell(people, bits, total, s0, s1, s2, s3, s4):
    """Return the total and the sums of bit 0..4 with one more cell, all kept in registers."""
    v = np.float64(people)
    return (
        total + v,
        s0 + (v if np.int8(bits << np.uint8(7)) < SIGN else 0.0),
        s1 + (v if np.int8(bits << np.uint8(6)) < SIGN else 0.0),
        s2 + (v if np.int8(bits << np.uint8(5)) < SIGN else 0.0),
        s3 + (v if np.int8(bits << np.uint8(4)) < SIGN else 0.0),
        s4 + (v if np.int8(bits << np.uint8(3)) < SIGN else 0.0),
    )


@njit(nogil=True, cache=True, fastmath=set(LANES))
def run_up_to_5(people, mask, weight, sums):
    """Add weight x people, and of those with bit 0..4 of the mask, to `sums`, shape (1 + bits,)."""
    t, s0, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(people.size):
        t, s0, s1, s2, s3, s4 = with_cell(people[j], mask[j], t, s0, s1, s2, s3, s4)
    sums[0] += weight * t
    sums[1] += weight * s0
    sums[2] += weight * s1
    sums[3] += weight * s2
    sums[4] += weight * s3
    sums[5] += weight * s4


@njit(nogil=True, cache=True, fastmath=set(LANES))
def run_up_to_8(people, mask, weight, sums):
    """Add weight x people, and of those with bit 0..7 of the mask, to `sums`, shape (1 + bits,)."""
    total, s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(people.size):
        v = np.float64(people[j])
        m = mask[j]
        total += v
        s0 += v if np.int8(m << np.uint8(7)) < SIGN else 0.0
        s1 += v if np.int8(m << np.uint8(6)) < SIGN else 0.0
        s2 += v if np.int8(m << np.uint8(5)) < SIGN else 0.0
        s3 += v if np.int8(m << np.uint8(4)) < SIGN else 0.0
        s4 += v if np.int8(m << np.uint8(3)) < SIGN else 0.0
        s5 += v if np.int8(m << np.uint8(2)) < SIGN else 0.0
        s6 += v if np.int8(m << np.uint8(1)) < SIGN else 0.0
        s7 += v if np.int8(m << np.uint8(0)) < SIGN else 0.0
    sums[0] += weight * total
    sums[1] += weight * s0
    sums[2] += weight * s1
    sums[3] += weight * s2
    sums[4] += weight * s3
    sums[5] += weight * s4
    sums[6] += weight * s5
    sums[7] += weight * s6
    sums[8] += weight * s7


@njit(nogil=True, cache=True, fastmath=set(LANES))
def eight_rows_up_to_5(p0, p1, p2, p3, p4, p5, p6, p7, m0, m1, m2, m3, m4, m5, m6, m7, sums):
    """Add eight rows of the same columns to `sums` as `run_up_to_5` does; see `long_runs` for the reason."""
    t, s0, s1, s2, s3, s4 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(p0.size):
        t, s0, s1, s2, s3, s4 = with_cell(p0[j], m0[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p1[j], m1[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p2[j], m2[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p3[j], m3[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p4[j], m4[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p5[j], m5[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p6[j], m6[j], t, s0, s1, s2, s3, s4)
        t, s0, s1, s2, s3, s4 = with_cell(p7[j], m7[j], t, s0, s1, s2, s3, s4)
    sums[0] += t
    sums[1] += s0
    sums[2] += s1
    sums[3] += s2
    sums[4] += s3
    sums[5] += s4


@njit(nogil=True, cache=True, fastmath=set(LANES))
def eight_rows_people(p0, p1, p2, p3, p4, p5, p6, p7):
    """Return the sum of eight rows of the same columns; see `long_runs` for the reason."""
    total = 0.0
    for j in range(p0.size):
        upper = np.float64(p0[j]) + np.float64(p1[j]) + np.float64(p2[j]) + np.float64(p3[j])
        lower = np.float64(p4[j]) + np.float64(p5[j]) + np.float64(p6[j]) + np.float64(p7[j])
        total += upper + lower
    return total


@njit(nogil=True, cache=True, fastmath=set(LANES))
def run_share(people, share):
    """Return the sum of people x share."""
    total = 0.0
    for j in range(people.size):
        total += np.float64(people[j]) * np.float64(share[j])
    return total


@njit(nogil=True, cache=True, forceinline=True)
def run(people, mask, bits, weight, sums):
    """Add weight x (people, people under each bit) of one run of cells to `sums`."""
    if bits == 0:
        sums[0] += weight * run_people(people)
    elif bits <= 5:
        run_up_to_5(people, mask, weight, sums)
    else:
        run_up_to_8(people, mask, weight, sums)
