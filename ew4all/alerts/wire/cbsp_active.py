"""What a CBC remembers of messages that it put on air: what answers mean, and what to load again.

No input or output: `cbsp_client` sends and receives, this decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from ew4all.alerts.broadcast_record import MessageReference
from ew4all.alerts.cbs import GSM_UNIT_S
from ew4all.alerts.wire.cbsp_elements import (
    BroadcastType,
    Cause,
    Cell,
    CellCount,
    CellFailure,
    CellKind,
)
from ew4all.alerts.wire.cbsp_messages import (
    CbspMessage,
    CbsWriteReplace,
    EmergencyWriteReplace,
    Kill,
    KillComplete,
    KillFailure,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Reset,
    ResetComplete,
    ResetFailure,
    WriteReplaceComplete,
    WriteReplaceFailure,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ew4all.alerts.gateway import Sendable
    from ew4all.alerts.wire.request import WriteReplace

__all__ = [
    "Active",
    "Answer",
    "Asked",
    "Broadcast",
    "CellSet",
    "Told",
    "answer_to",
    "by_kind",
    "form_of",
    "instead",
    "reference_of",
]

Broadcast: TypeAlias = CbsWriteReplace | EmergencyWriteReplace
Asked: TypeAlias = Broadcast | Kill | Reset
Told: TypeAlias = (
    WriteReplaceComplete
    | WriteReplaceFailure
    | KillComplete
    | KillFailure
    | ResetComplete
    | ResetFailure
    | MessageStatusQueryComplete
    | MessageStatusQueryFailure
)

# What a cell says to a request that it has carried out already: the answer to the first attempt was
# lost. To a first attempt it is a refusal.
_DONE_BEFORE: dict[type[CbspMessage], Cause] = {
    CbsWriteReplace: Cause.MESSAGE_REFERENCE_ALREADY_USED,
    EmergencyWriteReplace: Cause.MESSAGE_REFERENCE_ALREADY_USED,
    Kill: Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED,
}


@dataclass(frozen=True)
class Answer:
    """What the peer said to one message.

    Parameters
    ----------
    asked
        The message that it answers.
    done
        Cells that took, killed or reset it.
    failures
        Cells that did not, and why.
    completed
        How often the message that was killed or replaced had been broadcast.
    attempts
        How often it was sent until an answer came.
    """

    asked: CbspMessage
    done: tuple[Cell, ...]
    failures: tuple[CellFailure, ...]
    completed: tuple[CellCount, ...]
    attempts: int

    @property
    def complete(self) -> bool:
        """Whether every cell did what was asked."""
        return not self.failures

    def mended_by(self, second: Answer) -> Answer:
        """Return it together with a second answer, of cells that had failed the first time."""
        tried = getattr(second.asked, "cells", ())
        left = tuple(item for item in self.failures if item.cell not in tried)
        return replace(self, done=self.done + second.done, failures=left + second.failures)


def form_of(message: Broadcast) -> BroadcastType:
    """Return whether a WRITE-REPLACE carries a text or a notification."""
    text = isinstance(message, CbsWriteReplace)
    return BroadcastType.CBS if text else BroadcastType.EMERGENCY


def answer_to(asked: Asked, told: Told, attempts: int, *, repeated: bool = False) -> Answer:
    """Return what an answer means for a request that was sent `attempts` times.

    A cell that says that it was done before has done it, where it had been asked before: by an
    earlier attempt, or because the message is `repeated`. Cells whose broadcasts are counted after
    a KILL have stopped them, though some BSCs list no others. An answer that names no cells at all
    is about all that were asked.
    """
    cells: tuple[Cell, ...] = getattr(told, "cells", ())
    failures: tuple[CellFailure, ...] = getattr(told, "failures", ())
    completed: tuple[CellCount, ...] = getattr(told, "completed", ())
    if isinstance(asked, Kill):
        cells = tuple(dict.fromkeys((*cells, *(count.cell for count in completed))))
    if attempts > 1 or repeated:
        before = _DONE_BEFORE.get(type(asked))
        cells += tuple(item.cell for item in failures if item.cause is before)
        failures = tuple(item for item in failures if item.cause is not before)
    if not cells and not failures:
        cells = asked.cells
    return Answer(asked, cells, failures, completed, attempts)


def instead(answer: Answer, old_serial_number: int | None) -> tuple[Broadcast, ...]:
    """Return what to send to cells that refused an update because they do not hold the old message.

    They hold another version, which is then replaced; or none (lost at a restart, or its time was
    over), and with None they get a new message.
    """
    message = answer.asked
    if not isinstance(message, Broadcast) or message.old_serial_number is None:
        return ()
    without = [
        item.cell
        for item in answer.failures
        if item.cause is Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
    ]
    return tuple(
        replace(message, old_serial_number=old_serial_number, cells=cells)
        for cells in by_kind(without).values()
    )


def reference_of(message: CbspMessage) -> MessageReference | None:
    """Return which message on air a message is about; None where it is about none."""
    identifier = getattr(message, "message_identifier", None)
    serial = getattr(message, "new_serial_number", None)
    if serial is None:
        serial = getattr(message, "old_serial_number", None)
    if identifier is None or serial is None:
        return None
    return MessageReference(identifier, serial)


@dataclass(frozen=True)
class Active:
    """A message that cells have accepted and that nobody has stopped.

    Parameters
    ----------
    request, sendable
        What was asked, and the leave to send it, which is asked again before each reload.
    message
        What was sent of it.
    since
        When it was accepted.
    cells
        Where it was accepted.
    stopped
        Parts of those cells where it was stopped since: an area may be named as a whole.
    """

    request: WriteReplace
    sendable: Sendable
    message: Broadcast
    since: datetime
    cells: tuple[Cell, ...]
    stopped: tuple[Cell, ...] = ()

    @property
    def reference(self) -> MessageReference:
        """Its identifier and serial number."""
        return MessageReference(self.message.message_identifier, self.message.new_serial_number)

    @property
    def key(self) -> tuple[MessageReference, BroadcastType, tuple[Cell, ...]]:
        """What tells it from others: the same message may be sent to several areas."""
        return self.reference, self.form, self.message.cells

    @property
    def form(self) -> BroadcastType:
        """Whether it is a text or a notification."""
        return form_of(self.message)

    def ends_at(self) -> datetime | None:
        """Return when the last broadcast is due to be over; None where it goes on until stopped."""
        if isinstance(self.message, EmergencyWriteReplace):
            lasts_s: float = self.message.warning_period_s
        else:
            lasts_s = self.message.broadcasts * self.message.repetition_period * GSM_UNIT_S
        return self.since + timedelta(seconds=lasts_s) if lasts_s else None

    def is_over(self, now: datetime) -> bool:
        """Whether its broadcasts have run out."""
        end = self.ends_at()
        return end is not None and now >= end

    def without(self, cells: tuple[Cell, ...]) -> Active:
        """Return it with these cells taken away: stopped, or replaced by another message."""
        gone = CellSet(cells)
        kept = tuple(mine for mine in self.cells if not gone.covers(mine))
        parts = (part for mine in kept for part in gone.parts_of(mine))
        return replace(self, cells=kept, stopped=tuple(dict.fromkeys((*self.stopped, *parts))))

    def in_cells(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return its cells that lie in `cells`, or may: what a restart of those has touched."""
        named = CellSet(cells)
        return tuple(dict.fromkeys(part for mine in self.cells for part in named.parts_of(mine)))

    def again(self, cells: tuple[Cell, ...], now: datetime) -> tuple[Broadcast, ...]:
        """Return the messages that load it again into `cells`, with what is left of its life.

        There are none where nothing is left, or where none of the cells is its own. A list of CBSP
        names its cells in one way, so there is one message for each way.
        """
        touched = self.in_cells(cells)
        if self.is_over(now) or not touched:
            return ()
        return tuple(self._remaining(cells, now) for cells in by_kind(touched).values())

    def _remaining(self, cells: tuple[Cell, ...], now: datetime) -> Broadcast:
        gone_s = max((now - self.since).total_seconds(), 0.0)
        if isinstance(self.message, EmergencyWriteReplace):
            whole_s = self.message.warning_period_s
            left_s = max(1, math.ceil(whole_s - gone_s)) if whole_s else 0
            return replace(
                self.message, old_serial_number=None, cells=cells, warning_period_s=left_s
            )
        done = math.floor(gone_s / (self.message.repetition_period * GSM_UNIT_S))
        # Never 0, which would mean until it is killed.
        left = max(1, self.message.broadcasts - done) if self.message.broadcasts else 0
        return replace(self.message, old_serial_number=None, cells=cells, broadcasts=left)


class CellSet:
    """Cells and areas that are asked about many times: thousands may stand in one message."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells = frozenset(cells)
        # Two different cells of one kind have nothing in common.
        groups = by_kind(self._cells)
        self._others = {
            kind: tuple(cell for other, group in groups.items() if other != kind for cell in group)
            for kind in CellKind
        }

    def covers(self, cell: Cell) -> bool:
        """Whether one of them is the cell, or surely holds it."""
        return cell in self._cells or any(one.covers(cell) for one in self._others[cell.kind])

    def parts_of(self, cell: Cell) -> tuple[Cell, ...]:
        """Return the parts of a cell or area that may lie in one of them, each named closely.

        Where the two are named by different numbers (a cell identity, a location area) nobody can
        tell, and the whole is returned: a message that is loaded once too often does no harm.
        """
        if cell in self._cells:
            return (cell,)
        parts: list[Cell] = []
        for one in self._others[cell.kind]:
            if cell.covers(one):
                parts.append(one)
            elif _may_meet(cell, one):
                return (cell,)
        return tuple(parts)


def by_kind(cells: Iterable[Cell]) -> dict[CellKind, tuple[Cell, ...]]:
    """Return cells by the way in which they are named: one list of CBSP names all in one way."""
    groups: dict[CellKind, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.kind, []).append(cell)
    return {kind: tuple(group) for kind, group in groups.items()}


def _may_meet(mine: Cell, other: Cell) -> bool:
    pairs = ((mine.plmn, other.plmn), (mine.lac, other.lac), (mine.ci, other.ci))
    return all(a is None or b is None or a == b for a, b in pairs)
