"""What players ask others for: satellite kits, generators and roaming, when it comes, and what it brings back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ew4all.coverage.outages.timeline import STATES
from ew4all.errors import OptionError
from ew4all.exercises.delays import DELAYS
from ew4all.exercises.network_course import CourseChange, NetworkCourse
from ew4all.reprojection import to_lonlat
from ew4all.sim.exercise_events import (
    PowerRequested,
    RequestRefused,
    RoamingRequested,
    SatelliteRequested,
)
from ew4all.sim.parameters import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.exercises.worlds import Worlds
    from ew4all.sim.exercise_events import Event, Payload

    Flags = NDArray[np.bool_]
    I64 = NDArray[np.int64]

__all__ = ["Relief", "Request", "RequestBook", "site_zones"]

_POWER, _TRANSPORT = STATES.index("power"), STATES.index("transport")
_OUT = (STATES.index("damage"), _POWER, _TRANSPORT)

_KINDS = {
    PowerRequested: ("power", "generator"),
    SatelliteRequested: ("satellite", "satellite"),
    RoamingRequested: ("roaming", "roaming"),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes
    ----------
    kind
        ``power``, ``satellite`` or ``roaming``.
    asked_s, comes_s
        Exercise time, seconds.
    refused_s
        When it was refused, before it came; None where it was not.
    sites
        How many sites it can bring back.
    """

    identifier: str
    kind: str
    zone: str | None
    asked_s: float
    comes_s: float
    sites: int = 0
    refused_s: float | None = None


@dataclass(frozen=True)
class RequestBook:
    """All requests after some events."""

    requests: Mapping[str, Request] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Event], assume: Mapping[str, float] | None = None) -> RequestBook:
        """Fold a log.

        Parameters
        ----------
        assume
            In the place of `DELAYS`.

        Raises
        ------
        AssumptionError
            A number that is not in the table, or out of its bounds.
        """
        values = resolve(DELAYS, assume or {}, "delays")
        found: dict[str, Request] = {}
        for event in events:
            p = event.payload
            if isinstance(p, PowerRequested | SatelliteRequested | RoamingRequested):
                kind, row = _KINDS[type(p)]
                zone, number = getattr(p, "zone", None), getattr(p, "number", 0)
                sites = round(number * values.get(f"{row}_sites", 0.0))
                comes_s = event.time_s + values[f"{row}_delay_s"]
                found[p.request] = Request(p.request, kind, zone, event.time_s, comes_s, sites)
            elif isinstance(p, RequestRefused) and p.request in found:
                found[p.request] = replace(found[p.request], refused_s=event.time_s)
        return cls(found)

    def check(self, payload: Payload, worlds: Worlds, time_s: float) -> None:
        """Refuse a request that cannot be made.

        Raises
        ------
        OptionError
            A zone that is not there, an identifier that is used, a scenario without cell sites, nothing to refuse.
        """
        if isinstance(payload, RequestRefused):
            request = self.requests.get(payload.request)
            if request is None or request.comes_s <= time_s or request.refused_s is not None:
                why = "is not there" if request is None else "came already, or was refused"
                msg = f"the request {payload.request!r} {why}, so that it cannot be refused"
                raise OptionError(msg)
            return
        if not isinstance(payload, PowerRequested | SatelliteRequested | RoamingRequested):
            return
        if payload.request in self.requests:
            msg = (
                f"a request {payload.request!r} was made already; give this one another identifier"
            )
            raise OptionError(msg)
        if worlds.epochs is None:
            msg = "the scenario of this exercise has coverage layers and no cell sites, so that nothing can be brought to sites; give network.sites"
            raise OptionError(msg)
        if isinstance(payload, RoamingRequested):
            return
        if payload.zone is not None and payload.zone not in worlds.inputs.zones:
            msg = f"there is no zone {payload.zone!r}; zones are {', '.join(worlds.inputs.zones[:20])}"
            raise OptionError(msg)
        if not 1 <= payload.number <= 1000:
            msg = f"{payload.number} of them cannot be asked for; ask for 1 to 1000"
            raise OptionError(msg)


@dataclass(frozen=True)
class Relief:
    """What came, or will come: changes of the network's course, and which sites each request serves, by number, and from when on.

    Times are seconds after the scenario's zero.
    """

    changes: tuple[CourseChange, ...] = ()
    sites: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)

    def served(self, request: str, time_s: float) -> tuple[int, ...]:
        """Return the sites to which what was asked for has come by a moment."""
        return tuple(site for site, from_s in self.sites.get(request, ()) if from_s <= time_s)

    @classmethod
    def of(cls, book: RequestBook, worlds: Worlds) -> Relief:
        """Work out which sites kits go to: in the order in which they come, to sites of the zone that are out for what they mend.

        A satellite kit mends a site that is cut off, a generator one without power and with its link; damage they do not mend, and it ends
        what they gave.
        Of several sites those with the most cells come first, and of these the first of the list. What finds no such site waits for
        the next: who asks before batteries are empty has not asked in vain. That is looked at where an epoch of the outage begins.
        """
        if worlds.epochs is None:
            return cls()
        every = [one for one in book.requests.values() if one.refused_s is None]
        due = {one.identifier: worlds.start_s + one.comes_s for one in every}
        every = sorted(
            (one for one in every if due[one.identifier] <= worlds.plan.until_s),
            key=lambda r: r.comes_s,
        )
        changes = [
            CourseChange(due[r.identifier], None, roaming=True)
            for r in every
            if r.kind == "roaming"
        ]
        kits = [one for one in every if one.kind != "roaming"]
        sites: dict[str, list[tuple[int, float]]] = {one.identifier: [] for one in kits}
        starts_s = [t for t in worlds.epochs.start_s.tolist() if t <= worlds.plan.until_s]
        for at_s in sorted({*starts_s, *(due[one.identifier] for one in kits)}):
            for one in kits:
                left = one.sites - len(sites[one.identifier])
                if left <= 0 or due[one.identifier] > at_s:
                    continue
                course = NetworkCourse.of(worlds.epochs, changes)
                chosen = _sites_for(one, worlds, course, at_s)[:left]
                sites[one.identifier] += [(int(site), at_s) for site in chosen]
                changes += _back(one, worlds, chosen, at_s, starts_s)
        changes.sort(key=lambda change: change.at_s)
        return cls(tuple(changes), {name: tuple(found) for name, found in sites.items()})


def _back(
    request: Request, worlds: Worlds, chosen: I64, at_s: float, starts_s: list[float]
) -> list[CourseChange]:
    """Return that sites work again, each until something happens to it that what came does not mend."""
    network, outage = worlds.inputs.network, worlds.inputs.outage
    if not chosen.size or network is None or outage is None:
        return []
    wanted = _POWER if request.kind == "power" else _TRANSPORT
    until_s = np.full(chosen.size, np.inf)
    for start_s in (t for t in reversed(starts_s) if t > at_s):
        state = outage.timeline.state_at(start_s - outage.zero_s)[chosen]
        until_s[np.isin(state, _OUT) & (state != wanted)] = start_s
    return [
        CourseChange(at_s, np.isin(network.cells.site, chosen[until_s == t]), until_s=float(t))
        for t in np.unique(until_s)
    ]


def _sites_for(request: Request, worlds: Worlds, course: NetworkCourse, at_s: float) -> I64:
    """Return the sites that a request mends at a moment, the most important first."""
    network, outage = worlds.inputs.network, worlds.inputs.outage
    assert network is not None
    none = np.empty(0, np.int64)
    if outage is None:
        return none
    cells = network.cells
    state = outage.timeline.state_at(at_s - outage.zero_s)
    wanted = _POWER if request.kind == "power" else _TRANSPORT
    count = np.bincount(cells.site, minlength=state.size)
    on_air = np.bincount(cells.site, course.alive_at(at_s), state.size) > 0
    there = (state == wanted) & ~on_air & (count > 0)
    if wanted == _POWER:
        there &= ~_cut_off(outage.timeline, at_s - outage.zero_s)
    if request.zone is not None:
        there &= _in_zone(worlds, request.zone, state.size)
    order = np.lexsort((np.arange(state.size), -count))
    found: I64 = order[there[order]].astype(np.int64)
    return found


def _cut_off(timeline: Timeline, time_s: float) -> Flags:
    """Return which sites have lost their link and not got it back, shape (sites,): of one whose battery is empty too, states say power alone."""
    past = int(np.searchsorted(timeline.time_s, time_s, "right"))
    site, state, order = timeline.site[:past], timeline.state[:past], np.arange(past)
    last = np.full((2, timeline.sites), -1, np.int64)
    for k, rows in enumerate((state == _TRANSPORT, timeline.up[:past])):
        np.maximum.at(last[k], site[rows], order[rows])
    cut: Flags = last[0] > last[1]
    return cut


def _in_zone(worlds: Worlds, zone: str, sites: int) -> Flags:
    """Return which sites stand in a zone, shape (sites,)."""
    found: Flags = site_zones(worlds, sites) == worlds.inputs.zones.index(zone)
    return found


def site_zones(worlds: Worlds, sites: int) -> I64:
    """Return the zone in which each site stands, an index; the last for those outside all zones. Shape (sites,)."""
    network, inputs = worlds.inputs.network, worlds.inputs
    assert network is not None
    cells = network.cells
    first = np.zeros(sites, np.int64)
    first[cells.site[::-1]] = np.arange(len(cells))[::-1]
    points: Any = shapely.points(cells.lon_deg[first], cells.lat_deg[first])
    found = np.full(sites, len(inputs.zones) - 1)
    shapes = to_lonlat(inputs.study.zone_shapes, inputs.study.grid)
    for k in reversed(range(len(shapes))):
        if shapes[k] is not None:
            found[shapely.intersects(shapes[k], points)] = k
    return found
