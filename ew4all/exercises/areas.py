"""Warning areas that players draw: read from GeoJSON, checked at once, named by what they are."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyproj
import shapely
from shapely.geometry import shape as shape_of

from ew4all.coverage.overlay import clip
from ew4all.errors import GeometryError
from ew4all.reprojection import in_frame, only_polygons, to_crs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from ew4all.grid import Grid

__all__ = ["OWN", "DrawnArea", "area_of", "shape_on"]

OWN: Final = "scenario"
"""Name of the area of alerts without one of their own: the hazard's footprint, or what the scenario says."""

_MOST_CORNERS: Final = 10_000
_WGS84: Final = pyproj.CRS.from_epsg(4326)


class DrawnArea(NamedTuple):
    """A warning area: its name, and its shape in longitude and latitude, None for that of the scenario."""

    name: str
    shape: BaseGeometry | None = None


def area_of(given: Mapping[str, Any] | None) -> DrawnArea:
    """Return the area that a GeoJSON geometry says; areas that are alike have one name.

    Raises
    ------
    GeometryError
        It is no Polygon or MultiPolygon, has corners that are no place on Earth, or crosses itself.
    """
    if given is None:
        return DrawnArea(OWN)
    kind = given.get("type")
    if kind == "Feature":
        return area_of(given.get("geometry") or {})
    if kind not in ("Polygon", "MultiPolygon"):
        msg = f"an alert area is a GeoJSON Polygon or MultiPolygon, and this is {str(kind)!r:.40}; draw it as an area"
        raise GeometryError(msg)
    try:
        shape = shape_of(dict(given))
        corners = shapely.get_coordinates(shape)
    except (KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
        msg = f"the alert area is no polygon that can be read ({error}); draw it anew with three corners or more"
        raise GeometryError(msg) from error
    if not 0 < len(corners) <= _MOST_CORNERS:
        msg = f"the alert area has {len(corners):,} corners; 3 to {_MOST_CORNERS:,} can be used"
        raise GeometryError(msg)
    wrong = ~((np.abs(corners[:, 0]) <= 360.0) & (np.abs(corners[:, 1]) <= 90.0))
    if wrong.any():
        lon, lat = corners[wrong][0]
        msg = f"a corner of the alert area lies at longitude {lon:g}, latitude {lat:g}, which is no place; corners are [longitude, latitude]"
        raise GeometryError(msg)
    if not shape.is_valid:
        msg = f"the alert area crosses or touches itself ({shapely.is_valid_reason(shape)}); draw it so that its edges do not meet"
        raise GeometryError(msg)
    if not shape.area > 0.0:
        msg = "the alert area has no extent; draw it with three corners that do not lie on a line"
        raise GeometryError(msg)
    shape = shapely.normalize(shape)
    text = json.dumps(shapely.get_coordinates(shape).tolist()) + str(
        shapely.get_num_interior_rings(shape)
    )
    return DrawnArea(f"drawn-{hashlib.sha256(text.encode()).hexdigest()[:12]}", shape)


def shape_on(area: DrawnArea, grid: Grid, outline: BaseGeometry) -> BaseGeometry:
    """Return a drawn area in the CRS of a grid, as far as it lies on it.

    Raises
    ------
    GeometryError
        No part of it lies where the exercise knows people.
    """
    assert area.shape is not None
    drawn = np.array([area.shape], dtype=object)
    if grid.is_geographic:
        drawn = in_frame(drawn, grid)
    on_grid = to_crs(drawn, _WGS84, grid)
    found = clip(on_grid, outline)[0]
    if found is None or found.is_empty or not only_polygons(found).area > 0.0:
        west, south, east, north = area.shape.bounds
        msg = (
            f"the alert area (longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}) lies outside the map of this "
            "exercise, so nobody is in it; draw it over the people of the exercise"
        )
        raise GeometryError(msg)
    return only_polygons(found)
