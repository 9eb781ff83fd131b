"""Whether polygons and circles enclose an area that can be told, as `reach` and `target` need it.

Apart from the reader, because it takes the geometry library and longer than reading itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap_codes import finding
from ew4all.alerts.cap_paths import Paths
from ew4all.alerts.findings import Level
from ew4all.errors import CapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ew4all.alerts.cap import Circle, Polygon
    from ew4all.alerts.cap_tangle import Patience
    from ew4all.alerts.cap_xml import Reading
    from ew4all.alerts.findings import Finding

__all__ = ["place_findings"]


def place_findings(reading: Reading) -> tuple[Finding, ...]:
    """Return what is wrong with shapes in which the reader found no error."""
    if reading.alert is None or not any(
        area.polygons or area.circles for info in reading.alert.infos for area in info.areas
    ):
        return ()
    from ew4all.alerts.cap import Polygon
    from ew4all.alerts.cap_shapes import plain_shapes
    from ew4all.alerts.cap_tangle import Patience

    wrong = {each.path for each in reading.findings if each.severity is Level.ERROR}
    paths = Paths(reading.element)
    # One for all shapes: mending takes time with the square of the crossings.
    patience = Patience()
    found = []
    drawn = list(_shapes(reading))
    rings = {k: shape.points for k, (shape, _) in enumerate(drawn) if isinstance(shape, Polygon)}
    plain = plain_shapes(list(rings.values()))
    sound = {k for k, shape in zip(rings, plain, strict=True) if shape is not None}
    for k, (shape, element) in enumerate(drawn):
        if k in sound:
            continue
        path = paths.of(element)
        if path not in wrong and (fault := _fault(shape, patience)):
            code, message = fault
            found.append(finding(code, path, element.sourceline, message))
    return tuple(found)


def _shapes(reading: Reading) -> Iterator[tuple[Polygon | Circle, Any]]:
    """Yield each shape with its element, in the order of the file."""
    assert reading.alert is not None
    areas = [area for info in reading.alert.infos for area in info.areas]
    for area, element in zip(areas, reading.element.iterfind("{*}info/{*}area"), strict=True):
        for name, shapes in (("polygon", area.polygons), ("circle", area.circles)):
            # An empty one is in no model.
            filled = [e for e in element.iterfind(f"{{*}}{name}") if (e.text or "").strip()]
            yield from zip(shapes, filled, strict=True)


def _fault(shape: Polygon | Circle, patience: Patience) -> tuple[str, str] | None:
    from ew4all.alerts.cap import Circle
    from ew4all.alerts.cap_shapes import checked_circle, ring_of

    notes: list[str] = []
    if isinstance(shape, Circle):
        try:
            checked_circle(shape.lon_deg, shape.lat_deg, shape.radius_km, "the circle", notes)
        except CapError as error:
            return "cap.circle.pole", str(error)
        return None
    try:
        ring_of(shape.latlon_deg[:, ::-1], "the polygon", notes, patience=patience)
    except CapError as error:
        return "cap.polygon.crossing", str(error)
    return ("cap.polygon.mended", notes[0]) if notes else None
