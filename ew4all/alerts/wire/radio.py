"""What S1AP and NGAP share: one list of areas in a request, one list of cells in an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from ew4all.alerts.wire.answers import Procedure
from ew4all.alerts.wire.frame import IGNORE, OUTCOMES, REJECT, Element, Interface, Message
from ew4all.alerts.wire.messages import (
    CELLS,
    FAILURE,
    LTE,
    REQUEST,
    RESPONSE,
    RESTART,
    AnyMessage,
    area_list,
    message_of,
    name_of,
    request_of,
    values_of,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.alerts.wire.answers import Cell

__all__ = ["decode_radio", "encode_radio", "radio_interface"]

_INITIATING, _SUCCESSFUL = OUTCOMES[:2]
Elements: TypeAlias = tuple[Element, ...]


def radio_interface(
    name: str,
    *,
    write_replace: tuple[int, Elements, Elements],
    stop: tuple[int, Elements, Elements],
    restart: tuple[int, Elements],
    failure: tuple[int, Elements],
) -> Interface:
    """Return the interface to base stations of one technology.

    Parameters
    ----------
    write_replace, stop
        Procedure code, elements of the request, elements of the response.
    restart, failure
        Procedure code, elements of the indication.
    """
    asked = [
        Message(f"{procedure} {kind}", code, outcome, REJECT, elements)
        for procedure, (code, request, response) in (
            (Procedure.WRITE_REPLACE, write_replace),
            (Procedure.STOP, stop),
        )
        for kind, outcome, elements in (
            (REQUEST, _INITIATING, request),
            (RESPONSE, _SUCCESSFUL, response),
        )
    ]
    told = [
        Message(kind, code, _INITIATING, IGNORE, elements)
        for kind, (code, elements) in ((RESTART, restart), (FAILURE, failure))
    ]
    return Interface(name, (*asked, *told))


def encode_radio(interface: Interface, message: AnyMessage, *, nr: bool) -> bytes:
    """Return the PDU of a message; `nr` says that the interface is one of 5G.

    Raises
    ------
    MessageError
        The interface cannot carry it.
    """
    name, values = name_of(message), values_of(message, nr=nr)
    if isinstance(message, WriteReplace | Stop):
        values.pop("send_indication", None)  # between the centre and the core network
        areas = area_list(message)
        values |= {} if areas is None else {"areas": areas}
    elif name in (RESTART, FAILURE):
        values["cells"] = _cell_choice(values["cells"]) if nr else values["cells"]
    elif "cells" in values:
        if len(values["cells"]) > 1:
            msg = (
                f"{interface.name} {name}: its cells are listed in {len(values['cells'])} ways "
                f"({', '.join(values['cells'])}); one answer takes one of them"
            )
            raise MessageError(msg)
        values["cells"] = next(iter(values["cells"].items()))
    return interface.encode(name, values)


def decode_radio(interface: Interface, pdu: bytes) -> AnyMessage:
    """Return the message that a PDU holds.

    Raises
    ------
    DecodeError
        The octets are no message of the interface, or one that cannot be held here.
    """
    name, values = interface.decode(pdu)
    if name.endswith(REQUEST):
        areas = dict([values["areas"]] if "areas" in values else [])
        if LTE + CELLS in areas:
            msg = (
                f"{interface.name} {name}: it lists cells of LTE; a request on this interface is "
                f"read here with cells of 5G only"
            )
            raise DecodeError(msg)
        return request_of(f"{interface.name} {name}", values, areas)
    if isinstance(values.get("cells"), tuple):
        kind, cells = values["cells"]
        values["cells"] = cells if name in (RESTART, FAILURE) else {kind: cells}
    return message_of(name, values)


def _cell_choice(cells: Sequence[Cell]) -> tuple[str, list[Any]]:
    kinds = {cell.nr for cell in cells}
    if len(kinds) > 1:
        msg = "cells of LTE and of 5G stand in one list; NGAP takes one kind at a time"
        raise MessageError(msg)
    return CELLS if True in kinds else LTE + CELLS, list(cells)
