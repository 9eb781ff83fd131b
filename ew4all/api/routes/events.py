"""Events as they happen (HTML, server-sent events): of everything one may see, or of one job."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import Known
from ew4all.api.deps import Reading, Serving
from ew4all.api.events import journal
from ew4all.api.events.hub import Hub
from ew4all.api.events.journal import Event, Wanted
from ew4all.api.events.stream import EventStream, told
from ew4all.api.identity import Principal
from ew4all.api.jobs.records import FINISHED
from ew4all.api.problems import responses
from ew4all.api.routes.jobs import find_job
from ew4all.api.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["events"], dependencies=[Known])

_MOST = 2**63 - 1
_PATIENCE_S = 30.0
_EXAMPLE = (
    ": ew4all\nid: 40\nretry: 2000\n\n"
    'event: job\ndata: {"topic":"job:01J9","time":"2026-06-01T12:00:00+00:00","id":"01J9","process":"reach",'
    '"status":"running","progress":45.0,"message":"45 of 100 blocks"}\nid: 41\n\n: heartbeat\nid: 41\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "a stream of events; each has `id`, `event` (its kind) and `data` (JSON)",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}
_OVER: dict[int | str, dict[str, Any]] = {
    204: {"description": "the job has ended and its last event was seen: do not connect again"}
}

LastEventId = Annotated[
    int | None,
    Header(ge=0, le=_MOST, description="number of the last event seen; a browser sends it itself"),
]
After = Annotated[
    int | None,
    Query(ge=0, le=_MOST, description="the same for a first request; 0: all that are kept"),
]
Topic = Annotated[str, Query(pattern=r"^(job|feed)(:[A-Za-z0-9._-]{1,64})?$")]
Topics = Annotated[
    list[Topic] | None,
    Query(alias="topic", max_length=50, description="`job:ID`, `feed:ID`, or all: `job`, `feed`"),
]


@router.get(
    "/events",
    operation_id="listenToEvents",
    response_class=EventStream,
    responses={**_STREAM, **responses(400, 401, 403, 429, 503)},
)
async def listen(
    request: Request,
    service: Serving,
    asking: Reading,
    topics: Topics = None,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Tell what happens from now on, or after an event: to one's own jobs and to feeds; to everybody's for an administrator."""
    wanted = Wanted(tuple(topics or ()), _owner(asking))
    since = after if last_event_id is None else last_event_id
    return await _stream(request, service, wanted, since)


@router.get(
    "/jobs/{job_id}/events",
    operation_id="listenToJob",
    response_class=EventStream,
    responses={**_STREAM, **_OVER, **responses(400, 401, 403, 404, 429, 503)},
)
async def listen_to_job(
    job_id: str,
    request: Request,
    service: Serving,
    asking: Reading,
    after: After = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Tell all that happened to a job and will, to its end; then the stream ends, and coming again is answered 204."""
    job = await run_in_threadpool(find_job, service, asking, job_id)
    topic = f"job:{job.id}"
    since = (after if last_event_id is None else last_event_id) or 0
    if job.is_finished and since:
        last = await run_in_threadpool(_last, service, topic)
        if since >= last:
            return Response(status_code=204)
    return await _stream(request, service, Wanted((topic,)), since, is_job=True)


def _owner(asking: Principal) -> str | None:
    return None if asking.may("administer") else asking.id


def _last(service: Service, topic: str) -> int:
    with service.database.read() as connection:
        return journal.last_of(connection, [topic])


def _ends(event: Event) -> bool:
    return event.data.get("status") in FINISHED


async def _stream(
    request: Request,
    service: Service,
    wanted: Wanted,
    after: int | None,
    *,
    is_job: bool = False,
) -> Response:
    hub: Hub = request.app.state.events
    listener = await hub.join(wanted)
    chunks = told(service, listener, after, _ends if is_job else lambda _: False)
    return EventStream(chunks, _PATIENCE_S, lambda: hub.leave(listener))
