"""Numbers for Prometheus: requests by the template of their route, and what waits in the store when one asks."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import func, select

from ew4all.api.feeds.records import list_feeds
from ew4all.api.jobs.keeper import count_workers
from ew4all.api.jobs.records import utc
from ew4all.api.store.database import now
from ew4all.api.store.tables import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI
    from prometheus_client.core import Metric
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ew4all.api.service import Service

__all__ = ["MEDIA_TYPE", "Metrics", "install", "route_of"]

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_HOUR: Final = dt.timedelta(hours=1)
_MOST: Final = 10_000


class Metrics:
    """The numbers of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "ew4all_requests", "Requests that were answered", (*labels, "status"), registry=self._registry
        )  # fmt: skip
        self._seconds = Histogram(
            "ew4all_request_seconds", "Time until an answer began", labels, buckets=_BUCKETS_S, registry=self._registry
        )  # fmt: skip

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        named = method if method in _METHODS else "other"
        self._requests.labels(named, route, str(status)).inc()
        self._seconds.labels(named, route).observe(seconds)

    def text(self, service: Service, listeners: Callable[[], int]) -> bytes:
        """Return all numbers as Prometheus reads them."""
        asked = CollectorRegistry()
        asked.register(_Asked(service, listeners))
        return generate_latest(self._registry) + generate_latest(asked)


class _Asked:
    """What is looked up when somebody asks."""

    def __init__(self, service: Service, listeners: Callable[[], int]) -> None:
        self._service, self._listeners = service, listeners

    def describe(self) -> list[Metric]:
        """Return nothing: it is not to be looked up when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Look it up."""
        with self._service.database.read() as connection:
            counts = connection.execute(
                select(JOBS.c.status, func.count()).group_by(JOBS.c.status)
            ).all()
            oldest = connection.execute(
                select(func.min(JOBS.c.created)).where(JOBS.c.status == "accepted")
            ).scalar()
            done = connection.execute(
                select(JOBS.c.process, JOBS.c.started, JOBS.c.finished)
                .where(JOBS.c.finished > now() - _HOUR, JOBS.c.started.is_not(None)).limit(_MOST)
            ).all()  # fmt: skip
            feeds = list_feeds(connection)
        jobs = GaugeMetricFamily("ew4all_jobs", "Jobs that are kept", labels=["status"])
        known = dict(map(tuple, counts))
        for status in ("accepted", "running", "successful", "failed", "dismissed"):
            jobs.add_metric([status], known.get(status, 0))
        yield jobs
        waits_s = 0.0 if oldest is None else (now() - utc(oldest)).total_seconds()
        yield _one("ew4all_queue_age_seconds", "Age of the job that waits longest", waits_s)
        yield from _durations(done)
        yield _one(
            "ew4all_workers", "Workers seen in the last minute", count_workers(self._service)
        )
        yield _one("ew4all_event_listeners", "Clients that listen to events", self._listeners())
        failing = GaugeMetricFamily(
            "ew4all_feed_failures", "Looks at a feed that failed in a row", labels=["feed"]
        )
        for feed in feeds:
            if feed.facts.get("is_named"):
                failing.add_metric([feed.id], int(feed.state.get("failures") or 0))
        yield failing


def _durations(rows: Any) -> Iterator[Metric]:
    spans: dict[str, list[float]] = {}
    for process, started, finished in rows:
        spans.setdefault(process, []).append((utc(finished) - utc(started)).total_seconds())
    for name, about, value in (
        ("ew4all_job_seconds_mean", "Mean time of jobs that ended in the last hour", lambda s: sum(s) / len(s)),
        ("ew4all_job_seconds_max", "Longest time of a job that ended in the last hour", max),
    ):  # fmt: skip
        family = GaugeMetricFamily(name, about, labels=["process"])
        for process, seconds in sorted(spans.items()):
            family.add_metric([process], value(seconds))
        yield family


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


class Measure:
    """Innermost: only there the route is known that answers, also for HEAD."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun_s = time.perf_counter()
        is_counted = False

        def count(status: int) -> None:
            nonlocal is_counted
            if not is_counted:
                is_counted = True
                seconds = time.perf_counter() - begun_s
                self._metrics.count(scope["method"], route_of(scope), status, seconds)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            count(500)


def route_of(scope: Scope) -> str:
    """Return the template of the route of a request; one word for all that have none."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")


def install(app: FastAPI) -> None:
    """Measure an application; this must be its first middleware."""
    app.state.metrics = Metrics()
    app.add_middleware(Measure, metrics=app.state.metrics)
