"""The report of an exercise: made beside it by a process of its own, kept as files until the next one, made again from the log at any time."""

from __future__ import annotations

import json
import shutil
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.exc import DBAPIError

from ew4all.api.exercises import records
from ew4all.api.exercises.folders import hold, is_held, reports_in
from ew4all.api.exercises.process import EngineLost, EngineProcess
from ew4all.api.exercises.room import wall_now
from ew4all.api.problems import Problem
from ew4all.api.store.database import now
from ew4all.errors import EW4AllError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from ew4all.api.service import Service

__all__ = ["begin", "file_of", "remove", "shown"]

_WITHIN_S: Final = 1800.0
_MADE: Final = "made"
_STATE: Final = "state.json"
_HELD: Final = "making.lock"
"""Held by whoever makes the report, in whatever process and container."""
_LOOKS: Final = 20
_LOG = structlog.get_logger("ew4all.exercises")


def begin(service: Service, exercise: str) -> dict[str, Any]:
    """Begin to make the report of what has happened so far; return it as it is shown. One that is being made goes on alone.

    Raises
    ------
    Problem
        409: the exercise has not begun; 429: as much is being played beside exercises as may.
    """
    with service.database.read() as connection:
        log = [entry.line for entry in records.entries(connection, exercise)]
        stored = records.find(connection, exercise)
    if stored is None or not log:
        raise Problem(
            409, "clock-state", "the exercise has not begun, so that there is nothing to report"
        )
    held = _held_alone(service, exercise)
    if held is None:
        return shown(service, exercise)
    if not service.engines_beside.acquire(blocking=False):
        held.close()
        told = "as many reports and what-ifs are being played as this process may: wait for one of them"
        raise Problem(429, "too-many-reports", told, headers={"Retry-After": "20"})
    try:
        state = {"state": "running", "created": now().isoformat(), "events": len(log)}
        _write(service, exercise, state)
        making = threading.Thread(
            target=_make, args=(service, stored, log, state, held), daemon=True
        )
        making.start()
    except (OSError, RuntimeError):
        service.engines_beside.release()
        held.close()
        raise
    return state


def shown(service: Service, exercise: str) -> dict[str, Any]:
    """Return how the report stands, and its files when it is done."""
    folder = _folder(service, exercise)
    found: dict[str, Any] = {}
    try:
        # Twice: it may have been done between a look and the other.
        for _ in range(2):
            found = json.loads((folder / _STATE).read_text("utf-8"))
            if found["state"] != "running" or is_held(folder / _HELD):
                return found
    except FileNotFoundError:
        return {"state": "none"}
    lost = "the service ended while it was made; ask for it again"
    return {**found, "state": "failed", "problem": lost}


def file_of(service: Service, exercise: str, name: str) -> Path:
    """Return where a file of the report is.

    Raises
    ------
    Problem
        404: there is no report, or it has no file of this name.
    """
    found = shown(service, exercise)
    path = _folder(service, exercise) / _MADE / name
    if name in {one["name"] for one in found.get("files", ())} and path.is_file():
        return path
    raise Problem(404, "unknown-file", f"the report of this exercise has no file {name[:80]!r}")


def remove(service: Service, exercise: str) -> None:
    """Remove the report of an exercise that goes."""
    shutil.rmtree(_folder(service, exercise), ignore_errors=True)


def _held_alone(service: Service, exercise: str) -> BinaryIO | None:
    """Hold the report of an exercise; None where somebody makes it already."""
    folder = _folder(service, exercise)
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(_LOOKS):
        try:
            return hold(folder, _HELD, alone=True)
        except BlockingIOError:
            # Whoever looks holds it, too, for a moment.
            if shown(service, exercise)["state"] == "running":
                break
            time.sleep(0.01)
    return None


def _write(service: Service, exercise: str, state: Mapping[str, Any]) -> None:
    folder = _folder(service, exercise)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_STATE}.part"
    part.write_text(json.dumps(state), "utf-8")
    part.replace(folder / _STATE)


def _folder(service: Service, exercise: str) -> Path:
    return reports_in(service.work_dir) / exercise


def _make(
    service: Service, stored: records.Stored, log: list[str], state: dict[str, Any], held: BinaryIO
) -> None:
    try:
        with held:
            found = _made(service, stored, log)
            with service.database.read() as connection:
                is_there = records.find(connection, stored.id) is not None
            # The exercise may have been removed meanwhile, and its report with it.
            if is_there:
                _write(service, stored.id, {**state, **found})
            else:
                remove(service, stored.id)
    except (OSError, DBAPIError) as error:
        # Nobody holds it any more: whoever looks is told that it has failed.
        _LOG.error("report not kept", exercise=stored.id, error=str(error))
    finally:
        service.engines_beside.release()


def _made(service: Service, stored: records.Stored, log: list[str]) -> dict[str, Any]:
    """Make the files; return what the state says of them, or what went wrong."""
    engine: EngineProcess | None = None
    made = _folder(service, stored.id) / _MADE
    try:
        shutil.rmtree(made, ignore_errors=True)
        engine = EngineProcess(service, stored, "report")
        engine.open(log, wall=wall_now())
        engine.ask("report", within_s=_WITHIN_S, folder=str(made))
        files = [{"name": p.name, "size": p.stat().st_size} for p in sorted(made.iterdir())]
    except Problem as error:
        return {"state": "failed", "problem": error.detail}
    except EW4AllError as error:
        return {"state": "failed", "problem": str(error)}
    except (EngineLost, OSError) as error:
        _LOG.error("report failed", exercise=stored.id, error=str(error))
        return {"state": "failed", "problem": "the simulation ended while it was made"}
    finally:
        if engine is not None:
            engine.clear()
    return {"state": "done", "files": files}
