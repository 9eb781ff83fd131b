"""Connections of our server: what is no HTTP never reaches the application, and is refused with a problem document all the same.

uvicorn answers it in plain text, takes a head of any length, and waits for its end for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ew4all.api.identifiers import new_id
from ew4all.api.middleware import HEADERS
from ew4all.api.problems import Problem, answer_of

if TYPE_CHECKING:
    from asyncio import TimerHandle

__all__ = ["MOST_HEAD_BYTES", "Connection"]

MOST_HEAD_BYTES: Final = 64 * 1024
"""Of request line and header fields; as much may stand between two pieces of a body (extensions of chunks, trailers)."""

_LOG = structlog.get_logger("ew4all.access")


class Connection(HttpToolsProtocol):
    """One connection; `head_s` is how long a head may take, from its connection or first byte."""

    head_s = 60.0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._waited_bytes = 0
        self._is_moving = False
        self._is_in_head = False
        self._is_too_large = False
        self._slow: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._unwatch()
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """Tell whoever has ended in the middle of a request, and may still listen; then it is closed."""
        cycle: Any = self.cycle
        is_in_body = cycle is not None and cycle.more_body and not cycle.response_started
        if self._is_in_head or is_in_body:
            told = (
                "the request was cut off: the connection ended before its body did; nothing is kept"
            )
            self._refuse(Problem(400, "cut-off", told))
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        """Take some bytes; of what leads to nothing, so many and no more."""
        self._is_moving = False
        super().data_received(data)
        self._waited_bytes = 0 if self._is_moving else self._waited_bytes + len(data)
        if self._waited_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(_too_large())

    def on_message_begin(self) -> None:
        """Begin a request: its head has so long to come from here on."""
        super().on_message_begin()
        self._is_in_head = True
        self._watch()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; one behind the body is not taken, as what looks at headers has looked by then."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Take the whole head."""
        self._unwatch()
        self._is_moving, self._is_in_head = True, False
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > MOST_HEAD_BYTES:
            self._is_too_large = True
            msg = "too large"  # the parser makes it an error of its own, and that a refusal
            raise ValueError(msg)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._is_moving = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._is_moving = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Refuse what the parser does not take."""
        told = "what came is no HTTP/1.1 request: look at the request line, the header fields and the lengths that they tell"
        self._refuse(_too_large() if self._is_too_large else Problem(400, "not-http", told))

    def _watch(self) -> None:
        self._unwatch()
        self._slow = self.loop.call_later(self.head_s, self._too_slow)

    def _unwatch(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _too_slow(self) -> None:
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete:
            self._watch()  # it came before its turn, and reading waits
        elif not self.transport.is_closing():
            told = f"no whole request came within {self.head_s:g} s"
            self._refuse(Problem(408, "too-slow", told))

    def _refuse(self, problem: Problem) -> None:
        """Answer, unless another answer is on its way; and close."""
        self._unwatch()
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            request_id = new_id()
            # Where it was asked for is not known.
            scope = {"path": "", "method": "POST", "state": {"request_id": request_id}}
            answer = answer_of(scope, problem)
            fields = [*answer.raw_headers, *HEADERS, (b"x-request-id", request_id.encode()), (b"connection", b"close")]  # fmt: skip
            head = b"".join(b"%s: %s\r\n" % field for field in fields)
            self.transport.write(STATUS_LINE[problem.status] + head + b"\r\n" + bytes(answer.body))
            _LOG.info("refused", status=problem.status, code=problem.code, request_id=request_id)
        self.transport.close()


def _too_large() -> Problem:
    told = f"request line and header fields, or what stands between pieces of a body, are over {MOST_HEAD_BYTES:,} bytes"
    return Problem(431, "head-too-large", told)
