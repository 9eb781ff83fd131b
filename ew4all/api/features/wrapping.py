"""Shapes that leave -180..180 degrees, put back piece by piece, as RFC 7946 (3.1.9) wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import affinity

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["wrapped"]


def wrapped(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes within -180..180 degrees; one that goes over the 180th meridian becomes several parts."""
    bounds = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        outside = (bounds[:, 0] < -180.0) | (bounds[:, 2] > 180.0)
    if not outside.any():
        return shapes
    out = shapes.copy()
    for row in np.flatnonzero(outside):
        out[row] = _wrapped(shapes[row])
    return out


def _wrapped(shape: Any) -> Any:
    west, _, east, _ = shape.bounds
    parts = []
    for turn in range(
        int(np.floor((west + 180.0) / 360.0)), int(np.ceil((east - 180.0) / 360.0)) + 1
    ):
        left = -180.0 + 360.0 * turn
        piece = shapely.intersection(shape, shapely.box(left, -90.0, left + 360.0, 90.0))
        # A touch of the edge alone is a line or a point, and no part of a polygon.
        kept = [p for p in shapely.get_parts(piece) if _dimension(p) == _dimension(shape)]
        parts += [affinity.translate(p, -360.0 * turn) for p in kept if not p.is_empty]
    return shapely.union_all(parts) if parts else None


def _dimension(shape: Any) -> int:
    return int(shapely.get_dimensions(shape))
