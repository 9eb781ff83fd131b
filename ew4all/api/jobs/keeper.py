"""Who is alive: each worker says so, takes back what the dead had, ends what nobody would, and clears away what is old."""

from __future__ import annotations

import datetime as dt
import fcntl
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

import structlog
from dbos import error as dbos_error
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import InterfaceError, OperationalError

from ew4all.api.jobs import records, retention
from ew4all.api.jobs.running import internal
from ew4all.api.store.database import now
from ew4all.api.store.tables import JOBS, WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ew4all.api.service import Service

__all__ = ["Keeper", "count_workers", "locked"]

BEAT_S: Final = 5.0
LEASE_S: Final = 60.0
"""A worker that has not been seen for so long is taken for dead, wherever it is; one of this machine at once."""

_ORPHAN_S: Final = 30.0
_SWEEP_S: Final = 3600.0
_LOG = structlog.get_logger("ew4all.jobs")


class Keeper:
    """The housekeeping of one worker, in a thread of its own.

    A worker holds a lock on a file of its own as long as its process lives: the system lets go of it when the process ends, however
    that happens. Whoever gets the lock of another knows that it is dead.
    """

    def __init__(self, service: Service, identifier: str, name: str) -> None:
        self._service, self._id, self._name = service, identifier, name
        self._folder = service.settings.data_dir.resolve() / "workers"
        self._lock: IO[bytes] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="ew4all-keeper", daemon=True)

    def begin(self) -> None:
        """Say that this worker lives, and take back what the dead had."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self._folder / self._id).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._be_seen()
        self._bury()

    def start(self) -> None:
        """Go on with that from time to time."""
        self._thread.start()

    def stop(self) -> None:
        """Put back in the queue what this worker still has, and sign off."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=BEAT_S)
        try:
            self._bury_one(self._id)
        except (OperationalError, InterfaceError, dbos_error.DBOSException) as error:
            _LOG.warning("a worker could not sign off", error=str(error))
        if self._lock is not None:
            (self._folder / self._id).unlink(missing_ok=True)
            self._lock.close()

    def _keep(self) -> None:
        looked_s = swept_s = time.monotonic()
        swept_s -= _SWEEP_S - 2 * BEAT_S  # soon after the start
        while not self._ended.wait(BEAT_S):
            try:
                self._be_seen()
                self._bury()
                if time.monotonic() - looked_s >= _ORPHAN_S:
                    looked_s = time.monotonic()
                    end_orphans(self._service)
                if time.monotonic() - swept_s >= _SWEEP_S:
                    swept_s = time.monotonic()
                    retention.sweep(self._service)
            except (OperationalError, InterfaceError, dbos_error.DBOSException, OSError) as error:
                _LOG.warning("housekeeping failed, and is done again later", error=str(error))

    def _be_seen(self) -> None:
        with self._service.database.begin() as connection:
            mine = update(WORKERS).where(WORKERS.c.id == self._id).values(seen=now())
            if connection.execute(mine).rowcount == 0:
                jobs = self._service.settings.workers or 1
                row = {"id": self._id, "name": self._name[:200], "jobs": jobs}
                connection.execute(insert(WORKERS).values(**row, started=now(), seen=now()))

    def _bury(self) -> None:
        """Take back what dead workers had."""
        with self._service.database.read() as connection:
            rows = connection.execute(select(WORKERS).where(WORKERS.c.id != self._id)).all()
        for row in rows:
            if self._is_dead(row.id, records.utc(row.seen)):
                count = self._bury_one(row.id)
                (self._folder / row.id).unlink(missing_ok=True)
                _LOG.warning("a worker is dead", worker=row.id, name=row.name, jobs_back=count)

    def _bury_one(self, identifier: str) -> int:
        # In this order: whoever dies between the two leaves the dead one to the next, and what is done twice changes nothing.
        count = self._service.dispatcher.give_back(identifier)
        with self._service.database.begin() as connection:
            connection.execute(delete(WORKERS).where(WORKERS.c.id == identifier))
        return count

    def _is_dead(self, identifier: str, seen: dt.datetime) -> bool:
        if now() - seen > dt.timedelta(seconds=LEASE_S):
            return True
        try:
            with (self._folder / identifier).open("rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (
            OSError
        ):  # it is held; or the folder of the other machine is not this one, and time tells
            return False
        return True


def end_orphans(service: Service) -> int:
    """End jobs for which the queue will do nothing any more, with the reason; return how many.

    It cannot happen by a crash, as row and queue are written together; but the queue may have ended a job by an error.
    """
    before = now() - dt.timedelta(seconds=_ORPHAN_S)
    query = select(JOBS.c.id).where(
        JOBS.c.status.in_(("accepted", "running")), JOBS.c.updated < before
    )  # fmt: skip
    with service.database.read() as connection:
        waiting = list(connection.execute(query.limit(1000)).scalars())
    ended = service.dispatcher.ended(waiting) if waiting else {}
    for job, why in ended.items():
        problem = internal(
            f"the job was lost, because of a fault of the service ({why}): start it again", "lost"
        )
        _LOG.error("a job is lost", job=job, why=why)
        with service.database.begin() as connection:
            records.finish(connection, job, None, problem=problem)
    return len(ended)


def count_workers(service: Service) -> int:
    """Return how many workers have been seen lately."""
    since = now() - dt.timedelta(seconds=LEASE_S)
    with service.database.read() as connection:
        return len(connection.execute(select(WORKERS.c.id).where(WORKERS.c.seen > since)).all())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Do something while nobody else on this machine does it."""
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
