"""Who serves whom, pixel by pixel: shares of categories, and the histories of service that ranks take.

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

CATEGORIES = 9
NOBODY = 8

NEAR = 1e-6
"""Ranks nearer to each other are one: shares are float32, and no person is split for their rounding."""


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
def _apart(h: int, k: int, state: Any, technology: Any, span: Any, most: float) -> float:
    """Return how far two histories are apart; no more than needed to see that it is `most` or more."""
    distance = 0.0
    for e in range(span.size):
        if state[h, e] != state[k, e]:
            distance += span[e]
        elif technology[h, e] != technology[k, e]:
            distance += 0.5 * span[e]
        if distance >= most:
            break
    return distance


@njit(nogil=True, cache=True)
def nearest_alike(
    begin: Any,
    outdoors: Any,
    indoors: Any,
    kept: Any,
    state: Any,
    technology: Any,
    span: Any,
    target: Any,
    far: Any,
) -> None:
    """Find for each cohort the nearest in history of those that are kept and alike in all else.

    Parameters
    ----------
    begin : (places + 1,)
        Where each place's cohorts begin; those of a place are alike but for their histories.
    outdoors, indoors, kept : (cohorts,)
        Histories, and whether a cohort is kept; one of each place is at least.
    state, technology : (histories, epochs) int8
        What tells histories apart: another state counts whole, another technology half.
    span : (epochs,)
        Weight of each epoch, adding up to 1.
    target, far : (cohorts,)
        Written: the cohort taken, and how far it is, the mean of outdoors and indoors.
    """
    for g in range(begin.size - 1):
        for i in range(begin[g], begin[g + 1]):
            target[i] = i
            far[i] = 0.0
            if kept[i]:
                continue
            best = np.inf
            for j in range(begin[g], begin[g + 1]):
                if not kept[j]:
                    continue
                one = _apart(outdoors[i], outdoors[j], state, technology, span, 2.0 * best)
                if one < 2.0 * best:
                    both = one + _apart(
                        indoors[i], indoors[j], state, technology, span, 2.0 * best - one
                    )
                    if 0.5 * both < best:
                        best = 0.5 * both
                        target[i] = j
            far[i] = best
