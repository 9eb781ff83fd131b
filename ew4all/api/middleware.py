"""What every request passes: its identifier, its log line, bounds on its body, and headers that keep a browser safe."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from ew4all.api.doors import Doors
from ew4all.api.identifiers import new_id
from ew4all.api.problems import Problem, answer_of
from ew4all.api.rates import RATE

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ew4all.api.settings import Settings

__all__ = ["CSP", "HEADERS", "install"]

CSP: Final = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

HEADERS: Final = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), camera=(), microphone=()"),
)
"""Of every answer that does not say otherwise."""
_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_UPLOADS: Final = re.compile(r"^/v1/uploads(/|$)")

_LOG = structlog.get_logger("ew4all.access")


class Envelope:
    """Plain ASGI: a middleware of Starlette's own kind would hold bodies and break events."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.most = settings.limits.body_bytes
        self.doors = Doors(settings)
        self.root = settings.root
        # Pages may embed, as pictures, what they may read; other origins get nothing in any other way either.
        shared = b"cross-origin" if settings.origins else b"same-origin"
        self.headers = (*HEADERS, (b"cross-origin-resource-policy", shared))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.root:
            scope["root_path"] = self.root
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _REQUEST_ID.fullmatch(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        started_s, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                have = {name.lower() for name, _ in message["headers"]}
                rate = scope["state"].get(RATE, {})
                extra = [
                    (b"x-request-id", request_id.encode()),
                    *((name.lower().encode(), value.encode()) for name, value in rate.items()),
                    *(h for h in self.headers if h[0] not in have),
                ]
                own = [self._placed(*header) for header in message["headers"]]
                message = {**message, "headers": [*own, *extra]}
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._answer(scope, receive, sending, headers)
            finally:
                _LOG.info(
                    "request", method=scope["method"], path=scope["path"], status=status,
                    ms=round(1000 * (time.perf_counter() - started_s), 1),
                )  # fmt: skip

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, bytes]
    ) -> None:
        """Refuse a request, or have it answered."""
        path = scope["path"]
        own = path.removeprefix(self.root) if path.startswith(f"{self.root}/") else path
        is_upload = _UPLOADS.match(own) is not None
        length = headers.get(b"content-length", b"0")
        refused = _ambiguous(scope) or self.doors.refused(scope["method"], headers)
        if not is_upload and length.isdigit() and int(length) > self.most:
            refused = refused or _too_large(self.most)
        if refused is None:
            await self.app(scope, receive if is_upload else _bounded(receive, self.most), send)
        else:
            answer = answer_of(scope, refused)
            answer.headers["Connection"] = "close"
            await answer(scope, receive, send)

    def _placed(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Return a header in which a path of ours is one of the proxy, which serves us under a path."""
        is_path = name.lower() == b"location" and value.startswith(b"/")
        return (name, self.root.encode() + value) if is_path else (name, value)


def _bounded(receive: Receive, most: int) -> Receive:
    """Return a `receive` that ends a body which is longer than it said."""
    size = 0

    async def receiving() -> Message:
        nonlocal size
        message: Any = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise _too_large(most)
        return message  # type: ignore[no-any-return]

    return receiving


def _ambiguous(scope: Scope) -> Problem | None:
    """Refuse a request to two hosts (RFC 9112, 3.2): each that looks might take another for the one that is meant."""
    if sum(name == b"host" for name, _ in scope["headers"]) < 2:
        return None
    told = "the request has more than one header Host; send one"
    fault = {"pointer": "header:Host", "detail": told, "code": "several-hosts"}
    return Problem(400, "several-hosts", told, errors=[fault])


def _too_large(most: int) -> Problem:
    return Problem(
        413, "too-large", f"the body is larger than {most:,} bytes; files go to /v1/uploads"
    )


def install(app: FastAPI, settings: Settings) -> None:
    """Put the envelope around an application, and around what answers its unforeseen errors: middlewares that are added lie within that."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Envelope(build(), settings)  # type: ignore[method-assign]
