"""An exercise as the keys and values of its file: what YAML and spreadsheets are written from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ew4all.exercises.condition_text import condition_text
from ew4all.exercises.document import SCHEMA
from ew4all.exercises.effect_text import after_text, effect_text
from ew4all.exercises.span_text import plain_number, span_text

if TYPE_CHECKING:
    from ew4all.sim.exercise import Exercise, Expectation, Handout, Inject, Phase, Role, Team

__all__ = ["plain_of"]


def plain_of(exercise: Exercise) -> dict[str, Any]:
    """Return what a file of it holds, keys in their order; what has its default is left out."""
    return _filled(
        schema=SCHEMA,
        id=exercise.identifier,
        title=exercise.title,
        purpose=exercise.purpose,
        audience=exercise.audience,
        languages=list(exercise.languages),
        scenario=exercise.scenario,
        scenario_start=_span(exercise.scenario_start_s),
        keeps_alerts=exercise.keeps_alerts or None,
        length=span_text(exercise.length_s),
        speed=_number(exercise.speed),
        phases=[_phase(one) for one in exercise.phases],
        teams=[_team(one) for one in exercise.teams],
        roles=[_role(one) for one in exercise.roles],
        objectives=[
            _filled(id=one.identifier, title=one.title, text=one.text)
            for one in exercise.objectives
        ],
        injects=[_inject(one) for one in exercise.injects],
        expectations=[_expectation(one) for one in exercise.expectations],
        handouts=[_handout(one) for one in exercise.handouts],
        sources=list(exercise.sources),
        assumed=list(exercise.assumed),
        delays=[f"{name} = {plain_number(value)}" for name, value in exercise.delays],
    )


def _filled(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "", [])}


def _span(seconds: float | None) -> str | None:
    """Return a duration; None for none, and for 0 where that is what is left out."""
    return span_text(seconds) if seconds else None


def _number(value: float | None) -> float | int | None:
    return value if value is None or value % 1 else int(value)


def _phase(one: Phase) -> dict[str, Any]:
    return _filled(
        title=one.title, start=_span(one.start_s), speed=_number(one.speed), text=one.text
    )


def _team(one: Team) -> dict[str, Any]:
    return _filled(id=one.identifier, name=one.name, agency=one.agency, brief=one.brief)


def _role(one: Role) -> dict[str, Any]:
    return _filled(
        id=one.identifier, name=one.name, kind=str(one.kind), team=one.team, brief=one.brief
    )


def _inject(one: Inject) -> dict[str, Any]:
    return _filled(
        id=one.identifier,
        at=None if one.time_s is None else span_text(one.time_s),
        after=None if one.after is None else after_text(one.after),
        when=[condition_text(c) for c in one.conditions],
        until=None if one.until_s is None else span_text(one.until_s),
        title=one.title,
        text=one.text,
        **{"from": one.sender},
        to=list(one.audience),
        channel=str(one.channel),
        expected=one.expected_action,
        attachments=[f"{a.title} | {a.file}" for a in one.attachments],
        effects=[effect_text(e) for e in one.effects],
        hazard=one.hazard,
        discussion=_span(one.discussion_s),
        notes=one.notes,
    )


def _expectation(one: Expectation) -> dict[str, Any]:
    return _filled(
        id=one.identifier,
        text=one.text,
        objective=one.objective,
        team=one.team,
        after=one.inject,
        within=None if one.within_s is None else span_text(one.within_s),
        points=_number(one.points),
        decision=one.decision,
        when=[condition_text(c) for c in one.conditions],
    )


def _handout(one: Handout) -> dict[str, Any]:
    return _filled(
        title=one.title, file=one.file, **{"for": str(one.reader)}, teams=list(one.teams)
    )
