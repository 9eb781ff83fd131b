"""What would have been: the exercise played again with other decisions, in a process of its own, and kept."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ew4all.api.exercises import records
from ew4all.api.exercises.access import unknown_exercise
from ew4all.api.exercises.process import EngineLost, EngineProcess
from ew4all.api.exercises.room import wall_now
from ew4all.api.jobs.records import utc
from ew4all.api.problems import Problem
from ew4all.api.store.database import now
from ew4all.api.store.tables import BRANCHES
from ew4all.errors import EW4AllError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

    from ew4all.api.exercises.room import Room
    from ew4all.api.service import Service

__all__ = ["begin", "fail_lost", "find_branch", "list_branches", "shown"]

_AT_A_TIME: Final = 2
_WITHIN_S: Final = 900.0
_LOST: Final = dt.timedelta(seconds=_WITHIN_S + 600.0)
"""After what time nobody plays a branch any more, even where nobody could write down that it failed."""
_GONE: Final = {"problem": "the service ended while it was played; ask for it again"}
_LOG = structlog.get_logger("ew4all.exercises")


def begin(service: Service, room: Room, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Begin to play a branch; return it as it is shown.

    Raises
    ------
    Problem
        429: as many are being played as may; 400: it cannot be.
    """
    exercise = room.stored.id
    if not service.engines_beside.acquire(blocking=False):
        told = "as many reports and what-ifs are being played as this process may: wait for one of them"
        raise Problem(429, "too-many-branches", told, headers={"Retry-After": "20"})
    with ExitStack() as undone:
        undone.callback(service.engines_beside.release)
        made, log, stored = _written(service, exercise, asked)
        playing = threading.Thread(
            target=_play, args=(service, room, made.number, dict(asked), log, stored), daemon=True
        )
        playing.start()
        undone.pop_all()
    return shown(made, is_whole=False)


def _written(
    service: Service, exercise: str, asked: Mapping[str, Any]
) -> tuple[Row[Any], list[str], records.Stored]:
    """Write down that a branch is being played; return it, and the log and exercise as they are at this moment."""
    with service.database.begin() as connection:
        service.database.hold(connection, f"branches of {exercise}")
        mine = BRANCHES.c.exercise == exercise
        going = (
            select(func.count())
            .select_from(BRANCHES)
            .where(mine, BRANCHES.c.state == "running", BRANCHES.c.created > now() - _LOST)
        )
        if connection.execute(going).scalar_one() >= _AT_A_TIME:
            told = f"{_AT_A_TIME} branches are being played: wait for one of them"
            raise Problem(429, "too-many-branches", told, headers={"Retry-After": "20"})
        number = (
            int(connection.execute(select(func.max(BRANCHES.c.number)).where(mine)).scalar() or 0)
            + 1
        )
        row = {
            "exercise": exercise, "number": number, "title": asked["title"], "asked": dict(asked), "state": "running", "result": None,
            "created": now(),
        }  # fmt: skip
        connection.execute(insert(BRANCHES).values(row))
        log = [entry.line for entry in records.entries(connection, exercise)]
        stored = records.find(connection, exercise)
        if stored is None:
            raise unknown_exercise(exercise)
        made = connection.execute(select(BRANCHES).where(mine, BRANCHES.c.number == number)).one()
    return made, log, stored


def list_branches(connection: Connection, exercise: str) -> list[Row[Any]]:
    """Return the branches of an exercise, the newest first."""
    query = select(BRANCHES).where(BRANCHES.c.exercise == exercise)
    return list(connection.execute(query.order_by(BRANCHES.c.number.desc())))


def find_branch(connection: Connection, exercise: str, number: int) -> Row[Any] | None:
    """Return a branch; None where there is none."""
    mine = BRANCHES.c.exercise == exercise, BRANCHES.c.number == number
    return connection.execute(select(BRANCHES).where(*mine)).first()


def fail_lost(service: Service) -> None:
    """Tell of branches whose process ended with the service: nobody plays them any more."""
    gone = [BRANCHES.c.state == "running"]
    if not service.database.is_sqlite:  # another process may be at it
        gone.append(BRANCHES.c.created < now() - _LOST)
    with service.database.begin() as connection:
        connection.execute(update(BRANCHES).where(*gone).values(state="failed", result=_GONE))


def shown(row: Row[Any], *, is_whole: bool = True) -> dict[str, Any]:
    """Return a branch as it is shown."""
    out = {
        "id": f"b{row.number}", "title": row.title, "state": row.state, "changes": row.asked["changes"],
        "created": utc(row.created).isoformat(),
    }  # fmt: skip
    result = row.result or {}
    if row.state == "running" and utc(row.created) < now() - _LOST:
        out["state"], result = "failed", _GONE
    if not is_whole:
        result = {
            name: result[name] for name in ("problem", "counters", "until_s") if name in result
        }
    return {**out, **result}


def _play(
    service: Service,
    room: Room,
    number: int,
    asked: dict[str, Any],
    log: list[str],
    stored: records.Stored,
) -> None:
    state = "failed"
    result: dict[str, Any] = {"problem": "the simulation ended while it was played"}
    engine: EngineProcess | None = None
    try:
        engine = EngineProcess(service, stored, f"branch-{number}")
        engine.open(log, wall=wall_now())
        found = engine.ask("branch", within_s=_WITHIN_S, changes=asked["changes"], until_s=asked.get("until_s"))  # fmt: skip
        state, result = "done", found["result"]
    except Problem as error:
        result = {"problem": error.detail, "errors": list(error.errors)}
    except EW4AllError as error:
        result = {"problem": str(error)}
    except (EngineLost, OSError) as error:
        _LOG.error("branch failed", exercise=stored.id, error=str(error))
    finally:
        if engine is not None:
            engine.clear()
        service.engines_beside.release()
    mine = BRANCHES.c.exercise == stored.id, BRANCHES.c.number == number
    try:
        with service.database.begin() as connection:
            connection.execute(update(BRANCHES).where(*mine).values(state=state, result=result))
            row = connection.execute(select(BRANCHES).where(*mine)).first()
    except (DBAPIError, PoolTimeout) as error:
        _LOG.error("branch not kept", exercise=stored.id, error=str(error))
        return
    if row is not None:  # the exercise may be gone
        room.broadcast.tell("branch", {"branch": shown(row, is_whole=False)}, to_truth=True)
