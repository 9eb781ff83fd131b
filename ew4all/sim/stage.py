"""Where a channel plays: its clock, its people, its share of chance, and what changes around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import simpy
    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Process
    from ew4all.sim.decisions import Notice
    from ew4all.sim.delay import Delay
    from ew4all.sim.engine import Engine
    from ew4all.sim.population import Exposure
    from ew4all.sim.world import Mains, World

    F64 = NDArray[np.float64]


@dataclass(eq=False)
class Text:
    """A text that came to a channel: an alert, or what took the place of its text before.

    Attributes
    ----------
    end_s
        Until when it is in force.
    plays
        How often it was begun; more than once where the channel was switched off and on.
    """

    notice: Notice
    end_s: float
    plays: int = 0


class Stage:
    """The handle of one channel on the run.

    Attributes
    ----------
    exposure
        What the channel said of its rows.
    values
        Its parameters.
    rng
        Draws of its own, so that another channel more or less does not change them.
    is_on
        Whether the channel is in use.
    texts
        The newest text of each alert that came to it, on or off, by its identifier.
    kept
        What the channel remembers between alerts: whom it has reached.
    """

    def __init__(
        self,
        engine: Engine,
        index: int,
        name: str,
        exposure: Exposure,
        values: Mapping[str, float],
        rng: np.random.Generator,
    ) -> None:
        self.engine, self.index, self.name = engine, index, name
        self.exposure, self.values, self.rng = exposure, values, rng
        self.is_on = True
        self.texts: dict[str, Text] = {}
        self.kept: dict[str, Any] = {}
        self._held: dict[Any, F64] = {}
        self._now: F64 | float = 1.0
        self._later: F64 | float = 0.0
        self._cancelled: set[str] = set()

    def seen_from(self, area: str) -> Stage:
        """Return the stage on which an alert with this warning area plays: its state is the same, its world that of the area."""
        return self if area == "" else _SeenFrom(self, area)

    @property
    def area(self) -> str:
        """Name of the warning area whose alerts play here; empty where all have that of the run."""
        return ""

    @property
    def env(self) -> simpy.Environment:
        """The clock of the run."""
        return self.engine.env

    @property
    def now_s(self) -> float:
        """Seconds since the scenario's zero."""
        return float(self.engine.env.now)

    @property
    def world(self) -> World:
        """What surrounds the people; `awake_now` and the like."""
        return self.engine.world

    @property
    def mains(self) -> Mains:
        """The supply as decisions of the run left it."""
        return self.engine.mains

    def service_share(self) -> F64:
        """Return the part of its service that each row has left after `NetworkChange`, shape (rows,)."""
        return self.engine.service_share

    def is_over(self, identifier: str) -> bool:
        """Whether an alert was cancelled, or the channel is out of use."""
        return not self.is_on or self.is_cancelled(identifier)

    def is_cancelled(self, identifier: str) -> bool:
        """Whether an alert was cancelled."""
        return identifier in self._cancelled

    def take(self, notice: Notice) -> None:
        """Take a text in, which is in force from now on; it takes the place of the one before of that alert."""
        self.texts[notice.identifier] = Text(notice, self.now_s + notice.duration_s)

    def in_force(self) -> Iterator[Notice]:
        """Yield the texts that are in force, each for what is left of its time."""
        for identifier, text in self.texts.items():
            if text.end_s > self.now_s and not self.is_cancelled(identifier):
                yield replace(text.notice, duration_s=text.end_s - self.now_s)

    def wait(self, seconds: float) -> simpy.Event:
        """Return an event after some seconds, or earlier when anything changes: network, mains, hour, switch, cancel."""
        return self.env.any_of([self.env.timeout(max(0.0, seconds)), self.engine.changed])

    def alert(self, share: F64) -> None:
        """Note the share of each kind for whom the message is on air."""
        self.engine.population.alert(self.index, share)

    def hold(self, key: Any, reach: F64 | None) -> None:
        """Set one part of the rate at which people are reached, per second and kind; None takes it away.

        Rates of all keys add up.
        """
        self._settle()
        if reach is None:
            self._held.pop(key, None)
        else:
            self._held[key] = reach
        self._push()

    def notice(self, now: F64 | float, later: F64 | float) -> None:
        """Set which share of those reached notices at once, and the rate per second of the others."""
        self._settle()
        self._now, self._later = now, later
        self._push()

    def burst(self, hit: F64, delay: Delay) -> None:
        """Reach a share of each kind, of those that are not reached yet, with a delay from now on."""
        if np.any(hit > 0):
            self.env.process(self._burst(hit, delay))

    def record(self, kind: str, value: float = np.nan) -> None:
        """Write an event of this channel."""
        self.engine.events.add(self.now_s, kind, self.name, value)

    def cancel(self, identifier: str) -> None:
        """Take an alert off air."""
        self._cancelled.add(identifier)

    def _burst(self, hit: F64, delay: Delay) -> Process:
        key = object()
        start_s = self.now_s
        for edge_s, reach in zip(delay.edges_s[:-1], delay.rates(hit), strict=True):
            yield self.env.timeout(max(0.0, start_s + edge_s - self.now_s))
            self.hold(key, reach)
        yield self.env.timeout(max(0.0, start_s + delay.edges_s[-1] - self.now_s))
        self.hold(key, None)

    def _settle(self) -> None:
        self.engine.population.advance(self.now_s)

    def _push(self) -> None:
        kinds = self.exposure.susceptible.size
        total = np.zeros(kinds)
        for held in self._held.values():
            total += held
        self.engine.population.set_rates(self.index, total, self._now, self._later)


class _SeenFrom(Stage):
    """A stage in the world of one warning area. Both have the same attributes, in the same place: what one sets the other has."""

    __slots__ = ("_area", "_world")

    def __init__(self, stage: Stage, area: str) -> None:
        self.__dict__ = stage.__dict__
        self._area = area
        self._world = stage.engine.world.seen_from(area)

    @property
    def area(self) -> str:
        """Name of the warning area."""
        return self._area

    @property
    def world(self) -> World:
        """What surrounds the people, as the alerts of the area see it."""
        return self._world
