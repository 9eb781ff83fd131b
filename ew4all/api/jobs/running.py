"""The child of a job: started in a session of its own, watched, and ended with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from ew4all.api.executions import RESPONSE
from ew4all.api.jobs import records
from ew4all.api.jobs.child import OUTCOME, REQUEST
from ew4all.api.jobs.drivers import sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.service import Service

__all__ = ["Ended", "environment", "internal", "run_child"]

_LOG = structlog.get_logger("ew4all.jobs")
_LOOK_S: Final = 0.25
_GRACE_S: Final = 3.0
_LOG_CHARACTERS: Final = 4000


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes
    ----------
    how
        ``made``: with results; ``problem``: with an error that is told; ``killed``: by a signal from outside; ``lost``: the job
        was dismissed or another attempt was begun; ``stopping``: this worker is about to end.
    value
        What it made, the problem document, or the signal.
    """

    how: Literal["made", "problem", "killed", "lost", "stopping"]
    value: Mapping[str, Any] = field(default_factory=dict)


def internal(detail: str, code: str = "internal") -> dict[str, Any]:
    """Return a problem that is not the client's fault."""
    return {"status": 500, "code": code, "detail": detail, "type": "about:blank"}


def run_child(service: Service, job: records.Job, folder: Path, files: Mapping[str, str]) -> Ended:
    """Run a job in a child to its end.

    Raises
    ------
    OSError
        The folder cannot be written, or no process be started.
    """
    request = {
        "process": job.process, "inputs": {k: v for k, v in job.inputs.items() if k != RESPONSE}, "files": dict(files),
        "workers": service.settings.processes_per_job, "limits": {"replicas": service.settings.limits.replicas},
    }  # fmt: skip
    (folder / REQUEST).write_text(json.dumps(request), "utf-8")
    # -P: what lies in the folder of the job is data, and never imported.
    command = [
        sys.executable, "-P", "-m", "ew4all.api.jobs.child", str(folder), str(os.getpid()),
    ]  # fmt: skip
    with (folder / "log.txt").open("wb") as errors:
        # A session of its own: what the child starts goes with it.
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment(),
            cwd=folder,
            start_new_session=True,
        )
        told = _Told()
        try:
            early = _watch(service, job, child, told)
        finally:
            _kill(child)
    if early is not None:
        return early
    return _ended(child.returncode, folder, told, job)


def environment() -> dict[str, str]:
    """Return the environment of a child: no setting of the service is its business, least of all a password."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("EW4ALL_") or k == "EW4ALL_CACHE_DIR"
    }
    return {**kept, **sealed()}


def _ended(code: int, folder: Path, told: _Told, job: records.Job) -> Ended:
    if code < 0:
        return Ended("killed", {"signal": signal.Signals(-code).name})
    outcome = folder / OUTCOME
    if outcome.is_file():
        found: dict[str, Any] = json.loads(outcome.read_text("utf-8"))
    elif told.problem is not None:  # there was no room to write it
        found = {"problem": told.problem}
    else:
        found = {"problem": internal("the process that computes ended without a result")}
    if "problem" not in found:
        return Ended("made", found["made"])
    if found["problem"]["status"] >= 500:
        text = (folder / "log.txt").read_text("utf-8", "replace")[-_LOG_CHARACTERS:]
        _LOG.error("child failed", job=job.id, code=code, problem=found["problem"], log=text)
    return Ended("problem", found["problem"])


class _Told:
    """What a child says, a line of JSON at a time."""

    def __init__(self) -> None:
        self.percent, self.message = 0.0, "running"
        self.problem: dict[str, Any] | None = None
        self._rest = b""

    def hear(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk)[-65536:].split(b"\n")
        for line in lines:
            # A library may print: what is no line of ours is passed over.
            with contextlib.suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                if "problem" in said:
                    self.problem = dict(said["problem"])
                else:
                    self.percent = max(self.percent, min(99.0, float(said["percent"])))
                    self.message = str(said["message"])[:200]


def _watch(
    service: Service, job: records.Job, child: subprocess.Popen[bytes], told: _Told
) -> Ended | None:
    """Pass progress on until the child ends; return why it must end early."""
    assert child.stdout is not None
    ends_s = time.monotonic() + service.settings.job_timeout_s
    looked_s, percent = time.monotonic(), 0.0
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            if ready.select(_LOOK_S):
                chunk = os.read(child.stdout.fileno(), 65536)
                told.hear(chunk)
                if not chunk:
                    ready.unregister(child.stdout)
            # Not by the end of its output: what it started may hold that open for ever.
            if _has_ended(child):
                return None
            if service.stopping.is_set():
                return Ended("stopping")
            if time.monotonic() > ends_s:
                seconds = service.settings.job_timeout_s
                problem = internal(
                    f"the job took longer than {seconds:g} seconds: ask for less at a time",
                    "timeout",
                )
                return Ended("problem", problem)
            if time.monotonic() - looked_s < 2 * _LOOK_S:
                continue
            looked_s = time.monotonic()
            try:
                if not _is_ours(service, job):
                    return Ended("lost")
                if told.percent - percent >= 1.0:
                    percent = told.percent
                    with service.database.begin() as connection:
                        records.tell(connection, job.id, job.attempts, percent, told.message)
            except (OperationalError, InterfaceError) as error:
                # The child needs no database; what it makes waits until there is one again.
                _LOG.warning("the database does not answer", job=job.id, error=str(error.orig))


def _is_ours(service: Service, job: records.Job) -> bool:
    with service.database.read() as connection:
        current = records.find(connection, job.id)
    return current is not None and not current.is_finished and current.attempts == job.attempts


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Say whether the child has ended, leaving it a zombie: its number stays taken until its group is ended."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started."""
    if not _has_ended(child):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        ends_s = time.monotonic() + _GRACE_S
        while not _has_ended(child) and time.monotonic() < ends_s:
            time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
