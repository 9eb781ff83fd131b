"""How loud the loudest siren is at each pixel, and classes of it.

Levels fall by 10 dB for each doubling of distance from the rated one at 30.48 m (FEMA CPG 1-17, see
`ew4all.coverage.sound`); of several sirens the loudest counts. Who hears a level is the siren channel's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.sound import REFERENCE_M, siren_level_dbc, siren_range_m
from ew4all.errors import GridMismatchError, InputError
from ew4all.grid import GEOID, lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    I32 = NDArray[np.int32]

__all__ = ["CLASS_DB", "LEAST_DB", "Sirens", "class_middle_db", "siren_classes"]

LEAST_DB: Final = 40.0
"""Nobody hears less, be it a quiet night outdoors (ambient 45 dB, 9 dB above it, spread 6 dB: 1 %)."""

_STEP_DB: Final = 3.0

CLASS_DB: Final = np.arange(LEAST_DB, 130.0, _STEP_DB)
"""Where classes begin: 3 dB wide, half the spread with which people hear."""

_DEGREE_M = 111_000.0


def siren_classes(level_db: F64) -> I32:
    """Return the class of levels; -1 below the first."""
    found: I32 = (np.searchsorted(CLASS_DB, level_db, side="right") - 1).astype(np.int32)
    return found


def class_middle_db() -> F64:
    """Return the level that stands for each class."""
    return CLASS_DB + 0.5 * _STEP_DB


@dataclass(frozen=True, eq=False)
class Sirens:
    """Sirens on a grid; arrays of shape (sirens,).

    Attributes
    ----------
    lon_deg, lat_deg
        Where they stand.
    rated_dbc
        Level at 30.48 m.
    """

    grid: Grid
    lon_deg: F64
    lat_deg: F64
    rated_dbc: F64

    def __post_init__(self) -> None:
        """Refuse places that are none on Earth, and levels that no siren has."""
        if not self.lon_deg.shape == self.lat_deg.shape == self.rated_dbc.shape:
            msg = "sirens need as many longitudes and latitudes as levels"
            raise GridMismatchError(msg)
        off = ~(np.abs(self.lat_deg) <= 90.0) | ~(np.abs(self.lon_deg) <= 360.0)
        if off.any():
            k = int(np.flatnonzero(off)[0])
            msg = f"siren {k} stands at longitude {self.lon_deg[k]}, latitude {self.lat_deg[k]}, which is nowhere on Earth"
            raise InputError(msg)
        loud = ~((self.rated_dbc >= 60.0) & (self.rated_dbc <= 150.0))
        if loud.any():
            k = int(np.flatnonzero(loud)[0])
            msg = f"siren {k} is rated {self.rated_dbc[k]:g} dBC at 30.48 m; outdoor sirens have 90 to 130"
            raise InputError(msg)

    @property
    def reach_m(self) -> F64:
        """How far each siren is heard by anybody."""
        return siren_range_m(self.rated_dbc, LEAST_DB)

    def read(self, block: Block) -> F64:
        """Return the level of the loudest siren at each pixel's middle, dBC; -inf where none carries so far."""
        return self.level_at(*self._middles(block))

    def carries(self, block: Block, *, margin_m: float) -> Flags:
        """Return at which pixels' middles some siren carries within a margin, roughly: none that is so is left out."""
        lon, lat = self._middles(block)
        found: Flags = np.zeros(lon.shape, np.bool_)
        for k, reach in enumerate(self.reach_m):
            found |= self._near(k, reach + margin_m, lon, lat)
        return found

    def _middles(self, block: Block) -> tuple[F64, F64]:
        rows, cols = np.mgrid[block.row0 : block.row1, block.col0 : block.col1] + 0.5
        x, y = self.grid.xy(cols, rows)
        lon, lat = lonlat(self.grid.crs).transform(x, y)
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64)

    def _near(self, k: int, far_m: float, lon: F64, lat: F64) -> Flags:
        """Return which places lie in a box around a siren that holds all within a distance."""
        away = (lon - self.lon_deg[k] + 180.0) % 360.0 - 180.0
        high = np.abs(lat - self.lat_deg[k]) * _DEGREE_M <= 1.05 * far_m
        wide = np.cos(np.radians(np.clip(lat, -89.0, 89.0))) * _DEGREE_M
        near: Flags = high & (np.abs(away) * wide <= 1.05 * far_m)
        return near

    def level_at(self, lon: F64, lat: F64) -> F64:
        """Return the level of the loudest siren at places in degrees, dBC, in their shape; -inf where none carries so far."""
        out = np.full(lon.shape, -np.inf)
        for k, reach in enumerate(self.reach_m):
            near = self._near(k, reach, lon, lat)
            if not near.any():
                continue
            n = int(near.sum())
            here = np.full(n, self.lon_deg[k]), np.full(n, self.lat_deg[k])
            _, _, far_m = GEOID.inv(*here, lon[near], lat[near])
            level = siren_level_dbc(self.rated_dbc[k], np.maximum(far_m, REFERENCE_M))
            level[level < LEAST_DB] = -np.inf
            out[near] = np.maximum(out[near], level)
        return out
