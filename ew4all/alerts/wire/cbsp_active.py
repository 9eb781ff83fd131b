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
from ew4all.alerts.wire.cbsp_elements import BroadcastType, Cause, Cell, CellCount, CellFailure
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
    from datetime import datetime

    from ew4all.alerts.gateway import Sendable
    from ew4all.alerts.wire.request import WriteReplace

__all__ = [
    "Active",
    "Answer",
    "Asked",
    "Broadcast",
    "Told",
    "answer_to",
    "as_new",
    "form_of",
    "overlap",
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


def answer_to(asked: Asked, told: Told, attempts: int) -> Answer:
    """Return what an answer means for a request that was sent `attempts` times.

    A complete answer that lists no cells is about all that were asked.
    """
    cells: tuple[Cell, ...] = getattr(told, "cells", ())
    failures: tuple[CellFailure, ...] = getattr(told, "failures", ())
    completed: tuple[CellCount, ...] = getattr(told, "completed", ())
    if attempts > 1:
        before = _DONE_BEFORE.get(type(asked))
        cells += tuple(item.cell for item in failures if item.cause is before)
        failures = tuple(item for item in failures if item.cause is not before)
    if not cells and not failures:
        cells = asked.cells
    return Answer(asked, cells, failures, completed, attempts)


def as_new(answer: Answer) -> tuple[Broadcast, ...]:
    """Return the updates that cells refused for want of the old message, as new messages.

    Those cells lost the old message, at a restart or because its time was over.
    """
    message = answer.asked
    if not isinstance(message, Broadcast) or message.old_serial_number is None:
        return ()
    lost = [
        item.cell
        for item in answer.failures
        if item.cause is Cause.MESSAGE_REFERENCE_NOT_IDENTIFIED
    ]
    return tuple(
        replace(message, old_serial_number=None, cells=tuple(c for c in lost if c.kind is kind))
        for kind in dict.fromkeys(cell.kind for cell in lost)
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
        kept = tuple(mine for mine in self.cells if not any(cell.covers(mine) for cell in cells))
        parts = (part for mine in kept for part in overlap(mine, cells))
        return replace(self, cells=kept, stopped=tuple(dict.fromkeys((*self.stopped, *parts))))

    def in_cells(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return its cells that lie in `cells`, or may: what a restart of those has touched."""
        return tuple(dict.fromkeys(part for mine in self.cells for part in overlap(mine, cells)))

    def again(self, cells: tuple[Cell, ...], now: datetime) -> tuple[Broadcast, ...]:
        """Return the messages that load it again into `cells`, with what is left of its life.

        There are none where nothing is left, or where none of the cells is its own. A list of CBSP names its
        cells in one way, so there is one message for each way.
        """
        touched = self.in_cells(cells)
        if self.is_over(now) or not touched:
            return ()
        kinds = dict.fromkeys(cell.kind for cell in touched)
        return tuple(
            self._remaining(tuple(cell for cell in touched if cell.kind is kind), now)
            for kind in kinds
        )

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


def overlap(mine: Cell, others: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Return the parts of a cell or area that may lie in one of the others, each named closely.

    Where the two are named by different numbers (a cell identity, a location area) nobody can
    tell, and the whole of `mine` is returned: a message that is loaded once too often does no harm.
    """
    parts: list[Cell] = []
    for other in others:
        if other.covers(mine):
            return (mine,)
        if mine.covers(other):
            parts.append(other)
        elif _may_meet(mine, other):
            return (mine,)
    return tuple(parts)


def _may_meet(mine: Cell, other: Cell) -> bool:
    pairs = ((mine.plmn, other.plmn), (mine.lac, other.lac), (mine.ci, other.ci))
    return all(a is None or b is None or a == b for a, b in pairs)
