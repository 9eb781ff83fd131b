"""Where results lie: whether they can be of one country, told by the boxes and places that they hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from ew4all.grid import lonlat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyproj import CRS
    from shapely.geometry.base import BaseGeometry

__all__ = ["Extent", "are_apart", "box_of", "extent_of", "extent_words", "share_inside"]

Extent = tuple[float, float, float, float]
"""West, south, east and north in degrees; east is above 180 where a box crosses the antimeridian."""

_MARGIN_DEG: Final = 0.1
"""Places on the coast or at the border stand beside the box of zones that were drawn coarsely; about 11 km."""

_TURNS: Final = (-360.0, 0.0, 360.0)


def box_of(shapes: Sequence[BaseGeometry], crs: CRS) -> Extent | None:
    """Return the box of shapes of a CRS in degrees, to 1e-6; None where it has no longitudes and latitudes."""
    bounds = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    west, south, east, north = lonlat(crs).transform_bounds(*bounds)
    if not all(math.isfinite(edge) for edge in (west, south, east, north)):
        return None
    east += 360.0 if east < west else 0.0  # across the antimeridian
    return round(west, 6), round(south, 6), round(east, 6), round(north, 6)


def extent_of(document: Mapping[str, Any]) -> Extent | None:
    """Return the box of a result; None where it holds none, as results of earlier versions do."""
    found = document.get("extent_deg")
    if found is None or len(found) != 4:
        return None
    west, south, east, north = (float(number) for number in found)
    return west, south, east, north


def are_apart(one: Extent, other: Extent) -> bool:
    """Return whether two boxes share nothing, whichever turn of the Earth their longitudes are of."""
    if one[3] < other[1] or other[3] < one[1]:
        return True
    return all(one[2] < other[0] + turn or other[2] + turn < one[0] for turn in _TURNS)


def share_inside(places: Sequence[tuple[float, float]], box: Extent) -> float:
    """Return the share of places (longitude and latitude, at least one) that lie in a box or close to it."""
    west, south, east, north = box
    inside = [
        south - _MARGIN_DEG <= lat <= north + _MARGIN_DEG
        and any(west - _MARGIN_DEG <= lon + turn <= east + _MARGIN_DEG for turn in _TURNS)
        for lon, lat in places
    ]
    return sum(inside) / len(places)


def extent_words(box: Extent) -> str:
    """Return a box in words."""
    west, south, east, north = box
    return f"longitude {west:.2f} to {east:.2f}, latitude {south:.2f} to {north:.2f}"
