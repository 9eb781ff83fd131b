"""What if: an exercise that goes on otherwise from a moment, and what that changes.

A branch is a log of its own. Before its moment it is that of the exercise; then come the changes, in their order, and between them
whatever players and facilitators did in the exercise, at the same times. Injects that fire by time or condition are not copied:
they fire as the branch has it. A change that names an alert, order or request that the exercise has later takes its place, with
its content where the change gives none, so that "what if we had issued at 14:05" is the name of the alert and the time. What cannot
be done in a branch, such as the update of an alert that is not there, is left out and told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ew4all.errors import InputError, OptionError
from ew4all.exercises.session import Session
from ew4all.sim.exercise_events import (
    NOBODY,
    AlertCancelled,
    AlertContent,
    AlertIssued,
    AlertUpdated,
    Ended,
    InjectFired,
    InjectUndone,
    MessageSent,
    PowerRequested,
    RoamingRequested,
    SatelliteRequested,
    SirensOrdered,
    Started,
    Who,
)
from ew4all.sim.exercise_log import ExerciseLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.sim.exercise_events import Event, Payload

__all__ = ["Branch", "Change", "branch"]

_NOT_COPIED: Final = frozenset(
    {"started", "paused", "resumed", "speed_changed", "stepped", "jumped", "ended", "message_read", "score_given", "note_written"}
)  # fmt: skip
"""Of the exercise after the moment: the clock of its room, and what was said about it."""


class Change(NamedTuple):
    """Something that happens in a branch: at an exercise time, who does it, and what; `has_content` is false for an alert by name alone."""

    time_s: float
    who: Who
    payload: Payload
    has_content: bool = True


@dataclass(frozen=True)
class Branch:
    """An exercise that went otherwise.

    Attributes
    ----------
    session
        At its end.
    from_s
        Exercise time at which it parts.
    notes
        What was left out, and why.
    """

    session: Session
    from_s: float
    notes: tuple[str, ...] = ()


def branch(
    session: Session,
    changes: Sequence[Change] = (),
    *,
    at_s: float | None = None,
    before: int | None = None,
    until_s: float | None = None,
    follow: bool = True,
) -> Branch:
    """Play an exercise on otherwise from a moment.

    Parameters
    ----------
    changes
        What happens in it, none of it before the moment.
    at_s
        The moment: what happened before it stays. By default that of the first change.
    before
        Number of an event in the log: what happened before that stays; in the place of `at_s`.
    until_s
        Up to when it is played; by default to where the exercise was.
    follow
        What people did in the exercise after the moment happens too, at its time.

    Raises
    ------
    OptionError
        No moment, a moment outside the exercise, or a change before it.
    InputError
        A change that cannot be.
    """
    begun, moment_s = _cut(session, changes, at_s, before)
    end_s = _end_of(session) if until_s is None else min(until_s, session.exercise.length_s)
    early = [one for one in changes if one.time_s < moment_s]
    if early or moment_s > end_s:
        said = early[0].time_s if early else end_s
        msg = f"the branch begins at {moment_s:g} s of exercise time, and {'a change' if early else 'its end'} lies at {said:g} s"
        raise OptionError(msg)
    wall, notes = begun.log[-1].wall, []
    numbers = {event.sequence: event.sequence for event in begun.log}
    later = session.log[len(begun.log) :]
    todo: list[tuple[float, int, Change, Event | None]] = [
        (one.time_s, 0, _filled(one, later), None) for one in changes
    ]
    if follow:
        replaced = {_subject(one.payload) for one in changes} - {None}
        todo += [
            (event.time_s, 1, Change(event.time_s, event.who, event.payload), event)
            for event in later
            if event.who != NOBODY
            and event.kind not in _NOT_COPIED
            and _subject(event.payload) not in replaced
        ]
    for time_s, _, change, event in sorted(todo, key=lambda one: one[:2]):
        if time_s > end_s:
            break
        at = wall + timedelta(seconds=time_s - moment_s)
        begun.play_on(time_s, at)
        payload = _renumbered(change.payload, numbers)
        try:
            done = begun.do_at(time_s, at, change.who, payload)
        except InputError as error:
            if event is None:
                raise
            notes.append(
                f"event {event.sequence} ({event.kind}) of the exercise is left out: {error}"
            )
            continue
        if event is not None:
            numbers[event.sequence] = done.sequence
    begun.play_on(end_s, wall + timedelta(seconds=end_s - moment_s))
    return Branch(begun, moment_s, tuple(notes))


def _cut(
    session: Session, changes: Sequence[Change], at_s: float | None, before: int | None
) -> tuple[Session, float]:
    """Return the exercise as it was before the moment, and the moment."""
    if before is not None:
        if not 2 <= before <= len(session.log):
            msg = (
                f"there is no event {before} to branch before; the log has 2 to {len(session.log)}"
            )
            raise OptionError(msg)
        log = session.log.before(before)
        moment_s = log.last_s
    else:
        if at_s is None and not changes:
            msg = "a branch begins at a moment; give one, or a change that has one"
            raise OptionError(msg)
        moment_s = min(one.time_s for one in changes) if at_s is None else at_s
        if not session.log or not 0.0 <= moment_s <= session.exercise.length_s:
            msg = (
                f"a branch at {moment_s:g} s of exercise time is not possible; the exercise lasts from 0 to "
                f"{session.exercise.length_s:g} s{'' if session.log else ', and has not begun'}"
            )
            raise OptionError(msg)
        log = ExerciseLog(
            one for one in session.log if one.time_s < moment_s or isinstance(one.payload, Started)
        )
    return Session(session.exercise, session.worlds, log, assume=session.assume), moment_s


def _end_of(session: Session) -> float:
    """Return where an exercise ended, or its planned end."""
    ends = [event.time_s for event in session.log if isinstance(event.payload, Ended)]
    return ends[0] if ends else session.exercise.length_s


def _subject(payload: Payload) -> tuple[str, str] | None:
    """Return what a decision is about, by which a change takes the place of a later one."""
    if isinstance(payload, AlertIssued | AlertUpdated | AlertCancelled):
        return (type(payload).__name__, payload.alert)
    if isinstance(payload, SirensOrdered):
        return ("sirens", payload.order)
    if isinstance(payload, PowerRequested | SatelliteRequested | RoamingRequested):
        return ("request", payload.request)
    if isinstance(payload, InjectFired):
        return ("fire", payload.inject)
    return None


def _filled(change: Change, later: Sequence[Event]) -> Change:
    """Return a change of an alert by name alone with the content that it had in the exercise."""
    payload = change.payload
    if change.has_content or not isinstance(payload, AlertIssued | AlertUpdated):
        return change
    found: AlertContent | None = None
    for event in later:
        if (
            isinstance(event.payload, AlertIssued | AlertUpdated)
            and event.payload.alert == payload.alert
        ):
            found = event.payload.content
            break
    if found is None:
        msg = f"the exercise has no alert {payload.alert!r} after the moment, so that its words and area are not known; give them"
        raise OptionError(msg)
    return change._replace(payload=replace(payload, content=found), has_content=True)


def _renumbered(payload: Payload, numbers: dict[int, int]) -> Payload:
    """Return a payload that names events by their numbers in the branch."""
    if isinstance(payload, InjectUndone):
        return replace(payload, undoes=numbers.get(payload.undoes, 0))
    if isinstance(payload, MessageSent) and payload.answers is not None:
        return replace(payload, answers=numbers.get(payload.answers))
    return payload
