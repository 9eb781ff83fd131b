"""What is wrong with an exercise, all of it at once, each with its place and what to do."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from ew4all.sim.exercise_chains import chain_faults
from ew4all.sim.exercise_conditions import FACTS, Unit
from ew4all.sim.exercise_injects import DECISIONS
from ew4all.sim.exercise_known import ScenarioKnown, scenario_faults, unknown
from ew4all.sim.exercise_limits import (
    LONGEST_LINE,
    LONGEST_S,
    LONGEST_TEXT,
    MOST_INJECTS,
    MOST_SPEED,
    MOST_TEAMS,
)
from ew4all.sim.exercise_mark import claims_to_be_real
from ew4all.sim.exercise_people import RoleKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ew4all.sim.exercise import Exercise
    from ew4all.sim.exercise_conditions import Condition

__all__ = ["ExerciseFault", "ScenarioKnown", "check_exercise"]

Path: TypeAlias = tuple[str | int, ...]
Told: TypeAlias = "Iterator[tuple[Path, str]]"

_UNSHOWN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")


class ExerciseFault(NamedTuple):
    """One thing that is wrong, or that is only advised (`is_advice`): its path, such as ``("injects", 3, "after")``, and what to do."""

    path: Path
    message: str
    is_advice: bool = False


def check_exercise(
    exercise: Exercise, scenario: ScenarioKnown | None = None
) -> tuple[ExerciseFault, ...]:
    """Return everything that is wrong with an exercise, and after it what is advised.

    Parameters
    ----------
    scenario
        Where given, zones, channels, operators and the time of the run are looked up in it.
    """
    faults: list[ExerciseFault] = []
    for check in (
        _whole,
        _identifiers,
        _people,
        _injects,
        _scored,
        _handouts,
        _texts,
        chain_faults,
    ):
        faults += [ExerciseFault(path, message) for path, message in check(exercise)]
    if scenario is not None:
        faults += [ExerciseFault(path, said) for path, said in scenario_faults(exercise, scenario)]
    faults += [ExerciseFault(path, said, is_advice=True) for path, said in _advice(exercise)]
    return tuple(dict.fromkeys(faults))


def _whole(exercise: Exercise) -> Told:
    if not 0 < exercise.length_s <= LONGEST_S:
        yield (
            ("length",),
            f"an exercise lasts more than 0 and at most {LONGEST_S / 86400:g} days, not {exercise.length_s:g} s",
        )
    if not 1 <= exercise.speed <= MOST_SPEED:
        yield (
            ("speed",),
            f"a speed is 1 to {MOST_SPEED:g} times real time, not {exercise.speed:g}",
        )
    if not exercise.languages:
        yield ("languages",), "an exercise is in a language; write [en]"
    starts = [phase.start_s for phase in exercise.phases]
    for k, phase in enumerate(exercise.phases):
        if not 0 <= phase.start_s < exercise.length_s:
            yield (
                ("phases", k, "start"),
                "a phase begins within the exercise; move it, or let the exercise last longer",
            )
        if phase.speed is not None and not 1 <= phase.speed <= MOST_SPEED:
            yield (
                ("phases", k, "speed"),
                f"a speed is 1 to {MOST_SPEED:g} times real time, not {phase.speed:g}",
            )
        if k and starts[k] <= starts[k - 1]:
            yield (
                ("phases", k, "start"),
                "phases stand in their order, each later than the one before",
            )
    for name, rows, most in (
        ("injects", exercise.injects, MOST_INJECTS),
        ("teams", exercise.teams, MOST_TEAMS),
    ):
        if len(rows) > most:
            yield (name,), f"an exercise has at most {most:,} {name}, not {len(rows):,}; split it"


def _identifiers(exercise: Exercise) -> Told:
    if not _IDENTIFIER.fullmatch(exercise.identifier):
        yield ("id",), _bad_identifier(exercise.identifier)
    for name in ("teams", "roles", "injects", "objectives", "expectations"):
        seen: dict[str, int] = {}
        for k, row in enumerate(getattr(exercise, name)):
            one = row.identifier
            if not _IDENTIFIER.fullmatch(one):
                yield (name, k, "id"), _bad_identifier(one)
            elif one in seen:
                yield (
                    (name, k, "id"),
                    f"{one!r} is the identifier of two {name} (the other is number {seen[one] + 1}); rename one of them",
                )
            elif name == "injects" and one.lower() in DECISIONS:
                yield (
                    (name, k, "id"),
                    f"{one} is the name of a decision, so that nobody could tell what comes after it; rename it",
                )
            seen.setdefault(one, k)


def _bad_identifier(text: str) -> str:
    return (
        f"{text[:60]!r} is no identifier; write up to 80 letters without accents, digits, '-', '_' and '.', beginning with a letter or "
        "digit"
    )


def _people(exercise: Exercise) -> Told:
    teams = [team.identifier for team in exercise.teams]
    if not teams:
        yield ("teams",), "nobody plays: an exercise has at least one team"
    for k, role in enumerate(exercise.roles):
        if role.team is not None and role.team not in teams:
            yield ("roles", k, "team"), unknown("team", role.team, teams)
        if role.kind is RoleKind.PLAYER and role.team is None:
            yield ("roles", k, "team"), "a player belongs to a team; add team"
    if exercise.roles and not any(role.kind is RoleKind.FACILITATOR for role in exercise.roles):
        yield ("roles",), "nobody runs the clock: add a role of the kind facilitator"


def _injects(exercise: Exercise) -> Told:
    teams = [team.identifier for team in exercise.teams]
    if not exercise.injects:
        yield ("injects",), "nothing happens: an exercise has at least one inject"
    for k, inject in enumerate(exercise.injects):
        at: Path = ("injects", k)
        if inject.time_s is not None and inject.after is not None:
            yield (
                (*at, "after"),
                "an inject fires at a time or after something; leave one of at and after out",
            )
        if inject.time_s is not None and inject.time_s < 0:
            yield (
                (*at, "at"),
                "an inject fires after the start of the exercise; write a time of 0 or more",
            )
        if inject.until_s is not None:
            if not inject.conditions:
                yield (*at, "until"), "only conditions are waited for: leave until out, or add when"
            elif inject.until_s < (inject.time_s or 0.0):
                yield (*at, "until"), "it ends before it begins to wait; let until be later than at"
        if not inject.text.strip():
            yield (*at, "text"), "players would get an empty message; write its text"
        if inject.discussion_s < 0:
            yield (*at, "discussion"), "a discussion takes 0 or more"
        for j, team in enumerate(inject.audience):
            if team not in teams:
                yield (*at, "to", j), unknown("team", team, teams)
            elif team in inject.audience[:j]:
                yield (*at, "to", j), f"{team} gets it already; name each team once"
        yield from _conditions(inject.conditions, (*at, "when"))
        for j, effect in enumerate(inject.effects):
            share = getattr(effect, "share", 0.0)
            if not 0 <= share <= 1:
                yield (*at, "effects", j), f"a share of service is 0 to 1, not {share:g}"


def _conditions(conditions: Iterable[Condition], at: Path) -> Told:
    for j, one in enumerate(conditions):
        where = (*at, j)
        fact = FACTS.get(one.fact)
        if fact is None:
            yield where, unknown("fact", one.fact, FACTS)
            continue
        if one.zone is not None and not fact.by_zone:
            yield where, f"{fact.name} is not known by zone; leave the zone out"
        if fact.by_channel and one.channel is None:
            yield (
                where,
                f"{fact.name} is asked of a channel; write it as {fact.name}(cell_broadcast) = yes",
            )
        if not fact.by_channel and one.channel is not None:
            yield where, f"{fact.name} is not of a channel; leave ({one.channel}) out"
        if not math.isfinite(one.value):
            yield where, f"{one.value} is no value to compare with"
        elif fact.unit is Unit.SHARE and not 0 <= one.value <= 1:
            yield (
                where,
                f"{fact.name} is a share: compare it with 0 to 100 %, not {one.value * 100:g} %",
            )
        elif fact.unit is Unit.YES_NO and one.value not in (0.0, 1.0):
            yield where, f"{fact.name} is yes or no, not {one.value:g}"
        elif one.value < 0:
            yield where, f"{fact.name} is never below 0"


def _scored(exercise: Exercise) -> Told:
    teams = [team.identifier for team in exercise.teams]
    injects = [inject.identifier for inject in exercise.injects]
    objectives = [one.identifier for one in exercise.objectives]
    for k, one in enumerate(exercise.expectations):
        at: Path = ("expectations", k)
        if one.objective not in objectives:
            yield (*at, "objective"), unknown("objective", one.objective, objectives)
        if one.team is not None and one.team not in teams:
            yield (*at, "team"), unknown("team", one.team, teams)
        if one.inject is not None and one.inject not in injects:
            yield (*at, "after"), unknown("inject", one.inject, injects)
        if one.within_s is not None and one.within_s <= 0:
            yield (*at, "within"), "nobody can be that quick; write a time longer than 0"
        if not (0 < one.points <= 1000):
            yield (
                (*at, "points"),
                f"an expectation gives more than 0 and at most 1,000 points, not {one.points:g}",
            )
        if one.decision is not None and one.decision not in DECISIONS:
            yield (*at, "decision"), unknown("decision", one.decision, DECISIONS)
        yield from _conditions(one.conditions, (*at, "when"))


def _handouts(exercise: Exercise) -> Told:
    teams = [team.identifier for team in exercise.teams]
    files: list[tuple[Path, str]] = [
        (("handouts", k, "file"), h.file) for k, h in enumerate(exercise.handouts)
    ]
    for k, inject in enumerate(exercise.injects):
        files += [
            (("injects", k, "attachments", j, "file"), a.file)
            for j, a in enumerate(inject.attachments)
        ]
    for path, file in files:
        parts = re.split(r"[/\\]", file)
        if not file.strip() or file.startswith(("/", "\\", "~")) or ":" in file or ".." in parts:
            yield (
                path,
                f"{file[:60]!r} is no file beside the exercise; write a path below its folder, such as handouts/brief.md",
            )
    for k, handout in enumerate(exercise.handouts):
        for j, team in enumerate(handout.teams):
            if team not in teams:
                yield ("handouts", k, "teams", j), unknown("team", team, teams)


def _texts(exercise: Exercise) -> Told:
    for path, text, longest in _all_texts(exercise):
        if len(text) > longest:
            yield (
                path,
                f"this has {len(text):,} characters; at most {longest:,} are shown, put the rest in a hand-out",
            )
        if claims_to_be_real(text):
            yield (
                path,
                "it gives an alert the status Actual, and nothing in an exercise may; write Exercise",
            )
        if _UNSHOWN.search(text):
            yield (
                path,
                "it holds control characters, which no spreadsheet and no web page shows; take them out",
            )
        if longest == LONGEST_LINE and "\n" in text:
            yield path, "this is one line; take the line break out"


def _all_texts(exercise: Exercise) -> Iterator[tuple[Path, str, int]]:
    for name in ("title", "purpose", "audience"):
        yield (name,), getattr(exercise, name), LONGEST_LINE if name == "title" else LONGEST_TEXT
    for part in ("teams", "roles", "injects", "objectives", "expectations", "handouts", "phases"):
        for k, row in enumerate(getattr(exercise, part)):
            for field, key in _TEXT_KEYS.items():
                text = getattr(row, field, None)
                if isinstance(text, str):
                    yield (part, k, key), text, LONGEST_LINE if field in _LINES else LONGEST_TEXT

    for k, inject in enumerate(exercise.injects):
        for j, one in enumerate(inject.attachments):
            yield ("injects", k, "attachments", j), one.title, LONGEST_LINE
    for name in ("sources", "assumed"):
        for k, text in enumerate(getattr(exercise, name)):
            yield (name, k), text, LONGEST_TEXT


_TEXT_KEYS: Final = {
    "name": "name", "title": "title", "agency": "agency", "brief": "brief", "text": "text", "sender": "from",
    "expected_action": "expected", "hazard": "hazard", "notes": "notes",
}  # fmt: skip
_LINES: Final = frozenset({"name", "title", "agency", "sender", "hazard"})


def _advice(exercise: Exercise) -> Told:
    scored = {one.objective for one in exercise.expectations}
    for k, one in enumerate(exercise.objectives):
        if one.identifier not in scored:
            yield (
                ("objectives", k),
                f"nothing is scored for {one.identifier}; add an expectation, or leave it out",
            )
    for k, inject in enumerate(exercise.injects):
        if not inject.expected_action:
            yield (
                ("injects", k, "expected"),
                "it does not say what players should do; evaluators will ask",
            )
        if not inject.sender:
            yield ("injects", k, "from"), "players will ask from whom it comes; add a sender"
    named = {team for inject in exercise.injects for team in inject.audience}
    if not all(inject.audience for inject in exercise.injects):
        return
    for k, team in enumerate(exercise.teams):
        if team.identifier not in named:
            yield ("teams", k), f"{team.identifier} gets no inject and has nothing to do"
