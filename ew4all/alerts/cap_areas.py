"""The areas of a CAP alert (OASIS Common Alerting Protocol 1.0, 1.1 and 1.2), read from its bytes.

The XML schema checks neither polygons nor circles (their type is string), so every rule on them is
checked here: pairs of latitude and longitude, four at least, the last equal to the first; radius in
kilometres. An alert is untrusted input: document types are refused, nothing is fetched, and sizes
are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely
from lxml import etree

from ew4all.alerts.cap_shapes import CapCircle, circle_of, polygon_of, short
from ew4all.errors import CapError
from ew4all.geometry import circle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

__all__ = ["CapArea", "CapAreas", "read_areas"]

NAMESPACES = {
    "http://www.incident.com/cap/1.0": "1.0",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
}
MOST_BYTES = 10_000_000
MOST_DEPTH = 64
MOST_AREAS = 10_000
MOST_VERTICES = 1_000_000

_WITH_AREA = {"Alert", "Update"}
_WITHOUT_AREA = {"Cancel", "Ack", "Error"}
_FEEDS = {"feed", "rss", "RDF"}
# Deutscher Wetterdienst: areas of this name hold the whole event; the other areas of the same info
# block list, by geocode, the municipalities that it touches.
_WHOLE_EVENT = "polygonal event area"
_MOST_NAMED = 5


@dataclass(frozen=True)
class CapArea:
    """One area block: the union of its polygons and circles.

    `polygons` are valid, lon before lat; longitudes may leave -180..180 where one crosses the
    antimeridian. `geocodes` are (name of the list, code), and describe the same place again.
    """

    description: str
    polygons: tuple[BaseGeometry, ...]
    circles: tuple[CapCircle, ...]
    geocodes: tuple[tuple[str, str], ...]

    @property
    def has_place(self) -> bool:
        """Whether a polygon, circle or point says where the area lies."""
        return bool(self.polygons or self.circles)

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """(lon, lat) of the circles whose radius is 0."""
        return tuple((c.lon_deg, c.lat_deg) for c in self.circles if c.radius_km == 0.0)

    @property
    def geometry(self) -> BaseGeometry | None:
        """Union of the polygons and circles; None where the area has no extent."""
        rounds = [
            circle(c.lon_deg, c.lat_deg, c.radius_km * 1e3) for c in self.circles if c.radius_km
        ]
        parts = [*self.polygons, *rounds]
        return shapely.union_all(parts) if parts else None


@dataclass(frozen=True)
class CapAreas:
    """Where an alert applies. `areas` holds each place once, however many languages repeat it."""

    identifier: str
    sender: str
    status: str
    msg_type: str
    areas: tuple[CapArea, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Info:
    """One info block; `label` is how messages name it."""

    label: str
    areas: tuple[CapArea, ...]


def read_areas(data: bytes, name: str) -> CapAreas:
    """Read the areas of one CAP alert.

    Parameters
    ----------
    data
        The file, in any encoding that its XML declaration or byte order mark names.
    name
        How messages name it, usually its path.

    Returns
    -------
    CapAreas
        At least one area with a polygon, circle or point. What was decided on the way is in
        `notes`.

    Raises
    ------
    CapError
        Not one CAP alert; a message without an area to warn (Cancel, Ack, Error); a shape that
        breaks the rules of the standard; or an area that is described by geocodes or words alone,
        so that the people in it would be lost.

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
    areas = _places(_infos(alert, space, name, notes), name, notes)
    return CapAreas(
        head["identifier"], head["sender"], head["status"], head["msgType"], areas, tuple(notes)
    )


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
    if len(data) > MOST_BYTES:
        msg = f"{name} has {len(data):,} bytes; an alert of more than {MOST_BYTES:,} is refused"
        raise CapError(msg)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        msg = (
            f"{name} is not well-formed XML ({error}), so it cannot be read as a CAP alert; get "
            f"the file again"
        )
        raise CapError(msg) from error
    if root.getroottree().docinfo.internalDTD is not None:
        msg = (
            f"{name} declares a document type (DOCTYPE). No CAP alert needs one and it can make a "
            f"reader open other files, so the file is refused; if you trust its origin, remove the "
            f"declaration"
        )
        raise CapError(msg)
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MOST_DEPTH:
            msg = f"{name} nests its elements deeper than {MOST_DEPTH} levels, so it is refused"
            raise CapError(msg)
    return root


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
) -> tuple[_Info, ...]:
    infos: list[_Info] = []
    blocks = alert.findall(f"{{{space}}}info")
    budget = [MOST_AREAS, MOST_VERTICES]
    for k, block in enumerate(blocks, 1):
        language, event = _text(block, space, "language"), _text(block, space, "event")
        label = f"info block {k} ({', '.join(t for t in (language, event) if t) or 'no event'})"
        areas = tuple(
            _area(element, space, name, budget, notes)
            for element in block.findall(f"{{{space}}}area")
        )
        infos.append(_Info(label, areas))
    if not any(info.areas for info in infos):
        lacks = "no area" if infos else "no info block, and so no area"
        msg = f"{name}: the alert has {lacks}; give the area with a polygon"
        raise CapError(msg)
    notes.extend(f"{name}: {info.label} has no area" for info in infos if not info.areas)
    return tuple(infos)


def _area(
    element: etree._Element,
    space: str | None,
    name: str,
    budget: list[int],
    notes: list[str],
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
        polygons.append(polygon_of(text, f"{where}, polygon {k}", notes))
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


def _places(infos: tuple[_Info, ...], name: str, notes: list[str]) -> tuple[CapArea, ...]:
    """Return every place once, and make sure that no area is lost."""
    found: dict[tuple[object, ...], CapArea] = {}
    by_info: list[tuple[str, frozenset[tuple[object, ...]]]] = []
    for info in infos:
        keys = []
        for area in info.areas:
            if area.has_place:
                key = (tuple(shapely.to_wkb(p) for p in area.polygons), area.circles)
                seen = found.get(key)
                codes = dict.fromkeys((*seen.geocodes, *area.geocodes)) if seen else area.geocodes
                found[key] = replace(seen or area, geocodes=tuple(codes))
                keys.append(key)
        if keys:
            by_info.append((info.label, frozenset(keys)))
    _must_lose_none(infos, tuple(found.values()), name, notes)
    if len({keys for _, keys in by_info}) > 1:
        labels = "; ".join(label for label, _ in by_info)
        notes.append(f"{name}: {labels} name different areas; the union of all is taken")
    if any(area.geocodes for area in found.values()):
        notes.append(
            f"{name}: geocodes stand beside polygons or circles and are taken to name the same "
            f"places"
        )
    return tuple(found.values())


def _must_lose_none(
    infos: tuple[_Info, ...], placed: tuple[CapArea, ...], name: str, notes: list[str]
) -> None:
    """Raise where an area is known by geocode or words only; the people in it would be lost."""
    lost: list[CapArea] = []
    listed: list[CapArea] = []
    for info in infos:
        drawn = [area for area in info.areas if area.has_place]
        whole = bool(drawn) and all(a.description.lower() == _WHOLE_EVENT for a in drawn)
        for area in info.areas:
            if area.has_place or any(_same_codes(area, other) for other in placed):
                continue
            (listed if whole and area.geocodes else lost).append(area)
    if listed:
        notes.append(
            f"{name}: {len(listed)} areas named by geocode only ({_codes(listed)}) are left out: "
            f"the areas called {_WHOLE_EVENT!r} hold the whole event, and these list the "
            f"municipalities that it touches"
        )
    if not lost:
        return
    wordy = [area for area in lost if not area.geocodes]
    if wordy:
        msg = (
            f"{name}: the area {short(wordy[0].description)} is described in words alone, without "
            f"a polygon, circle or geocode, so nobody can tell where it lies; give the area with a "
            f"polygon (--area)"
        )
        raise CapError(msg)
    count = len({code for area in lost for code in area.geocodes})
    codes = "1 geocode" if count == 1 else f"{count} geocodes"
    beside = f"; {len(placed)} other areas have a polygon or circle" if placed else ""
    msg = (
        f"{name} names {codes} ({_codes(lost)}) and no polygon or circle for the place{beside}. A "
        f"table of geocodes is needed to know where that is, and the people there must not be "
        f"lost; give the area with a polygon (--area)"
    )
    raise CapError(msg)


def _same_codes(area: CapArea, other: CapArea) -> bool:
    """Whether a placed area carries all the geocodes of one that has none: its translation."""
    return bool(area.geocodes) and set(area.geocodes) <= set(other.geocodes)


def _codes(areas: list[CapArea]) -> str:
    codes = list(dict.fromkeys(code for area in areas for code in area.geocodes))
    named = [f"{kind} {value}".strip() for kind, value in codes[:_MOST_NAMED]]
    return ", ".join(named) + (", ..." if len(codes) > _MOST_NAMED else "")


def _text(element: etree._Element, space: str | None, tag: str) -> str:
    return next(_texts(element, space, tag), "")


def _texts(element: etree._Element, space: str | None, tag: str) -> Iterator[str]:
    for child in element.findall(f"{{{space}}}{tag}"):
        yield (child.text or "").strip()
