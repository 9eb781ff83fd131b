"""Examples of good answers for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

__all__ = [
    "LAYER",
    "LAYERS",
    "LEGEND",
    "SAME",
    "TILEJSON",
    "TILESET",
    "TILESETS",
    "TILE_MATRIX_SETS",
    "good",
]

SAME: Final[dict[int | str, Any]] = {304: {"description": "the client has it already"}}


def good(example: dict[str, Any]) -> dict[int | str, Any]:
    """Return what OpenAPI says of a document: an object with what the example has."""
    schema = {"type": "object", "required": sorted(example)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {200: {"description": "OK", "content": content}}


_JOB: Final = "0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"
_HOME: Final = f"http://127.0.0.1:8000/v1/layers/{_JOB}.uncovered.tif"
_LINK: Final = {"href": _HOME, "rel": "self", "type": "application/json"}

LAYER: Final[dict[str, Any]] = {
    "id": f"{_JOB}.uncovered.tif", "reference": f"layer:{_JOB}.uncovered.tif", "name": "uncovered.tif",
    "title": "uncovered.tif", "kind": "raster", "media_type": "image/tiff; application=geotiff; profile=cloud-optimized",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "bytes": 40713,
    "created": "2026-07-01T12:00:00+00:00", "job": _JOB, "process": "reach", "bbox": [-61.85, 11.95, -61.35, 12.57],
    "crs": "EPSG:4326", "facts": {"unit": "people", "width": 600, "height": 744}, "links": [_LINK],
}  # fmt: skip
LAYERS: Final = {"layers": [LAYER], "numberMatched": 1, "numberReturned": 1, "links": []}
LEGEND: Final = {
    "colormap": "uncovered", "unit": "people", "rescale": [0.0, 18.0], "transparent": "no value, or nobody",
    "entries": [{"value": 0.0, "color": "#fdbb6b"}, {"value": 18.0, "color": "#6e2100"}],
}  # fmt: skip
TILEJSON: Final = {
    "tilejson": "3.0.0", "name": "uncovered.tif", "version": "1.0.0", "scheme": "xyz", "minzoom": 0, "maxzoom": 11,
    "bounds": [-61.85, 11.95, -61.35, 12.57], "center": [-61.6, 12.26, 0],
    "tiles": [f"{_HOME}/xyz/{{z}}/{{x}}/{{y}}.png?tilesize=512"],
}  # fmt: skip
TILESET: Final = {
    "title": "uncovered.tif", "dataType": "map", "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
    "tileMatrixSetURI": "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad", "links": [_LINK],
}  # fmt: skip
TILESETS: Final = {"tilesets": [TILESET], "links": [_LINK]}
TILE_MATRIX_SETS: Final = {
    "tileMatrixSets": [{"id": "WebMercatorQuad", "title": "Web Mercator", "links": [_LINK]}]
}
