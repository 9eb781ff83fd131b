"""The web edge: `create_app` puts together middleware, errors and routes; nothing happens at import."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from ew4all import __version__
from ew4all.api import problems
from ew4all.api.bodies import install as install_bodies
from ew4all.api.events.hub import Hub
from ew4all.api.exercises.branches import fail_lost
from ew4all.api.exercises.rooms import Rooms
from ew4all.api.metrics import install as install_metrics
from ew4all.api.middleware import install as install_middleware
from ew4all.api.openapi import install as install_openapi
from ew4all.api.routes import (
    alerts,
    audit,
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


_ASKED: Final = ["Authorization", "Range", "If-Range", "If-None-Match", "If-Match", "Last-Event-ID", "Prefer", "X-Request-ID"]  # fmt: skip
"""Headers that a page of another origin may send: its key, and what reading takes."""

_TOLD: Final = [
    "ETag", "Link", "Location", "Content-Crs", "OGC-NumberMatched", "RateLimit", "RateLimit-Policy", "Retry-After", "Accept-Ranges",
    "Content-Range", "X-Request-ID",
]  # fmt: skip


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application.

    Raises
    ------
    OptionError
        It would listen beyond this machine without authentication.
    ReadError
        The store cannot be opened.
    """
    settings = settings or Settings()
    must_be_guarded(settings)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
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
        root_path=settings.root_path,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    problems.install(app)
    install_metrics(app)
    install_openapi(app)
    install_bodies(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "HEAD", "OPTIONS"],
        allow_headers=_ASKED,
        expose_headers=_TOLD,
    )
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
    ):
        app.include_router(module.router)
    return app
