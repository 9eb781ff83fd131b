"""Alerts, written as CAP 1.2."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap_schema import violations
from ew4all.errors import CapError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ew4all.alerts.cap import Alert, Area, Info, NamedValue, Reference, Resource

__all__ = ["write"]

_NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"


def write(alert: Alert) -> bytes:
    """Return the alert as CAP 1.2 in UTF-8, valid in the schema of OASIS.

    Rules that the schema does not hold are not checked here: read the result with
    `ew4all.alerts.cap_xml.read_alerts` to have its findings.

    Raises
    ------
    CapError
        The alert holds what CAP 1.2 cannot say: a time without offset or with a fraction of a
        second, a resource without a type, a category that is missing, a character that XML
        forbids.
    """
    from lxml import etree

    root = etree.Element(f"{{{_NAMESPACE}}}alert", nsmap={None: _NAMESPACE})
    _alert(root, alert)
    etree.indent(root)
    against = violations(root)
    if against:
        messages = "; ".join(each.message for each in against[:3])
        msg = f"the alert {alert.identifier!r} cannot be written as CAP 1.2: {messages}"
        raise CapError(msg)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _alert(root: Any, alert: Alert) -> None:
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", _time(alert.sent, "sent"))
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.msg_type)
    _add(root, "source", alert.source)
    _add(root, "scope", alert.scope)
    _add(root, "restriction", alert.restriction)
    _add(root, "addresses", _words(alert.addresses, "addresses"))
    for code in alert.codes:
        _add(root, "code", code)
    _add(root, "note", alert.note)
    _add(root, "references", " ".join(map(_reference, alert.references)) or None)
    _add(root, "incidents", _words(alert.incidents, "incidents"))
    for info in alert.infos:
        _info(_add(root, "info", ""), info)


def _info(block: Any, info: Info) -> None:
    _add(block, "language", info.language if info.language_given else None)
    for category in info.categories:
        _add(block, "category", category)
    _add(block, "event", info.event)
    for response_type in info.response_types:
        _add(block, "responseType", response_type)
    _add(block, "urgency", info.urgency)
    _add(block, "severity", info.severity)
    _add(block, "certainty", info.certainty)
    _add(block, "audience", info.audience)
    _named(block, "eventCode", info.event_codes)
    for name, moment in (
        ("effective", info.effective),
        ("onset", info.onset),
        ("expires", info.expires),
    ):
        _add(block, name, None if moment is None else _time(moment, name))
    _add(block, "senderName", info.sender_name)
    _add(block, "headline", info.headline)
    _add(block, "description", info.description)
    _add(block, "instruction", info.instruction)
    _add(block, "web", info.web)
    _add(block, "contact", info.contact)
    _named(block, "parameter", info.parameters)
    for resource in info.resources:
        _resource(_add(block, "resource", ""), resource)
    for area in info.areas:
        _area(_add(block, "area", ""), area)


def _resource(block: Any, resource: Resource) -> None:
    _add(block, "resourceDesc", resource.description)
    if resource.mime_type is None:
        msg = (
            f"the resource {resource.description!r} has no mimeType, which CAP 1.2 demands; add it"
        )
        raise CapError(msg)
    _add(block, "mimeType", resource.mime_type)
    _add(block, "size", None if resource.size is None else str(resource.size))
    _add(block, "uri", resource.uri)
    _add(block, "derefUri", resource.deref_uri)
    _add(block, "digest", resource.digest)


def _area(block: Any, area: Area) -> None:
    _add(block, "areaDesc", area.description)
    for polygon in area.polygons:
        pairs = " ".join(f"{_number(lat)},{_number(lon)}" for lat, lon in polygon.points)
        _add(block, "polygon", pairs)
    for circle in area.circles:
        centre = f"{_number(circle.lat_deg)},{_number(circle.lon_deg)}"
        _add(block, "circle", f"{centre} {_number(circle.radius_km)}")
    _named(block, "geocode", area.geocodes)
    _add(block, "altitude", None if area.altitude_ft is None else _number(area.altitude_ft))
    _add(block, "ceiling", None if area.ceiling_ft is None else _number(area.ceiling_ft))


def _named(block: Any, name: str, pairs: Iterable[NamedValue]) -> None:
    for pair in pairs:
        inside = _add(block, name, "")
        _add(inside, "valueName", pair.name)
        _add(inside, "value", pair.value)


def _add(parent: Any, name: str, text: str | None) -> Any:
    if text is None:
        return None
    from lxml import etree

    element = etree.SubElement(parent, f"{{{_NAMESPACE}}}{name}")
    if text:
        try:
            element.text = str(text)
        except ValueError as error:
            msg = (
                f"{name} holds a character that XML forbids, such as a null or a control character"
            )
            raise CapError(msg) from error
    return element


def _time(moment: datetime, name: str) -> str:
    offset = moment.utcoffset()
    if offset is None or moment.microsecond or offset.total_seconds() % 60:
        msg = (
            f"{name} is {moment.isoformat()}; CAP 1.2 writes whole seconds and an offset from UTC in "
            f"hours and minutes"
        )
        raise CapError(msg)
    return moment.isoformat(timespec="seconds")


def _number(value: float) -> str:
    """Return the shortest text that is read back as the same number, without an exponent."""
    text = repr(float(value))
    if "n" in text:  # nan, inf
        msg = f"{text} is no coordinate, radius or height"
        raise CapError(msg)
    return format(Decimal(text), "f") if "e" in text else text.removesuffix(".0")


def _words(words: Iterable[str], name: str) -> str | None:
    written = []
    for word in words:
        if '"' in word:
            msg = f"{name}: {word!r} holds a quotation mark, which CAP cannot write there"
            raise CapError(msg)
        written.append(f'"{word}"' if not word or any(c.isspace() for c in word) else word)
    return " ".join(written) or None


def _reference(reference: Reference) -> str:
    for text in (reference.sender, reference.identifier):
        if not text or "," in text or any(c.isspace() for c in text):
            msg = f"references: {text!r} is empty or holds a blank or comma, which separate references"
            raise CapError(msg)
    return f"{reference.sender},{reference.identifier},{_time(reference.sent, 'references')}"
