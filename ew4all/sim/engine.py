"""The clock of a run: steps, pauses, takes decisions, and writes down what happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import simpy

from ew4all.errors import InputError, OptionError
from ew4all.sim.decisions import (
    Cancel,
    Issue,
    NetworkChange,
    PowerChange,
    Switch,
    Update,
)
from ew4all.sim.parameters import resolve
from ew4all.sim.population import STEP_S, Mixing, Population
from ew4all.sim.records import Curves, Events, after_issue
from ew4all.sim.stage import Stage
from ew4all.sim.world import HOUR_S, Mains
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.sim.channels.contract import Channel, Process
    from ew4all.sim.decisions import Decision, Notice
    from ew4all.sim.population import Totals
    from ew4all.sim.world import World

    F64 = NDArray[np.float64]

TICK_S: Final = 60.0
"""Time between two points of a curve."""

NO_VALUES: Final[dict[str, float]] = {}


@dataclass(frozen=True, eq=False)
class ChannelUse:
    """A channel in a scenario: the channel, parameters in the place of its defaults, and how long an alert takes to it."""

    channel: Channel
    values: Mapping[str, float] = field(default_factory=dict)
    gateway_s: float = 0.0


class Engine:
    """One run, or one replica of many.

    Parameters
    ----------
    world
        People and what surrounds them.
    uses
        The channels, in the order of results.
    bins
        Bin of each row and the number of bins; by default the zones.
    seed
        Everything random is drawn from it, by channel name.
    drawn
        Whole people by chance, in the place of expected numbers.
    start_s, tick_s, step_s
        Where the clock begins, points of curves, longest step of word of mouth. After each issue points are closer, from one second
        up to a tick.
    marks_s
        Further points of curves: times that something is asked of.
    """

    def __init__(
        self,
        world: World,
        uses: Sequence[ChannelUse],
        *,
        bins: tuple[NDArray[np.int32], int] | None = None,
        seed: int | np.random.SeedSequence = 0,
        drawn: bool = False,
        start_s: float = 0.0,
        tick_s: float = TICK_S,
        step_s: float = STEP_S,
        mixing_within: float = 0.9,
        marks_s: Iterable[float] = (),
    ) -> None:
        names = [use.channel.name for use in uses]
        if len(set(names)) < len(names):
            msg = f"channels are named twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}"
            raise OptionError(msg)
        if not tick_s > 0:
            msg = f"a curve with a point every {tick_s:g} s is not possible; 60 s are usual"
            raise InputError(msg)
        self.world, self.names = world, tuple(names)
        self.env = simpy.Environment(initial_time=start_s)
        self.events, self.curves = Events(), Curves()
        self.mains: Mains = world.mains
        self.service_share: F64 = np.ones(len(world.rows))
        seeds = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
        values = [resolve(use.channel.parameters, use.values, use.channel.name) for use in uses]
        exposures = [
            use.channel.exposure(world.told_apart, value)
            for use, value in zip(uses, values, strict=True)
        ]
        told = [k for k, use in enumerate(uses) if getattr(use.channel, "is_word_of_mouth", False)]
        self.population = Population(
            world.rows,
            bins or (world.rows.zone, len(world.zones)),
            exposures,
            mixing=Mixing(told[0], mixing_within) if told else None,
            step_s=step_s,
            rng=_generator(seeds, "people") if drawn else None,
        )
        self.population.begin(start_s)
        self.stages = tuple(
            Stage(self, k, use.channel.name, exposure, value, _generator(seeds, use.channel.name))
            for k, (use, exposure, value) in enumerate(zip(uses, exposures, values, strict=True))
        )
        self._uses = tuple(uses)
        self._issued: set[str] = set()
        self._withdrawn: set[str] = set()
        self._changed = self.env.event()
        self.tick_s = tick_s
        self.env.process(self._tick())
        marks = sorted({float(t) for t in marks_s if np.isfinite(t) and t > start_s})
        self.env.process(self._look_at(marks, shared=True))
        self.env.process(self._hours())
        self.env.process(self._epochs())

    @property
    def now_s(self) -> float:
        """Seconds since the scenario's zero."""
        return float(self.env.now)

    @property
    def changed(self) -> simpy.Event:
        """An event that happens when anything around the channels changes; a new one each time."""
        return self._changed

    def run(self, until_s: float) -> None:
        """Let time pass up to a moment; what happens at that very moment has happened.

        Raises
        ------
        InputError
            The moment is past.
        """
        if until_s < self.now_s:
            msg = f"the run is at {self.now_s:g} s and cannot go back to {until_s:g} s; begin a new one"
            raise InputError(msg)
        while self.env.peek() <= until_s:
            self.env.step()
        if until_s > self.now_s:
            self.env.run(until=until_s)

    def totals(self) -> Totals:
        """Add people up now. Looking changes nothing: a run that is paused is the run that is not, to the last bit."""
        return self.population.ahead(self.now_s).totals()

    def decide(self, decision: Decision) -> None:
        """Take a decision now.

        Raises
        ------
        OptionError
            It names a channel, zone, operator, technology or warning area that the run does not have; or it sends an alert that was issued and
            cancelled.
        """
        self.population.advance(self.now_s)
        if isinstance(decision, Issue | Update):
            self._send(decision)
        elif isinstance(decision, Cancel):
            self.events.add(self.now_s, "cancel", decision.identifier)
            # An alert that is called off before it was issued stays unsent; drawn moments can lie in that order.
            self._withdrawn |= {decision.identifier} & self._issued
            for stage in self.stages:
                stage.cancel(decision.identifier)
        elif isinstance(decision, Switch):
            self._switch(self._channel(decision.channel), on=decision.on)
        elif isinstance(decision, NetworkChange):
            self._change_network(decision)
        else:
            self._change_power(decision)
        self._announce()

    def at(self, time_s: float, decision: Decision) -> None:
        """Take a decision at a later moment of the run."""
        self.env.process(self._later(time_s, decision))

    def _later(self, time_s: float, decision: Decision) -> Process:
        yield self.env.timeout(max(0.0, time_s - self.now_s))
        self.decide(decision)

    def _send(self, decision: Issue | Update) -> None:
        identifier = decision.notice.identifier
        if identifier in self._withdrawn:
            msg = (
                f"the alert {identifier!r} was cancelled; issue what follows under another identifier, since one stands for one message "
                "(CAP 1.2, 3.2.1)"
            )
            raise OptionError(msg)
        wanted = [self._channel(name) for name in decision.channels] or range(len(self.stages))
        self.world.seen_from(
            decision.notice.area
        )  # before anything is sent: it may be an area that there is not
        if isinstance(decision, Issue):
            self._issued.add(identifier)
        kind = "issue" if isinstance(decision, Issue) else "update"
        self.events.add(self.now_s, kind, identifier)
        for k in wanted:
            self.env.process(self._bring(k, decision.notice))
        times = [self.now_s + after_s for after_s in after_issue(self.tick_s)]
        self.env.process(self._look_at(times, shared=False))

    def _bring(self, k: int, notice: Notice) -> Process:
        """Bring a text to a channel, which plays it, or keeps it until it is switched on."""
        use, stage = self._uses[k], self.stages[k].seen_from(notice.area)
        if use.gateway_s > 0:
            yield self.env.timeout(use.gateway_s)
        if stage.is_cancelled(notice.identifier):
            return
        stage.take(notice)
        if stage.is_on:
            yield self.env.process(use.channel.play(stage, notice))
        else:
            stage.record("held")

    def _switch(self, k: int, *, on: bool) -> None:
        stage, was_on = self.stages[k], self.stages[k].is_on
        stage.is_on = on
        self.events.add(self.now_s, "switch", stage.name, float(on))
        if on and not was_on:
            # What was under way ended with the switch: whatever is in force still begins anew.
            for notice in list(stage.in_force()):
                seen = stage.seen_from(notice.area)
                self.env.process(self._uses[k].channel.play(seen, notice))

    def _change_network(self, decision: NetworkChange) -> None:
        if not 0.0 <= decision.share <= 1.0:
            msg = f"a share of {decision.share:g} of the service is not possible; it lies in 0..1"
            raise OptionError(msg)
        rows = self.world.rows
        met = np.ones(len(rows), bool)
        if decision.zone is not None:
            met &= rows.zone == _index(self.world.zones, decision.zone, "zone")
        if decision.operator is not None:
            met &= rows.operator == _index(self.world.operators, decision.operator, "operator")
        if decision.technology is not None:
            wanted = _index(TECHNOLOGIES, decision.technology, "technology")
            met &= self.world.service.technology_at(self.now_s)[rows.service] == wanted
        self.service_share = np.where(met, decision.share, self.service_share)
        self.events.add(self.now_s, "network", decision.zone or "everywhere", decision.share)

    def _change_power(self, decision: PowerChange) -> None:
        zones = (
            np.arange(len(self.world.zones))
            if decision.zone is None
            else np.array([_index(self.world.zones, decision.zone, "zone")])
        )
        if not decision.on:
            self._must_be_on_mains(zones)
        self.mains = self.mains.switched(zones, self.now_s, on=decision.on, plan=self.world.mains)
        self.events.add(self.now_s, "power", decision.zone or "everywhere", float(decision.on))

    def _must_be_on_mains(self, zones: NDArray[np.intp]) -> None:
        """Refuse a cut that would take nobody: people who do not depend on the mains are in rows of their own."""
        rows = self.world.rows
        here = np.isin(rows.zone, zones)
        if here.any() and not rows.mains_lost[here].any():
            names = ", ".join(self.world.zones[z] for z in zones[:20])
            msg = (
                f"the mains of {names} cannot fail: nobody there depends on them in this run, as the share of people whom a cut takes "
                "is 0; give a larger share under power, or leave the zone out"
            )
            raise OptionError(msg)

    def _channel(self, name: str) -> int:
        return _index(self.names, name, "channel")

    def _announce(self) -> None:
        event, self._changed = self._changed, self.env.event()
        event.succeed()

    def _tick(self) -> Process:
        while True:
            self._look(shared=True)
            yield self.env.timeout(self.tick_s)

    def _look_at(self, times_s: Iterable[float], *, shared: bool) -> Process:
        for time_s in times_s:
            yield self.env.timeout(max(0.0, time_s - self.now_s))
            self._look(shared=shared)

    def _look(self, *, shared: bool) -> None:
        """Put a point into the curves, once."""
        if self.curves.has(self.now_s):
            self.curves.shared[-1] |= shared
            return
        self.population.advance(self.now_s)
        self.curves.add(self.now_s, self.population.totals(), shared=shared)

    def _hours(self) -> Process:
        """Wake channels at every full hour: people sleep, listen and travel by the hour."""
        while True:
            into = (self.world.zero_hour * HOUR_S + self.now_s) % HOUR_S
            yield self.env.timeout(HOUR_S - into)
            self._announce()

    def _epochs(self) -> Process:
        """Wake channels when the network or the mains change by the scenario."""
        times = np.concatenate([self.world.service.start_s, self.mains.lost_s, self.mains.back_s])
        for time_s in np.unique(times[np.isfinite(times) & (times > self.now_s)]):
            yield self.env.timeout(max(0.0, float(time_s) - self.now_s))
            self._announce()


def _index(names: Sequence[str], name: str, what: str) -> int:
    if name not in names:
        msg = f"this run has no {what} {name!r}; it has {', '.join(names)}"
        raise OptionError(msg)
    return list(names).index(name)


def _generator(seeds: np.random.SeedSequence, name: str) -> np.random.Generator:
    """Return draws that belong to a name, whatever else is drawn."""
    key = (*seeds.spawn_key, *name.encode())
    return np.random.default_rng(np.random.SeedSequence(seeds.entropy, spawn_key=key))
