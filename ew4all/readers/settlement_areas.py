"""Settlements as areas with a name: polygons, or points with a circle around each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer

from ew4all.errors import EmptyLayerError, GeometryError
from ew4all.geometry import circle
from ew4all.readers.settlements import read_point_table
from ew4all.readers.vector_files import LONLAT, feature_list, read_features
from ew4all.readers.zones import read_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.reprojection import Geometries

__all__ = ["RADIUS_M", "SettlementAreas", "read_settlement_areas"]

RADIUS_M: Final = 1000.0
"""Radius of a settlement that is given as a point. A choice: villages are smaller, and their people within it all the same."""

_TABLES: Final = {".csv", ".tsv", ".txt"}
_NAMES: Final = ("name", "name_en", "settlement", "place", "label", "village", "town", "id")
_POINT: Final = 0


@dataclass(frozen=True)
class SettlementAreas:
    """Names and polygons in `crs`, in the order of the file."""

    names: tuple[str, ...]
    geometries: Geometries
    crs: CRS
    path: str
    notes: tuple[str, ...]


def read_settlement_areas(
    path: str | os.PathLike[str], *, radius_m: float = RADIUS_M
) -> SettlementAreas:
    """Read settlements.

    Parameters
    ----------
    path
        Table (``.csv``, ``.tsv``, ``.txt``) with columns of longitude and latitude in degrees, a vector file with points,
        or one with polygons. Names are taken from a column ``name`` or the like.
    radius_m
        Radius of the circle around a point.

    Raises
    ------
    InputError, ReadError
        See `read_settlements` and `read_zones`.
    GeometryError
        Points beside polygons, or a radius that is none.
    """
    text = os.fspath(path)
    file, _, layer = text.partition("|")
    name = f"settlements {file}"
    if Path(file).suffix.lower() in _TABLES:
        features = read_point_table(file, name)
    else:
        features = read_features(file, name, layer.removeprefix("layername=") or None)
    kind = shapely.get_type_id(features.geometries)
    drawn = np.flatnonzero(kind >= 0)
    if not drawn.size:
        msg = f"{name} holds no shape; give settlements as points or polygons"
        raise EmptyLayerError(msg)
    points = drawn[kind[drawn] == _POINT]
    if not points.size:
        zones = read_zones(text)
        return SettlementAreas(
            zones.names, zones.layer.geometries, zones.layer.crs or LONLAT, file, zones.layer.notes
        )
    if points.size < drawn.size:
        other = np.setdiff1d(drawn, points)
        msg = f"{name} mixes points and other shapes ({feature_list(other)}); give one kind"
        raise GeometryError(msg)
    notes = [
        *features.notes,
        f"{name}: a settlement is taken to be everything within {radius_m:g} m of its point",
    ]
    if drawn.size < kind.size:
        rest = np.setdiff1d(np.arange(kind.size), drawn)
        notes.append(f"{name}: {feature_list(rest)} without a point left out")
    return SettlementAreas(
        _names(features.table, drawn, name, notes),
        _circles(features.geometries[drawn], features.crs or LONLAT, radius_m),
        LONLAT,
        file,
        tuple(notes),
    )


def _circles(points: Geometries, crs: CRS, radius_m: float) -> Geometries:
    x, y = shapely.get_x(points), shapely.get_y(points)
    lon, lat = Transformer.from_crs(crs, LONLAT, always_xy=True).transform(x, y)
    out = np.empty(len(points), dtype=object)
    out[:] = [circle(float(a), float(b), radius_m) for a, b in zip(lon, lat, strict=True)]
    return out


def _names(
    table: Mapping[str, NDArray[Any]], drawn: NDArray[np.intp], name: str, notes: list[str]
) -> tuple[str, ...]:
    plain = {column.strip().lower(): column for column in reversed(list(table))}
    column = next((plain[n] for n in _NAMES if n in plain), None)
    if column is None:
        notes.append(f"{name}: no column with names, so settlements are numbered from 1")
        return tuple(f"settlement {k + 1}" for k in drawn)
    values = [table[column][k] for k in drawn]
    return tuple(
        f"settlement {k + 1}" if v is None or not str(v).strip() else str(v).strip()
        for k, v in zip(drawn, values, strict=True)
    )
