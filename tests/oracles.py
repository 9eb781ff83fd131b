"""Slow and obvious twins of what must be fast, and the peer that it is measured against.

Nothing here shares a line with the package: cells are shapely polygons, a share is an area of an intersection, a total
is a sum over cells.
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


def cells_of(grid: Grid) -> NDArray[Any]:
    """Every cell as a shapely polygon in the grid's CRS, shape (rows, columns)."""
    t = grid.transform
    rows, cols = np.mgrid[0 : grid.height, 0 : grid.width].astype(float)
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    x = np.stack([t.a * (cols + i) + t.b * (rows + j) + t.c for i, j in corners], axis=-1)
    y = np.stack([t.d * (cols + i) + t.e * (rows + j) + t.f for i, j in corners], axis=-1)
    return np.asarray(shapely.polygons(np.stack([x, y], axis=-1)))


def fractions(geometry: Any, grid: Grid) -> F64:
    """Share of each cell inside a polygon: area of the intersection over area of the cell."""
    if geometry is None or geometry.is_empty:
        return np.zeros(grid.shape)
    cells = cells_of(grid)
    out = np.zeros(grid.shape)
    met = shapely.intersects(cells, geometry)
    out[met] = shapely.area(shapely.intersection(cells[met], geometry)) / shapely.area(cells[met])
    return out


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
