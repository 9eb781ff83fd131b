"""For whoever runs the service: is it up, is it ready, what are its numbers."""

from __future__ import annotations

import os
import shutil
from typing import Any

from fastapi import APIRouter, Request, Response

from ew4all.api.deps import Reading, Serving
from ew4all.api.identity import ANYBODY
from ew4all.api.jobs.keeper import count_workers
from ew4all.api.metrics import MEDIA_TYPE, Metrics
from ew4all.api.problems import Problem, responses
from ew4all.api.service import Service

__all__ = ["router"]

router = APIRouter(tags=["operations"])

_METRICS = 'ew4all_jobs{status="running"} 1.0\new4all_queue_age_seconds 0.4\n'


@router.get("/healthz", operation_id="getHealth")
async def health() -> dict[str, str]:
    """Say that the process is up; it asks nothing else and is never refused."""
    return {"status": "up"}


@router.get("/readyz", operation_id="getReadiness", responses=responses(503))
def readiness(service: Serving) -> dict[str, Any]:
    """Say whether the store answers, its folder can be written and has room; and how many workers there are."""
    database = service.database.is_ready()
    checks = {
        "database": database,
        "data_folder": _is_writable(service),
        "disk": _has_room(service),
    }
    if not all(checks.values()):
        bad = ", ".join(name for name, ok in checks.items() if not ok)
        raise Problem(503, "not-ready", f"not ready: {bad}", headers={"Retry-After": "5"})
    return {"status": "ready", **checks, "workers": count_workers(service)}


def _is_writable(service: Service) -> bool:
    return os.access(service.settings.data_dir, os.W_OK | os.X_OK)


def _has_room(service: Service) -> bool:
    try:
        free = shutil.disk_usage(service.settings.data_dir).free
    except OSError:
        return False
    return free >= service.settings.limits.least_free_bytes


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={
        200: {
            "description": "numbers in the text format of Prometheus",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS}},
        },
        **responses(401, 403, 429, 503),
    },
)
def metrics(request: Request, service: Serving, asking: Reading) -> Response:
    """Return numbers of this process and of the store, for Prometheus; never without a key where keys are wanted."""
    if asking is ANYBODY:
        challenge = {"WWW-Authenticate": 'Bearer realm="ew4all"'}
        raise Problem(401, "key-missing", "metrics want an API key", headers=challenge)
    numbers: Metrics = request.app.state.metrics
    listeners = request.app.state.events
    return Response(numbers.text(service, lambda: len(listeners)), media_type=MEDIA_TYPE)
