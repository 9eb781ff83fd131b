"""Clusters of cells that touch: a number for each, in one sweep and a second that joins what the first found apart.

Kernels get plain arrays, write into `out` and raise nothing.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def label(mask, corners, out):
    """Give the clusters of a mask numbers from 1 in the order of their first cell, row by row.

    Parameters
    ----------
    mask : (rows, columns) bool
        Cells that belong to clusters.
    corners
        Whether cells that share no more than a corner touch (8 neighbours) or not (4).
    out : (rows, columns) int32
        Written: the number of the cluster, 0 outside the mask.

    Returns
    -------
    int
        How many clusters there are.
    """
    rows, cols = mask.shape
    # Provisional numbers are at most one for every second cell; a number leads to a smaller one of its cluster.
    leads = np.zeros(rows * cols // 2 + 2, np.int32)
    used = 0
    for r in range(rows):
        for c in range(cols):
            if not mask[r, c]:
                out[r, c] = 0
                continue
            best = 0
            for step in range(4):
                # West, north-west, north, north-east.
                if step in (1, 3) and not corners:
                    continue
                i = r if step == 0 else r - 1
                j = c - 1 if step <= 1 else (c if step == 2 else c + 1)
                if i < 0 or j < 0 or j >= cols or not mask[i, j]:
                    continue
                root = out[i, j]
                while leads[root] != root:
                    root = leads[root]
                if best == 0:
                    best = root
                elif root < best:
                    leads[best] = root
                    best = root
                elif root > best:
                    leads[root] = best
            if best == 0:
                used += 1
                leads[used] = used
                best = used
            out[r, c] = best
    final = np.zeros(used + 1, np.int32)
    count = 0
    for k in range(1, used + 1):
        root = k
        while leads[root] != root:
            root = leads[root]
        if root == k:
            count += 1
            final[k] = count
        else:
            # A root is smaller than what leads to it, so that its number is known.
            final[k] = final[root]
    for r in range(rows):
        for c in range(cols):
            out[r, c] = final[out[r, c]]
    return count
