"""From a CAP file to a document, or to all that is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ew4all.api.documents.records import Checked
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.alerts.cap import Alert
    from ew4all.alerts.findings import Finding
    from ew4all.api.documents.records import Document
    from ew4all.api.service import Service

__all__ = ["TAKEN", "check_alert", "checked_cap"]

CAP: Final = "application/cap+xml"
TAKEN: Final = (CAP, "application/xml", "text/xml")
"""Media types of a CAP file."""

_DRILLS: Final = frozenset({"Exercise", "Test", "Draft"})
_ENCODING: Final = re.compile(rb"""^\s*<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")


def check_alert(service: Service, data: bytes, before: Document | None = None) -> Checked:
    """Return an alert that somebody sent, with what its check found; it is kept as it came, whatever its status.

    Parameters
    ----------
    before
        The version that it takes the place of. What was made here stays a drill.

    Raises
    ------
    Problem
        400: no valid CAP alert, with all that its check found, or more than one; a real one in the place of a drill.
    """
    is_made = before is not None and before.facts.get("origin") == "made"
    checked = checked_cap(service, data, "made" if is_made else "received")
    if is_made and checked.facts["status"] not in _DRILLS:
        told = (
            f"this alert was made here and stays Exercise, Test or Draft; {checked.facts['status']} is none of them: "
            "store a real alert, for analysis, as one of its own"
        )
        fault = {"pointer": "/alert/status", "detail": told, "code": "drills-only"}
        raise Problem(400, "drills-only", told, errors=[fault])
    return checked


def checked_cap(
    service: Service, data: bytes, origin: str, notes: Sequence[str] = ()
) -> Checked:  # fmt: skip
    """Return a CAP file as a document.

    Raises
    ------
    Problem
        400: it is no single, valid alert; 413: too many vertices.
    """
    from ew4all.alerts.checking import check

    text = _text(data)
    found = check(data, "the alert")
    if len(found) > 1:
        told = f"this holds {len(found)} alerts; send each by itself"
        raise Problem(400, "several-alerts", told)
    reading, alert = found[0].reading, found[0].reading.alert
    findings = [_shown(one) for one in reading.findings]
    if alert is None or not reading.valid:
        errors = [
            {"pointer": f["pointer"], "detail": f["message"], "code": f["code"], "line": f["line"], "hint": f["hint"]}
            for f in findings if f["severity"] == "error"
        ]  # fmt: skip
        what = "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors[:3])
        raise Problem(400, "invalid-alert", f"this is no valid CAP alert: {what}", errors=errors)
    facts = {
        **_facts(alert), "origin": origin, "signature": found[0].signature, "findings": findings, "notes": list(notes),
    }  # fmt: skip
    most = service.settings.limits.vertices
    if facts["vertices"] > most:
        told = f"the polygons have {facts['vertices']:,} vertices, of {most:,} that this service takes: simplify them"
        raise Problem(413, "too-many-vertices", told)
    info = alert.infos[0] if alert.infos else None
    title = (info and (info.headline or info.event)) or alert.identifier
    return Checked(text, title, facts)


def _text(data: bytes) -> str:
    told = _ENCODING.match(data[:200])
    is_utf8 = told is None or told[1].lower() in {b"utf-8", b"us-ascii", b"ascii"}
    try:
        text = data.decode("utf-8-sig") if is_utf8 else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise Problem(400, "not-utf-8", "the alert is not in UTF-8: save it as such, and say so in its first line")  # fmt: skip
    return text


def _shown(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code, "severity": str(one.severity), "pointer": one.path or "/", "line": one.line, "message": one.message,
        "hint": one.hint,
    }  # fmt: skip


def _facts(alert: Alert) -> dict[str, Any]:
    info = alert.infos[0] if alert.infos else None
    polygons = (p for i in alert.infos for area in i.areas for p in area.polygons)
    return {
        "identifier": alert.identifier, "sender": alert.sender, "sent": alert.sent.isoformat(),
        "status": str(alert.status), "msg_type": str(alert.msg_type),
        "languages": [i.language for i in alert.infos],
        "event": None if info is None else info.event,
        "expires": None if info is None or info.expires is None else info.expires.isoformat(),
        "vertices": sum(polygon.vertices for polygon in polygons),
    }  # fmt: skip
