"""Facilities: schools, health sites, shelters, hotels, from points, tables and outlines, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import Transformer

from ew4all.errors import EmptyLayerError, GeometryError, OptionError
from ew4all.readers.provenance import SourceNote
from ew4all.readers.settlements import must_be_lonlat, read_point_table
from ew4all.readers.vector_files import read_features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.readers.vector_files import Features
    from ew4all.units import F64

    Flags = NDArray[np.bool_]

__all__ = ["FacilityPoints", "open_facilities"]

_TABLES: Final = (".csv", ".tsv", ".txt")
_POINT: Final = 0
_IDS: Final = ("id", "facility_id", "school_id", "school_id_giga", "giga_id_school", "site_id", "code", "osm_id", "full_id", "fid")  # fmt: skip
_NAMES: Final = ("name", "facility_name", "school_name", "site_name", "name_en", "amenity_name", "title")  # fmt: skip


@dataclass(frozen=True, eq=False)
class FacilityPoints:
    """Facilities of one kind as they were read; arrays of shape (facilities,), longitudes and latitudes in degrees."""

    kind: str
    label: str
    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon_deg: F64
    lat_deg: F64


def open_facilities(
    given: Mapping[str, Any], notes: list[str], sources: list[SourceNote]
) -> tuple[FacilityPoints, ...]:
    """Read facilities.

    Parameters
    ----------
    given
        From a kind (``schools``, ``health_sites``, any name) to a table (``.csv``, ``.tsv``, ``.txt``) with longitude and
        latitude, or a vector file of points or of outlines, which stand for their middle.
    notes, sources
        Added to.

    Raises
    ------
    OptionError
        A kind without a name.
    EmptyLayerError, ColumnError, GeometryError, SwappedAxesError, ReadError
        The file holds no places that can be used.
    """
    found = []
    for kind, source in given.items():
        if not kind.strip():
            msg = f"facilities {source} have no kind; write --facilities schools={source}"
            raise OptionError(msg)
        label = f"facilities {kind} ({source})"
        features = _features(str(source), label)
        shapes = features.geometries
        drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        if not drawn.any():
            msg = f"{label} holds no place; give a table with longitude and latitude, or a layer of points"
            raise EmptyLayerError(msg)
        points = shapes[drawn].copy()
        outlines = shapely.get_type_id(points) != _POINT
        points[outlines] = shapely.point_on_surface(points[outlines])
        x, y = shapely.get_x(points), shapely.get_y(points)
        wrong = np.flatnonzero(~(np.isfinite(x) & np.isfinite(y)))
        if wrong.size:
            msg = f"{label}: place {np.flatnonzero(drawn)[wrong[0]] + 1} has a coordinate that is NaN or infinite; correct or remove it"
            raise GeometryError(msg)
        if features.crs is not None and not features.crs.is_geographic:
            x, y = Transformer.from_crs(features.crs, 4326, always_xy=True).transform(x, y)
        must_be_lonlat(x, y, label)
        notes += features.notes
        left = int((~drawn).sum())
        told = f", {left:,} without a place left out" if left else ""
        middle = f", {int(outlines.sum()):,} outlines by their middle" if outlines.any() else ""
        notes.append(f"{label}: {points.size:,} facilities{told}{middle}")
        sources.append(SourceNote.of(f"facilities {kind}", source, features.crs, unit="places"))
        number = [str(k + 1) for k in np.flatnonzero(drawn)]
        ids = _texts(features, _IDS, drawn, number)
        found.append(FacilityPoints(kind, label, ids, _texts(features, _NAMES, drawn, ids), x, y))
    return tuple(found)


def _features(path: str, label: str) -> Features:
    if path.lower().endswith(_TABLES):
        return read_point_table(path, label)
    name, _, layer = path.partition("|")
    return read_features(name, label, layer.removeprefix("layername=") or None)


def _texts(
    features: Features, usual: Sequence[str], drawn: Flags, otherwise: Sequence[str]
) -> tuple[str, ...]:
    columns = {column.lower(): column for column in features.table}
    column = next((columns[name] for name in usual if name in columns), None)
    if column is None:
        return tuple(otherwise)
    values = np.asarray(features.table[column], dtype=object)[drawn]
    return tuple(
        str(value).strip() if value is not None and str(value).strip() not in {"", "nan"} else own
        for value, own in zip(values, otherwise, strict=True)
    )
