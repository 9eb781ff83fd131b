"""From what strikes to what happened to every site: damage, power, links, crews and kits, put together.

::

    network = lay_out(cells.sites, resolve())
    outage = simulate(network, [Threat("wind", gust_m_s)], seed=7)
    outage.timeline.alive_at(6 * 3600.0)[cells.site]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.outages import kernels
from ew4all.coverage.outages.backhaul import SUBMARINE
from ew4all.coverage.outages.defaults import resolve
from ew4all.coverage.outages.draws import Draws
from ew4all.coverage.outages.events import EventList, walked
from ew4all.coverage.outages.kits import Deployment, Stock, deploy
from ew4all.coverage.outages.power import Plant, feeders, power_changes, reserves
from ew4all.coverage.outages.repair import crews_for, repair_class, work
from ew4all.coverage.outages.threats import strike
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.repair import Crews
    from ew4all.coverage.outages.threats import Blackout, Cut, Losses, Threat
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.units import F64

__all__ = ["Outage", "simulate"]

HOUR_S = 3600.0
DAY_S = 86400.0


@dataclass(frozen=True, eq=False)
class Outage:
    """One possible course of events.

    Attributes
    ----------
    timeline
        Of the sites.
    horizon_s
        Nothing is computed beyond.
    damaged, mains_lost
        Which nodes were damaged or lost their mains, whatever else befell them; shape (nodes,).
    broken
        Which links failed; shape (links,).
    repaired_s, link_repaired_s
        When a damaged node and a failed link are whole again, infinity: not; NaN where nothing failed.
    crews
        At work.
    deployments
        Kits, generators and cells that were sent, those for responders included.
    chances
        Expected number of sites damaged, sites without mains and links broken, over all draws.
    """

    timeline: Timeline
    horizon_s: float
    damaged: NDArray[np.bool_]
    mains_lost: NDArray[np.bool_]
    broken: NDArray[np.bool_]
    repaired_s: F64
    link_repaired_s: F64
    crews: int
    deployments: tuple[Deployment, ...] = ()
    chances: Mapping[str, float] = field(default_factory=dict)


def simulate(
    backhaul: Backhaul,
    threats: Sequence[Threat] = (),
    *,
    blackouts: Sequence[Blackout] = (),
    cuts: Sequence[Cut] = (),
    plant: Plant | None = None,
    stocks: Sequence[Stock] = (),
    repair: str = "mainland",
    horizon_s: float = 14 * DAY_S,
    seed: int = 0,
    replica: int = 0,
    assume: Mapping[str, float] | None = None,
) -> Outage:
    """Draw one course of events.

    Parameters
    ----------
    backhaul
        Sites and links.
    threats, blackouts, cuts
        What strikes.
    plant
        What is known of the sites' power, and whom they serve (crews and kits go to the most people first).
    stocks
        Kits, generators and cells in depots.
    repair
        Repair set, ``"mainland"`` or ``"island"``.
    horizon_s
        End; later events are left out.
    seed, replica
        Of the draws.
    assume
        Values in place of `defaults.TABLE`.

    Raises
    ------
    OptionError, AssumptionError, InputError
        No such repair class, hazard or assumption; arrays that do not fit the network; a horizon that is none.
    """
    if not (math.isfinite(horizon_s) and horizon_s > 0.0):
        msg = f"the horizon must be above 0 s and finite, but got {horizon_s:g}"
        raise OptionError(msg)
    values = resolve(assume)
    crews_of = repair_class(repair, values)
    known = (plant or Plant()).checked(backhaul.sites)
    draw = Draws(seed, replica)
    key = backhaul.keys
    feeder = feeders(backhaul, known, values["feeder_km"])
    losses = strike(
        backhaul, threats, blackouts, cuts, feeder, values["intensity_common_share"], draw
    )

    begin_s = np.fmin(losses.damaged_s, losses.mains_s)
    begin_s = np.where(np.isfinite(begin_s), begin_s, _first(losses))
    blocked = losses.struck & (draw.uniform("blocked", key) < values["access_blocked_share"])
    wait_s = (
        draw.lognormal("access", key, values["access_median_h"], values["access_beta"]) * HOUR_S
    )
    wait_s[~blocked] = 0.0
    if known.road_open_h is not None:
        told = np.flatnonzero(~np.isnan(known.road_open_h))
        wait_s[told] = known.road_open_h[told] * HOUR_S
    road_s = begin_s + wait_s

    weight = (
        np.ones(backhaul.sites) if known.people is None else np.asarray(known.people, np.float64)
    )
    node_weight, link_weight = backhaul.weights(weight)
    repaired_s, link_repaired_s, crews = _repairs(
        backhaul, losses, road_s, node_weight, link_weight, crews_of, values, draw
    )

    back_s = losses.mains_s + crews_of.mains_s(draw.exponential("mains return", feeder))
    back_s = np.where(np.isnan(losses.mains_until_s), back_s, losses.mains_until_s)
    back_s[~np.isfinite(losses.mains_s)] = np.inf
    battery_s, fuel_s = reserves(backhaul, known, values, draw)
    period_s = values["refuel_interval_h"] * HOUR_S
    visit_s = road_s + draw.uniform("tanker", key) * (period_s if math.isfinite(period_s) else 0.0)
    if not math.isfinite(period_s):
        visit_s[:] = np.inf
    restart_s = values["restart_h"] * HOUR_S
    power = power_changes(
        losses.mains_s, battery_s, fuel_s, back_s, visit_s, period_s, restart_s, horizon_s
    )

    events = EventList(horizon_s)
    events.add_span(
        kernels.DAMAGE, np.arange(key.size), losses.damaged_s, repaired_s, kernels.REPAIR
    )
    events.add_span(kernels.LINK, np.arange(backhaul.a.size), losses.link_s, link_repaired_s, 0)
    events.add_span(kernels.MAINS_GONE, np.arange(key.size), losses.mains_s, back_s, 0)
    events.add(kernels.POWER, power.node, power.time_s, power.delta, power.label)
    sent: tuple[Deployment, ...] = ()
    if stocks:
        sent = deploy(backhaul, events, stocks, road_s, node_weight, values)
    timeline = walked(backhaul, events).of_first(backhaul.sites)
    return Outage(
        timeline,
        horizon_s,
        np.isfinite(losses.damaged_s),
        np.isfinite(losses.mains_s),
        np.isfinite(losses.link_s),
        repaired_s,
        link_repaired_s,
        crews,
        sent,
        losses.chances,
    )


def _first(losses: Losses) -> float:
    """When anything fails at first; 0 where nothing does."""
    both = (losses.damaged_s.min(initial=np.inf), losses.mains_s.min(initial=np.inf))
    first = min(*both, losses.link_s.min(initial=np.inf))
    return float(first) if math.isfinite(first) else 0.0


def _repairs(
    backhaul: Backhaul,
    losses: Losses,
    road_s: F64,
    node_weight: F64,
    link_weight: F64,
    crews: Crews,
    values: Mapping[str, float],
    draw: Draws,
) -> tuple[F64, F64, int]:
    """Return when damaged nodes and failed links are whole again, and how many crews were at work."""
    damaged = np.flatnonzero(np.isfinite(losses.damaged_s))
    failed = np.isfinite(losses.link_s)
    on_land = np.flatnonzero(failed & (backhaul.kind != SUBMARINE) & np.isnan(losses.link_until_s))
    keys = np.concatenate((backhaul.keys[damaged], backhaul.link_keys[on_land]))
    median_h = np.concatenate(
        (np.full(damaged.size, values["site_work_h"]), np.full(on_land.size, values["link_work_h"]))
    )
    work_h = draw.lognormal("work", keys, median_h, values["work_beta"])
    work_s = (values["crew_travel_h"] + work_h) * HOUR_S
    of_link_s = np.maximum(road_s[backhaul.a[on_land]], road_s[backhaul.b[on_land]])
    since_s = np.concatenate((losses.damaged_s[damaged], losses.link_s[on_land]))
    open_s = np.concatenate((road_s[damaged], of_link_s))
    open_s = np.maximum(open_s, since_s + values["mobilise_h"] * HOUR_S)
    weight = np.concatenate((node_weight[damaged], link_weight[on_land]))
    order = np.lexsort((draw.uniform("order", keys), -weight))
    at_work = crews_for(crews, backhaul.sites, keys.size)
    done_s = work(order, open_s, work_s, np.zeros(at_work))
    repaired_s = np.full(backhaul.id.size, np.nan)
    repaired_s[damaged] = done_s[: damaged.size]
    link_s = np.where(failed, losses.link_until_s, np.nan)
    link_s[on_land] = done_s[damaged.size :]
    sea = failed & (backhaul.kind == SUBMARINE) & np.isnan(losses.link_until_s)
    link_s[sea] = losses.link_s[sea] + values["cable_repair_d"] * DAY_S
    return repaired_s, link_s, at_work
