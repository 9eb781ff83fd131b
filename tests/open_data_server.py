"""A server on this machine that imitates the providers of open data, and how they fail.

Paths begin with the host of the provider, as a mirror's do: ``/data.worldpop.org/GIS/...``.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Answer:
    """One answer; the last of a path is given again and again.

    `ranges`: ``"yes"``, ``"no"`` (announces none, sends all), ``"lies"`` (announces them, sends all), ``"refuses"`` (416),
    ``"wrong"`` (another part than was asked for), ``"short"`` (another whole length). `told` is the length that is told,
    None for none. `cut` ends the connection after so many bytes of this answer.
    """

    body: bytes = b""
    status: int = 200
    media_type: str = "application/octet-stream"
    etag: str | None = "md5"
    ranges: str = "yes"
    cut: int | None = None
    told: int | str | None = "true"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str | None:
        if self.etag == "md5":
            return f'"{hashlib.md5(self.body, usedforsecurity=False).hexdigest()}"'
        return self.etag


@dataclass
class OpenDataServer:
    """What is asked and answered."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def give(self, address: str, *answers: Answer) -> None:
        """Answer the requests for an ``https://`` address, one after the other."""
        self.answers["/" + address.removeprefix("https://")] = list(answers)

    @property
    def ranges_asked(self) -> list[str | None]:
        return [headers.get("range") for _, headers in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop: OpenDataServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        headers = {k.lower(): v for k, v in self.headers.items()}
        self.shop.asked.append((self.path, headers))
        waiting = self.shop.answers.get(self.path)
        answer = Answer(b"no such file", 404, "text/plain", None)
        if waiting:
            answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        self._send(answer, headers)

    def _send(self, answer: Answer, headers: dict[str, str]) -> None:
        body, status, extra = answer.body, answer.status, dict(answer.headers)
        asked = headers.get("range")
        if asked and status == 200 and answer.ranges not in {"no", "lies"}:
            begin = int(asked.removeprefix("bytes=").partition("-")[0])
            same = headers.get("if-range") in {answer.tag, extra.get("Last-Modified")}
            if answer.ranges == "refuses":
                body, status = b"", 416
            elif same and begin < len(body):
                size = len(body)
                if answer.ranges == "wrong":
                    begin += 1
                told = size - 1 if answer.ranges == "short" else size
                extra["Content-Range"] = f"bytes {begin}-{size - 1}/{told}"
                body, status = body[begin:], 206
        self.send_response(status)
        self.send_header("Content-Type", answer.media_type)
        if answer.tag is not None:
            self.send_header("ETag", answer.tag)
        if answer.ranges != "no":
            self.send_header("Accept-Ranges", "bytes")
        for key, value in extra.items():
            self.send_header(key, value)
        if answer.told is None:
            self.send_header("Connection", "close")
        else:
            told_length = len(body) if answer.told == "true" else answer.told
            self.send_header("Content-Length", str(told_length))
        self.end_headers()
        cut = len(body) if answer.cut is None else answer.cut
        self.wfile.write(body[:cut])
        if answer.cut is not None or answer.told is None or answer.told != "true":
            self.wfile.flush()
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that turns away in the middle is part of the tests."""


@contextmanager
def open_data_server() -> Iterator[OpenDataServer]:
    """Serve on a free port of this machine until the end of the block."""
    shop = OpenDataServer()
    handler = type("Handler", (_Handler,), {"shop": shop})
    server = _Server(("127.0.0.1", 0), handler)
    shop.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
