"""Runs: scenarios that are played. Each is a job of the process `run`, shown with what came out of it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ew4all.api.answers import FOR_EVER, Known, Links, kept, tag_of, unchanged
from ew4all.api.deps import Executing, Reading, Serving
from ew4all.api.documents.models import shown
from ew4all.api.executions import checked
from ew4all.api.idempotency import Answer, OnceOnly
from ew4all.api.jobs import records
from ew4all.api.jobs.accepting import accept_once
from ew4all.api.jobs.intake import PRIORITIES
from ew4all.api.problems import Problem, responses
from ew4all.api.processes import PROCESSES
from ew4all.api.references import ScenarioReference
from ew4all.api.routes.documents import Limit, Offset
from ew4all.api.routes.jobs import Status
from ew4all.api.runs import Run, curves_of, find_run, list_runs
from ew4all.api.runs_models import CurvesDocument, RunDocument, RunPage

__all__ = ["router"]

router = APIRouter(prefix="/v1/runs", tags=["runs"], dependencies=[Known])

RunId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{1,40}$",
        description="identifier of the run, which is that of its job",
        examples=["0192f0c1-5b3e-7d5a-8f21-9b1f0f6c2a11"],
    ),
]
_OGC: Final = "http://www.opengis.net/def/rel/ogc/1.0/"


class RunRequest(BaseModel):
    """A run to be started."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"scenario": "grenada-beryl", "replicas": 1}, {"scenario": "valley-flash-flood", "replicas": 20, "seed": 1}]
        },
    )  # fmt: skip

    scenario: ScenarioReference
    replicas: Annotated[
        int | None, Field(ge=1, description="draws; by default as the scenario says")
    ] = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    priority: Annotated[
        int,
        Field(
            ge=PRIORITIES[0],
            le=PRIORITIES[1],
            description="higher goes first; over 0 needs the scope `exercise`",
        ),
    ] = 0


def _document(run: Run, links: Links, *, is_whole: bool = True) -> dict[str, Any]:
    job, path = run.job, f"/v1/runs/{run.job.id}"
    own = [links.link(path, "self"), links.link(f"/jobs/{job.id}", "monitor", title="its job")]
    if job.status == "successful":
        own.append(links.link(f"/jobs/{job.id}/results", _OGC + "results"))
        own.append(links.link(f"{path}/curves", "curves", title="people over time"))
        own.append(links.link("/v1/layers", "layers", query={"job": job.id}))
    if run.scenario_id is not None:
        where = f"/v1/scenarios/{run.scenario_id}"
        if run.version is not None:
            where += f"/versions/{run.version}"
        own.append(links.link(where, "scenario"))
    values: dict[str, Any] = {
        "id": job.id, "scenario": run.scenario, "scenario_version": run.version, "replicas": job.inputs.get("replicas"),
        "seed": job.inputs.get("seed"), "status": job.status, "progress": job.progress, "message": job.message,
        "owner": job.owner, "created": job.created, "started": job.started, "finished": job.finished, "updated": job.updated,
        "problem": job.problem, "links": own,
    }  # fmt: skip
    if is_whole:
        values["summary"] = (job.outputs or {}).get("summary")
        values["layers"] = [
            {
                "id": layer.id, "reference": f"layer:{layer.id}", "name": layer.name, "kind": layer.kind, "media_type": layer.media_type,
                "bytes": layer.bytes, "href": links.href(f"/v1/layers/{layer.id}"), "file": links.href(f"/v1/layers/{layer.id}/file"),
            }
            for layer in run.layers
        ]  # fmt: skip
    return shown(RunDocument, values)


@router.post(
    "",
    operation_id="createRun",
    status_code=201,
    response_model=RunDocument,
    responses=responses(400, 401, 403, 409, 413, 422, 429, 507),
)
def create_run(
    body: RunRequest, request: Request, service: Serving, asking: Executing, once: OnceOnly
) -> Response:
    """Play a scenario: one that is stored, in a version or the latest, an upload, or one that comes with ew4all."""
    process = PROCESSES["run"]
    asked = body.model_dump(exclude_none=True, exclude={"priority"})

    def answer(job: records.Job) -> Answer:
        document = _document(Run(job), Links(request))
        return Answer(201, document, {"Location": f"/v1/runs/{job.id}"})

    try:
        inputs = checked(process, {"inputs": asked})
        return accept_once(
            service, process.id, inputs, asking, once, answer, priority=body.priority
        ).response()
    except Problem as problem:  # inputs are the body itself here
        problem.errors = tuple(
            {**fault, "pointer": fault["pointer"].replace("#/inputs", "#", 1)}
            for fault in problem.errors
        )
        raise


@router.get(
    "",
    operation_id="listRuns",
    response_model=RunPage,
    response_model_exclude_none=True,
    responses=responses(400, 401, 403),
)
def get_runs(
    request: Request,
    service: Serving,
    asking: Reading,
    limit: Limit = 100,
    offset: Offset = 0,
    status: Annotated[list[Status] | None, Query(description="only these")] = None,
    scenario: Annotated[
        str | None,
        Query(
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="only runs of this one",
            examples=["valley-flash-flood"],
        ),
    ] = None,
) -> dict[str, Any]:
    """List runs, the newest first: one's own, and those of others that were successful."""
    found, total = list_runs(
        service, asking, limit=limit, offset=offset, status=status or (), scenario=scenario
    )
    links = Links(request)
    query = {"limit": limit, "status": status, "scenario": scenario}
    own = [links.link("/v1/runs", "self", query={**query, "offset": offset})]
    if offset + len(found) < total:
        own.append(links.link("/v1/runs", "next", query={**query, "offset": offset + limit}))
    return {
        "runs": [_document(one, links, is_whole=False) for one in found],
        "numberMatched": total, "numberReturned": len(found), "links": own,
    }  # fmt: skip


@router.get(
    "/{run_id}",
    operation_id="getRun",
    response_model=RunDocument,
    responses=responses(400, 401, 403, 404),
)
def get_run(run_id: RunId, request: Request, service: Serving, asking: Reading) -> Response:
    """Return a run: how it stands, and when it is done its summary and where its layers are."""
    run = find_run(service, asking, run_id)
    return Answer(200, _document(run, Links(request))).response()


@router.get(
    "/{run_id}/curves",
    operation_id="getCurves",
    response_model=CurvesDocument,
    responses={304: {"description": "the client has it already"}, **responses(400, 401, 403, 404)},
)
def get_curves(
    run_id: RunId,
    request: Request,
    service: Serving,
    asking: Reading,
    zone: Annotated[
        str,
        Query(max_length=200, description="identifier of a zone; `all` is everybody at risk"),
    ] = "all",
) -> Response:
    """Return people over time, by channel and stage, of one zone; all zones are in the layer `curves.parquet`."""
    run = find_run(service, asking, run_id)
    layer = next((one for one in run.layers if one.name == "curves.parquet"), None)
    if layer is None:
        told = f"the run {run_id!r} is {run.job.status} and has no curves"
        raise Problem(404, "no-curves", told)
    headers = {
        "ETag": tag_of(layer.sha256, zone),
        "Cache-Control": kept(service.settings, FOR_EVER),
    }
    same = unchanged(request, headers)
    if same is not None:
        return same
    found = curves_of(service.blobs.path(layer.sha256, ".parquet"), zone)
    document = shown(CurvesDocument, {"run": run_id, "zone": zone, **found})
    return Answer(200, document, headers).response()
