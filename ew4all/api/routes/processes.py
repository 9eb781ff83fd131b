"""OGC API - Processes, part 1 (18-062r2): list, description, execution."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import Links
from ew4all.api.deps import Executing, Serving, needs
from ew4all.api.executions import checked, told
from ew4all.api.idempotency import Answer, Kept, OnceOnly
from ew4all.api.jobs import records
from ew4all.api.jobs.accepting import accept_or_find, pending_job
from ew4all.api.jobs.intake import PRIORITIES
from ew4all.api.problems import OGC, Problem, responses
from ew4all.api.processes import PROCESSES, Process
from ew4all.api.routes.jobs import results_of, status_info
from ew4all.api.routes.sent import JsonOnly

__all__ = ["router"]

router = APIRouter(tags=["processes"])

_OGC: Final = "http://www.opengis.net/def/rel/ogc/1.0/"


def _process(identifier: str) -> Process:
    if identifier not in PROCESSES:
        told = f"there is no process {identifier!r}; there are {', '.join(PROCESSES)}"
        raise Problem(404, "no-such-process", told, type_=OGC + "no-such-process")
    return PROCESSES[identifier]


def _summary(process: Process) -> dict[str, Any]:
    return {
        "id": process.id, "title": process.title, "description": process.description, "version": process.version,
        "jobControlOptions": ["sync-execute", "async-execute", "dismiss"], "outputTransmission": ["value"],
    }  # fmt: skip


@router.get(
    "/processes",
    operation_id="listProcesses",
    dependencies=[needs("read")],
    responses=responses(400, 401, 403),
)
def list_processes(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=10_000, description="processes of one page")] = 10,
    offset: Annotated[int, Query(ge=0, le=10**9, description="processes to pass over")] = 0,
) -> dict[str, Any]:
    """List what can be executed."""
    links = Links(request)
    page = list(PROCESSES.values())[offset : offset + limit]
    found = [{**_summary(p), "links": [links.link(f"/processes/{p.id}", "self")]} for p in page]
    own = [links.link("/processes", "self")]
    if offset + len(page) < len(PROCESSES):
        query = {"limit": limit, "offset": offset + limit}
        own.append(links.link("/processes", "next", query=query))
    return {"processes": found, "links": own}


@router.get(
    "/processes/{process_id}",
    operation_id="describeProcess",
    dependencies=[needs("read")],
    responses=responses(401, 403, 404),
)
def describe_process(process_id: str, request: Request) -> dict[str, Any]:
    """Describe a process: its inputs and outputs as JSON Schema."""
    process = _process(process_id)
    schema = process.inputs.model_json_schema()
    required = set(schema.get("required", ()))
    definitions = schema.get("$defs")
    inputs = {}
    for name, inner in schema["properties"].items():
        alone = _alternatives(inner)
        whole = alone if definitions is None else {**alone, "$defs": definitions}
        inputs[name] = {
            "title": inner.get("title", name), "description": inner.get("description", ""),
            "minOccurs": int(name in required), "maxOccurs": 1, "schema": whole,
        }  # fmt: skip
    links = Links(request)
    own = [
        links.link(f"/processes/{process.id}", "self"),
        links.link(f"/processes/{process.id}/execution", _OGC + "execute", title="execute"),
    ]
    return {**_summary(process), "inputs": inputs, "outputs": dict(process.outputs), "links": own}


def _alternatives(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an input as the standard wants it: alternatives as `oneOf`; what may be left out is no null."""
    if "anyOf" not in schema:
        return schema
    some = [one for one in schema["anyOf"] if one.get("type") != "null"]
    rest = {
        k: v
        for k, v in schema.items()
        if k not in {"anyOf", "default"} or (k == "default" and v is not None)
    }
    return {**some[0], **rest} if len(some) == 1 else {**rest, "oneOf": some}


@router.post(
    "/processes/{process_id}/execution",
    operation_id="execute",
    status_code=200,
    responses={
        201: {"description": "accepted; the job's status"},
        **responses(400, 401, 403, 404, 409, 413, 415, 422, 429),
    },
)
async def execute(
    process_id: str,
    request: Request,
    service: Serving,
    asking: Executing,
    once: OnceOnly,
    _json: JsonOnly,
    body: dict[str, Any] = Body(
        openapi_examples={p.id: {"value": dict(p.example)} for p in PROCESSES.values()}
    ),
    priority: Annotated[
        int,
        Query(
            ge=PRIORITIES[0],
            le=PRIORITIES[1],
            description="higher goes first; over 0 needs the scope `exercise`",
        ),
    ] = 0,
) -> Response:
    """Execute a process: at once, or with `Prefer: respond-async` as a job."""
    process = _process(process_id)
    links = Links(request)
    inputs = checked(process, body, links.href(""))
    prefers = {p.strip() for p in request.headers.get("prefer", "").split(",")}
    waits = "respond-async" not in prefers

    def accepted(job: records.Job) -> Answer:
        headers = {"Location": f"/jobs/{job.id}", "Preference-Applied": "respond-async"}
        return Answer(201, status_info(job, links), headers)

    def done(job: records.Job) -> Response:
        monitor = f'<{links.href(f"/jobs/{job.id}")}>; rel="monitor"'
        return JSONResponse(told(job, results_of(job)), headers={"Link": monitor})

    found = await run_in_threadpool(
        accept_or_find, service, process.id, inputs, asking, once, None if waits else accepted, priority=priority
    )  # fmt: skip
    if isinstance(found, Kept):
        if found.answer is not None:
            return found.answer.response()
        job = await run_in_threadpool(pending_job, service, found)
        return done(job)
    if not waits:
        return accepted(found).response()
    job = await _wait(service, found)
    if job.is_finished:
        return done(job)
    answer = accepted(job)
    await run_in_threadpool(once.settle, service, answer)
    return answer.response()


async def _wait(service: Any, job: records.Job) -> records.Job:
    import asyncio

    ends_s = time.monotonic() + service.settings.sync_wait_s
    while not job.is_finished and time.monotonic() < ends_s:
        await asyncio.sleep(service.settings.poll_s)
        job = await run_in_threadpool(_found, service, job.id)
    return job


def _found(service: Any, identifier: str) -> records.Job:
    with service.database.read() as connection:
        job = records.find(connection, identifier)
    assert job is not None  # it was accepted, and rows stay
    return job
