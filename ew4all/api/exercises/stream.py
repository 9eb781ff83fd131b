"""One answer that goes on: what was missed, how it stands, then what happens, each once and in its order."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool

from ew4all.api.events.stream import RETRY_MS
from ew4all.api.exercises import records
from ew4all.api.exercises.broadcast import lines, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ew4all.api.exercises.broadcast import Listener
    from ew4all.api.exercises.records import Entry
    from ew4all.api.exercises.room import Room
    from ew4all.api.service import Service

__all__ = ["told"]

_PAGE: Final = 500


async def told(
    service: Service, room: Room, listener: Listener, after: int | None
) -> AsyncIterator[bytes]:
    """Yield events as they are sent, heartbeats between them.

    Parameters
    ----------
    after
        Number of the last entry that the client has; None: it begins with the state.
    """
    settings = service.settings
    # Not all at the same time: those who came together would come again together.
    ends_s = time.monotonic() + settings.stream_s * (1.0 - 0.2 * secrets.randbelow(1000) / 1000.0)
    yield format_sse_event(comment="ew4all", retry=RETRY_MS)
    if room.phase not in {"ready", "ended"}:
        yield wire("phase", {"phase": room.phase, "problem": room.problem} if room.problem else {"phase": room.phase})  # fmt: skip
    waited = b""
    while listener.state is None and not listener.is_closed and time.monotonic() < ends_s:
        # It is being opened, after a crash perhaps: what this client has not heard of is told once that is known.
        waited = await listener.taken(settings.heartbeat_s)
        if listener.state is None:
            yield waited or format_sse_event(comment="heartbeat")
            waited = b""
    state = listener.state
    until = 0 if state is None else int(state["seq"])
    if after is not None and after < until:
        async for chunk in _missed(service, room, listener, after, until):
            yield chunk
    if state is not None:
        yield wire("state", listener.view.state(state), until)
    if waited:
        yield waited
    while not listener.is_closed and time.monotonic() < ends_s:
        chunk = await listener.taken(settings.heartbeat_s)
        if listener.is_dropped:
            data = {"detail": "too slow: connect again, nothing is lost"}
            yield wire("dropped", data)
            return
        if chunk or not listener.is_closed:
            yield chunk or format_sse_event(comment="heartbeat")


async def _missed(
    service: Service, room: Room, listener: Listener, after: int, until: int
) -> AsyncIterator[bytes]:
    at, is_first = after, True
    while at < until:
        page = await run_in_threadpool(_page, service, room.stored.id, at)
        page = [entry for entry in page if entry.sequence <= until]
        if not page:
            return
        mine = [(entry, found) for entry in page if (found := lines(listener.view, [entry]))]
        if is_first and mine:
            is_first = False
            # Only those of this page are counted, which are all but after a long absence.
            count = sum(len(found) for _, found in mine)
            data = {
                "count": count,
                "from": mine[0][0].sequence,
                "to": until,
                "time_s": mine[0][0].time_s,
            }
            yield wire("missed", data)
        for _, found in mine:
            yield b"".join(found)
        at = page[-1].sequence


def _page(service: Service, exercise: str, after: int) -> list[Entry]:
    with service.database.read() as connection:
        return records.entries(connection, exercise, after, limit=_PAGE)
