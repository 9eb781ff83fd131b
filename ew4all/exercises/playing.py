"""The simulation of an exercise: an engine that goes through the log, in its order, and never looks ahead.

Decisions are taken by `Engine.run` to their time and `Engine.decide`, one after the other as the log has them; two of the same
moment happen in the order of the log. Nothing but the log decides when the engine's state changes: how often somebody looks, and at
which speed the clock of the room went, leave no trace. There is no snapshot: what is known of a moment is played.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ew4all.errors import OptionError
from ew4all.exercises.alerts import AlertBook, decision_of
from ew4all.exercises.areas import OWN, DrawnArea
from ew4all.exercises.facts import Facts
from ew4all.exercises.requests import Relief, RequestBook
from ew4all.run_measure import measure
from ew4all.run_study import begin, collect
from ew4all.sim.decisions import Issue, Update
from ew4all.sim.exercise_events import InjectFired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ew4all.exercises.network_course import NetworkCourse
    from ew4all.exercises.worlds import Worlds
    from ew4all.run_plan import RunPlan
    from ew4all.run_study import Played, Prepared
    from ew4all.sim.decisions import Decision
    from ew4all.sim.engine import Engine
    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_events import Event

__all__ = ["Act", "Moment", "Playing", "acts_of"]


class Act(NamedTuple):
    """Something that changes the simulation: when (exercise time), what, by which event, and whether it was an inject."""

    time_s: float
    decision: Decision
    event: int
    of_inject: bool = False


class Moment(NamedTuple):
    """What the simulation has at a moment of an exercise.

    `plan` ends at the moment, so that `measure` counts up to it.
    """

    time_s: float
    plan: RunPlan
    prepared: Prepared
    played: Played

    def outcome(self) -> Mapping[str, Any]:
        """Return what is measured of it, as of a run that ends here; see `ew4all.run_measure.measure`."""
        return measure(self.plan, self.prepared, self.played)


def acts_of(exercise: Exercise, events: Sequence[Event]) -> list[Act]:
    """Return what changes the simulation, in the order of the log."""
    injects = exercise.inject_by_identifier
    found = []
    for event in events:
        decision = decision_of(event.payload)
        if decision is not None:
            found.append(Act(event.time_s, decision, event.sequence))
        if isinstance(event.payload, InjectFired) and event.payload.inject in injects:
            effects = injects[event.payload.inject].effects
            found += [Act(event.time_s, one, event.sequence, of_inject=True) for one in effects]
    return found


class Playing:
    """An engine and the log that it went through.

    Parameters
    ----------
    assume
        In the place of `ew4all.exercises.delays.DELAYS`.
    """

    def __init__(
        self, exercise: Exercise, worlds: Worlds, assume: Mapping[str, float] | None = None
    ) -> None:
        self.exercise, self.worlds, self.assume = exercise, worlds, dict(assume or {})
        self.notes: list[str] = []
        self._events: list[Event] = []
        self._acts: list[Act] = []
        self._done = 0
        self._world: tuple[Any, ...] | None = None
        self._relief = Relief()
        self._prepared: Prepared | None = None
        self._engine: Engine | None = None
        self.book = AlertBook()

    def to(self, time_s: float, events: Sequence[Event]) -> Engine:
        """Play a log up to a moment and return the engine, which stands there.

        Parameters
        ----------
        time_s
            Exercise time, not before the last of the events.
        events
            Of the log; those that were played already must be among them, in their place.
        """
        if self._events != list(events[: len(self._events)]):
            self._forget()
        self._take(events[len(self._events) :])
        late = self._engine is not None and self.at_s > min(
            [time_s, *(act.time_s for act in self._acts[self._done :])]
        )
        if self._engine is None or late:
            self._start_anew()
        engine = self._engine
        assert engine is not None
        for act in self._acts[self._done :]:
            if act.time_s > time_s:
                break
            engine.run(self.worlds.start_s + act.time_s)
            self._decide(engine, act)
            self._done += 1
        engine.run(self.worlds.start_s + time_s)
        return engine

    @property
    def at_s(self) -> float:
        """Where the engine stands, exercise time."""
        return -1.0 if self._engine is None else self._engine.now_s - self.worlds.start_s

    @property
    def prepared(self) -> Prepared:
        """The people, folded for the areas of the log so far."""
        assert self._prepared is not None
        return self._prepared

    @property
    def relief(self) -> Relief:
        """What requests brought or will bring."""
        return self._relief

    def course(self) -> NetworkCourse | None:
        """Return what happens to the network."""
        return self.worlds.course(self._relief.changes)

    def facts(self, time_s: float, events: Sequence[Event]) -> Facts:
        """Return the facts of a moment."""
        engine = self.to(time_s, events)
        return Facts(self.worlds, self.prepared, engine, self.book, self.course())

    def moment(self, time_s: float, events: Sequence[Event]) -> Moment:
        """Return everything that is known of a moment."""
        engine = self.to(time_s, events)
        plan = replace(
            self.worlds.plan, decisions=(), alerts=(), until_s=max(engine.now_s, self.worlds.plan.from_s + 1e-3)
        )  # fmt: skip
        return Moment(time_s, plan, self.prepared, collect(plan, self.prepared, engine))

    def _take(self, events: Sequence[Event]) -> None:
        """Take further events in; where they ask for another world the engine begins again."""
        if not events:
            return
        self._events += events
        self._acts += acts_of(self.exercise, events)
        for event in events:
            self.book = self.book.after(event)
        requests = RequestBook.of(self._events, self.assume)
        if requests.requests:
            self._relief = Relief.of(requests, self.worlds)
        if self._wanted() != self._world:
            self._engine = None

    def _wanted(self) -> tuple[Any, ...]:
        areas = self.book.areas
        if self.exercise.keeps_alerts:
            areas = (DrawnArea(OWN), *areas)
        first = [self.worlds.start_s + t for t in self.book.issues_s[:1]]
        if self.exercise.keeps_alerts:
            first.append(self.worlds.plan.issued_s)
        names = tuple(dict.fromkeys(area.name for area in areas))
        arrivals = tuple(
            (one.at_s, one.cells is None, one.roaming, one.until_s) for one in self._relief.changes
        )
        return (names, min(first, default=None), arrivals, tuple(self._relief.sites.items()), areas)

    def _start_anew(self) -> None:
        wanted = self._wanted()
        _, issued_s, _, _, areas = wanted
        self._prepared = self.worlds.prepared(areas, issued_s, self._relief.changes)
        self._world, self._done, self.notes = wanted, 0, []
        self._engine = engine = begin(
            replace(self.worlds.plan, decisions=(), alerts=()), self._prepared
        )
        for time_s, decision in self.worlds.plan.decisions:
            engine.at(time_s, self._placed(decision))
        for timeline, alert in self.worlds.plan.alerts:
            placed = self._placed(alert)
            assert isinstance(placed, Issue | Update)
            engine.env.process(timeline.typical().play(engine, placed))

    def _placed(self, decision: Decision) -> Decision:
        """Give alerts of the scenario the name that their area has in this world."""
        areas = self.prepared.world.areas
        if isinstance(decision, Issue | Update) and areas is not None:
            return replace(decision, notice=replace(decision.notice, area=OWN))
        return decision

    def _decide(self, engine: Engine, act: Act) -> None:
        try:
            engine.decide(act.decision)
        except OptionError as error:
            if not act.of_inject:
                raise
            # A plan that does not fit its scenario must not stop a room: it is told.
            self.notes.append(
                f"event {act.event}: an inject changed nothing in the simulation: {error}"
            )

    def _forget(self) -> None:
        self._events, self._acts, self._done = [], [], 0
        self.book, self._relief, self._engine, self._world = AlertBook(), Relief(), None, None
