"""Tables from which `ew4all.coverage.signal_kernels` reads losses, made once for the cells of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.propagation.antenna import SectorAntenna, below_horizon_deg
from ew4all.coverage.signal_kernels import (
    BITS,
    DIRECTIONS,
    STEPS,
    UNITS_PER_DB,
    fill_losses,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.cells import Cells
    from ew4all.coverage.signal_defaults import Radio
    from ew4all.units import F64, I32

__all__ = ["Tables", "step_distances_m"]

_HEIGHT_STEP_M = 1.0
_FREQUENCY_STEP_MHZ = 1.0
_ANGLE_STEP_DEG = 0.5


def step_distances_m() -> tuple[F64, F64]:
    """Return the distance that stands for each entry of a table, and the farthest distance of each."""
    edges = ((np.arange(STEPS + 1, dtype=np.int64) + (127 << BITS)) << (23 - BITS)).astype(np.int32)
    square = edges.view(np.float32).astype(np.float64)
    return np.sqrt(0.5 * (square[:-1] + square[1:])), np.sqrt(square[1:])


@dataclass(frozen=True, eq=False)
class Tables:
    """Losses by environment and distance, by elevation and by direction; see `signal_kernels.servers`.

    Frequencies and heights are rounded to 1 MHz and 1 m, angles to half a degree. `table` and `pattern` say which rows are a
    cell's; `reach_m` how far it is considered.
    """

    loss: I32
    over: I32
    upright: I32
    across: I32
    table: I32
    pattern: I32
    reach_m: F64
    floor: int

    @classmethod
    def of(
        cls, cells: Cells, eirp_dbm: F64, cut_dbm: F64, bearing_deg: F64, radio: Radio
    ) -> Tables:
        """Make the tables.

        Parameters
        ----------
        cut_dbm
            Level of each cell's technology below which it is not considered.
        bearing_deg
            Direction of the grid's columns at each cell, clockwise from true north.
        """
        omni = np.isnan(cells.azimuth_deg)
        frequency = np.round(cells.frequency_mhz / _FREQUENCY_STEP_MHZ) * _FREQUENCY_STEP_MHZ
        height = np.maximum(np.round(cells.height_m / _HEIGHT_STEP_M), 1.0) * _HEIGHT_STEP_M
        tilt = np.round(cells.downtilt_deg / _ANGLE_STEP_DEG) * _ANGLE_STEP_DEG
        kinds, table = np.unique(
            np.column_stack([frequency, height, tilt, omni]), axis=0, return_inverse=True
        )
        table = table.ravel()
        distance, far = step_distances_m()
        used = int(np.searchsorted(far, 1000.0 * radio.reach_km)) + 1
        loss, over, upright, reach = (
            np.zeros((len(kinds), 3 * STEPS), np.int32),
            np.zeros((len(kinds), 3 * STEPS), np.int32),
            np.zeros((len(kinds), STEPS), np.int32),
            np.empty(len(cells)),
        )
        db, free = np.empty((3, STEPS)), np.empty(STEPS)
        clutter = np.array(radio.clutter_db)
        for k, (mhz, above_m, down_deg, round_about) in enumerate(kinds):
            fill_losses(mhz, above_m, radio.mobile_height_m, distance, used, db, free)
            antenna = SectorAntenna(
                vertical_beamwidth_deg=radio.vertical_beamwidth_deg,
                downtilt_deg=down_deg,
                floor_db=radio.antenna_floor_db,
            )
            below = below_horizon_deg(distance, above_m, radio.mobile_height_m)
            mine = table == k
            least = db.min(axis=0)
            allowed = eirp_dbm[mine] - cut_dbm[mine]
            last = np.searchsorted(np.maximum.accumulate(least[:used]), allowed, side="right") - 1
            reach[mine] = np.where(last >= 0, np.minimum(far[last], 1000.0 * radio.reach_km), 0.0)
            more = antenna.loss_db(np.nan, below) if round_about else 0.0
            loss[k] = _units(db + more).ravel()
            over[k] = _units(free + clutter[:, None] + more).ravel()
            upright[k] = _units(antenna.loss_db(0.0, below))
        across, pattern = _across(cells, omni, bearing_deg, radio)
        return cls(
            loss, over, upright, across, table.astype(np.int32), pattern, reach,
            int(_units(np.float64(radio.antenna_floor_db))),
        )  # fmt: skip


def _across(
    cells: Cells, omni: NDArray[np.bool_], bearing_deg: F64, radio: Radio
) -> tuple[I32, I32]:
    """Return the losses by direction, and the row of each cell; -1 for the same all around."""
    off = (cells.azimuth_deg - bearing_deg) % 360.0
    off = np.round(off / _ANGLE_STEP_DEG) * _ANGLE_STEP_DEG % 360.0
    width = np.round(cells.beamwidth_deg / _ANGLE_STEP_DEG) * _ANGLE_STEP_DEG
    kinds, row = np.unique(np.column_stack([off[~omni], width[~omni]]), axis=0, return_inverse=True)
    pattern = np.full(len(cells), -1, np.int32)
    pattern[~omni] = row.ravel()
    clockwise = -direction_angles_deg()
    across = np.zeros((max(1, len(kinds)), 4 * DIRECTIONS), np.int32)
    for k, (azimuth, beamwidth) in enumerate(kinds):
        antenna = SectorAntenna(max(beamwidth, 1.0), floor_db=radio.antenna_floor_db)
        across[k] = _units(antenna.loss_db(clockwise - azimuth))
    return across, pattern


def direction_angles_deg() -> F64:
    """Return the angle that stands for each direction of a pattern, in mathematical sense from the columns' direction."""
    p = (np.arange(4 * DIRECTIONS) + 0.5) / DIRECTIONS
    x = np.where(p < 2.0, 1.0 - p, p - 3.0)
    y = np.where(p < 2.0, 1.0, -1.0) * (1.0 - np.abs(x))
    return np.degrees(np.arctan2(y, x))


def _units(db: F64 | np.float64) -> I32:
    """Return decibels in 1/128 dB in the upper 16 bits."""
    units: I32 = np.round(np.minimum(db, 230.0) * UNITS_PER_DB).astype(np.int32) << np.int32(16)
    return units
