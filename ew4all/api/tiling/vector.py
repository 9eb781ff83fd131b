"""Vector tiles (Mapbox Vector Tile 2.1) from features in memory: cut, projected, simplified, and never more than a bound."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.api.features.table import Table
    from ew4all.api.settings import Limits

__all__ = ["EXTENT", "vector_tile"]

EXTENT: Final = 4096
"""Steps of a tile, each way."""
_BUFFER: Final = 64
"""Steps that shapes go over the edge, so that no outline is drawn there."""
_FINEST: Final = 2.0
"""Steps by which a line may be moved: a quarter of a pixel on a tile of 512."""
_TRIES: Final = 14


def vector_tile(
    table: Table, name: str, z: int, x: int, y: int, limits: Limits
) -> tuple[bytes, int]:
    """Return a tile of WebMercatorQuad, and how many features were left out of it; empty where there is nothing.

    Of more than ``limits.tile_features`` features the largest are kept. Lines are simplified to a quarter of a pixel, and
    further until there are no more than ``limits.tile_vertices`` vertices.
    """
    rows = table.tree.query(shapely.box(*_bounds(z, x, y)), predicate="intersects")
    rows.sort()
    left_out = max(0, len(rows) - limits.tile_features)
    if left_out:
        rows = _largest(table.shapes, rows, limits.tile_features)
    if not len(rows):
        return b"", 0
    shapes = _cut(_projected(table.shapes[rows], z, x, y))
    shapes = _simplified(shapes, limits.tile_vertices)
    features = [
        {"geometry": shape, "properties": _properties(table, row), "id": row + 1}
        for row, shape in zip(rows.tolist(), shapes, strict=True)
        if shape is not None and not shape.is_empty
    ]
    if not features:
        return b"", left_out
    import mapbox_vector_tile

    content: bytes = mapbox_vector_tile.encode(
        [{"name": name, "features": features}],
        default_options={"y_coord_down": True, "extents": EXTENT},
    )
    return content, left_out


def _bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile with its buffer, degrees."""
    side, over = 2.0**-z, _BUFFER / EXTENT
    west, east = ((x - over) * side * 360.0 - 180.0, (x + 1 + over) * side * 360.0 - 180.0)
    south, north = (_latitude((y + 1 + over) * side), _latitude((y - over) * side))
    return max(-180.0, west), south, min(180.0, east), north


def _latitude(down: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * down))))


def _largest(shapes: NDArray[np.object_], rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    bounds = shapely.bounds(shapes[rows])
    across = (bounds[:, 2] - bounds[:, 0]) + (bounds[:, 3] - bounds[:, 1])
    return np.sort(rows[np.argsort(-across, kind="stable")[:most]])


def _projected(shapes: NDArray[np.object_], z: int, x: int, y: int) -> NDArray[np.object_]:
    """Return shapes in steps of a tile, from its north-west corner."""
    scale = 2.0**z * EXTENT

    def project(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        # Beyond 89.9 degrees there is no end of Mercator; what lies there is on no tile.
        latitude = np.radians(np.clip(lonlat[:, 1], -89.9, 89.9))
        right = (lonlat[:, 0] + 180.0) / 360.0
        down = (1.0 - np.arcsinh(np.tan(latitude)) / math.pi) / 2.0
        return np.column_stack((right * scale - x * EXTENT, down * scale - y * EXTENT))

    out: NDArray[np.object_] = shapely.transform(shapes, project)
    return out


def _cut(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    low, high = -_BUFFER, EXTENT + _BUFFER
    bounds = shapely.bounds(shapes)
    over = (bounds[:, :2] < low).any(axis=1) | (bounds[:, 2:] > high).any(axis=1)
    out = shapes.copy()
    out[over] = shapely.clip_by_rect(shapes[over], low, low, high, high)
    return out


def _simplified(shapes: NDArray[np.object_], most: int) -> NDArray[np.object_]:
    """Return shapes on whole steps, valid, of the dimension that they had."""
    dimensions = shapely.get_dimensions(shapes)
    tolerance = _FINEST
    for _ in range(_TRIES):
        simple: NDArray[np.object_] = shapely.simplify(shapes, tolerance, preserve_topology=True)
        if int(shapely.get_num_coordinates(simple).sum()) <= most:
            break
        tolerance *= 2.0
    bad = ~shapely.is_valid(simple)
    simple[bad] = shapely.make_valid(simple[bad])
    simple = shapely.set_precision(simple, 1.0)
    mixed = shapely.get_type_id(simple) == shapely.GeometryType.GEOMETRYCOLLECTION
    for k in np.flatnonzero(mixed):
        simple[k] = _of_dimension(simple[k], int(dimensions[k]))
    return simple


def _of_dimension(shape: Any, dimension: int) -> Any:
    parts = [p for p in shapely.get_parts(shape) if int(shapely.get_dimensions(p)) == dimension]
    return shapely.union_all(parts) if parts else None


def _properties(table: Table, row: int) -> dict[str, Any]:
    """Return values as tiles hold them: no nulls, and no lists but as text."""
    found = {} if "id" in table.columns else {"id": table.ids[row]}
    for key, value in table.properties(row).items():
        if isinstance(value, list | dict):
            found[key] = json.dumps(value, ensure_ascii=False)
        elif value is not None:
            found[key] = value
    return found
