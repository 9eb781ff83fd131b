"""Rows of jobs: how one is accepted, what becomes of it, and the events that tell of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, update

from ew4all.api.identifiers import new_id
from ew4all.api.store.database import now
from ew4all.api.store.tables import EVENTS, JOBS, LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

__all__ = [
    "FINISHED",
    "Job",
    "accept",
    "count_waiting",
    "dismiss",
    "find",
    "finish",
    "list_jobs",
    "start",
    "tell",
]

FINISHED: Final = frozenset({"successful", "failed", "dismissed"})


@dataclass(frozen=True)
class Job:
    """A job as it stands; times are UTC."""

    id: str
    process: str
    inputs: Mapping[str, Any]
    owner: str
    priority: int
    status: str
    progress: float
    message: str
    problem: Mapping[str, Any] | None
    outputs: Mapping[str, Any] | None
    attempts: int
    created: dt.datetime
    started: dt.datetime | None
    finished: dt.datetime | None
    updated: dt.datetime

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINISHED


def accept(
    connection: Connection, process: str, inputs: Mapping[str, Any], owner: str, priority: int = 0
) -> Job:
    """Write a new job down."""
    time, identifier = now(), new_id()
    row = {
        "id": identifier, "process": process, "inputs": dict(inputs), "owner": owner, "priority": priority,
        "status": "accepted", "progress": 0.0, "message": "waiting for a worker", "attempts": 0,
        "created": time, "updated": time,
    }  # fmt: skip
    connection.execute(insert(JOBS).values(row))
    job = find(connection, identifier)
    assert job is not None
    _record(connection, job)
    return job


def find(connection: Connection, identifier: str) -> Job | None:
    """Return a job."""
    row = connection.execute(select(JOBS).where(JOBS.c.id == identifier)).mappings().first()
    return None if row is None else _job(row)


def list_jobs(
    connection: Connection,
    *,
    limit: int,
    offset: int = 0,
    status: Sequence[str] = (),
    process: Sequence[str] = (),
    owner: str | None = None,
) -> tuple[list[Job], int]:
    """Return jobs, the newest first, and how many there are in all."""
    wanted: list[ColumnElement[bool]] = []
    if status:
        wanted.append(JOBS.c.status.in_(status))
    if process:
        wanted.append(JOBS.c.process.in_(process))
    if owner is not None:
        wanted.append(JOBS.c.owner == owner)
    total = connection.execute(select(func.count()).select_from(JOBS).where(*wanted)).scalar_one()
    query = select(JOBS).where(*wanted).order_by(JOBS.c.id.desc()).limit(limit).offset(offset)
    return [_job(row) for row in connection.execute(query).mappings()], int(total)


def count_waiting(connection: Connection, owner: str) -> int:
    """Return how many jobs of somebody are not finished."""
    query = select(func.count()).select_from(JOBS).where(
        JOBS.c.owner == owner, JOBS.c.status.in_(("accepted", "running"))
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def start(connection: Connection, identifier: str) -> Job | None:
    """Mark a job as running, for another attempt; None where it is finished, so that nothing is left to do."""
    job = find(connection, identifier)
    if job is None or job.is_finished:
        return None
    values: dict[str, Any] = {
        "status": "running",
        "attempts": job.attempts + 1,
        "message": "running",
        "progress": 0.0,
    }
    if job.started is None:
        values["started"] = now()
    return _change(connection, identifier, values)


def tell(connection: Connection, identifier: str, progress: float, message: str) -> Job | None:
    """Write progress down, 0..100; None where the job is finished meanwhile (dismissed)."""
    job = find(connection, identifier)
    if job is None or job.is_finished:
        return None
    return _change(connection, identifier, {"progress": progress, "message": message})


def finish(
    connection: Connection,
    identifier: str,
    *,
    outputs: Mapping[str, Any] | None = None,
    problem: Mapping[str, Any] | None = None,
    layers: Sequence[Mapping[str, Any]] = (),
) -> Job | None:
    """End a job, with what it made or with why it made nothing; the first end counts."""
    job = find(connection, identifier)
    if job is None or job.is_finished:
        return job
    if layers:
        connection.execute(insert(LAYERS), [dict(layer) for layer in layers])
    failed = problem is not None
    values = {
        "status": "failed" if failed else "successful", "problem": problem, "outputs": outputs, "finished": now(),
        "message": str(problem["detail"]) if problem is not None else "done",
        "progress": job.progress if failed else 100.0,
    }  # fmt: skip
    return _change(connection, identifier, values)


def dismiss(connection: Connection, identifier: str) -> Job | None:
    """End a job at a client's wish; a finished one stays as it is."""
    job = find(connection, identifier)
    if job is None or job.is_finished:
        return job
    return _change(
        connection, identifier, {"status": "dismissed", "finished": now(), "message": "dismissed"}
    )


def _change(connection: Connection, identifier: str, values: Mapping[str, Any]) -> Job:
    connection.execute(update(JOBS).where(JOBS.c.id == identifier).values(**values, updated=now()))
    job = find(connection, identifier)
    assert job is not None
    _record(connection, job)
    return job


def _record(connection: Connection, job: Job) -> None:
    data = {
        "id": job.id,
        "process": job.process,
        "status": job.status,
        "progress": job.progress,
        "message": job.message,
    }
    row = {"topic": f"job:{job.id}", "kind": "job", "data": data, "time": now()}
    connection.execute(insert(EVENTS).values(row))


def _job(row: Mapping[Any, Any]) -> Job:
    values = {name: row[name] for name in Job.__dataclass_fields__}
    for name in ("created", "started", "finished", "updated"):
        time = values[name]
        if time is not None and time.tzinfo is None:  # SQLite forgets the zone
            values[name] = time.replace(tzinfo=dt.UTC)
    return Job(**values)
