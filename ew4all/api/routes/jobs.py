"""OGC API - Processes, part 1: jobs, their results and their end."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from sqlalchemy import select

from ew4all.api import audit
from ew4all.api.answers import Known, Links
from ew4all.api.deps import Executing, Reading, Serving
from ew4all.api.executions import RESPONSE, told
from ew4all.api.jobs import records
from ew4all.api.problems import OGC, Problem, responses
from ew4all.api.store.tables import LAYERS

__all__ = ["Status", "results_of", "router", "status_info"]

router = APIRouter(tags=["jobs"])

_OGC: Final = "http://www.opengis.net/def/rel/ogc/1.0/"

Status = Literal["accepted", "running", "successful", "failed", "dismissed"]


def status_info(job: records.Job, links: Links) -> dict[str, Any]:
    """Return the statusInfo of the standard."""
    out: dict[str, Any] = {
        "jobID": job.id, "processID": job.process, "type": "process", "status": job.status, "message": job.message,
        "created": job.created.isoformat(), "updated": job.updated.isoformat(), "progress": int(job.progress),
    }  # fmt: skip
    if isinstance(job.inputs.get("title"), str):
        out["title"] = job.inputs["title"]
    if job.started is not None:
        out["started"] = job.started.isoformat()
    if job.finished is not None:
        out["finished"] = job.finished.isoformat()
    path = f"/jobs/{job.id}"
    out["links"] = [
        links.link(path, "self"),
        links.link(f"/v1/jobs/{job.id}/events", "events", "text/event-stream"),
    ]
    if job.status == "successful":
        out["links"].append(links.link(f"{path}/results", _OGC + "results"))
    return out


def results_of(job: records.Job) -> dict[str, Any]:
    """Return the outputs of a job that is done.

    Raises
    ------
    Problem
        It failed, was dismissed, or is not done yet.
    """
    if job.status == "failed":
        problem = job.problem or {}
        raise Problem(
            int(problem.get("status", 500)),
            str(problem.get("code", "failed")),
            str(problem.get("detail", job.message)),
        )
    if job.status == "dismissed":
        raise Problem(
            404,
            "dismissed",
            f"the job {job.id} was dismissed and has no results",
            type_=OGC + "no-such-job",
        )
    if job.status != "successful":
        raise Problem(
            404,
            "result-not-ready",
            f"the job {job.id} is {job.status}",
            type_=OGC + "result-not-ready",
        )
    return dict(job.outputs or {})


def find_job(service: Any, asking: Any, identifier: str) -> records.Job:
    """Return a job of somebody; an administrator sees everybody's.

    Raises
    ------
    Problem
        404: there is none, or it is somebody else's.
    """
    with service.database.read() as connection:
        job = records.find(connection, identifier)
    if job is None or (job.owner != asking.id and not asking.may("administer")):
        raise Problem(
            404, "no-such-job", f"there is no job {identifier!r}", type_=OGC + "no-such-job"
        )
    return job


@router.get(
    "/jobs", operation_id="listJobs", dependencies=[Known], responses=responses(400, 401, 403)
)
def list_jobs(
    request: Request,
    service: Serving,
    asking: Reading,
    limit: Annotated[int, Query(ge=1, le=1000, description="jobs of one page")] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    status: Annotated[list[Status] | None, Query()] = None,
    process_id: Annotated[list[str] | None, Query(alias="processID")] = None,
) -> dict[str, Any]:
    """List jobs, the newest first."""
    owner = None if asking.may("administer") else asking.id
    with service.database.read() as connection:
        jobs, total = records.list_jobs(
            connection,
            limit=limit,
            offset=offset,
            status=status or (),
            process=process_id or (),
            owner=owner,
        )
    links = Links(request)
    query = {"limit": limit, "offset": offset, "status": status, "processID": process_id}
    own = [links.link("/jobs", "self", query=query)]
    if offset + len(jobs) < total:
        own.append(links.link("/jobs", "next", query={**query, "offset": offset + limit}))
    found = [status_info(job, links) for job in jobs]
    return {"jobs": found, "numberMatched": total, "links": own}


@router.get("/jobs/{job_id}", operation_id="getJob", responses=responses(401, 403, 404))
def get_job(job_id: str, request: Request, service: Serving, asking: Reading) -> dict[str, Any]:
    """Return how a job stands."""
    return status_info(find_job(service, asking, job_id), Links(request))


@router.get(
    "/jobs/{job_id}/results",
    operation_id="getResults",
    responses=responses(400, 401, 403, 404, 500),
)
def get_results(job_id: str, request: Request, service: Serving, asking: Reading) -> Any:
    """Return the outputs of a job, or the error with which it failed."""
    job = find_job(service, asking, job_id)
    out = results_of(job)
    if RESPONSE in job.inputs:
        return told(job, out)
    with service.database.read() as connection:
        rows = connection.execute(
            select(LAYERS).where(LAYERS.c.job == job.id).order_by(LAYERS.c.name)
        ).all()
    links = Links(request)
    out["files"] = [
        {
            "id": row.id,
            "name": row.name,
            "href": links.href(f"/v1/layers/{row.id}/file"),
            "type": row.media_type,
            "bytes": row.bytes,
        }
        for row in rows
    ]
    return out


@router.delete("/jobs/{job_id}", operation_id="dismissJob", responses=responses(401, 403, 404))
def dismiss_job(
    job_id: str, request: Request, service: Serving, asking: Executing
) -> dict[str, Any]:
    """End a job: what runs is stopped; one that is finished stays as it is."""
    before = find_job(service, asking, job_id)
    with service.database.begin() as connection:
        job = records.dismiss(connection, job_id)
        assert job is not None
        if job.status == "dismissed" and before.status != "dismissed":
            audit.record(connection, asking, "job.dismiss", f"job:{job_id}", process=job.process)
    return status_info(job, Links(request))
