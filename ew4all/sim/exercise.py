"""An exercise: a scenario, those who play it, what they are told in its course, and what is scored.

Plain, frozen data: what is wrong with it is told by `check_exercise`, reading and writing is the business of
`ew4all.exercises`. All times are seconds of exercise time, 0 at its start; exercise time is the simulation's time, whatever the
speed at which it is played. An exercise has no status but `Exercise`: there is no field that could say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ew4all.alerts.drill import DrillStatus
from ew4all.sim.exercise_checks import ExerciseFault, check_exercise
from ew4all.sim.exercise_conditions import FACTS, Comparison, Condition, Fact, Unit
from ew4all.sim.exercise_injects import (
    DECISIONS,
    After,
    Attachment,
    Effect,
    Inject,
    InjectChannel,
    earliest_s,
)
from ew4all.sim.exercise_known import ScenarioKnown
from ew4all.sim.exercise_limits import MOST_SPEED
from ew4all.sim.exercise_mark import MARK, claims_to_be_real, marked
from ew4all.sim.exercise_objectives import Expectation, Objective
from ew4all.sim.exercise_people import Role, RoleKind, Team

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DECISIONS",
    "FACTS",
    "MARK",
    "MOST_SPEED",
    "STATUS",
    "After",
    "Attachment",
    "Comparison",
    "Condition",
    "Effect",
    "Exercise",
    "ExerciseFault",
    "Expectation",
    "Fact",
    "Handout",
    "Inject",
    "InjectChannel",
    "Objective",
    "Phase",
    "Reader",
    "Role",
    "RoleKind",
    "ScenarioKnown",
    "Team",
    "Unit",
    "check_exercise",
    "claims_to_be_real",
    "earliest_s",
    "marked",
]

STATUS: Final = DrillStatus.EXERCISE
"""The CAP status of whatever is made in an exercise."""


class Reader(StrEnum):
    """Whom a hand-out is for."""

    EVERYBODY = "everybody"
    FACILITATOR = "facilitator"
    PLAYER = "player"
    EVALUATOR = "evaluator"


@dataclass(frozen=True, slots=True)
class Handout:
    """A document of the exercise, such as a facilitator's guide or a team's brief.

    Attributes
    ----------
    title
        As it is shown.
    file
        Its path, relative to the exercise's file; Markdown is shown in the console.
    reader
        Whom it is for.
    teams
        Identifiers of the teams whose players get it; all where empty.
    """

    title: str
    file: str
    reader: Reader = Reader.EVERYBODY
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the exercise: from when, how quickly it is usually played, and what it is about."""

    title: str
    start_s: float = 0.0
    speed: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise as it was planned.

    Attributes
    ----------
    identifier
        Letters, digits, ``-`` and ``_``: names files and messages.
    title, purpose
        What it is called and what for.
    length_s
        Exercise time that it lasts.
    scenario
        Path of a scenario file, or the name of one that comes with the package.
    scenario_start_s
        Moment of the scenario at which the exercise begins, seconds after the scenario's zero.
    keeps_alerts
        The scenario's own alerts go out as it plans them; otherwise only what players issue does. What a scenario decides about network,
        mains and channels happens in either case.
    languages
        BCP 47 tags; texts are in the first.
    speed
        Seconds of exercise time in a second of the room, 1 to `MOST_SPEED`, where no phase has its own.
    teams, roles, injects, objectives, expectations, handouts, phases
        See their classes; injects in the order of the file.
    audience
        For whom it was made, in words.
    delays
        Names and values in the place of `ew4all.exercises.delays.DELAYS`: how long it takes until what is asked for is there.
    sources, assumed
        Where its numbers and wording come from; what was chosen, since nobody knows it.
    """

    identifier: str
    title: str
    length_s: float
    scenario: str
    purpose: str = ""
    audience: str = ""
    languages: tuple[str, ...] = ("en",)
    scenario_start_s: float = 0.0
    keeps_alerts: bool = False
    speed: float = 1.0
    teams: tuple[Team, ...] = ()
    roles: tuple[Role, ...] = ()
    injects: tuple[Inject, ...] = ()
    objectives: tuple[Objective, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    handouts: tuple[Handout, ...] = ()
    phases: tuple[Phase, ...] = ()
    sources: tuple[str, ...] = field(default=())
    assumed: tuple[str, ...] = field(default=())
    delays: tuple[tuple[str, float], ...] = ()

    @property
    def status(self) -> DrillStatus:
        """The CAP status of whatever is made in it: there is no other."""
        return STATUS

    @property
    def shown_title(self) -> str:
        """Its title as every screen and file shows it."""
        return marked(self.title)

    @property
    def points(self) -> float:
        """The most that can be scored."""
        return sum(one.points for one in self.expectations)

    @property
    def inject_by_identifier(self) -> Mapping[str, Inject]:
        """Its injects by identifier."""
        return {inject.identifier: inject for inject in self.injects}

    def speed_at(self, time_s: float) -> float:
        """Return the usual speed at an exercise time, seconds: that of the phase, or the exercise's own."""
        begun = [p for p in self.phases if p.start_s <= time_s]
        phase = max(begun, key=lambda p: p.start_s, default=None)
        return self.speed if phase is None or phase.speed is None else phase.speed

    @property
    def room_s(self) -> float:
        """Seconds that it usually takes in the room: exercise time at the speed of each phase, and planned discussions."""
        ends = sorted(
            {0.0, self.length_s, *(p.start_s for p in self.phases if p.start_s < self.length_s)}
        )
        played = sum((b - a) / self.speed_at(a) for a, b in pairwise(ends))
        return played + sum(inject.discussion_s for inject in self.injects)
