"""The areas of a CAP alert (OASIS Common Alerting Protocol 1.0, 1.1 and 1.2), read from its bytes.

The XML schema checks neither polygons nor circles (their type is string), so every rule on them is
checked here: pairs of latitude and longitude, four at least, the last equal to the first; radius in
kilometres. An alert is untrusted input: document types are refused, nothing is fetched, and sizes
are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from ew4all.alerts.cap_grammar import NAMESPACES
from ew4all.alerts.cap_places import CapArea, InfoAreas, places
from ew4all.alerts.cap_shapes import checked_circle, circle_of, polygon_of, ring_of, short
from ew4all.alerts.cap_tangle import Patience
from ew4all.alerts.findings import Finding
from ew4all.alerts.xml_guard import parsed
from ew4all.errors import CapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ew4all.alerts.cap import Alert, Area
    from ew4all.alerts.geocodes import GeocodeTable

__all__ = ["CapArea", "CapAreas", "areas_of", "read_areas"]

MOST_AREAS = 10_000
MOST_VERTICES = 1_000_000

_WITH_AREA = {"Alert", "Update"}
_WITHOUT_AREA = {"Cancel", "Ack", "Error"}
_FEEDS = {"feed", "rss", "RDF"}


@dataclass(frozen=True)
class CapAreas:
    """Where an alert applies. `areas` holds each place once, however many languages repeat it."""

    identifier: str
    sender: str
    status: str
    msg_type: str
    areas: tuple[CapArea, ...]
    notes: tuple[str, ...]


def read_areas(data: bytes, name: str, *, geocodes: GeocodeTable | None = None) -> CapAreas:
    """Read the areas of one CAP alert.

    Parameters
    ----------
    data
        The file, in any encoding that its XML declaration or byte order mark names.
    name
        How messages name it, usually its path.
    geocodes
        Table in which areas without a polygon and circle are looked up.

    Returns
    -------
    CapAreas
        At least one area with a polygon, circle or point. What was decided on the way is in
        `notes`.

    Raises
    ------
    CapError
        Not one CAP alert; a message without an area to warn (Cancel, Ack, Error); a shape that
        breaks the rules of the standard; or an area that is described by words alone, or by geocodes
        and no table was given, so that the people in it would be lost.
    GeocodeError
        The table lacks a code.

    References
    ----------
    OASIS CAP 1.2, section 3.2.4 (area block).
    """
    notes: list[str] = []
    alert = _alert(_root(data, name), name, notes)
    space = etree.QName(alert).namespace
    head = {tag: _text(alert, space, tag) for tag in ("identifier", "sender", "status", "msgType")}
    missing = [tag for tag, value in head.items() if not value]
    if missing:
        msg = (
            f"{name}: the alert has no {' and no '.join(missing)}, which every CAP alert must have"
        )
        raise CapError(msg)
    _must_have_area(head["msgType"], name)
    if head["status"] != "Actual":
        notes.append(f"{name}: the status of the alert is {head['status']}, not Actual")
    areas = places(_infos(alert, space, name, notes), name, notes, geocodes)
    return CapAreas(
        head["identifier"], head["sender"], head["status"], head["msgType"], areas, tuple(notes)
    )


def areas_of(
    alert: Alert,
    name: str,
    *,
    infos: Iterable[int] | None = None,
    geocodes: GeocodeTable | None = None,
) -> CapAreas:
    """Return the areas of an alert that was read or made.

    Parameters
    ----------
    name
        How messages name it.
    infos
        Positions of the info blocks that count, such as `State.warning_infos` gives; by default all.
    geocodes
        As for `read_areas`.

    Raises
    ------
    CapError, GeocodeError
        As `read_areas`.
    """
    notes: list[str] = []
    _must_have_area(alert.msg_type, name)
    if alert.status != "Actual":
        notes.append(f"{name}: the status of the alert is {alert.status}, not Actual")
    chosen = range(len(alert.infos)) if infos is None else infos
    blocks, patience = [], Patience()
    for k in chosen:
        info = alert.infos[k]
        label = _label(k + 1, info.language if info.language_given else "", info.event)
        areas = tuple(_area_of(area, name, notes, patience) for area in info.areas)
        blocks.append(InfoAreas(label, areas))
    return CapAreas(
        alert.identifier,
        alert.sender,
        alert.status,
        alert.msg_type,
        places(blocks, name, notes, geocodes),
        tuple(notes),
    )


def _area_of(area: Area, name: str, notes: list[str], patience: Patience) -> CapArea:
    description = " ".join(area.description.split())
    where = f"{name}, area {short(description)}"
    polygons = tuple(
        ring_of(
            polygon.latlon_deg[:, ::-1],
            f"{where}, polygon {k}",
            notes,
            patience=patience,
        )
        for k, polygon in enumerate(area.polygons, 1)
    )
    circles = tuple(
        checked_circle(c.lon_deg, c.lat_deg, c.radius_km, f"{where}, circle {k}", notes)
        for k, c in enumerate(area.circles, 1)
    )
    return CapArea(description, polygons, circles, tuple((g.name, g.value) for g in area.geocodes))


def _label(number: int, language: str, event: str) -> str:
    return f"info block {number} ({', '.join(t for t in (language, event) if t) or 'no event'})"


def _must_have_area(msg_type: str, name: str) -> None:
    if msg_type in _WITHOUT_AREA:
        msg = (
            f"{name}: a message of type {msg_type} warns nobody and has no area of its own; "
            "give the Alert or Update that it refers to"
        )
        raise CapError(msg)
    if msg_type not in _WITH_AREA:
        msg = f"{name}: {msg_type!r} is no CAP message type (Alert, Update, Cancel, Ack, Error)"
        raise CapError(msg)


def _root(data: bytes, name: str) -> etree._Element:
    root = parsed(data, name)
    if not isinstance(root, Finding):
        return root
    if root.code == "xml.doctype":
        msg = (
            f"{name} declares a document type (DOCTYPE). No CAP alert needs one and it can make a "
            f"reader open other files, so the file is refused; if you trust its origin, remove the "
            f"declaration"
        )
    elif root.code == "xml.empty":
        msg = f"{name} is empty, and so not well-formed XML; get the file again"
    elif root.code == "xml.syntax":
        msg = f"{root.message}, so it cannot be read as a CAP alert; get the file again"
    else:
        msg = f"{root.message}; {root.hint}"
    raise CapError(msg)


def _alert(root: etree._Element, name: str, notes: list[str]) -> etree._Element:
    """Return the one alert of a file, unwrapped where it travels inside something else."""
    kind = etree.QName(root)
    if kind.localname == "alert":
        if kind.namespace in NAMESPACES:
            return root
        msg = (
            f"{name}: the namespace of the alert is {kind.namespace or 'missing'!r}, which is not "
            f"CAP ({', '.join(NAMESPACES)}); correct it if the file follows one of these versions"
        )
        raise CapError(msg)
    inside = [e for space in NAMESPACES for e in root.iter(f"{{{space}}}alert")]
    if len(inside) == 1:
        notes.append(f"{name}: the alert is taken out of the {kind.localname} that carries it")
        return inside[0]
    if inside:
        msg = (
            f"{name} holds {len(inside)} alerts under {kind.localname!r}, and each has its own "
            f"area; split it into one file an alert"
        )
    elif kind.localname in _FEEDS:
        msg = f"{name} is a feed that lists alerts and holds none; save the alert that it links to"
    else:
        msg = f"{name} is no CAP alert: its root element is {kind.localname!r}, not 'alert'"
    raise CapError(msg)


def _infos(
    alert: etree._Element, space: str | None, name: str, notes: list[str]
) -> tuple[InfoAreas, ...]:
    infos: list[InfoAreas] = []
    blocks = alert.findall(f"{{{space}}}info")
    budget, patience = [MOST_AREAS, MOST_VERTICES], Patience()
    for k, block in enumerate(blocks, 1):
        language, event = _text(block, space, "language"), _text(block, space, "event")
        label = _label(k, language, event)
        areas = tuple(
            _area(element, space, name, budget, notes, patience)
            for element in block.findall(f"{{{space}}}area")
        )
        infos.append(InfoAreas(label, areas))
    return tuple(infos)


def _area(
    element: etree._Element,
    space: str | None,
    name: str,
    budget: list[int],
    notes: list[str],
    patience: Patience,
) -> CapArea:
    description = " ".join(_text(element, space, "areaDesc").split())
    where = f"{name}, area {short(description)}"
    budget[0] -= 1
    if budget[0] < 0:
        msg = f"{name} has more than {MOST_AREAS:,} areas, so it is refused"
        raise CapError(msg)
    polygons = []
    for k, text in enumerate(_texts(element, space, "polygon"), 1):
        if not text:
            notes.append(f"{where}: polygon {k} is empty and is passed over")
            continue
        budget[1] -= len(text.split())
        if budget[1] < 0:
            msg = f"{name} has more than {MOST_VERTICES:,} vertices, so it is refused"
            raise CapError(msg)
        polygons.append(polygon_of(text, f"{where}, polygon {k}", notes, patience))
    circles = []
    for k, text in enumerate(_texts(element, space, "circle"), 1):
        if not text:
            notes.append(f"{where}: circle {k} is empty and is passed over")
            continue
        circles.append(circle_of(text, f"{where}, circle {k}", notes))
    geocodes = tuple(_geocodes(element, space))
    return CapArea(description, tuple(polygons), tuple(circles), geocodes)


def _geocodes(element: etree._Element, space: str | None) -> Iterator[tuple[str, str]]:
    for geocode in element.findall(f"{{{space}}}geocode"):
        value = _text(geocode, space, "value")
        if value:
            yield _text(geocode, space, "valueName"), value
        elif text := (geocode.text or "").strip():  # CAP 1.0: <geocode>LIST=CODE</geocode>
            head, _, tail = text.rpartition("=")
            yield head, tail


def _text(element: etree._Element, space: str | None, tag: str) -> str:
    return next(_texts(element, space, tag), "")


def _texts(element: etree._Element, space: str | None, tag: str) -> Iterator[str]:
    for child in element.findall(f"{{{space}}}{tag}"):
        yield (child.text or "").strip()
