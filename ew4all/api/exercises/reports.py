"""The report of an exercise: made beside it by a process of its own, kept as files until the next one, made again from the log at any time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from typing import TYPE_CHECKING, Any, Final

import structlog

from ew4all.api.exercises import records
from ew4all.api.exercises.process import EngineLost, EngineProcess
from ew4all.api.exercises.room import wall_now
from ew4all.api.problems import Problem
from ew4all.api.store.database import now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ew4all.api.service import Service

__all__ = ["begin", "file_of", "remove", "shown"]

_WITHIN_S: Final = 1800.0
_MADE: Final = "made"
_STATE: Final = "state.json"
_LOG = structlog.get_logger("ew4all.exercises")
_LOCK = threading.Lock()


def begin(service: Service, exercise: str) -> dict[str, Any]:
    """Begin to make the report of what has happened so far; return it as it is shown. One that is being made goes on alone.

    Raises
    ------
    Problem
        409: the exercise has not begun.
    """
    with service.database.read() as connection:
        log = [entry.line for entry in records.entries(connection, exercise)]
        stored = records.find(connection, exercise)
    if stored is None or not log:
        raise Problem(
            409, "clock-state", "the exercise has not begun, so that there is nothing to report"
        )
    with _LOCK:
        before = _state(service, exercise)
        if before["state"] == "running":
            return before
        state = {
            "state": "running",
            "created": now().isoformat(),
            "events": len(log),
            "process": os.getpid(),
        }
        _write(service, exercise, state)
    making = threading.Thread(target=_make, args=(service, stored, log, state), daemon=True)
    making.start()
    return shown(service, exercise)


def shown(service: Service, exercise: str) -> dict[str, Any]:
    """Return how the report stands, and its files when it is done."""
    return {name: value for name, value in _state(service, exercise).items() if name != "process"}


def file_of(service: Service, exercise: str, name: str) -> Path:
    """Return where a file of the report is.

    Raises
    ------
    Problem
        404: there is no report, or it has no file of this name.
    """
    found = _state(service, exercise)
    path = _folder(service, exercise) / _MADE / name
    if name in {one["name"] for one in found.get("files", ())} and path.is_file():
        return path
    raise Problem(404, "unknown-file", f"the report of this exercise has no file {name[:80]!r}")


def remove(service: Service, exercise: str) -> None:
    """Remove the report of an exercise that goes."""
    shutil.rmtree(_folder(service, exercise), ignore_errors=True)


def _state(service: Service, exercise: str) -> dict[str, Any]:
    try:
        text = (_folder(service, exercise) / _STATE).read_text("utf-8")
    except FileNotFoundError:
        return {"state": "none"}
    found: dict[str, Any] = json.loads(text)
    if found["state"] == "running" and not _is_alive(found["process"]):
        return {
            **found,
            "state": "failed",
            "problem": "the service ended while it was made; ask for it again",
        }
    return found


def _is_alive(process: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, 0)
        return True
    return False


def _write(service: Service, exercise: str, state: Mapping[str, Any]) -> None:
    folder = _folder(service, exercise)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{_STATE}.part"
    part.write_text(json.dumps(state), "utf-8")
    part.replace(folder / _STATE)


def _folder(service: Service, exercise: str) -> Path:
    return service.work_dir.parent / "reports" / exercise


def _make(service: Service, stored: records.Stored, log: list[str], state: dict[str, Any]) -> None:
    found: dict[str, Any] = {"state": "failed", "problem": "the simulation ended while it was made"}
    engine: EngineProcess | None = None
    made = _folder(service, stored.id) / _MADE
    try:
        shutil.rmtree(made, ignore_errors=True)
        engine = EngineProcess(service, stored, "report")
        engine.open(log, wall=wall_now())
        engine.ask("report", within_s=_WITHIN_S, folder=str(made))
        files = [{"name": p.name, "size": p.stat().st_size} for p in sorted(made.iterdir())]
        found = {"state": "done", "files": files}
    except Problem as error:
        found["problem"] = error.detail
    except (EngineLost, OSError) as error:
        _LOG.error("report failed", exercise=stored.id, error=str(error))
    finally:
        if engine is not None:
            engine.clear()
    # The exercise may have been removed meanwhile, and its report with it.
    if _folder(service, stored.id).is_dir():
        _write(service, stored.id, {**state, **found})
