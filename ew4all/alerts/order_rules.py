"""What an order must fulfil before anybody's confirmation counts. Every rule fails closed.

All that is known of the alert is read from the bytes that the agency's key signed, not from the
file that came along, and not from what the caller says of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ew4all.alerts.cap import MsgType, Scope, Status
from ew4all.alerts.cap_xml import read_alerts
from ew4all.alerts.cbs.etws import EtwsWarning, WarningType
from ew4all.alerts.confirmation import CLOCK_SKEW
from ew4all.alerts.findings import Level
from ew4all.alerts.operator_file import DRILLS
from ew4all.alerts.signature import Outcome, verify
from ew4all.alerts.wire.request import Stop, WriteReplace

if TYPE_CHECKING:
    from ew4all.alerts.cap import Alert
    from ew4all.alerts.operator_file import Destination, OperatorFile
    from ew4all.alerts.order import Message, Order

__all__ = ["Ruling", "judge", "read_one", "why_not_signed"]

OFF: Final = "the gateway is switched off (enabled = false in the operator's file)"
ETWS_KINDS: Final = {kind.message_identifier: int(kind) for kind in WarningType}


@dataclass(frozen=True)
class Ruling:
    """Every reason against an order; none if it may be sent, until `valid_until`."""

    reasons: tuple[str, ...]
    alert: Alert | None
    destination: Destination | None
    valid_until: datetime | None


def judge(order: Order, operator: OperatorFile, now: datetime) -> Ruling:
    """Judge an order by the operator's file, the signature, the alert, the messages and the time."""
    reasons = []
    if not operator.enabled:
        reasons.append(OFF)
    destination = operator.destinations.get(order.destination)
    if destination is None:
        reasons.append(f"there is no destination {order.destination!r} in the operator's file")
    alert, why = _signed_alert(order.alert, operator, now)
    if alert is None:
        return Ruling((*reasons, why), None, destination, None)
    reasons += _of_alert(alert)
    valid_until, late = _times(alert, operator.oldest_alert, now)
    reasons += late
    if destination is not None and alert.status not in destination.statuses:
        reasons.append(f"alerts of status {alert.status} may not go to {destination.name}")
    for number, message in enumerate(order.messages, 1):
        found = [
            *_of_message(alert, message),
            *_of_length(message, valid_until, now),
            *([] if destination is None else _of_destination(message, destination)),
        ]
        reasons += [f"message {number}: {reason}" for reason in found]
    return Ruling(tuple(reasons), alert, destination, valid_until)


def why_not_signed(data: bytes, operator: OperatorFile) -> list[str]:
    """Return why the agency's key does not sign an alert; nothing where it does."""
    if not operator.enabled:
        return [OFF]
    alert, why = read_one(data)
    if alert is None:
        return [why]
    allowed = {status for to in operator.destinations.values() for status in to.statuses}
    if alert.status not in allowed:
        return [f"alerts of status {alert.status} may go to no destination"]
    return []


def read_one(data: bytes) -> tuple[Alert | None, str]:
    """Return the one alert that there is; None, and why, where it is not in order."""
    readings = read_alerts(data, "the alert")
    if len(readings) != 1:
        return None, f"{len(readings)} alerts are in one file; send one at a time"
    found = [f for f in readings[0].findings if f.severity is Level.ERROR]
    if found or readings[0].alert is None:
        what = f"{found[0].code}: {found[0].message}" if found else "it cannot be read"
        return None, f"the alert breaks CAP ({what})"
    return readings[0].alert, ""


def _signed_alert(data: bytes, operator: OperatorFile, now: datetime) -> tuple[Alert | None, str]:
    """Return the alert that the agency signed; None, and why, where there is no such alert."""
    anchors = [operator.certificate_pem]
    check = verify(data, anchors)
    if check.outcome is not Outcome.VALID or check.signed is None:
        return None, f"the alert is not signed by the agency's key: {check.reason}"
    today = verify(data, anchors, at=now)
    if today.outcome is not Outcome.VALID:
        return None, f"the agency's certificate is not valid today: {today.reason}"
    return read_one(check.signed)


def _of_alert(alert: Alert) -> list[str]:
    reasons = []
    if alert.status not in (Status.ACTUAL, Status.EXERCISE, Status.TEST):
        reasons.append(f"an alert of status {alert.status} goes to nobody")
    if alert.msg_type not in (MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL):
        reasons.append(f"a message of type {alert.msg_type} is never broadcast")
    if alert.scope is not Scope.PUBLIC:
        reasons.append(f"its scope is {alert.scope}, and a broadcast is for everybody")
    if alert.msg_type is not MsgType.CANCEL and not alert.infos:
        reasons.append("it has no info block, so nobody is told anything")
    return reasons


def _times(alert: Alert, oldest: timedelta, now: datetime) -> tuple[datetime | None, list[str]]:
    """Return until when the alert may be sent, and what is wrong with its times."""
    reasons = []
    if alert.sent > now + CLOCK_SKEW:
        reasons.append(f"it says that it was sent at {alert.sent.isoformat()}, in the future")
    if alert.sent < now - oldest:
        reasons.append(
            f"it was sent at {alert.sent.isoformat()}, more than {oldest} ago; issue it anew"
        )
    ends = [alert.sent + oldest]
    for number, info in enumerate(alert.infos, 1):
        where = f"info block {number}"
        if info.expires is None:
            reasons.append(f"{where} does not say when it expires")
            continue
        ends.append(info.expires)
        if info.expires <= now:
            reasons.append(f"{where} expired at {info.expires.isoformat()}")
        if info.effective is not None and info.effective > now + CLOCK_SKEW:
            reasons.append(f"{where} takes effect at {info.effective.isoformat()} only")
    # A cancel lives as long as an alert may be old; a warning until the first of its blocks expires.
    return min(ends[1:], default=ends[0]), reasons


def _of_message(alert: Alert, message: Message) -> list[str]:
    reasons = []
    identifier = message.message_identifier
    if alert.status is not Status.ACTUAL and identifier not in DRILLS:
        reasons.append(
            f"the identifier {identifier} is live and the alert is of status {alert.status}: a "
            f"drill never reaches the public"
        )
    if alert.status is Status.ACTUAL and identifier in DRILLS:
        reasons.append(
            f"the identifier {identifier} is for drills and the alert is Actual: few would see it"
        )
    if alert.msg_type is MsgType.CANCEL and not isinstance(message, Stop):
        reasons.append("a Cancel stops messages and broadcasts none")
    if alert.status is not Status.ACTUAL and isinstance(message, Stop) and message.stop_all:
        reasons.append("it stops every message, and a drill silences no warning")
    if isinstance(message, WriteReplace) and message.warning_type is not None:
        kind = EtwsWarning.from_value(message.warning_type).kind
        if kind != ETWS_KINDS.get(identifier):
            reasons.append(
                f"its ETWS warning type {message.warning_type:#06x} is not the one of the "
                f"identifier {identifier}, so devices would show another warning"
            )
    return reasons


def _of_length(message: Message, valid_until: datetime | None, now: datetime) -> list[str]:
    if not isinstance(message, WriteReplace):
        return []
    if message.broadcasts == 0:
        return ["0 broadcasts means until it is stopped, and the alert expires; count them"]
    if valid_until is None:
        return []
    # The last one may begin one period after the alert expired, by the usual rounding up.
    last = now + timedelta(seconds=message.repetition_s * (message.broadcasts - 1))
    if last > valid_until + timedelta(seconds=message.repetition_s):
        return [
            f"{message.broadcasts} broadcasts every {message.repetition_s} s end at "
            f"{last.isoformat(timespec='seconds')}, after the alert expired"
        ]
    return []


def _of_destination(message: Message, destination: Destination) -> list[str]:
    reasons = []
    drill = message.message_identifier in DRILLS and message.message_identifier not in ETWS_KINDS
    packet = destination.interface != "cbsp"
    if drill and packet and isinstance(message, WriteReplace) and not message.concurrent:
        reasons.append(
            "it is not concurrent, so it would take the warnings that are on air off the air; a "
            "drill silences no warning"
        )
    if message.message_identifier not in destination.identifiers:
        reasons.append(
            f"the identifier {message.message_identifier} may not go to {destination.name}"
        )
    if destination.whole_network:
        return reasons
    if not (message.tac or message.cells or message.emergency_areas):
        reasons.append("it names no area, so it goes to the whole network; name cells or areas")
    if isinstance(message, Stop) and message.stop_all:
        reasons.append("it stops every message, also those of others; name the one to stop")
    return reasons
