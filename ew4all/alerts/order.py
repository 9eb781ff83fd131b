"""An order: exactly what two persons confirm, and its digest.

The digest covers every byte of the alert, every field of every message, and where they go: host
and port, not only the name. Change any of it, and the confirmations are for something else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from ew4all.alerts.operator_file import Destination

__all__ = ["Message", "Order", "digest_of", "message_record"]

Message: TypeAlias = WriteReplace | Stop


@dataclass(frozen=True)
class Order:
    """A wish to send: a signed alert, the messages that carry it, and the name of a destination.

    Raises
    ------
    RefusedError
        A part is of another type, so that it could change after it was confirmed, or there are no
        messages.
    """

    alert: bytes
    messages: tuple[Message, ...]
    destination: str

    def __post_init__(self) -> None:
        """Take exact types only: a subclass could answer differently each time that it is asked."""
        exact = (
            type(self.alert) is bytes
            and type(self.destination) is str
            and type(self.messages) is tuple
            and all(type(message) in (WriteReplace, Stop) for message in self.messages)
            and all(_is_plain(message) for message in self.messages)
        )
        if not exact:
            msg = (
                "an order holds the bytes of an alert, a tuple of WriteReplace and Stop, and the "
                "name of a destination; something else was given"
            )
            raise RefusedError(msg)
        if not self.messages:
            msg = "an order without messages sends nothing; give the messages that carry the alert"
            raise RefusedError(msg)


def digest_of(order: Order, destination: Destination) -> str:
    """Return the SHA-256 of an order and of its destination, in hex digits."""
    told = {
        "purpose": "ew4all order 1",
        "alert_sha256": hashlib.sha256(order.alert).hexdigest(),
        "messages": [message_record(message) for message in order.messages],
        "destination": [
            destination.name,
            destination.interface,
            destination.host,
            destination.port,
        ],
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def message_record(message: Message) -> dict[str, Any]:
    """Return all fields of a message as JSON holds them; octets in hex digits."""
    held = {field.name: _plain(getattr(message, field.name)) for field in fields(message)}
    return {"kind": type(message).__name__, **held}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _is_plain(message: Message) -> bool:
    """Whether all fields are immutable and of exact types."""
    scalars = {int, str, bool, bytes, type(None)}
    values = [getattr(message, field.name) for field in fields(message)]
    return all(
        type(value) in scalars
        or (type(value) is tuple and all(type(part) in scalars for part in value))
        for value in values
    )
