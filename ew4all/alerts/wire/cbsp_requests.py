"""Requests that serve every interface, as messages of CBSP, and back.

GSM names a place by location area (16 bits) and cell (16 bits). A request names tracking areas and
cells; where its numbers fit they are taken as those of GSM, in the network of the request:

- one area and cells: those cells of that area (CGI);
- cells alone, or cells beside several areas: the cells by their identity alone (CI);
- areas alone: the location areas (LAI);
- nothing: all cells of the BSC.

A request for LTE or 5G cells (28 and 36 bits) names nothing that exists in GSM. Its message then
goes to the location areas, which is wider: `address` says so, `encode` builds it for analysis, and
the client refuses to send it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.alerts.cbs import (
    GSM_UNIT_S,
    PWS_RANGE,
    Interface,
    is_etws,
    repetition_units,
)
from ew4all.alerts.wire.cbsp_elements import (
    ALL_CELLS,
    PAGE_OCTETS,
    BroadcastType,
    Category,
    Cell,
    CellKind,
    Channel,
)
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
    Kill,
    Reset,
)
from ew4all.alerts.wire.request import Stop, WriteReplace
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Address", "address", "cb_data_of", "messages_of", "pages_of", "request_of"]

_LONGEST_NOTIFICATION_S = 3600
_16_BITS = 0xFFFF


@dataclass(frozen=True)
class Address:
    """The cells of GSM that a request names, and what was lost on the way.

    `wider` tells why the address reaches more than the request names; None where it does not.
    """

    cells: tuple[Cell, ...]
    wider: str | None = None


def address(request: WriteReplace | Stop) -> Address:
    """Return where a request goes in a GSM network.

    Raises
    ------
    MessageError
        Nothing that it names can exist in GSM.
    """
    if request.emergency_areas and not (request.tac or request.cells):
        msg = "GSM knows no emergency areas; name location areas or cells for CBSP"
        raise MessageError(msg)
    if max(request.tac, default=0) > _16_BITS:
        msg = (
            f"area {max(request.tac)} has more than 16 bits, so it is no location area of GSM; "
            f"name location areas or cells for CBSP"
        )
        raise MessageError(msg)
    if request.cells and max(request.cells) <= _16_BITS:
        if len(request.tac) == 1:
            area = request.tac[0]
            return Address(
                tuple(Cell(CellKind.CGI, request.plmn, area, ci) for ci in request.cells)
            )
        return Address(tuple(Cell(CellKind.CI, ci=ci) for ci in request.cells))
    areas = tuple(Cell(CellKind.LAI, request.plmn, lac) for lac in request.tac)
    if not request.cells:
        return Address(areas or (ALL_CELLS,))
    if not areas:
        msg = (
            f"cell {max(request.cells)} has more than 16 bits, so it is no cell of GSM; name cells "
            f"or location areas of GSM for CBSP"
        )
        raise MessageError(msg)
    return Address(
        areas,
        f"cell {max(request.cells)} has more than 16 bits and is no cell of GSM, so the message "
        f"goes to whole location areas",
    )


def messages_of(
    request: WriteReplace | Stop,
    replaces: int | None = None,
    forms: Collection[BroadcastType] | None = None,
) -> tuple[CbspMessage, ...]:
    """Return the messages of CBSP that a request needs.

    One for most; two for a notification that has a text as well. Stopping everything is a RESET
    of the cells. Texts of public warnings have high priority on the channel, others normal. A
    notification is broadcast for as long as its broadcasts take, an hour at most: CBSP cannot say
    a longer time, but for one without an end.

    Parameters
    ----------
    request
        What to put on air, or take off.
    replaces
        Serial number of the message on air that a write-replace takes the place of.
    forms
        What is on air of a message that is stopped: its text, its notification, or both. By
        default both for an identifier of ETWS, the text for any other.

    Raises
    ------
    MessageError
        GSM cannot carry it: an area, a repetition or a duration is out of its range.
    """
    cells = address(request).cells
    if isinstance(request, Stop):
        if request.stop_all:
            return (Reset(cells=cells),)
        if forms is None:
            etws = is_etws(request.message_identifier)
            forms = set(BroadcastType) if etws else {BroadcastType.CBS}
        return tuple(
            Kill(
                message_identifier=request.message_identifier,
                old_serial_number=request.serial_number,
                cells=cells,
                # Without a channel it is a notification that is killed.
                channel=Channel.BASIC if form is BroadcastType.CBS else None,
            )
            for form in sorted(forms)
        )
    made: list[CbspMessage] = []
    if request.warning_type is not None:
        made.append(
            EmergencyWriteReplace(
                message_identifier=request.message_identifier,
                new_serial_number=request.serial_number,
                old_serial_number=replaces,
                cells=cells,
                warning_type=request.warning_type,
                security=request.security_information or bytes(50),
                warning_period_s=min(
                    request.broadcasts * max(request.repetition_s, 1), _LONGEST_NOTIFICATION_S
                ),
            )
        )
    if request.contents is not None and request.dcs is not None:
        pages = pages_of(request.contents)
        urgent = request.message_identifier in PWS_RANGE
        # Without a period it comes again as soon as its own pages are through.
        period_s = request.repetition_s or len(pages) * GSM_UNIT_S
        made.append(
            CbsWriteReplace(
                message_identifier=request.message_identifier,
                new_serial_number=request.serial_number,
                old_serial_number=replaces,
                cells=cells,
                category=Category.HIGH_PRIORITY if urgent else Category.NORMAL,
                repetition_period=repetition_units(Interface.CBSP, period_s, len(pages)),
                broadcasts=request.broadcasts,
                dcs=request.dcs,
                pages=pages,
            )
        )
    return tuple(made)


def request_of(message: CbspMessage) -> WriteReplace | Stop:
    """Return the request that a WRITE-REPLACE, KILL or RESET stands for.

    The repetition period comes back in whole seconds, rounded down; turned into units again it is
    the same. A notification comes back with one broadcast in its warning period, or with 0, until
    stopped, where it has none.

    Raises
    ------
    MessageError
        Another message; or cells of several networks or kinds, which a request cannot name.
    """
    if isinstance(message, Reset):
        plmn, tac, cells = _place(message.cells)
        return Stop(0, 0, plmn, tac, cells, stop_all=True)
    if isinstance(message, Kill):
        plmn, tac, cells = _place(message.cells)
        return Stop(message.message_identifier, message.old_serial_number, plmn, tac, cells)
    if isinstance(message, EmergencyWriteReplace):
        plmn, tac, cells = _place(message.cells)
        return WriteReplace(
            message.message_identifier,
            message.new_serial_number,
            repetition_s=message.warning_period_s,
            broadcasts=1 if message.warning_period_s else 0,
            dcs=None,
            contents=None,
            warning_type=message.warning_type,
            plmn=plmn,
            tac=tac,
            cells=cells,
            security_information=message.security if any(message.security) else None,
        )
    if isinstance(message, CbsWriteReplace):
        plmn, tac, cells = _place(message.cells)
        return WriteReplace(
            message.message_identifier,
            message.new_serial_number,
            repetition_s=math.floor(message.repetition_period * GSM_UNIT_S),
            broadcasts=message.broadcasts,
            dcs=message.dcs,
            contents=cb_data_of(message.pages),
            plmn=plmn,
            tac=tac,
            cells=cells,
        )
    msg = f"{message.TYPE.name} asks for no broadcast and is no request"
    raise MessageError(msg)


def pages_of(contents: bytes) -> tuple[bytes, ...]:
    """Return the pages of CB data as CBSP has them: the useful octets are counted before the text."""
    whole = (contents[at : at + PAGE_OCTETS] for at in range(1, len(contents), PAGE_OCTETS))
    return tuple(page[-1:] + page[:-1] for page in whole)


def cb_data_of(pages: Sequence[bytes]) -> bytes:
    """Return CB data (number of pages, then each text and its count) of pages of CBSP."""
    return bytes([len(pages)]) + b"".join(page[1:] + page[:1] for page in pages)


def _place(cells: tuple[Cell, ...]) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """Return the network, areas and cells of a request."""
    networks = {cell.plmn for cell in cells}
    areas = tuple(dict.fromkeys(cell.lac for cell in cells if cell.lac is not None))
    inside = tuple(cell.ci for cell in cells if cell.ci is not None)
    if len(networks) > 1 or (inside and len(areas) > 1):
        msg = "a request names cells of one network, and of one location area where it names both"
        raise MessageError(msg)
    return networks.pop() or "00101", areas, inside
