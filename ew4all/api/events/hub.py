"""One reader of the journal for each process, which hands events to everybody who listens.

Five hundred listeners cost the store one small query a fifth of a second, and with nobody listening none at all. The journal is
read, not notified of: what another process wrote, a worker on another machine even, is found like one's own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool

from ew4all.api.events import journal
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from ew4all.api.events.journal import Event, Wanted
    from ew4all.api.service import Service

__all__ = ["Hub", "Listener"]

_PAGE: Final = 1000
_AWAY_S: Final = 1.0
"""How long to wait for a store that does not answer."""

_LOG = structlog.get_logger("ew4all.events")


class Listener:
    """Somebody who listens; what was not sent yet waits here, and who lets too much wait is dropped.

    Attributes
    ----------
    since
        The number up to which events did not come this way: those are in the journal.
    seen
        The number up to which the journal was looked through for it.
    is_dropped
        Whether too much was waiting; it is thrown away then, and the client gets it from the journal when it comes again.
    """

    def __init__(self, wanted: Wanted, since: int, most: int) -> None:
        self.wanted, self.since, self._most = wanted, since, most
        self.seen = since
        self.is_dropped = self.is_closed = False
        self._waiting: deque[Event] = deque()
        self._woken = asyncio.Event()

    def offer(self, event: Event) -> None:
        """Take an event where it is wanted."""
        self.seen = event.seq
        if self.is_dropped or not self.wanted.takes(event):
            return
        if len(self._waiting) >= self._most:
            self.is_dropped = True
            self._waiting.clear()
        else:
            self._waiting.append(event)
        self._woken.set()

    def close(self) -> None:
        """End it: the service is about to."""
        self.is_closed = True
        self._woken.set()

    async def taken(self, within_s: float) -> list[Event]:
        """Return what is waiting, as soon as there is something; nothing after a time, or when it is over."""
        if not (self._waiting or self.is_dropped or self.is_closed):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._woken.wait()
        self._woken.clear()
        out = list(self._waiting)
        self._waiting.clear()
        return out


class Hub:
    """Everybody who listens to this process; lives on its event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listeners: set[Listener] = set()
        self._starting = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._at = 0
        self._is_away = False
        self.is_closed = False
        self.queries = 0
        """How often the journal was read; for tests and metrics."""

    def __len__(self) -> int:
        """How many listen."""
        return len(self._listeners)

    async def join(self, wanted: Wanted) -> Listener:
        """Let somebody listen from now on.

        Raises
        ------
        Problem
            503: there are as many as there may be, or the service is about to end.
        """
        limits = self._service.settings.limits
        async with self._starting:
            if self._task is None:
                self._at = await run_in_threadpool(self._last)
                self._task = asyncio.create_task(self._read(), name="ew4all-events")
            self._must_have_room()
            listener = Listener(wanted, self._at, limits.listener_events)
            self._listeners.add(listener)
        return listener

    def _must_have_room(self) -> None:
        most = self._service.settings.limits.listeners
        if self.is_closed:
            told = "the service is about to end: connect again in a moment"
            raise Problem(503, "stopping", told, headers={"Retry-After": "2"})
        if len(self._listeners) >= most:
            told = f"{most} clients listen to this process already: ask for /jobs/ID from time to time, or try again"
            raise Problem(503, "too-many-listeners", told, headers={"Retry-After": "10"})

    def leave(self, listener: Listener) -> None:
        """Forget somebody who does not listen any more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End all streams, so that the process can end; clients connect again and go on where they were."""
        self.is_closed = True
        for listener in self._listeners:
            listener.close()
        if self._task is not None:
            self._task.cancel()

    def _last(self) -> int:
        with self._service.database.read() as connection:
            return journal.bounds(connection)[1]

    def _page(self) -> list[Event]:
        self.queries += 1
        with self._service.database.read() as connection:
            return journal.read(connection, self._at, limit=_PAGE)

    async def _read(self) -> None:
        try:
            # Nothing is awaited between the look at the listeners and the end: whoever joins then begins a new reader.
            while self._listeners or self._starting.locked():
                await self._once()
        finally:
            self._task = None
            for (
                listener
            ) in self._listeners:  # by an error or at the end of the process: they come again
                listener.close()

    async def _once(self) -> None:
        try:
            page = await run_in_threadpool(self._page)
        except (DBAPIError, PoolTimeout) as error:
            if not self._is_away:
                _LOG.warning("the journal cannot be read; events come later", error=str(error))
            self._is_away = True
            await asyncio.sleep(_AWAY_S)
            return
        self._is_away = False
        for event in page:
            self._at = event.seq
            for listener in self._listeners:
                listener.offer(event)
        if len(page) < _PAGE:
            await asyncio.sleep(self._service.settings.poll_s)
