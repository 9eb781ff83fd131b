"""What the simulation has at a moment, as numbers that are told: people, zones, channels, network, and as it was reported. Runs in the engine.

It is worked out in a thread of its own: an alert with a new area folds the people anew, for seconds, and meanwhile clock, injects and
messages go on. What is told is a function of the log and of the moment, whenever it is worked out.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ew4all.errors import EW4AllError
from ew4all.exercises.facts import Facts
from ew4all.exercises.playing import Playing
from ew4all.exercises.requests import site_zones
from ew4all.run_results import CHANNEL_KEYS, PEOPLE_KEYS
from ew4all.sim.exercise import FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.exercises.playing import Moment
    from ew4all.exercises.session import Session
    from ew4all.sim.exercise_events import Event

    F64 = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Painter", "Picture", "Sites"]

_FACTS: Final = (
    "sites_out_share", "mains_out_share", "hazard_arrived_share", "time_to_hazard_s", "people_warned_share", "warned_in_time_share",
)  # fmt: skip
"""Facts that states show."""
_MOST_POINTS: Final = 500


@dataclass(frozen=True, eq=False)
class Picture:
    """A moment in numbers; `whole` holds parts of the state, `curves` people over time."""

    time_s: float
    events: int
    whole: Mapping[str, Any]
    curves: Mapping[str, Any]
    missed: F64
    """Share of the people at risk of each zone whom nothing has warned, shape (zones,)."""
    sites: Mapping[str, Any] = field(default_factory=dict)
    """State of each site now and as reported."""
    held: frozenset[str] = frozenset()
    """Expectations whose conditions hold."""


class Sites:
    """The cell sites of an exercise, by number."""

    def __init__(self, session: Session) -> None:
        self.worlds = session.worlds
        network = self.worlds.inputs.network
        self.count = 0
        if network is None:
            return
        cells = network.cells
        self.count = int(cells.site.max()) + 1
        self.there = np.bincount(cells.site, minlength=self.count) > 0
        self.zone = site_zones(self.worlds, self.count)
        first = np.zeros(self.count, np.int64)
        first[cells.site[::-1]] = np.arange(len(cells))[::-1]
        self.lon_deg, self.lat_deg = cells.lon_deg[first], cells.lat_deg[first]
        self.name = [str(n) for n in cells.site_id]
        self.operators = [
            sorted({str(o) for o in cells.operator[cells.site == k]}) for k in range(self.count)
        ]
        self.technologies = [
            sorted(set(cells.technology[cells.site == k].tolist())) for k in range(self.count)
        ]

    def state(self, alive: Flags, time_s: float) -> NDArray[np.int8]:
        """Return 0 up, 1 on battery, 2 down for each site at a moment of the scenario."""
        network, outage = self.worlds.inputs.network, self.worlds.inputs.outage
        assert network is not None
        on_air = np.bincount(network.cells.site, alive, self.count) > 0
        found = np.where(on_air, 0, 2).astype(np.int8)
        if outage is not None:
            backup = outage.timeline.on_backup_at(time_s - outage.zero_s)
            found[on_air & backup[: self.count]] = 1
        return found


class Painter:
    """Works out pictures, one after the other, always of what was asked for last."""

    def __init__(self, session: Session, report_delay_s: float) -> None:
        self._exercise, self._worlds = session.exercise, session.worlds
        self._playing = Playing(session.exercise, session.worlds, session.assume)
        self._delay_s = report_delay_s
        self.sites = Sites(session)
        self._asked: tuple[float, list[Event]] | None = None
        self._condition = threading.Condition()
        self._is_working = False
        self.latest: Picture | None = None
        self.problem: str | None = None
        threading.Thread(target=self._work, daemon=True).start()

    def follow(self, session: Session) -> None:
        """Paint another version of the exercise from now on: its injects were changed before it began."""
        with self._condition:
            self._condition.wait_for(lambda: not self._is_working)
            self._exercise = session.exercise
            self._playing = Playing(session.exercise, session.worlds, session.assume)

    def ask(self, time_s: float, events: Sequence[Event]) -> None:
        """Ask for the picture of a moment; the one before is forgotten where it was not begun."""
        with self._condition:
            self._asked = (time_s, list(events))
            self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until everything that was asked for is done; say whether it is."""
        with self._condition:
            return self._condition.wait_for(
                lambda: self._asked is None and not self._is_working, seconds
            )

    @property
    def is_busy(self) -> bool:
        """Whether something is being worked out."""
        return self._is_working or self._asked is not None

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._asked is not None)
                assert self._asked is not None
                time_s, events = self._asked
                self._asked, self._is_working = None, True
            try:
                self.latest = self._painted(time_s, events)
                self.problem = None
            except EW4AllError as error:
                self.problem = str(error)
            finally:
                with self._condition:
                    self._is_working = False
                    self._condition.notify_all()

    def _painted(self, time_s: float, events: list[Event]) -> Picture:
        moment = self._playing.moment(time_s, events)
        facts = self._playing.facts(time_s, events)
        found = moment.outcome()
        whole: dict[str, Any] = {
            "counters": _counters(moment, found),
            "channels": self._channels(moment, found, facts),
            "facts": self._facts(facts),
        }
        here_s = self._worlds.start_s + time_s
        reported_s = max(0.0, time_s - self._delay_s)
        now, late = self._network(moment, facts, here_s), self._network(moment, facts, self._worlds.start_s + reported_s)  # fmt: skip
        whole["network"] = now["network"]
        whole["zones"] = self._zones(moment, found, now)
        whole["reported"] = {
            "network": {"reported_s": reported_s, **late["network"]},
            "zones": [
                {"id": z, **late["zones"][k]} for k, z in enumerate(self._worlds.inputs.zones)
            ],
        }
        risk, missed = (_zone_column(found, key) for key in ("at_risk", "missed"))
        share = np.divide(missed, risk, out=np.zeros_like(missed), where=risk > 0.0)
        sites = {"now": now["sites"], "reported": late["sites"]}
        return Picture(time_s, len(events), whole, _curves(moment, found, self._worlds.start_s), share, sites, self._held(facts))  # fmt: skip

    def _facts(self, facts: Facts) -> dict[str, float]:
        names = [n for n in _FACTS if self.sites.count or not FACTS[n].needs_sites]
        found = {name: facts.value(name) for name in names}
        return {name: round(value, 4) for name, value in found.items() if not isnan(value)}

    def _held(self, facts: Facts) -> frozenset[str]:
        found = set()
        for one in self._exercise.expectations:
            if one.conditions and all(c.holds(facts.found(c).value) for c in one.conditions):
                found.add(one.identifier)
        return frozenset(found)

    def _channels(
        self, moment: Moment, found: Mapping[str, Any], facts: Facts
    ) -> list[dict[str, Any]]:
        engine = facts.engine
        keys = [CHANNEL_KEYS.index(k) for k in ("alerted", "reached", "warned")]
        return [
            {
                "name": name, "is_on": bool(engine.stages[k].is_on),
                **{key: _people(found["by_channel"][k][c]) for key, c in zip(("alerted", "reached", "warned"), keys, strict=True)},
            }
            for k, name in enumerate(moment.played.channels)
        ]  # fmt: skip

    def _network(self, moment: Moment, facts: Facts, here_s: float) -> dict[str, Any]:
        zones = len(self._worlds.inputs.zones)
        rows = moment.prepared.world.rows
        people = np.bincount(rows.zone, rows.people, zones)
        cut = facts.engine.mains.out(here_s)[rows.zone] & rows.mains_lost
        out = np.bincount(rows.zone, rows.people * cut, zones)
        share = np.divide(out, people, out=np.zeros(zones), where=people > 0.0)
        network: dict[str, Any] = {
            "mains_out": round(float(out.sum() / max(people.sum(), 1e-9)), 4)
        }
        each: list[dict[str, Any]] = [{"mains_out": round(float(s), 4)} for s in share]
        served = moment.prepared.world.service.technology_at(here_s)[rows.service] >= 0
        network["service"] = round(
            float((rows.people * served).sum() / max(rows.people.sum(), 1e-9)), 4
        )
        states = None
        if self.sites.count and facts.course is not None:
            sites = self.sites
            states = sites.state(facts.course.alive_at(here_s), here_s)
            down = sites.there & (states == 2)
            network |= {
                "sites": int(sites.there.sum()), "sites_out": int(down.sum()), "sites_on_battery": int((sites.there & (states == 1)).sum()),
            }  # fmt: skip
            for k in range(zones):
                mine = sites.there & (sites.zone == k)
                each[k] |= {"sites": int(mine.sum()), "sites_out": int((mine & down).sum())}
        return {"network": network, "zones": each, "sites": states}

    def _zones(
        self, moment: Moment, found: Mapping[str, Any], now: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        bins, totals = moment.prepared.bins, moment.played.totals
        columns = {key: _zone_column(found, key) for key in ("at_risk", "warned", "in_time")}
        alerted_bin = np.where(bins.at_risk, np.minimum(totals.alerted.max(axis=1, initial=0.0), moment.played.people), 0.0)  # fmt: skip
        alerted = np.bincount(bins.zone, alerted_bin, len(self._worlds.inputs.zones))
        out = []
        for k, name in enumerate(self._worlds.inputs.zones):
            here = bins.at_risk & (bins.zone == k) & (bins.people > 0.0)
            arrives_s = float(bins.arrival_s[here].min(initial=np.inf))
            one: dict[str, Any] = {"id": name, **{key: _people(v[k]) for key, v in columns.items()}}
            one |= {"alerted": _people(alerted[k]), **now["zones"][k]}
            if np.isfinite(arrives_s):
                one["hazard_s"] = round(arrives_s - self._worlds.start_s, 1)
            out.append(one)
        return out


def _counters(moment: Moment, found: Mapping[str, Any]) -> dict[str, int]:
    whole = dict(zip(PEOPLE_KEYS, found["people_whole"].tolist(), strict=True))
    bins, played = moment.prepared.bins, moment.played
    alerted = np.minimum(played.totals.alerted.max(axis=1, initial=0.0), played.people)[
        bins.at_risk
    ]
    rows, lost = moment.prepared.world.rows, played.losses.lost
    reached = np.where(rows.at_risk, played.losses.people - lost[:, :3].sum(axis=1), 0.0)
    out = {
        key: _people(whole[key])
        for key in ("total", "at_risk", "in_area", "warned", "in_time", "missed", "over_reach")
    }
    return out | {
        "alerted": _people(float(alerted.sum())),
        "reached": _people(float(reached.sum())),
    }


def _curves(moment: Moment, found: Mapping[str, Any], start_s: float) -> dict[str, Any]:
    """Return curves of the whole and of zones, thinned."""
    time_s = np.asarray(found["time_s"]) - start_s
    kept = np.unique(
        np.linspace(0, time_s.size - 1, min(time_s.size, _MOST_POINTS)).round().astype(int)
    )
    kept = kept[time_s[kept] >= 0.0]
    out: dict[str, Any] = {"time_s": time_s[kept], "warned": found["curve_warned"][kept], "acted": found["curve_acted"][kept]}  # fmt: skip
    for stage in ("alerted", "reached", "noticed"):
        out[stage] = found[f"curve_{stage}"][kept]
    out["channels"] = moment.played.channels
    return out


def _zone_column(found: Mapping[str, Any], key: str) -> F64:
    column: F64 = found["people_zone"][:, PEOPLE_KEYS.index(key)]
    return column


def _people(value: float) -> int:
    return round(float(value))
