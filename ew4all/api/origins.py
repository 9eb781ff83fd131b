"""What pages of other origins may do in a browser (CORS): read, and change with a key of their own, where the host lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from ew4all.api.problems import Problem, answer_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from ew4all.api.settings import Settings

__all__ = ["install"]

_READS: Final = ("GET", "HEAD", "OPTIONS")
_CHANGES: Final = ("POST", "PUT", "PATCH", "DELETE")

_ASKED: Final = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Range", "Last-Event-ID", "Prefer", "Range",
    "X-Request-ID",
)  # fmt: skip
"""Headers that such a page may send: its key, what reading takes, and what creating and changing take."""

_TOLD: Final = (
    "ETag", "Link", "Location", "Content-Crs", "Content-Disposition", "OGC-NumberMatched", "OGC-NumberReturned", "Preference-Applied",
    "RateLimit", "RateLimit-Policy", "Retry-After", "Accept-Ranges", "Content-Range", "WWW-Authenticate", "X-Request-ID",
)  # fmt: skip
"""Headers of answers that it may read."""

_ORIGIN: Final = "origin"
_METHOD: Final = "access-control-request-method"
_HEADERS: Final = "access-control-request-headers"
_NETWORK: Final = "access-control-request-private-network"


class Origins(CORSMiddleware):
    """Answers what a browser asks before it sends the request of a page; a refusal is a problem document, as all are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a preflight."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if _ORIGIN not in headers or _METHOD not in headers or scope["method"] != "OPTIONS":
            await super().__call__(scope, receive, send)
            return
        answer = self.preflight_response(headers)
        if answer.status_code >= 400:
            refusal = answer_of(scope, self._refused(headers))
            # What may be sent is told here, too.
            kept = (h for h in answer.raw_headers if not h[0].startswith(b"content-"))
            refusal.raw_headers.extend(kept)
            answer = refusal
        await answer(scope, receive, send)

    def _refused(self, headers: Headers) -> Problem:
        """Return why a page may not send what it wants to."""
        faults = []

        def fault(name: str, code: str, told: str) -> None:
            faults.append({"pointer": f"header:{name.title()}", "detail": told, "code": code})

        if not self.is_allowed_origin(headers[_ORIGIN]):
            told = f"pages of {headers[_ORIGIN]!r:.100} are not let in; the host names who is (EW4ALL_CORS_ORIGINS)"
            fault(_ORIGIN, "other-origin", told)
        if headers[_METHOD] not in self.allow_methods:
            told = f"a page of another origin may not send {headers[_METHOD]!r:.100} here; it may send {', '.join(self.allow_methods)}"
            fault(_METHOD, "method", told)
        asked = [name.strip().lower() for name in headers.get(_HEADERS, "").split(",")]
        strange = [name for name in asked if name and name not in self.allow_headers]
        if strange:
            fault(
                _HEADERS,
                "header",
                f"a page of another origin may not send the header {strange[0]!r:.100} here",
            )
        if _NETWORK in headers:
            fault(
                _NETWORK, "private-network", "pages of a public network are not let into this one"
            )
        return Problem(403, "cors-refused", "; ".join(f["detail"] for f in faults), errors=faults)


def install(app: FastAPI, settings: Settings) -> None:
    """Put it around an application: without keys pages of other origins change nothing, whoever they are."""
    app.add_middleware(
        Origins,
        allow_origins=settings.origins,
        allow_methods=(*_READS, *_CHANGES) if settings.auth == "keys" else _READS,
        allow_headers=_ASKED,
        expose_headers=_TOLD,
    )
