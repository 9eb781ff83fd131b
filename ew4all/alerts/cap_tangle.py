"""Rings of strangers that cross themselves so often that no reading of them is worth its time.

Mending a ring takes time and memory with the square of its crossings, and checking one takes them with the pairs of edges whose
boxes overlap: 200 pairs of random numbers take eight seconds. A ring that a producer got wrong crosses itself in a few places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from ew4all.units import F64, I64

__all__ = ["Patience", "is_tangled"]

_MOST_PAIRS = 2_000_000
_MOST_PAIRS_AN_EDGE = 8
_FIRST_EDGES, _GROWTH = 8, 2


@dataclass
class Patience:
    """What is still looked into among the rings of one alert that are not valid; some tenths of a second in all.

    `crossings` and `touching` are pairs of edges, `vertices` those of such rings.
    """

    crossings: int = 250
    touching: int = 20_000
    vertices: int = 50_000

    @property
    def is_over(self) -> bool:
        """Whether too much was asked."""
        return min(self.crossings, self.touching, self.vertices) < 0


def is_tangled(ring: F64, patience: Patience) -> bool:
    """Whether a closed ring, shape (vertices, 2), meets itself too often to be read; `patience` is lessened by what it takes."""
    starts, ends = ring[:-1], ring[1:]
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    count = len(starts)
    most = _MOST_PAIRS + _MOST_PAIRS_AN_EDGE * count
    if _pairs_at_most(low, high) <= most and shapely.is_valid(shapely.polygons(ring)):
        return False
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    tree = shapely.STRtree(boxes)
    pairs = first = met = 0
    width = _FIRST_EDGES
    while first < count:
        one, other = tree.query(boxes[first : first + width])
        one = one + first
        pairs += one.size
        # Each pair once, and no neighbours: they share a vertex.
        apart = (other - one > 1) & ~((one == 0) & (other == count - 1))
        crossed, touched = _met(starts, ends, one[apart], other[apart])
        patience.crossings -= crossed
        patience.touching -= touched
        met += touched
        # Where boxes lie over each other, to ask whether the ring is valid is too much already.
        if (met and patience.is_over) or pairs > most:
            return True
        first += width
        # Wider where edges have few neighbours, so that no step holds more than some megabytes.
        if one.size < _MOST_PAIRS // 16:
            width *= _GROWTH
    if shapely.is_valid(shapely.polygons(ring)):
        return False
    patience.vertices -= len(ring)
    return patience.is_over


def _pairs_at_most(low: F64, high: F64) -> int:
    """Return a bound of the pairs of boxes that overlap: of those that do along one axis, the fewer."""
    found = []
    for axis in (0, 1):
        begun = np.searchsorted(np.sort(low[:, axis]), high[:, axis], "right").sum()
        over = np.searchsorted(np.sort(high[:, axis]), low[:, axis], "left").sum()
        found.append((int(begun) - int(over) - len(low)) // 2)
    return min(found)


def _met(starts: F64, ends: F64, one: I64, other: I64) -> tuple[int, int]:
    """Return how many pairs of edges cross, and how many meet in any way."""
    a, b, c, d = starts[one], ends[one], starts[other], ends[other]
    left, right = _side(a, b, c), _side(a, b, d)
    before, after = _side(c, d, a), _side(c, d, b)
    crossed = (left * right < 0) & (before * after < 0)
    touched = (left * right <= 0) & (before * after <= 0)
    return int(crossed.sum()), int(touched.sum())


def _side(a: F64, b: F64, point: F64) -> F64:
    """Return on which side of the line from `a` to `b` points lie, as -1, 0 or 1."""
    along, to = b - a, point - a
    side: F64 = np.sign(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
    return side
