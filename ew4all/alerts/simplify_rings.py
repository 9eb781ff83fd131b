"""Taking vertices out of rings so that each step only adds area, and joining parts that are too many."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    F64 = NDArray[np.float64]

__all__ = ["merged", "reduced"]

_Point = tuple[float, float]
_Step = tuple[float, int, int, int]
"""What taking a vertex out would add, the ring, the vertex, and the vertex's state at that time."""

_FEWEST = (
    4  # vertices of a ring, the repeated one not counted: a parallelogram has no shorter cover
)
_CLOSEST = 1e-12  # of the product of two directions: lines that are parallel do not meet


def reduced(parts: Sequence[BaseGeometry], budget: int) -> list[BaseGeometry]:
    """Return polygons with at most `budget` vertices in all, the repeated ones counted.

    They hold the given ones up to rounding. Where every part has four vertices, there may be more.
    """
    rings = [_Ring(part) for part in parts]
    total = sum(ring.size + 1 for ring in rings)
    heap: list[_Step] = []
    while total > budget:
        # A step that another vertex stood in the way of may have become possible meanwhile.
        before = total
        heap = [step for k, ring in enumerate(rings) for step in ring.steps(k)]
        heapq.heapify(heap)
        while heap and total > budget:
            _, k, vertex, stamp = heapq.heappop(heap)
            ring = rings[k]
            if ring.size <= _FEWEST or stamp != ring.stamp[vertex] or not ring.alive[vertex]:
                continue
            touched = ring.take(vertex)
            if touched is None:
                continue
            total -= 1
            for near in touched:
                ring.stamp[near] += 1
            for near in touched:
                for cost in ring.cost(near):
                    heapq.heappush(heap, (cost, k, near, ring.stamp[near]))
        if total == before:
            # Every step left would make a ring cross itself; a hull has no dents to be in the way.
            stuck = [k for k, ring in enumerate(rings) if ring.size > _FEWEST and not ring.is_hull]
            if not stuck:
                break
            hulls = {k: rings[k].polygon().convex_hull for k in stuck}
            k = min(stuck, key=lambda k: hulls[k].area - rings[k].polygon().area)
            hull = _Ring(hulls[k])
            hull.is_hull = True
            total += hull.size - rings[k].size
            rings[k] = hull
    return [ring.polygon() for ring in rings]


def merged(parts: Sequence[BaseGeometry], most: int) -> list[BaseGeometry]:
    """Join near parts until there are at most `most`, smallest parts first.

    Each joins its neighbour by whatever adds less: the convex hull of both, or a wedge that runs
    from the smaller into the larger.
    """
    left = list(parts)
    while len(left) > max(1, most):
        excess = len(left) - max(1, most)
        order = np.argsort([part.area for part in left], kind="stable")
        tree = shapely.STRtree(left)
        joints = []
        for k in order[: max(1, min(excess, len(left) // 2))].tolist():
            nearest = tree.query_nearest(left[k], exclusive=True, all_matches=False)
            if nearest.size:
                joints.append(_joint(left[k], left[int(nearest[0])]))
        union = shapely.get_parts(shapely.union_all([*left, *joints]))
        joined = [shapely.Polygon(part.exterior) for part in union]
        if len(joined) >= len(left):  # parts that touch in a point only stay apart
            joined = [shapely.union_all(left).convex_hull]
        left = joined
    return left


def _joint(small: BaseGeometry, large: BaseGeometry) -> BaseGeometry:
    """Return what makes one polygon of two that lie apart."""
    both = shapely.union_all([small, large])
    hull = both.convex_hull
    if small.distance(large) == 0.0:  # they touch in points
        grown = small.buffer(0.01 * float(np.sqrt(small.area)), join_style="mitre")
        one = shapely.union_all([large, grown])
        return grown if one.geom_type == "Polygon" and one.area < hull.area else hull
    (x0, y0), (x1, y1) = shapely.get_coordinates(shapely.shortest_line(small, large))[[0, -1]]
    # A little beyond the border, so that the wedge and the larger part share more than a point.
    beyond = 1.01
    tip = shapely.Point(x0 + beyond * (x1 - x0), y0 + beyond * (y1 - y0))
    wedge = shapely.union_all([small, tip]).convex_hull
    with_wedge = shapely.union_all([both, wedge])
    if with_wedge.geom_type != "Polygon" or with_wedge.area >= hull.area:
        return hull
    return wedge


class _Ring:
    """A ring counter-clockwise as a chain of vertices, some of which are gone."""

    def __init__(self, polygon: BaseGeometry) -> None:
        ring = shapely.get_coordinates(shapely.normalize(polygon).exterior)[:-1]
        # normalize writes shells clockwise.
        self.xy: F64 = np.ascontiguousarray(ring[::-1])
        # The same as plain numbers: arithmetic on two of them is much quicker than on arrays.
        self.points: list[_Point] = [(x, y) for x, y in self.xy.tolist()]
        count = len(self.xy)
        self.alive = np.ones(count, dtype=np.bool_)
        self.after: NDArray[np.intp] = np.roll(np.arange(count), -1)
        self.before: NDArray[np.intp] = np.roll(np.arange(count), 1)
        self.stamp = [0] * count
        self.size = count
        self.is_hull = False

    def polygon(self) -> BaseGeometry:
        return shapely.Polygon(self.xy[self._order()])

    def _order(self) -> list[int]:
        start = int(np.argmax(self.alive))
        order = [start]
        while (following := int(self.after[order[-1]])) != start:
            order.append(following)
        return order

    def steps(self, k: int) -> list[_Step]:
        """Return every step that this ring, number `k`, offers."""
        return [
            (cost, k, vertex, self.stamp[vertex])
            for vertex in np.flatnonzero(self.alive).tolist()
            for cost in self.cost(vertex)
        ]

    def cost(self, vertex: int) -> list[float]:
        """Return the area that taking this vertex out would add; nothing where that cannot be."""
        if not self.alive[vertex]:
            return []
        a, b, c = self._three(vertex)
        turn = _cross(a, b, c)
        if turn <= 0.0:  # a dent, or a vertex on a line
            return [-turn / 2.0]
        meeting = self._meeting(vertex)
        if meeting is None:
            return []
        return [abs(_cross(b, meeting, c)) / 2.0]

    def take(self, vertex: int) -> tuple[int, ...] | None:
        """Take a vertex out. Returns the vertices whose costs have changed, None if it must stay."""
        a, b, c = self._three(vertex)
        following = int(self.after[vertex])
        if _cross(a, b, c) <= 0.0:
            if self._holds(a, b, c, (int(self.before[vertex]), vertex, following)):
                return None
            self._unlink(vertex)
        else:
            meeting = self._meeting(vertex)
            if meeting is None:
                return None
            first, last = int(self.before[vertex]), int(self.after[following])
            beyond = (first, vertex, following, last)
            if self._holds(b, meeting, c, beyond) or self._cut(b, meeting, c, beyond):
                return None
            self._unlink(vertex)
            self.xy[following] = self.points[following] = meeting
        left, right = int(self.before[following]), int(self.after[following])
        return tuple({int(self.before[left]), left, following, right})

    def _three(self, vertex: int) -> tuple[_Point, _Point, _Point]:
        points = self.points
        return points[self.before[vertex]], points[vertex], points[self.after[vertex]]

    def _meeting(self, vertex: int) -> _Point | None:
        """Return where the edges before and after the edge that begins here would meet, outside."""
        a, b, c = self._three(vertex)
        d = self.points[self.after[self.after[vertex]]]
        if _cross(b, c, d) <= 0.0:
            return None
        u, v, w = _less(b, a), _less(c, d), _less(c, b)
        det = u[0] * v[1] - u[1] * v[0]
        if abs(det) <= _CLOSEST * math.hypot(*u) * math.hypot(*v):
            return None
        s = (w[0] * v[1] - w[1] * v[0]) / det
        t = (w[0] * u[1] - w[1] * u[0]) / det
        if s <= 0.0 or t <= 0.0:
            return None
        return b[0] + s * u[0], b[1] + s * u[1]

    def _unlink(self, vertex: int) -> None:
        left, right = self.before[vertex], self.after[vertex]
        self.after[left], self.before[right] = right, left
        self.alive[vertex] = False
        self.size -= 1

    def _holds(self, a: _Point, b: _Point, c: _Point, but: tuple[int, ...]) -> bool:
        """Whether another vertex of the ring lies in or on a triangle."""
        xs, ys = (a[0], b[0], c[0]), (a[1], b[1], c[1])
        x, y = self.xy[:, 0], self.xy[:, 1]
        inside = self.alive & (x >= min(xs)) & (x <= max(xs)) & (y >= min(ys)) & (y <= max(ys))
        inside[list(but)] = False
        near = self.xy[inside]
        if not len(near):
            return False
        sides = np.column_stack([_crosses(p, q, near) for p, q in ((a, b), (b, c), (c, a))])
        return bool(((sides >= 0.0).all(axis=1) | (sides <= 0.0).all(axis=1)).any())

    def _cut(self, b: _Point, x: _Point, c: _Point, but: tuple[int, ...]) -> bool:
        """Whether an edge of the ring crosses one of the two new sides of a triangle."""
        edges = self.alive.copy()
        edges[list(but[:-1])] = False
        p, q = self.xy[edges], self.xy[self.after[edges]]
        for one, other in ((b, x), (x, c)):
            apart = _crosses(one, other, p) * _crosses(one, other, q) <= 0.0
            across = _sides(p, q, one) * _sides(p, q, other) <= 0.0
            if (apart & across).any():
                return True
        return False


def _less(a: _Point, b: _Point) -> _Point:
    return a[0] - b[0], a[1] - b[1]


def _cross(a: _Point, b: _Point, c: _Point) -> float:
    """Twice the area of a triangle, positive where it turns left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _crosses(a: _Point, b: _Point, points: F64) -> F64:
    out: F64 = (b[0] - a[0]) * (points[:, 1] - a[1]) - (b[1] - a[1]) * (points[:, 0] - a[0])
    return out


def _sides(p: F64, q: F64, point: _Point) -> F64:
    out: F64 = (q[:, 0] - p[:, 0]) * (point[1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (
        point[0] - p[:, 0]
    )
    return out
