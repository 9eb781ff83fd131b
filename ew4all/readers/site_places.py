"""Where the rows of a list of sites lie: longitude and latitude, and which lie too far outside a country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ew4all.errors import (
    EmptyLayerError,
    GeometryError,
    OptionError,
    SwappedAxesError,
    TableValueError,
)
from ew4all.grid import GEOID
from ew4all.readers.site_columns import parse_points
from ew4all.readers.vectors import read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from ew4all.readers.site_account import Ledger
    from ew4all.readers.site_table import SiteTable
    from ew4all.units import F64

__all__ = ["FAR_KM", "km_outside", "outline_of", "places_of"]

FAR_KM: Final = 35.0
"""Cells farther than this outside a country cannot serve it: timing advance of GSM ends there (3GPP TS 45.010)."""

_NULL_ISLAND_DEG = 0.001
_LONLAT = CRS.from_epsg(4326)


def places_of(table: SiteTable, chosen: Mapping[str, str], ledger: Ledger) -> tuple[F64, F64]:
    """Return longitude and latitude of each row, degrees; rows without a usable place are dropped from the ledger.

    Raises
    ------
    SwappedAxesError
        Most rows would lie on the Earth only with longitude and latitude exchanged.
    TableValueError
        No row has a usable place.
    """
    lon, lat, wrong = _read(table, chosen)
    ledger.drop(wrong, "coordinates are no numbers")
    ledger.drop(~(np.isfinite(lon) & np.isfinite(lat)), "no coordinates")
    lon = np.where((lon > 180.0) & (lon <= 360.0), lon - 360.0, lon)
    with np.errstate(invalid="ignore"):
        off = (np.abs(lat) > 90.0) | (np.abs(lon) > 180.0)
        turned = off & (np.abs(lon) <= 90.0) & (np.abs(lat) <= 180.0)
        null = (np.abs(lon) < _NULL_ISLAND_DEG) & (np.abs(lat) < _NULL_ISLAND_DEG)
    if turned.sum() * 2 > table.rows:
        first = np.flatnonzero(turned)
        msg = (
            f"{table.name}: latitudes beyond 90 degrees in {first.size:,} of {table.rows:,} rows ({table.where(first)}); latitude "
            "and longitude are exchanged: name the columns the other way round (columns={'lon': ..., 'lat': ...})"
        )
        raise SwappedAxesError(msg)
    ledger.drop(off, "coordinates off the Earth")
    ledger.drop(null, "at 0, 0: the place was not known")
    if not ledger.open.any():
        fates = "; ".join(row.to_text() for row in ledger.account())
        projected = off.sum() * 2 > table.rows
        hint = (
            "give longitude and latitude in degrees (numbers that large are projected coordinates)"
            if projected
            else "name the columns of longitude and latitude"
        )
        msg = f"{table.name}: no row has a usable place ({fates}); {hint}"
        raise TableValueError(msg)
    return lon, lat


def _read(table: SiteTable, chosen: Mapping[str, str]) -> tuple[F64, F64, NDArray[Any]]:
    if table.points is not None:
        lon, lat = table.points
        if table.crs != _LONLAT:
            lon, lat = Transformer.from_crs(table.crs, _LONLAT, always_xy=True).transform(lon, lat)
        return np.asarray(lon, np.float64), np.asarray(lat, np.float64), np.zeros(0, np.intp)
    if {"lon", "lat"} <= chosen.keys():
        lon, no_lon = table.numbers(chosen["lon"])
        lat, no_lat = table.numbers(chosen["lat"])
        return lon.copy(), lat.copy(), np.union1d(no_lon, no_lat)
    return parse_points(table, chosen["point"])


def outline_of(country: Any) -> BaseGeometry:
    """Read the outline of a country in longitude and latitude, from polygons or the four sides of a box.

    Raises
    ------
    InputError, ReadError
        See `read_vector`; no polygon, or one that is not valid.
    OptionError
        Sides of a box in another order.
    """
    if isinstance(country, tuple | list) and len(country) == 4 and all(isinstance(side, int | float) for side in country):  # fmt: skip
        west, south, east, north = (float(side) for side in country)
        if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0):
            msg = f"a box of degrees is west, south, east, north, but got {west:g}, {south:g}, {east:g}, {north:g}"
            raise OptionError(msg)
        return shapely.box(west, south, east, north)
    layer = read_vector(country, "country")
    shapes = layer.geometries[~shapely.is_missing(layer.geometries)]
    if layer.crs is not None and layer.crs != _LONLAT:
        back = Transformer.from_crs(layer.crs, _LONLAT, always_xy=True)
        shapes = shapely.transform(
            shapes, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1]))
        )
    shapes = shapely.make_valid(shapes)
    outline = shapely.union_all(shapes)
    if outline.is_empty or outline.area == 0.0:
        msg = f"{layer.name} holds no polygon with an area; give the outline of the country"
        raise EmptyLayerError(msg)
    if not np.isfinite(outline.bounds).all():
        msg = f"{layer.name} has a vertex without a place; correct it"
        raise GeometryError(msg)
    return outline


def km_outside(outline: BaseGeometry, lon: F64, lat: F64) -> F64:
    """Return how far outside an outline each place lies, shape (places,), kilometres; 0 inside.

    The nearest point is found on a plane, so that distances may be a percent too large.
    """
    found = np.full(lon.size, np.inf)
    middle = 0.5 * (outline.bounds[1] + outline.bounds[3])
    squeeze = max(float(np.cos(np.radians(middle))), 0.05)
    flat = shapely.transform(outline, lambda xy: xy * np.array([squeeze, 1.0]))
    shapely.prepare(flat)
    west, _, east, _ = outline.bounds
    for turn in (0.0, -360.0, 360.0):
        if turn and not (lon.min() + turn < east + 5.0 and lon.max() + turn > west - 5.0):
            continue
        points = shapely.points((lon + turn) * squeeze, lat)
        found[shapely.intersects(flat, points)] = 0.0
        rest = np.flatnonzero(found > 0.0)
        if not rest.size:
            break
        ends = shapely.get_coordinates(shapely.shortest_line(flat, points[rest])).reshape(-1, 2, 2)
        _, _, away = GEOID.inv(
            ends[:, 0, 0] / squeeze, ends[:, 0, 1], ends[:, 1, 0] / squeeze, ends[:, 1, 1]
        )
        found[rest] = np.minimum(found[rest], np.asarray(away) / 1000.0)
    return found
