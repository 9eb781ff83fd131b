"""Who takes part in an exercise: teams, and the roles that people have in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Role", "RoleKind", "Team"]


class RoleKind(StrEnum):
    """What somebody may see and do."""

    FACILITATOR = "facilitator"
    """Runs the clock and the injects; sees everything."""
    PLAYER = "player"
    """Decides for a team; sees what that team was told, and no ground truth."""
    OBSERVER = "observer"
    """Sees what players see, of all teams; decides nothing."""
    EVALUATOR = "evaluator"
    """Sees everything, scores expectations; decides nothing."""


@dataclass(frozen=True, slots=True)
class Team:
    """People who sit together and decide together.

    Attributes
    ----------
    identifier
        By which injects and expectations name it.
    name
        As it is shown.
    agency
        The body that it stands for; the name where empty.
    brief
        What it may decide and what it knows when the exercise begins: its players read it.
    """

    identifier: str
    name: str
    agency: str = ""
    brief: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A seat in an exercise.

    Attributes
    ----------
    identifier, name
        By which others name it, and as it is shown.
    kind
        What it may see and do.
    team
        Identifier of a team: a player's own; that which an evaluator or observer watches, all where None.
    brief
        What whoever sits there should know.
    """

    identifier: str
    name: str
    kind: RoleKind
    team: str | None = None
    brief: str = ""
