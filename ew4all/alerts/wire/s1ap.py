"""S1AP: a core network of LTE tells a base station to warn, or to stop (TS 36.413, release 17).

Port 36412 over SCTP, payload protocol 18. Aligned packed encoding rules. A stop is a kill request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.wire import elements
from ew4all.alerts.wire.areas import ENB, LTE_CELL, LTE_TRACKING_AREA, EmergencyAreaKind
from ew4all.alerts.wire.frame import FLAG, IGNORE, OUTCOMES, REJECT, Element
from ew4all.alerts.wire.per_kinds import Choice, Whole
from ew4all.alerts.wire.radio import decode_radio, encode_radio, radio_interface

if TYPE_CHECKING:
    from ew4all.alerts.wire.messages import AnyMessage

__all__ = ["INTERFACE", "decode", "encode"]

_IDENTITY = (
    Element(111, "message_identifier", REJECT, elements.IDENTIFIER, mandatory=True),
    Element(112, "serial_number", REJECT, elements.IDENTIFIER, mandatory=True),
)
_AREAS = Element(113, "areas", IGNORE, elements.area_choice(LTE_CELL, LTE_TRACKING_AREA))
_DIAGNOSTICS = Element(58, "diagnostics", IGNORE, elements.diagnostics(*OUTCOMES))


def _response(cells: int, *, stopped: bool) -> tuple[Element, ...]:
    lists = elements.cell_lists(LTE_CELL, LTE_TRACKING_AREA, stopped=stopped)
    done = Element(cells, "cells", IGNORE, Choice(lists, extensible=True))
    return (*_IDENTITY, done, _DIAGNOSTICS)


_WRITE_REPLACE_REQUEST = (
    *_IDENTITY,
    _AREAS,
    Element(114, "repetition", REJECT, Whole(0, 4095), mandatory=True),
    Element(144, "extended_repetition", REJECT, elements.EXTENDED_REPETITION),
    Element(115, "broadcasts", REJECT, elements.BROADCASTS, mandatory=True),
    Element(116, "warning_type", IGNORE, elements.WARNING_TYPE),
    Element(117, "security_information", IGNORE, elements.SECURITY),
    Element(118, "dcs", IGNORE, elements.DCS),
    Element(119, "contents", IGNORE, elements.CONTENTS),
    Element(142, "concurrent", REJECT, FLAG),
    Element(286, "area_coordinates", IGNORE, elements.COORDINATES),
)
_STOP_REQUEST = (*_IDENTITY, _AREAS, Element(191, "stop_all", REJECT, FLAG))
_BASE_STATION = Element(59, "base_station", REJECT, ENB, mandatory=True)
_RESTART = (
    Element(182, "cells", REJECT, elements.many(LTE_CELL, 256), mandatory=True),
    _BASE_STATION,
    Element(188, "tracking_areas", REJECT, elements.many(LTE_TRACKING_AREA, 2048), mandatory=True),
    Element(190, "emergency_areas", REJECT, elements.many(EmergencyAreaKind(), 256)),
)
_FAILURE = (
    Element(222, "cells", REJECT, elements.many(LTE_CELL, 256), mandatory=True),
    _BASE_STATION,
)
INTERFACE = radio_interface(
    "S1AP",
    write_replace=(36, _WRITE_REPLACE_REQUEST, _response(120, stopped=False)),
    stop=(43, _STOP_REQUEST, _response(141, stopped=True)),
    restart=(49, _RESTART),
    failure=(51, _FAILURE),
)


def encode(message: AnyMessage) -> bytes:
    """Return the PDU of a request, or of what a base station says.

    A request with `cells` lists them, else its emergency areas, else its tracking areas. That an
    indication is wanted is a matter of the centre and the core network and has no place here.

    Raises
    ------
    MessageError
        The interface cannot carry it: a tracking area code over 16 bits, a cell over 28 bits.
    """
    return encode_radio(INTERFACE, message, nr=False)


def decode(pdu: bytes) -> AnyMessage:
    """Return the request or answer that a PDU holds.

    Elements that are unknown and may be ignored are passed over, as the standard asks.

    Raises
    ------
    DecodeError
        It is not such a PDU, is cut or goes on, or breaks a rule; the message says where.
    """
    return decode_radio(INTERFACE, pdu)
