"""A service on a real socket, in the process of the test: what never ends cannot be asked of a client within it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ew4all.api.app import create_app
from ew4all.api.serving import server_of
from ew4all.api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import uvicorn
    from fastapi import FastAPI


class Served:
    """A service that runs.

    Attributes
    ----------
    url
        Its address, without a slash at the end.
    """

    def __init__(self, app: FastAPI, server: uvicorn.Server) -> None:
        self.app, self.server = app, server
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    @property
    def service(self) -> Any:
        return self.app.state.service

    @property
    def hub(self) -> Any:
        return self.app.state.events


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Served]:
    """A service that keeps its data in `folder`; it has no worker unless it is told to."""
    given = {"data_dir": folder / "data", "poll_s": 0.05, "workers": 0, **settings}
    app = create_app(Settings(**given), is_alone=False)
    server = server_of(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        ends_s = time.monotonic() + 30.0
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < ends_s, "the service did not start in time"
            time.sleep(0.01)
        yield Served(app, server)
    finally:
        server.should_exit = True
        thread.join(30.0)
        assert not thread.is_alive()
