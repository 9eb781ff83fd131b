"""When the hazard arrives at each pixel: one time for all, or a front that moves from a line.

Rasters and isochrones of arrival come from `ew4all.readers.arrival`; isochrones cut the map (`ew4all.sim.division`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ew4all.errors import GeometryError, InputError
from ew4all.grid import lonlat

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Block, Grid

    F64 = NDArray[np.float64]

__all__ = ["AtOnce", "MovingFront"]

_FAR_M = 2_000_000.0
_STEP_M = 1_000.0


@dataclass(frozen=True)
class AtOnce:
    """The hazard arrives everywhere at one time, seconds after the scenario's zero."""

    arrival_s: float

    def read(self, block: Block) -> F64:
        """Return the time for each pixel."""
        return np.full(block.shape, self.arrival_s)


@dataclass(frozen=True, eq=False)
class MovingFront:
    """A front that leaves a line and moves at one speed.

    With a bearing every part of the front moves that way: a place is reached when the front has come from the part of the
    line behind it; beyond the ends of the line the end's position holds; what lies behind the line is reached as it starts.
    Without one the front spreads to both sides: a place is reached after its distance from the line.

    Distances are in an azimuthal equidistant plane about the middle of the line: exact from there, and 1 % too long at most
    1,500 km away.

    Attributes
    ----------
    line
        Longitude and latitude, degrees.
    speed_m_s
        Metres a second.
    start_s
        When the front is at the line, seconds after the scenario's zero.
    bearing_deg
        Where it moves, clockwise from north; None: away from the line.
    """

    grid: Grid
    line: BaseGeometry
    speed_m_s: float
    start_s: float = 0.0
    bearing_deg: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no line, and a front that stands."""
        if self.line.geom_type not in ("LineString", "Point") or self.line.is_empty:
            msg = f"a front begins at one line of longitudes and latitudes, but got a {self.line.geom_type or 'nothing'}"
            raise GeometryError(msg)
        west, south, east, north = self.line.bounds
        if not (west >= -360.0 and east <= 360.0 and south >= -90.0 and north <= 90.0):
            msg = f"the line of a front is in degrees of longitude and latitude, but spans x {west:g}..{east:g}, y {south:g}..{north:g}"
            raise GeometryError(msg)
        if not (np.isfinite(self.speed_m_s) and self.speed_m_s > 0.0):
            msg = f"a front moves at a speed above 0 m/s, but got {self.speed_m_s:g}; a hazard that stands has one time of arrival"
            raise InputError(msg)

    def read(self, block: Block) -> F64:
        """Return when each pixel's middle is reached, seconds after the scenario's zero."""
        plane, line = self._plane()
        rows, cols = np.mgrid[block.row0 : block.row1, block.col0 : block.col1] + 0.5
        lon, lat = lonlat(self.grid.crs).transform(*self.grid.xy(cols, rows))
        x, y = (np.asarray(v, np.float64) for v in plane.transform(lon, lat))
        if self.bearing_deg is None:
            way_m: F64 = shapely.distance(shapely.points(x, y), line)
        else:
            angle = np.radians(self.bearing_deg)
            ahead = np.array([np.sin(angle), np.cos(angle)])
            aside = np.array([np.cos(angle), -np.sin(angle)])
            drawn = shapely.get_coordinates(shapely.segmentize(line, _STEP_M))
            along, across = drawn @ ahead, drawn @ aside
            # Where the line turns back, the part that is farthest ahead comes first.
            order = np.lexsort((-along, across))
            across, first = np.unique(across[order], return_index=True)
            at = np.interp(x * aside[0] + y * aside[1], across, along[order][first])
            way_m = np.maximum(0.0, x * ahead[0] + y * ahead[1] - at)
        way_m = np.where(np.isfinite(way_m) & (way_m <= _FAR_M), way_m, np.inf)
        found: F64 = self.start_s + way_m / self.speed_m_s
        return found

    def _plane(self) -> tuple[Transformer, BaseGeometry]:
        lon, lat = shapely.get_coordinates(self.line.centroid)[0]
        plane = Transformer.from_crs(
            CRS.from_epsg(4326),
            CRS.from_proj4(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"),
            always_xy=True,
        )
        drawn = shapely.get_coordinates(self.line)
        x, y = plane.transform(drawn[:, 0], drawn[:, 1])
        shape = shapely.Point if self.line.geom_type == "Point" else shapely.LineString
        return plane, shape(np.column_stack([x, y]))
