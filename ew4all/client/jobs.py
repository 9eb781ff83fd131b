"""Jobs: waited for, ended, and what came out of them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

from ew4all.client.events import events_of, lines_of
from ew4all.client.layers import Layer
from ew4all.client.wire import LONGEST_WAIT_S, delay_of
from ew4all.errors import ServiceError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ew4all.client.wire import Wire

__all__ = ["Job"]

FINISHED: Final = frozenset({"successful", "failed", "dismissed"})
SILENCE_S: Final = 60.0
"""How long a stream of events may say nothing: the service fills silence each 15 s by default."""
_AGAIN_S: Final = 2.0
"""After what time a stream that has ended is asked for anew, as the service wants it."""
_LONGEST_POLL_S: Final = 5.0


class Job:
    """Something that the service does, as it stood when it was last heard of.

    Attributes
    ----------
    id, process, status, progress, message
        `status` is ``accepted``, ``running``, ``successful``, ``failed`` or ``dismissed``; `progress` is percent.
    """

    def __init__(self, wire: Wire, status: Mapping[str, Any]) -> None:
        self._wire = wire
        self.id = str(status["jobID"])
        self.process = str(status.get("processID", ""))
        self._seen = ""
        """Number of the last event that was heard."""
        self._take(status)

    def __repr__(self) -> str:
        """Return the job in a line."""
        return f"<Job {self.id} {self.process}: {self.status}, {self.progress:.0f} %>"

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in FINISHED

    def refresh(self) -> Job:
        """Ask how it stands."""
        self._take(self._wire.get(f"/jobs/{self.id}"))
        return self

    def wait(
        self,
        progress: Callable[[Job], None] | None = None,
        timeout_s: float | None = None,
        *,
        by_events: bool = True,
    ) -> Job:
        """Wait until it is done.

        Parameters
        ----------
        progress
            Called with the job each time that it has moved on.
        timeout_s
            How long to wait, seconds; without end by default.
        by_events
            Listen to what happens (server-sent events); otherwise ask from time to time. Where one cannot listen, such
            as behind a proxy that holds answers back, it is asked, too.

        Raises
        ------
        ServiceError
            It failed or was dismissed.
        TransportError
            The time is over (the job goes on: wait again), or the service does not answer.
        """
        ends_s = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        told = progress or (lambda _: None)
        if by_events and not self.is_finished:
            self._listen(told, ends_s)
        if not self.is_finished:
            self._poll(told, ends_s)
        if self.status != "successful":
            self._wire.get(f"/jobs/{self.id}/results")  # raises, with the reason
            msg = f"the job {self.id} is {self.status}"
            raise TransportError(msg)
        return self

    def dismiss(self) -> Job:
        """End it: what computes is stopped; a job that is finished stays as it is."""
        self._take(self._wire.read(self._wire.send("DELETE", f"/jobs/{self.id}")))
        return self

    def results(self) -> dict[str, Any]:
        """Return its outputs, and `files` with what it has written.

        Raises
        ------
        ServiceError
            It failed or was dismissed, or is not done yet (`result-not-ready`).
        """
        return dict(self._wire.get(f"/jobs/{self.id}/results"))

    def layers(self) -> Iterator[Layer]:
        """Yield the files that it has written."""
        return map(Layer.of, self._wire.pages("/v1/layers", "layers", {"job": self.id}))

    def _take(self, status: Mapping[str, Any]) -> bool:
        """Take over how it stands; say whether it has moved on."""
        before = vars(self).copy()
        self.status = str(status["status"])
        self.progress = float(status.get("progress") or 0.0)
        self.message = str(status.get("message") or "")
        return vars(self) != before

    def _listen(self, told: Callable[[Job], None], ends_s: float) -> None:
        """Follow the events of the job; return where they end, or cannot be had."""
        failures = 0
        while not self.is_finished and failures <= self._wire.retries:
            try:
                if not self._hear(told, ends_s):
                    return
                failures = 0
                self._wire.sleep(_AGAIN_S)
            except ServiceError:
                return  # no more listeners are taken, or no streams at all: asking may do
            except TransportError:
                self._must_not_be_over(ends_s)
                failures += 1
                self._wire.sleep(min(_AGAIN_S, 0.25 * 2**failures))

    def _hear(self, told: Callable[[Job], None], ends_s: float) -> bool:
        """Read one stream; return whether another may be asked for."""
        headers = {"Accept": "text/event-stream"}
        if self._seen:
            headers["Last-Event-ID"] = self._seen
        silence_s = max(0.1, min(SILENCE_S, ends_s - time.monotonic()))
        path = f"/v1/jobs/{self.id}/events"
        is_alive = False
        with self._wire.stream(path, headers=headers, timeout=silence_s) as answer:
            kind = answer.headers.get("content-type", "")
            if answer.status_code == 204 or not kind.startswith("text/event-stream"):
                return False
            for event in events_of(lines_of(answer.iter_text())):
                is_alive = True
                self._must_not_be_over(ends_s)
                self._seen = event.id or self._seen
                moved = False
                if event.kind == "job":
                    moved = self._take(json.loads(event.data))
                elif event.kind == "gap":  # what came between is cleared away
                    moved = self._take(self._wire.get(f"/jobs/{self.id}"))
                if moved:
                    told(self)
                if self.is_finished:
                    return False
        return is_alive

    def _poll(self, told: Callable[[Job], None], ends_s: float) -> None:
        wait_s = 0.1
        while True:
            answer = self._wire.send("GET", f"/jobs/{self.id}")
            if self._take(self._wire.read(answer)):
                told(self)
            if self.is_finished:
                return
            self._must_not_be_over(ends_s)
            asked_s = delay_of(answer.headers)
            pause_s = wait_s if asked_s is None else min(asked_s, LONGEST_WAIT_S)
            self._wire.sleep(max(0.0, min(pause_s, ends_s - time.monotonic())))
            wait_s = min(_LONGEST_POLL_S, wait_s * 1.5)

    def _must_not_be_over(self, ends_s: float) -> None:
        if time.monotonic() >= ends_s:
            msg = (
                f"the job {self.id} is {self.status} ({self.progress:.0f} %) and the time to wait is over; "
                "it goes on: wait again, or dismiss it"
            )
            raise TransportError(msg)
