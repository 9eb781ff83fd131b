"""An order as text, to be carried to the persons who confirm it.

A person's own machine works out from it what would be sent and the digest to confirm, so that the
gateway's machine cannot show one order and have another one confirmed.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.operator_file import Destination
from ew4all.alerts.order import Message, Order, digest_of, message_record
from ew4all.alerts.order_rules import Ruling, read_one
from ew4all.alerts.order_words import words_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["for_person", "order_of", "text_of"]

SCHEMA: Final = "ew4all/order/1"
_KINDS: Final[Mapping[str, type[Message]]] = {"WriteReplace": WriteReplace, "Stop": Stop}
_OCTETS = {"contents", "area_coordinates", "security_information"}


def text_of(order: Order, destination: Destination) -> str:
    """Return an order and the address that it is for as JSON."""
    told = {
        "schema": SCHEMA,
        "alert": base64.b64encode(order.alert).decode("ascii"),
        "messages": [message_record(message) for message in order.messages],
        "destination": {
            "name": destination.name,
            "interface": destination.interface,
            "host": destination.host,
            "port": destination.port,
        },
    }
    return json.dumps(told, sort_keys=True)


def order_of(text: str) -> tuple[Order, Destination]:
    """Read what `text_of` wrote. What may go to the destination is not told, and so is nothing.

    Raises
    ------
    RefusedError
        It is something else.
    """
    try:
        alert, messages, destination = _parts(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"this is no order to confirm ({error}); ask the operator for it again"
        raise RefusedError(msg) from error
    return Order(alert, messages, destination.name), destination


def _parts(told: Any) -> tuple[bytes, tuple[Message, ...], Destination]:
    if told["schema"] != SCHEMA or set(told) != {"schema", "alert", "messages", "destination"}:
        msg = f"it is not of the schema {SCHEMA}"
        raise ValueError(msg)
    to = told["destination"]
    kinds = {"name": str, "interface": str, "host": str, "port": int}
    if {key: type(value) for key, value in to.items()} != kinds:
        msg = "its destination is not one"
        raise ValueError(msg)
    return (
        base64.b64decode(told["alert"], validate=True),
        tuple(_message(record) for record in told["messages"]),
        Destination(**to, statuses=frozenset(), identifiers=frozenset()),
    )


def for_person(text: str) -> tuple[str, str]:
    """Return what a person must read before confirming, and the digest to confirm.

    Raises
    ------
    RefusedError
        It is no order.
    """
    order, destination = order_of(text)
    digest = digest_of(order, destination)
    alert, why = read_one(order.alert)
    reasons = (why,) if alert is None else ()
    return words_of(order, Ruling(reasons, alert, destination, None), digest), digest


def _message(record: Any) -> Message:
    kind = _KINDS[record["kind"]]
    held = {name: _value(name, value) for name, value in record.items() if name != "kind"}
    return kind(**held)


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return bytes.fromhex(value) if name in _OCTETS and value is not None else value
