"""Vector files by way of GDAL: every feature as it stands in the file, and nothing lost unnoticed.

GDAL reads on where it can: a mislabelled geometry becomes null, a Shapefile that was cut short
becomes null geometries, an unknown CRS of an old GeoJSON becomes EPSG:4326. Each of these is found
here and raised.
"""

from __future__ import annotations

import json
import re
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from ew4all.errors import (
    EmptyLayerError,
    GeometryError,
    MissingCrsError,
    OptionError,
    ReadError,
)
from ew4all.grid import crs_of
from ew4all.readers.fingerprint import must_be_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from ew4all.reprojection import Geometries

__all__ = ["Features", "feature_list", "horizontal_crs", "read_features"]

LONLAT = CRS.from_epsg(4326)
_MOST_NAMED = 8
_MOST_GDAL_NOTES = 3
# GDAL's own words for what is told in ours.
_TOLD_OTHERWISE = re.compile(r"Non closed ring detected|too many members in array")
_NESTING = {
    "Point": 1,
    "MultiPoint": 2,
    "LineString": 2,
    "MultiLineString": 3,
    "Polygon": 3,
    "MultiPolygon": 4,
}
_TYPE_OF_NESTING = {1: "Point", 2: "LineString", 3: "Polygon", 4: "MultiPolygon"}
_HEAD_BYTES = 65536
_SHP_HEADER_BYTES = 100
_DBF_HEADER_BYTES = 32


@dataclass(frozen=True)
class Features:
    """Shapes of any kind before anything is judged, None where a feature has none.

    `crs` is None for shapes in memory alone. `closed` holds the positions whose rings were closed.
    """

    geometries: Geometries
    crs: CRS | None
    table: Mapping[str, NDArray[Any]]
    notes: tuple[str, ...] = ()
    closed: tuple[int, ...] = ()


def feature_list(positions: Iterable[int]) -> str:
    """Return ``"feature 3"`` or ``"features 1, 4 and 7"`` of positions that count from 0."""
    numbers = [str(k + 1) for k in positions]
    if len(numbers) == 1:
        return f"feature {numbers[0]}"
    if len(numbers) > _MOST_NAMED:
        return f"features {', '.join(numbers[:_MOST_NAMED])} and {len(numbers) - _MOST_NAMED} more"
    return f"features {', '.join(numbers[:-1])} and {numbers[-1]}"


def horizontal_crs(value: object, label: str) -> CRS:
    """Return the two-dimensional CRS of a layer.

    Raises
    ------
    MissingCrsError
        There is none, or one that is tied to no place on Earth.
    InputError
        PROJ does not know it.
    """
    crs = crs_of(value, label)
    if len(crs.axis_info) != 2:
        crs = crs.to_2d()
    if crs.name.lower().startswith("undefined") or not (crs.is_geographic or crs.is_projected):
        msg = (
            f"{label} has a coordinate reference system without a place on Earth ({crs.name}); "
            f"assign the right one (for instance with QGIS 'Assign projection')"
        )
        raise MissingCrsError(msg)
    # Longitude comes first in every layer, so CRS84 and EPSG:4326 are the same thing here.
    same = crs.is_geographic and crs.equals(LONLAT, ignore_axis_order=True)
    return LONLAT if same else crs


def read_features(path: str, label: str, layer: str | None = None) -> Features:
    """Read all features of one layer.

    Parameters
    ----------
    path
        A file that GDAL reads.
    label
        How messages name it.
    layer
        Name of the layer; the only one with polygons by default.

    Raises
    ------
    ReadError
        The file is missing, damaged, cut short, or in no vector format.
    OptionError
        Several layers and none was named, or the named one does not exist.
    EmptyLayerError
        A table without shapes, or no feature at all.
    MissingCrsError
        The file does not say where on Earth it lies.
    GeometryError
        A shape in the file is lost in reading: a label that contradicts its coordinates, a ring of
        one point.
    """
    must_be_named(path)
    if not Path(path).exists():
        msg = f"{label}: there is no such file; check the path"
        raise ReadError(msg)
    _refuse_cut_shapefile(path, label)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            chosen, notes = _layer(path, label, layer)
            info = pyogrio.read_info(path, layer=chosen, force_feature_count=True)
            meta, _, wkb, columns = pyogrio.raw.read(path, layer=chosen, force_2d=True)
        except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
            # What follows is GDAL's advice on its own options.
            said = str(error).partition("; It might help")[0].rstrip(".")
            msg = (
                f"{label} cannot be read as a vector file; GDAL says: {said}. "
                "Give a GeoJSON, GeoPackage, Shapefile or FlatGeobuf, or write the file again"
            )
            raise ReadError(msg) from error
    if len(wkb) != info["features"] >= 0:
        msg = (
            f"{label} promises {info['features']} features and holds {len(wkb)}: it is cut short; "
            f"get it again"
        )
        raise ReadError(msg)
    if len(wkb) == 0:
        msg = f"{label} has no feature; give a layer with shapes"
        raise EmptyLayerError(msg)
    geometries, closed = _from_wkb(wkb, label)
    if info["driver"] == "GeoJSON":
        _refuse_unknown_crs_member(path, label)
        _refuse_lost_shapes(path, label, geometries)
    warned = dict.fromkeys(
        str(w.message) for w in caught if not _TOLD_OTHERWISE.search(str(w.message))
    )
    notes += [f"{label}: GDAL says: {text}" for text in list(warned)[:_MOST_GDAL_NOTES]]
    table = dict(zip(meta["fields"], columns, strict=True))
    return Features(
        geometries, horizontal_crs(meta["crs"], label), table, tuple(notes), tuple(closed)
    )


def _layer(path: str, label: str, layer: str | None) -> tuple[str, list[str]]:
    """Choose the layer: the one that was named, else the only one that can hold polygons."""
    listed = [
        (str(name), str(kind)) for name, kind in pyogrio.list_layers(path) if kind is not None
    ]
    tables = [str(name) for name, kind in pyogrio.list_layers(path) if kind is None]
    if layer is not None:
        if layer in dict(listed):
            return layer, []
        names = ", ".join(name for name, _ in listed) or "none with shapes"
        msg = f"{label} has no layer {layer!r} with shapes; its layers are: {names}"
        raise OptionError(msg)
    if not listed:
        what = f"is a table without shapes ({', '.join(tables)})" if tables else "has no layer"
        msg = f"{label} {what}; give a layer with shapes"
        raise EmptyLayerError(msg)
    if len(listed) == 1:
        return listed[0][0], []
    drawn = [name for name, kind in listed if "Polygon" in kind or "Surface" in kind]
    unsure = [name for name, kind in listed if "Unknown" in kind or "Collection" in kind]
    candidates = drawn if drawn and not unsure else drawn + unsure
    if len(candidates) == 1:
        note = f"{label} has {len(listed)} layers; {candidates[0]} alone has polygons and is read"
        return candidates[0], [note]
    names = ", ".join(candidates or [name for name, _ in listed])
    msg = (
        f"{label} has {len(listed)} layers ({names}); name one of them, as in "
        f"'{Path(path).name}|{names.split(', ')[0]}'"
    )
    raise OptionError(msg)


def _from_wkb(wkb: NDArray[Any], label: str) -> tuple[Geometries, list[int]]:
    """Return shapes, and the positions of those whose rings had to be closed."""
    # A NaN coordinate is reported with its feature later; numpy would warn of it here.
    with np.errstate(invalid="ignore"):
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
        present = np.array([value is not None for value in wkb], dtype=bool)
        broken = np.flatnonzero(present & shapely.is_missing(geometries))
        if broken.size:
            geometries[broken] = shapely.from_wkb(wkb[broken], on_invalid="fix")
    lost = broken[shapely.is_missing(geometries[broken])]
    if lost.size:
        msg = (
            f"{label}, {feature_list(lost)}: a ring of fewer than three points, or damaged "
            f"coordinates, and so no shape; correct or remove it"
        )
        raise GeometryError(msg)
    return geometries, [int(k) for k in broken]


def _refuse_cut_shapefile(path: str, label: str) -> None:
    """Raise where a .shp or .dbf is shorter than its header promises.

    GDAL reads null shapes from it without a word.

    ESRI Shapefile Technical Description (1998), main file header: bytes 24-27, length in 16-bit
    words, big endian. dBASE: bytes 4-7 records, 8-9 header length, 10-11 record length, little
    endian.
    """
    main = Path(path)
    if main.suffix.lower() != ".shp":
        return
    promised = {main: _SHP_HEADER_BYTES}
    head = _first_bytes(main, _SHP_HEADER_BYTES)
    if len(head) == _SHP_HEADER_BYTES:
        promised[main] = 2 * struct.unpack(">i", head[24:28])[0]
    for table in (main.with_suffix(".dbf"), main.with_suffix(".DBF")):
        if not table.exists():
            continue
        promised[table] = _DBF_HEADER_BYTES
        head = _first_bytes(table, _DBF_HEADER_BYTES)
        if len(head) == _DBF_HEADER_BYTES:
            records, header_bytes, record_bytes = struct.unpack("<IHH", head[4:12])
            promised[table] = header_bytes + records * record_bytes
    for file, size in promised.items():
        held = file.stat().st_size
        if held < size:
            msg = (
                f"{label}: {file.name} should have {size:,} bytes and has {held:,}: it is cut "
                f"short; get it again"
            )
            raise ReadError(msg)


def _first_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _refuse_unknown_crs_member(path: str, label: str) -> None:
    """Raise for a GeoJSON ``crs`` member (2008) that GDAL would silently take for EPSG:4326."""
    head = _first_bytes(Path(path), _HEAD_BYTES).decode("utf-8", errors="replace")
    head = head.partition('"features"')[0].partition('"coordinates"')[0]
    start = re.search(r'"crs"\s*:\s*', head)
    if start is None:
        return
    try:
        member, _ = json.JSONDecoder().raw_decode(head, start.end())
        name = None if member is None else member.get("properties", {}).get("name")
        known = name is not None and bool(CRS.from_user_input(name))
    except (json.JSONDecodeError, AttributeError, CRSError):
        known = False
    if not known:
        msg = (
            f"{label} has a 'crs' member that names no known coordinate reference system; if its "
            f"coordinates are longitude and latitude on WGS 84, delete that member (RFC 7946), "
            f"otherwise correct it"
        )
        raise MissingCrsError(msg)


def _refuse_lost_shapes(path: str, label: str, geometries: Geometries) -> None:
    """Raise where the text of a GeoJSON holds shapes that came out of GDAL as null or empty."""
    missing = int((shapely.is_missing(geometries) | shapely.is_empty(geometries)).sum())
    if missing == 0:
        return
    try:
        document = json.loads(Path(path).read_text("utf-8-sig"))
    except (ValueError, OSError) as error:
        msg = (
            f"{label} has {missing} features without a shape and is no strict JSON ({error}); "
            f"write it again"
        )
        raise ReadError(msg) from error
    shapes = [_shape_of(feature) for feature in _features_of(document)]
    present = [k for k, shape in enumerate(shapes) if _holds_coordinates(shape)]
    if len(shapes) - len(present) >= missing:
        return
    mislabelled: dict[str, list[int]] = {}
    for k in present:
        fault = _contradiction(shapes[k])
        if fault:
            mislabelled.setdefault(fault, []).append(k)
    if not mislabelled:
        msg = (
            f"{label} has {len(present)} features with coordinates, of which GDAL reads "
            f"{len(geometries) - missing}; the others hold something that is no coordinate; "
            f"correct them"
        )
        raise GeometryError(msg)
    fault, where = max(mislabelled.items(), key=lambda item: len(item[1]))
    actual = fault.rpartition(" ")[2]
    msg = (
        f"{label}: {len(where)} of {len(shapes)} features are {fault} ({feature_list(where)}), so "
        f"that GDAL reads them "
        f'as null and they would be lost; change their "type" to "{actual}"'
    )
    raise (EmptyLayerError if missing == len(geometries) else GeometryError)(msg)


def _features_of(document: Any) -> list[Any]:
    if isinstance(document, dict) and isinstance(document.get("features"), list):
        return list(document["features"])
    return [document]


def _shape_of(feature: Any) -> Any:
    if not isinstance(feature, dict):
        return None
    return feature.get("geometry") if feature.get("type") == "Feature" else feature


def _holds_coordinates(shape: Any) -> bool:
    return isinstance(shape, dict) and bool(shape.get("coordinates") or shape.get("geometries"))


def _contradiction(shape: Any) -> str | None:
    """Say how a geometry's label contradicts the nesting of its coordinates, if it does."""
    label, inner, depth = shape.get("type"), shape.get("coordinates"), 0
    while isinstance(inner, list) and inner:
        inner, depth = inner[0], depth + 1
    if not isinstance(label, str) or label not in _NESTING:
        return None
    if depth == _NESTING[label] or depth not in _TYPE_OF_NESTING:
        return None
    return f'labelled "{label}" while their coordinates are nested as a {_TYPE_OF_NESTING[depth]}'
