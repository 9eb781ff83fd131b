"""Somebody who listens to an exercise on a real socket, comes again when cut off, and keeps what was told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

import httpx


class Hearer:
    """Reads the stream of an exercise in a thread, and goes on with `Last-Event-ID` after each end.

    Attributes
    ----------
    told
        Events with ``event``, ``id`` (None for those without a number) and ``data``.
    ids
        Numbers of the log that were told as events of their own, in the order in which they came.
    """

    def __init__(self, url: str, exercise: str, headers: dict[str, str] | None = None) -> None:
        self.address = f"{url}/v1/exercises/{exercise}/events"
        self.told: list[dict[str, Any]] = []
        self.connections = 0
        self._headers = dict(headers or {})
        self._last: str | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    @property
    def ids(self) -> list[int]:
        return [int(e["id"]) for e in self.told if e["id"] is not None and e["event"] != "state"]

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [e["data"] for e in list(self.told) if e["event"] == kind]

    def awaited(self, kind: str, count: int = 1, within_s: float = 60.0) -> list[dict[str, Any]]:
        ends_s = time.monotonic() + within_s
        while len(found := self.kinds(kind)) < count:
            assert time.monotonic() < ends_s, (kind, [e["event"] for e in self.told])
            time.sleep(0.02)
        return found

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            headers = self._headers | ({} if self._last is None else {"Last-Event-ID": self._last})
            with contextlib.suppress(httpx.TransportError):
                timeout = httpx.Timeout(5.0, read=2.0)
                with httpx.stream("GET", self.address, headers=headers, timeout=timeout) as answer:
                    if answer.status_code == 200:
                        self.connections += 1
                        self._read(answer)
                    elif answer.status_code in {401, 404}:
                        return
            self._stopping.wait(0.1)

    def _read(self, answer: httpx.Response) -> None:
        text = ""
        with contextlib.suppress(httpx.ReadTimeout):
            for piece in answer.iter_text():
                *blocks, text = (text + piece).split("\n\n")
                for block in blocks:
                    self._take(block)
                if self._stopping.is_set():
                    return

    def _take(self, block: str) -> None:
        fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
        if "data" in fields:
            self.told.append(
                {
                    "event": fields.get("event"),
                    "id": fields.get("id"),
                    "data": json.loads(fields["data"]),
                }
            )
        if "id" in fields:
            self._last = fields["id"]
