"""Slow and obvious twins of what must be fast, and the peer that it is measured against.

Nothing here shares a line with the package: a share of a cell is the area of the polygon cut to that cell, a total is a
sum over cells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.grid import Grid

F64 = np.ndarray[Any, np.dtype[np.float64]]


def fractions(geometry: Any, grid: Grid) -> F64:
    """Share of each cell inside a polygon: its rings are cut along every line of the grid.

    Cutting one half-plane after the other (Sutherland and Hodgman, 1974) leaves edges that run back and forth along a
    line and hold no area, so that no case needs care: GEOS, which looks for a clean outline, takes a cell for its
    neighbour where a vertex lies 1e-19 beside a corner.
    """
    out = np.zeros(grid.shape)
    t = grid.transform
    to_cells = np.linalg.inv([[t.a, t.b], [t.d, t.e]]).T
    parts = shapely.get_parts(shapely.get_parts([] if geometry is None else geometry))
    for polygon in parts[shapely.get_dimensions(parts) == 2]:
        for ring, sign in [(polygon.exterior, 1.0), *((hole, -1.0) for hole in polygon.interiors)]:
            xy = (shapely.get_coordinates(ring)[:-1] - [t.c, t.f]) @ to_cells
            out += sign * np.abs(_ring_in_cells(xy.tolist(), grid.shape))
    return out


Ring = list[list[float]]


def _ring_in_cells(ring: Ring, shape: tuple[int, int]) -> F64:
    out = np.zeros(shape)
    for row in range(shape[0]):
        strip = _cut(_cut(ring, 1, row, 1.0), 1, row + 1, -1.0)
        for col in range(shape[1]) if strip else ():
            rest = _cut(strip, 0, col, 1.0)
            out[row, col] = _area(_cut(rest, 0, col + 1, -1.0))
    return out


def _cut(ring: Ring, axis: int, at: float, side: float) -> Ring:
    """Keep the part of a ring where ``side * (coordinate - at) >= 0``."""
    out: Ring = []
    for k, point in enumerate(ring):
        before = ring[k - 1]
        here, there = side * (point[axis] - at), side * (before[axis] - at)
        if (here >= 0.0) != (there >= 0.0):
            share = there / (there - here)
            cut = [before[i] + share * (point[i] - before[i]) for i in (0, 1)]
            cut[axis] = at
            out.append(cut)
        if here >= 0.0:
            out.append(point)
    return out


def _area(ring: Ring) -> float:
    if not ring:
        return 0.0
    x0, y0 = ring[0]
    return 0.5 * math.fsum(
        (ring[k - 1][0] - x0) * (y - y0) - (x - x0) * (ring[k - 1][1] - y0)
        for k, (x, y) in enumerate(ring)
    )


def totals(
    geometries: Sequence[Any],
    grid: Grid,
    people: NDArray[Any],
    layers: Sequence[NDArray[Any]] = (),
    shares: Sequence[NDArray[Any]] = (),
) -> F64:
    """People, people under each 0/1 layer, people x share inside each polygon, summed exactly."""
    out = np.zeros((len(geometries), 1 + len(layers) + len(shares)))
    for k, geometry in enumerate(geometries):
        inside = fractions(geometry, grid) * people.astype(float)
        columns = [inside]
        columns += [inside * (layer != 0) for layer in layers]
        columns += [inside * share.astype(float) for share in shares]
        out[k] = [math.fsum(column.ravel()) for column in columns]
    return out


def peer_fractions(geometry: Any, grid: Grid) -> F64:
    """Share of each cell by exactextract (held in float32 there); the grid must be north-up."""
    out = np.zeros(grid.shape)
    if geometry.is_empty:
        return out  # the peer refuses it
    found = _peer(geometry, grid, np.zeros(grid.shape, np.float32), ["cell_id", "coverage"])
    if found.get("cell_id") is not None:
        out.ravel()[np.asarray(found["cell_id"])] = found["coverage"]
    return out


def peer_sum(geometry: Any, grid: Grid, people: NDArray[Any]) -> float:
    """People inside a polygon by exactextract."""
    found = _peer(geometry, grid, people, ["sum"])["sum"]
    return 0.0 if found is None else float(found)


def _peer(geometry: Any, grid: Grid, values: NDArray[Any], operations: list[str]) -> dict[str, Any]:
    west, south, east, north = grid.bounds
    raster = NumPyRasterSource(values, west, south, east, north)
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(geometry), "properties": {}}
    (found,) = exact_extract(raster, [feature], operations)
    properties: dict[str, Any] = found["properties"]
    return properties


def cell_centres_inside(geometry: Any, grid: Grid) -> NDArray[np.bool_]:
    """Whether the centre of each cell lies inside a polygon: the rule of most zonal statistics."""
    cols, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = grid.xy(cols, rows)
    return np.asarray(shapely.contains_xy(geometry, x, y))
