"""What a file says of itself, looked at once when it comes into the store: where it lies, in what coordinates, its values."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["KINDS", "NotOnEarth", "facts_of_file", "kind_of", "raster_facts", "vector_facts"]

KINDS: Final = {
    ".tif": "raster", ".tiff": "raster", ".gpkg": "vector", ".geojson": "vector", ".fgb": "vector", ".parquet": "table",
    ".csv": "table", ".xlsx": "table",
}  # fmt: skip
"""Kind by ending; Parquet with a geometry is a vector layer. All else is a document."""

SAMPLE: Final = 1024
"""Longest side of the picture from which the values of a raster are summed up, cells."""
_WHOLE: Final = 64_000_000
"""Cells of a raster without overviews that are all looked at for that."""


_LEEWAY_DEGREES: Final = 1.0
"""How far beyond a pole, or a whole turn, the edge of the outermost cells may lie."""


class NotOnEarth(Exception):
    """Coordinates in degrees that no place has."""


def kind_of(suffix: str, facts: dict[str, Any]) -> str:
    """Return ``raster``, ``vector``, ``table`` or ``document``."""
    if facts.get("geometry"):
        return "vector"
    return KINDS.get(suffix.lower(), "document")


def facts_of_file(path: Path) -> dict[str, Any]:
    """Return the facts of a file; none where it is no layer, or cannot be read as what its ending says.

    Raises
    ------
    NotOnEarth
        Its coordinates are degrees, and no place has them.
    """
    suffix = path.suffix.lower()
    if KINDS.get(suffix) == "raster":
        from rasterio.errors import RasterioError

        with suppress(RasterioError, OSError):
            return raster_facts(path)
    if suffix in {".gpkg", ".geojson", ".fgb", ".parquet"}:
        from pyarrow import ArrowException
        from pyogrio.errors import DataLayerError, DataSourceError

        with suppress(DataLayerError, DataSourceError, ArrowException, OSError):
            return vector_facts(path)
    return {}


def raster_facts(path: Path) -> dict[str, Any]:
    """Return the facts of a GeoTIFF.

    ``bbox`` is west, south, east, north in degrees; ``range`` holds the least and largest value and the 2nd and 98th
    percentile of a reduced picture of the first band, of people only where there are any; None where there is no value.
    """
    import rasterio

    with rasterio.open(path, driver="GTiff") as raster:
        values = _sample(raster)
        if raster.units[0] == "people":
            values = values[values > 0]
        return {
            "driver": "GTiff", "width": raster.width, "height": raster.height, "bands": raster.count,
            "dtype": raster.dtypes[0], "crs": None if raster.crs is None else raster.crs.to_string(),
            "bounds": list(raster.bounds), "bbox": _bbox(raster.crs, tuple(raster.bounds)), "nodata": _plain(raster.nodata),
            "unit": raster.units[0], "description": raster.descriptions[0], "overviews": raster.overviews(1), "block": list(raster.block_shapes[0]),
            "range": _range(values),
        }  # fmt: skip


def _sample(raster: Any) -> NDArray[Any]:
    """Return values of a reduced picture; of a large raster without overviews, of some windows of it."""
    import numpy as np
    from rasterio.windows import Window

    height, width = raster.shape
    if height * width <= _WHOLE or raster.overviews(1):
        shrink = max(1.0, max(height, width) / SAMPLE)
        shape = (max(1, int(height / shrink)), max(1, int(width / shrink)))
        whole: NDArray[Any] = raster.read(1, out_shape=shape, masked=True).compressed()
        return whole
    side = SAMPLE // 4
    parts = []
    for row in np.linspace(0, max(0, height - side), 8).astype(int).tolist():
        for column in np.linspace(0, max(0, width - side), 8).astype(int).tolist():
            window = Window(column, row, min(side, width), min(side, height))
            parts.append(raster.read(1, window=window, masked=True).compressed())
    return np.concatenate(parts)


def _range(values: NDArray[Any]) -> dict[str, float] | None:
    import numpy as np

    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = np.percentile(values, (2, 98))
    return {
        "min": float(values.min()), "max": float(values.max()), "p2": float(low), "p98": float(high),
    }  # fmt: skip


def _plain(value: float | None) -> float | str | None:
    return "NaN" if value is not None and math.isnan(value) else value


def _bbox(crs: Any, bounds: tuple[float, ...]) -> list[float] | None:
    """Return bounds in degrees; what goes over the 180th meridian has a west larger than its east."""
    if crs is None:
        return None
    from pyproj import CRS, Transformer

    source = CRS.from_user_input(crs.to_wkt() if hasattr(crs, "to_wkt") else crs)
    west, south, east, north = bounds
    if source.is_geographic:
        _must_be_on_earth(bounds)
    else:
        to_degrees = Transformer.from_crs(source, 4326, always_xy=True)
        west, south, east, north = to_degrees.transform_bounds(west, south, east, north)
    if not all(math.isfinite(v) for v in (west, south, east, north)):
        return None
    if east - west >= 360.0:
        west, east = -180.0, 180.0
    return [
        _turned(west), max(-90.0, south), 180.0 if east == 180.0 else _turned(east), min(90.0, north),
    ]  # fmt: skip


def _must_be_on_earth(bounds: tuple[float, ...]) -> None:
    # Rasters may count longitudes from 0 to 360.
    west, south, east, north = bounds
    turn, pole = 360.0 + _LEEWAY_DEGREES, 90.0 + _LEEWAY_DEGREES
    if all(math.isfinite(v) for v in bounds) and (
        west < -turn or east > turn or south < -pole or north > pole
    ):
        told = (
            f"its coordinates go from {west:g}, {south:g} to {east:g}, {north:g}, which is no place in degrees: "
            "longitude comes first, and a file in metres must name its coordinate reference system"
        )
        raise NotOnEarth(told)


def _turned(longitude: float) -> float:
    return longitude if -180.0 <= longitude <= 180.0 else (longitude + 180.0) % 360.0 - 180.0


def vector_facts(path: Path) -> dict[str, Any]:
    """Return the facts of a vector file, or of a table without geometry."""
    if path.suffix.lower() == ".parquet":
        return _parquet_facts(path)
    import pyogrio

    info = pyogrio.read_info(path, force_feature_count=True, force_total_bounds=True)
    bounds = info["total_bounds"]
    return {
        "driver": info["driver"], "features": int(info["features"]), "geometry": info["geometry_type"],
        "crs": info["crs"], "bbox": None if bounds is None or info["crs"] is None else _bbox(info["crs"], tuple(map(float, bounds))),
        "fields": {str(n): _type(str(t)) for n, t in zip(info["fields"], info["dtypes"], strict=True)},
    }  # fmt: skip


def _parquet_facts(path: Path) -> dict[str, Any]:
    import json

    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    schema = file.schema_arrow
    found: dict[str, Any] = {"driver": "Parquet", "features": file.metadata.num_rows}
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    own = set(geo.get("columns", {})) | {"bbox"} if geo else set()
    found["fields"] = {f.name: _type(str(f.type)) for f in schema if f.name not in own}
    if geo:
        column = geo["columns"][geo["primary_column"]]
        bbox = column.get("bbox")
        types = column.get("geometry_types") or ["Unknown"]
        found["geometry"] = types[0] if len(types) == 1 else "Unknown"
        # Without a word on it, GeoParquet is in degrees, longitude first.
        found["crs"] = "EPSG:4326" if column.get("crs", 0) == 0 else _name(column["crs"])
        if bbox is not None and found["crs"] is not None:
            half = len(bbox) // 2
            found["bbox"] = _bbox(found["crs"], (*bbox[:2], *bbox[half : half + 2]))
    return found


def _name(crs: Any) -> str | None:
    from pyproj import CRS

    return None if crs is None else str(CRS.from_user_input(crs).to_string())


def _type(name: str) -> str:
    """Return the type of JSON that a column becomes."""
    if name.startswith("bool"):
        return "boolean"
    if name.startswith(("int", "uint")):
        return "integer"
    return "number" if name.startswith(("float", "double", "decimal")) else "string"
