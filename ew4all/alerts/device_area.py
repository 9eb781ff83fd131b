"""The warning area of an alert as a phone compares it with its own place (device geofencing)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from ew4all.alerts.cap_areas import areas_of
from ew4all.alerts.cbs import AreaCircle, warning_area_coordinates
from ew4all.alerts.simplify import for_device
from ew4all.errors import GeometryError

if TYPE_CHECKING:
    from ew4all.alerts.cap import Alert
    from ew4all.alerts.geocodes import GeocodeTable

__all__ = ["device_area"]

_OCTETS = 1024
_FOR_POLYGONS = 200  # octets that polygons keep at least, however many circles there are


def device_area(
    alert: Alert, info: int, *, geocodes: GeocodeTable | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Return the warning-area coordinates of an info block, and what was decided on the way.

    Polygons are simplified and rounded outward; circles stay circles, rounded up.

    Raises
    ------
    CapError, GeocodeError
        The area is not known: words or geocodes alone.
    GeometryError
        It does not fit into 1024 octets, however it is simplified.
    """
    found = areas_of(alert, f"alert {alert.identifier}", infos=[info], geocodes=geocodes)
    circles = [
        AreaCircle(c.lon_deg, c.lat_deg, c.radius_km * 1e3)
        for area in found.areas
        for c in area.circles
    ]
    octets = warning_area_coordinates(circles=circles) if circles else b""
    polygons = [polygon for area in found.areas for polygon in area.polygons]
    if not polygons:
        return octets, found.notes
    if len(octets) > _OCTETS - _FOR_POLYGONS:
        msg = (
            f"{len(circles)} circles take {len(octets)} of the {_OCTETS} octets, which leaves no room "
            f"for the polygons; give fewer circles"
        )
        raise GeometryError(msg)
    union = shapely.union_all(polygons)
    drawn, simplified = for_device(union, _OCTETS - len(octets))
    notes = (*found.notes, *simplified.notes)
    return drawn + octets, (*notes, f"the phone's area is {simplified.added_km2:.1f} km2 larger")
