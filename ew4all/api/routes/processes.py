"""OGC API - Processes, part 1 (18-062r2): list, description, execution."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from ew4all.api.answers import Links
from ew4all.api.deps import Executing, Serving, needs
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
    responses=responses(401, 403),
)
def list_processes(request: Request) -> dict[str, Any]:
    """List what can be executed."""
    links = Links(request)
    found = [
        {**_summary(p), "links": [links.link(f"/processes/{p.id}", "self")]}
        for p in PROCESSES.values()
    ]
    return {"processes": found, "links": [links.link("/processes", "self")]}


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
        whole = inner if definitions is None else {**inner, "$defs": definitions}
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
    inputs = checked(process, body)
    prefers = {p.strip() for p in request.headers.get("prefer", "").split(",")}
    waits = "respond-async" not in prefers
    links = Links(request)

    def accepted(job: records.Job) -> Answer:
        headers = {"Location": f"/jobs/{job.id}", "Preference-Applied": "respond-async"}
        return Answer(201, status_info(job, links), headers)

    found = await run_in_threadpool(
        accept_or_find, service, process.id, inputs, asking, once, None if waits else accepted, priority=priority
    )  # fmt: skip
    if isinstance(found, Kept):
        if found.answer is not None:
            return found.answer.response()
        job = await run_in_threadpool(pending_job, service, found)
        return JSONResponse(results_of(job))
    if not waits:
        return accepted(found).response()
    job = await _wait(service, found)
    if job.is_finished:
        return JSONResponse(results_of(job))
    answer = accepted(job)
    await run_in_threadpool(once.settle, service, answer)
    return answer.response()


def checked(process: Process, body: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of a request.

    Raises
    ------
    Problem
        400: with a pointer to each fault.
    """
    unknown = set(body) - {"inputs", "outputs", "response", "subscriber"}
    if unknown:
        raise Problem(
            400,
            "invalid-request",
            f"a request has no {sorted(unknown)[0]!r}; inputs stand under `inputs`",
        )
    outputs = body.get("outputs") or {}
    strange = sorted(set(outputs) - set(process.outputs)) if isinstance(outputs, dict) else ["/"]
    if strange:
        told = f"{process.id} has no output {strange[0]!r}; there are {', '.join(process.outputs)}"
        if not isinstance(outputs, dict):
            told = "`outputs` is an object, with a member for each output that is wanted"
        fault = {"pointer": "#/outputs", "detail": told, "code": "unknown-output"}
        raise Problem(400, "unknown-output", told, errors=[fault])
    try:
        inputs = process.inputs.model_validate(body.get("inputs", {}))
    except ValidationError as error:
        found = [
            {
                "pointer": "#/inputs" + "".join(f"/{step}" for step in e["loc"]),
                "detail": e["msg"],
                "code": e["type"],
            }
            for e in error.errors(include_url=False)
        ]
        told = "; ".join(f"{f['pointer']}: {f['detail']}" for f in found[:3])
        raise Problem(
            400, "invalid-inputs", f"inputs of {process.id} are not valid: {told}", errors=found
        ) from error
    return inputs.model_dump(mode="json", exclude_none=True)


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
