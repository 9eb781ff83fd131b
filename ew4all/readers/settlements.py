"""Settlement points: places with a number of people or a weight, from vector files, tables and memory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.errors import (
    ColumnError,
    EmptyLayerError,
    GeometryError,
    InputError,
    PopulationValueError,
    SwappedAxesError,
)
from ew4all.readers.plain_table import PlainTable, read_plain_table
from ew4all.readers.vector_files import (
    LONLAT,
    Features,
    feature_list,
    horizontal_crs,
    read_features,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pyproj import CRS

    from ew4all.units import F64

__all__ = ["Settlements", "must_be_lonlat", "read_point_table", "read_settlements"]

_POINT, _MULTIPOINT = 0, 4
_TABLES: Final = {".csv", ".tsv", ".txt"}
_LON: Final = ("longitude", "long", "lon", "lng", "x")
_LAT: Final = ("latitude", "lat", "y")
_WEIGHTS: Final = (
    r"population|people|persons|inhabitants|pop",
    r"(tot|total)_?pop(ulation)?|pop(ulation)?_?(tot|total|est|max|sum|count|\d{4})",
    r"weights?",
)
"""Names of a column with people or weights, in lower case, the surest first."""


@dataclass(frozen=True)
class Settlements:
    """Points in `crs` (None: in memory, the caller says); `weight` is 0 or more; arrays of shape (points,)."""

    name: str
    path: str | None
    x: F64
    y: F64
    weight: F64
    crs: CRS | None
    notes: tuple[str, ...]


def read_settlements(source: object, what: str) -> Settlements:
    """Read points.

    Parameters
    ----------
    source
        A path: a vector file with points, or a table (``.csv``, ``.tsv``, ``.txt``) with columns of longitude and
        latitude in degrees; a GeoDataFrame; or shapely points. People are taken from a column named ``population`` or
        the like; without one every point has the weight 1.
    what
        What it is for, which begins messages.

    Raises
    ------
    ReadError
        The file is missing or cannot be decoded.
    ColumnError
        A table without longitude and latitude.
    GeometryError
        Something else than points, or a coordinate that is none.
    SwappedAxesError, InputError
        Coordinates that are not longitude and latitude; a source of another kind.
    PopulationValueError
        A negative or infinite number of people.
    EmptyLayerError
        No point with people.
    """
    path: str | None = None
    if isinstance(source, str | os.PathLike):
        path, _, layer = os.fspath(source).partition("|")
        name = f"{what} {path}"
        if Path(path).suffix.lower() in _TABLES:
            features = read_point_table(path, name)
        else:
            try:
                features = read_features(path, name, layer.removeprefix("layername=") or None)
            except EmptyLayerError as error:
                msg = f"{name} holds no feature; give a layer with points"
                raise EmptyLayerError(msg) from error
    elif hasattr(source, "geometry") and hasattr(source, "crs"):
        name = f"{what} ({type(source).__name__})"
        columns = [c for c in getattr(source, "columns", ()) if c != source.geometry.name]
        table = {str(c): np.asarray(source[c]) for c in columns}  # type: ignore[index]
        features = Features(
            np.asarray(source.geometry, dtype=object), horizontal_crs(source.crs, name), table
        )
    else:
        name = f"{what} (in memory)"
        features = Features(_points_in_memory(source, name), None, {})
    return _settlements(features, name, path)


def _points_in_memory(source: object, name: str) -> NDArray[Any]:
    given = [source] if isinstance(source, shapely.Geometry) else source
    if not isinstance(given, list | tuple | np.ndarray) or not all(
        g is None or isinstance(g, shapely.Geometry) for g in given
    ):
        msg = (
            f"{name}: a {type(source).__name__} is neither points nor a raster; give a path, a GeoDataFrame, shapely "
            "points, or (array, transform, crs)"
        )
        raise InputError(msg)
    shapes = np.empty(len(given), dtype=object)
    shapes[:] = list(given)
    return shapes


def _settlements(features: Features, name: str, path: str | None) -> Settlements:
    notes = list(features.notes)
    # A copy: the shapes may be the caller's. An empty point has no place, like a missing one.
    geometries = features.geometries.copy()
    geometries[shapely.is_empty(geometries)] = None
    points, owner = shapely.get_parts(geometries, return_index=True)
    kind = shapely.get_type_id(geometries)
    other = np.flatnonzero((kind >= 0) & ~np.isin(kind, (_POINT, _MULTIPOINT)))
    if other.size:
        kinds = ", ".join(sorted({geometries[k].geom_type for k in other}))
        msg = (
            f"{name}: {feature_list(other)} of type {kinds}; people are placed by points or by a raster: give the "
            "centres of settlements, or rasterise the shapes"
        )
        raise GeometryError(msg)
    missing = np.setdiff1d(np.arange(kind.size), owner)
    if missing.size:
        notes.append(f"{name}: {feature_list(missing)} without a point left out")
    x, y = shapely.get_x(points), shapely.get_y(points)
    wrong = np.unique(owner[~(np.isfinite(x) & np.isfinite(y))])
    if wrong.size:
        msg = (
            f"{name}, {feature_list(wrong)}: a coordinate is NaN or infinite; correct or remove it"
        )
        raise GeometryError(msg)
    if features.crs is not None and features.crs.is_geographic:
        must_be_lonlat(x, y, name)
    weight, said = _weights(features.table, kind.size, name)
    unknown = np.intersect1d(np.flatnonzero(np.isnan(weight)), owner)
    if unknown.size:
        notes.append(f"{name}: {feature_list(unknown)} without a number of people left out")
    # The people of one feature with several points are shared by them.
    each = np.nan_to_num(weight)[owner] / np.bincount(owner, minlength=kind.size)[owner]
    keep = each > 0.0
    if not keep.any():
        msg = f"{name} has no point with people; give settlements with a number of people above 0"
        raise EmptyLayerError(msg)
    return Settlements(
        name, path, x[keep], y[keep], each[keep], features.crs, (*notes, f"{name}: {said}")
    )


def _weights(table: Mapping[str, NDArray[Any]], count: int, name: str) -> tuple[F64, str]:
    """Return the people of each feature, NaN where they are not told, and what was taken for them."""
    column = next(
        (c for words in _WEIGHTS for c in table if re.fullmatch(words, c.strip().lower())), None
    )
    if column is None:
        return np.ones(count), "no column with people, so every point has the same weight"
    try:
        weight = np.array([_number(v) for v in table[column]])
    except ValueError as error:
        msg = f"{name}: column {column!r} holds something else than numbers ({error}); correct it"
        raise ColumnError(msg) from error
    for how, where in (("negative", weight < 0.0), ("infinite", np.isinf(weight))):
        if where.any():
            k = int(np.flatnonzero(where)[0])
            msg = (
                f"{name}, feature {k + 1}: column {column!r} holds a {how} number of people ({weight[k]:g}); correct "
                "it"
            )
            raise PopulationValueError(msg)
    return weight, f"people are taken from column {column!r}"


def _number(value: object) -> float:
    if value is None or (isinstance(value, str) and not value.strip()):
        return float("nan")
    return float(value)  # type: ignore[arg-type]


def read_point_table(path: str, name: str) -> Features:
    """Read a table with columns of longitude and latitude in degrees; see `read_settlements` for what may be wrong."""
    rows = read_plain_table(path, name, distinct=False)
    header = rows.header
    lon, lat = _column(header, _LON), _column(header, _LAT)
    if lon is None or lat is None:
        msg = (
            f"{name} needs columns of longitude ({', '.join(_LON)}) and latitude ({', '.join(_LAT)}); its columns are: "
            f"{', '.join(header)}"
        )
        raise ColumnError(msg)
    x, y = (_degrees(rows, column) for column in (lon, lat))
    table = {
        column: np.array([row[k] for row in rows.rows], dtype=object)
        for k, column in enumerate(header)
    }
    return Features(shapely.points(x, y), LONLAT, table)


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    lower = [column.lower() for column in header]
    return next((lower.index(name) for name in names if name in lower), None)


def _degrees(rows: PlainTable, column: int) -> F64:
    out = []
    for line, row in zip(rows.lines, rows.rows, strict=True):
        try:
            out.append(float(row[column]))
        except ValueError as error:
            msg = f"{rows.name}, line {line}: {rows.header[column]} is {row[column]!r}, which is no number; correct it"
            raise GeometryError(msg) from error
    return np.array(out)


def must_be_lonlat(x: F64, y: F64, name: str) -> None:
    """Refuse points that cannot be longitudes and latitudes in degrees.

    Raises
    ------
    SwappedAxesError, InputError
        They are the other way round; they are no degrees.
    """
    if x.size == 0 or (np.abs(x).max() <= 360.0 and np.abs(y).max() <= 90.0):
        return
    extent = f"x {x.min():.6g}..{x.max():.6g}, y {y.min():.6g}..{y.max():.6g}"
    if np.abs(x).max() <= 90.0 and np.abs(y).max() <= 360.0:
        msg = f"{name} has latitude and longitude exchanged ({extent}); write longitude first"
        raise SwappedAxesError(msg)
    msg = f"{name} says that its coordinates are degrees, but they are not ({extent}); assign the right CRS"
    raise InputError(msg)
