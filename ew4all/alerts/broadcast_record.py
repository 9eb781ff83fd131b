"""What is known of a broadcast, cell by cell: five states that are never taken for one another.

A network that accepts a message has not broadcast it, a message on air has not been received, and
what a phone received it may not have shown. Each state therefore has its own evidence, written
down with its time and source, and none is ever concluded from another. The record only grows.

=========== ==========================================================================
state       evidence
=========== ==========================================================================
accepted    the peer answered that it took the request
scheduled   the peer says that it holds the message for the cell, and has not begun
on air      the peer counts at least one broadcast of it in the cell
received    a device there has all its pages
shown       a device there displayed it
=========== ==========================================================================

SBc-AP's Write-Replace-Warning-Indication and CBSP's answer to a status query are such evidence of
`scheduled` and `on air`; `received` and `shown` come from devices alone, real or simulated.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ew4all.errors import MessageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["BroadcastRecord", "Entry", "Event", "MessageReference", "Place", "State"]


class State(StrEnum):
    """What a message reached in a cell; none implies another."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    ON_AIR = "on air"
    RECEIVED = "received"
    SHOWN = "shown"


class Event(StrEnum):
    """What else happened to a message in a cell."""

    SENT = "sent"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    REPLACED = "replaced"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


# What a device holds or has shown is not taken back, and a cell that fails keeps what it holds.
_ENDS = {
    Event.REPLACED: {State.ACCEPTED, State.SCHEDULED, State.ON_AIR},
    Event.STOPPED: {State.ACCEPTED, State.SCHEDULED, State.ON_AIR},
    Event.LOST: {State.ACCEPTED, State.SCHEDULED, State.ON_AIR},
    Event.FAILED: {State.ON_AIR},
}


@dataclass(frozen=True, slots=True, order=True)
class MessageReference:
    """A message on air: its identifier and serial number (TS 23.041 9.2.1), in one cell with it."""

    message_identifier: int
    serial_number: int

    def __str__(self) -> str:
        """Name it as messages do: ``4370/0x4010``."""
        return f"{self.message_identifier}/0x{self.serial_number:04x}"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A cell of a peer; without a cell, all that the peer has."""

    peer: str
    cell: str = ""

    def holds(self, other: Place) -> bool:
        """Whether the other place is this one, or a cell of it."""
        return self.peer == other.peer and self.cell in ("", other.cell)

    def __str__(self) -> str:
        """Name it as messages do."""
        return f"{self.peer}, {self.cell or 'all cells'}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record.

    Parameters
    ----------
    at
        When it was known, with its time zone.
    source
        What says so, such as ``WRITE-REPLACE COMPLETE``.
    broadcasts
        How often the message was broadcast, where the source counts it.
    detail
        A cause, or whatever else a person reading it needs.
    """

    at: datetime
    message: MessageReference
    place: Place
    fact: State | Event
    source: str
    broadcasts: int | None = None
    detail: str = ""


class BroadcastRecord:
    """A list of entries that can be asked about, and added to, but not changed."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Go through the entries in the order in which they were added."""
        return iter(tuple(self._entries))

    @property
    def last(self) -> datetime | None:
        """Return the time of the last entry."""
        return self._entries[-1].at if self._entries else None

    def add(self, entry: Entry) -> None:
        """Write down one fact.

        Raises
        ------
        MessageError
            Its time has no time zone, or lies before the entry above it.
        """
        if entry.at.tzinfo is None:
            msg = f"the time {entry.at} of a record has no time zone; give it in UTC"
            raise MessageError(msg)
        if self._entries and entry.at < self._entries[-1].at:
            msg = f"the time {entry.at} lies before the last entry, {self._entries[-1].at}"
            raise MessageError(msg)
        self._entries.append(entry)

    def messages(self) -> tuple[MessageReference, ...]:
        """Return the messages that the record knows, in the order of their first entry."""
        return tuple(dict.fromkeys(entry.message for entry in self._entries))

    def first(self, message: MessageReference, place: Place, fact: State | Event) -> Entry | None:
        """Return the first entry that says it of exactly this place."""
        return next(
            (
                entry
                for entry in self._entries
                if (entry.message, entry.place, entry.fact) == (message, place, fact)
            ),
            None,
        )

    def reached(self, message: MessageReference, fact: State | Event) -> frozenset[Place]:
        """Return the places of which this was ever said."""
        return frozenset(
            entry.place for entry in self._entries if (entry.message, entry.fact) == (message, fact)
        )

    def now(self, message: MessageReference, state: State) -> frozenset[Place]:
        """Return the places where the state still holds: nothing said since ended it.

        A place that stands for all cells of a peer is listed until the whole of it has ended; that
        it ended in one cell is an entry of that cell.
        """
        places: set[Place] = set()
        for entry in self._entries:
            if entry.message != message:
                continue
            if entry.fact is state:
                places.add(entry.place)
            elif isinstance(entry.fact, Event) and state in _ENDS.get(entry.fact, ()):
                places = {place for place in places if not entry.place.holds(place)}
        return frozenset(places)

    def table(self, message: MessageReference) -> dict[Place, dict[State, datetime | None]]:
        """Return when each state was first reached in each place; None where nothing says so."""
        table: dict[Place, dict[State, datetime | None]] = {}
        for entry in self._entries:
            if entry.message == message:
                row = table.setdefault(entry.place, dict.fromkeys(State))
                if isinstance(entry.fact, State) and row[entry.fact] is None:
                    row[entry.fact] = entry.at
        return dict(sorted(table.items()))

    def as_json(self) -> list[dict[str, Any]]:
        """Return the entries as JSON data, times in ISO 8601."""
        return [
            {
                "at": entry.at.isoformat(),
                "message_identifier": entry.message.message_identifier,
                "serial_number": entry.message.serial_number,
                "peer": entry.place.peer,
                "cell": entry.place.cell,
                "fact": str(entry.fact),
                "source": entry.source,
                "broadcasts": entry.broadcasts,
                "detail": entry.detail,
            }
            for entry in self._entries
        ]
