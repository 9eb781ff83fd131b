"""`ew4all serve` and `ew4all worker`: the service and more hands for its jobs."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Annotated, Any

import typer

from ew4all.cli.terminal import reporting, say

Host = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Address to listen on; 127.0.0.1 by default.")
]
Port = Annotated[
    int | None, typer.Option(metavar="N", help="Port; 8000 by default, 0 for any that is free.")
]
DataDir = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of the store; ./ew4all-data by default.")
]


def settings_of(**given: Any) -> Any:
    """Return the settings of the environment, with what was given on the command line."""
    from ew4all.api.settings import Settings

    return Settings(**{name: value for name, value in given.items() if value is not None})


def serve(
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Put the demo case in place: its layers and a finished run."),
    ] = False,
) -> None:
    """Serve the API and its page; settings are read from EW4ALL_* in the environment."""
    with reporting():
        from ew4all.api.app import create_app
        from ew4all.api.jobs.drivers import lock_down
        from ew4all.api.logs import configure
        from ew4all.api.service import Service
        from ew4all.api.serving import server_of

        # Before GDAL is loaded: this process opens no file of a client by its content, and could reach nothing if it did.
        lock_down()

        settings = settings_of(host=host, port=port, data_dir=data_dir)
        configure(settings.log_level)
        app = create_app(settings)
        # What is wrong with the store is one sentence here, and a traceback within uvicorn.
        service = Service(settings)
        if demo:
            _show(service)
        service.close()
        say(f"http://{settings.host}:{settings.port}  store: {settings.data_dir}", quiet=False)
        server = server_of(app, settings.host, settings.port)
        # What is there now stays: looked through again and again, it kept requests waiting for 0.4 s at a time.
        gc.collect()
        gc.freeze()
        server.run()


def _show(service: Any) -> None:
    """Put the demo case in place; where this process takes no jobs, its run is left to those that do."""
    from ew4all.api.showcase import prepare

    takes_jobs = service.settings.workers > 0
    if takes_jobs:
        service.work()
    prepare(service, waits_s=180.0 if takes_jobs else 0.0, say=lambda text: say(text, quiet=False))


def worker(
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Name for lists and logs; by default that of the machine."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Take jobs of a service from its queue, in a process of its own."""
    with reporting():
        import signal
        import threading

        from ew4all.api.jobs.drivers import lock_down
        from ew4all.api.logs import configure
        from ew4all.api.service import Service

        lock_down()
        settings = settings_of(data_dir=data_dir)
        configure(settings.log_level)
        service = Service(settings)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        service.work(name)
        say(f"taking jobs of {service.settings.data_dir}", quiet=False)
        ended.wait()
        service.close()
