"""Handsets that filter: a share of phones shows an alert only near the polygon sent with it (WEA 3.0).

A phone that filters and has a fix shows the alert up to 0.1 mile (161 m) outside the polygon; its fix has an error, so
that at a distance `x` outside (negative inside) it shows it with probability ``Phi((161 - x) / error)``. A phone without a
fix, and one that does not filter, shows whatever its cell sends.

References
----------
47 CFR 10.450 (0.1 mile); ATIS-0700041; 3GPP TS 23.041 (warning area coordinates); radio planning note 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from affine import Affine

from ew4all.coverage import target_kernels
from ew4all.coverage.exposure import Fractions
from ew4all.errors import OptionError
from ew4all.geometry import ragged
from ew4all.grid import GEOID, Block, Grid, lonlat

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ew4all.units import F64

__all__ = ["DEFAULTS", "Geofence", "GeofenceField"]

_TILE = 64
_PART_M = 40.0
_MOST_PARTS = 8
_SIGMAS = 6.0


@dataclass(frozen=True)
class Default:
    """One default, with where it comes from."""

    name: str
    value: float
    unit: str
    source: str
    confidence: str


DEFAULTS: Final = (
    Default("share", 0.7, "fraction of phones", "0.18 in September 2020 by the industry's own count, most new phones since; a choice for today, set it per country", "judgement"),
    Default("tolerance_m", 161.0, "m", "47 CFR 10.450: no more than 0.1 mile of overshoot", "published"),
    Default("error_m", 50.0, "m", "standard deviation of a fix: 5-20 m outdoors, 30-100 m indoors; most people are indoors", "judgement"),
    Default("no_fix", 0.15, "fraction of filtering phones", "phones without a position or with location services off, 0.10-0.20; they show the alert", "judgement"),
    Default("inside_error", 0.0, "fraction of filtering phones", "share that wrongly filters inside for another reason than the error of its fix; nothing measured", "judgement"),
)  # fmt: skip
"""Every number of this module, replaceable through the fields of `Geofence`."""

_VALUE: Final = {row.name: row.value for row in DEFAULTS}


@dataclass(frozen=True)
class Geofence:
    """How phones filter; see `DEFAULTS` for the fields.

    Raises
    ------
    OptionError
        A share outside 0..1, a tolerance below 0, or an error that is not positive.
    """

    share: float = _VALUE["share"]
    tolerance_m: float = _VALUE["tolerance_m"]
    error_m: float = _VALUE["error_m"]
    no_fix: float = _VALUE["no_fix"]
    inside_error: float = _VALUE["inside_error"]

    def __post_init__(self) -> None:
        """Refuse what is no share or no length."""
        for item in fields(self):
            value = getattr(self, item.name)
            fine = 0.0 <= value <= 1.0 if not item.name.endswith("_m") else 0.0 <= value < np.inf
            if not fine or (item.name == "error_m" and value == 0.0):
                wanted = (
                    "metres, 0 or more (the error: above 0)"
                    if item.name.endswith("_m")
                    else "a share of 0 to 1"
                )
                msg = f"geo-fencing: {item.name} is {wanted}, but got {value}"
                raise OptionError(msg)

    @property
    def reach_m(self) -> float:
        """Distance from the polygon's edge beyond which the error of a fix decides nothing."""
        return self.tolerance_m + _SIGMAS * self.error_m

    def show(self, located: F64) -> F64:
        """Share of all phones that show the alert, from the probability that a filtering phone with a fix does.

        Parameters
        ----------
        located
            Shape (2, rows, columns): inside and outside the polygon.
        """
        fixed = 1.0 - self.no_fix
        right = np.array([1.0 - self.inside_error, 1.0])[:, None, None]
        return np.asarray((1.0 - self.share) + self.share * (self.no_fix + fixed * right * located))


@dataclass(frozen=True, eq=False)
class GeofenceField:
    """Share of phones that show an alert, by place.

    Cells near an edge are cut into parts of some 40 m (at most 8 x 8), for each of which the distance to the nearest edge
    is measured in metres on the ellipsoid; elsewhere nothing depends on it.
    """

    geofence: Geofence
    grid: Grid
    parts: int
    fine: Grid
    fractions: Fractions
    start: F64
    end: F64

    @classmethod
    def of(cls, shape: BaseGeometry, grid: Grid, geofence: Geofence) -> GeofenceField:
        """Prepare the edges of a polygon in the CRS of the grid."""
        middle = grid.height / 2.0, grid.width / 2.0
        cell_m = float(np.abs(_metres(grid, np.array([middle[0]]), middle[1])).max())
        parts = int(np.clip(np.ceil(cell_m / _PART_M), 1, _MOST_PARTS))
        a, b, c, d, e, f = tuple(grid.transform)[:6]
        fine = Grid(
            Affine(a / parts, b / parts, c, d / parts, e / parts, f),
            grid.height * parts,
            grid.width * parts,
            grid.crs,
        )
        rings = ragged([shape])
        ia, ib, ic, id_, ie, if_ = fine.inverse
        x, y = rings.coords.T
        places = np.column_stack([ia * x + ib * y + ic, id_ * x + ie * y + if_])
        keep = np.ones(len(places), np.bool_)
        keep[rings.ring_offsets[1:] - 1] = False  # a ring's last vertex begins no edge
        begins = np.flatnonzero(keep)
        return cls(
            geofence,
            grid,
            parts,
            fine,
            Fractions.of(rings, fine),
            places[begins],
            places[begins + 1],
        )

    def read(self, block: Block, fraction: F64) -> F64:
        """Share of phones that show the alert inside and outside, shape (2, rows, columns).

        Parameters
        ----------
        fraction
            Share of each cell of the block inside the polygon.
        """
        located = np.zeros((2, *block.shape))
        located[0] = 1.0
        for row0 in range(block.row0, block.row1, _TILE):
            for col0 in range(block.col0, block.col1, _TILE):
                tile = Block(
                    row0, min(row0 + _TILE, block.row1), col0, min(col0 + _TILE, block.col1)
                )
                rows = slice(tile.row0 - block.row0, tile.row1 - block.row0)
                cols = slice(tile.col0 - block.col0, tile.col1 - block.col0)
                found = self._tile(tile)
                if found is not None:
                    located[:, rows, cols] = found
        # A cell without people on one side of the edge has no use for the value there.
        located[0][fraction <= 0.0] = 1.0
        return self.geofence.show(located)

    def _tile(self, tile: Block) -> F64 | None:
        n = self.parts
        part = Block(tile.row0 * n, tile.row1 * n, tile.col0 * n, tile.col1 * n)
        rows = np.arange(part.row0, part.row1, dtype=np.float64) + 0.5
        metres = _metres(self.fine, rows, (part.col0 + part.col1) / 2.0)
        margin = _margin(metres, self.geofence.reach_m)
        origin = np.array([part.col0, part.row0], np.float64)
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        near = (high >= origin - margin).all(axis=1) & (
            low <= origin + np.array([part.col1 - part.col0, part.row1 - part.row0]) + margin
        ).all(axis=1)
        if not near.any():
            return None
        distance = np.full(part.shape, np.inf)
        target_kernels.nearest_edge(
            self.start[near] - origin, self.end[near] - origin, metres, margin, distance
        )
        out = np.empty((2, *tile.shape))
        fraction = self.fractions.read(part)
        target_kernels.shown(
            distance, fraction, n, self.geofence.tolerance_m, self.geofence.error_m, 1.0, 0.0, out
        )
        return out


def _metres(grid: Grid, rows: F64, column: float) -> F64:
    """Metres eastward for a step of one column and one row, and northward for the same, shape (rows, 4)."""
    to_degrees = lonlat(grid.crs)
    columns = np.full(rows.size, column)

    def place(dc: float, dr: float) -> tuple[F64, F64]:
        x, y = grid.xy(columns + dc, rows + dr)
        lon, lat = to_degrees.transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    _, lat = place(0.0, 0.0)
    sine2 = np.sin(np.radians(lat)) ** 2
    prime = GEOID.a / np.sqrt(1.0 - GEOID.es * sine2)
    meridian = prime * (1.0 - GEOID.es) / (1.0 - GEOID.es * sine2)
    out = np.empty((rows.size, 4))
    for k, step in enumerate(((0.5, 0.0), (0.0, 0.5))):
        (lon1, lat1), (lon0, lat0) = place(*step), place(-step[0], -step[1])
        turn = (lon1 - lon0 + 180.0) % 360.0 - 180.0
        out[:, k] = np.radians(turn) * prime * np.cos(np.radians(lat))
        out[:, 2 + k] = np.radians(lat1 - lat0) * meridian
    return out


def _margin(metres: F64, reach_m: float) -> F64:
    """Columns and rows that hold `reach_m` in every row of a block."""
    determinant = metres[:, 0] * metres[:, 3] - metres[:, 1] * metres[:, 2]
    columns = np.hypot(metres[:, 3], metres[:, 1]) / np.abs(determinant)
    rows = np.hypot(metres[:, 0], metres[:, 2]) / np.abs(determinant)
    return reach_m * np.array([columns.max(), rows.max()])
