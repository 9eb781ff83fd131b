"""How soon an outage shows in crowd-sourced measurements: an area that was measured before and is silent since.

Measurements come as a Poisson process of rate lambda m: lambda the rate of the baseline, m the share of people who are still
there. A working area is silent for T hours with the chance exp(-lambda m T); it is flagged once that is below alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ew4all.coverage.outages.draws import Draws, Keys
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.units import F64

__all__ = ["Detection", "area_outages", "delay_h", "detect", "silence_chance"]

HOUR_S = 3600.0


def silence_chance(rate_per_h: ArrayLike, hours: ArrayLike, remaining: ArrayLike = 1.0) -> F64:
    """Return the chance that a working area is silent for so many hours."""
    expected = np.asarray(rate_per_h, np.float64) * np.asarray(remaining) * np.asarray(hours)
    result: F64 = np.exp(-expected)
    return result


def delay_h(rate_per_h: ArrayLike, remaining: ArrayLike = 1.0, alpha: float = 0.01) -> F64:
    """Return after how many hours of silence an area is flagged: 4.6 / (lambda m) for an alpha of 0.01; infinity without a rate.

    Raises
    ------
    OptionError
        `alpha` is not between 0 and 1.
    """
    if not 0.0 < alpha < 1.0:
        msg = f"alpha is a chance above 0 and below 1, but got {alpha:g}"
        raise OptionError(msg)
    with np.errstate(divide="ignore"):
        result: F64 = -math.log(alpha) / (
            np.asarray(rate_per_h, np.float64) * np.asarray(remaining)
        )
    return result


@dataclass(frozen=True, eq=False)
class Detection:
    """What a watcher sees; every array has shape (areas,).

    Attributes
    ----------
    flagged_s
        When the area is flagged; infinity: never.
    seen_s
        First measurement after the start, which ends a flag.
    false_alarm
        Flagged although it worked until then.
    """

    flagged_s: F64
    seen_s: F64
    false_alarm: NDArray[np.bool_]


def detect(
    rate_per_h: F64,
    out_s: F64,
    back_s: F64,
    keys: Keys,
    draw: Draws,
    *,
    remaining: ArrayLike = 1.0,
    assumed_remaining: ArrayLike = 1.0,
    alpha: float = 0.01,
) -> Detection:
    """Simulate the watch from time 0 on.

    Parameters
    ----------
    rate_per_h
        Baseline of each area.
    out_s, back_s
        When it goes out (infinity: not) and comes back.
    keys
        Of the areas, for draws.
    remaining, assumed_remaining
        Share of people who are there, and what the watcher takes it for.
    """
    wait_s = delay_h(rate_per_h, assumed_remaining, alpha) * HOUR_S
    with np.errstate(divide="ignore"):
        worked_s = (
            draw.exponential("measurement", keys) / (rate_per_h * np.asarray(remaining)) * HOUR_S
        )
    seen_s = np.where(worked_s < out_s, worked_s, back_s + (worked_s - np.fmin(out_s, worked_s)))
    flagged_s = np.where(seen_s > wait_s, wait_s, np.inf)
    return Detection(flagged_s, seen_s, np.isfinite(flagged_s) & (flagged_s <= out_s))


def area_outages(timeline: Timeline, area: NDArray[np.int64], areas: int) -> tuple[F64, F64]:
    """Return when each area first has no site that serves, and when one serves again after that; infinity: never.

    Parameters
    ----------
    area
        Of each site, 0..areas-1; shape (sites,). An area without a site is never out.
    """
    serving = np.bincount(area, minlength=areas)
    out_s, back_s = np.full(areas, np.inf), np.full(areas, np.inf)
    up = np.ones(timeline.sites, np.bool_)
    for time_s, site, now in zip(timeline.time_s, timeline.site, timeline.up, strict=True):
        if now == up[site]:
            continue
        up[site] = now
        where = area[site]
        serving[where] += 1 if now else -1
        if serving[where] == 0 and not math.isfinite(out_s[where]):
            out_s[where] = time_s
        elif now and serving[where] == 1 and not math.isfinite(back_s[where]):
            back_s[where] = time_s
    return out_s, back_s
