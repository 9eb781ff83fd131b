"""CBSP between a cell-broadcast centre and the BSC of a GSM network (TS 48.049), octet for octet.

`encode` takes a request as other interfaces do, or one of the messages of `cbsp_messages`;
`decode` gives the message. A message is a type, three octets of length, and elements. Those of one
message may come in any order, each once, pages excepted; an element that the message does not
carry, or one that is missing, is an error, for a warning must not be half understood.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ew4all.alerts.wire.cbsp_elements import (
    PAGE_OCTETS,
    BroadcastType,
    Category,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellKind,
    CellLoad,
    Channel,
    CountInfo,
    Element,
    ElementError,
    MessageType,
    Reader,
    Recovery,
    period_code,
    period_of_code,
)
from ew4all.alerts.wire.cbsp_messages import (
    CBSP_MESSAGES,
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
)
from ew4all.alerts.wire.cbsp_requests import messages_of
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError

__all__ = [
    "HEADER_OCTETS",
    "MOST_OCTETS",
    "PORT",
    "body_octets",
    "decode",
    "encode",
    "encode_all",
    "split",
]

PORT = 48049
"""TCP port of CBSP (5.2)."""

HEADER_OCTETS = 4
"""Message type and three octets of length, which does not count the header."""

MOST_OCTETS = 4 * 65_536
"""Longer than any message can be: at most three lists of 65535 octets stand in one."""

_NUMBERS = {
    "new_serial_number": (Element.NEW_SERIAL_NUMBER, 2),
    "old_serial_number": (Element.OLD_SERIAL_NUMBER, 2),
    "message_identifier": (Element.MESSAGE_IDENTIFIER, 2),
    "broadcasts": (Element.BROADCASTS_REQUESTED, 2),
    "warning_type": (Element.WARNING_TYPE, 2),
    "dcs": (Element.DATA_CODING_SCHEME, 1),
    "number_of_pages": (Element.NUMBER_OF_PAGES, 1),
    "emergency_indicator": (Element.EMERGENCY_INDICATOR, 1),
}
_ENUMS = {
    "category": (Element.CATEGORY, Category),
    "channel": (Element.CHANNEL_INDICATOR, Channel),
    "cause": (Element.CAUSE, Cause),
    "recovery": (Element.RECOVERY_INDICATION, Recovery),
    "broadcast_type": (Element.BROADCAST_MESSAGE_TYPE, BroadcastType),
}
_PERIODS = {
    "warning_period_s": Element.WARNING_PERIOD,
    "period_s": Element.KEEP_ALIVE_PERIOD,
}
_LISTS = {
    "cells": Element.CELL_LIST,
    "completed": Element.BROADCASTS_COMPLETED_LIST,
    "failures": Element.FAILURE_LIST,
    "loads": Element.LOADING_LIST,
}
_ELEMENT_OF: dict[str, Element] = {
    **{name: element for name, (element, _) in _NUMBERS.items()},
    **{name: element for name, (element, _) in _ENUMS.items()},
    **_PERIODS,
    **_LISTS,
    "repetition_period": Element.REPETITION_PERIOD,
    "security": Element.WARNING_SECURITY_INFORMATION,
    "pages": Element.MESSAGE_CONTENT,
}
_NAME_OF = {element: name for name, element in _ELEMENT_OF.items()}
_SECURITY_OCTETS = 50
_MOST_IN_LIST = 0xFFFF


def encode(
    message: CbspMessage | WriteReplace | Stop, *, repetition_as_number: bool = False
) -> bytes:
    """Return the octets of one message.

    A request is turned into messages by `cbsp_requests.messages_of`, which tells how areas are
    named in GSM. For ETWS it may need two, for the notification and for the text: this is the one
    about the text, and `encode_all` gives both.

    Parameters
    ----------
    repetition_as_number
        Write the repetition period as one number of 16 bits, against the standard: osmo-bsc 1.9
        reads it so, and takes the standard's form of 16 units for 256.

    Raises
    ------
    MessageError
        A value does not fit its element.
    """
    if isinstance(message, WriteReplace | Stop):
        parts = messages_of(message)
        text = next((part for part in parts if getattr(part, "channel", None) is not None), None)
        message = parts[0] if text is None else text
    body = b"".join(
        _element(field.name, value, as_number=repetition_as_number)
        for field in dataclasses.fields(message)
        if (value := getattr(message, field.name)) is not None
        and (value != () or field.default is dataclasses.MISSING)
    )
    return bytes([message.TYPE]) + len(body).to_bytes(3) + body


def encode_all(request: WriteReplace | Stop) -> tuple[bytes, ...]:
    """Return the octets of every message that a request needs, in the order of sending.

    Raises
    ------
    MessageError
        A value does not fit its element.
    """
    return tuple(encode(message) for message in messages_of(request))


def decode(data: bytes) -> CbspMessage:
    """Return the one message that `data` is.

    Raises
    ------
    ElementError
        A DecodeError: the octets are no message, with the position of what is wrong.
    """
    kind, octets = _header(data)
    reader = Reader(data, HEADER_OCTETS)
    if octets != reader.left:
        msg = f"octet 1: the message says that {octets} octets follow, and {reader.left} do"
        raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
    found = _elements(reader)
    forms = [cls for cls in CBSP_MESSAGES if cls.TYPE is kind]
    if not forms:
        msg = f"octet 0: {kind.name} is a message of CBSP that is not supported here"
        raise ElementError(msg, Cause.UNRECOGNISED_MESSAGE)
    form = forms[0]
    if kind is MessageType.WRITE_REPLACE:
        form = EmergencyWriteReplace if Element.EMERGENCY_INDICATOR in found else CbsWriteReplace
    return _message(form, found)


def split(stream: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Cut a stream into the octets of whole messages, and what is left of the last one.

    Raises
    ------
    ElementError
        Something that is no message; where the next one begins is then lost.
    """
    whole = []
    while len(stream) >= HEADER_OCTETS:
        end = HEADER_OCTETS + body_octets(stream)
        if len(stream) < end:
            break
        whole.append(stream[:end])
        stream = stream[end:]
    return tuple(whole), stream


def body_octets(header: bytes) -> int:
    """Return how many octets follow a header, of which the first four octets are enough.

    Raises
    ------
    ElementError
        No header of CBSP.
    """
    return _header(header)[1]


def _header(data: bytes) -> tuple[MessageType, int]:
    reader = Reader(data)
    kind = reader.number(1, "a message type")
    octets = reader.number(3, "the length of the message")
    if kind not in MessageType.__members__.values():
        msg = f"octet 0: {kind} is no message type of CBSP"
        raise ElementError(msg, Cause.UNRECOGNISED_MESSAGE)
    if octets > MOST_OCTETS:
        msg = f"octet 1: a message of {octets} octets is refused; {MOST_OCTETS} hold every real one"
        raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
    return MessageType(kind), octets


def _elements(reader: Reader) -> dict[Element, list[tuple[int, Any]]]:
    """Read all elements: position and value of each."""
    found: dict[Element, list[tuple[int, Any]]] = {}
    while reader.left:
        at = reader.at
        element = reader.member(Element, "information element of CBSP")
        name = _NAME_OF.get(Element(element))
        if name is None:
            msg = f"octet {at}: {element.name} belongs to messages that are not supported here"
            raise ElementError(msg, Cause.PARAMETER_NOT_RECOGNISED)
        found.setdefault(Element(element), []).append((at, _value(name, reader)))
    return found


def _message(form: type[CbspMessage], found: dict[Element, list[tuple[int, Any]]]) -> CbspMessage:
    values: dict[str, Any] = {}
    counted: dict[str, int] = {}
    for field in dataclasses.fields(form):
        element = _ELEMENT_OF[field.name]
        entries = found.pop(element, [])
        if not entries:
            if field.default is None or field.default == ():
                continue
            msg = f"{form.TYPE.name} lacks its {element.name}"
            raise ElementError(msg, Cause.MISSING_MANDATORY_ELEMENT)
        if len(entries) > 1 and field.name != "pages":
            msg = f"octet {entries[1][0]}: {element.name} stands twice in one message"
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
        if not field.init:
            counted[field.name] = entries[0][1]
        elif field.name == "pages":
            values["pages"] = tuple(value for _, value in entries)
        else:
            values[field.name] = entries[0][1]
    for element, entries in found.items():
        msg = f"octet {entries[0][0]}: {form.TYPE.name} has no {element.name}"
        raise ElementError(msg, Cause.PARAMETER_NOT_RECOGNISED)
    try:
        message = form(**values)
    except MessageError as error:
        msg = f"{form.TYPE.name}: {error}"
        raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID) from error
    for name, told in counted.items():
        if told != getattr(message, name):
            msg = f"{form.TYPE.name} says that its {name} is {told}, not {getattr(message, name)}"
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
    return message


def _element(name: str, value: Any, *, as_number: bool) -> bytes:
    tag = bytes([_ELEMENT_OF[name]])
    if name == "pages":
        return b"".join(tag + page for page in value)
    if name in _LISTS:
        items = _list(name, value)
        if len(items) > _MOST_IN_LIST:
            msg = f"{len(value)} cells do not fit into one list of CBSP; send them in several messages"
            raise MessageError(msg)
        return tag + len(items).to_bytes(2) + items
    if name in _PERIODS:
        return tag + bytes([period_code(value)])
    if name == "repetition_period":
        _must_fit(name, value, 1, 0xFFF)
        # The upper eight bits, then four spare bits and the lower four (8.2.8).
        return tag + (value.to_bytes(2) if as_number else bytes([value >> 4, value & 0xF]))
    if name == "security":
        return tag + bytes(value)
    octets = _NUMBERS[name][1] if name in _NUMBERS else 1
    _must_fit(name, value, 0, (1 << 8 * octets) - 1)
    return tag + int(value).to_bytes(octets)


def _must_fit(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        msg = f"{name} {value} does not fit into CBSP: {least} to {most}"
        raise MessageError(msg)


def _list(name: str, entries: tuple[Any, ...]) -> bytes:
    if not entries:
        msg = f"a message of CBSP cannot have an empty list of {name}; name a cell, or all of them"
        raise MessageError(msg)
    if name == "failures":
        return b"".join(
            bytes([item.cell.kind]) + item.cell.octets() + bytes([item.cause]) for item in entries
        )
    cells = entries if name == "cells" else tuple(item.cell for item in entries)
    kinds = {cell.kind for cell in cells}
    if len(kinds) > 1:
        named = ", ".join(sorted(kind.name for kind in kinds))
        msg = f"a list of CBSP names all its cells in one way, not as {named}"
        raise MessageError(msg)
    (kind,) = kinds
    if kind is CellKind.BSS and len(cells) > 1:
        msg = "a list that names all cells of the BSC has one entry"
        raise MessageError(msg)
    return bytes([kind]) + b"".join(
        cell.octets() + _beside(item) for cell, item in zip(cells, entries, strict=True)
    )


def _beside(item: Cell | CellCount | CellLoad) -> bytes:
    """Return what follows a cell in its list."""
    if isinstance(item, CellCount):
        _must_fit("number of broadcasts", item.broadcasts, 0, 0xFFFF)
        return item.broadcasts.to_bytes(2) + bytes([item.info])
    if isinstance(item, CellLoad):
        for percent in (item.first_percent, item.second_percent):
            _must_fit("load in percent", percent, 0, 100)
        return bytes([item.first_percent, item.second_percent])
    return b""


def _value(name: str, reader: Reader) -> Any:
    if name == "pages":
        return reader.take(PAGE_OCTETS, "a page")
    if name in _LISTS:
        return _entries(name, reader)
    if name in _PERIODS:
        at = reader.at
        code = reader.number(1, "a period")
        seconds = period_of_code(code)
        if seconds is None:
            msg = f"octet {at}: {code} is reserved and stands for no period"
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
        return seconds
    if name == "repetition_period":
        at = reader.at
        upper, lower = reader.take(2, "the repetition period")
        value = upper << 4 | lower & 0xF
        if lower >> 4 or not value:
            msg = (
                f"octet {at}: {upper:02x}{lower:02x} is no repetition period: 1 to 4095, whose "
                f"lower four bits stand in the second octet beside four spare bits of zero"
            )
            raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
        return value
    if name == "security":
        return reader.take(_SECURITY_OCTETS, "warning security information")
    if name in _ENUMS:
        return reader.member(_ENUMS[name][1], name.replace("_", " "))
    return reader.number(_NUMBERS[name][1], name.replace("_", " "))


def _entries(name: str, reader: Reader) -> tuple[Any, ...]:
    at = reader.at
    inside = reader.part(reader.number(2, f"the length of {name}"), f"the list of {name}")
    entries: list[Any] = []
    if name == "failures":
        while inside.left:
            cell = inside.cell(inside.kind())
            entries.append(CellFailure(cell, Cause(inside.member(Cause, "cause"))))
    else:
        kind = inside.kind()
        # All cells of the BSC have no octets of their own: the list has that one entry.
        once = kind is CellKind.BSS
        while inside.left or (once and not entries):
            if once and entries:
                msg = f"octet {inside.at}: {inside.left} octets stand behind all cells of the BSC"
                raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
            entries.append(_entry(name, inside.cell(kind), inside))
    if not entries:
        msg = f"octet {at}: the list of {name} is empty"
        raise ElementError(msg, Cause.PARAMETER_VALUE_INVALID)
    return tuple(entries)


def _entry(name: str, cell: Cell, reader: Reader) -> Cell | CellCount | CellLoad:
    if name == "completed" and cell.kind is CellKind.BSS and not reader.left:
        return CellCount(
            cell, 0, CountInfo.UNKNOWN
        )  # osmo-bsc 1.9, asked for all its cells at once
    if name == "completed":
        broadcasts = reader.number(2, "a number of broadcasts")
        return CellCount(cell, broadcasts, CountInfo(reader.member(CountInfo, "count")))
    if name == "loads":
        return CellLoad(cell, reader.number(1, "a load"), reader.number(1, "a load"))
    return cell
