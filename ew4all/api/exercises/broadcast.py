"""Everybody who listens to one exercise, on the event loop of this process: each is told what is new in their view of it.

The threads of a room hand over what happened; a state is filtered and compared once for each view, not for each listener.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from fastapi.sse import format_sse_event

from ew4all.api.exercises.views import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ew4all.api.exercises.records import Entry
    from ew4all.api.exercises.views import View

__all__ = ["Broadcast", "Listener", "lines", "wire"]

_MOST_OF_ONE: Final = 8
"""Streams of one seat at a time."""
_NOT_IN_TICKS: Final = frozenset({"seq", "phase"})


def wire(event: str, data: Mapping[str, Any], seq: int | None = None) -> bytes:
    """Return an event as it is sent."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return format_sse_event(data_str=text, event=event, id=None if seq is None else str(seq))


class Listener:
    """Somebody who listens; what was not sent yet waits here, and who lets too much wait is dropped."""

    def __init__(
        self, view: View, seat: str | None, most: int, state: Mapping[str, Any] | None
    ) -> None:
        self.view, self.seat, self._most = view, seat, most
        self.state = state
        """How it stood when it began to listen, or was known first: whatever comes after that waits here."""
        self.is_dropped = self.is_closed = False
        self._waiting: deque[bytes] = deque()
        self._woken = asyncio.Event()

    def offer(self, chunk: bytes) -> None:
        """Take something to be sent."""
        if self.is_dropped or self.is_closed:
            return
        if len(self._waiting) >= self._most:
            self.is_dropped = True
            self._waiting.clear()
        else:
            self._waiting.append(chunk)
        self._woken.set()

    def begin(self, state: Mapping[str, Any]) -> None:
        """Take how it stands, which was not known yet: what happened before is missed, and what comes after is offered."""
        self.state = state
        self._woken.set()

    def close(self) -> None:
        """End it."""
        self.is_closed = True
        self._woken.set()

    async def taken(self, within_s: float) -> bytes:
        """Return what is waiting, as soon as there is something; nothing after a time, or when it is over."""
        if not (self._waiting or self.is_dropped or self.is_closed):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._woken.wait()
        self._woken.clear()
        out = b"".join(self._waiting)
        self._waiting.clear()
        return out


class Broadcast:
    """Those who listen to one exercise; lives on the event loop, but for `publish`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most_waiting: int) -> None:
        self._loop, self._most = loop, most_waiting
        self._listeners: dict[Listener, None] = {}
        """In the order in which they came."""
        self._last: dict[View, dict[str, Any]] = {}
        self.state: dict[str, Any] | None = None
        """As the loop knows it: what was offered before is in it, what comes later is not."""

    def __len__(self) -> int:
        """How many listen."""
        return len(self._listeners)

    @property
    def seats(self) -> set[str]:
        """Seats that listen."""
        return {one.seat for one in tuple(self._listeners) if one.seat is not None}

    def join(self, view: View, seat: str | None) -> Listener:
        """Let somebody listen from now on."""
        mine = [] if seat is None else [one for one in self._listeners if one.seat == seat]
        for one in mine[: max(0, len(mine) - _MOST_OF_ONE + 1)]:
            # Lines that were lost and nobody has hung up, or somebody who takes the places of others.
            one.close()
        listener = Listener(view, seat, self._most, self.state)
        self._listeners[listener] = None
        if self.state is not None:
            self._last.setdefault(view, view.state(self.state))
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget somebody who does not listen any more."""
        self._listeners.pop(listener, None)
        if all(one.view != listener.view for one in self._listeners):
            self._last.pop(listener.view, None)

    def publish(self, entries: Iterable[Entry], state: dict[str, Any] | None) -> None:
        """Tell what happened, then how it stands; from any thread."""
        self._on_loop(self._told, tuple(entries), state)

    def tell(self, event: str, data: Mapping[str, Any], *, to_truth: bool = False) -> None:
        """Tell something that is not in the log; from any thread.

        Parameters
        ----------
        to_truth
            Only those from whom nothing is held back.
        """
        self._on_loop(self._say, event, dict(data), to_truth)

    def drop(self, seats: Iterable[str] | None = None) -> None:
        """End the streams of some seats, or of all; from any thread."""
        self._on_loop(self._end, None if seats is None else frozenset(seats))

    def _on_loop(self, call: Callable[..., None], *given: Any) -> None:
        # The loop is gone where the service ends meanwhile.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *given)

    def _told(self, entries: tuple[Entry, ...], state: dict[str, Any] | None) -> None:
        before, self.state = self.state, state or self.state
        by_view: dict[View, list[Listener]] = {}
        for listener in self._listeners:
            by_view.setdefault(listener.view, []).append(listener)
        for view, listeners in by_view.items():
            if before is None and self.state is not None:
                self._last[view] = view.state(self.state)
                for listener in listeners:
                    listener.begin(self.state)
                continue
            chunk = b"".join(lines(view, entries)) + self._tick(view)
            if chunk:
                for listener in listeners:
                    listener.offer(chunk)

    def _tick(self, view: View) -> bytes:
        if self.state is None:
            return b""
        now = view.state(self.state)
        before = self._last.get(view, {})
        self._last[view] = now
        new = {
            name: value for name, value in changed(before, now).items() if name not in _NOT_IN_TICKS
        }
        return wire("tick", new) if new else b""

    def _say(self, event: str, data: dict[str, Any], to_truth: bool) -> None:
        chunk = wire(event, data)
        for listener in self._listeners:
            if listener.view.has_truth or not to_truth:
                listener.offer(chunk)

    def _end(self, seats: frozenset[str] | None) -> None:
        for listener in self._listeners:
            if seats is None or listener.seat in seats:
                listener.close()


def lines(view: View, entries: Iterable[Entry]) -> list[bytes]:
    """Return the events of entries as they are sent to a view; one that is not for it leaves nothing."""
    out = []
    for entry in entries:
        for told in entry.told:
            data = view.event(told)
            if data is not None:
                out.append(wire(told["event"], data, entry.sequence))
    return out
