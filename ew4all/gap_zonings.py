"""Zones that nobody has drawn: cells of H3, squares of an equal-area grid, and levels of a file of zones.

H3 (Uber, h3geo.org) divides the Earth into hexagons of nearly one size by resolution, as connectivity maps use them. The
grid is that of EASE-Grid 2.0 global (Brodzik et al. 2012, EPSG:6933), an equal-area cylinder: its borders are meridians
and parallels, so that squares of one size have one area everywhere, and lie the same in every study.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import geopandas
import numpy as np
import shapely
from pyproj import Transformer

from ew4all.coverage.overlay import union
from ew4all.errors import ColumnError, OptionError
from ew4all.gap_results import GRID, H3, POLYGONS, Zoning
from ew4all.geometry import area_km2
from ew4all.readers.vectors import read_vector
from ew4all.readers.zones import level_columns, read_zones
from ew4all.reprojection import only_polygons, to_lonlat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid
    from ew4all.readers.zones import Zones

__all__ = ["MOST_ZONES", "ZoneChoice", "cells_over", "of_level"]

MOST_ZONES: Final = 50_000
"""Beyond it a report by zone is no report any more, and each zone is a polygon in every count."""

_EQUAL_AREA: Final = "EPSG:6933"
_NORTHMOST_M: Final = 7_314_540.83
"""Upper border of EASE-Grid 2.0 global: rows are counted from here, columns from 180 degrees west."""

_WESTMOST_M: Final = -17_367_530.44

_H3_AREA_KM2: Final = 4_357_449.416
"""Mean area of a cell of resolution 0 (H3 table of cell statistics); each resolution divides it by 7."""

_DECIMALS: Final = 9
"""Of degrees, 0.1 mm: corners that neighbours share are computed from either side."""


@dataclass(frozen=True)
class ZoneChoice:
    """What is asked of zones: cells of H3, squares of a grid, or a level of a file; checked.

    Attributes
    ----------
    h3
        Resolution, 0 to 15.
    grid_km
        Side of a square.
    level
        Administrative level in a file of zones.

    Raises
    ------
    OptionError
        More than one of them, or a number that is none of theirs.
    """

    h3: int | None = None
    grid_km: float | None = None
    level: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.h3 is not None and self.grid_km is not None:
            msg = "zones are cells of H3 or squares of a grid; give --h3 or --grid-km, not both"
            raise OptionError(msg)
        if self.h3 is not None and not 0 <= self.h3 <= 15:
            msg = f"H3 has the resolutions 0 (4,357,449 km2) to 15 (0.9 m2), not {self.h3}; 6 has cells of 36 km2, 8 of 0.74 km2"
            raise OptionError(msg)
        if self.grid_km is not None and not (np.isfinite(self.grid_km) and self.grid_km > 0.0):
            msg = f"squares of {self.grid_km:g} km are no grid; give the side of a square in km, as --grid-km 10"
            raise OptionError(msg)
        if self.level is not None and self.level < 0:
            msg = f"there is no administrative level {self.level}; give 0, 1, 2, ..."
            raise OptionError(msg)

    @property
    def is_made(self) -> bool:
        """Whether zones are made, so that no file of zones is read."""
        return self.h3 is not None or self.grid_km is not None

    def zoning(self, count: int) -> Zoning:
        """Return what kind of zones these are."""
        kind = H3 if self.h3 is not None else GRID if self.grid_km is not None else POLYGONS
        level = self.level if kind == POLYGONS else None
        return Zoning(kind, count, resolution=self.h3, cell_km=self.grid_km, level=level)

    def finer_than(self, cell_km: float) -> list[str]:
        """Return a note where zones are smaller than cells of the population, which are `cell_km` wide."""
        if not self.is_made:
            return []
        side = self.grid_km or (_H3_AREA_KM2 / 7.0 ** (self.h3 or 0)) ** 0.5
        if side >= cell_km:
            return []
        return [
            f"zones are finer than what is known of people: {side:,.2g} km wide, and a cell of the population {cell_km:,.2g} km, in "
            "which people are spread evenly. Zones inside one cell differ by their coverage alone; choose larger ones, or place "
            "people with --refine"
        ]


def cells_over(choice: ZoneChoice, area: BaseGeometry, grid: Grid) -> geopandas.GeoDataFrame:
    """Return the cells of H3 or of the grid that meet an area, with their identifiers.

    Parameters
    ----------
    area
        In the CRS of `grid`.

    Returns
    -------
    GeoDataFrame
        In lon/lat, columns ``id`` and ``name``.

    Raises
    ------
    OptionError
        More than `MOST_ZONES` cells.
    """
    one = np.empty(1, dtype=object)
    one[0] = area
    km2 = float(area_km2(one, grid.crs)[0])
    drawn = only_polygons(to_lonlat(one, grid)[0])
    if choice.h3 is not None:
        _must_be_few(
            km2 / (_H3_AREA_KM2 / 7.0**choice.h3), f"--h3 {choice.h3}", "a lower resolution"
        )
        ids, shapes = _h3_over(drawn, choice.h3)
    else:
        assert choice.grid_km is not None
        _must_be_few(km2 / choice.grid_km**2, f"--grid-km {choice.grid_km:g}", "larger squares")
        ids, shapes = _squares_over(drawn, choice.grid_km)
    _must_be_few(len(ids), "this zoning", "larger cells")
    return geopandas.GeoDataFrame({"id": ids, "name": ids}, geometry=list(shapes), crs=4326)


def of_level(zones: Any, level: int) -> Zones:
    """Return the zones of an administrative level of a file, features with one identifier of that level as one zone.

    Raises
    ------
    ColumnError
        The file has no columns of this level.
    """
    whole = read_vector(zones, "zones")
    layer = whole.take(~shapely.is_missing(whole.geometries))
    id_column, name_column = level_columns(layer, level)
    if id_column is None:
        msg = (
            f"{layer.name} has no column with identifiers of level {level} (adm{level}_pcode, GID_{level}, shapeID, ...); its columns "
            f"are: {', '.join(layer.table) or 'none'}. Name one with --zone-id"
        )
        raise ColumnError(msg)
    found: dict[str, list[int]] = {}
    for k, value in enumerate(layer.table[id_column]):
        text = "" if value is None else str(value).strip()
        found.setdefault(text, []).append(k)
    if "" in found:
        msg = f"{layer.name}: column {id_column!r} is empty in {len(found[''])} features; fill it"
        raise ColumnError(msg)
    names = layer.table[name_column] if name_column else layer.table[id_column]
    frame = geopandas.GeoDataFrame(
        {"id": list(found), "name": [str(names[where[0]]) for where in found.values()]},
        geometry=[union(layer.geometries[where]) for where in found.values()],
        crs=layer.crs,
    )
    merged = read_zones(frame, "id", "name")
    more = f"{layer.name}: {len(layer.geometries)} features are merged to {len(found)} zones of level {level} by column {id_column!r}"
    own = replace(merged.layer, name=layer.name, path=layer.path, notes=(*layer.notes, more))
    return replace(merged, layer=own)


def _must_be_few(count: float, option: str, fix: str) -> None:
    if count > MOST_ZONES:
        msg = (
            f"{option} makes about {count:,.0f} zones of the study area, and {MOST_ZONES:,} are the most; give {fix}, or a smaller "
            "area with --within"
        )
        raise OptionError(msg)


def _must_have_h3() -> Any:
    try:
        return import_module("h3")
    except ModuleNotFoundError as error:
        msg = (
            "--h3 needs the Python package h3, which is not installed; install it with ew4all: pip install 'ew4all[h3]', or take "
            "squares with --grid-km"
        )
        raise OptionError(msg) from error


def _h3_over(area: BaseGeometry, resolution: int) -> tuple[list[str], NDArray[Any]]:
    h3 = _must_have_h3()
    found: set[str] = set()
    for part in shapely.get_parts(area):
        # A part that is as wide as a hemisphere would be taken for the one on the other side.
        for piece in _slices(part):
            rings = [
                [(lat, lon) for lon, lat in ring.coords[:-1]]
                for ring in (piece.exterior, *piece.interiors)
            ]
            shape = h3.LatLngPoly(*rings)
            found.update(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))
    ids = sorted(found)
    shapes = np.empty(len(ids), dtype=object)
    shapes[:] = [_hexagon(h3.cell_to_boundary(i)) for i in ids]
    return ids, shapes


def _slices(part: BaseGeometry) -> list[BaseGeometry]:
    west, south, east, north = part.bounds
    edges = np.linspace(west, east, 1 + max(1, int(np.ceil((east - west) / 90.0))))
    boxes = [shapely.box(a, south, b, north) for a, b in pairwise(edges)]
    cut = [part] if len(boxes) == 1 else [shapely.intersection(part, box) for box in boxes]
    found = [only_polygons(piece) for piece in cut]
    return [p for piece in found for p in shapely.get_parts(piece) if not p.is_empty]


def _hexagon(corners: Sequence[tuple[float, float]]) -> BaseGeometry:
    """Return a cell from latitudes and longitudes; over the antimeridian longitudes run on."""
    lat, lon = np.array(corners).T
    lon = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
    return shapely.Polygon(np.round(np.column_stack([lon, lat]), _DECIMALS))


def _squares_over(area: BaseGeometry, side_km: float) -> tuple[list[str], NDArray[Any]]:
    found: dict[str, BaseGeometry] = {}
    # What lies on either side of the antimeridian are parts of their own.
    for part in shapely.get_parts(area):
        names, shapes = _squares_in(part.bounds, side_km * 1000.0)
        met = shapely.intersects(shapes, part)
        found.update(zip(names[met].tolist(), shapes[met], strict=True))
        _must_be_few(len(found), f"--grid-km {side_km:g}", "larger squares")
    ids = sorted(found, key=lambda name: [int(k) for k in name[1:].split("c")])
    out = np.empty(len(ids), dtype=object)
    out[:] = [found[name] for name in ids]
    return ids, out


def _squares_in(
    bounds: tuple[float, float, float, float], side_m: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    west, south, east, north = bounds
    # Along the cylinder metres are degrees times a constant.
    per_degree = -_WESTMOST_M / 180.0
    to_metres = Transformer.from_crs(4326, _EQUAL_AREA, always_xy=True)
    top, bottom = (to_metres.transform(0.0, lat)[1] for lat in (north, south))
    first = int((west + 180.0) * per_degree // side_m), int((_NORTHMOST_M - top) // side_m)
    last = int((east + 180.0) * per_degree // side_m), int((_NORTHMOST_M - bottom) // side_m)
    rows, columns = (np.arange(a, b + 1) for a, b in zip(first[::-1], last[::-1], strict=True))
    lon = np.append(columns, columns[-1] + 1) * side_m / per_degree - 180.0
    # The last column ends at the antimeridian, where the first begins.
    lon = np.minimum(lon, 180.0)
    edges = _NORTHMOST_M - np.append(rows, rows[-1] + 1) * side_m
    lat = to_metres.transform(np.zeros(edges.size), edges, direction="INVERSE")[1]
    lat = np.where(np.isfinite(lat), np.clip(lat, -90.0, 90.0), np.where(edges > 0.0, 90.0, -90.0))
    shapes = shapely.box(
        np.tile(lon[:-1], rows.size), np.repeat(lat[1:], columns.size),
        np.tile(lon[1:], rows.size), np.repeat(lat[:-1], columns.size),
    )  # fmt: skip
    return np.array([f"r{r}c{c}" for r in rows.tolist() for c in columns.tolist()]), shapes
