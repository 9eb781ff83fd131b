"""The facts of `ew4all.sim.exercise.FACTS`, as the simulation has them at a moment. Looking changes nothing."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ew4all.errors import OptionError
from ew4all.exercises.requests import site_zones
from ew4all.run_intake import LATER_S
from ew4all.run_study import collect
from ew4all.sim.exercise import FACTS
from ew4all.sim.exercise_events import FactFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ew4all.exercises.alerts import AlertBook
    from ew4all.exercises.network_course import NetworkCourse
    from ew4all.exercises.worlds import Worlds
    from ew4all.run_study import Prepared
    from ew4all.sim.engine import Engine
    from ew4all.sim.exercise import Condition
    from ew4all.sim.population import Totals

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Facts"]

_UNKNOWN = float("nan")
"""Of what there is not: the time since an issue before there is one, a share of nobody, the time to a hazard that does not come. No
condition on it holds."""


class Facts:
    """What can be asked about one moment: that at which the engine stands, until it goes on.

    Parameters
    ----------
    book
        Alerts up to then.
    course
        Of the network; None without cells.
    """

    def __init__(
        self,
        worlds: Worlds,
        prepared: Prepared,
        engine: Engine,
        book: AlertBook,
        course: NetworkCourse | None,
    ) -> None:
        self.worlds, self.prepared, self.engine = worlds, prepared, engine
        self.book, self.course = book, course
        self._moment_s = engine.now_s

    def found(self, condition: Condition) -> FactFound:
        """Return the value of the fact that a condition asks for."""
        value = self.value(condition.fact, condition.zone, condition.channel)
        return FactFound(condition.fact, value, condition.zone, condition.channel)

    def value(self, name: str, zone: str | None = None, channel: str | None = None) -> float:
        """Return a fact, in its unit; NaN for a share of nobody, and for times to or since what there is not.

        Raises
        ------
        OptionError
            There is no such fact, zone or channel, the scenario does not know it, or the engine has gone on.
        """
        if name not in FACTS:
            msg = f"there is no fact {name!r}; there are {', '.join(FACTS)}"
            raise OptionError(msg)
        if self.engine.now_s != self._moment_s:
            msg = "the simulation has gone on since these facts were asked for; ask for those of the moment again"
            raise OptionError(msg)
        zones, names = self.worlds.inputs.zones, self.engine.names
        if zone is not None and zone not in zones:
            msg = f"{name}: there is no zone {zone!r}; zones are {', '.join(zones[:20])}"
            raise OptionError(msg)
        if channel is not None and channel not in names:
            msg = f"{name}: this run has no channel {channel!r}; it has {', '.join(names)}"
            raise OptionError(msg)
        if FACTS[name].by_channel:
            return self._of_channel(name, channel or "")
        of: dict[str, Callable[[int | None], float]] = {
            "sites_out_share": lambda z: _share(*self._sites(z)),
            "sites_out": lambda z: self._sites(z)[0],
            "mains_out_share": self._mains,
            "people_at_risk": lambda z: self._people(self._risk, z),
            "hazard_arrived_share": lambda z: self._of_risk(self._where_arrived, z),
            "time_to_hazard_s": self._time_to_hazard,
            "people_warned": lambda z: self._people(self._warned, z),
            "people_warned_share": lambda z: self._of_risk(self._warned, z),
            "people_alerted_share": lambda z: self._of_risk(self._alerted, z),
            "people_missed": lambda z: self._people(self._risk - self._warned, z),
            "warned_in_time_share": lambda z: self._of_risk(self._in_time, z),
            "over_reach": lambda _: float(self._everybody_warned[~self.prepared.bins.in_area].sum()),
            "alert_issued": lambda _: float(bool(self.book.issues_s)),
            "alerts_issued": lambda _: float(len(self.book.issues_s)),
            "time_since_issue_s": lambda _: self._since_issue(),
        }  # fmt: skip
        return float(of[name](None if zone is None else zones.index(zone)))

    @cached_property
    def _totals(self) -> Totals:
        return self.engine.totals()

    @cached_property
    def _bin_people(self) -> F64:
        counted = np.bincount(
            self.prepared.bin_of, self.engine.population.people, len(self.prepared.bins)
        )
        return counted.astype(np.float64)

    @cached_property
    def _everybody_warned(self) -> F64:
        return np.maximum(0.0, self._bin_people - self._totals.none)

    @cached_property
    def _risk(self) -> F64:
        return np.where(self.prepared.bins.at_risk, self._bin_people, 0.0)

    @cached_property
    def _warned(self) -> F64:
        return np.where(self.prepared.bins.at_risk, self._everybody_warned, 0.0)

    @cached_property
    def _alerted(self) -> F64:
        """People at risk where some channel has the message on air: at least as many as through the widest of them."""
        alerted = self._totals.alerted.max(axis=1, initial=0.0)
        return np.where(self.prepared.bins.at_risk, np.minimum(alerted, self._bin_people), 0.0)

    @cached_property
    def _in_time(self) -> F64:
        played = collect(self.worlds.plan, self.prepared, self.engine)
        return np.minimum(played.in_time, self._warned)

    @cached_property
    def _where_arrived(self) -> F64:
        return np.where(self.prepared.bins.arrival_s <= self.engine.now_s, self._risk, 0.0)

    def _people(self, by_bin: F64, zone: int | None) -> float:
        return float(
            by_bin.sum() if zone is None else by_bin[self.prepared.bins.zone == zone].sum()
        )

    def _of_risk(self, by_bin: F64, zone: int | None) -> float:
        return _share(self._people(by_bin, zone), self._people(self._risk, zone))

    def _sites(self, zone: int | None) -> tuple[float, float]:
        """Return how many sites are out, and how many there are."""
        network = self.worlds.inputs.network
        if network is None or self.course is None:
            msg = "the scenario of this exercise has no cell sites, so nobody knows which are out; give network.sites, or ask for another fact"
            raise OptionError(msg)
        site = network.cells.site
        sites = int(site.max()) + 1
        there = np.bincount(site, minlength=sites) > 0
        on_air = np.bincount(site, self.course.alive_at(self.engine.now_s), sites) > 0
        if zone is not None:
            there &= site_zones(self.worlds, sites) == zone
        return float((there & ~on_air).sum()), float(there.sum())

    def _mains(self, zone: int | None) -> float:
        rows = self.prepared.world.rows
        out = self.engine.mains.out(self.engine.now_s)[rows.zone] & rows.mains_lost
        here = np.ones(len(rows), bool) if zone is None else rows.zone == zone
        return _share(float(rows.people[out & here].sum()), float(rows.people[here].sum()))

    def _time_to_hazard(self, zone: int | None) -> float:
        bins = self.prepared.bins
        here = bins.at_risk & (bins.people > 0.0)
        if zone is not None:
            here &= bins.zone == zone
        first = float(bins.arrival_s[here].min(initial=np.inf))
        # Without a time of arrival a run takes the hazard to come long after it: nobody knows when.
        if not first < self.worlds.plan.until_s + LATER_S:
            return _UNKNOWN
        return max(0.0, first - self.engine.now_s)

    def _since_issue(self) -> float:
        if not self.book.issues_s:
            return _UNKNOWN
        return self.engine.now_s - self.worlds.start_s - self.book.issues_s[-1]

    def _of_channel(self, name: str, channel: str) -> float:
        if channel not in self.engine.names:
            msg = f"{name} is asked of a channel; name one of {', '.join(self.engine.names)}"
            raise OptionError(msg)
        if name == "channel_on":
            return float(self.engine.stages[self.engine.names.index(channel)].is_on)
        return float(any(not names or channel in names for names in self.book.sent_to))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else _UNKNOWN
