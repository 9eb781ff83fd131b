"""All exercises that are open in this process."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from ew4all.api.exercises import records
from ew4all.api.exercises.access import unknown_exercise
from ew4all.api.exercises.broadcast import Broadcast
from ew4all.api.exercises.room import Room
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from ew4all.api.service import Service

__all__ = ["Rooms"]


class Rooms:
    """Rooms by the identifier of their exercise; made on the event loop of the service, asked from any thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._rooms: dict[str, Room] = {}
        self._guard = threading.Lock()
        self._is_closed = False

    def resume(self) -> None:
        """Open the exercises whose clock ran when the service ended."""
        with self._service.database.read() as connection:
            found = records.running(connection)
        for identifier in found[: self._service.settings.limits.exercises_open]:
            self.room(identifier)

    def room(self, identifier: str) -> Room:
        """Return the room of an exercise, which begins to open where it is not.

        Raises
        ------
        Problem
            404: there is no such exercise; 503: too many are open, or the service is about to end.
        """
        with self._guard:
            room = self._rooms.get(identifier)
            if room is not None and room.is_alive:
                return room
            with self._service.database.read() as connection:
                stored = records.find(connection, identifier)
            if stored is None:
                self._rooms.pop(identifier, None)
                raise unknown_exercise(identifier)
            if self._is_closed:
                told = "the service is about to end: ask again in a moment"
                raise Problem(503, "stopping", told, headers={"Retry-After": "2"})
            self._rooms = {k: r for k, r in self._rooms.items() if r.is_alive}
            most = self._service.settings.limits.exercises_open
            if len(self._rooms) >= most and not self._has_made_room():
                told = f"{most} exercises are open in this process already: end or pause one, and try again later"
                raise Problem(503, "too-many-exercises", told, headers={"Retry-After": "60"})
            waiting = self._service.settings.limits.listener_events
            room = Room(self._service, stored, Broadcast(self._loop, waiting))
            self._rooms[identifier] = room
            room.start()
            return room

    def _has_made_room(self) -> bool:
        """Close the room that nobody has asked for the longest time, where there is one that nobody would miss."""
        spare = [(room.idle_s, name) for name, room in self._rooms.items() if room.is_spare]
        if spare:
            self._rooms.pop(max(spare)[1]).stop()
        return bool(spare)

    def open_room(self, identifier: str) -> Room | None:
        """Return the room of an exercise where it is open."""
        room = self._rooms.get(identifier)
        return room if room is not None and room.is_alive else None

    def forget(self, identifier: str) -> None:
        """Close the room of an exercise that was removed."""
        room = self._rooms.pop(identifier, None)
        if room is not None:
            room.broadcast.drop()
            room.stop()

    def end_streams(self) -> None:
        """End all streams, so that the process can end; clients connect again and go on where they were."""
        for room in tuple(self._rooms.values()):
            room.broadcast.drop()

    @property
    def listeners(self) -> int:
        """How many listen, to all of them."""
        return sum(len(room.broadcast) for room in tuple(self._rooms.values()))

    def close(self) -> None:
        """Close all; clocks go on at the next start where they are now."""
        with self._guard:
            self._is_closed = True
            rooms = tuple(self._rooms.values())
        for room in rooms:
            room.broadcast.drop()
            room.stop()
