"""Rules of CAP that no schema checks: conditions between elements, chains, times, contents.

Each function gets a part of the model, the elements it was read from (by local name) and the element
of the part itself, and reports what it finds. What is missing because it could not be read was
reported before, and is not reported again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any

from ew4all.alerts.cap import MsgType, Scope, Status
from ew4all.alerts.cap_codes import finding
from ew4all.alerts.cap_values import short

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ew4all.alerts.cap import Alert, Area, Info, Resource
    from ew4all.alerts.findings import Finding

    Fields = dict[str, Any]
    Report = Callable[[str, Any, str], None]

__all__ = ["alert_rules", "area_rules", "findings_at", "info_rules", "resource_rules"]

_FORBIDDEN = re.compile(r"[\s,<&]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?", re.DOTALL)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|&(?:[A-Za-z]{2,8}|#[0-9]{2,6}|#x[0-9A-Fa-f]{2,5});")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_REFERRING = {MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR}


def alert_rules(alert: Alert, fields: Fields, root: Any, report: Report) -> None:
    """Check what an alert as a whole must be.

    References
    ----------
    CAP 1.2 section 3.2.1.
    """
    for name, text in (("identifier", alert.identifier), ("sender", alert.sender)):
        # Blanks around it are part of it, though the model is without them.
        if _FORBIDDEN.search(text) or fields[name].text != text:
            message = f"{name} {short(fields[name].text)} has a blank, comma, < or &"
            report(f"cap.{name}.characters", fields[name], message)
    if alert.scope is Scope.RESTRICTED and alert.restriction is None:
        report("cap.restriction.missing", fields.get("scope", root), "there is no restriction")
    elif alert.scope is not Scope.RESTRICTED and alert.restriction is not None:
        message = f"the scope is {alert.scope}, so the restriction means nothing"
        report("cap.restriction.unused", fields["restriction"], message)
    if alert.scope is Scope.PRIVATE and not alert.addresses:
        report("cap.addresses.missing", fields["scope"], "a private alert names no addresses")
    explained = alert.status is Status.EXERCISE or alert.msg_type is MsgType.ERROR
    if explained and alert.note is None:
        what = "Exercise" if alert.status is Status.EXERCISE else "Error"
        report("cap.note.missing", root, f"a message that is an {what} has no note")
    if alert.status is not Status.ACTUAL:
        report("cap.status.not_actual", fields["status"], f"the status is {alert.status}")
    if alert.references or alert.msg_type in _REFERRING:
        _references(alert, fields, root, report)
    if not alert.infos and alert.msg_type in {MsgType.ALERT, MsgType.UPDATE}:
        report("cap.info.missing", root, f"a message of type {alert.msg_type} has no info block")
    if len(alert.infos) > 1:
        _repeated(alert, fields, report)


def _repeated(alert: Alert, fields: Fields, report: Report) -> None:
    # By language and event first: a whole block has every vertex. Of many, all might have the same.
    few = len(alert.infos) <= 20
    alike: dict[object, list[tuple[int, Info]]] = {}
    for k, info in enumerate(alert.infos, 1):
        before = alike.setdefault((info.language, info.event) if few else info, [])
        same = next((number for number, other in before if other == info), None)
        if same is None:
            before.append((k, info))
        else:
            message = f"info block {k} is the same as block {same}"
            report("cap.info.repeated", fields["info"][k - 1], message)


def _references(alert: Alert, fields: Fields, root: Any, report: Report) -> None:
    element = fields.get("references", root)
    if not alert.references:
        message = f"a message of type {alert.msg_type} names no message that it refers to"
        report("cap.references.missing", element, message)
    seen = set()
    for reference in alert.references:
        name = short(f"{reference.sender},{reference.identifier},{reference.sent.isoformat()}")
        if reference == alert.reference:
            report("cap.references.self", element, "the alert refers to itself")
        elif reference.sent > alert.sent:
            report("cap.references.later", element, f"{name} was sent later than this message")
        if reference in seen:
            report("cap.references.repeated", element, f"{name} is named twice")
        seen.add(reference)
        if reference.sender != alert.sender:
            message = f"{name} is a message of another sender than {short(alert.sender)}"
            report("cap.references.sender", element, message)


def info_rules(
    info: Info, sent: datetime | None, fields: Fields, element: Any, report: Report
) -> None:
    """Check the times, texts and addresses of an info block.

    References
    ----------
    CAP 1.2 section 3.2.2: effective is sent where it is absent; section 3.3.3: character entities of
    HTML are discouraged.
    """
    start = info.effective or sent
    begin = "sent" if info.effective is None else "effective"
    expires, onset = info.expires, info.onset
    if "expires" not in fields:
        report("cap.expires.missing", element, "the info block does not say when it expires")
    if start is not None:
        if expires is not None and expires <= start:
            message = f"it expires at {expires.isoformat()}, and {begin} is {start.isoformat()}"
            code = "cap.expires.before_effective" if expires < start else "cap.expires.at_once"
            report(code, fields["expires"], message)
        if onset is not None and onset < start:
            message = f"onset is {onset.isoformat()}, and {begin} is {start.isoformat()}"
            report("cap.onset.before_effective", fields["onset"], message)
    if onset is not None and expires is not None and onset > expires:
        message = f"onset is {onset.isoformat()}, and it expires at {expires.isoformat()}"
        report("cap.onset.after_expires", fields["onset"], message)
    for name, text in (
        ("event", info.event),
        ("headline", info.headline),
        ("description", info.description),
        ("instruction", info.instruction),
    ):
        if text and ("<" in text or "&" in text) and (found := _MARKUP.search(text)):
            report("cap.text.markup", fields[name], f"{name} holds {short(found[0])}")
    if info.web is not None and not _ABSOLUTE.fullmatch(info.web):
        report("cap.web.relative", fields["web"], f"{short(info.web)} is no full address")
    if "area" not in fields:
        report("cap.area.missing", element, "the info block names no area")


def resource_rules(resource: Resource, fields: Fields, element: Any, report: Report) -> None:
    """Check the content, digest and address of a resource.

    References
    ----------
    CAP 1.2 section 3.2.3: base64 in derefUri, SHA-1 in digest.
    """
    if resource.uri is None and resource.deref_uri is None:
        report("cap.resource.nothing", element, "the resource has neither uri nor content")
    if (
        resource.uri is not None
        and resource.deref_uri is None
        and not _ABSOLUTE.fullmatch(resource.uri)
    ):
        report("cap.resource.relative", fields["uri"], f"{short(resource.uri)} is no full address")
    if resource.mime_type is not None and not _MIME.fullmatch(resource.mime_type):
        message = f"{short(resource.mime_type)} is not type/subtype"
        report("cap.resource.mime", fields["mimeType"], message)
    if resource.size is not None and resource.size < 0:
        report("cap.resource.size", fields["size"], f"a size of {resource.size} is not possible")
    if resource.digest is not None and not _SHA1.fullmatch(resource.digest):
        report(
            "cap.resource.digest_form", fields["digest"], f"{short(resource.digest)} is no SHA-1"
        )
    if resource.deref_uri is None:
        return
    try:
        content = base64.b64decode("".join(resource.deref_uri.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        report("cap.resource.base64", fields["derefUri"], f"the content is not base64: {error}")
        return
    if resource.digest is not None and _SHA1.fullmatch(resource.digest):
        found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if found != resource.digest.lower():
            message = f"the digest of the content is {found}, and the file says {resource.digest}"
            report("cap.resource.digest", fields["digest"], message)


def area_rules(area: Area, fields: Fields, element: Any, report: Report) -> None:
    """Check that an area can be found, and its heights.

    References
    ----------
    CAP 1.2 section 3.2.4.
    """
    if "polygon" not in fields and "circle" not in fields:
        if "geocode" in fields:
            message = f"the area {short(area.description)} has geocodes alone"
            report("cap.area.geocodes_only", element, message)
        else:
            message = f"the area {short(area.description)} is told in words alone"
            report("cap.area.words_only", element, message)
    if "ceiling" in fields:
        if "altitude" not in fields:
            report("cap.ceiling.without_altitude", fields["ceiling"], "there is no altitude")
        elif (
            area.ceiling_ft is not None
            and area.altitude_ft is not None
            and area.ceiling_ft < area.altitude_ft
        ):
            message = f"the ceiling of {area.ceiling_ft} feet lies below {area.altitude_ft} feet"
            report("cap.ceiling.below_altitude", fields["ceiling"], message)


def findings_at(alert: Alert, at: datetime) -> tuple[Finding, ...]:
    """Return what is to be said of an alert at a time: expired, or sent in the future.

    Lines are not known here; paths are.
    """
    found = []
    if alert.sent > at:
        message = f"the alert was sent at {alert.sent.isoformat()}, and now is {at.isoformat()}"
        found.append(finding("cap.sent.future", "/alert/sent", None, message))
    for k, info in enumerate(alert.infos, 1):
        if info.expires is not None and info.expires <= at:
            message = f"it expired at {info.expires.isoformat()}"
            found.append(finding("cap.expired", f"/alert/info[{k}]/expires", None, message))
    return tuple(found)
