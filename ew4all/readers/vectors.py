"""Polygon layers from files, text and memory, in one form: shapes, CRS, attribute columns, notes.

What is decided on the way (a point left out, a ring closed) is a note. What cannot be decided is an
error that names the layer and the feature. Features keep their place, so that shapes and columns go
together; a feature without a shape is None.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ew4all.errors import EmptyLayerError, GeometryError, InputError, SwappedAxesError
from ew4all.readers.cap_files import read_cap_file
from ew4all.readers.vector_files import (
    Features,
    feature_list,
    horizontal_crs,
    read_features,
)
from ew4all.readers.wkt import is_wkt, read_wkt, read_wkt_file
from ew4all.reprojection import only_polygons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from pyproj import CRS

    from ew4all.alerts.geocodes import GeocodeTable
    from ew4all.reprojection import Geometries

__all__ = ["VectorLayer", "polygon_layer", "read_vector"]

_POLYGON, _MULTIPOLYGON, _COLLECTION = 3, 6, 7


@dataclass(frozen=True)
class VectorLayer:
    """Polygons with their attributes.

    `geometries` holds polygons and multipolygons as they were drawn (perhaps invalid), None where a
    feature has none. `crs` is None for shapes in memory alone: the caller says which they are in.
    Each column of `table` has one value a feature. `name` begins messages, for instance ``"hazard
    flood.gpkg"``.
    """

    name: str
    path: str | None
    geometries: Geometries
    crs: CRS | None
    table: Mapping[str, NDArray[Any]]
    notes: tuple[str, ...]

    def take(self, keep: NDArray[np.bool_]) -> VectorLayer:
        """Return the features for which `keep`, shape (features,), is true."""
        table = {column: values[keep] for column, values in self.table.items()}
        return replace(self, geometries=self.geometries[keep], table=table)

    def with_notes(self, *notes: str) -> VectorLayer:
        """Return the layer with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def read_vector(
    source: object,
    what: str,
    *,
    layer: str | None = None,
    geocodes: GeocodeTable | None = None,
) -> VectorLayer:
    """Read a polygon layer.

    Parameters
    ----------
    source
        A path (GeoJSON, GeoPackage, Shapefile, FlatGeobuf and whatever else GDAL reads; ``.xml`` or
        ``.cap`` for a CAP alert; ``.wkt`` or ``.txt`` for well-known text), with ``|layer`` behind
        it to pick a layer; well-known text itself; a GeoDataFrame or GeoSeries; one shapely
        geometry or a sequence of them (None allowed).
    what
        What the layer is for, which begins messages: ``"hazard"``, ``"area"``, ``"zones"``.
    layer
        Name of the layer in a file that has several.
    geocodes
        Table for the areas of a CAP alert that have no polygon.

    Raises
    ------
    ReadError
        The file is missing or cannot be decoded.
    MissingCrsError
        The layer does not say where on Earth it lies.
    EmptyLayerError
        No shape at all.
    GeometryError
        Points or lines alone; a ring of fewer than three points; NaN; a shape that would be lost in
        reading.
    SwappedAxesError, InputError
        Coordinates of a geographic CRS that are not longitude and latitude; a source of another
        kind.
    CapError, GeocodeError, OptionError
        See `ew4all.alerts.cap_areas.read_areas`; several layers and none was named.
    """
    path: str | None = None
    if isinstance(source, str) and is_wkt(source):
        name = f"{what} (well-known text)"
        features = read_wkt(source, name)
    elif isinstance(source, (str, os.PathLike)):
        path, layer = _split(os.fspath(source), layer)
        name = f"{what} {path}" + (f", layer {layer}" if layer else "")
        features = _read_path(path, name, layer, geocodes)
    elif hasattr(source, "geometry") and hasattr(source, "crs"):
        name = f"{what} ({type(source).__name__})"
        features = _from_frame(source, name)
    else:
        name = f"{what} (in memory)"
        features = _from_memory(source, name)
    return polygon_layer(features, name, path)


def _split(path: str, layer: str | None) -> tuple[str, str | None]:
    """Take ``file|layer`` apart, or ``file|layername=layer`` as QGIS writes it."""
    if "|" not in path or Path(path).exists():
        return path, layer
    path, _, named = path.partition("|")
    return path, named.removeprefix("layername=")


def _read_path(path: str, name: str, layer: str | None, geocodes: GeocodeTable | None) -> Features:
    suffix = Path(path).suffix.lower()
    if suffix in {".wkt", ".txt"}:
        return read_wkt_file(path, name)
    if suffix in {".xml", ".cap"}:
        return read_cap_file(path, name, geocodes)
    return read_features(path, name, layer)


def _from_frame(frame: Any, name: str) -> Features:
    """Take a GeoDataFrame or GeoSeries apart without importing geopandas."""
    series = frame.geometry
    crs = horizontal_crs(frame.crs, name)
    geometries = np.empty(len(series), dtype=object)
    geometries[:] = list(series)
    columns = [c for c in getattr(frame, "columns", ()) if c != series.name]
    return Features(geometries, crs, {str(c): _column(frame[c]) for c in columns})


def _column(series: Any) -> NDArray[Any]:
    """Return a pandas column: floats with NaN, integers, booleans, or objects with None."""
    if series.dtype.kind in "iu" and not series.isna().any():
        return np.asarray(series.to_numpy(dtype=np.int64))
    if series.dtype.kind in "iuf":
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    plain = series.astype(object)
    return np.asarray(plain.where(series.notna(), None).to_numpy(dtype=object))


def _from_memory(source: object, name: str) -> Features:
    if isinstance(source, shapely.Geometry):
        source = [source]
    if not isinstance(source, (list, tuple, np.ndarray)):
        msg = (
            f"{name}: a {type(source).__name__} is no polygon layer; give a path, well-known text, "
            f"a GeoDataFrame with an active geometry column, or shapely geometries"
        )
        raise InputError(msg)
    wrong = [k for k, g in enumerate(source) if not (g is None or isinstance(g, shapely.Geometry))]
    if wrong:
        kind = type(source[wrong[0]]).__name__
        msg = (
            f"{name}, {feature_list(wrong)}: a {kind} is no shapely geometry; convert it first "
            f"(shapely.from_wkt, ...)"
        )
        raise InputError(msg)
    geometries = np.empty(len(source), dtype=object)
    geometries[:] = list(source)
    return Features(geometries, None, {})


def polygon_layer(features: Features, name: str, path: str | None = None) -> VectorLayer:
    """Keep the polygons, and refuse whatever cannot be read in one way only; see `read_vector` for what is raised."""
    geometries = features.geometries.copy()
    total = len(geometries)
    notes = list(features.notes)
    if features.closed:
        notes.append(
            f"{name}, {feature_list(features.closed)}: a ring was not closed; its first vertex is "
            f"repeated"
        )
    geometries[shapely.is_empty(geometries)] = None
    _refuse_nan(geometries, name)
    missing = np.flatnonzero(shapely.is_missing(geometries))
    if missing.size == total:
        msg = f"{name}: none of its {total} features has a geometry; give a layer with polygons"
        raise EmptyLayerError(msg)
    if missing.size:
        have = (
            "1 of {} features has no geometry and is"
            if missing.size == 1
            else "{1} of {0} features have no geometry and are"
        )
        notes.append(
            f"{name}: {have.format(total, missing.size)} left out: {feature_list(missing)}"
        )
    notes += _leave_out_points_and_lines(geometries, name)
    _refuse_flat_rings(geometries, name)
    if features.crs is not None and features.crs.is_geographic:
        _must_be_lonlat(geometries, name)
    return VectorLayer(
        name, path, shapely.force_2d(geometries), features.crs, features.table, tuple(notes)
    )


def _refuse_nan(geometries: Geometries, name: str) -> None:
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    bad = np.unique(owner[~np.isfinite(coordinates).all(axis=1)])
    if bad.size:
        msg = (
            f"{name}, {feature_list(bad)}: a coordinate is NaN or infinite; correct or remove that "
            f"vertex"
        )
        raise GeometryError(msg)


def _leave_out_points_and_lines(geometries: Geometries, name: str) -> list[str]:
    """Set features without an extent to None, and take the polygons out of collections."""
    kind = shapely.get_type_id(geometries)
    parted = []
    for k in np.flatnonzero(kind == _COLLECTION):
        polygons = only_polygons(geometries[k])
        if not polygons.is_empty:
            if shapely.get_num_coordinates(polygons) < shapely.get_num_coordinates(geometries[k]):
                parted.append(int(k))
            geometries[k] = polygons
            kind[k] = _POLYGON
    flat = np.flatnonzero((kind >= 0) & ~np.isin(kind, (_POLYGON, _MULTIPOLYGON)))
    if not flat.size:
        kinds = ""
    else:
        kinds = " and ".join(sorted({geometries[k].geom_type for k in flat}))
        if flat.size == (kind >= 0).sum():
            msg = (
                f"{name} holds {flat.size} features of type {kinds} and no polygon; an area is "
                f"needed: give polygons"
            )
            raise GeometryError(msg)
        geometries[flat] = None
    notes = []
    if flat.size:
        notes.append(f"{name}: {feature_list(flat)} left out, of type {kinds}, which has no area")
    if parted:
        notes.append(
            f"{name}, {feature_list(parted)}: points and lines beside polygons are left out"
        )
    return notes


def _refuse_flat_rings(geometries: Geometries, name: str) -> None:
    """Raise for rings of fewer than three distinct points; something else was meant."""
    parts, part_owner = shapely.get_parts(geometries, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    flat = np.flatnonzero(shapely.area(shapely.polygons(rings)) == 0.0)
    bad = [k for k in flat if len(np.unique(shapely.get_coordinates(rings[k]), axis=0)) < 3]
    if bad:
        features = np.unique(part_owner[ring_part[bad]])
        msg = (
            f"{name}, {feature_list(features)}: a ring has fewer than three different points; "
            f"correct or remove it"
        )
        raise GeometryError(msg)


def _must_be_lonlat(geometries: Geometries, name: str) -> None:
    # Not the bounds: these leave out holes, which may stray beyond their shell.
    coordinates = shapely.get_coordinates(geometries)
    west, south = (float(v) for v in coordinates.min(axis=0))
    east, north = (float(v) for v in coordinates.max(axis=0))
    extent = f"x {west:.6g}..{east:.6g}, y {south:.6g}..{north:.6g}"
    x, y = max(-west, east), max(-south, north)
    if x <= 360.0 and y <= 90.0:
        return
    if x <= 90.0 and y <= 360.0:
        msg = (
            f"{name} has latitude and longitude exchanged ({extent}, and no latitude exceeds 90); "
            f"write longitude first"
        )
        raise SwappedAxesError(msg)
    msg = (
        f"{name} says that its coordinates are degrees, but they are not ({extent}); its CRS is "
        f"wrong: assign the one in which it was drawn"
    )
    raise InputError(msg)
