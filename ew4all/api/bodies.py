"""Bodies of answers: none for HEAD, and compressed where that helps and nobody asks for parts of them.

A tag of contents that was strong is weak on a compressed answer (RFC 9110, 8.8.1): the same tag must not stand for two
sequences of bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["IS_HEAD", "Compression", "Heads", "install", "takes_gzip"]

IS_HEAD: Final = "ew4all.head"
"""In the scope of a request whose body nobody will get."""

_FILE: Final = re.compile(r"/v1/layers/[^/]+/file$")
_NOUGHT: Final = re.compile(r"0(\.0{0,3})?")
_LEVEL: Final = 6
"""Of gzip: what more costs in time is not won on the line."""


def takes_gzip(headers: Headers) -> bool:
    """Say whether a client takes gzip by its header Accept-Encoding (RFC 9110, 12.5.3); who says nothing gets plain bodies."""
    weights: dict[str, str] = {}
    for part in ",".join(headers.getlist("accept-encoding")).lower().split(","):
        coding, _, rest = part.partition(";")
        weights[coding.strip()] = rest.strip().removeprefix("q=").strip()
    given = weights.get("gzip", weights.get("x-gzip", weights.get("*")))
    return given is not None and _NOUGHT.fullmatch(given) is None


class Compression(GZipMiddleware):
    """gzip for all but files: of those, parts are asked for by their place in the file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or _FILE.search(scope["path"]):
            await self.app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        # What Starlette looks for is the word alone, also in `gzip;q=0`.
        coding = [(b"accept-encoding", b"gzip")] if takes_gzip(asked) else []
        others = [h for h in scope["headers"] if h[0] != b"accept-encoding"]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] in {"GET", "HEAD"}:
                _weaken(MutableHeaders(raw=message["headers"]), message["status"], asked)
            await send(message)

        await super().__call__({**scope, "headers": [*others, *coding]}, receive, sending)


def _weaken(headers: MutableHeaders, status: int, asked: Headers) -> None:
    """Make the tag of a compressed answer weak; and that of a 304 to whoever has the compressed one, which a cache looks for."""
    tag = headers.get("etag", "W/")
    if tag.startswith("W/"):
        return
    seen = [one.strip() for one in asked.get("if-none-match", "").split(",")]
    if "content-encoding" in headers:
        headers["ETag"] = f"W/{tag}"
    elif status == 304 and f"W/{tag}" in seen:
        headers["ETag"] = f"W/{tag}"
        headers.add_vary_header("Accept-Encoding")


class Heads:
    """Answers HEAD wherever GET is answered, with the headers of that."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        is_begun = False

        async def receiving() -> Message:
            # What would go on for ever, as events do, ends once its headers are out.
            return {"type": "http.disconnect"} if is_begun else await receive()

        async def sending(message: Any) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                await send(message)
                await send({"type": "http.response.body", "body": b""})

        await self.app({**scope, "method": "GET", IS_HEAD: True}, receiving, sending)


def install(app: FastAPI) -> None:
    """Put both around an application, innermost."""
    app.add_middleware(Heads)
    app.add_middleware(Compression, minimum_size=1024, compresslevel=_LEVEL)
