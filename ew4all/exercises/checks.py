"""Whether something can be done now, told before it is written into the log: what is there can be replayed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ew4all.alerts.lengths import length_of
from ew4all.errors import MessageError, OptionError
from ew4all.exercises.alerts import SIREN
from ew4all.exercises.areas import area_of
from ew4all.sim.exercise import claims_to_be_real
from ew4all.sim.exercise_clock import must_be_speed
from ew4all.sim.exercise_events import (
    FACILITATOR,
    AlertDrafted,
    AlertIssued,
    AlertUpdated,
    Ended,
    InjectFired,
    Jumped,
    MessageRead,
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
from ew4all.sim.exercise_plain import to_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import AlertContent, Payload

__all__ = ["checked_payload"]

_MOST_PAGES: Final = 15
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_S: Final = 7 * 86400.0


def checked_payload(session: Session, payload: Payload, time_s: float) -> Payload:
    """Return what can be written into the log now; of an alert with the pages that its words need.

    Raises
    ------
    ConflictError, OptionError, GeometryError, MessageError
        It cannot be done, and why.
    """
    _check_texts(payload)
    if isinstance(payload, Started | Paused | Resumed | SpeedChanged | Stepped | Jumped | Ended):
        _check_clock(session, payload, time_s)
        return payload
    if isinstance(payload, InjectFired) and payload.how != "hand":
        msg = f"an inject that somebody fires is fired by hand, not {payload.how!r}"
        raise OptionError(msg)
    if isinstance(payload, AlertDrafted | AlertIssued | AlertUpdated):
        payload = replace(payload, content=_checked_content(session, payload.content))
    elif isinstance(payload, SirensOrdered):
        _check_area(session, payload.area)
        _check_channels(session, (SIREN,))
        _check_duration(payload.duration_s)
    elif isinstance(payload, MessageSent | NoteWritten | MessageRead | ScoreGiven):
        _check_people(session, payload)
    session.injects.check(payload, session.log)
    session.alerts.check(payload)
    session.requests.check(payload, session.worlds, time_s)
    return payload


def _check_texts(payload: Payload) -> None:
    """Refuse texts that give something made here the status of real alerts, or that no document can hold."""
    for text in _texts_in(to_plain(payload)):
        if claims_to_be_real(text):
            msg = "the text says that an alert is real (status Actual); this is an exercise, and nothing in it may say so"
            raise OptionError(msg)
        found = _UNWRITABLE.search(text)
        if found is not None:
            msg = f"the text holds the control character U+{ord(found[0]):04X}, which no document can show; take it out"
            raise OptionError(msg)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)


def _check_clock(session: Session, payload: Payload, time_s: float) -> None:
    clock = session.clock
    if isinstance(payload, Started):
        must_be_speed(payload.speed)
        if payload.exercise != session.exercise.identifier:
            msg = f"the start names the exercise {payload.exercise!r}, and this is {session.exercise.identifier!r}"
            raise OptionError(msg)
        if payload.digest not in ("", session.digest):
            msg = "the start was written for another version of this exercise, its scenario or its delays; begin a new log"
            raise OptionError(msg)
    elif isinstance(payload, SpeedChanged):
        must_be_speed(payload.speed)
    elif isinstance(payload, Paused | Resumed):
        if (
            clock.has_started
            and not clock.is_over
            and clock.is_running == isinstance(payload, Resumed)
        ):
            msg = f"the clock {'runs' if clock.is_running else 'stands'} already"
            raise OptionError(msg)
    elif isinstance(payload, Stepped | Jumped):
        to_s = time_s + payload.by_s if isinstance(payload, Stepped) else payload.to_s
        if not time_s < to_s <= session.exercise.length_s:
            msg = (
                f"exercise time is {time_s:g} s and cannot go to {to_s:g} s; it goes forward only, up to the end at "
                f"{session.exercise.length_s:g} s"
            )
            raise OptionError(msg)


def _checked_content(session: Session, content: AlertContent) -> AlertContent:
    _check_area(session, content.area)
    _check_channels(session, content.channels)
    _check_duration(content.duration_s)
    if not 1 <= content.pages <= _MOST_PAGES:
        msg = f"a cell broadcast has 1 to {_MOST_PAGES} pages, not {content.pages}"
        raise MessageError(msg)
    tags = [one.language.lower() for one in content.words]
    if len(set(tags)) < len(tags):
        msg = f"a language is given twice: {', '.join(tags)}"
        raise OptionError(msg)
    pages = []
    for one in content.words:
        length = length_of(one.text, one.language)
        if not length.fits:
            msg = (
                f"the text in {one.language} has {length.characters} characters of {length.coding} and needs {length.pages} pages; a cell "
                f"broadcast holds {length.most} characters on {_MOST_PAGES} pages: shorten it"
            )
            raise MessageError(msg)
        pages.append(length.pages)
    return replace(content, pages=max(pages, default=content.pages))


def _check_area(session: Session, given: Mapping[str, Any] | None) -> None:
    session.worlds.shape(area_of(given))


def _check_channels(session: Session, names: tuple[str, ...]) -> None:
    known = [use.channel.name for use in session.worlds.plan.uses]
    for name in names:
        if name not in known:
            msg = (
                f"the scenario of this exercise has no channel {name!r}; it has {', '.join(known)}"
            )
            raise OptionError(msg)


def _check_duration(duration_s: float) -> None:
    if not 0.0 < duration_s <= _LONGEST_S:
        msg = f"an alert is in force for more than 0 and at most {_LONGEST_S:g} s, not {duration_s:g} s"
        raise OptionError(msg)


def _check_people(session: Session, payload: Payload) -> None:
    exercise = session.exercise
    if isinstance(payload, MessageSent):
        known = {FACILITATOR, *(team.identifier for team in exercise.teams)}
        for name in payload.to:
            if name not in known:
                msg = f"there is no team {name!r}; there are {', '.join(sorted(known)) or 'none'}"
                raise OptionError(msg)
        _check_number(session, payload.answers)
    elif isinstance(payload, MessageRead):
        _check_number(session, payload.message)
    elif isinstance(payload, ScoreGiven):
        points = {one.identifier: one.points for one in exercise.expectations}
        if payload.expectation not in points:
            msg = f"there is no expectation {payload.expectation!r}; there are {', '.join(points) or 'none'}"
            raise OptionError(msg)
        if payload.points is not None and not 0.0 <= payload.points <= points[payload.expectation]:
            msg = f"{payload.expectation!r} gives 0 to {points[payload.expectation]:g} points, not {payload.points:g}"
            raise OptionError(msg)


def _check_number(session: Session, number: int | None) -> None:
    if number is not None and not 1 <= number <= len(session.log):
        msg = f"there is no event {number} in the log; it has {len(session.log)}"
        raise OptionError(msg)
