"""The server: uvicorn, which ends streams of events before it waits for its connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import uvicorn

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["Server", "server_of"]

_GRACE_S: Final = 10
"""How long requests may go on after the wish to end; then they are cut off."""

_IDLE_S: Final = 75
"""How long a connection may be idle: longer than proxies keep theirs (nginx 60 s), else it is closed under a request on its way."""


class Server(uvicorn.Server):
    """Ends politely: it takes nothing new, ends streams, lets requests finish, then closes the store."""

    def __init__(self, app: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: Any = None) -> None:
        """End: clients of streams connect again, to whoever serves then, and go on where they were."""
        self._app.state.events.close()
        self._app.state.rooms.end_streams()
        await super().shutdown(sockets)


def server_of(app: FastAPI, host: str, port: int) -> Server:
    """Return a server of an application; `run` serves until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=_IDLE_S,
        server_header=False,
    )
    return Server(app, config)
