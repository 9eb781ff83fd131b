"""Where a measure of some reach would help most: peaks of the people who are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from ew4all.units import F64, I64

__all__ = ["peaks"]

_KM_PER_DEGREE: Final = 111.2
_PARTS: Final = 2
_MOST_SQUARES: Final = 16_000_000


def peaks(
    lon_deg: F64, lat_deg: F64, people: F64, radius_km: float, most: int, least: float = 1.0
) -> I64:
    """Return cells around which most people lie within a radius, those of earlier places not counted again.

    People are counted in squares of half the radius; of the square with the most people in and around it, the inhabited cell
    nearest to the middle of its people is taken, and the people within the radius are done with.

    Parameters
    ----------
    lon_deg, lat_deg, people
        Middles of cells and people left out there, shape (cells,).
    radius_km
        Reach of a measure.
    most
        Places wanted.
    least
        A place with fewer people around it is not worth one.

    Returns
    -------
    int64, shape (places,)
        Numbers of cells, the place with the most people first.
    """
    if most < 1 or not people.size or not (people > 0.0).any():
        return np.empty(0, np.int64)
    middle = float(np.median(lat_deg))
    # Around the first meridian of the cells, so that the antimeridian cuts nothing.
    east = (lon_deg - lon_deg[0] + 180.0) % 360.0 - 180.0
    x = east * np.cos(np.radians(middle)) * _KM_PER_DEGREE
    y = lat_deg * _KM_PER_DEGREE
    x, y = x - x.min(), y - y.min()
    side = radius_km / _PARTS
    while (x.max() / side + 1.0) * (y.max() / side + 1.0) > _MOST_SQUARES:
        side *= 2.0
    col, row = (x / side).astype(np.int64), (y / side).astype(np.int64)
    wide, high = int(col.max()) + 1, int(row.max()) + 1
    square = row * wide + col
    reach = max(1, round(radius_km / side))
    left = people.astype(np.float64).copy()
    held: F64 = (
        np.bincount(square, left, minlength=wide * high).astype(np.float64).reshape(high, wide)
    )
    around = _sums(held, reach)
    order = np.argsort(square, kind="stable")
    first = np.searchsorted(square[order], np.arange(wide * high + 1))
    found: list[int] = []
    while len(found) < most:
        best = int(np.argmax(around))
        if around.flat[best] < least:
            break
        r, c = divmod(best, wide)
        r0, r1, c0, c1 = max(r - reach, 0), min(r + reach + 1, high), max(c - reach, 0), min(c + reach + 1, wide)  # fmt: skip
        near = np.concatenate([order[first[k * wide + c0] : first[k * wide + c1]] for k in range(r0, r1)])  # fmt: skip
        here = near[left[near] > 0.0]
        if not here.size:
            around.flat[best] = 0.0
            continue
        weight = left[here]
        away = (x[here] - np.average(x[here], weights=weight)) ** 2 + (
            y[here] - np.average(y[here], weights=weight)
        ) ** 2
        at = int(here[np.lexsort((here, away))[0]])
        found.append(at)
        done = near[(x[near] - x[at]) ** 2 + (y[near] - y[at]) ** 2 <= radius_km**2]
        left[done] = 0.0
        # The square itself is done with, wherever its people lie.
        left[order[first[best] : first[best + 1]]] = 0.0
        shape = (r1 - r0, c1 - c0)
        local = (row[near] - r0) * shape[1] + col[near] - c0
        held[r0:r1, c0:c1] = np.bincount(local, left[near], shape[0] * shape[1]).reshape(shape)
        a0, a1, b0, b1 = max(r0 - reach, 0), min(r1 + reach, high), max(c0 - reach, 0), min(c1 + reach, wide)  # fmt: skip
        e0, e1, f0, f1 = max(a0 - reach, 0), min(a1 + reach, high), max(b0 - reach, 0), min(b1 + reach, wide)  # fmt: skip
        part = _sums(held[e0:e1, f0:f1], reach)
        around[a0:a1, b0:b1] = part[a0 - e0 : a1 - e0, b0 - f0 : b1 - f0]
    return np.array(found, np.int64)


def _sums(held: F64, reach: int) -> F64:
    """Return sums over squares up to some away on each side."""
    out: F64 = np.asarray(held, np.float64)
    for axis in (0, 1):
        padded = np.concatenate(
            [np.zeros_like(np.take(out, [0], axis)), np.cumsum(out, axis=axis)], axis
        )
        n = out.shape[axis]
        last = np.minimum(np.arange(n) + reach + 1, n)
        begin = np.maximum(np.arange(n) - reach, 0)
        out = np.take(padded, last, axis) - np.take(padded, begin, axis)
    return out
