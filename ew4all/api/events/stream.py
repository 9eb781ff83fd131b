"""One answer that goes on: server-sent events from the journal, then from the hub, each once and in their order."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final

from fastapi.sse import format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ew4all.api.events import journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from starlette.types import Receive, Scope, Send

    from ew4all.api.events.hub import Listener
    from ew4all.api.events.journal import Event
    from ew4all.api.service import Service

__all__ = ["EventStream", "told"]

RETRY_MS: Final = 2000
"""After what time a client comes again."""
_PAGE: Final = 500


class EventStream(Response):
    """Sends what an iterator gives; a client that takes nothing for a while is let go.

    Parameters
    ----------
    patience_s
        How long a client may take nothing.
    at_end
        Called once, however it ends.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        patience_s: float,
        at_end: Callable[[], None],
        status_code: int = 200,  # FastAPI looks for it, to describe the route
    ) -> None:
        # `X-Accel-Buffering` is what nginx looks at: it would hold events back until its buffer is full.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(status_code=status_code, headers=headers)
        del self.headers["content-length"]
        self._chunks, self._patience_s, self._at_end = chunks, patience_s, at_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, until there is nothing more or the client is gone."""
        del scope
        tasks: list[asyncio.Task[None]] = []
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            tasks = [asyncio.create_task(one) for one in (self._send(send), _left(receive))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._at_end()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            # A client that is gone or takes nothing is no fault of ours.
            if isinstance(error, Exception) and not isinstance(error, OSError | TimeoutError):
                raise error

    async def _send(self, send: Send) -> None:
        try:
            async for chunk in self._chunks:
                async with asyncio.timeout(self._patience_s):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            await self._chunks.aclose()  # type: ignore[attr-defined]
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def told(
    service: Service,
    listener: Listener,
    after: int | None,
    is_last: Callable[[Event], bool] = lambda _: False,
) -> AsyncIterator[bytes]:
    """Yield events as they are sent, heartbeats between them.

    Parameters
    ----------
    after
        The last event that the client has; None: from now on.
    is_last
        Says after which event there is nothing more.
    """
    settings = service.settings
    # Not all at the same time: those who came together would come again together.
    lasts_s = settings.stream_s * (1.0 - 0.2 * secrets.randbelow(1000) / 1000.0)
    ends_s = time.monotonic() + lasts_s
    at = listener.since if after is None else after
    # With its number, so that a client which is cut off before its first event goes on from here.
    yield format_sse_event(comment="ew4all", id=str(at), retry=RETRY_MS)
    if after is not None:
        first, last = await run_in_threadpool(_bounds, service)
        if after > last or 0 < after < first - 1:
            # What came between is cleared away, or the store is an older one: the client has to look at things anew.
            at = min(after, last)
            data = f'{{"after":{after},"first":{first},"last":{last}}}'
            yield format_sse_event(event="gap", data_str=data, id=str(at))
        async for event in _kept(service, listener, at):
            at = event.seq
            yield event.wire
            if is_last(event):
                return
    while not listener.is_closed and time.monotonic() < ends_s:
        found = [e for e in await listener.taken(settings.heartbeat_s) if e.seq > at]
        if listener.is_dropped:
            data = '{"detail":"too slow: connect again, nothing is lost"}'
            yield format_sse_event(event="dropped", data_str=data, retry=RETRY_MS)
            return
        at = found[-1].seq if found else max(at, listener.seen)
        chunk, is_over = _joined(found, is_last)
        yield chunk or format_sse_event(comment="heartbeat", id=str(at))
        if is_over:
            return


def _joined(events: Iterable[Event], is_last: Callable[[Event], bool]) -> tuple[bytes, bool]:
    out: list[bytes] = []
    for event in events:
        out.append(event.wire)
        if is_last(event):
            return b"".join(out), True
    return b"".join(out), False


async def _kept(service: Service, listener: Listener, at: int) -> AsyncIterator[Event]:
    while True:
        page = await run_in_threadpool(_page, service, listener, at)
        for event in page:
            yield event
        if len(page) < _PAGE:
            return
        at = page[-1].seq


def _page(service: Service, listener: Listener, at: int) -> list[Event]:
    until, wanted = listener.since, listener.wanted
    with service.database.read() as connection:
        return journal.read(connection, at, until=until, limit=_PAGE, wanted=wanted)


def _bounds(service: Service) -> tuple[int, int]:
    with service.database.read() as connection:
        return journal.bounds(connection)
