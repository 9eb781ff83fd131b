"""SBc-AP: a cell-broadcast centre tells a core network of LTE to warn, or to stop (TS 29.168).

Port 29168 over SCTP, payload protocol 24. Aligned packed encoding rules. Releases up to 15, without
the lists of 5G areas.
"""

from __future__ import annotations

from typing import Any

from ew4all.alerts.wire import elements
from ew4all.alerts.wire.answers import Procedure
from ew4all.alerts.wire.areas import ENB, LTE_CELL, EmergencyAreaKind, TrackingAreaKind
from ew4all.alerts.wire.frame import (
    EXTENSIONS,
    FLAG,
    IGNORE,
    OUTCOMES,
    REJECT,
    Element,
    Interface,
    Message,
)
from ew4all.alerts.wire.messages import (
    ERROR,
    FAILURE,
    INDICATION,
    REQUEST,
    RESPONSE,
    RESTART,
    TRACKING_AREAS,
    AnyMessage,
    area_list,
    message_of,
    name_of,
    request_of,
    tracking_areas,
    values_of,
)
from ew4all.alerts.wire.per_kinds import Field, Octets, Record, Refused, Whole
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError

__all__ = ["INTERFACE", "decode", "encode"]

_INITIATING, _SUCCESSFUL = OUTCOMES[:2]
_IDENTITY = (
    Element(5, "message_identifier", REJECT, elements.IDENTIFIER, mandatory=True),
    Element(11, "serial_number", REJECT, elements.IDENTIFIER, mandatory=True),
)
# Unlike that of S1AP, a tracking area has no room for additions here.
_TRACKING_AREA = TrackingAreaKind(2, extensible=False)
_WRAPPED = Record((Field("area", _TRACKING_AREA),))
_TRACKING_AREAS = Element(14, "tracking_areas", REJECT, elements.many(_WRAPPED))
_AREAS = Element(15, "areas", IGNORE, elements.area_choice(LTE_CELL, _TRACKING_AREA))
_OPERATION_CENTRE = Element(19, "operation_centre", IGNORE, Octets(1, 20))
_NARROWER = Refused(
    "this element narrows down where the message goes, and a request is read here without it"
)
_CAUSE = Element(1, "cause", REJECT, Whole(0, 255), mandatory=True)
_DIAGNOSTICS = Element(2, "diagnostics", IGNORE, elements.diagnostics(*OUTCOMES, "outcome"))
_UNKNOWN = Element(22, "unknown_tracking_areas", IGNORE, elements.many(_WRAPPED))
_BASE_STATION = Element(28, "base_station", REJECT, ENB, mandatory=True)


def _done(number: int, *, stopped: bool) -> Element:
    lists = elements.cell_lists(LTE_CELL, _TRACKING_AREA, stopped=stopped)
    optional = tuple(Field(field.name, field.kind, optional=True) for field in lists)
    return Element(number, "cells", REJECT, Record((*optional, EXTENSIONS), extensible=True))


_WRITE_REPLACE_REQUEST = (
    *_IDENTITY,
    _TRACKING_AREAS,
    _AREAS,
    Element(10, "repetition", REJECT, Whole(0, 4096), mandatory=True),
    Element(21, "extended_repetition", REJECT, elements.EXTENDED_REPETITION),
    Element(7, "broadcasts", REJECT, elements.BROADCASTS, mandatory=True),
    Element(18, "warning_type", IGNORE, elements.WARNING_TYPE),
    Element(17, "security_information", IGNORE, elements.SECURITY),
    Element(3, "dcs", IGNORE, elements.DCS),
    Element(16, "contents", IGNORE, elements.CONTENTS),
    _OPERATION_CENTRE,
    Element(20, "concurrent", REJECT, FLAG),
    Element(24, "send_indication", IGNORE, FLAG),
    Element(28, "base_station", IGNORE, _NARROWER),
    Element(34, "tracking_areas_5g", REJECT, _NARROWER),
    Element(35, "areas_5g", IGNORE, _NARROWER),
    Element(36, "base_station_5g", IGNORE, _NARROWER),
    Element(46, "area_coordinates", IGNORE, elements.COORDINATES),
)
_STOP_REQUEST = (
    *_IDENTITY,
    _TRACKING_AREAS,
    _AREAS,
    _OPERATION_CENTRE,
    Element(26, "send_indication", IGNORE, FLAG),
    Element(27, "stop_all", REJECT, FLAG),
)
_ANSWER = (*_IDENTITY, _CAUSE, _DIAGNOSTICS, _UNKNOWN)
_RESTART = (
    Element(30, "cells", REJECT, elements.many(LTE_CELL, 256), mandatory=True),
    _BASE_STATION,
    Element(31, "tracking_areas", REJECT, elements.many(_WRAPPED, 2048), mandatory=True),
    Element(32, "emergency_areas", REJECT, elements.many(EmergencyAreaKind(), 256)),
)
_FAILURE = (
    Element(33, "cells", REJECT, elements.many(LTE_CELL, 256), mandatory=True),
    _BASE_STATION,
)
_WITHOUT = Element(29, "without", IGNORE, elements.many(ENB, 256))
_ERROR = (Element(1, "cause", IGNORE, Whole(0, 255)), _DIAGNOSTICS)
_WRITE_REPLACE, _STOP = Procedure.WRITE_REPLACE, Procedure.STOP
INTERFACE = Interface(
    "SBc-AP",
    (
        Message(f"{_WRITE_REPLACE} {REQUEST}", 0, _INITIATING, REJECT, _WRITE_REPLACE_REQUEST),
        Message(f"{_WRITE_REPLACE} {RESPONSE}", 0, _SUCCESSFUL, REJECT, _ANSWER),
        Message(f"{_STOP} {REQUEST}", 1, _INITIATING, REJECT, _STOP_REQUEST),
        Message(f"{_STOP} {RESPONSE}", 1, _SUCCESSFUL, REJECT, _ANSWER),
        Message(ERROR, 2, _INITIATING, IGNORE, _ERROR),
        Message(
            f"{_WRITE_REPLACE} {INDICATION}",
            3,
            _INITIATING,
            IGNORE,
            (*_IDENTITY, _done(23, stopped=False)),
        ),
        Message(
            f"{_STOP} {INDICATION}",
            4,
            _INITIATING,
            IGNORE,
            (*_IDENTITY, _done(25, stopped=True), _WITHOUT),
        ),
        Message(RESTART, 5, _INITIATING, IGNORE, _RESTART),
        Message(FAILURE, 6, _INITIATING, IGNORE, _FAILURE),
    ),
    with_extensions=True,
)
_WRAPPED_LISTS = ("tracking_areas", "unknown_tracking_areas")


def encode(message: AnyMessage) -> bytes:
    """Return the PDU of a request, or of what a core network says.

    Tracking areas go into the list by which the core network chooses base stations. The warning
    area, which limits each base station to some of its cells, holds `cells`, else emergency areas,
    else the tracking areas once more: a base station with cells in other areas warns only in these.

    Raises
    ------
    MessageError
        The interface cannot carry it: a tracking area code over 16 bits, a cell over 28 bits.
    """
    values = values_of(message)
    if isinstance(message, WriteReplace | Stop):
        areas = area_list(message)
        values |= {} if areas is None else {"areas": areas}
        values |= {"tracking_areas": tracking_areas(message)} if message.tac else {}
    for name in _WRAPPED_LISTS:
        if name in values:
            values[name] = [{"area": area} for area in values[name]]
    return INTERFACE.encode(name_of(message), values)


def decode(pdu: bytes) -> AnyMessage:
    """Return the request, answer or indication that a PDU holds.

    Elements that are unknown and may be ignored are passed over, as the standard asks, and so is
    the identity of the centre's operator.

    Raises
    ------
    DecodeError
        It is not such a PDU, is cut or goes on, or breaks a rule; the message says where.
    """
    name, values = INTERFACE.decode(pdu)
    for wrapped in _WRAPPED_LISTS:
        if wrapped in values:
            values[wrapped] = [item["area"] for item in values[wrapped]]
    if not name.endswith(REQUEST):
        return message_of(name, values)
    return request_of(f"SBc-AP {name}", values, _areas(f"SBc-AP {name}", values))


def _areas(name: str, values: dict[str, Any]) -> dict[str, list[Any]]:
    areas = dict([values["areas"]] if "areas" in values else [])
    if "tracking_areas" not in values:
        return areas
    within = areas.get(TRACKING_AREAS)
    if within is not None and set(within) != set(values["tracking_areas"]):
        msg = (
            f"{name}: the tracking areas of its warning area are not those by which base stations "
            f"are chosen; a request is read here with one list of them"
        )
        raise DecodeError(msg)
    return areas | {TRACKING_AREAS: values["tracking_areas"]}
