"""An order in words, for the person who is asked to confirm it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.cbs.cb_data import decode_cb_data
from ew4all.alerts.cbs.identifiers import describe
from ew4all.alerts.wire.request import WriteReplace
from ew4all.errors import InputError

if TYPE_CHECKING:
    from ew4all.alerts.order import Message, Order
    from ew4all.alerts.order_rules import Ruling

__all__ = ["words_of"]


def words_of(order: Order, ruling: Ruling, digest: str) -> str:
    """Say what would be sent, where to, for which alert, and what speaks against it already."""
    lines = [f"Order {digest}"]
    if ruling.destination is not None:
        to = ruling.destination
        lines.append(f"To {to.name}: {to.interface} at {to.host}:{to.port}")
    if ruling.alert is not None:
        alert = ruling.alert
        lines.append(
            f"Alert {alert.identifier} of {alert.sender}, sent {alert.sent.isoformat()}, status "
            f"{alert.status}, type {alert.msg_type}"
        )
        lines += [
            f"  {info.language}: {info.event}: {info.headline or '(no headline)'}"
            for info in alert.infos
        ]
    if ruling.valid_until is not None:
        lines.append(f"Until {ruling.valid_until.isoformat()}")
    for number, message in enumerate(order.messages, 1):
        lines += [f"Message {number}: {line}" for line in _of_message(message)]
    lines += [f"Refused: {reason}" for reason in ruling.reasons]
    # An alert is somebody's text: it must not draw lines of its own here.
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines) + "\n"


def _of_message(message: Message) -> list[str]:
    where = [
        f"{len(values)} {name}"
        for name, values in (
            ("tracking areas", message.tac),
            ("cells", message.cells),
            ("emergency areas", message.emergency_areas),
        )
        if values
    ]
    place = f"network {message.plmn}, {' and '.join(where) or 'THE WHOLE NETWORK'}"
    who = f"identifier {message.message_identifier} ({describe(message.message_identifier)})"
    head = f"{who}, serial number {message.serial_number:#06x}, {place}"
    if not isinstance(message, WriteReplace):
        return [f"STOP{' EVERY MESSAGE' if message.stop_all else ''} {head}"]
    lines = [
        f"BROADCAST {head}, {message.broadcasts} times every {message.repetition_s} s",
    ]
    if message.warning_type is not None:
        lines.append(f"ETWS warning type {message.warning_type:#06x}")
    if message.contents is not None and message.dcs is not None:
        try:
            text = decode_cb_data(message.contents, message.dcs).text
        except InputError as error:
            text = f"(cannot be decoded: {error})"
        lines.append(f"Text: {text}")
    return lines
