"""A server on loopback that answers as it is told to, badly where that is wanted, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True)
class Reply:
    """An answer; with `lacking`, the line is cut and so many bytes that were announced do not come."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    lacking: int = 0


DROP: Final = Reply(0)
"""The line is cut before anything is answered."""


def told(value: Any, status: int = 200, **headers: str) -> Reply:
    """An answer of JSON; `Retry_After` is a header `Retry-After`."""
    kind = {"Content-Type": "application/json" if status < 400 else PROBLEM}
    return Reply(status, json.dumps(value).encode(), kind | {k.replace("_", "-"): v for k, v in headers.items()})  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Scripted:
    """The server; `script` holds what is still to be answered, `asked` what was asked."""

    def __init__(self, url: str) -> None:
        self.url, self.script, self.asked = url, list[Reply](), list[Asked]()

    def says(self, *replies: Reply) -> None:
        self.script[:], self.asked[:] = replies, []


@contextmanager
def scripted() -> Iterator[Scripted]:
    """A server that runs in a thread."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            headers = {k.lower(): v for k, v in self.headers.items()}
            server.asked.append(Asked(self.command, self.path, headers, self.rfile.read(size)))
            reply = (
                server.script.pop(0)
                if server.script
                else told({"detail": "not in the script"}, 400)
            )
            self.close_connection = True
            if reply is DROP:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + reply.lacking))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the library
            del format, args

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Scripted(f"http://127.0.0.1:{http.server_address[1]}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
