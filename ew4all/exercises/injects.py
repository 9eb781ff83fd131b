"""The injects of an exercise as its log has them: edited, held, skipped, fired, undone, and when the next one is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ew4all.errors import ConflictError, OptionError
from ew4all.sim.exercise import Inject, InjectChannel, RoleKind
from ew4all.sim.exercise_events import (
    InjectEdited,
    InjectFired,
    InjectHeld,
    InjectSkipped,
    InjectUndone,
)
from ew4all.sim.exercise_plain import from_plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_events import Event, Payload

__all__ = ["DECISION_OF", "EDITABLE", "InjectBook", "InjectState", "decided"]

_TYPES: Final[Mapping[str, Any]] = {
    "title": str,
    "text": str,
    "time_s": float | None,
    "until_s": float | None,
    "sender": str,
    "audience": tuple[str, ...],
    "channel": str,
    "expected_action": str,
    "discussion_s": float,
    "notes": str,
}

EDITABLE: Final = tuple(_TYPES)
"""Fields of an inject that a facilitator may change while it is played."""

DECISION_OF: Final = {
    "alert_drafted": "draft_alert",
    "alert_approved": "approve_alert",
    "alert_issued": "issue_alert",
    "alert_updated": "update_alert",
    "alert_cancelled": "cancel_alert",
    "sirens_ordered": "order_sirens",
    "power_requested": "request_power",
    "satellite_requested": "request_satellite",
    "roaming_requested": "request_roaming",
    "message_sent": "send_message",
}
"""Kinds of events, to the decisions that injects and expectations name."""


def decided(event: Event) -> str | None:
    """Return the decision of players that an event is, None where it is none: what facilitators write to teams decides nothing."""
    name = DECISION_OF.get(event.kind)
    told = name == "send_message" and event.who.role == RoleKind.FACILITATOR
    return None if told else name


@dataclass(frozen=True, slots=True)
class InjectState:
    """An inject in the course of an exercise.

    Attributes
    ----------
    inject
        As it is after edits.
    version
        Number of edits.
    status
        ``planned``, ``held``, ``fired`` or ``skipped``.
    fired_s
        Exercise time, seconds; None where it has not fired.
    event
        Number in the log of the event that gave it its status.
    """

    inject: Inject
    version: int = 0
    status: str = "planned"
    fired_s: float | None = None
    event: int | None = None


@dataclass(frozen=True)
class InjectBook:
    """All injects after some events.

    Attributes
    ----------
    decisions
        When players took the first decision of each kind, by kind and team, and by kind and None for any team.
    """

    states: Mapping[str, InjectState]
    decisions: Mapping[tuple[str, str | None], float]

    @classmethod
    def of(cls, exercise: Exercise, events: Iterable[Event]) -> InjectBook:
        """Fold a log; events that were undone do not count."""
        every = list(events)
        undone = {e.payload.undoes: e for e in every if isinstance(e.payload, InjectUndone)}
        states = {one.identifier: InjectState(one) for one in exercise.injects}
        decisions: dict[tuple[str, str | None], float] = {}
        for event in every:
            name = decided(event)
            if name is not None:
                for team in {event.who.team, None}:
                    decisions.setdefault((name, team), event.time_s)
            identifier = getattr(event.payload, "inject", None)
            state = states.get(identifier or "")
            if state is None:
                continue
            if event.sequence in undone:
                # What fired and was taken back waits for a facilitator: its time may be over.
                if isinstance(event.payload, InjectFired):
                    state = replace(state, status="held", event=event.sequence)
                elif isinstance(event.payload, InjectEdited):
                    # Versions never come again, so that whoever saw one of both is told.
                    state = replace(state, version=state.version + 2)
                states[state.inject.identifier] = state
                continue
            states[state.inject.identifier] = _after(state, event)
        return cls(states, decisions)

    def check(self, payload: Payload, events: Iterable[Event]) -> None:
        """Refuse what cannot be done with an inject now.

        Raises
        ------
        ConflictError
            Somebody else edited it first.
        OptionError
            An inject that is not there, has fired or is skipped; a change that cannot be; an event that cannot be undone.
        """
        identifier = getattr(payload, "inject", None)
        if identifier is None:
            return
        state = self.states.get(identifier)
        if state is None:
            msg = f"there is no inject {identifier!r}; there are {', '.join(list(self.states)[:20]) or 'none'}"
            raise OptionError(msg)
        if isinstance(payload, InjectUndone):
            _check_undo(state, payload, events)
            return
        if state.status == "fired":
            msg = f"the inject {identifier!r} has fired; undo that first, or send a message that corrects it"
            raise OptionError(msg)
        if isinstance(payload, InjectEdited):
            if payload.version != state.version:
                msg = (
                    f"the inject {identifier!r} is in version {state.version}, and this edit began from version {payload.version}: somebody "
                    "else changed it meanwhile, and nothing was overwritten; look at it and edit again"
                )
                raise ConflictError(msg)
            edited(state.inject, payload.changes)
        elif state.status == "skipped" and not isinstance(payload, InjectFired):
            msg = f"the inject {identifier!r} was skipped; undo that first"
            raise OptionError(msg)

    def due_s(self, identifier: str) -> float | None:
        """Return from when on an inject fires by itself, exercise time in seconds; None where nothing but a hand fires it now."""
        state = self.states[identifier]
        inject, after = state.inject, state.inject.after
        if state.status != "planned" or inject.is_by_hand:
            return None
        if inject.time_s is not None:
            return inject.time_s
        if after is None:
            return 0.0
        if after.inject is not None:
            before = self.states.get(after.inject)
            begun = None if before is None or before.status != "fired" else before.fired_s
        else:
            begun = self.decisions.get((after.decision or "", after.team))
        return None if begun is None else begun + after.delay_s

    def by_time(self) -> list[tuple[float, str]]:
        """Return those that fire at a known time, in their order: time and identifier."""
        found = [
            (due, name)
            for name, state in self.states.items()
            if not state.inject.conditions and (due := self.due_s(name)) is not None
        ]
        # Of several at one time the order of the exercise holds: sorting keeps it.
        return sorted(found, key=lambda one: one[0])

    def waiting(self, time_s: float) -> list[Inject]:
        """Return those whose conditions are to be looked at now, in the order of the exercise."""
        return [
            state.inject
            for name, state in self.states.items()
            if state.inject.conditions
            and (due := self.due_s(name)) is not None
            and due <= time_s
            and (state.inject.until_s is None or time_s <= state.inject.until_s)
        ]

    @property
    def may_wait(self) -> bool:
        """Whether conditions of any inject may still be looked at."""
        return any(s.inject.conditions and s.status == "planned" for s in self.states.values())


def edited(inject: Inject, changes: Mapping[str, Any]) -> Inject:
    """Return an inject with changes, given as JSON has them.

    Raises
    ------
    OptionError
        A field that cannot be changed, or a value that it cannot have.
    """
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in EDITABLE:
            msg = f"{name!r} of an inject cannot be changed while it is played; these can: {', '.join(EDITABLE)}"
            raise OptionError(msg)
        try:
            if name == "channel":
                found[name] = InjectChannel(value)
            else:
                found[name] = from_plain(_TYPES[name], value, name)
        except ValueError as error:
            msg = f"the inject {inject.identifier!r} cannot be changed so: {error}"
            raise OptionError(msg) from error
    changed = replace(inject, **found)
    for name in ("time_s", "until_s", "discussion_s"):
        value = getattr(changed, name)
        if value is not None and value < 0:
            msg = f"{name} of the inject {inject.identifier!r} would be {value:g} s; an exercise begins at 0"
            raise OptionError(msg)
    if inject.after is not None and changed.time_s is not None:
        changed = replace(changed, after=None)
    return changed


def _after(state: InjectState, event: Event) -> InjectState:
    p = event.payload
    if isinstance(p, InjectFired):
        return replace(state, status="fired", fired_s=event.time_s, event=event.sequence)
    if isinstance(p, InjectHeld):
        return replace(state, status="held" if p.held else "planned", event=event.sequence)
    if isinstance(p, InjectSkipped):
        return replace(state, status="skipped", event=event.sequence)
    if isinstance(p, InjectEdited):
        changed = edited(state.inject, p.changes)
        return replace(state, inject=changed, version=state.version + 1)
    return state


def _check_undo(state: InjectState, payload: InjectUndone, events: Iterable[Event]) -> None:
    every = list(events)
    undone = {e.payload.undoes for e in every if isinstance(e.payload, InjectUndone)}
    kinds = InjectFired | InjectHeld | InjectEdited | InjectSkipped
    mine = [
        e
        for e in every
        if isinstance(e.payload, kinds)
        and e.payload.inject == payload.inject
        and e.sequence not in undone
    ]
    if not mine or mine[-1].sequence != payload.undoes:
        last = f"its last event is number {mine[-1].sequence}" if mine else "nothing happened to it"
        msg = f"event {payload.undoes} of the inject {payload.inject!r} cannot be undone: {last}; undo the last one first"
        raise OptionError(msg)
    if isinstance(mine[-1].payload, InjectFired) and state.inject.effects:
        msg = (
            f"the inject {payload.inject!r} has changed the network or the mains, and time does not run back; fire one that sets it right, "
            "or look at a branch from before it"
        )
        raise OptionError(msg)
