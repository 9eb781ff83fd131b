"""Zooms at which a layer has tiles, and which tiles lie within its box."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ew4all.api.layers.catalogue import Layer

__all__ = ["FINEST", "limits_of", "zooms_of"]

FINEST: Final = 24
"""Zoom beyond which there are no tiles."""
_OF_VECTORS: Final = (0, 14)
_LATITUDE: Final = 85.0511287798066
"""Where the square world of Mercator ends, degrees."""


def zooms_of(layer: Layer, most_cells: int) -> tuple[int, int]:
    """Return the least zoom at which a tile reads no more than `most_cells` cells, and that at which a cell is a pixel."""
    if layer.kind == "vector":
        return _OF_VECTORS
    facts = layer.facts
    west, _, east, _ = facts["bbox"]
    across = (east - west) % 360.0 or 360.0
    width, height = int(facts["width"]), int(facts["height"])
    finest = math.ceil(math.log2(360.0 / 256.0 * width / across) - 1e-6)
    coarse = max([1, *facts.get("overviews", [])])
    cells = width * height / coarse**2
    least = 0
    if cells > most_cells:
        # The zoom at which the layer fills about one tile, and from there a quarter of the cells with each.
        fills = math.floor(math.log2(360.0 / across))
        least = max(0, fills + math.ceil(math.log(cells / most_cells, 4)))
    finest = min(max(finest, 0), FINEST - 2)
    return min(least, finest), finest


def limits_of(bbox: list[float], zoom: int) -> dict[str, Any]:
    """Return which tiles of a zoom lie within a box of degrees, as OGC 17-083r4 writes it."""
    west, south, east, north = bbox
    if west > east:
        west, east = -180.0, 180.0
    count: int = 2**zoom

    def column(longitude: float) -> int:
        return min(count - 1, max(0, math.floor((longitude + 180.0) / 360.0 * count)))

    def row(latitude: float) -> int:
        bound = math.radians(max(-_LATITUDE, min(_LATITUDE, latitude)))
        down = (1.0 - math.asinh(math.tan(bound)) / math.pi) / 2.0
        return min(count - 1, max(0, math.floor(down * count)))

    return {
        "tileMatrix": str(zoom), "minTileRow": row(north), "maxTileRow": row(south),
        "minTileCol": column(west), "maxTileCol": column(east),
    }  # fmt: skip
