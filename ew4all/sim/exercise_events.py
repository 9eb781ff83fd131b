"""What can happen in an exercise: one frozen type for each kind of event.

Payloads say everything that a replay needs, so that no event refers to a file or to a state outside the log. Times are
seconds of exercise time; areas are GeoJSON geometries in longitude and latitude.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - lines are read by the types of fields
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - as above
from types import MappingProxyType
from typing import Any, Final, TypeAlias

__all__ = [
    "FACILITATOR", "KINDS", "NOBODY", "AlertApproved", "AlertCancelled", "AlertContent", "AlertDrafted", "AlertIssued", "AlertUpdated", "Ended",
    "Event", "FactFound", "InjectEdited", "InjectFired", "InjectHeld", "InjectSkipped", "InjectUndone", "Jumped", "MessageRead",
    "MessageSent", "NoteWritten", "Paused", "Payload", "PowerRequested", "RequestRefused", "Resumed", "RoamingRequested",
    "SatelliteRequested", "ScoreGiven", "SirensOrdered", "SpeedChanged", "Started", "Stepped", "Who", "Words",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Who:
    """Who did something: a role, the team that it belongs to, and the person's name as they gave it."""

    role: str
    team: str | None = None
    name: str = ""


FACILITATOR: Final = "facilitator"
"""In the place of a team: those who lead the exercise."""

NOBODY: Final = Who("clock")
"""The exercise itself: what fires by time or condition."""


@dataclass(frozen=True, slots=True)
class Started:
    """The clock begins to run.

    Attributes
    ----------
    exercise
        Identifier of the exercise.
    digest
        SHA-256 of everything that decides its course: exercise, scenario, inputs.
    speed
        Seconds of exercise time in a second of the room.
    seed
        Of the simulation.
    """

    exercise: str
    digest: str
    speed: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Paused:
    """The clock stands still."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The clock runs again, at the speed that it had."""


@dataclass(frozen=True, slots=True)
class SpeedChanged:
    """The clock goes faster or slower from now on."""

    speed: float


@dataclass(frozen=True, slots=True)
class Stepped:
    """The clock went forward by some seconds at once."""

    by_s: float


@dataclass(frozen=True, slots=True)
class Jumped:
    """The clock went forward to a moment at once, seconds of exercise time."""

    to_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The exercise is over; nothing but scores, notes and messages come after it."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class FactFound:
    """The value of a fact at a moment, as the simulation had it."""

    fact: str
    value: float
    zone: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class InjectFired:
    """An inject reached its audience.

    Attributes
    ----------
    inject
        Its identifier.
    version
        Its number of edits, which says what its text was.
    how
        ``time``, ``after``, ``condition`` or ``hand``.
    facts
        What its conditions found when they held.
    """

    inject: str
    version: int
    how: str
    facts: tuple[FactFound, ...] = ()


@dataclass(frozen=True, slots=True)
class InjectHeld:
    """An inject does not fire by itself until it is let go (`held` false), or fired by hand."""

    inject: str
    held: bool = True


@dataclass(frozen=True, slots=True)
class InjectEdited:
    """An inject was changed.

    Attributes
    ----------
    version
        The version that whoever edited it had before them; it has one more now.
    changes
        New values by the name of the field, as JSON has them.
    """

    inject: str
    version: int
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InjectSkipped:
    """An inject is not played."""

    inject: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InjectUndone:
    """An earlier event of an inject does not count, by its number in the log."""

    inject: str
    undoes: int


@dataclass(frozen=True, slots=True)
class Words:
    """The text of an alert in one language, a BCP 47 tag."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertContent:
    """What an alert is: area, channels, words, and what channels look at.

    Attributes
    ----------
    area
        GeoJSON Polygon or MultiPolygon, drawn by whoever wrote it; None: the hazard's footprint, or the area of the scenario.
    channels
        Channels that it goes to; all where empty.
    words
        A text for each language; the first is the main one.
    hazard
        Name of the template that it was made from, if any.
    national
        A level that nobody can opt out of.
    pages
        Pages of the cell-broadcast message.
    duration_s
        How long it stays on air.
    device_geofenced
        Phones outside the warning area suppress it.
    """

    area: Mapping[str, Any] | None = None
    channels: tuple[str, ...] = ()
    words: tuple[Words, ...] = ()
    hazard: str = ""
    national: bool = False
    pages: int = 2
    duration_s: float = 1800.0
    device_geofenced: bool = False

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of its texts; English where it has none."""
        return tuple(one.language for one in self.words) or ("en",)


@dataclass(frozen=True, slots=True)
class AlertDrafted:
    """An alert was written or changed; `version` is that which the author had before them, 0 for a new one."""

    alert: str
    version: int
    content: AlertContent


@dataclass(frozen=True, slots=True)
class AlertApproved:
    """A draft in this version may go out."""

    alert: str
    version: int


@dataclass(frozen=True, slots=True)
class AlertIssued:
    """An alert left for its channels."""

    alert: str
    content: AlertContent


@dataclass(frozen=True, slots=True)
class AlertUpdated:
    """A new text, and perhaps area, in the place of one on air."""

    alert: str
    content: AlertContent


@dataclass(frozen=True, slots=True)
class AlertCancelled:
    """An alert, or an order to sound sirens, goes off air."""

    alert: str


@dataclass(frozen=True, slots=True)
class SirensOrdered:
    """Sirens are to sound; an order is cancelled like an alert."""

    order: str
    area: Mapping[str, Any] | None = None
    duration_s: float = 1800.0


@dataclass(frozen=True, slots=True)
class PowerRequested:
    """Generators for cell sites of a zone, or of all, were asked for."""

    request: str
    zone: str | None = None
    number: int = 1


@dataclass(frozen=True, slots=True)
class SatelliteRequested:
    """Satellite kits for cell sites of a zone, or of all, were asked for."""

    request: str
    zone: str | None = None
    number: int = 1


@dataclass(frozen=True, slots=True)
class RoamingRequested:
    """Operators were asked to let each other's customers use their cells."""

    request: str


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A request is not met, by its identifier; what it has brought already stays."""

    request: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message to teams, to all where none is named.

    Attributes
    ----------
    to
        Identifiers of teams; `FACILITATOR` is those who lead the exercise.
    answers
        Number in the log of the event that it answers.
    sender
        Whoever it seems to be from, where a facilitator writes in another name.
    """

    to: tuple[str, ...]
    title: str
    text: str
    attachments: tuple[str, ...] = ()
    answers: int | None = None
    sender: str = ""


@dataclass(frozen=True, slots=True)
class MessageRead:
    """A message or inject was opened by somebody of a team: its number in the log."""

    message: int


@dataclass(frozen=True, slots=True)
class ScoreGiven:
    """An evaluator scored an expectation; the last score of each counts, and None takes it back: what was found by itself counts again."""

    expectation: str
    points: float | None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A note for the report; `is_lesson` puts it into the table of lessons."""

    text: str
    is_lesson: bool = False


Payload: TypeAlias = (
    Started | Paused | Resumed | SpeedChanged | Stepped | Jumped | Ended | InjectFired | InjectHeld | InjectEdited | InjectSkipped
    | InjectUndone | AlertDrafted | AlertApproved | AlertIssued | AlertUpdated | AlertCancelled | SirensOrdered | PowerRequested
    | SatelliteRequested | RoamingRequested | RequestRefused | MessageSent | MessageRead | ScoreGiven | NoteWritten
)  # fmt: skip


def _name_of(payload: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", payload.__name__).lower()


KINDS: Final[Mapping[str, type]] = MappingProxyType(
    {_name_of(one): one for one in Payload.__args__}
)
"""Types of payload by the name of their kind, such as ``inject_fired``."""

_NAMES: Final = {payload: name for name, payload in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log.

    Attributes
    ----------
    sequence
        Its number, from 1 on, without a gap.
    wall
        When it happened in the room, UTC.
    time_s
        Exercise time, seconds; never less than that of the event before.
    who
        Who did it; `NOBODY` for the exercise itself.
    payload
        What happened.
    """

    sequence: int
    wall: datetime
    time_s: float
    who: Who
    payload: Payload

    @property
    def kind(self) -> str:
        """Name of its kind."""
        return _NAMES[type(self.payload)]
