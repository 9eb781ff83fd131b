"""Alerts as data, made in a line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ew4all.alerts.cap import (
    Alert,
    Area,
    Category,
    Certainty,
    Info,
    MsgType,
    NamedValue,
    Reference,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)

SENT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def made_info(
    language: str = "en-US", triple: str = "Extreme Immediate Observed", **more: Any
) -> Info:
    """Return an info block; `triple` is severity, urgency and certainty."""
    severity, urgency, certainty = triple.split()
    given: dict[str, Any] = {
        "categories": (Category.MET,),
        "event": "Flood",
        "response_types": (ResponseType.EVACUATE,),
        "expires": SENT + timedelta(hours=2),
        "sender_name": "Met Office",
        "headline": f"Flood warning in {language}",
        "areas": (Area(description="Valley"),),
    }
    return Info(
        language=language,
        severity=Severity(severity),
        urgency=Urgency(urgency),
        certainty=Certainty(certainty),
        **{**given, **more},
    )


def made_alert(*infos: Info, **more: Any) -> Alert:
    """Return an alert with these info blocks, or one in English."""
    given: dict[str, Any] = {
        "identifier": "one",
        "sender": "met@example.org",
        "sent": SENT,
        "status": Status.ACTUAL,
        "msg_type": MsgType.ALERT,
        "scope": Scope.PUBLIC,
    }
    return Alert(**{**given, "infos": infos or (made_info(),), **more})


def following(alert: Alert, *infos: Info, msg_type: MsgType = MsgType.UPDATE) -> Alert:
    """Return a message that refers to another."""
    reference = Reference(alert.sender, alert.identifier, alert.sent)
    return made_alert(
        *infos,
        identifier=alert.identifier + "+",
        sent=alert.sent + timedelta(minutes=10),
        msg_type=msg_type,
        references=(reference,),
        **({"infos": ()} if msg_type is MsgType.CANCEL and not infos else {}),
    )


def named(**values: str) -> tuple[NamedValue, ...]:
    """Return parameters or event codes."""
    return tuple(NamedValue(name, value) for name, value in values.items())
