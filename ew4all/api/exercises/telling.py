"""What an event of the log is to those who listen, and who may know of it. Runs in the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.api.exercises.books import at_of, by_of, is_decision, seconds
from ew4all.exercises.scores import score_of
from ew4all.sim.exercise_events import (
    AlertApproved,
    AlertCancelled,
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
    MessageSent,
    NoteWritten,
    Paused,
    Resumed,
    ScoreGiven,
    SirensOrdered,
    SpeedChanged,
    Started,
    Stepped,
)
from ew4all.sim.exercise_log import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.api.exercises.books import Books
    from ew4all.sim.exercise_events import Event, Payload

__all__ = ["entry_of"]

_CLOCK = {
    Started: "start", Paused: "pause", Resumed: "resume", SpeedChanged: "speed", Stepped: "step", Jumped: "jump", Ended: "end",
}  # fmt: skip
_ALERTS = AlertDrafted | AlertApproved | AlertIssued | AlertUpdated | AlertCancelled | SirensOrdered
_PUBLIC = AlertIssued | AlertUpdated | AlertCancelled | SirensOrdered
_INJECTS = InjectFired | InjectHeld | InjectEdited | InjectSkipped | InjectUndone
_OBSERVERS = ["observer"]


def entry_of(event: Event, books: Books, clock: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as an entry of the log, with what is told of it."""
    return {
        "sequence": event.sequence, "kind": event.kind, "time_s": event.time_s, "line": line_of(event),
        "told": _told(event, books, clock),
    }  # fmt: skip


def _told(event: Event, books: Books, clock: Mapping[str, Any]) -> list[dict[str, Any]]:
    p, now_s = event.payload, event.time_s
    head = {
        "seq": event.sequence,
        "time_s": seconds(event.time_s),
        "at": at_of(event),
        "by": by_of(event),
    }

    def one(kind: str, data: Mapping[str, Any], roles: list[str], teams: Any) -> dict[str, Any]:
        whole = {k: v for k, v in {**head, **data}.items() if v is not None}
        return {"event": kind, "data": whole, "for": {"roles": roles, "teams": teams}}

    if type(p) in _CLOCK:
        return [one("clock", {**clock, "do": _CLOCK[type(p)]}, _OBSERVERS, "all")]
    found = []
    if isinstance(p, _INJECTS):
        shown = books.inject(p.inject, now_s, brief=True)
        found.append(one("inject", {"do": _inject_do(p), "inject": shown}, [], []))
    if isinstance(p, InjectFired | MessageSent):
        found.append(_message(one, event, books))
    if isinstance(p, InjectUndone):
        withdrawn = books.session.log[p.undoes - 1]
        if isinstance(withdrawn.payload, InjectFired):
            found.append(_message(one, withdrawn, books))
    if is_decision(event):
        teams = "all" if isinstance(p, _PUBLIC) else [t for t in [event.who.team] if t is not None]
        found.append(one("decision", {"decision": books.decision(event, now_s)}, _OBSERVERS, teams))
    if isinstance(p, _ALERTS):
        name = p.order if isinstance(p, SirensOrdered) else p.alert
        alert = {k: v for k, v in books.alert(name, now_s).items() if k not in {"area", "contents"}}
        teams = "all" if isinstance(p, _PUBLIC) else [t for t in [alert["team"]] if t is not None]
        found.append(one("alert", {"alert": alert}, _OBSERVERS, teams))
    if isinstance(p, ScoreGiven):
        (expectation,) = (
            e for e in books.session.exercise.expectations if e.identifier == p.expectation
        )
        found.append(
            one("score", {"score": score_of(books.session, expectation, now_s, {})}, [], [])
        )
    if isinstance(p, NoteWritten):
        found.append(one("note", {"note": books.note(event)}, [], []))
    return found


def _message(one: Any, event: Event, books: Books) -> dict[str, Any]:
    message = books.message(event)
    teams: Any = "all"
    if message["to"]:
        teams = sorted(
            {*message["to"], *([message["from"]["team"]] if message["from"]["team"] else [])}
        )
    made: dict[str, Any] = one("message", {"message": message}, _OBSERVERS, teams)
    return made


def _inject_do(payload: Payload) -> str:
    if isinstance(payload, InjectHeld):
        return "hold" if payload.held else "release"
    names = {InjectFired: "fire", InjectEdited: "edit", InjectSkipped: "skip", InjectUndone: "undo"}
    return names[type(payload)]
