"""Exercise time: what the log and a time in the room say, and nothing else.

The clock is a fold over the log. It is not kept anywhere and no timer drives it, so that a server that was down for a
minute, two browsers, and a reader of the log a year later all agree. Exercise time never goes back, not even where the clock
of the room does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ew4all.errors import OptionError
from ew4all.sim.exercise_events import (
    Ended,
    Jumped,
    Paused,
    Resumed,
    SpeedChanged,
    Started,
    Stepped,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ew4all.sim.exercise_events import Event

__all__ = ["FASTEST", "SLOWEST", "ExerciseClock", "must_be_speed"]

SLOWEST: Final = 1.0
FASTEST: Final = 120.0
"""Seconds of exercise time in a second of the room."""


@dataclass(frozen=True, slots=True)
class ExerciseClock:
    """The clock after some events.

    Attributes
    ----------
    wall
        When it was last set, UTC; None before the start.
    time_s
        What it showed then, seconds of exercise time.
    speed
        Seconds of exercise time in a second of the room, while it runs.
    is_running
        It goes on by itself.
    is_over
        The exercise has ended: it stands still for good.
    """

    wall: datetime | None = None
    time_s: float = 0.0
    speed: float = 1.0
    is_running: bool = False
    is_over: bool = False

    @classmethod
    def of(cls, events: Iterable[Event]) -> ExerciseClock:
        """Fold a log."""
        clock = cls()
        for event in events:
            clock = clock.after(event)
        return clock

    @property
    def has_started(self) -> bool:
        """Whether the exercise began."""
        return self.wall is not None

    def after(self, event: Event) -> ExerciseClock:
        """Return the clock after one more event.

        The time that the event carries is what the clock showed: the log decides, also where the room's clock was set back
        between two of its lines.
        """
        payload = event.payload
        time_s = max(self.time_s, event.time_s)
        set_now = replace(self, wall=_later(self.wall, event.wall), time_s=time_s)
        if isinstance(payload, Started):
            return replace(set_now, is_running=True, speed=payload.speed)
        if self.is_over or not self.has_started:
            return self
        if isinstance(payload, Paused):
            return replace(set_now, is_running=False)
        if isinstance(payload, Resumed):
            return replace(set_now, is_running=True)
        if isinstance(payload, SpeedChanged):
            return replace(set_now, speed=payload.speed)
        if isinstance(payload, Stepped):
            return replace(set_now, time_s=time_s + max(0.0, payload.by_s))
        if isinstance(payload, Jumped):
            return replace(set_now, time_s=max(time_s, payload.to_s))
        if isinstance(payload, Ended):
            return replace(set_now, is_running=False, is_over=True)
        # Whatever else happened was seen at its time: the clock cannot show less after it. Where it shows more, it is late.
        return self if event.time_s <= self.at(event.wall) else set_now

    def at(self, wall: datetime) -> float:
        """Return the exercise time at a time in the room, seconds; never less than at the last event."""
        if self.wall is None or not self.is_running:
            return self.time_s
        passed_s = max(0.0, (wall - self.wall).total_seconds())
        return self.time_s + passed_s * self.speed

    def wall_at(self, time_s: float) -> datetime | None:
        """Return when it will show an exercise time if nothing happens before; None where it stands still before that."""
        if self.wall is None or (time_s > self.time_s and not self.is_running):
            return None
        return self.wall + timedelta(seconds=max(0.0, time_s - self.time_s) / self.speed)


def must_be_speed(speed: float) -> float:
    """Return a speed that a clock can have.

    Raises
    ------
    OptionError
        It is slower than the room or too fast to follow.
    """
    if not SLOWEST <= speed <= FASTEST:
        msg = f"a speed of {speed:g} is not possible; give {SLOWEST:g} to {FASTEST:g} seconds of exercise time a second, or pause"
        raise OptionError(msg)
    return float(speed)


def _later(before: datetime | None, now: datetime) -> datetime:
    return now if before is None else max(before, now)
