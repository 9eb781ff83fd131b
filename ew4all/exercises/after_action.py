"""After an exercise: what happened when and against which plan, who was warned and missed, what if, and what was scored.

Everything follows from the log and the exercise, so that the same log gives the same facts. A counterfactual is a branch
(`ew4all.exercises.branches`) that is compared with the exercise at its end: an alert sent earlier, to all channels, or to the
hazard's footprint with a margin. What cannot be played is told with its reason and has no numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from textwrap import shorten
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ew4all.exercises.injects import DECISION_OF, decided
from ew4all.exercises.outcomes import results_at
from ew4all.exercises.scores import expected_from_s, held_of, sheet
from ew4all.exercises.what_if import what_if
from ew4all.run_results import PEOPLE_KEYS, REASONS
from ew4all.sim.exercise import DECISIONS, STATUS, earliest_s
from ew4all.sim.exercise_events import (
    NOBODY,
    AlertIssued,
    InjectFired,
    InjectSkipped,
    InjectUndone,
    MessageSent,
    NoteWritten,
    PowerRequested,
    SatelliteRequested,
    SirensOrdered,
)

if TYPE_CHECKING:
    from ew4all.exercises.session import Session
    from ew4all.exercises.what_if import WhatIf
    from ew4all.run_results import RunResults
    from ew4all.sim.exercise_events import Event

__all__ = ["AFTER_SCHEMA", "AfterAction", "Row", "WarnedZone", "after_action"]

AFTER_SCHEMA: Final = "ew4all/after-action/1"

_LEFT_OUT: Final = frozenset({"message_read", "score_given", "note_written"})
_HALF: Final = 0.5
_WORDS: Final = 80
"""Characters of a message without a title that stand in the timeline."""


class Row(NamedTuple):
    """One line of the timeline.

    Attributes
    ----------
    time_s, planned_s
        Exercise time: when it happened, and by when the plan or an expectation has it; None where the plan has no time.
    kind
        Of the event, as the log calls it; ``expected`` for what was expected and never happened.
    who
        Team, role or person in the exercise's words; empty for the exercise itself.
    event
        Its number in the log; None for what never happened.
    decision
        Which of `ew4all.sim.exercise.DECISIONS` it is; empty for other events.
    """

    time_s: float | None
    kind: str
    who: str
    words: str
    planned_s: float | None = None
    event: int | None = None
    decision: str = ""

    @property
    def delay_s(self) -> float | None:
        """How much later than planned, seconds; less than 0 is earlier."""
        if self.time_s is None or self.planned_s is None:
            return None
        return self.time_s - self.planned_s


class WarnedZone(NamedTuple):
    """Who was warned when in a zone, people at risk; `half_s` is when half of them were, exercise time, None where never."""

    zone: str
    at_risk: float
    warned: float
    in_time: float
    missed: float
    half_s: float | None
    reason: str


@dataclass(frozen=True, eq=False)
class AfterAction:
    """What a report of an exercise says.

    Attributes
    ----------
    session
        At the end of the log.
    results
        Of the run that the exercise was, at that moment.
    rows
        The timeline, in order; what was expected and never happened stands at the time by which it was.
    scores
        The score sheet, see `ew4all.exercises.scores.sheet`.
    lessons
        What was noted as a lesson: who, and what.
    """

    session: Session
    results: RunResults
    rows: tuple[Row, ...]
    scores: dict[str, Any]
    zones: tuple[WarnedZone, ...]
    what_ifs: tuple[WhatIf, ...]
    lessons: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return report.json."""
        results = self.results
        return {
            "schema": AFTER_SCHEMA,
            "version": results.version,
            "status": str(STATUS),
            "title": results.title,
            "notice": results.notice,
            "exercise": self.session.exercise.identifier,
            "until_s": self.session.log.last_s,
            "people": {key: float(results.count(key).mean) for key in PEOPLE_KEYS},
            "missed_by_reason": {
                reason: float(results.lost["whole"].mean[k]) for k, reason in enumerate(REASONS)
            },
            "waterfall": [
                {"step": step, "people": people, "lost": lost}
                for step, people, lost in results.falls()
            ],
            "timeline": [{**row._asdict(), "delay_s": row.delay_s} for row in self.rows],
            "zones": [zone._asdict() for zone in self.zones],
            "scores": self.scores,
            "what_if": [one.to_dict() for one in self.what_ifs],
            "lessons": [{"by": by, "text": text} for by, text in self.lessons],
            "notes": [*results.notes],
        }


def after_action(session: Session, *, with_what_ifs: bool = True) -> AfterAction:
    """Put together what a report says of an exercise; counterfactuals take as long as playing it several times.

    Raises
    ------
    InputError
        The log does not fit the exercise.
    """
    results = results_at(session)
    # After the end nothing is open any more.
    now_s = inf if session.clock.is_over else session.log.last_s
    scores = sheet(session, now_s, held_of(session))
    noted = [e for e in session.log if isinstance(e.payload, NoteWritten)]
    lessons, notes = (
        tuple(
            (_who(session, e), e.payload.text)
            for e in noted
            if isinstance(e.payload, NoteWritten) and e.payload.is_lesson is wanted
        )
        for wanted in (True, False)
    )
    return AfterAction(
        session,
        results,
        _rows(session, scores),
        scores,
        _zones(session, results),
        what_if(session) if with_what_ifs else (),
        lessons,
        notes,
    )


def _rows(session: Session, scores: dict[str, Any]) -> tuple[Row, ...]:
    """Return the timeline: the events that somebody would tell, and what was expected and never came."""
    planned = _planned(session)
    open_ = _decisions_due(session, scores)
    rows = []
    # What was decided before it was expected was done, if not to this plan.
    seen = {s["expectation"] for s in scores["scores"] if s["state"] == "early"}
    for event in session.log:
        if event.kind in _LEFT_OUT:
            continue
        by: float | None = None
        if isinstance(event.payload, InjectFired):
            by = planned.get(event.payload.inject)
        for one in open_:
            fits = decided(event) == one.decision and one.from_s <= event.time_s
            if fits and one.name not in seen and one.team in (None, event.who.team):
                seen.add(one.name)
                # Of several expectations of one decision the strictest is the plan.
                by = one.due_s if by is None else min(by, one.due_s)
        words = _words(session, event)
        who, decision = _who(session, event), DECISION_OF.get(event.kind, "")
        rows.append(Row(event.time_s, event.kind, who, words, by, event.sequence, decision))
    teams = {team.identifier: team.name for team in session.exercise.teams}
    never: dict[tuple[str, str | None], float] = {}
    for one in open_:
        if one.name not in seen and one.due_s <= session.log.last_s:
            key = one.decision, one.team
            never[key] = min(one.due_s, never.get(key, inf))
    for (decision, team), due_s in never.items():
        said = f"not done from then on: {DECISIONS[decision]}"
        rows.append(
            Row(None, "expected", teams.get(team or "", ""), said, due_s, decision=decision)
        )
    return tuple(sorted(rows, key=lambda r: (r.planned_s or 0.0) if r.time_s is None else r.time_s))


class _Due(NamedTuple):
    """A decision that is expected: the expectation, from when and until when."""

    name: str
    decision: str
    team: str | None
    from_s: float
    due_s: float


def _decisions_due(session: Session, scores: dict[str, Any]) -> list[_Due]:
    found = []
    for score, one in zip(scores["scores"], session.exercise.expectations, strict=True):
        from_s = expected_from_s(session, one)
        if one.decision is not None and from_s is not None and score["due_s"] is not None:
            found.append(_Due(one.identifier, one.decision, one.team, from_s, score["due_s"]))
    return found


def _planned(session: Session) -> dict[str, float]:
    """Return when injects were to fire, as far as the plan says it.

    Those that wait for a condition or a decision, or follow one that does, have no time of their own.
    """
    injects = session.exercise.inject_by_identifier
    waits = {
        name
        for name, one in injects.items()
        if one.conditions or (one.after is not None and one.after.inject is None)
    }
    for _ in injects:
        waits |= {
            name
            for name, one in injects.items()
            if one.after is not None and one.after.inject in waits
        }
    earliest = earliest_s(session.exercise.injects)
    return {n: t for n, t in earliest.items() if t is not None and n not in waits}


def _words(session: Session, event: Event) -> str:
    p = event.payload
    states = session.injects.states
    if isinstance(p, InjectFired) and p.inject in states:
        how = {"condition": ", as its condition held", "hand": ", by hand"}.get(p.how, "")
        return f"{states[p.inject].inject.title} ({p.inject}{how})"
    if isinstance(p, InjectSkipped | InjectUndone) and p.inject in states:
        return f"{states[p.inject].inject.title} ({p.inject})"
    if isinstance(p, MessageSent):
        return p.title or shorten(p.text, _WORDS, placeholder=" ...")
    for name in ("alert", "order", "request", "inject", "reason"):
        if getattr(p, name, ""):
            text = str(getattr(p, name))
            break
    else:
        text = ""
    if isinstance(p, AlertIssued):
        text += f", {', '.join(p.content.channels) or 'all channels'}"
    if isinstance(p, PowerRequested | SatelliteRequested):
        text += f": {p.number} for {p.zone or 'all zones'}"
    if isinstance(p, SirensOrdered):
        text += f", {p.duration_s / 60.0:g} min"
    return text


def _who(session: Session, event: Event) -> str:
    if event.who == NOBODY:
        return ""
    teams = {team.identifier: team.name for team in session.exercise.teams}
    place = teams.get(event.who.team or "", event.who.team or event.who.role)
    return f"{place} ({event.who.name})" if event.who.name else place


def _zones(session: Session, results: RunResults) -> tuple[WarnedZone, ...]:
    """Return who was warned when by zone, those with most missed first; without zones where nobody is at risk."""
    curve = results.curves["warned"].mean
    rows = []
    for k, zone in enumerate(results.zones):
        people = dict(zip(PEOPLE_KEYS, results.people["zone"].mean[k].tolist(), strict=True))
        if people["at_risk"] < _HALF:
            continue
        column = k if curve.shape[1] > len(results.zones) else -1
        reached = np.flatnonzero(curve[:, column] >= _HALF * people["at_risk"])
        half_s = (
            float(results.time_s[reached[0]]) - session.worlds.start_s if reached.size else None
        )
        lost = results.lost["zone"].mean[k]
        reason = REASONS[int(np.argmax(lost))] if people["missed"] >= _HALF else ""
        rows.append(
            WarnedZone(
                zone.name, people["at_risk"], people["warned"], people["in_time"], people["missed"], half_s, reason
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda one: -one.missed))
