"""Shapes that are not valid: mended where all readings of them agree, refused where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from ew4all.errors import GeometryError
from ew4all.reprojection import only_polygons

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_REPAIR_TOLERANCE = 1e-3


def repaired(geometry: BaseGeometry, what: str) -> tuple[BaseGeometry, str | None]:
    """Return a valid polygon and a note on what was mended.

    Parameters
    ----------
    geometry
        Polygon, multipolygon or a collection of them.
    what
        How messages name it, for instance ``"hazard.geojson, feature 3"``.

    Returns
    -------
    geometry, note
        The note is None where the polygon was valid.

    Raises
    ------
    GeometryError
        A coordinate is NaN or infinite; or rings cross so that the area depends on the reading: the even-odd rule, the
        union of the rings' insides, and shells of which holes only remove differ by more than 0.1 % of the area.
    """
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        msg = f"{what} has a coordinate that is NaN or infinite; remove or correct that vertex"
        raise GeometryError(msg)
    if shapely.is_valid(geometry):
        return geometry, None
    reason = shapely.is_valid_reason(geometry)
    # Coordinates of 1e300 overflow here; where they matter, they have no place in the grid either.
    with np.errstate(all="ignore"):
        even_odd = only_polygons(shapely.make_valid(geometry, method="linework"))
        union = _structure(geometry)
        less = _less_holes(geometry, union)
        if not _agree(even_odd, union):
            # Where rings share an edge, the line work alone does not tell a hole from an island.
            even_odd = _ring_by_ring(geometry)
        plain = _agree(even_odd, union) and _agree(less, union)
    if not plain:
        msg = (
            f"{what} has rings that cross or lie where they cannot ({reason}), and its area depends on how they are read "
            f"(even-odd {even_odd.area:.6g}, union {union.area:.6g}, shells less holes {less.area:.6g} square units of "
            "its CRS); mend the ring, for instance with QGIS 'Fix geometries', and look at the result"
        )
        raise GeometryError(msg)
    if less.is_empty:
        return less, f"{what}: {reason}; it encloses no area"
    return less, f"{what}: {reason}; mended, all readings of its area agree to 0.1 %"


def _agree(one: BaseGeometry, other: BaseGeometry) -> bool:
    # Not a number, of coordinates that overflow, is no difference.
    return not one.symmetric_difference(other).area > _REPAIR_TOLERANCE * max(one.area, other.area)


def _structure(geometry: BaseGeometry) -> BaseGeometry:
    return only_polygons(shapely.make_valid(geometry, method="structure", keep_collapsed=False))


def _less_holes(geometry: BaseGeometry, union: BaseGeometry) -> BaseGeometry:
    """Take the holes of each polygon away from it, wherever they lie; `union` counts one outside its shell as land."""
    parts = shapely.get_parts(only_polygons(geometry))
    if not shapely.get_num_interior_rings(parts).any():
        return union
    left = []
    for part in parts[~shapely.is_empty(parts)]:
        shell, *holes = (_structure(shapely.Polygon(ring)) for ring in shapely.get_rings(part))
        left.append(shapely.difference(shell, shapely.union_all(holes)))
    return only_polygons(shapely.union_all(left))


def _ring_by_ring(geometry: BaseGeometry) -> BaseGeometry:
    """Apply the even-odd rule to rings that may share edges."""
    inside: BaseGeometry = shapely.Polygon()
    for ring in shapely.get_rings(shapely.get_parts(geometry)):
        area = shapely.make_valid(shapely.Polygon(ring), method="linework")
        inside = inside.symmetric_difference(only_polygons(area))
    return only_polygons(inside)
