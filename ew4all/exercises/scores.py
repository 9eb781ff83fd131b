"""The score sheet: what the log itself says of expectations, and what evaluators gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ew4all.exercises.injects import decided
from ew4all.exercises.session import GRID_S, Session
from ew4all.sim.exercise_events import ScoreGiven

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.sim.exercise import Expectation

__all__ = ["expected_from_s", "held_of", "score_of", "sheet"]

_LASTING: Final = frozenset(
    {"issue_alert", "order_sirens", "request_power", "request_satellite", "request_roaming"}
)
"""Decisions that nobody takes again because somebody asks for them: taken before they were expected, they may be what was meant."""


def sheet(session: Session, now_s: float, held_s: Mapping[str, float]) -> dict[str, Any]:
    """Return the score sheet.

    Parameters
    ----------
    held_s
        When the conditions of an expectation held first, exercise time.
    """
    scores = [score_of(session, one, now_s, held_s) for one in session.exercise.expectations]
    objectives = []
    for objective in session.exercise.objectives:
        mine = [s for s in scores if s["objective"] == objective.identifier]
        objectives.append(
            {
                "id": objective.identifier, "title": objective.title, "points": sum(s["points"] or 0.0 for s in mine),
                "most": sum(s["most"] for s in mine),
            }
        )  # fmt: skip
    return {
        "points": sum(s["points"] or 0.0 for s in scores), "most": session.exercise.points, "scores": scores, "objectives": objectives,
    }  # fmt: skip


def score_of(
    session: Session, one: Expectation, now_s: float, held_s: Mapping[str, float]
) -> dict[str, Any]:
    """Return how an expectation stands.

    ``state`` is ``waiting`` (its inject has not fired), ``open``, ``met``, ``late``, ``missed``, ``early`` (its decision was taken before it was
    expected and not again: an evaluator says what it gives) or ``judged``.
    """
    given = [e for e in session.log if isinstance(e.payload, ScoreGiven) and e.payload.expectation == one.identifier]  # fmt: skip
    begins_s = expected_from_s(session, one)
    ends_s = session.exercise.length_s
    due_s = None
    if begins_s is not None:
        due_s = ends_s if one.within_s is None else min(ends_s, begins_s + one.within_s)
    met_s = None if begins_s is None else _met_s(session, one, begins_s, held_s)
    state, points = "waiting", None
    if begins_s is not None and due_s is not None:
        state = "open" if now_s <= due_s else "missed"
        if met_s is not None:
            state = "met" if met_s <= due_s else "late"
            points = one.points if state == "met" else 0.0
        elif (before_s := _before_s(session, one, begins_s)) is not None:
            # Whether that was it nobody but an evaluator can say; "not done" would be wrong of a team that was quick.
            state, met_s = "early", before_s
        elif state == "missed" and not one.is_judged:
            points = 0.0
    out: dict[str, Any] = {
        "expectation": one.identifier, "version": 1 + len(given), "objective": one.objective, "text": one.text, "team": one.team,
        "inject": one.inject, "most": one.points, "due_s": _shown(due_s), "met_s": _shown(met_s), "is_judged": one.is_judged,
        "comment": "", "by": None,
    }  # fmt: skip
    if given:
        last = given[-1]
        assert isinstance(last.payload, ScoreGiven)
        if last.payload.points is not None:
            state, points = "judged", last.payload.points
        out |= {"comment": last.payload.comment, "by": last.who.name}
    return {**out, "state": state, "points": points}


def held_of(session: Session) -> dict[str, float]:
    """Return when the conditions of each expectation held first, exercise time.

    They are looked at on the grid of conditions and at the end, in a session of its own.

    Only moments from which on an expectation is expected count.
    """
    begins = {
        one.identifier: begin
        for one in session.exercise.expectations
        if one.conditions and (begin := expected_from_s(session, one)) is not None
    }
    waiting = [one for one in session.exercise.expectations if one.identifier in begins]
    again = Session(session.exercise, session.worlds, session.log, assume=session.assume)
    end_s, step, held = session.log.last_s, 0, dict[str, float]()
    while waiting and (step - 1) * GRID_S < end_s:
        time_s = min(step * GRID_S, end_s)
        open_ = [one for one in waiting if begins[one.identifier] <= time_s]
        if open_:
            facts = again.facts(time_s)
            for one in open_:
                if all(c.holds(facts.found(c).value) for c in one.conditions):
                    held[one.identifier] = time_s
        waiting = [one for one in waiting if one.identifier not in held]
        step += 1
    return held


def _shown(time_s: float | None) -> float | None:
    """Return an exercise time as it is shown."""
    return None if time_s is None else round(time_s, 3)


def expected_from_s(session: Session, one: Expectation) -> float | None:
    """Return from when on it is expected; None where its inject has not fired."""
    if one.inject is None:
        return 0.0
    state = session.injects.states.get(one.inject)
    return None if state is None else state.fired_s


def _before_s(session: Session, one: Expectation, begins_s: float) -> float | None:
    """Return when a lasting decision was taken before it was expected; None where none was."""
    if one.decision not in _LASTING or one.conditions:
        return None
    found = (
        e.time_s
        for e in session.log
        if decided(e) == one.decision
        and e.time_s < begins_s
        and (one.team is None or e.who.team == one.team)
    )
    return next(found, None)


def _met_s(
    session: Session, one: Expectation, begins_s: float, held_s: Mapping[str, float]
) -> float | None:
    times: list[float] = []
    if one.decision is not None:
        found = [
            e.time_s
            for e in session.log
            if decided(e) == one.decision
            and e.time_s >= begins_s
            and (one.team is None or e.who.team == one.team)
        ]
        if not found:
            return None
        times.append(found[0])
    if one.conditions:
        if one.identifier not in held_s:
            return None
        times.append(held_s[one.identifier])
    return max(times) if times else None
