"""What answers and indications of packet networks say of a broadcast, as entries of the record.

An answer of SBc-AP comes from the core network and says that it accepted a request: it names no
cell, and none has begun. An indication names the cells where the broadcast is scheduled. One of a
stop counts the broadcasts that were done, and so tells afterwards that the message was on air.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.broadcast_record import Entry, Event, MessageReference, Place, State
from ew4all.alerts.wire.answers import (
    Answer,
    Cause,
    Cell,
    CellReport,
    Failure,
    Indication,
    Procedure,
    Restart,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["cell_name", "evidence_of", "evidence_of_cells"]


def cell_name(cell: Cell) -> str:
    """Name a cell as the record does: network, then identity in hex, such as ``001-01-0x1234501``."""
    return f"{cell.plmn[:3]}-{cell.plmn[3:]}-{cell.identity:#x}"


def evidence_of(told: Answer | Indication, peer: str, at: datetime) -> tuple[Entry, ...]:
    """Return what an answer or an indication says of its message.

    A core network that accepts a stop has not stopped anything yet, so nothing is concluded from
    that.

    Parameters
    ----------
    told
        As `sbcap.decode`, `s1ap.decode` or `ngap.decode` returned it.
    peer
        How the record names the network.
    at
        When it came, with a time zone.
    """
    message = MessageReference(told.message_identifier, told.serial_number)
    stop = told.procedure is Procedure.STOP
    if isinstance(told, Indication):
        source = f"{told.procedure} indication"
        if stop:
            return tuple(_stopped(told.cells, message, peer, at, source))
        return tuple(
            Entry(at, message, _place(peer, report), State.SCHEDULED, source)
            for report in told.cells
        )
    source = f"{told.procedure} response"
    if not told.accepted:
        return (Entry(at, message, Place(peer), Event.REFUSED, source, detail=_reason(told.cause)),)
    if stop:
        return tuple(_stopped(told.cells, message, peer, at, source))
    refused = tuple(
        Entry(
            at,
            message,
            Place(peer, f"{area.plmn[:3]}-{area.plmn[3:]} tracking area {area.tac}"),
            Event.REFUSED,
            source,
            detail="the core network does not know this tracking area",
        )
        for area in told.unknown_tracking_areas
    )
    places = [_place(peer, report) for report in told.cells] or [Place(peer)]
    return (*(Entry(at, message, place, State.ACCEPTED, source) for place in places), *refused)


def evidence_of_cells(
    told: Restart | Failure, messages: Iterable[MessageReference], peer: str, at: datetime
) -> tuple[Entry, ...]:
    """Return what a restart or a failure says of the messages that are active in its cells.

    Cells that restart have lost them; cells that fail keep them and broadcast nothing.
    """
    lost = isinstance(told, Restart)
    event, source = (
        (Event.LOST, "PWS restart indication") if lost else (Event.FAILED, "PWS failure indication")
    )
    return tuple(
        Entry(at, message, Place(peer, cell_name(cell)), event, source)
        for message in messages
        for cell in told.cells
    )


def _stopped(
    reports: Iterable[CellReport], message: MessageReference, peer: str, at: datetime, source: str
) -> Iterable[Entry]:
    for report in reports:
        place = _place(peer, report)
        if report.broadcasts:
            yield Entry(at, message, place, State.ON_AIR, source, report.broadcasts)
        yield Entry(at, message, place, Event.STOPPED, source, report.broadcasts)


def _place(peer: str, report: CellReport) -> Place:
    return Place(peer, cell_name(report.cell))


def _reason(cause: int | None) -> str:
    if cause is None:
        return "no cell took it"
    known = cause in Cause.__members__.values()
    return Cause(cause).name if known else f"cause {cause}"
