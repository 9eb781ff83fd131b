"""From what somebody asks for to what is written into the log of an exercise, or why it cannot be. Runs in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.api.problems import Problem
from ew4all.errors import (
    ConflictError,
    EW4AllError,
    ExerciseLogError,
    GeometryError,
    MessageError,
    OptionError,
)
from ew4all.sim.exercise import marked
from ew4all.sim.exercise_events import (
    AlertApproved,
    AlertCancelled,
    AlertContent,
    AlertDrafted,
    AlertIssued,
    AlertUpdated,
    Ended,
    InjectEdited,
    InjectFired,
    InjectHeld,
    InjectSkipped,
    InjectUndone,
    Jumped,
    MessageRead,
    MessageSent,
    NoteWritten,
    Paused,
    PowerRequested,
    RequestRefused,
    Resumed,
    RoamingRequested,
    SatelliteRequested,
    ScoreGiven,
    SirensOrdered,
    SpeedChanged,
    Started,
    Stepped,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.exercises.books import Books
    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import Payload, Who

__all__ = [
    "clock_payloads",
    "content_of",
    "decision_payload",
    "inject_payload",
    "must_be_theirs",
    "refused",
    "score_payload",
    "talk_payload",
]

_STEP_S: Final = 60.0


def clock_payloads(session: Session, given: Mapping[str, Any]) -> list[Payload]:
    """Return what a request to the clock does, in its order.

    Raises
    ------
    Problem
        409: it cannot be now; 400: something is missing.
    """
    do, clock = given["do"], session.clock
    if do == "start":
        if clock.has_started:
            msg = "the exercise has begun already"
            raise _clock_problem(msg)
        speed = given.get("speed") or session.exercise.speed_at(0.0)
        return [Started(session.exercise.identifier, session.digest, speed, given.get("seed", 0))]
    if not clock.has_started:
        msg = "the exercise has not begun: start it first"
        raise _clock_problem(msg)
    if clock.is_over:
        msg = "the exercise has ended: its clock stands for good"
        raise _clock_problem(msg)
    if do == "pause":
        return [Paused(given.get("reason") or "facilitator")]
    if do == "resume":
        return [Resumed()]
    if do == "speed":
        return [SpeedChanged(_needed(given, "speed"))]
    if do == "end":
        return [Ended(given.get("reason") or "facilitator")]
    stand: list[Payload] = [Paused("step")] if clock.is_running and do == "step" else []
    if do == "step":
        seconds = given.get("seconds")
        return [*stand, Stepped(_STEP_S if seconds is None else seconds)]
    return [Jumped(_needed(given, "time_s"))]


def inject_payload(session: Session, books: Books, do: str, given: Mapping[str, Any]) -> Payload:
    """Return what is done with an inject.

    Raises
    ------
    Problem
        404: there is none; 409: it cannot be now; 412: somebody else has changed it.
    """
    name = given["inject"]
    state = session.injects.states.get(name)
    if state is None:
        raise Problem(404, "unknown-inject", f"there is no inject {name!r} in this exercise")
    shown = books.inject(name, session.log.last_s, brief=True)
    version = given.get("version")
    if version is not None and version != shown["version"]:
        raise changed_meanwhile(books.inject(name, session.log.last_s), f"the inject {name!r}")
    if do == "edit_inject":
        if state.status == "fired":
            raise Problem(
                409, "inject-state", f"the inject {name!r} has fired: it cannot be changed any more"
            )
        return InjectEdited(name, state.version, changes_of(books.inject(name, 0.0), given["body"]))
    reason = given.get("reason", "")
    if do == "undo_inject":
        return InjectUndone(name, _last_of(session, name))
    if do == "fire_inject":
        return InjectFired(name, state.version, "hand")
    if do == "skip_inject":
        return InjectSkipped(name, reason)
    is_held = do == "hold_inject"
    if is_held == (state.status == "held") and state.status in {"held", "planned"}:
        told = f"the inject {name!r} is {'held' if is_held else 'not held'} already"
        raise Problem(409, "inject-state", told)
    return InjectHeld(name, held=is_held)


def changes_of(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an inject that are another than before, by their names in the log."""
    ours = {k: v for k, v in body.items() if k not in {"id", "attachments"}}
    return {k: v for k, v in ours.items() if k in before and before[k] != v}


def _last_of(session: Session, name: str) -> int:
    undone = {e.payload.undoes for e in session.log if isinstance(e.payload, InjectUndone)}
    kinds = InjectFired | InjectHeld | InjectEdited | InjectSkipped
    mine = [
        e.sequence
        for e in session.log
        if isinstance(e.payload, kinds) and e.payload.inject == name and e.sequence not in undone
    ]
    if not mine:
        told = f"nothing happened to the inject {name!r} that could be taken back"
        raise Problem(409, "inject-state", told)
    return mine[-1]


def decision_payload(session: Session, books: Books, asked: Mapping[str, Any]) -> Payload:
    """Return what a decision is in the log.

    Raises
    ------
    Problem
        400: something is missing or at fault, with its place; 404: no such alert; 409: it cannot be now.
    """
    kind = asked["kind"]
    if kind in {"draft_alert", "update_alert"}:
        return _written(session, books, kind, asked)
    if kind in {"approve_alert", "issue_alert", "cancel_alert"}:
        return _named(session, books, kind, asked)
    if kind == "order_sirens":
        order = f"s{1 + sum(isinstance(e.payload, SirensOrdered) for e in session.log)}"
        return SirensOrdered(order, asked.get("area"), asked.get("duration_s") or 1800.0)
    if kind == "refuse_request":
        return RequestRefused(str(_needed(asked, "request")), asked.get("reason", ""))
    request = f"r{1 + len(session.requests.requests)}"
    if kind == "request_roaming":
        return RoamingRequested(request)
    made = PowerRequested if kind == "request_power" else SatelliteRequested
    return made(request, asked.get("zone"), asked.get("number", 1))


def must_be_theirs(books: Books, who: Who, asked: Mapping[str, Any]) -> None:
    """Let players do nothing with alerts of other teams: of a draft they know nothing, and what was issued is of who issued it.

    Raises
    ------
    Problem
        404: a draft of another team, as if there were none; 403: an alert, or an order of sirens, of another team.
    """
    given = asked.get("alert")
    name = given.get("id") if isinstance(given, dict) else given
    if who.role != "player" or not isinstance(name, str) or not books.has_alert(name):
        return
    alert = books.alert(name, 0.0, brief=True)
    if alert["team"] == who.team:
        return
    if alert["issued_s"] is None:
        raise _no_alert(name)
    told = f"the alert {name!r} is of another team: its own team, or a facilitator, updates and cancels it"
    raise Problem(403, "not-your-team", told)


def _written(
    session: Session, books: Books, kind: str, asked: Mapping[str, Any]
) -> AlertDrafted | AlertUpdated:
    given = asked.get("alert")
    if not isinstance(given, dict):
        msg = "#/alert"
        raise _fault(msg, "the alert itself is missing: hazard, channels, contents, area")
    name = given.get("id")
    if name is not None:
        _must_be_there(session, books, name)
    content = content_of(given, must_have_text=kind == "update_alert")
    if kind == "update_alert":
        if name is None:
            msg = "#/alert/id"
            raise _fault(msg, "which alert is updated? name one that is on air")
        if not session.alerts.alert(name).is_on_air:
            msg = f"the alert {name!r} is not on air"
            raise _alert_problem(msg)
        return AlertUpdated(name, content)
    before = session.alerts.alert(name) if name is not None else None
    if before is not None and before.issued_s is not None:
        msg = f"the alert {name!r} was issued: update it, or draft another one"
        raise _alert_problem(msg)
    version = 0 if before is None else before.version
    if name is not None and given.get("version") not in {None, version}:
        raise changed_meanwhile(books.alert(name, session.log.last_s), f"the draft {name!r}")
    return AlertDrafted(name or _new_alert(books), version, content)


def _named(
    session: Session, books: Books, kind: str, asked: Mapping[str, Any]
) -> AlertApproved | AlertIssued | AlertCancelled:
    name = asked.get("alert")
    if not isinstance(name, str):
        msg = "#/alert"
        raise _fault(msg, "the identifier of an alert is missing, such as a1")
    _must_be_there(session, books, name)
    alert = session.alerts.alert(name)
    if kind == "cancel_alert":
        if not alert.is_on_air:
            msg = f"the alert {name!r} is not on air: there is nothing to cancel"
            raise _alert_problem(msg)
        return AlertCancelled(name)
    if alert.issued_s is not None:
        msg = f"the alert {name!r} was issued already: update or cancel it"
        raise _alert_problem(msg)
    _must_be_whole(alert.content)
    if kind == "approve_alert":
        return AlertApproved(name, alert.version)
    if alert.approved != alert.version:
        told = f"version {alert.version} of the alert {name!r} is not approved: somebody must approve it first"
        raise _alert_problem(told)
    return AlertIssued(name, alert.content)


def content_of(given: Mapping[str, Any], *, must_have_text: bool = False) -> AlertContent:
    """Return the content of an alert, its texts marked as those of an exercise."""
    words = tuple(
        Words(one["language"], marked(one["text"]))
        for one in given["contents"]
        if one["text"].strip()
    )
    content = AlertContent(
        given.get("area"), tuple(given["channels"]), words, given.get("hazard", ""), given.get("national", False),
        duration_s=given.get("duration_s", 1800.0), device_geofenced=given.get("device_geofenced", False),
    )  # fmt: skip
    if must_have_text:
        _must_be_whole(content)
    return content


def _must_be_whole(content: AlertContent) -> None:
    if not content.words:
        msg = "#/alert/contents"
        raise _fault(msg, "the alert has no text: write what people are to do")


def talk_payload(given: Mapping[str, Any]) -> MessageSent:
    """Return a message."""
    return MessageSent(
        tuple(given["to"]), given["title"], given["text"], (), given["reply_to"], given.get("from") or ""
    )  # fmt: skip


def score_payload(given: Mapping[str, Any], current: Mapping[str, Any]) -> ScoreGiven:
    """Return a score.

    Raises
    ------
    Problem
        412: somebody else has scored it in the meantime.
    """
    if given["version"] is not None and given["version"] != current["version"]:
        raise changed_meanwhile(current, f"the score of {given['expectation']!r}")
    return ScoreGiven(given["expectation"], given["points"], given["comment"])


def read_payload(number: int) -> MessageRead:
    """Return that a message was opened."""
    return MessageRead(number)


def note_payload(given: Mapping[str, Any]) -> NoteWritten:
    """Return a note."""
    return NoteWritten(given["text"], given["is_lesson"])


def refused(
    error: EW4AllError, what: str, given: Mapping[str, Any], books: Books, now_s: float
) -> Problem:
    """Return the problem with something that the exercise refused."""
    told = str(error)
    if (
        isinstance(error, ConflictError)
        and "inject" in given
        and books.session.injects.states.get(given["inject"])
    ):
        return changed_meanwhile(books.inject(given["inject"], now_s), told)
    if isinstance(error, ConflictError):
        return Problem(412, "changed-meanwhile", told)
    if isinstance(error, ExerciseLogError):
        return Problem(409, "clock-state", told)
    if what == "decide":
        pointer = "#/alert/area" if isinstance(error, GeometryError) else "#/alert/contents"
        if isinstance(error, GeometryError | MessageError):
            return _fault(pointer, told)
        return Problem(400, "invalid-decision", told, errors=[{"pointer": "#", "detail": told, "code": "invalid-decision"}])  # fmt: skip
    if what == "clock":
        return _clock_problem(told)
    if what.endswith("_inject"):
        if isinstance(error, OptionError) and what == "edit_inject":
            return Problem(400, "invalid-inject", told, errors=[{"pointer": "#", "detail": told, "code": "invalid-inject"}])  # fmt: skip
        return Problem(409, "inject-state", told)
    return Problem(400, "invalid-request", told, errors=[{"pointer": "#", "detail": told, "code": "invalid-request"}])  # fmt: skip


def changed_meanwhile(current: Mapping[str, Any], what: str) -> Problem:
    """Return the problem that somebody else was quicker; it holds what is there now."""
    told = f"{what} was changed by somebody else since you have seen it; nothing was overwritten: make your change on what is there now"
    headers = {"ETag": f'"{current["version"]}"'}
    return Problem(412, "changed-meanwhile", told, headers=headers, more={"current": dict(current)})


def _must_be_there(session: Session, books: Books, name: str) -> None:
    if not books.has_alert(name) and name not in session.alerts.alerts:
        raise _no_alert(name)


def _no_alert(name: str) -> Problem:
    told = f"there is no alert {name!r} in this exercise, or it is not yours to see"
    return Problem(404, "unknown-alert", told)


def _new_alert(books: Books) -> str:
    number = 1
    while books.has_alert(f"a{number}"):
        number += 1
    return f"a{number}"


def _needed(given: Mapping[str, Any], name: str) -> Any:
    value = given.get(name)
    if value is None:
        told = f"this needs {name!r}"
        raise Problem(400, "invalid-request", told, errors=[{"pointer": f"#/{name}", "detail": told, "code": "missing"}])  # fmt: skip
    return value


def _fault(pointer: str, told: str) -> Problem:
    fault = {"pointer": pointer, "detail": told, "code": "invalid-alert"}
    return Problem(400, "invalid-alert", told, errors=[fault])


def _alert_problem(told: str) -> Problem:
    return Problem(409, "alert-state", told)


def _clock_problem(told: str) -> Problem:
    return Problem(409, "clock-state", told)
