"""Random grids and polygons for property tests: the awkward ones more often than chance would give them.

Polygons are drawn in cells (columns and rows of a grid's corners) and then placed on the grid, so that vertices on
corners, on edges and outside the raster are common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from hypothesis import strategies as st
from pyproj import CRS

from ew4all.grid import Grid
from ew4all.reprojection import only_polygons

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn, SearchStrategy

WGS84 = CRS.from_epsg(4326)
UTM20N = CRS.from_epsg(32620)
MARGIN = 4.0
"""Polygons reach so many cells beyond the raster."""


def placed(shape: Any, grid: Grid) -> Any:
    """Bring a shape drawn in cells to the grid's CRS."""

    def place(xy: Any) -> Any:
        return np.column_stack(grid.xy(xy[:, 0], xy[:, 1]))

    return shapely.transform(shape, place)


@st.composite
def plain_grids(draw: DrawFn, most: int = 12) -> Grid:
    """North-up grids whose corners are exact in floating point."""
    rows, cols = draw(st.integers(1, most)), draw(st.integers(1, most))
    width = draw(st.sampled_from([1.0, 0.5, 0.25, 100.0]))
    height = draw(st.sampled_from([width, width, 2 * width]))
    x, y = draw(st.sampled_from([(0.0, 8.0), (-61.75, 12.5), (500_000.0, 1_300_000.0)]))
    return Grid(Affine(width, 0.0, x, 0.0, -height, y), rows, cols, UTM20N)


@st.composite
def grids(draw: DrawFn, most: int = 12) -> Grid:
    """Grids of crooked cell sizes: north-up, south-up, mirrored, turned and skewed."""
    rows, cols = draw(st.integers(1, most)), draw(st.integers(1, most))
    width = draw(st.sampled_from([0.1, 1 / 120, 100.0, 30.48]))
    height = draw(st.sampled_from([width, width, width / 3]))
    x, y = draw(st.sampled_from([(0.0, 8.0), (-61.8, 12.6), (500_000.0, 1_300_000.0)]))
    turn = np.radians(draw(st.sampled_from([0.0, 90.0, 180.0, 30.0, -77.5])))
    skew = draw(st.sampled_from([0.0, 0.4]))
    right = np.array([np.cos(turn), np.sin(turn)]) * draw(st.sampled_from([-1.0, 1.0])) * width
    down = np.array([np.sin(turn) + skew, -np.cos(turn)]) * draw(st.sampled_from([-1.0, 1.0]))
    down *= height
    transform = Affine(right[0], down[0], x, right[1], down[1], y)
    return Grid(transform, rows, cols, UTM20N)


def _places(most: float, *, plain: bool = False) -> SearchStrategy[float]:
    if plain:
        # No vertex on the edge of a cell, and hardly ever an edge through a corner.
        steps = st.integers(int(-MARGIN * 1009), int((most + MARGIN) * 1009))
        return steps.map(lambda k: (k + 0.37) / 1009)
    whole = st.integers(int(-MARGIN), int(most + MARGIN)).map(float)
    quarter = st.integers(int(-4 * MARGIN), int(4 * (most + MARGIN))).map(lambda k: k / 4)
    return whole | quarter | st.floats(-MARGIN, most + MARGIN, allow_nan=False)


@st.composite
def _points(draw: DrawFn, grid: Grid, least: int, most: int, *, plain: bool = False) -> Any:
    n = draw(st.integers(least, most))
    x = draw(st.lists(_places(grid.width, plain=plain), min_size=n, max_size=n))
    y = draw(st.lists(_places(grid.height, plain=plain), min_size=n, max_size=n))
    return np.column_stack([x, y])


@st.composite
def tangles(draw: DrawFn, grid: Grid, *, plain: bool = False) -> Any:
    """A ring through random points, read by the even-odd rule: multipolygons, holes, touching corners."""
    ring = draw(_points(grid, 3, 9, plain=plain))
    return only_polygons(shapely.make_valid(shapely.Polygon(ring)))


@st.composite
def stars(draw: DrawFn, grid: Grid, *, plain: bool = False) -> Any:
    """A ring around a centre: a coast with up to 300 vertices, often with a star-shaped hole."""
    x = draw(_places(grid.width, plain=plain))
    y = draw(_places(grid.height, plain=plain))
    radius = draw(st.sampled_from([0.3, 1.0, 2.5, 7.0, 30.0]))
    rough = draw(st.sampled_from([0.0, 0.3, 0.9]))
    n = draw(st.sampled_from([4, 7, 60, 300]))
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shell = star(x, y, radius, n, rough, noise)
    if draw(st.booleans()):
        hole = star(x, y, radius * 0.4 * (1 - rough), max(4, n // 3), 0.0, noise)
        shell = shell.difference(hole)
    return shell


def star(
    x: float, y: float, radius: float, vertices: int, rough: float, noise: np.random.Generator
) -> Any:
    """A polygon that its centre sees whole, with radii between ``radius * (1 - rough)`` and `radius`."""
    angle = np.linspace(0.0, 2 * np.pi, vertices, endpoint=False)
    r = radius * (1.0 - rough * noise.random(vertices))
    return shapely.Polygon(np.column_stack([x + r * np.cos(angle), y + r * np.sin(angle)]))


@st.composite
def slivers(draw: DrawFn, grid: Grid) -> Any:
    """A strip or a needle much thinner than a cell, along an edge of cells or across them."""
    a, b = draw(_points(grid, 2, 2))
    thin = draw(st.sampled_from([0.3, 1e-3, 1e-6]))
    along = b - a
    length = float(np.hypot(*along))
    if length < 0.1:
        b, along, length = a + np.array([1.0, 0.0]), np.array([1.0, 0.0]), 1.0
    across = np.array([-along[1], along[0]]) / length * thin
    end = draw(st.sampled_from([0.0, 1.0]))
    return only_polygons(shapely.make_valid(shapely.Polygon([a, b, b + across * end, a + across])))


@st.composite
def boxes(draw: DrawFn, grid: Grid) -> Any:
    """Rectangles of whole cells: every edge runs along cell edges."""
    whole = st.integers(-2, max(grid.shape) + 2)
    x, y = draw(whole), draw(whole)
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return shapely.box(x, y, x + width, y + height)


@st.composite
def far(draw: DrawFn, grid: Grid) -> Any:
    """Polygons wholly beyond one side of the raster, or around all of it."""
    wide, high = float(grid.width), float(grid.height)
    sides = {
        "left": (-9.0, 1.0, -2.0, high),
        "right": (wide + 1.0, 0.0, wide + 5.0, high),
        "above": (0.0, -5.5, wide, -1.0),
        "below": (0.0, high, wide, high + 3.0),
        "around": (-1e4, -1e3, wide + 1e4, high + 1e3),
        "left and across": (-1e3, 0.25, wide / 2, high - 0.25 if high > 1 else 0.75),
    }
    return shapely.box(*draw(st.sampled_from(list(sides.values()))))


def polygons(grid: Grid) -> SearchStrategy[Any]:
    """Valid polygons and multipolygons in the grid's CRS; some hold no cell at all."""
    kinds: list[Callable[[Grid], SearchStrategy[Any]]] = [tangles, stars, slivers, boxes, far]
    drawn = st.one_of([kind(grid) for kind in kinds])
    return drawn.map(lambda shape: _valid(placed(shape, grid)))


def plain_polygons(grid: Grid) -> SearchStrategy[Any]:
    """Valid polygons in general position: no vertex on a cell's edge."""
    drawn = tangles(grid, plain=True) | stars(grid, plain=True)
    return drawn.map(lambda shape: _valid(placed(shape, grid)))


def _valid(shape: Any) -> Any:
    # Rounding to a grid far from the origin may make needles touch themselves.
    return shape if shape.is_valid else only_polygons(shapely.make_valid(shape))


@st.composite
def on_grids(
    draw: DrawFn,
    of: Callable[[], SearchStrategy[Grid]] = grids,
    shapes: Callable[[Grid], SearchStrategy[Any]] = polygons,
    *,
    most: int = 1,
) -> tuple[Grid, list[Any]]:
    """A grid and one to `most` polygons on it."""
    grid = draw(of())
    return grid, draw(st.lists(shapes(grid), min_size=1, max_size=most))
