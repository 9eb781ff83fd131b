"""Tiles side by side as one raster: a small VRT, so that nothing is copied and every program that knows GDAL opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from ew4all.writers.folder import writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["write_mosaic"]

_ALIGNED = 0.01
"""Share of a cell by which tiles of one lattice may be off; their corners are written with few digits."""

_GDAL_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32", "int32": "Int32",
    "float32": "Float32", "float64": "Float64",
}  # fmt: skip


class _Tile(NamedTuple):
    name: str
    west: float
    north: float
    cell: tuple[float, float]
    shape: tuple[int, int]
    crs: str
    dtype: str
    nodata: float | None


def write_mosaic(path: Path, tiles: Sequence[Path]) -> str | None:
    """Write a VRT of tiles that lie in the same folder.

    Where tiles overlap the later one counts; where none lies there is no data, or 0 where the tiles know no such value
    (heights of the sea).

    Returns
    -------
    str or None
        Why there is no mosaic: tiles of different cells, type or CRS. None where it was written.

    Raises
    ------
    WriteError
        The file cannot be written.
    """
    found = [_tile(tile) for tile in tiles]
    first = found[0]
    for tile in found[1:]:
        same = (tile.crs, tile.dtype) == (first.crs, first.dtype) and np.allclose(
            tile.cell, first.cell, rtol=1e-9
        )
        if not same:
            return f"{tile.name} has other cells than {first.name}, so that they make no one raster"
    wide, high = first.cell
    west, north = min(t.west for t in found), max(t.north for t in found)
    places = [((t.west - west) / wide, (north - t.north) / high) for t in found]
    if any(abs(v - round(v)) > _ALIGNED for place in places for v in place):
        return "the cells of the tiles are not on one lattice, so that they make no one raster"
    width = max(round(x) + t.shape[1] for (x, _), t in zip(places, found, strict=True))
    height = max(round(y) + t.shape[0] for (_, y), t in zip(places, found, strict=True))
    root = ET.Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    ET.SubElement(root, "SRS").text = first.crs
    corner = (west, wide, 0.0, north, 0.0, -high)
    ET.SubElement(root, "GeoTransform").text = ", ".join(map(repr, corner))
    band = ET.SubElement(root, "VRTRasterBand", dataType=_GDAL_TYPES[first.dtype], band="1")
    if first.nodata is not None:
        ET.SubElement(band, "NoDataValue").text = repr(first.nodata)
    for (x, y), tile in zip(places, found, strict=True):
        source = ET.SubElement(band, "SimpleSource" if tile.nodata is None else "ComplexSource")
        ET.SubElement(source, "SourceFilename", relativeToVRT="1").text = tile.name
        ET.SubElement(source, "SourceBand").text = "1"
        size: dict[str, Any] = {"xSize": str(tile.shape[1]), "ySize": str(tile.shape[0])}
        ET.SubElement(source, "SrcRect", xOff="0", yOff="0", **size)
        ET.SubElement(source, "DstRect", xOff=str(round(x)), yOff=str(round(y)), **size)
        if tile.nodata is not None:
            ET.SubElement(source, "NODATA").text = repr(tile.nodata)
    ET.indent(root)
    with writing(path):
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(ET.tostring(root, encoding="utf-8") + b"\n")
        part.replace(path)
    return None


def _tile(path: Path) -> _Tile:
    import rasterio

    with rasterio.open(path) as raster:
        t = raster.transform
        return _Tile(
            path.name,
            t.c,
            t.f,
            (t.a, -t.e),
            raster.shape,
            raster.crs.to_wkt(),
            raster.dtypes[0],
            raster.nodata,
        )
