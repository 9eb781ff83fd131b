"""The web edge: `create_app` puts together middleware, errors and routes; nothing happens at import."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ew4all import __version__
from ew4all.api import problems
from ew4all.api.bodies import install as install_bodies
from ew4all.api.events.hub import Hub
from ew4all.api.exercises.branches import fail_lost
from ew4all.api.exercises.rooms import Rooms
from ew4all.api.jobs.drivers import lock_down
from ew4all.api.metrics import install as install_metrics
from ew4all.api.middleware import install as install_middleware
from ew4all.api.openapi import install as install_openapi
from ew4all.api.origins import install as install_origins
from ew4all.api.routes import (
    alerts,
    audit,
    console,
    events,
    exercise_decisions,
    exercise_files,
    exercise_injects,
    exercise_maps,
    exercise_messages,
    exercise_people,
    exercise_reports,
    exercises,
    features,
    feeds,
    jobs,
    keys,
    landing,
    layers,
    operations,
    processes,
    reference,
    runs,
    scenarios,
    tiles,
    tilesets,
    uploads,
)
from ew4all.api.service import Service
from ew4all.api.settings import Settings, must_be_guarded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["create_app"]


def create_app(settings: Settings | None = None, *, is_alone: bool = True) -> FastAPI:
    """Return the application, for any ASGI server; it opens its store and locks GDAL down when that begins its lifespan.

    Parameters
    ----------
    is_alone
        Whether the process serves nothing else. One that has other uses for GDAL keeps its drivers, and must not be
        reached by anybody whose uploads are not trusted.

    Raises
    ------
    OptionError
        It would listen beyond this machine without authentication; at the beginning of its lifespan: GDAL was loaded
        before with drivers that are not allowed.
    ReadError
        The store cannot be opened; at the beginning of its lifespan.
    """
    settings = settings or Settings()
    must_be_guarded(settings)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        if is_alone:
            await run_in_threadpool(lock_down)
        # In a thread: DBOS refuses its plain calls where an event loop runs.
        service = await run_in_threadpool(Service, settings)
        app.state.service = service
        app.state.events = Hub(service)
        app.state.rooms = Rooms(service)
        await run_in_threadpool(fail_lost, service)
        await run_in_threadpool(app.state.rooms.resume)
        if settings.workers:
            await run_in_threadpool(service.work)
        try:
            yield
        finally:
            app.state.events.close()
            await run_in_threadpool(app.state.rooms.close)
            await run_in_threadpool(service.close)

    app = FastAPI(
        title="ew4all",
        version=__version__,
        summary="Who at risk does a public warning reach, through which channel, how soon, and who is left out.",
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    problems.install(app)
    install_metrics(app)
    install_openapi(app, settings.root)
    install_bodies(app)
    install_origins(app, settings)
    install_middleware(app, settings)
    # Routes are tried in their order: first what maps and probes ask for all the time.
    often = operations, tiles, features
    nouns = uploads, scenarios, alerts, runs, layers, keys, audit
    play = (
        exercises,
        exercise_injects,
        exercise_decisions,
        exercise_messages,
        exercise_files,
        exercise_maps,
        exercise_people,
        exercise_reports,
    )
    for module in (
        *often,
        landing,
        processes,
        jobs,
        *nouns,
        *play,
        tilesets,
        events,
        feeds,
        reference,
        console,
    ):
        app.include_router(module.router)
    return app
