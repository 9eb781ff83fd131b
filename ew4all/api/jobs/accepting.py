"""A job that is accepted once for one `Idempotency-Key`, in one transaction with what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.api.idempotency import Answer, Kept, Repeated
from ew4all.api.jobs import records
from ew4all.api.jobs.intake import accept_job
from ew4all.api.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from ew4all.api.idempotency import Once
    from ew4all.api.identity import Principal
    from ew4all.api.service import Service

__all__ = ["accept_once", "accept_or_find", "pending_job"]


def accept_or_find(
    service: Service,
    process: str,
    inputs: Mapping[str, Any],
    asking: Principal,
    once: Once,
    answer: Callable[[records.Job], Answer] | None,
    *,
    priority: int = 0,
) -> records.Job | Kept:
    """Accept a job; or return what was answered under the same key before.

    Parameters
    ----------
    answer
        What is answered at once, kept with the job; None where the client waits for the result.

    Raises
    ------
    Problem
        As `accept_job` and `Once.before`.
    """
    before = once.before(service)
    if before is not None:
        return before

    def also(connection: Connection, job: records.Job) -> None:
        if once.again(service, connection) is not None:
            raise Repeated
        once.keep(connection, None if answer is None else answer(job), job.id)

    try:
        return accept_job(service, process, inputs, asking, priority=priority, also=also)
    except Repeated:
        before = once.before(service)
        assert before is not None
        return before


def accept_once(
    service: Service,
    process: str,
    inputs: Mapping[str, Any],
    asking: Principal,
    once: Once,
    answer: Callable[[records.Job], Answer],
    *,
    priority: int = 0,
) -> Answer:
    """Accept a job and return what is answered; again for the same key, what was answered then."""
    found = accept_or_find(service, process, inputs, asking, once, answer, priority=priority)
    if isinstance(found, records.Job):
        return answer(found)
    if found.answer is None:
        raise still_running(found.job)
    return found.answer


def pending_job(service: Service, before: Kept) -> records.Job:
    """Return the finished job whose result is the answer to a key.

    Raises
    ------
    Problem
        409: it is not finished, or is not kept any more.
    """
    with service.database.read() as connection:
        job = records.find(connection, before.job or "")
    if job is None or not job.is_finished:
        raise still_running(before.job)
    return job


def still_running(job: str | None) -> Problem:
    """Return the problem with a key whose request is not answered yet."""
    told = "the request with this Idempotency-Key is still being worked on: look at its job, or ask again later"
    headers = {"Retry-After": "5"} | ({} if job is None else {"Location": f"/jobs/{job}"})
    return Problem(409, "still-running", told, headers=headers)
