"""How long the sides of a raster's cells are on the ellipsoid, and which way they point.

The square of the distance between two places of a grid, some tens of kilometres apart, is a quadratic form of their difference
in columns and rows, with coefficients taken midway between them. For longitudes and latitudes that is the middle-latitude
formula: within 35 km it lies within 1e-5 of the geodesic up to 70 degrees of latitude (a test holds it to that).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.grid import GEOID, lonlat

if TYPE_CHECKING:
    from ew4all.grid import Grid
    from ew4all.units import F64, I32

__all__ = ["Frame", "Metric", "frame_at"]

_SPAN_M = 1000.0
_FRAMES = 17
_NODE_ROWS = 32


class Frame(NamedTuple):
    """Sides of a cell at some places, metres to the east and to the north; every array has one value a place."""

    column_east: F64
    column_north: F64
    row_east: F64
    row_north: F64

    @property
    def metric(self) -> F64:
        """Square along the row, mixed product, square along the column; shape (3, places)."""
        return np.array(
            [
                self.column_east**2 + self.column_north**2,
                self.column_east * self.row_east + self.column_north * self.row_north,
                self.row_east**2 + self.row_north**2,
            ]
        )

    @property
    def up(self) -> F64:
        """1 where rows run to the right-hand side of the columns' direction, as on a map; else -1."""
        return np.where(
            self.column_east * self.row_north - self.column_north * self.row_east < 0.0, 1.0, -1.0
        )

    @property
    def bearing_deg(self) -> F64:
        """Direction of the columns, clockwise from true north."""
        return np.degrees(np.arctan2(self.column_east, self.column_north))


def frame_at(grid: Grid, columns: F64, rows: F64) -> Frame:
    """Return the sides of a cell at places given in cells of a grid.

    Parameters
    ----------
    columns, rows
        Shape (places,); (0, 0) is the corner of the first cell. They may lie outside the grid.
    """
    if grid.is_geographic and grid.is_north_up and not grid.crs.is_derived:
        t = grid.transform
        latitude = np.radians(np.clip(t.f + t.e * rows, -89.9, 89.9))
        w = np.sqrt(1.0 - GEOID.es * np.sin(latitude) ** 2)
        east = np.radians(t.a) * GEOID.a / w * np.cos(latitude)
        north = np.radians(t.e) * GEOID.a * (1.0 - GEOID.es) / w**3
        nothing = np.zeros_like(latitude)
        return Frame(east, nothing, nothing, north)
    unit = _metres_per_unit(grid)
    by_column = _side(grid, columns, rows, _SPAN_M / (grid.cell_size[0] * unit), 0.0)
    by_row = _side(grid, columns, rows, 0.0, _SPAN_M / (grid.cell_size[1] * unit))
    return Frame(*by_column, *by_row)


@dataclass(frozen=True, eq=False)
class Metric:
    """`Frame.metric` on a lattice of a grid's rows and, where sides change along a row, columns.

    Attributes
    ----------
    columns
        Columns at which it was taken, shape (frames,).
    first_row, row_step
        Row of the first node, and rows from one node to the next.
    values
        Shape (frames, 3, nodes).
    up
        See `Frame.up`.
    """

    columns: F64
    first_row: float
    row_step: float
    values: F64
    up: float

    @classmethod
    def of(cls, grid: Grid, margin_m: float) -> Metric:
        """Take the metric of a grid and of what lies around it."""
        plain = grid.is_geographic and grid.is_north_up and not grid.crs.is_derived
        frames = 1 if plain else _FRAMES
        columns = (np.arange(frames) + 0.5) * grid.width / frames
        middle = frame_at(grid, np.array([0.5 * grid.width]), np.array([0.5 * grid.height]))
        high_m = float(np.sqrt(middle.metric[2, 0]))
        margin = int(np.ceil(min(margin_m / high_m, 20.0 * grid.height + 1000.0)))
        rows = np.arange(-margin, grid.height + margin + _NODE_ROWS, _NODE_ROWS, dtype=np.float64)
        rows = np.append(rows, rows[-1] + _NODE_ROWS)
        values = np.empty((frames, 3, rows.size))
        for k, column in enumerate(columns):
            found = frame_at(grid, np.full(rows.size, column), rows).metric
            known = np.isfinite(found).all(axis=0)
            if not known.any():
                found, known = middle.metric.repeat(rows.size, axis=1), np.ones(rows.size, np.bool_)
            # Beyond the area in which a projection is defined there are no pixels that count.
            values[k] = [np.interp(rows, rows[known], row[known]) for row in found]
        return cls(columns, float(rows[0]), float(_NODE_ROWS), values, float(middle.up[0]))

    def frame_of(self, columns: F64) -> I32:
        """Return the nearest frame of each place."""
        nearest: I32 = np.abs(columns[:, None] - self.columns).argmin(axis=1).astype(np.int32)
        return nearest

    def at(self, frame: I32, rows: F64) -> tuple[F64, F64, F64]:
        """Return a, shift, b of `signal_kernels.edges_of` at places, given the row in the middle of both ends."""
        at = (rows - self.first_row) / self.row_step
        k = np.clip(at.astype(np.int64), 0, self.values.shape[2] - 2)
        w = at - k
        low, high = (np.moveaxis(self.values[frame, :, k + j], -1, 0) for j in (0, 1))
        e, f, g = low + w * (high - low)
        return e, f / e, g - f * f / e


def _metres_per_unit(grid: Grid) -> float:
    if grid.is_geographic:
        return 111e3
    return float(grid.crs.axis_info[0].unit_conversion_factor)


def _side(
    grid: Grid, columns: F64, rows: F64, half_column: float, half_row: float
) -> tuple[F64, F64]:
    to_lonlat = lonlat(grid.crs)
    lon_0, lat_0 = to_lonlat.transform(*grid.xy(columns - half_column, rows - half_row))
    lon_1, lat_1 = to_lonlat.transform(*grid.xy(columns + half_column, rows + half_row))
    there, back, long_m = GEOID.inv(lon_0, lat_0, lon_1, lat_1)
    # The direction halfway: forward at the one end, reversed at the other.
    turn = (np.asarray(back) + 180.0 - there + 180.0) % 360.0 - 180.0
    bearing = np.radians(there + turn / 2.0)
    cells = 2.0 * max(half_column, half_row)
    return np.sin(bearing) * long_m / cells, np.cos(bearing) * long_m / cells
