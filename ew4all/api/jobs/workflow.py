"""The workflow of a job, durable by DBOS: begin, work in a child, end; after a crash it goes on where it was."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from ew4all.api.jobs import records
from ew4all.api.jobs.child import OUTCOME, REQUEST
from ew4all.api.jobs.outcome import collect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.service import Service

__all__ = ["ATTEMPTS", "LOCKED_DOWN", "perform"]

ATTEMPTS: Final = 5
"""How often a child that was killed from outside is started again before the job is given up."""

_LOG = structlog.get_logger("ew4all.jobs")
_LOOK_S: Final = 0.25
_GRACE_S: Final = 3.0


def perform(service: Service, identifier: str) -> str:
    """Do a job to its end and return its status; done again after a crash it changes nothing that was finished."""
    while True:
        with service.database.begin() as connection:
            job = records.start(connection, identifier)
        if job is None:
            break
        log = _LOG.bind(job=identifier, process=job.process, attempt=job.attempts)
        if job.attempts > ATTEMPTS:
            _end(service, identifier, problem=_given_up(job.attempts - 1))
            break
        folder = service.work_dir / identifier / str(job.attempts)
        try:
            outcome = _in_child(service, job, folder)
            if outcome is None:  # dismissed
                break
            if "killed" in outcome:
                log.warning("child killed", signal=outcome["killed"])
                continue
            problem = outcome.get("problem")
            if problem is not None:
                _end(service, identifier, problem=problem)
            else:
                outputs, layers = collect(service, identifier, folder / "out", outcome["made"])
                _end(service, identifier, outputs=outputs, layers=layers)
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)
    with service.database.read() as connection:
        job = records.find(connection, identifier)
    return "unknown" if job is None else job.status


def _end(service: Service, identifier: str, **how: Any) -> None:
    with service.database.begin() as connection:
        records.finish(connection, identifier, **how)


def _given_up(attempts: int) -> dict[str, Any]:
    told = f"the process that computes was killed {attempts} times from outside, most likely for want of memory: ask for less at a time"
    return {"status": 500, "code": "killed", "detail": told, "type": "about:blank"}


def _in_child(service: Service, job: records.Job, folder: Path) -> dict[str, Any] | None:
    """Run the child to its end; None where the job was dismissed meanwhile."""
    (folder / "out").mkdir(parents=True, exist_ok=True)
    request = {
        "process": job.process, "inputs": job.inputs, "files": _linked(service.paths_of(job.inputs), folder),
        "workers": service.settings.processes_per_job,
    }  # fmt: skip
    (folder / REQUEST).write_text(json.dumps(request), "utf-8")
    environment = {**os.environ, **LOCKED_DOWN}
    command = [sys.executable, "-m", "ew4all.api.jobs.child", str(folder)]
    with (folder / "log.txt").open("wb") as errors:
        # A session of its own: what the child starts goes with it.
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        try:
            alive = _watch(service, job, child)
        finally:
            _kill(child)
    if not alive:
        return None
    if child.returncode < 0:
        return {"killed": -child.returncode}
    outcome = folder / OUTCOME
    if not outcome.is_file():
        return {"killed": 0}
    found: dict[str, Any] = json.loads(outcome.read_text("utf-8"))
    if found.get("problem", {}).get("code") == "internal":
        _LOG.error(
            "child failed",
            job=job.id,
            log=(folder / "log.txt").read_text("utf-8", "replace")[-4000:],
        )
    return found


def _linked(paths: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return relative paths of files under names of their references: results tell these, and not where the store is."""
    home = folder / "inputs"
    home.mkdir(exist_ok=True)
    links = {}
    for reference, path in paths.items():
        name = reference.replace(":", "-").removesuffix(Path(path).suffix) + Path(path).suffix
        (home / name).symlink_to(Path(path).resolve())
        links[reference] = f"inputs/{name}"
    return links


LOCKED_DOWN: Final = {
    "GDAL_SKIP": "HTTP,WMS,WMTS,WCS,WFS,OAPIF,PLMOSAIC,NGW,DAAS,EEDA,EEDAI,STACIT,STACTA,GDALG",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
}
"""GDAL's drivers that would go out on the network are off: an uploaded file may name an address."""


def _watch(service: Service, job: records.Job, child: subprocess.Popen[bytes]) -> bool:
    """Pass progress on until the child ends; false where the job was dismissed."""
    assert child.stdout is not None
    ends_s = time.monotonic() + service.settings.job_timeout_s
    told_s, line = 0.0, b""
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while True:
            if ready.select(_LOOK_S):
                chunk = os.read(child.stdout.fileno(), 65536)
                if not chunk:
                    child.wait()
                    return True
                line = (line + chunk)[-65536:]
            if time.monotonic() > ends_s:
                _kill(child)
                _end(service, job.id, problem=_too_long(service.settings.job_timeout_s))
                return False
            if time.monotonic() - told_s < 2 * _LOOK_S:
                continue
            told_s = time.monotonic()
            percent, line = _percent(line)
            with service.database.read() as connection:
                current = records.find(connection, job.id)
            if current is None or current.is_finished:
                return False
            if percent is not None and abs(percent - current.progress) >= 1.0:
                with service.database.begin() as connection:
                    records.tell(connection, job.id, percent, "running")


def _too_long(seconds: float) -> dict[str, Any]:
    told = f"the job took longer than {seconds:g} seconds: ask for less at a time"
    return {"status": 500, "code": "timeout", "detail": told, "type": "about:blank"}


def _percent(lines: bytes) -> tuple[float | None, bytes]:
    """Return the last progress told, 0..99, and the line that is not complete."""
    *whole, rest = lines.split(b"\n")
    for text in reversed(whole):
        with contextlib.suppress(ValueError, KeyError, TypeError, ZeroDivisionError):
            told = json.loads(text)
            return min(99.0, 100.0 * told["done"] / told["total"]), rest
    return None, rest


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child and all that it started."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
