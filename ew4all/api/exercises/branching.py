"""A what-if: the exercise played again with some decisions at other times, without them, or with more; beside what was. Runs in an engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ew4all.api.exercises.acting import decision_payload
from ew4all.api.exercises.books import Books, is_decision, seconds
from ew4all.api.exercises.picture import Painter
from ew4all.api.problems import Problem
from ew4all.errors import EW4AllError
from ew4all.exercises.branches import Change, branch
from ew4all.exercises.session import Session
from ew4all.sim.exercise_events import NoteWritten, Who
from ew4all.sim.exercise_log import ExerciseLog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ew4all.sim.exercise_events import Event

__all__ = ["branched"]


def branched(
    session: Session, changes: Sequence[Mapping[str, Any]], until_s: float | None
) -> dict[str, Any]:
    """Return how the exercise would stand, beside how it does.

    Raises
    ------
    Problem
        400: a change that cannot be, with its place.
    """
    end_s = session.log.last_s if until_s is None else min(until_s, session.exercise.length_s)
    left_out: set[int] = set()
    times: list[float] = []
    asked: list[Change] = []
    for k, change in enumerate(changes):
        where = f"#/changes/{k}"
        if change["do"] == "add":
            added = _added(session, change, where)
            asked.append(added)
            times.append(added.time_s)
            continue
        event = _decision(session, change.get("decision"), where)
        left_out.add(event.sequence)
        times.append(event.time_s)
        if change["do"] == "move":
            time_s = _time(change, where)
            asked.append(Change(time_s, event.who, event.payload))
            times.append(time_s)
    # What is left out becomes a note: numbers stay, so that whatever names another event still does.
    log = ExerciseLog(
        replace(e, payload=NoteWritten("left out")) if e.sequence in left_out else e
        for e in session.log
    )
    bare = Session(session.exercise, session.worlds, log, assume=session.assume)
    try:
        found = branch(bare, asked, at_s=min(times), until_s=max(end_s, min(times)))
    except EW4AllError as error:
        told = str(error)
        raise Problem(400, "invalid-branch", told, errors=[_fault("#/changes", told)]) from error
    actual, other = _pictured(session, end_s), _pictured(found.session, end_s)
    return {
        "from_s": seconds(found.from_s), "until_s": seconds(end_s), "notes": list(found.notes),
        "counters": {"actual": actual["counters"], "branch": other["counters"]},
        "zones": {"actual": actual["zones"], "branch": other["zones"]},
        "curves": {"actual": actual["curves"], "branch": other["curves"]},
    }  # fmt: skip


def _pictured(session: Session, time_s: float) -> dict[str, Any]:
    painter = Painter(session, 0.0)
    painter.ask(time_s, [e for e in session.log if e.time_s <= time_s])
    painter.wait(1e6)
    picture = painter.latest
    if picture is None:
        raise Problem(400, "invalid-branch", painter.problem or "the branch cannot be played")
    curves = picture.curves
    whole = [round(float(v)) for v in curves["warned"][:, -1]]
    return {
        "counters": picture.whole["counters"],
        "zones": [
            {k: z[k] for k in ("id", "at_risk", "warned", "in_time")}
            for z in picture.whole["zones"]
        ],
        "curves": {
            "time_s": [seconds(float(t)) for t in curves["time_s"]],
            "curves": [{"channel": "any", "stage": "warned", "people": whole}],
        },
    }


def _added(session: Session, change: Mapping[str, Any], where: str) -> Change:
    asked = change.get("add")
    if asked is None:
        raise _missing(where, "add", "the decision that is added")
    time_s = _time(change, where)
    given = {
        "alert": None,
        "area": None,
        "duration_s": None,
        "zone": None,
        "number": 1,
        "reason": "",
        **asked,
    }
    given["kind"] = asked["kind"]
    payload = decision_payload(session, Books(session), given)
    return Change(time_s, Who("player", asked.get("team"), "what if"), payload)


def _decision(session: Session, number: int | None, where: str) -> Event:
    if number is None:
        raise _missing(where, "decision", "the number of the decision")
    if not 1 <= number <= len(session.log) or not is_decision(session.log[number - 1]):
        told = f"there is no decision {number} in this exercise"
        raise Problem(400, "invalid-branch", told, errors=[_fault(f"{where}/decision", told)])
    return session.log[number - 1]


def _time(change: Mapping[str, Any], where: str) -> float:
    if change.get("time_s") is None:
        raise _missing(where, "time_s", "its exercise time")
    return float(change["time_s"])


def _missing(where: str, name: str, what: str) -> Problem:
    told = f"the change needs {name!r}, {what}"
    return Problem(400, "invalid-branch", told, errors=[_fault(f"{where}/{name}", told)])


def _fault(pointer: str, told: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": told, "code": "invalid-branch"}
