"""Queue and workers: DBOS keeps what was accepted and gives each job to one worker at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dbos import DBOS, DBOSClient, EnqueueOptions

from ew4all.api.jobs.workflow import perform
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ew4all.api.jobs.records import Job
    from ew4all.api.service import Service

__all__ = ["Dispatcher", "Worker"]

APPLICATION: Final = "ew4all"
QUEUE: Final = "jobs"
WORKFLOW: Final = "ew4all.job"
VERSION: Final = "1"
"""Of the workflow: raised when its steps change, so that no other version takes its jobs."""


class Dispatcher:
    """Puts jobs in the queue, in the transaction that writes them down."""

    def __init__(self, url: str) -> None:
        self._client = DBOSClient(system_database_url=url, application_name=APPLICATION)

    def enqueue(self, connection: Connection, job: Job) -> None:
        """Put a job in the queue; it is there when the transaction is."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW, "queue_name": QUEUE, "workflow_id": job.id, "app_version": VERSION,
            "priority": max(1, 1000 - job.priority),
        }  # fmt: skip
        self._client.enqueue_in_transaction(connection, options, job.id)

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()


class Worker:
    """Takes jobs from the queue; one a process, since DBOS is one."""

    _running: Worker | None = None

    def __init__(self, service: Service, name: str = "worker") -> None:
        if Worker._running is not None:
            msg = "this process has a worker already"
            raise OptionError(msg)
        Worker._running = self
        settings = self._settings = service.settings
        self._dbos = DBOS(
            config={
                "name": APPLICATION, "system_database_url": settings.store_url, "application_version": VERSION,
                "executor_id": name, "log_level": "WARNING", "console_log_level": "WARNING",
                "max_executor_threads": max(4, 2 * settings.workers),
            }
        )  # fmt: skip

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=1_000_000)
        def job(identifier: str) -> str:
            status: str = _work(identifier)
            return status

        @DBOS.step(name="ew4all.work")
        def _work(identifier: str) -> str:
            return perform(service, identifier)

    def start(self) -> None:
        """Go on with what was left by a crash, then take new jobs."""
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._settings.workers or 1,
            polling_interval_sec=self._settings.poll_s,
            on_conflict="always_update",
        )

    def stop(self, wait_s: int = 0) -> None:
        """Take no more jobs; what runs is gone on with at the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_s, destroy_registry=True)
        Worker._running = None
