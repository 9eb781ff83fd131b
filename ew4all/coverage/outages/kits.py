"""Satellite kits, generators and temporary cells that wait in depots: where they go, and when they serve.

A satellite kit has one of two roles that are counted apart: it restores the backhaul of a site (and of all that hang on it), or
it serves responders, which brings the public nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.coverage.outages.backhaul_kernels import great_circle_km
from ew4all.coverage.outages.events import walked
from ew4all.coverage.outages.kernels import CUT_OFF, DAMAGED, UNPOWERED
from ew4all.errors import InputError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.events import EventList
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.units import F64

__all__ = ["KINDS", "ROLES", "Deployment", "Stock", "deploy"]

HOUR_S = 3600.0

KINDS: Final = ("satellite", "generator", "cell")
ROLES: Final = {
    "satellite": ("backhaul", "responders"),
    "generator": ("power",),
    "cell": ("service",),
}
"""Roles of each kind, the usual one first."""

WAYS: Final = ("road", "air", "sea")
"""Ways of transport; only by road one waits for the road to open."""


@dataclass(frozen=True)
class Stock:
    """Things of one kind in one depot.

    Attributes
    ----------
    kind, role
        See `KINDS` and `ROLES`; an empty role is the usual one.
    transport_h
        To any site; None: distance over ``kit_speed_kmh``.
    setup_h
        None: ``kit_setup_h`` or, of a cell, ``cell_setup_h``.
    by
        One of `WAYS`.

    Raises
    ------
    OptionError, InputError
        A kind, role or way that does not exist; a number that cannot be.
    """

    depot: str
    lon_deg: float
    lat_deg: float
    kind: str
    count: int
    role: str = ""
    transport_h: float | None = None
    setup_h: float | None = None
    by: str = "road"

    def __post_init__(self) -> None:
        """Refuse a stock that cannot be."""
        for what, value, known in (
            ("kind", self.kind, KINDS),
            ("role", self.role, ("", *ROLES.get(self.kind, ()))),
            ("way of transport", self.by, WAYS),
        ):
            if value not in known:
                names = ", ".join(name for name in known if name)
                msg = f"depot {self.depot}: there is no {what} {value!r} here; use one of {names}"
                raise OptionError(msg)
        if self.count < 0 or any(
            h is not None and not h >= 0.0 for h in (self.transport_h, self.setup_h)
        ):
            msg = f"depot {self.depot}: numbers and times cannot be negative"
            raise InputError(msg)
        if not (abs(self.lon_deg) <= 180.0 and abs(self.lat_deg) <= 90.0):
            msg = f"depot {self.depot} lies at lon {self.lon_deg:g}, lat {self.lat_deg:g}, which is nowhere"
            raise InputError(msg)

    @property
    def purpose(self) -> str:
        """Its role, or the usual one of its kind."""
        return self.role or ROLES[self.kind][0]


@dataclass(frozen=True)
class Deployment:
    """One thing at one node, and when it serves."""

    kind: str
    role: str
    depot: str
    node: int
    leaves_s: float
    in_service_s: float


def deploy(
    backhaul: Backhaul,
    events: EventList,
    stocks: Sequence[Stock],
    road_s: F64,
    weight: F64,
    values: Mapping[str, float],
) -> tuple[Deployment, ...]:
    """Decide at ``dispatch_h`` and every ``dispatch_every_h`` after it what goes where, and add it to the events.

    The most people come first, each served from the depot that is there soonest. Generators go to nodes without power,
    cells to damaged sites, satellite kits to the best node of each part of the network that is cut off (people behind it
    count). Nothing is sent that would arrive after the node is back anyway. Kits for responders go where most people are
    out, whatever the cause, one a place. What is sent stays until the end.

    Parameters
    ----------
    events
        What happens without any kit; what kits bring is added.
    road_s
        When the road to each node is open.
    weight
        What hangs on each node, see `Backhaul.weights`.
    """
    left = [stock.count for stock in stocks]
    sent: list[Deployment] = []
    when_s, step_s = (values[name] * HOUR_S for name in ("dispatch_h", "dispatch_every_h"))
    while any(left) and when_s < events.horizon_s:
        course = walked(backhaul, events)
        state = course.state_at(when_s)
        back_s = _back_after(course, when_s)
        never_s = np.full(weight.size, np.inf)
        fresh: list[Deployment] = []
        for kind, role, until_s in (
            ("generator", "power", back_s),
            ("satellite", "backhaul", back_s),
            ("cell", "service", back_s),
            ("satellite", "responders", never_s),
        ):
            taken = [d.node for d in sent if (d.kind, d.role) == (kind, role)]
            wanted = np.setdiff1d(_wanting(backhaul, state, role, weight), taken)
            line = wanted[np.lexsort((wanted, -weight[wanted]))]
            fresh += _send(
                backhaul, stocks, left, kind, role, line, when_s, road_s, until_s, values
            )
        events.add_deployments(fresh)
        sent += fresh
        when_s += step_s
    return tuple(sent)


def _wanting(
    backhaul: Backhaul, state: NDArray[np.int8], role: str, weight: F64
) -> NDArray[np.int64]:
    """Return the nodes that something in a role could help."""
    if role == "power":
        return np.flatnonzero(state == UNPOWERED)
    if role == "backhaul":
        return _heads(backhaul, state, np.flatnonzero(state == CUT_OFF), weight)
    first = state[: backhaul.sites]
    if role == "service":
        return np.flatnonzero(first == DAMAGED)
    return np.flatnonzero((first >= DAMAGED) & (first <= CUT_OFF))


def _heads(
    backhaul: Backhaul, state: NDArray[np.int8], cut_off: NDArray[np.int64], weight: F64
) -> NDArray[np.int64]:
    """Return the node with most behind it of each part that hangs together but is cut off."""
    group = np.arange(state.size)
    inside = np.zeros(state.size, np.bool_)
    inside[cut_off] = True
    joins = inside[backhaul.a] & inside[backhaul.b]
    for _ in range(state.size):
        low = np.minimum(group[backhaul.a[joins]], group[backhaul.b[joins]])
        before = group.copy()
        np.minimum.at(group, backhaul.a[joins], low)
        np.minimum.at(group, backhaul.b[joins], low)
        if np.array_equal(before, group):
            break
    best: dict[int, int] = {}
    for node in cut_off[np.lexsort((cut_off, -weight[cut_off]))]:
        best.setdefault(int(group[node]), int(node))
    return np.array(list(best.values()), np.int64)


def _back_after(course: Timeline, when_s: float) -> F64:
    """When each node that is out at a time serves again; infinity where it does not."""
    back_s = np.full(course.sites, np.inf)
    later = (course.time_s > when_s) & course.up
    np.minimum.at(back_s, course.site[later], course.time_s[later])
    return back_s


def _send(
    backhaul: Backhaul,
    stocks: Sequence[Stock],
    left: list[int],
    kind: str,
    role: str,
    line: NDArray[np.int64],
    when_s: float,
    road_s: F64,
    back_s: F64,
    values: Mapping[str, float],
) -> list[Deployment]:
    """Serve the line of nodes from the depots until they are empty; `left` is counted down."""
    here = [k for k, stock in enumerate(stocks) if (stock.kind, stock.purpose) == (kind, role)]
    usual_h = values["cell_setup_h" if kind == "cell" else "kit_setup_h"]
    sent: list[Deployment] = []
    for node in line:
        best: tuple[float, int] | None = None
        for k in here:
            stock = stocks[k]
            if left[k] == 0:
                continue
            hours = stock.transport_h
            if hours is None:
                km = great_circle_km(
                    stock.lon_deg, stock.lat_deg, backhaul.lon_deg[node], backhaul.lat_deg[node]
                )
                hours = km / values["kit_speed_kmh"]
            there_s = when_s + hours * HOUR_S
            if stock.by == "road":
                there_s = max(there_s, float(road_s[node]))
            serves_s = there_s + (usual_h if stock.setup_h is None else stock.setup_h) * HOUR_S
            if best is None or serves_s < best[0]:
                best = serves_s, k
        if best is None:
            break
        if best[0] >= back_s[node]:
            continue
        left[best[1]] -= 1
        stock = stocks[best[1]]
        sent.append(Deployment(kind, stock.purpose, stock.depot, int(node), when_s, best[0]))
    return sent
