"""What a hazard is at places: values of a raster, or of polygons, at points."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.errors import ColumnError, InputError, NoIntersectionError
from ew4all.grid import Block
from ew4all.readers.rasters import open_raster
from ew4all.readers.vectors import read_vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.readers.rasters import Raster
    from ew4all.units import F64

__all__ = ["PointValues", "inside_polygons", "is_raster", "polygon_values", "raster_values"]

_RASTERS = {".tif", ".tiff", ".vrt", ".asc", ".nc", ".img", ".flt", ".grd", ".bil", ".adf", ".jp2"}


@dataclass(frozen=True, eq=False)
class PointValues:
    """Values at points, NaN where there is none; what the layer says of their unit; notes."""

    values: F64
    unit: str
    notes: tuple[str, ...]


def is_raster(source: Any) -> bool:
    """Return whether a source is to be read as a raster: by its suffix, or because it is one already."""
    if isinstance(source, str | os.PathLike):
        name = os.fspath(source).lower()
        return os.path.splitext(name)[1] in _RASTERS  # noqa: PTH122  (an address of GDAL is no path)
    return isinstance(source, tuple) or hasattr(source, "block_shapes")


def raster_values(source: Any, lon_deg: F64, lat_deg: F64, what: str) -> PointValues:
    """Return the cell of a raster in which each point lies.

    Parameters
    ----------
    source
        See `open_raster`.
    lon_deg, lat_deg
        Points; NaN gives NaN.
    what
        How messages name it, for instance ``"the hazard"``.

    Returns
    -------
    PointValues
        NaN outside the raster and where it holds no data; a note says of how many points.

    Raises
    ------
    NoIntersectionError
        No point lies in the raster.
    ReadError, MissingCrsError, InputError
        See `open_raster`.
    """
    with open_raster(source, what) as raster:
        to_grid = Transformer.from_crs(4326, raster.grid.crs, always_xy=True)
        x, y = (np.asarray(v, np.float64) for v in to_grid.transform(lon_deg, lat_deg))
        a, b, c, d, e, f = raster.grid.inverse
        with np.errstate(invalid="ignore"):
            column, row = np.floor(a * x + b * y + c), np.floor(d * x + e * y + f)
            rows, columns = raster.grid.shape
            inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        if not inside.any():
            msg = f"{raster.name} covers {_box(raster)}, but the sites lie at {_extent(lon_deg, lat_deg)}: none is inside"
            raise NoIntersectionError(msg)
        values = np.full(lon_deg.shape, np.nan)
        _read(raster, row, column, inside, values)
        notes = list(raster.notes)
        outside, empty = int((~inside).sum()), int((inside & np.isnan(values)).sum())
        if outside:
            notes.append(
                f"{raster.name}: {outside} of {inside.size} points lie outside; nothing happens there"
            )
        if empty:
            notes.append(
                f"{raster.name}: no data at {empty} of {inside.size} points; nothing happens there"
            )
        return PointValues(values, raster.unit, tuple(notes))


def _read(raster: Raster, row: F64, column: F64, inside: NDArray[np.bool_], values: F64) -> None:
    """Read tile by tile what holds points."""
    tall, wide = raster.block_shape()
    at = np.flatnonzero(inside)
    r, c = row[at].astype(np.int64), column[at].astype(np.int64)
    tile = np.stack((r // tall, c // wide), axis=1)
    distinct, of = np.unique(tile, axis=0, return_inverse=True)
    rows, columns = raster.grid.shape
    for k, (down, across) in enumerate(distinct):
        mine = of.ravel() == k
        r0, c0 = int(down * tall), int(across * wide)
        block = Block(r0, min(r0 + tall, rows), c0, min(c0 + wide, columns))
        cells, valid = raster.values(block)
        here = cells[r[mine] - r0, c[mine] - c0].astype(np.float64)
        if valid is not None:
            here[~valid[r[mine] - r0, c[mine] - c0]] = np.nan
        values[at[mine]] = here


def polygon_values(
    source: Any,
    lon_deg: F64,
    lat_deg: F64,
    what: str,
    column: str | None = None,
    *,
    needs_column: bool = False,
) -> PointValues:
    """Return the largest value of the polygons in which each point lies, 1 without a column; 0 outside all of them.

    `needs_column` refuses polygons without a column: where 1 would be a strength, and a weak one.

    Raises
    ------
    NoIntersectionError
        No point lies in a polygon.
    ColumnError, InputError
        No such column, or a polygon whose value is no number.
    """
    layer = read_vector(source, what)
    shapes = layer.geometries
    value = np.ones(len(shapes))
    if column is None and needs_column:
        numeric = [name for name, held in layer.table.items() if held.dtype.kind in "iuf"]
        msg = (
            f"{layer.name} holds polygons; name the column with their strength behind a #, as in {source}#{(numeric or ['COLUMN'])[0]}; "
            f"its columns of numbers are: {', '.join(numeric) or 'none'}"
        )
        raise ColumnError(msg)
    if column is not None:
        if column not in layer.table:
            msg = (
                f"{layer.name} has no column {column!r}; it has {', '.join(layer.table) or 'none'}"
            )
            raise ColumnError(msg)
        try:
            value = np.asarray(layer.table[column], np.float64)
        except (TypeError, ValueError) as error:
            msg = f"{layer.name}: column {column!r} holds {layer.table[column][0]!r}, which is no number"
            raise InputError(msg) from error
    x, y = _in_crs(layer, lon_deg, lat_deg)
    tree = shapely.STRtree(np.where(shapely.is_missing(shapes), shapely.Point(), shapes))
    point, polygon = tree.query(shapely.points(x, y), predicate="intersects")
    if point.size == 0:
        msg = f"no site lies in a polygon of {layer.name}; the sites lie at {_extent(lon_deg, lat_deg)}"
        raise NoIntersectionError(msg)
    values = np.zeros(lon_deg.shape)
    np.fmax.at(values, point, value[polygon])
    return PointValues(values, "", layer.notes)


def inside_polygons(source: Any, lon_deg: F64, lat_deg: F64, what: str) -> NDArray[np.bool_]:
    """Return which points lie in a layer of polygons; nobody may."""
    layer = read_vector(source, what)
    shapes = layer.geometries
    x, y = _in_crs(layer, lon_deg, lat_deg)
    tree = shapely.STRtree(np.where(shapely.is_missing(shapes), shapely.Point(), shapes))
    inside = np.zeros(lon_deg.shape, np.bool_)
    inside[tree.query(shapely.points(x, y), predicate="intersects")[0]] = True
    return inside


def _in_crs(layer: Any, lon_deg: F64, lat_deg: F64) -> tuple[F64, F64]:
    if layer.crs is None or layer.crs.is_geographic:
        return lon_deg, lat_deg
    x, y = Transformer.from_crs(4326, layer.crs, always_xy=True).transform(lon_deg, lat_deg)
    return np.asarray(x), np.asarray(y)


def _box(raster: Raster) -> str:
    west, south, east, north = raster.grid.bounds
    back = Transformer.from_crs(raster.grid.crs, 4326, always_xy=True)
    west, south, east, north = back.transform_bounds(west, south, east, north)
    return f"lon {west:.2f} to {east:.2f}, lat {south:.2f} to {north:.2f}"


def _extent(lon_deg: F64, lat_deg: F64) -> str:
    return (
        f"lon {np.nanmin(lon_deg):.2f} to {np.nanmax(lon_deg):.2f}, "
        f"lat {np.nanmin(lat_deg):.2f} to {np.nanmax(lat_deg):.2f}"
    )
