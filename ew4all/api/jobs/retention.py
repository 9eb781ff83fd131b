"""What is not kept for ever: old jobs with their layers and events, contents that nothing names, folders that a crash left."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import delete, select

from ew4all.api.exercises.folders import PREFIX, is_in_use, reports_in
from ew4all.api.jobs import records
from ew4all.api.jobs.contents import hashes_in
from ew4all.api.store.database import now
from ew4all.api.store.tables import (
    DOCUMENTS,
    EVENTS,
    EXERCISES,
    FILES,
    IDEMPOTENCY,
    JOBS,
    LAYERS,
    UPLOADS,
)

if TYPE_CHECKING:
    from ew4all.api.service import Service

__all__ = ["sweep"]

GRACE: Final = dt.timedelta(days=1)
"""How long a content is kept that nothing names (yet): uploads and jobs write their row after their file."""
IDEMPOTENCY_KEPT: Final = dt.timedelta(days=1)

_AT_A_TIME: Final = 200
_LOG = structlog.get_logger("ew4all.jobs")


def sweep(service: Service) -> dict[str, int]:
    """Clear away what is old; return how much of what."""
    kept = dt.timedelta(days=service.settings.keep_jobs_days)
    done = {
        "jobs": _jobs(service, now() - kept),
        "events": _older(service, EVENTS, EVENTS.c.time, now() - kept),
        "idempotency": _older(
            service, IDEMPOTENCY, IDEMPOTENCY.c.created, now() - IDEMPOTENCY_KEPT
        ),
        "uploads": _older(service, UPLOADS, UPLOADS.c.deleted, now() - GRACE),
        "documents": _older(service, DOCUMENTS, DOCUMENTS.c.deleted, now() - GRACE),
        "exercises": _older(service, EXERCISES, EXERCISES.c.deleted, now() - GRACE),
        "reports": _reports(service),
        "contents": _contents(service),
        "files": _files(service),
        "folders": _folders(service),
    }
    if any(done.values()):
        _LOG.info("cleared away", **done)
    return done


def _jobs(service: Service, before: dt.datetime) -> int:
    count = 0
    old = select(JOBS.c.id).where(
        JOBS.c.finished.is_not(None), JOBS.c.finished < before
    )  # fmt: skip
    while True:
        with service.database.read() as connection:
            ids = list(connection.execute(old.limit(_AT_A_TIME)).scalars())
        if not ids:
            return count
        service.dispatcher.forget(ids)
        with service.database.begin() as connection:
            topics = [f"job:{i}" for i in ids]
            connection.execute(delete(EVENTS).where(EVENTS.c.topic.in_(topics)))
            connection.execute(delete(LAYERS).where(LAYERS.c.job.in_(ids)))
            connection.execute(delete(JOBS).where(JOBS.c.id.in_(ids)))
        count += len(ids)


def _older(service: Service, table: object, column: object, before: dt.datetime) -> int:
    query = delete(table).where(column.is_not(None), column < before)  # type: ignore[arg-type,attr-defined,operator]
    with service.database.begin() as connection:
        return connection.execute(query).rowcount


def _contents(service: Service) -> int:
    """Forget contents that no upload, layer, unfinished job or exercise names; the files go afterwards."""
    with service.database.begin() as connection:
        waiting = connection.execute(
            select(JOBS.c.files).where(JOBS.c.status.notin_(records.FINISHED))
        ).scalars()
        played = connection.execute(
            select(EXERCISES.c.files).where(EXERCISES.c.deleted.is_(None))
        ).scalars()
        needed = {h for files in (*waiting, *played) for h in hashes_in(files)}
        named = select(UPLOADS.c.sha256).union(select(LAYERS.c.sha256))
        query = select(FILES.c.sha256).where(
            FILES.c.sha256.notin_(named), FILES.c.created < now() - GRACE
        )
        gone = [h for h in connection.execute(query).scalars() if h not in needed]
        for at in range(0, len(gone), _AT_A_TIME):
            some = gone[at : at + _AT_A_TIME]
            connection.execute(delete(FILES).where(FILES.c.sha256.in_(some)))
    return len(gone)


def _files(service: Service) -> int:
    """Remove files of contents that are forgotten, and what cut-off uploads left; both only when they are old."""
    with service.database.read() as connection:
        known = set(connection.execute(select(FILES.c.sha256)).scalars())
    before_s = time.time() - GRACE.total_seconds()
    count = 0
    for path in service.blobs.folder.glob("*/*"):
        if path.name[:64] in known or path.lstat().st_mtime > before_s:
            continue
        # Aside first: the same content may be coming in at this very moment, under this name.
        aside = path.with_name(path.name + ".gone")
        path.rename(aside)
        if aside.lstat().st_mtime > before_s:
            aside.rename(path)
            continue
        aside.unlink()
        count += 1
    return count


def _reports(service: Service) -> int:
    """Remove reports of exercises that are gone: one that was being made when its exercise was removed may have come after it."""
    home = reports_in(service.work_dir)
    if not home.is_dir():
        return 0
    with service.database.read() as connection:
        there = set(
            connection.execute(
                select(EXERCISES.c.id).where(EXERCISES.c.deleted.is_(None))
            ).scalars()
        )
    gone = [folder for folder in home.iterdir() if folder.name not in there]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _folders(service: Service) -> int:
    """Remove folders of jobs that are finished or gone, and of engines of exercises: who was killed could not do it."""
    if not service.work_dir.is_dir():
        return 0
    count = 0
    for folder in service.work_dir.iterdir():
        if folder.name.startswith(PREFIX) and is_in_use(folder):
            continue
        with service.database.read() as connection:
            job = records.find(connection, folder.name)
        if job is None or job.is_finished:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count
