"""The books of one connection to a BSC: what is active there, and the record of what it said.

No input or output: `cbsp_client` tells what went out and came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ew4all.alerts.broadcast_record import (
    BroadcastRecord,
    Entry,
    Event,
    MessageReference,
    Place,
    State,
)
from ew4all.alerts.wire.cbsp_active import Active, Answer, Broadcast, CellSet, reference_of
from ew4all.alerts.wire.cbsp_elements import (
    BroadcastType,
    Cell,
    CellCount,
    CellKind,
    CountInfo,
    Recovery,
)
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    Failure,
    Reset,
    Restart,
)
from ew4all.alerts.wire.cbsp_requests import address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ew4all.alerts.gateway import Sendable
    from ew4all.alerts.wire.request import Stop, WriteReplace

__all__ = ["Ledger", "name_of"]

Key: TypeAlias = tuple[MessageReference, BroadcastType, tuple[Cell, ...]]


def name_of(message: CbspMessage) -> str:
    """Return what TS 48.049 calls a message."""
    return message.TYPE.name.replace("_", " ").replace("WRITE REPLACE", "WRITE-REPLACE")


class Ledger:
    """What is active at one peer, and the record where all of it is written.

    Parameters
    ----------
    peer
        How the record names the BSC.
    record
        Where entries go; several peers may share one.
    clock
        Gives the time of an entry, with a time zone. Where it steps back the time stands still, so
        that the record stays in order.
    """

    def __init__(self, peer: str, record: BroadcastRecord, clock: Callable[[], datetime]) -> None:
        self.peer = peer
        self.record = record
        self._clock = clock
        self._active: dict[Key, Active] = {}
        self._cells: dict[str, Cell] = {}

    @property
    def active(self) -> tuple[Active, ...]:
        """Messages that were accepted, not stopped, and whose broadcasts have not run out."""
        now = self._clock()
        self._active = {key: one for key, one in self._active.items() if not one.is_over(now)}
        return tuple(self._active.values())

    def is_active(self, one: Active) -> bool:
        """Whether a message is active still, in some of its cells: not stopped, replaced or over."""
        return any(one.key == mine.key for mine in self.active)

    def forms(self, reference: MessageReference) -> frozenset[BroadcastType]:
        """Return whether text, notification or both of a message are active."""
        return frozenset(one.form for one in self.active if one.reference == reference)

    def replaced_by(self, request: WriteReplace) -> tuple[int, ...]:
        """Return the serial numbers on air that a request updates, the newest first.

        An update has the identifier, scope and message code of the message on air, and another
        update number (TS 23.041 9.4.1.2.1). There may be several where one update went to a part of
        the cells only.
        """
        mine = request.serial_number
        older = {
            one.reference.serial_number
            for one in self.active
            if one.reference.message_identifier == request.message_identifier
            and one.reference.serial_number >> 4 == mine >> 4
            and one.reference.serial_number != mine
        }
        # Update numbers go round modulo 16, so the newest is the one that lies least behind.
        return tuple(sorted(older, key=lambda serial: (mine - serial) % 16))

    def where(self, reference: MessageReference) -> tuple[Cell, ...]:
        """Return the cells where a message is active."""
        active = (one for one in self.active if one.reference == reference)
        return tuple(dict.fromkeys(cell for one in active for cell in one.cells))

    def sent(self, message: CbspMessage) -> None:
        """Write down that a message went out."""
        self._of_message(message, Event.SENT)

    def unanswered(self, message: CbspMessage, why: str) -> None:
        """Write down that no answer came."""
        self._of_message(message, Event.UNANSWERED, why)

    def not_understood(self, message: CbspMessage, detail: str) -> None:
        """Write down that the peer answered with an ERROR INDICATION."""
        self._of_message(message, Event.REFUSED, detail)

    def stopping(self, stop: Stop) -> None:
        """Forget what is about to be stopped: whatever the answer, it is never loaded again."""
        cells = address(stop).cells
        reference = MessageReference(stop.message_identifier, stop.serial_number)
        for key, one in list(self._active.items()):
            if stop.stop_all or one.reference == reference:
                self._keep(key, one.without(cells))

    def written(
        self, answer: Answer, source: str, request: WriteReplace, sendable: Sendable
    ) -> None:
        """Write down the answer to a WRITE-REPLACE, and remember where the message is active."""
        message = answer.asked
        assert isinstance(message, Broadcast)
        reference = MessageReference(message.message_identifier, message.new_serial_number)
        if message.old_serial_number is not None:
            old = MessageReference(message.message_identifier, message.old_serial_number)
            self.counted(old, answer.completed, source)
            self._ended(old, answer.done, Event.REPLACED, source, f"by {reference}")
            for key, one in list(self._active.items()):
                if one.reference == old:
                    self._keep(key, one.without(answer.done))
        self._note(reference, answer.done, State.ACCEPTED, source)
        self._refused(reference, answer, source)
        if answer.done:
            made = Active(request, sendable, message, self._now(), answer.done)
            self._active[made.key] = made

    def loaded_again(self, answer: Answer, source: str) -> None:
        """Write down the answer to a message that was loaded again; its life goes on as it was."""
        reference = reference_of(answer.asked)
        if reference is not None:
            self._note(reference, answer.done, State.ACCEPTED, source)
            self._refused(reference, answer, source)

    def not_loaded_again(self, one: Active, why: str) -> None:
        """Give up a message that may not be loaded again."""
        self._active.pop(one.key, None)
        self._note(one.reference, one.cells, Event.REFUSED, "gateway", why)

    def stopped(self, answer: Answer, source: str) -> None:
        """Write down the answer to a KILL or RESET."""
        if isinstance(answer.asked, Reset):
            for known in self.record.messages():
                held = self.record.now(known, State.ACCEPTED)
                if any(place.peer == self.peer for place in held):
                    self._ended(known, answer.done, Event.STOPPED, source)
            return
        reference = reference_of(answer.asked)
        if reference is not None:
            self.counted(reference, answer.completed, source)
            self._ended(reference, answer.done, Event.STOPPED, source)
            self._refused(reference, answer, source)

    def counted(
        self, reference: MessageReference, counts: Iterable[CellCount], source: str
    ) -> None:
        """Write down how often a message was broadcast: none yet is scheduled, any is on air."""
        for count in counts:
            if count.info is CountInfo.UNKNOWN:
                continue
            on_air = count.broadcasts > 0 or count.info is CountInfo.OVERFLOW
            fact = State.ON_AIR if on_air else State.SCHEDULED
            place = self._place(count.cell)
            self.record.add(Entry(self._now(), reference, place, fact, source, count.broadcasts))

    def failed(self, failure: Failure) -> None:
        """Write down that cells cannot broadcast; what they hold stays active for their restart."""
        for one in self.active:
            if one.form is failure.broadcast_type:
                for item in failure.failures:
                    for cell in one.in_cells((item.cell,)):
                        self._note(
                            one.reference, (cell,), Event.FAILED, name_of(failure), item.cause.name
                        )

    def restarted(self, restart: Restart) -> tuple[tuple[Active, tuple[Broadcast, ...]], ...]:
        """Write down which messages are lost, and return those to load again, with their messages."""
        if restart.recovery is Recovery.DATA_AVAILABLE:
            return ()
        found = []
        for one in self.active:
            if one.form is restart.broadcast_type and (touched := one.in_cells(restart.cells)):
                self._ended(one.reference, touched, Event.LOST, name_of(restart))
                found.append((one, one.again(restart.cells, self._now())))
        return tuple(found)

    def _keep(self, key: Key, one: Active) -> None:
        if one.cells:
            self._active[key] = one
        else:
            del self._active[key]

    def _of_message(self, message: CbspMessage, event: Event, detail: str = "") -> None:
        reference = reference_of(message)
        if reference is not None:
            cells: tuple[Cell, ...] = getattr(message, "cells", ())
            self._note(reference, cells, event, name_of(message), detail)

    def _refused(self, reference: MessageReference, answer: Answer, source: str) -> None:
        for item in answer.failures:
            self._note(reference, (item.cell,), Event.REFUSED, source, item.cause.name)

    def _ended(
        self,
        reference: MessageReference,
        cells: Iterable[Cell],
        event: Event,
        source: str,
        detail: str = "",
    ) -> None:
        """Write down that a message ended in cells: in each where it was, if an area is named."""
        was = {
            place.cell: self._cells[place.cell]
            for state in (State.ACCEPTED, State.SCHEDULED, State.ON_AIR)
            for place in self.record.now(reference, state)
            if place.peer == self.peer and place.cell in self._cells
        }
        ended = CellSet(cells)
        inside = [cell for cell in was.values() if ended.covers(cell)]
        known = CellSet(inside)
        alone = [cell for cell in dict.fromkeys(cells) if not known.parts_of(cell)]
        self._note(reference, (*inside, *alone), event, source, detail)

    def _note(
        self,
        reference: MessageReference,
        cells: Iterable[Cell],
        fact: State | Event,
        source: str,
        detail: str = "",
    ) -> None:
        for cell in cells:
            entry = Entry(self._now(), reference, self._place(cell), fact, source, detail=detail)
            self.record.add(entry)

    def _place(self, cell: Cell) -> Place:
        name = "" if cell.kind is CellKind.BSS else str(cell)
        self._cells[name] = cell
        return Place(self.peer, name)

    def _now(self) -> datetime:
        now = self._clock()
        last = self.record.last
        return now if last is None else max(now, last)
