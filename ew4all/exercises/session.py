"""An exercise being played: the log, what may be added to it now, and what the clock does by itself.

::

    session = Session(exercise, Worlds.of(exercise, scenario), ExerciseLog())
    session.do(datetime.now(UTC), Who("facilitator"), Started("beryl", session.digest, speed=10))
    session.advance(datetime.now(UTC))          # injects that are due fire; call it as often as you like
    session.do(datetime.now(UTC), Who("player", "nema"), AlertIssued("a1", content))
    session.moment(session.now_s(datetime.now(UTC)))

Everything is a function of the log and of the time in the room, given from outside. Whoever reads the log, after a crash or a year
later, gets the same state: `Session(exercise, worlds, read_log(text).log)`. How often `advance` is called does not matter: injects
fire at their own time, with that time in the log. Conditions are looked at on a fixed grid of exercise time, `GRID_S`, so that
the speed does not matter either.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ew4all.exercises.alerts import AlertBook
from ew4all.exercises.areas import OWN, DrawnArea, area_of
from ew4all.exercises.checks import checked_payload
from ew4all.exercises.injects import InjectBook
from ew4all.exercises.playing import Playing
from ew4all.exercises.requests import RequestBook
from ew4all.sim.exercise_clock import ExerciseClock
from ew4all.sim.exercise_events import NOBODY, Ended, InjectFired, Paused, SpeedChanged
from ew4all.sim.exercise_log import ExerciseLog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ew4all.exercises.facts import Facts
    from ew4all.exercises.playing import Moment
    from ew4all.exercises.worlds import Worlds
    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_events import Event, FactFound, Payload, Who

__all__ = ["GRID_S", "Session"]

GRID_S: Final = 30.0
"""Conditions are looked at at every multiple of that exercise time, seconds."""


class _Due(NamedTuple):
    """What happens next by itself, and when."""

    time_s: float
    payload: Payload
    discussion_s: float = 0.0


class Session:
    """An exercise and its log.

    Parameters
    ----------
    log
        What has happened so far; empty for a new exercise.
    assume
        In the place of the exercise's own `delays`, and of `ew4all.exercises.delays.DELAYS`.
    """

    def __init__(
        self,
        exercise: Exercise,
        worlds: Worlds,
        log: ExerciseLog | None = None,
        *,
        assume: Mapping[str, float] | None = None,
    ) -> None:
        self.exercise, self.worlds = exercise, worlds
        self.log = ExerciseLog() if log is None else log
        self.assume = {**dict(exercise.delays), **(assume or {})}
        self.playing = Playing(exercise, worlds, self.assume)
        self._looked_s = -GRID_S
        self._folded = 0
        self._clock = ExerciseClock()
        self._injects: InjectBook | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what decides the course beside the log: exercise, scenario, delays."""
        said = (self.exercise, self.worlds.scenario.settings(), sorted(self.assume.items()))
        return hashlib.sha256(repr(said).encode()).hexdigest()

    @property
    def clock(self) -> ExerciseClock:
        """The clock after the last event."""
        self._fold()
        return self._clock

    @property
    def injects(self) -> InjectBook:
        """The injects after the last event."""
        self._fold()
        if self._injects is None:
            self._injects = InjectBook.of(self.exercise, self.log)
        return self._injects

    @property
    def requests(self) -> RequestBook:
        """What was asked for."""
        return RequestBook.of(self.log, self.assume)

    @property
    def alerts(self) -> AlertBook:
        """The alerts after the last event."""
        return AlertBook.of(self.log)

    def now_s(self, wall: datetime) -> float:
        """Return the exercise time at a time in the room; it stands still at the end of the exercise."""
        return max(self.log.last_s, min(self.clock.at(wall), self.exercise.length_s))

    def do(self, wall: datetime, who: Who, payload: Payload) -> Event:
        """Let somebody do something now, after everything that was due before it.

        Raises
        ------
        ConflictError
            Somebody else changed the same thing first; nothing was overwritten.
        OptionError, GeometryError, MessageError
            It cannot be done now, and why; nothing has happened.
        ExerciseLogError
            It cannot follow: the exercise has not begun, or is over.
        """
        self.advance(wall)
        return self.do_at(self.now_s(wall), wall, who, payload)

    def do_at(self, time_s: float, wall: datetime, who: Who, payload: Payload) -> Event:
        """Let somebody do something at an exercise time, up to which the exercise was played on; errors as for `do`."""
        return self.log.append(wall, time_s, who, checked_payload(self, payload, time_s))

    def advance(self, wall: datetime) -> list[Event]:
        """Let everything happen that is due by now, and return it."""
        return self._go_on(lambda: self.now_s(wall), wall, in_room=True)

    def play_on(self, time_s: float, wall: datetime) -> list[Event]:
        """Let everything happen that is due by an exercise time, whatever the clock shows, and return it.

        A branch is played so, and an exercise without a room, where nobody discusses; in a room `advance` is right.
        """
        return self._go_on(lambda: time_s, wall, in_room=False)

    def _go_on(self, until_s: Callable[[], float], wall: datetime, *, in_room: bool) -> list[Event]:
        """Let everything happen up to a time, which is asked for anew each time: what happens may stop the clock."""
        happened: list[Event] = []
        while self.clock.has_started and not self.clock.is_over:
            due = self._next(min(until_s(), self.exercise.length_s))
            if due is None:
                break
            when = self.clock.wall_at(due.time_s)
            at = wall if when is None else max(self.log[-1].wall, min(when, wall))
            happened.append(self.log.append(at, due.time_s, NOBODY, due.payload))
            if in_room and due.discussion_s > 0 and isinstance(due.payload, InjectFired):
                stop = Paused(f"discussion: {due.payload.inject}")
                happened.append(self.log.append(at, due.time_s, NOBODY, stop))
        return happened

    def get_ready(self, area: Mapping[str, Any] | None) -> None:
        """Fold people for the area of a draft, so that its issue takes effect at once; nothing in the exercise changes.

        It takes seconds where the area is new, and may be called from another thread.

        Raises
        ------
        GeometryError, OptionError
            See `Worlds.prepared`.
        """
        book = self.alerts
        first = self.worlds.start_s + (book.issues_s[0] if book.issues_s else self.log.last_s)
        drawn = area_of(area)
        areas = (DrawnArea(OWN), *book.areas) if self.exercise.keeps_alerts else book.areas
        self.worlds.prepared((*areas, drawn), first, self.playing.relief.changes)

    def next_s(self) -> float | None:
        """Return the exercise time at which something is due by itself at the earliest; None where nothing is."""
        if not self.clock.has_started or self.clock.is_over:
            return None
        times = [self.exercise.length_s, *(t for t, _ in self._phases())]
        times += [max(t, self.log.last_s) for t, _ in self.injects.by_time()]
        if self.injects.may_wait:
            times.append(self._grid_s())
        return min(times)

    def facts(self, time_s: float | None = None) -> Facts:
        """Return the facts of a moment, by default of that of the last event."""
        when = self.log.last_s if time_s is None else time_s
        return self.playing.facts(when, self._upto(when))

    def moment(self, time_s: float | None = None) -> Moment:
        """Return what the simulation has at a moment, by default at that of the last event."""
        when = self.log.last_s if time_s is None else time_s
        return self.playing.moment(when, self._upto(when))

    def at(self, time_s: float) -> Session:
        """Return the exercise as it was at the end of a moment: a session of its own, which may go on otherwise."""
        return Session(self.exercise, self.worlds, self.log.until(time_s), assume=self.assume)

    def _next(self, now_s: float) -> _Due | None:
        """Return what happens next by itself, if it is due."""
        last_s = self.log.last_s
        found: list[_Due] = []
        found += [_Due(t, SpeedChanged(speed)) for t, speed in self._phases()[:1]]
        for time_s, name in self.injects.by_time()[:1]:
            state = self.injects.states[name]
            how = "after" if state.inject.after is not None else "time"
            fired = InjectFired(name, state.version, how)
            found.append(_Due(max(time_s, last_s), fired, state.inject.discussion_s))
        first = min(found, key=lambda one: one.time_s, default=None)
        until_s = now_s if first is None else min(now_s, first.time_s)
        by_condition = self._look(until_s, is_open=first is not None and first.time_s <= until_s)
        if by_condition is not None:
            return by_condition
        if first is not None and first.time_s <= now_s:
            return first
        if now_s >= self.exercise.length_s:
            return _Due(self.exercise.length_s, Ended("the planned time is over"))
        return None

    def _look(self, until_s: float, *, is_open: bool) -> _Due | None:
        """Look at conditions on the grid up to a moment; `is_open`: before it, since something else happens at it first."""
        while self.injects.may_wait:
            grid_s = self._grid_s()
            if grid_s > until_s or (is_open and grid_s == until_s):
                return None
            for inject in self.injects.waiting(grid_s):
                facts = self.playing.facts(grid_s, self._upto(grid_s))
                found: list[FactFound] = []
                for condition in inject.conditions:
                    found.append(facts.found(condition))
                    if not condition.holds(found[-1].value):
                        break
                else:
                    version = self.injects.states[inject.identifier].version
                    fired = InjectFired(inject.identifier, version, "condition", tuple(found))
                    return _Due(grid_s, fired, inject.discussion_s)
            self._looked_s = grid_s
        return None

    def _grid_s(self) -> float:
        """Return the next moment at which conditions are looked at: after the last one, and not before the last event."""
        steps = -(-max(self.log.last_s, 0.0) // GRID_S)
        return max(steps * GRID_S, self._looked_s + GRID_S)

    def _phases(self) -> list[tuple[float, float]]:
        """Return when phases with a speed of their own begin that have not begun: time and speed."""
        last_s = self.log.last_s
        begun = {
            e.time_s for e in self.log if e.who == NOBODY and isinstance(e.payload, SpeedChanged)
        }
        return sorted(
            (phase.start_s, phase.speed)
            for phase in self.exercise.phases
            if phase.speed is not None
            and phase.start_s > 0.0
            and (phase.start_s > last_s or (phase.start_s == last_s and last_s not in begun))
        )

    def _upto(self, time_s: float) -> list[Event]:
        """Return the events up to a moment."""
        if time_s >= self.log.last_s:
            return self.log[:]
        return [event for event in self.log if event.time_s <= time_s]

    def _fold(self) -> None:
        for event in self.log[self._folded :]:
            self._clock = self._clock.after(event)
            self._injects = None
        self._folded = len(self.log)
