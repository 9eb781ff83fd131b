"""What an exercise is held for, and what is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ew4all.sim.exercise_conditions import Condition

__all__ = ["Expectation", "Objective"]


@dataclass(frozen=True, slots=True)
class Objective:
    """What participants should be able to do afterwards.

    Attributes
    ----------
    identifier
        By which expectations name it.
    title
        In a line.
    text
        How it shows.
    """

    identifier: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that should be done, by whom and by when: it gives points.

    It is met by itself where a decision or conditions are named: when the decision is taken (by the team, if one is named) or all
    conditions hold, within its time. Where neither is, an evaluator judges.

    Attributes
    ----------
    identifier, text
        By which scores name it; what is expected.
    objective
        Identifier of the objective that it serves.
    team
        Identifier of the team of which it is expected; of all together where None.
    inject
        Identifier of the inject after which it is expected; the start of the exercise where None.
    within_s
        From that moment on, seconds of exercise time; None: until the end of the exercise.
    points
        The most that it gives, more than 0.
    decision
        One of `ew4all.sim.exercise_injects.DECISIONS`.
    conditions
        On facts of the simulation; all must hold at one moment.
    """

    identifier: str
    text: str
    objective: str
    team: str | None = None
    inject: str | None = None
    within_s: float | None = None
    points: float = 1.0
    decision: str | None = None
    conditions: tuple[Condition, ...] = ()

    @property
    def is_judged(self) -> bool:
        """An evaluator says whether it is met; nothing else can."""
        return self.decision is None and not self.conditions
