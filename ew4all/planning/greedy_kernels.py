"""Greedy choice under a budget: gains, the lazy heap, and what a choice leaves.

Rows are people who are not reached, `left` how many of each row still are. Measure j has the rows ``row[start[j]:start[j + 1]]``
and reaches the share ``chance`` of those that are left in each, whatever else was chosen: measures are independent there.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def gain_of(j, start, row, chance, left):
    """Return the people whom a measure would reach of those left."""
    total = 0.0
    for k in range(start[j], start[j + 1]):
        total += left[row[k]] * chance[k]
    return total


@njit(nogil=True, cache=True)
def gains_of(start, row, chance, left, out):
    """Write the gain of every measure."""
    for j in range(start.size - 1):
        out[j] = gain_of(j, start, row, chance, left)


@njit(nogil=True, cache=True)
def take(j, start, row, chance, left):
    """Take away those whom a measure reaches."""
    for k in range(start[j], start[j + 1]):
        left[row[k]] *= 1.0 - chance[k]


@njit(nogil=True, cache=True)
def _key(gain, cost):
    if gain <= 0.0:
        return 0.0
    return gain / cost if cost > 0.0 else np.inf


@njit(nogil=True, cache=True)
def _before(a, b, key):
    """Whether a stands before b: more a unit of money, and of equals the first."""
    return key[a] > key[b] or (key[a] == key[b] and a < b)


@njit(nogil=True, cache=True)
def _sink(heap, size, at, key):
    while True:
        child = 2 * at + 1
        if child >= size:
            return
        if child + 1 < size and _before(heap[child + 1], heap[child], key):
            child += 1
        if not _before(heap[child], heap[at], key):
            return
        heap[at], heap[child] = heap[child], heap[at]
        at = child


@njit(nogil=True, cache=True)
def greedy(start, row, chance, cost, budget, reached, left, bound, chosen, total):
    """Choose by gain a unit of money until nothing more fits; remember the best choice plus one measure.

    Parameters
    ----------
    budget
        Money left. A measure that does not fit when its turn comes is dropped.
    reached
        People whom measures chosen before reach; what was taken before is gone from `left`.
    bound
        At least the gain of each measure, shape (measures,); 0 leaves a measure out. Lowered in place.
    chosen, total
        Shape (measures,): what is chosen, in order, and people reached after each.

    Returns
    -------
    count, best, cut, extra, evaluations
        Measures chosen; people reached by the best of all prefixes with at most one measure more, the length of that prefix,
        the measure (-1: none), and how many gains were computed.
    """
    n = cost.size
    heap = np.empty(n, np.int64)
    key = np.empty(n)
    size = 0
    for j in range(n):
        key[j] = _key(bound[j], cost[j])
        if bound[j] > 0.0 and cost[j] <= budget:
            heap[size] = j
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        _sink(heap, size, at, key)
    fresh = np.full(n, -1, np.int64)
    is_open = np.zeros(n, np.bool_)
    for at in range(size):
        is_open[heap[at]] = True
    count, evaluations = 0, 0
    best, cut, extra = reached, 0, -1
    looked = -1
    while size > 0:
        if looked < count:
            # The best single measure beside what is chosen so far, be it dear.
            looked = count
            while True:
                most, at_most = best, -1
                for j in range(n):
                    if is_open[j] and cost[j] <= budget and reached + bound[j] > most:
                        most, at_most = reached + bound[j], j
                if at_most < 0:
                    break
                if fresh[at_most] < count:
                    bound[at_most] = gain_of(at_most, start, row, chance, left)
                    key[at_most] = _key(bound[at_most], cost[at_most])
                    fresh[at_most] = count
                    evaluations += 1
                else:
                    best, cut, extra = reached + bound[at_most], count, at_most
            # Keys of the heap only fell, each where it stands: put it in order again.
            for at in range(size // 2 - 1, -1, -1):
                _sink(heap, size, at, key)
        top = heap[0]
        if cost[top] > budget or bound[top] <= 0.0:
            is_open[top] = False
            size -= 1
            heap[0] = heap[size]
            _sink(heap, size, 0, key)
            continue
        if fresh[top] < count:
            bound[top] = gain_of(top, start, row, chance, left)
            key[top] = _key(bound[top], cost[top])
            fresh[top] = count
            evaluations += 1
            _sink(heap, size, 0, key)
            continue
        take(top, start, row, chance, left)
        reached += bound[top]
        budget -= cost[top]
        chosen[count] = top
        total[count] = reached
        count += 1
        is_open[top] = False
        size -= 1
        heap[0] = heap[size]
        _sink(heap, size, 0, key)
    if count > 0 and total[count - 1] >= best:
        best, cut, extra = total[count - 1], count, -1
    return count, best, cut, extra, evaluations


@njit(nogil=True, cache=True)
def guessed(start, row, chance, cost, budget, left, bound, pairs):
    """Begin with every affordable measure, or every pair of them, and go on by `greedy`; return the best choice.

    Parameters
    ----------
    bound
        Gain of each measure where nothing is chosen.
    pairs
        Whether to begin with pairs too.

    Returns
    -------
    reached, chosen, count
        `chosen` of shape (measures,), of which `count` are used, in the order of choice.
    """
    n = cost.size
    best_reached, best_count = 0.0, 0
    best_chosen = np.empty(n, np.int64)
    chosen, total = np.empty(n, np.int64), np.empty(n)
    for first in range(n):
        if cost[first] > budget or bound[first] <= 0.0:
            continue
        with_first = left.copy()
        take(first, start, row, chance, with_first)
        for second in range(first, n if pairs else first + 1):
            spent, reached, seeds = cost[first], bound[first], 1
            here = with_first.copy()
            upper = bound.copy()
            upper[first] = 0.0
            if second > first:
                if cost[first] + cost[second] > budget or bound[second] <= 0.0:
                    continue
                spent += cost[second]
                reached += gain_of(second, start, row, chance, here)
                take(second, start, row, chance, here)
                upper[second] = 0.0
                seeds = 2
            _, found, cut, extra, _ = greedy(
                start, row, chance, cost, budget - spent, reached, here, upper, chosen, total
            )
            if found > best_reached:
                best_reached = found
                best_chosen[0] = first
                if seeds == 2:
                    best_chosen[1] = second
                for k in range(cut):
                    best_chosen[seeds + k] = chosen[k]
                best_count = seeds + cut
                if extra >= 0:
                    best_chosen[best_count] = extra
                    best_count += 1
    return best_reached, best_chosen, best_count
