"""Power of sites: mains by feeder, battery, generator, fuel.

A site goes on until the last of its reserves is used up, and comes back with the mains, with the next fuel, or with a generator
that somebody brings. The closed form without fuel and mains is `ew4all.coverage.autonomy.share_up`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.outages.draws import keys_of
from ew4all.coverage.outages.kernels import power_events
from ew4all.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.draws import Draws, Keys
    from ew4all.units import F64

__all__ = ["Plant", "PowerEvents", "feeders", "power_changes", "reserves"]

HOUR_S = 3600.0
_KM_PER_DEG = 111.195


@dataclass(frozen=True, eq=False)
class Plant:
    """What is known of each site; every array has shape (sites,).

    Attributes
    ----------
    people
        Whom it serves; None: nobody knows, and every site counts the same.
    battery_h
        Hours its battery lasts; NaN where unknown.
    fuel_h
        Hours its generator runs on a full tank, 0 without a generator; NaN where unknown.
    feeder
        Name of its feeder; ``""`` where unknown.
    road_open_h
        Hours until its road is open, counted from when something strikes it; NaN where unknown.
    """

    people: F64 | None = None
    battery_h: F64 | None = None
    fuel_h: F64 | None = None
    feeder: NDArray[np.str_] | None = None
    road_open_h: F64 | None = None

    def checked(self, sites: int) -> Plant:
        """Return it, or refuse columns that do not fit.

        Raises
        ------
        InputError
            A column of another length, or with a negative number.
        """
        for name in ("people", "battery_h", "fuel_h", "feeder", "road_open_h"):
            column = getattr(self, name)
            if column is None:
                continue
            if np.shape(column) != (sites,):
                msg = f"column {name} has shape {np.shape(column)}, but there are {sites} sites"
                raise InputError(msg)
            if name != "feeder" and (np.asarray(column) < 0.0).any():
                worst = int(np.flatnonzero(np.asarray(column) < 0.0)[0])
                msg = (
                    f"column {name} is {column[worst]:g} at site {worst + 1}; it cannot be negative"
                )
                raise InputError(msg)
        return self


@dataclass(frozen=True, eq=False)
class PowerEvents:
    """Losses (+1) and returns (-1) of power, and the code of the return; every array has shape (events,)."""

    node: NDArray[np.int64]
    time_s: F64
    delta: NDArray[np.int8]
    label: NDArray[np.int8]


def feeders(backhaul: Backhaul, plant: Plant, feeder_km: float) -> Keys:
    """Return a key for each node, equal where nodes hang on one feeder.

    Where no feeder is named, sites in one square of `feeder_km` share one. Squares are fixed to the globe, so that another site
    moves nobody to another feeder.
    """
    if feeder_km <= 0.0:
        squares = np.array([f"alone {name}" for name in backhaul.id])
    else:
        row = np.floor(backhaul.lat_deg * _KM_PER_DEG / feeder_km)
        # Columns as wide as at the middle of their row, so that a square is one.
        wide = _KM_PER_DEG * np.cos(np.radians((row + 0.5) * feeder_km / _KM_PER_DEG))
        column = np.floor(backhaul.lon_deg * np.maximum(wide, 1e-9) / feeder_km)
        squares = np.array([f"square {r:.0f} {c:.0f}" for r, c in zip(row, column, strict=True)])
    if plant.feeder is not None:
        names = np.array([f"feeder {name}" for name in plant.feeder])
        known = np.asarray(plant.feeder) != ""
        squares = squares.astype(np.result_type(squares, names))
        squares[: backhaul.sites][known] = names[known]
    distinct, inverse = np.unique(squares, return_inverse=True)
    return keys_of(distinct)[inverse]


def reserves(
    backhaul: Backhaul, plant: Plant, values: Mapping[str, float], draw: Draws
) -> tuple[F64, F64]:
    """Return how long the battery and a full tank of each node last, in seconds (0: no generator)."""
    key, hub = backhaul.keys, backhaul.hub
    median_h = np.where(hub, values["hub_battery_median_h"], values["battery_median_h"])
    battery_h = (
        draw.lognormal("battery", key, median_h, values["battery_beta"]) * values["shedding_factor"]
    )
    share = np.where(hub, values["hub_generator_share"], values["generator_share"])
    has = draw.uniform("generator", key) < share
    fuel_h = np.where(
        has, draw.lognormal("fuel", key, values["fuel_median_h"], values["fuel_beta"]), 0.0
    )
    for drawn, known in ((battery_h, plant.battery_h), (fuel_h, plant.fuel_h)):
        if known is not None:
            given = np.flatnonzero(~np.isnan(known))
            drawn[given] = np.asarray(known)[given]
    return battery_h * HOUR_S, fuel_h * HOUR_S


def power_changes(
    lost_s: F64,
    battery_s: F64,
    fuel_s: F64,
    mains_s: F64,
    visit_s: F64,
    period_s: float,
    restart_s: float,
    horizon_s: float,
) -> PowerEvents:
    """Return when nodes lose and regain power; see `kernels.power_events`."""
    visits = 0 if not math.isfinite(period_s) else math.ceil(horizon_s / period_s)
    room = int(np.where(fuel_s > 0.0, 2 * (visits + 3), 2).sum())
    node, time_s = np.empty(room, np.int64), np.empty(room)
    delta, label = np.empty(room, np.int8), np.empty(room, np.int8)
    lost, battery, fuel, mains, visit = (
        np.ascontiguousarray(v, np.float64) for v in (lost_s, battery_s, fuel_s, mains_s, visit_s)
    )
    count = power_events(
        lost,
        battery,
        fuel,
        mains,
        visit,
        period_s,
        restart_s,
        horizon_s,
        node,
        time_s,
        delta,
        label,
    )
    return PowerEvents(node[:count], time_s[:count], delta[:count], label[:count])
