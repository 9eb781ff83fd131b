"""Rows of jobs: how one is accepted, what becomes of it, and the events that tell of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, update

from ew4all.api.events import journal
from ew4all.api.identifiers import new_id
from ew4all.api.store.database import now
from ew4all.api.store.tables import JOBS, LAYERS

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
    "jobs_where",
    "list_jobs",
    "release",
    "start",
    "tell",
    "utc",
]

FINISHED: Final = frozenset({"successful", "failed", "dismissed"})


@dataclass(frozen=True)
class Job:
    """A job as it stands; times are UTC.

    Attributes
    ----------
    files
        Reference to what it stood for when the job was accepted; see `ew4all.api.jobs.contents`.
    attempts
        How often it was begun. The number of the last attempt is its right to write: whoever began earlier has lost it.
    """

    id: str
    process: str
    inputs: Mapping[str, Any]
    files: Mapping[str, Any]
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
    connection: Connection,
    process: str,
    inputs: Mapping[str, Any],
    owner: str,
    priority: int = 0,
    files: Mapping[str, Any] | None = None,
) -> Job:
    """Write a new job down."""
    time, identifier = now(), new_id()
    row = {
        "id": identifier, "process": process, "inputs": dict(inputs), "files": dict(files or {}), "owner": owner, "priority": priority,
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


def _held(connection: Connection, identifier: str) -> Job | None:
    """Return a job that nobody else changes until this transaction ends."""
    # SQLite has one writer at a time and knows no such clause; SQLAlchemy leaves it out there.
    query = select(JOBS).where(JOBS.c.id == identifier).with_for_update()
    row = connection.execute(query).mappings().first()
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
    return jobs_where(connection, wanted, limit=limit, offset=offset), int(total)


def jobs_where(
    connection: Connection, wanted: Sequence[ColumnElement[bool]], *, limit: int, offset: int
) -> list[Job]:
    """Return jobs for which all of this holds, the newest first."""
    query = select(JOBS).where(*wanted).order_by(JOBS.c.id.desc()).limit(limit).offset(offset)
    return [_job(row) for row in connection.execute(query).mappings()]


def count_waiting(connection: Connection, owner: str) -> int:
    """Return how many jobs of somebody are not finished."""
    query = select(func.count()).select_from(JOBS).where(
        JOBS.c.owner == owner, JOBS.c.status.in_(("accepted", "running"))
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def start(connection: Connection, identifier: str) -> Job | None:
    """Mark a job as running, for another attempt; None where it is finished, so that nothing is left to do."""
    job = _held(connection, identifier)
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


def tell(
    connection: Connection, identifier: str, attempt: int, progress: float, message: str
) -> Job | None:
    """Write progress down, 0..100; None where this attempt has lost the job (dismissed, or begun again)."""
    job = _held(connection, identifier)
    if job is None or job.is_finished or job.attempts != attempt:
        return None
    return _change(connection, identifier, {"progress": progress, "message": message})


def release(connection: Connection, identifier: str, attempt: int, message: str) -> Job | None:
    """Give a job back that was begun and is gone on with later."""
    job = _held(connection, identifier)
    if job is None or job.is_finished or job.attempts != attempt:
        return None
    return _change(
        connection, identifier, {"status": "accepted", "progress": 0.0, "message": message}
    )


def finish(
    connection: Connection,
    identifier: str,
    attempt: int | None,
    *,
    outputs: Mapping[str, Any] | None = None,
    problem: Mapping[str, Any] | None = None,
    layers: Sequence[Mapping[str, Any]] = (),
) -> Job | None:
    """End a job, with what it made or with why it made nothing.

    The first end counts, and only that of the last attempt; `attempt` None is an end that no attempt gave.
    """
    job = _held(connection, identifier)
    if job is None or job.is_finished or attempt not in {None, job.attempts}:
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
    job = _held(connection, identifier)
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
    journal.write(connection, f"job:{job.id}", "job", data)


def _job(row: Mapping[Any, Any]) -> Job:
    values = {name: row[name] for name in Job.__dataclass_fields__}
    for name in ("created", "started", "finished", "updated"):
        time = values[name]
        values[name] = None if time is None else utc(time)
    return Job(**values)


def utc(time: dt.datetime) -> dt.datetime:
    """Return a time of the store; SQLite forgets the zone."""
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time
