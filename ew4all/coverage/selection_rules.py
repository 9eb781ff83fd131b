"""Rules that others use to choose cells, to compare with, and the estimate of over-reach in GOV.UK's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ew4all.coverage.exposure import cell_fractions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Block, Grid
    from ew4all.units import F64

__all__ = ["RULES", "Bleed", "bleed_m", "bleed_of", "coverage_touches", "site_inside"]  # fmt: skip

RULES: Final = {
    "site_inside": "cells whose site stands in the area",
    "any_overlap": "cells that are the likeliest server of some place in the area",
    "coverage_touches": "cells whose signal can be decoded somewhere in the area",
    "threshold": "cells of whose people at least tau are in the area",
}

KM2_PER_SQUARE_MILE: Final = 2.589988110336


def site_inside(area: BaseGeometry, crs: CRS, lon_deg: F64, lat_deg: F64) -> NDArray[np.bool_]:
    """Cells whose site stands in the area.

    Parameters
    ----------
    area
        Polygon in `crs`; longitudes may leave -180..180.
    lon_deg, lat_deg
        Place of each cell's antenna, shape (cells,).
    """
    to_area = Transformer.from_crs(4326, crs, always_xy=True)
    inside = np.zeros(lon_deg.size, np.bool_)
    turns = (-360.0, 0.0, 360.0) if crs.is_geographic else (0.0,)
    shapely.prepare(area)
    x, y = to_area.transform(lon_deg, lat_deg, errcheck=False)
    for turn in turns:
        inside |= shapely.contains_xy(area, np.asarray(x) + turn, np.asarray(y))
    return inside


def coverage_touches(
    covers: Iterable[tuple[NDArray[np.int32], NDArray[np.floating], NDArray[np.bool_]]], cells: int
) -> NDArray[np.bool_]:
    """Cells that can be decoded somewhere in the area, best server or not.

    Parameters
    ----------
    covers
        For each block the cells that can be heard, shape (k, rows, columns) with -1 for none; their margin over the level
        that a phone needs, dB, same shape; and the places in the area, shape (rows, columns).
    """
    out = np.zeros(cells, np.bool_)
    for cell, margin_db, inside in covers:
        heard = (cell >= 0) & (margin_db >= 0.0) & inside
        out[np.unique(cell[heard])] = True
    return out


def bleed_m(phones_per_square_mile: float) -> float:
    """Over-reach that GOV.UK's console expects around a polygon, metres.

    ``5900 - 1250 log10(phones per square mile)``, held between 500 and 5000; 1500 where the density is unknown (below 1).

    References
    ----------
    alphagov/emergency-alerts-admin, broadcast areas (`estimated_bleed`); anchors in its pull request 3833: remote
    Highlands 5 km, Crewe 1.5 km, a dense city 500 m.
    """
    if phones_per_square_mile < 1.0:
        return 1500.0
    return float(np.clip(5900.0 - 1250.0 * np.log10(phones_per_square_mile), 500.0, 5000.0))


class Bleed(NamedTuple):
    """The ring around an area in which that console expects phones to sound as well."""

    bleed_m: float
    people: float
    km2: float


def bleed_of(
    area: BaseGeometry,
    grid: Grid,
    phones: float,
    area_km2: float,
    people: Callable[[Block], NDArray[np.floating]],
) -> Bleed:
    """Count the people in the ring that GOV.UK's console would expect around an area.

    Parameters
    ----------
    area
        Polygon in the CRS of the grid.
    phones, area_km2
        Phones and square kilometres in the area; their ratio decides the width of the ring.
    people
        Gives the people of a window.
    """
    per_square_mile = phones / area_km2 * KM2_PER_SQUARE_MILE if area_km2 > 0.0 else 0.0
    width_m = bleed_m(per_square_mile)
    ring = _around(area, grid, width_m)
    total, km2 = 0.0, 0.0
    window = grid.block_of_bounds(ring.bounds)
    if window is None:
        return Bleed(width_m, 0.0, 0.0)
    for block in grid.blocks(256, 1024, within=window):
        both = cell_fractions([ring], grid, block)
        # Rings are larger than the area everywhere, so that the difference of shares is that of the ring.
        part = np.clip(both - cell_fractions([area], grid, block), 0.0, 1.0)
        total += float((people(block) * part).sum())
        km2 += float((grid.cell_area_km2(block) * part).sum())
    return Bleed(width_m, total, km2)


def _around(area: BaseGeometry, grid: Grid, width_m: float) -> BaseGeometry:
    """Area with everything within `width_m` of it, drawn in an equidistant projection around its middle."""
    middle = area.centroid
    lon, lat = Transformer.from_crs(grid.crs, 4326, always_xy=True).transform(middle.x, middle.y)
    local = CRS.from_proj4(f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m")
    there = Transformer.from_crs(grid.crs, local, always_xy=True)
    back = Transformer.from_crs(local, grid.crs, always_xy=True)

    def moved(xy: F64, transformer: Transformer) -> F64:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    step = 0.01 if grid.is_geographic else 1000.0
    drawn = shapely.transform(shapely.segmentize(area, step), lambda xy: moved(xy, there))
    wide = shapely.transform(shapely.buffer(drawn, width_m), lambda xy: moved(xy, back))
    if grid.is_geographic:
        # Back from the projection longitudes lie in -180..180, while the area may run beyond.
        middle_x = float(middle.x)
        wide = shapely.transform(
            wide,
            lambda xy: np.column_stack(
                [middle_x + (xy[:, 0] - middle_x + 180.0) % 360.0 - 180.0, xy[:, 1]]
            ),
        )
    return shapely.union(shapely.make_valid(wide), area)
