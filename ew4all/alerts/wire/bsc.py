"""A stand-in for the BSC of a GSM network: what it answers and what its cells put on air.

It is for exercises and tests of a cell-broadcast centre. It has no socket and no clock: messages
and times come in, answers and pages go out (`bsc_channel` says when).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ew4all.alerts.broadcast_record import MessageReference
from ew4all.alerts.wire.bsc_channel import CellChannel, OnAir, share
from ew4all.alerts.wire.cbsp_active import form_of
from ew4all.alerts.wire.cbsp_elements import (
    BroadcastType,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellKind,
    CellLoad,
    Recovery,
)
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
    ErrorIndication,
    Failure,
    KeepAlive,
    KeepAliveComplete,
    Kill,
    KillComplete,
    KillFailure,
    LoadQuery,
    LoadQueryComplete,
    LoadQueryFailure,
    MessageStatusQuery,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Reset,
    ResetComplete,
    ResetFailure,
    Restart,
    WriteReplaceComplete,
    WriteReplaceFailure,
)
from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ew4all.alerts.wire.cbsp_active import Broadcast

__all__ = ["Bsc", "OnAir"]


class Bsc:
    """A BSC with some cells, each named by its global identity (CGI).

    Raises
    ------
    MessageError
        There are no cells, or one is named in another way.
    """

    def __init__(self, cells: Iterable[Cell], now_s: float = 0.0) -> None:
        self._channels = {cell: CellChannel.at(cell, now_s) for cell in cells}
        if not self._channels or any(cell.kind is not CellKind.CGI for cell in self._channels):
            msg = "a stand-in BSC needs cells that are named by their global identity (CGI)"
            raise MessageError(msg)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells."""
        return tuple(self._channels)

    def holds(self, cell: Cell) -> frozenset[MessageReference]:
        """Return the messages that a cell holds."""
        return frozenset(reference for reference, _ in self._channels[cell].held)

    def receive(self, message: CbspMessage, now_s: float) -> CbspMessage | None:
        """Return the answer to a message of a centre; None where there is none to give.

        Call `advance` first: what a message stops is then counted until now.
        """
        if isinstance(message, CbsWriteReplace | EmergencyWriteReplace):
            return self._write(message, now_s)
        if isinstance(message, Kill):
            return self._kill(message)
        if isinstance(message, MessageStatusQuery):
            return self._status(message)
        if isinstance(message, LoadQuery):
            return self._load(message)
        if isinstance(message, Reset):
            return self._reset(message)
        if isinstance(message, KeepAlive):
            return KeepAliveComplete()
        if isinstance(message, ErrorIndication):
            return None
        return ErrorIndication(cause=Cause.UNRECOGNISED_MESSAGE)

    def advance(self, now_s: float) -> tuple[OnAir, ...]:
        """Put on air what is due until now, cell by cell, and return it in the order of time."""
        on_air = [item for channel in self._channels.values() for item in channel.advance(now_s)]
        return tuple(sorted(on_air, key=lambda item: (item.at_s, str(item.cell))))

    def restart(self, cells: Iterable[Cell], recovery: Recovery) -> tuple[Restart, ...]:
        """Bring cells up again, with or without what they held; return what the centre is told."""
        channels = [self._channels[cell] for cell in cells]
        for channel in channels:
            channel.operational = True
            if recovery is Recovery.DATA_LOST:
                channel.held.clear()
        named = tuple(channel.cell for channel in channels)
        return tuple(
            Restart(cells=named, broadcast_type=form, recovery=recovery) for form in BroadcastType
        )

    def fail(self, cells: Iterable[Cell]) -> tuple[Failure, ...]:
        """Take cells out of operation; they keep what they hold. Return what the centre is told."""
        failures = []
        for cell in cells:
            self._channels[cell].operational = False
            failures.append(CellFailure(cell, Cause.CELL_BROADCAST_NOT_OPERATIONAL))
        return tuple(
            Failure(failures=tuple(failures), broadcast_type=form) for form in BroadcastType
        )

    def _write(
        self, message: Broadcast, now_s: float
    ) -> WriteReplaceComplete | WriteReplaceFailure:
        form = form_of(message)
        reference = MessageReference(message.message_identifier, message.new_serial_number)
        old = (
            None
            if message.old_serial_number is None
            else MessageReference(message.message_identifier, message.old_serial_number)
        )
        completed: list[CellCount] = []

        def write(channel: CellChannel) -> Cause | None:
            if not channel.operational:
                return Cause.CELL_BROADCAST_NOT_OPERATIONAL
            if (reference, form) in channel.held:
                return Cause.MESSAGE_REFERENCE_ALREADY_USED
            if old is not None and (old, form) not in channel.held:
                return Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
            others = [held.message for key, held in channel.held.items() if key != (old, form)]
            if share([*others, message]) > 1.0:
                return Cause.BSC_CAPACITY_EXCEEDED
            if old is not None:
                completed.append(CellCount(channel.cell, channel.held.pop((old, form)).broadcasts))
            channel.hold((reference, form), message, now_s)
            return None

        done, failures = self._each(message.cells, write)
        kind = message.channel if isinstance(message, CbsWriteReplace) else None
        if failures:
            return WriteReplaceFailure(
                message_identifier=message.message_identifier,
                new_serial_number=message.new_serial_number,
                old_serial_number=message.old_serial_number,
                failures=failures,
                completed=tuple(completed),
                cells=done,
                channel=kind,
            )
        return WriteReplaceComplete(
            message_identifier=message.message_identifier,
            new_serial_number=message.new_serial_number,
            old_serial_number=message.old_serial_number,
            completed=tuple(completed),
            cells=done,
            channel=kind,
        )

    def _kill(self, message: Kill) -> KillComplete | KillFailure:
        form = BroadcastType.EMERGENCY if message.channel is None else BroadcastType.CBS
        key = MessageReference(message.message_identifier, message.old_serial_number), form
        completed: list[CellCount] = []

        def kill(channel: CellChannel) -> Cause | None:
            held = channel.held.pop(key, None)
            if held is None:
                return Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
            completed.append(CellCount(channel.cell, held.broadcasts))
            return None

        done, failures = self._each(message.cells, kill)
        counts = tuple(completed)
        identifier, serial = message.message_identifier, message.old_serial_number
        if failures:
            return KillFailure(
                message_identifier=identifier,
                old_serial_number=serial,
                failures=failures,
                completed=counts,
                cells=done,
                channel=message.channel,
            )
        return KillComplete(
            message_identifier=identifier,
            old_serial_number=serial,
            completed=counts,
            cells=done,
            channel=message.channel,
        )

    def _status(
        self, message: MessageStatusQuery
    ) -> MessageStatusQueryComplete | MessageStatusQueryFailure:
        identifier, serial = message.message_identifier, message.old_serial_number
        key = MessageReference(identifier, serial), BroadcastType.CBS
        counts: list[CellCount] = []

        def count(channel: CellChannel) -> Cause | None:
            if key not in channel.held:
                return Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
            counts.append(CellCount(channel.cell, channel.held[key].broadcasts))
            return None

        _, failures = self._each(message.cells, count)
        if failures:
            return MessageStatusQueryFailure(
                message_identifier=identifier,
                old_serial_number=serial,
                failures=failures,
                channel=message.channel,
                completed=tuple(counts),
            )
        return MessageStatusQueryComplete(
            message_identifier=identifier,
            old_serial_number=serial,
            completed=tuple(counts),
            channel=message.channel,
        )

    def _load(self, message: LoadQuery) -> LoadQueryComplete | LoadQueryFailure:
        loads: list[CellLoad] = []

        def load(channel: CellChannel) -> Cause | None:
            if not channel.operational:
                return Cause.CELL_BROADCAST_NOT_OPERATIONAL
            percent = round(100 * share([held.message for held in channel.held.values()]))
            loads.append(CellLoad(channel.cell, percent, percent))
            return None

        _, failures = self._each(message.cells, load)
        if failures:
            return LoadQueryFailure(failures=failures, channel=message.channel, loads=tuple(loads))
        return LoadQueryComplete(loads=tuple(loads), channel=message.channel)

    def _reset(self, message: Reset) -> ResetComplete | ResetFailure:
        def reset(channel: CellChannel) -> Cause | None:
            channel.held.clear()
            return None

        done, failures = self._each(message.cells, reset)
        if failures:
            return ResetFailure(failures=failures, cells=done)
        return ResetComplete(cells=done)

    def _each(
        self, named: tuple[Cell, ...], act: Callable[[CellChannel], Cause | None]
    ) -> tuple[tuple[Cell, ...], tuple[CellFailure, ...]]:
        """Act on every cell that is named, once; return where it worked, and where not and why."""
        done: list[Cell] = []
        failures: list[CellFailure] = []
        seen: set[Cell] = set()
        for name in named:
            channels = [channel for cell, channel in self._channels.items() if name.covers(cell)]
            if not channels:
                area = name.kind in (CellKind.LAI, CellKind.LAC)
                cause = Cause.LAI_OR_LAC_NOT_VALID if area else Cause.CELL_IDENTITY_NOT_VALID
                failures.append(CellFailure(name, cause))
            for channel in channels:
                if channel.cell in seen:
                    continue
                seen.add(channel.cell)
                refused = act(channel)
                if refused is None:
                    done.append(channel.cell)
                else:
                    failures.append(CellFailure(channel.cell, refused))
        return tuple(done), tuple(failures)
