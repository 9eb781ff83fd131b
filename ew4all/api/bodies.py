"""Bodies of answers: none for HEAD, and compressed where that helps and nobody asks for parts of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from starlette.middleware.gzip import GZipMiddleware

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["IS_HEAD", "Compression", "Heads", "install"]

IS_HEAD: Final = "ew4all.head"
"""In the scope of a request whose body nobody will get."""

_FILE: Final = re.compile(r"/v1/layers/[^/]+/file$")
_LEVEL: Final = 6
"""Of gzip: what more costs in time is not won on the line."""


class Compression(GZipMiddleware):
    """gzip for all but files: of those, parts are asked for by their place in the file."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and _FILE.search(scope["path"]):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


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
