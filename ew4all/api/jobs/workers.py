"""Queue and workers: DBOS keeps what was accepted and gives each job to one worker at a time."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, Final

from dbos import DBOS, DBOSClient, EnqueueOptions

from ew4all.api.identifiers import new_id
from ew4all.api.jobs.keeper import Keeper
from ew4all.api.jobs.workflow import perform
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from ew4all.api.jobs.records import Job
    from ew4all.api.service import Service

__all__ = ["Dispatcher", "Worker"]

APPLICATION: Final = "ew4all"
QUEUE: Final = "jobs"
WORKFLOW: Final = "ew4all.job"
VERSION: Final = "1"
"""Of the workflow, for ever: it has no steps that another version could not go on with."""

_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_STOP_S: Final = 15.0


class Dispatcher:
    """Puts jobs in the queue, in the transaction that writes them down; and says what became of them there."""

    def __init__(self, url: str) -> None:
        DBOS.migrate(url)  # where no worker was ever started, its tables are not there
        self._client = DBOSClient(
            system_database_url=url,
            application_name=APPLICATION,
            retry_connection_errors=False,
        )

    def enqueue(self, connection: Connection, job: Job, waiting: int = 0) -> None:
        """Put a job in the queue; it is there when the transaction is.

        `waiting` is how many jobs its owner has in it: of two owners, whoever has fewer goes first, so that nobody who sends
        a hundred keeps the others waiting.
        """
        rank = (100 - job.priority) * 10_000 + min(waiting, 9_999)
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW, "queue_name": QUEUE, "workflow_id": job.id, "app_version": VERSION,
            "priority": rank,
        }  # fmt: skip
        self._client.enqueue_in_transaction(connection, options, job.id)

    def give_back(self, executor: str) -> int:
        """Put jobs back in the queue that a worker had which is no more; return how many."""
        found = self._client.list_workflows(
            status="PENDING", executor_id=executor, load_input=False, load_output=False
        )
        ids = [one.workflow_id for one in found]
        if ids:
            self._client.resume_workflows(ids, queue_name=QUEUE)
        return len(ids)

    def ended(self, jobs: Sequence[str]) -> dict[str, str]:
        """Return which of these jobs the queue will do nothing for any more, and why."""
        found = self._client.list_workflows(
            workflow_ids=list(jobs), load_input=False, load_output=True
        )
        known = {one.workflow_id: one for one in found}
        out = {job: "it is not in the queue" for job in jobs if job not in known}
        for one in found:
            if one.status in _ENDED:
                out[one.workflow_id] = f"{one.status}: {one.error}" if one.error else one.status
        return out

    def forget(self, jobs: Iterable[str]) -> None:
        """Remove what the queue remembers of jobs."""
        known = self._client.list_workflows(
            workflow_ids=list(jobs), load_input=False, load_output=False
        )
        if known:
            self._client.delete_workflows([one.workflow_id for one in known])

    def close(self) -> None:
        """Close its connections."""
        self._client.destroy()


class Worker:
    """Takes jobs from the queue; one a process, since DBOS is one."""

    _running: Worker | None = None

    def __init__(self, service: Service, name: str | None = None) -> None:
        if Worker._running is not None:
            msg = "this process has a worker already"
            raise OptionError(msg)
        Worker._running = self
        settings = self._settings = service.settings
        self._service = service
        self.id = new_id()
        """Another one at each start, so that nobody takes the jobs of a worker that lives for those of one that does not."""
        self._keeper = Keeper(service, self.id, name or socket.gethostname())
        self._performing = 0
        self._dbos = DBOS(
            config={
                "name": APPLICATION, "system_database_url": settings.store_url, "application_version": VERSION,
                "executor_id": self.id, "log_level": "WARNING", "console_log_level": "WARNING",
                "max_executor_threads": max(8, 4 * settings.workers),
            }
        )  # fmt: skip

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=1_000_000)
        def job(identifier: str) -> str:
            self._performing += 1
            try:
                return perform(service, identifier)
            finally:
                self._performing -= 1

    def start(self) -> None:
        """Go on with what was left by a crash, then take new jobs."""
        self._service.stopping.clear()
        self._keeper.begin()
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._settings.workers or 1,
            polling_interval_sec=self._settings.poll_s,
            on_conflict="always_update",
        )
        self._keeper.start()

    def stop(self) -> None:
        """Take no more jobs; what runs is ended, goes back into the queue, and is begun again by another or at the next start."""
        self._service.stopping.set()
        ends_s = time.monotonic() + _STOP_S
        while self._performing and time.monotonic() < ends_s:
            time.sleep(0.02)
        DBOS.destroy(destroy_registry=True)
        self._keeper.stop()
        Worker._running = None

    def facts(self) -> dict[str, Any]:
        """Return what is worth a line of the log."""
        return {"worker": self.id, "performing": self._performing}
