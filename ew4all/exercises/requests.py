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

    from ew4all.exercises.worlds import Worlds
    from ew4all.sim.exercise_events import Event, Payload

    Flags = NDArray[np.bool_]
    I64 = NDArray[np.int64]

__all__ = ["Relief", "Request", "RequestBook", "site_zones"]

_POWER, _TRANSPORT = STATES.index("power"), STATES.index("transport")

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
    """What came, or will come: changes of the network's course, and the sites of each request by number."""

    changes: tuple[CourseChange, ...] = ()
    sites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: RequestBook, worlds: Worlds) -> Relief:
        """Work out which sites kits go to: in the order in which they come, to sites of the zone that are out for what they mend.

        A satellite kit mends a site that is cut off, a generator one without power; damage they do not mend. Of several
        sites those with the most cells come first, and of these the first of the list.
        """
        if worlds.epochs is None:
            return cls()
        changes: list[CourseChange] = []
        sites: dict[str, tuple[int, ...]] = {}
        every = [one for one in book.requests.values() if one.refused_s is None]
        for one in sorted(every, key=lambda r: r.comes_s):
            at_s = worlds.start_s + one.comes_s
            if at_s > worlds.plan.until_s:
                continue
            if one.kind == "roaming":
                changes.append(CourseChange(at_s, None, roaming=True))
                continue
            chosen = _sites_for(one, worlds, NetworkCourse.of(worlds.epochs, changes), at_s)
            sites[one.identifier] = tuple(chosen.tolist())
            if chosen.size:
                assert worlds.inputs.network is not None
                back = np.isin(worlds.inputs.network.cells.site, chosen)
                changes.append(CourseChange(at_s, back))
        return cls(tuple(changes), sites)


def _sites_for(request: Request, worlds: Worlds, course: NetworkCourse, at_s: float) -> I64:
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
    if request.zone is not None:
        there &= _in_zone(worlds, request.zone, state.size)
    order = np.lexsort((np.arange(state.size), -count))
    found: I64 = order[there[order]][: request.sites].astype(np.int64)
    return np.sort(found)


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
