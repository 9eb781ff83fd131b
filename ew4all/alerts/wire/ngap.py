"""NGAP: a core network of 5G tells a base station to warn, or to stop (TS 38.413, release 17).

Port 38412 over SCTP, payload protocol 60. Aligned packed encoding rules. A stop is a PWS cancel
request. Requests name cells of 5G; answers may also name LTE cells of a base station on 5G's core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.wire import elements
from ew4all.alerts.wire.areas import (
    LATER,
    LTE_CELL,
    NG_BASE_STATION,
    NR_CELL,
    NR_TRACKING_AREA,
    EmergencyAreaKind,
)
from ew4all.alerts.wire.frame import IGNORE, OUTCOMES, REJECT, Element
from ew4all.alerts.wire.messages import (
    CELLS,
    EMERGENCY_AREAS,
    LTE,
    TRACKING_AREAS,
)
from ew4all.alerts.wire.per_kinds import Choice, Enumerated, Field, Whole
from ew4all.alerts.wire.radio import decode_radio, encode_radio, radio_interface
from ew4all.alerts.wire.request import MAX_REPETITION_S

if TYPE_CHECKING:
    from ew4all.alerts.wire.messages import AnyMessage

__all__ = ["INTERFACE", "decode", "encode"]

_FLAG = Enumerated(("true",), extensible=True)
_IDENTITY = (
    Element(35, "message_identifier", REJECT, elements.IDENTIFIER, mandatory=True),
    Element(95, "serial_number", REJECT, elements.IDENTIFIER, mandatory=True),
)
_AREAS = Element(
    122,
    "areas",
    IGNORE,
    Choice(
        (
            Field(LTE + CELLS, elements.many(LTE_CELL)),
            Field(CELLS, elements.many(NR_CELL)),
            Field(TRACKING_AREAS, elements.many(NR_TRACKING_AREA)),
            Field(EMERGENCY_AREAS, elements.EMERGENCY_AREAS),
            LATER,
        )
    ),
)
_DIAGNOSTICS = Element(19, "diagnostics", IGNORE, elements.diagnostics(*OUTCOMES))


def _response(cells: int, *, stopped: bool) -> tuple[Element, ...]:
    lte = elements.cell_lists(LTE_CELL, NR_TRACKING_AREA, stopped=stopped, prefix=LTE)
    nr = elements.cell_lists(NR_CELL, NR_TRACKING_AREA, stopped=stopped)
    done = Element(cells, "cells", IGNORE, Choice((*lte, *nr, LATER)))
    return (*_IDENTITY, done, _DIAGNOSTICS)


def _cells(number: int) -> Element:
    lists = (
        Field(LTE + CELLS, elements.many(LTE_CELL, 256)),
        Field(CELLS, elements.many(NR_CELL, 16_384)),
        LATER,
    )
    return Element(number, "cells", REJECT, Choice(lists), mandatory=True)


_WRITE_REPLACE_REQUEST = (
    *_IDENTITY,
    _AREAS,
    Element(87, "repetition", REJECT, Whole(0, MAX_REPETITION_S), mandatory=True),
    Element(47, "broadcasts", REJECT, elements.BROADCASTS, mandatory=True),
    Element(125, "warning_type", IGNORE, elements.WARNING_TYPE),
    Element(124, "security_information", IGNORE, elements.SECURITY),
    Element(20, "dcs", IGNORE, elements.DCS),
    Element(123, "contents", IGNORE, elements.CONTENTS),
    Element(17, "concurrent", REJECT, _FLAG),
    Element(141, "area_coordinates", IGNORE, elements.COORDINATES),
)
_STOP_REQUEST = (*_IDENTITY, _AREAS, Element(14, "stop_all", REJECT, _FLAG))
_BASE_STATION = Element(27, "base_station", REJECT, NG_BASE_STATION, mandatory=True)
_RESTART = (
    _cells(16),
    _BASE_STATION,
    Element(104, "tracking_areas", REJECT, elements.many(NR_TRACKING_AREA, 2048), mandatory=True),
    Element(23, "emergency_areas", REJECT, elements.many(EmergencyAreaKind(), 256)),
)
INTERFACE = radio_interface(
    "NGAP",
    write_replace=(51, _WRITE_REPLACE_REQUEST, _response(13, stopped=False)),
    stop=(32, _STOP_REQUEST, _response(12, stopped=True)),
    restart=(34, _RESTART),
    failure=(33, (_cells(81), _BASE_STATION)),
)


def encode(message: AnyMessage) -> bytes:
    """Return the PDU of a request, or of what a base station says.

    A request with `cells` lists them, else its emergency areas, else its tracking areas. That an
    indication is wanted is a matter of the centre and the core network and has no place here.

    Raises
    ------
    MessageError
        The interface cannot carry it, such as an answer with cells of two kinds.
    """
    return encode_radio(INTERFACE, message, nr=True)


def decode(pdu: bytes) -> AnyMessage:
    """Return the request or answer that a PDU holds.

    Elements that are unknown and may be ignored are passed over, as the standard asks.

    Raises
    ------
    DecodeError
        It is not such a PDU, is cut or goes on, or breaks a rule; the message says where.
    """
    return decode_radio(INTERFACE, pdu)
