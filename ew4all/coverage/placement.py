"""Where the cells of a network lie on a grid, and which blocks they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from ew4all.coverage.ground_metric import Metric, frame_at
from ew4all.coverage.signal_kernels import RADIALS, STEPS, UNITS_PER_DB
from ew4all.coverage.signal_tables import Tables, step_distances_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.cells import Cells
    from ew4all.coverage.signal_defaults import Radio
    from ew4all.coverage.terrain import Terrain
    from ew4all.grid import Block, Grid
    from ew4all.units import F64, I32

__all__ = ["Placed", "boxes_within"]


@dataclass(frozen=True, eq=False)
class Placed:
    """Cells in the pixels of a grid; a cell near the antimeridian may have a place at either end of the grid.

    `owner` is the cell of each place, `level` its power in 1/128 dB, `box` its rows and columns (first, end) within reach.
    """

    owner: NDArray[np.int64]
    column: F64
    row: F64
    frame: I32
    reach_m: F64
    level: I32
    box: NDArray[np.int64]
    tables: Tables
    metric: Metric
    terrain: Terrain | None
    height_m: F64
    frequency_mhz: F64
    mobile_m: float
    grid: Grid

    @classmethod
    def of(
        cls,
        cells: Cells,
        grid: Grid,
        terrain: Terrain | None,
        radio: Radio,
        eirp: F64,
        need_dbm: F64,
    ) -> Placed:
        """Find the places of cells.

        Parameters
        ----------
        eirp, need_dbm
            Power of each cell, and level at which half of the places are served by it, shape (cells,).
        """
        metric = Metric.of(grid, 1000.0 * radio.reach_km)
        with np.errstate(invalid="ignore"):
            x, y = Transformer.from_crs(4326, grid.crs, always_xy=True).transform(
                cells.lon_deg, cells.lat_deg, errcheck=False
            )
        x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        a, b, c, d, e, f = grid.inverse
        turn = 360.0 if grid.is_geographic else np.nan
        places = []
        for turns in (0.0, -1.0, 1.0) if grid.is_geographic else (0.0,):
            east = x + turns * turn if turns else x
            places.append((a * east + b * y + c, d * east + e * y + f))
        known = np.isfinite(x) & np.isfinite(y)
        bearing = np.zeros(len(cells))
        bearing[known] = frame_at(
            grid, np.clip(places[0][0][known], 0, grid.width), np.clip(places[0][1][known], 0, grid.height)
        ).bearing_deg  # fmt: skip
        cut = need_dbm - radio.tail_sd * radio.shadowing_sd_db
        tables = Tables.of(cells, eirp, cut, bearing, radio)
        owner = np.concatenate([np.arange(len(cells))] * len(places))
        column, row = (np.concatenate([p[k] for p in places]) for k in (0, 1))
        reach = np.concatenate([np.where(known, tables.reach_m, 0.0)] * len(places))
        with np.errstate(invalid="ignore"):
            box = boxes_within(metric, column, row, reach)
            near = (box[1] > 0) & (box[0] < grid.height) & (box[3] > 0) & (box[2] < grid.width)
        near &= reach > 0.0
        # By cell, so that the first of equals does not depend on the turn in which it lies.
        keep = np.flatnonzero(near)
        keep = keep[np.argsort(owner[keep], kind="stable")]
        level = np.round(eirp * UNITS_PER_DB).astype(np.int32)
        mine = owner[keep]
        return cls(
            mine, column[keep], row[keep], metric.frame_of(column[keep]), reach[keep], level[mine],
            box[:, keep], tables, metric, terrain, cells.height_m[mine], cells.frequency_mhz[mine], radio.mobile_height_m, grid,
        )  # fmt: skip

    def meets(self, block: Block) -> NDArray[np.bool_]:
        """Say which places have pixels of a block within reach, a few more at its corners."""
        row0, row1, col0, col1 = self.box
        found: NDArray[np.bool_] = (
            (row1 > block.row0) & (row0 < block.row1) & (col1 > block.col0) & (col0 < block.col1)
        )
        return found

    def slack_db(self, number: int, distance_m: F64) -> F64:
        """Return what a place's cell loses over free space and clutter at a distance in the best surroundings for that."""
        table = self.tables.table[self.owner[number]]
        more = (self.tables.loss[table] >> 16) - (self.tables.over[table] >> 16)
        least = more.reshape(3, STEPS).min(axis=0) / UNITS_PER_DB
        # The table's entry just before, as the rest of it lies farther away.
        far = step_distances_m()[1]
        entry = np.clip(np.searchsorted(far, distance_m), 0, STEPS - 1)
        nearby = np.minimum(
            least[np.maximum(entry - 64, 0)], least[np.minimum(entry + 64, STEPS - 1)]
        )
        slack: F64 = np.minimum(nearby, least[entry])
        return slack

    def profiles(self, some: NDArray[np.int64]) -> tuple[NDArray[np.int16], I32, I32]:
        """Return what terrain takes along rays from some places: tables, the row of each place, and places along a ray."""
        if self.terrain is None:
            return (
                np.zeros((1, RADIALS), np.int16),
                np.full(some.size, -1, np.int32),
                np.zeros(STEPS, np.int32),
            )
        return self.terrain.profiles(self, some)


def boxes_within(metric: Metric, column: F64, row: F64, reach_m: F64) -> NDArray[np.int64]:
    """Return first and end of the rows, then of the columns, that lie within reach of each place."""
    known = np.isfinite(column) & np.isfinite(row)
    column, row = np.where(known, column, -1e9), np.where(known, row, -1e9)
    frame = metric.frame_of(column)
    wide, high = np.zeros(row.size), np.zeros(row.size)
    # The metric changes on the way: the largest of three places, and a fiftieth more, is enough.
    for _ in range(2):
        for side in (-1.0, 0.0, 1.0):
            a, shift, b = metric.at(frame, row + 0.5 * side * high)
            rows = 1.02 * reach_m / np.sqrt(b)
            high = np.maximum(high, rows)
            wide = np.maximum(wide, 1.02 * reach_m / np.sqrt(a) + np.abs(shift) * rows)
    limits = np.array([row - high, row + high + 1.0, column - wide, column + wide + 1.0])
    whole: NDArray[np.int64] = np.floor(np.clip(limits, -2e9, 2e9)).astype(np.int64)
    return whole
