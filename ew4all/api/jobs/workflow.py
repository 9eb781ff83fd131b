"""The workflow of a job, durable by DBOS: begin, work in a child, end; after a crash it is done again from the beginning.

It has no steps that DBOS would remember: the row of the job says how far it is, in the same transactions as its results.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from ew4all.api.jobs import records
from ew4all.api.jobs.contents import laid_out
from ew4all.api.jobs.outcome import collect
from ew4all.api.jobs.running import Ended, internal, run_child
from ew4all.api.problems import problem_of
from ew4all.errors import EW4AllError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection

    from ew4all.api.service import Service

__all__ = ["ATTEMPTS", "Interrupted", "perform"]

ATTEMPTS: Final = 20
"""How often a job is begun before it is given up: it may be what kills the workers."""
DEATHS: Final = 5
"""How often a child that was killed from outside is started again by one worker."""

_LOG = structlog.get_logger("ew4all.jobs")
_WAIT_S: Final = (0.25, 5.0)

T = TypeVar("T")


class Interrupted(BaseException):
    """The worker ends; the job is gone on with by another, or later.

    Not an `Exception`: DBOS would take that for the end of the workflow.
    """


def perform(service: Service, identifier: str) -> str:
    """Do a job to its end and return its status; done again after a crash it changes nothing that was finished.

    Raises
    ------
    Interrupted
        The worker is stopped, or has lost the job to another one.
    """
    deaths = 0
    while True:
        _go_on(service)
        job = _lasting(service, lambda connection: records.start(connection, identifier))
        if job is None:
            break
        folder = service.work_dir / identifier / str(job.attempts)
        try:
            ended = _attempt(service, job, folder)
            if ended.how == "killed":
                deaths += 1
                _LOG.warning("child killed", job=job.id, attempt=job.attempts, **ended.value)
                if deaths >= DEATHS or job.attempts >= ATTEMPTS:
                    ended = Ended("problem", _given_up(job.attempts, ended.value["signal"]))
            if ended.how == "stopping":
                _give_back(service, job)
                raise Interrupted
            if ended.how == "problem":
                _end(service, job, problem=ended.value)
            elif ended.how == "made":
                _keep(service, job, folder, ended)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        found = _lasting(service, lambda connection: records.find(connection, identifier))
        if found is not None and not found.is_finished and found.attempts != job.attempts:
            raise Interrupted  # another worker took it for dead, and does it now
    # With what attempts left whose worker was killed: it is over for all of them.
    shutil.rmtree(service.work_dir / identifier, ignore_errors=True)
    found = _lasting(service, lambda connection: records.find(connection, identifier))
    return "unknown" if found is None else found.status


def _attempt(service: Service, job: records.Job, folder: Path) -> Ended:
    if job.attempts > ATTEMPTS:
        return Ended("problem", _given_up(job.attempts - 1, "SIGKILL"))
    try:
        (folder / "out").mkdir(parents=True, exist_ok=True)
        return run_child(service, job, folder, laid_out(service, job.files, folder))
    except EW4AllError as error:
        return Ended("problem", _problem(error))
    except OSError as error:
        return Ended("problem", _no_room(error))


def _keep(service: Service, job: records.Job, folder: Path, ended: Ended) -> None:
    """Take what was made into the store, and end the job."""

    def keep() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return collect(service, job.id, folder / "out", dict(ended.value))

    try:
        outputs, layers = _repeated(service, keep)
    except OSError as error:
        _end(service, job, problem=_no_room(error))
        return
    _end(service, job, outputs=outputs, layers=layers)


def _end(service: Service, job: records.Job, **how: Any) -> None:
    _lasting(service, lambda c: records.finish(c, job.id, job.attempts, **how))


def _give_back(service: Service, job: records.Job) -> None:
    told = "the service was stopped; this job is begun again when it is back"
    with (
        contextlib.suppress(OperationalError, InterfaceError),
        service.database.begin() as connection,
    ):
        records.release(connection, job.id, job.attempts, told)


def _lasting(service: Service, do: Callable[[Connection], T]) -> T:
    """Do something in one transaction, as soon as the database lets us."""

    def once() -> T:
        with service.database.begin() as connection:
            return do(connection)

    return _repeated(service, once)


def _repeated(service: Service, do: Callable[[], T]) -> T:
    """Do something again until the database answers: it may be restarted, or its disk be full for a while."""
    wait_s, longest_s = _WAIT_S
    while True:
        try:
            return do()
        except (OperationalError, InterfaceError) as error:
            _LOG.warning("the database does not answer", error=str(error.orig), again_s=wait_s)
            if service.stopping.wait(wait_s):
                raise Interrupted from error
            wait_s = min(2.0 * wait_s, longest_s)


def _go_on(service: Service) -> None:
    if service.stopping.is_set():
        raise Interrupted


def _problem(error: EW4AllError) -> dict[str, Any]:
    found = problem_of(error)
    return {
        "status": found.status, "code": found.code, "detail": found.detail, "type": found.type,
    }  # fmt: skip


def _no_room(error: OSError) -> dict[str, Any]:
    why = error.strerror or type(error).__name__
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EACCES}:
        told = f"the store of the service cannot be written ({why}): tell its operator, and start the job again"
        return {**internal(told, "storage-failed"), "status": 507}
    _LOG.error("a job cannot be worked on", exc_info=error)
    return internal(f"the service could not work on this job ({why}): tell its operator")


def _given_up(attempts: int, by: str) -> dict[str, Any]:
    told = (
        f"the process that computes was ended from outside by {by}, at the last of {attempts} attempts, "
        "most likely for want of memory: ask for less at a time"
    )
    return internal(told, "killed")
