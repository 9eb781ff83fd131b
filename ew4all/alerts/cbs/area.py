"""Warning-area coordinates: the area that a device compares with its own place.

A sequence of elements, each type (4 bits), length in octets with these two (10 bits) and two bits
of 0: maximum wait time, polygon, circle. A coordinate is 44 bits: latitude, then longitude, each in
2**22 steps. The layout is that of Android's decoder, which cites ATIS-0700041 5.2; the text of that
standard is not public. TS 23.041 9.3.63, TS 36.413 and TS 38.413 carry 1 to 1024 octets of it.

Rounding is downward, as the coding says, so a vertex moves by up to 4.8 m to the south and 9.5 m to
the west: `outward` enlarges a polygon first so that nothing of it is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts.cbs.bits import BitReader, BitWriter
from ew4all.errors import DecodeError, GeometryError, MessageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

__all__ = [
    "DEVICE_DEFAULT_WAIT",
    "LAT_STEP_DEG",
    "LON_STEP_DEG",
    "MAX_OCTETS",
    "MAX_VERTICES",
    "AreaCircle",
    "WarningArea",
    "coordinate",
    "decode_warning_area_coordinates",
    "inside",
    "outward",
    "polygon_octets",
    "warning_area_coordinates",
]

MAX_OCTETS = 1024
"""Room of the information element (TS 36.413, TS 38.413)."""

MAX_VERTICES = 185
"""Most vertices of one polygon: its length has ten bits."""

DEVICE_DEFAULT_WAIT = 255
"""A maximum wait time that leaves it to the device."""

LAT_STEP_DEG = 180.0 / 2**22
LON_STEP_DEG = 360.0 / 2**22
"""One step of the coding: about 4.8 m of latitude, and 9.5 m of longitude at the equator."""

_STEPS = 2**22
_WAIT, _POLYGON, _CIRCLE = 1, 2, 3
_HEADER_OCTETS = 2
_LENGTH_END = 1 << 10
_RADIUS_UNIT_M = 1000.0 / 64.0
_RADIUS_END = 1 << 20
_DEGREE_M = 111_195.0  # one degree of a great circle on the mean sphere, radius 6371.0 km

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class AreaCircle:
    """A circle: centre in degrees, radius in metres."""

    lon_deg: float
    lat_deg: float
    radius_m: float


@dataclass(frozen=True)
class WarningArea:
    """What warning-area coordinates say.

    Polygons are rings of (longitude, latitude) in degrees, the first vertex not repeated; the last
    joins the first. `max_wait_s` is None where the device decides.
    """

    polygons: tuple[Ring, ...]
    circles: tuple[AreaCircle, ...]
    max_wait_s: int | None = None


def coordinate(lon_deg: float, lat_deg: float) -> tuple[int, int]:
    """Return latitude and longitude as steps of the coding, 22 bits each.

    The north pole and the meridian of 180 degrees, which would need a 23rd bit, are put one step
    lower.

    Raises
    ------
    MessageError
        The place is not on Earth as -180..180, -90..90.
    """
    if not (-180.0 <= lon_deg <= 180.0 and -90.0 <= lat_deg <= 90.0):
        msg = (
            f"longitude {lon_deg}, latitude {lat_deg} is outside -180..180 and -90..90; an area "
            f"across the antimeridian must be cut there"
        )
        raise MessageError(msg)
    lat = math.floor((lat_deg + 90.0) / 180.0 * _STEPS)
    lon = math.floor((lon_deg + 180.0) / 360.0 * _STEPS)
    return min(lat, _STEPS - 1), min(lon, _STEPS - 1)


def polygon_octets(vertices: int) -> int:
    """Return the octets of a polygon of so many vertices, its header included."""
    return _HEADER_OCTETS + (44 * vertices + 7) // 8


def warning_area_coordinates(
    polygons: Sequence[Sequence[tuple[float, float]]] = (),
    circles: Sequence[AreaCircle] = (),
    max_wait_s: int | None = None,
) -> bytes:
    """Encode a warning area.

    Parameters
    ----------
    polygons
        Outer rings of (longitude, latitude) in degrees, closed or not: a repeated first vertex is
        left out, as devices close the ring themselves.
    circles
        Their radius is rounded up and grows by what the rounding of the centre moves it, so that
        the coded circle holds the given one.
    max_wait_s
        How long a device may look for its place before it shows the alert all the same, 0 to 254
        seconds; 255 or None leaves it to the device.

    Raises
    ------
    MessageError
        Nothing to encode, a ring of fewer than three vertices or more than 185, a place that is not
        on Earth, or more than 1024 octets.
    """
    if not polygons and not circles:
        msg = "a warning area needs a polygon or a circle"
        raise MessageError(msg)
    elements: list[bytes] = []
    if max_wait_s is not None:
        if not 0 <= max_wait_s <= DEVICE_DEFAULT_WAIT:
            msg = f"a maximum wait time is 0 to 255 seconds, not {max_wait_s}"
            raise MessageError(msg)
        elements.append(_element(_WAIT, [(max_wait_s, 8)]))
    elements.extend(_polygon(ring, k) for k, ring in enumerate(polygons, 1))
    elements.extend(_circle(circle, k) for k, circle in enumerate(circles, 1))
    octets = b"".join(elements)
    if len(octets) > MAX_OCTETS:
        msg = (
            f"the warning area takes {len(octets)} octets and {MAX_OCTETS} are allowed; simplify "
            f"its polygons (5.5 octets a vertex)"
        )
        raise MessageError(msg)
    return octets


def decode_warning_area_coordinates(octets: bytes) -> WarningArea:
    """Read a warning area; bits that fill an octet are not looked at.

    Raises
    ------
    DecodeError
        An element was cut, is too short for what it holds, or of an unknown type; with its place.
    """
    if not 1 <= len(octets) <= MAX_OCTETS:
        msg = f"warning-area coordinates have 1 to {MAX_OCTETS} octets, these are {len(octets)}"
        raise DecodeError(msg)
    polygons: list[Ring] = []
    circles: list[AreaCircle] = []
    wait: int | None = None
    at = 0
    while at < len(octets):
        where = f"warning-area coordinates, octet {at}"
        head = BitReader(octets[at : at + _HEADER_OCTETS], where)
        kind, length = head.take(4), head.take(10)
        if length < _HEADER_OCTETS or at + length > len(octets):
            msg = f"{where}: a length of {length} octets, and {len(octets) - at} are left"
            raise DecodeError(msg)
        bits = BitReader(octets[at + _HEADER_OCTETS : at + length], where)
        if kind == _WAIT:
            seconds = bits.take(8)
            wait = None if seconds == DEVICE_DEFAULT_WAIT else seconds
        elif kind == _POLYGON:
            polygons.append(_ring(bits, where))
        elif kind == _CIRCLE:
            lon, lat = _place(bits)
            circles.append(AreaCircle(lon, lat, bits.take(20) * _RADIUS_UNIT_M))
        else:
            msg = f"{where}: type {kind} is not 1 (wait time), 2 (polygon) or 3 (circle)"
            raise DecodeError(msg)
        at += length
    return WarningArea(tuple(polygons), tuple(circles), wait)


def inside(area: WarningArea, lon_deg: float, lat_deg: float) -> bool:
    """Return whether a place lies in a warning area, its border included.

    Polygons are taken as drawn on a plate of degrees, as devices do.
    """
    import shapely

    from ew4all.grid import GEOID

    for circle in area.circles:
        distance_m = GEOID.inv(lon_deg, lat_deg, circle.lon_deg, circle.lat_deg)[2]
        if distance_m <= circle.radius_m:
            return True
    place = shapely.Point(lon_deg, lat_deg)
    return any(shapely.Polygon(ring).covers(place) for ring in area.polygons)


def outward(polygon: BaseGeometry) -> BaseGeometry:
    """Return a polygon whose vertices the coding holds exactly, and which covers the given one.

    Holes are filled: the coding has none. The border moves by less than two steps of the coding, at
    sharp corners further; the result may have some more vertices.

    Raises
    ------
    GeometryError
        The shape is not one polygon within -180..180 and -90..90.
    """
    import numpy as np
    import shapely

    if polygon.geom_type != "Polygon" or polygon.is_empty:
        msg = f"one polygon is needed, not a {polygon.geom_type}; give each part by itself"
        raise GeometryError(msg)
    west, south, east, north = polygon.bounds
    if not (west >= -180.0 and east <= 180.0 and south >= -90.0 and north <= 90.0):
        msg = (
            f"a polygon from longitude {west} to {east} and latitude {south} to {north} leaves "
            f"-180..180 and -90..90; cut it at the antimeridian"
        )
        raise GeometryError(msg)
    steps = shapely.transform(
        shapely.Polygon(polygon.exterior),
        lambda xy: np.add(xy, (180.0, 90.0)) / (LON_STEP_DEG, LAT_STEP_DEG),
    )
    # Rounding to the nearest step moves no vertex, and so no point of an edge, by more than half
    # the diagonal of a step; a border that was moved outward by more than that still covers.
    for distance in (0.75, 1.5, 3.0, 6.0):
        grown = shapely.buffer(steps, distance, join_style="mitre", mitre_limit=4.0)
        rounded = shapely.transform(
            shapely.Polygon(grown.exterior),
            lambda xy: xy.round().clip(0.0, _STEPS - 1.0),
        )
        rounded = shapely.remove_repeated_points(rounded)
        coded = shapely.transform(
            rounded, lambda xy: np.subtract(xy * (LON_STEP_DEG, LAT_STEP_DEG), (180.0, 90.0))
        )
        if coded.is_valid and coded.covers(_within_coding(polygon)):
            return coded
    msg = f"no polygon of the coding covers this one of {len(polygon.exterior.coords)} vertices"
    raise GeometryError(msg)


def _within_coding(polygon: BaseGeometry) -> BaseGeometry:
    """Cut off the step at the north pole and the antimeridian that the coding cannot write."""
    import shapely

    most = shapely.box(-180.0, -90.0, 180.0 - LON_STEP_DEG, 90.0 - LAT_STEP_DEG)
    return polygon if most.covers(polygon) else polygon.intersection(most)


def _element(kind: int, parts: Sequence[tuple[int, int]]) -> bytes:
    out = BitWriter()
    length = _HEADER_OCTETS + (sum(width for _, width in parts) + 7) // 8
    out.put(kind, 4)
    out.put(length, 10)
    out.put(0, 2)
    for value, width in parts:
        out.put(value, width)
    return out.octets()


def _polygon(ring: Sequence[tuple[float, float]], k: int) -> bytes:
    # Vertices that the coding cannot tell apart are one, as is the first repeated at the end.
    steps: list[tuple[int, int]] = []
    for lon, lat in ring:
        place = coordinate(float(lon), float(lat))
        if not steps or place != steps[-1]:
            steps.append(place)
    if len(steps) > 1 and steps[0] == steps[-1]:
        steps.pop()
    if not 3 <= len(steps) <= MAX_VERTICES:
        advice = (
            "simplify it"
            if len(steps) > MAX_VERTICES
            else "a step of the coding is about 5 m by 10 m; enlarge it with `outward`"
        )
        msg = (
            f"polygon {k} has {len(steps)} vertices that the coding tells apart, and 3 to "
            f"{MAX_VERTICES} can be coded; {advice}"
        )
        raise MessageError(msg)
    return _element(_POLYGON, [(part, 22) for place in steps for part in place])


def _circle(circle: AreaCircle, k: int) -> bytes:
    lat_steps, lon_steps = coordinate(circle.lon_deg, circle.lat_deg)
    if not 0.0 <= circle.radius_m < math.inf:
        msg = f"circle {k}: a radius of {circle.radius_m} m is not possible"
        raise MessageError(msg)
    lon, lat = lon_steps * LON_STEP_DEG - 180.0, lat_steps * LAT_STEP_DEG - 90.0
    east_m = (circle.lon_deg - lon) * _DEGREE_M * math.cos(math.radians(lat))
    moved_m = math.hypot(east_m, (circle.lat_deg - lat) * _DEGREE_M)
    # A circle of radius 0 marks a point: one unit keeps it from being nothing at all.
    radius = max(1, math.ceil((circle.radius_m + moved_m * 1.01) / _RADIUS_UNIT_M))
    if radius >= _RADIUS_END:
        msg = f"circle {k}: a radius of {circle.radius_m / 1e3:.0f} km is beyond 16384 km"
        raise MessageError(msg)
    return _element(_CIRCLE, [(lat_steps, 22), (lon_steps, 22), (radius, 20)])


def _place(bits: BitReader) -> tuple[float, float]:
    lat, lon = bits.take(22), bits.take(22)
    return lon * LON_STEP_DEG - 180.0, lat * LAT_STEP_DEG - 90.0


def _ring(bits: BitReader, where: str) -> Ring:
    vertices = [_place(bits) for _ in range(bits.left // 44)]
    if len(vertices) > 1 and vertices[0] == vertices[-1]:
        vertices.pop()
    if len(vertices) < 3:
        msg = f"{where}: a polygon of {len(vertices)} vertices has no area"
        raise DecodeError(msg)
    return tuple(vertices)
