"""How long a cell broadcast takes from the broadcast centre to the screen, by technology.

Sum of independent parts: broadcast centre and core (log-normal), fan-out to the cells (uniform), waiting for the
paging occasion (uniform over the cycle), system information (a first wait, then one segment a period, missed ones come
round again), and the phone. In GSM a page takes 1.883 s on the broadcast channel. Phones that compare their place
with the warning area wait for a fix first.

References
----------
3GPP TS 36.331 (paging cycles 0.32 to 2.56 s, SI periods 0.08 to 5.12 s, segments), TS 38.331, TS 45.002 (8 x 51-multiframe),
TS 25.324 (BMC); segments collected in any order, as `reference/standards.md` 2 derives them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ew4all.alerts.cbs.schedule import GSM_UNIT_S
from ew4all.coverage.normal import cdf
from ew4all.units import TECHNOLOGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    F64: TypeAlias = NDArray[np.float64]

PAGE_2G_S: Final = GSM_UNIT_S
"""One page of GSM on the basic broadcast channel."""

PAGE_OCTETS: Final = 83
"""Octets of CB data for one page: 82 and its length; one octet before all says how many pages there are."""

_SHARES: Final = {
    True: np.concatenate([[1e-6, 0.01, 0.03], np.linspace(0.06, 0.94, 12), [0.97, 0.99, 1 - 1e-4]]),
    False: np.array([1e-6, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1 - 1e-3]),
}
"""Where a wave is cut in time: quantiles of all technologies together, of a first broadcast and of a repetition.

With four pieces of a repetition people were up to 2.8 % off their twins one by one for some seconds; with seven 0.6 %, which is
chance, at one part in ten of the kernel's time.
"""

_STEP_S: Final = 0.05
_NEVER: Final = 1e-6
_NAMES: Final = (
    "core_median_s", "core_sigma", "fan_out_2g_s", "fan_out_3g_s", "fan_out_4g_s", "fan_out_5g_s", "paging_cycle_s",
    "sib1_s", "si_period_s", "segment_octets_4g", "segment_octets_5g", "segment_received", "page_3g_s", "ctch_period_s",
    "show_s", "geofenced_share", "geofence_no_fix", "fix_warm_s", "fix_cold_s", "fix_cold_share",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Wave:
    """Share of phones of each technology that have the message by each of some times.

    Attributes
    ----------
    edges_s
        Rising, shape (points,).
    share
        From 0 to 1, shape (points, technologies); column -1 repeats the last technology and has no meaning.
    mean_s
        Mean delay of each technology, seconds, shape (technologies,).
    """

    edges_s: F64
    share: F64
    mean_s: F64


def segments(technology: str, pages: int, values: Mapping[str, float]) -> int:
    """Return in how many segments of system information a message of some pages is sent in 4g or 5g."""
    octets = 1 + PAGE_OCTETS * pages
    return max(1, math.ceil(octets / values[f"segment_octets_{technology}"]))


def repetition_s(pages: int, values: Mapping[str, float]) -> float:
    """Return the time between two broadcasts: that asked for, or what the pages take in GSM if that is longer."""
    return max(values["repeat_s"], pages * PAGE_2G_S)


def first_wave(
    pages: int,
    values: Mapping[str, float],
    *,
    geofenced: bool,
    used: tuple[int, ...] = tuple(range(len(TECHNOLOGIES))),
) -> Wave:
    """Return the delays of the first broadcast, from the broadcast centre on.

    Parameters
    ----------
    pages
        Of the message, 1 to 15.
    values
        Of the channel.
    geofenced
        Phones compare their place with the warning area first.
    used
        Technologies for which the points in time are chosen, indices.
    """
    return _wave(pages, tuple(values[name] for name in _NAMES), geofenced, True, used)


def repeat_wave(
    pages: int,
    values: Mapping[str, float],
    *,
    geofenced: bool,
    used: tuple[int, ...] = tuple(range(len(TECHNOLOGIES))),
) -> Wave:
    """Return the delays of a repetition, from its beginning in the cell on; see `first_wave`."""
    return _wave(pages, tuple(values[name] for name in _NAMES), geofenced, False, used)


@lru_cache(maxsize=64)
def _wave(
    pages: int, given: tuple[float, ...], geofenced: bool, first: bool, used: tuple[int, ...]
) -> Wave:
    values = dict(zip(_NAMES, given, strict=True))
    masses = []
    for technology in TECHNOLOGIES:
        mass = _radio(technology, pages, values)
        if first:
            core = _lognormal(values["core_median_s"], values["core_sigma"])
            mass = np.convolve(np.convolve(core, _uniform(values[f"fan_out_{technology}_s"])), mass)
        if geofenced and technology in {"4g", "5g"}:
            mass = np.convolve(mass, _fix(values))
        masses.append(mass)
    size = max(mass.size for mass in masses)
    time_s = _STEP_S * np.arange(size)
    every = np.stack([np.pad(mass, (0, size - mass.size)) for mass in masses], axis=1)
    every /= every.sum(axis=0)
    grown = np.minimum(1.0, np.cumsum(every, axis=0))
    edges = np.unique(np.interp(_SHARES[first], grown[:, used].mean(axis=1), time_s))
    edges[0] = max(0.0, edges[0] - _STEP_S)
    share = np.stack(
        [np.interp(edges, time_s, grown[:, k]) for k in range(len(TECHNOLOGIES))], axis=1
    )
    share[0], share[-1] = 0.0, 1.0
    return Wave(edges, share, time_s @ every)


def _radio(technology: str, pages: int, values: Mapping[str, float]) -> F64:
    """Return the masses, every `_STEP_S`, of the time from the cell to the screen."""
    show = _constant(values["show_s"])
    if technology == "2g":
        return np.convolve(_shifted(_uniform(PAGE_2G_S), pages * PAGE_2G_S), show)
    if technology == "3g":
        return np.convolve(
            _shifted(_uniform(values["ctch_period_s"]), pages * values["page_3g_s"]), show
        )
    period_s = values["si_period_s"]
    count = segments(technology, pages, values)
    wait = np.convolve(_uniform(values["paging_cycle_s"]), _uniform(values["sib1_s"]))
    wait = np.convolve(wait, _uniform(period_s))
    return np.convolve(
        np.convolve(wait, _collecting(count, period_s, values["segment_received"])), show
    )


def collected(count: int, received: float, periods: int) -> float:
    """Return the chance to have all segments after some periods, one of them sent in each, in turn."""
    rounds, more = divmod(periods, count)
    missed = 1.0 - received
    return float((1.0 - missed ** (rounds + 1)) ** more * (1.0 - missed**rounds) ** (count - more))


def _collecting(count: int, period_s: float, received: float) -> F64:
    """Return the masses of the time between the first segment and the last one needed."""
    periods, grown = count, [0.0]
    while grown[-1] < 1.0 - _NEVER:
        grown.append(collected(count, received, periods))
        periods += 1
    at = np.round((count - 1 + np.arange(len(grown) - 1)) * period_s / _STEP_S).astype(int)
    out = np.zeros(int(at[-1]) + 1)
    np.add.at(out, at, np.diff(grown))
    return out


def _fix(values: Mapping[str, float]) -> F64:
    """Return the masses of the time for which phones wait to know their place."""
    filtering = values["geofenced_share"] * (1.0 - values["geofence_no_fix"])
    # A phone without a fix waits as long as one that finds it late, then shows the message.
    late = (
        values["geofenced_share"] * values["geofence_no_fix"] + filtering * values["fix_cold_share"]
    )
    warm, cold = _uniform(values["fix_warm_s"]), _uniform(values["fix_cold_s"])
    out = np.zeros(max(warm.size, cold.size))
    out[: warm.size] += filtering * (1.0 - values["fix_cold_share"]) * warm
    out[: cold.size] += late * cold
    out[0] += 1.0 - values["geofenced_share"]
    return out


def _uniform(most_s: float) -> F64:
    """Return masses that are equal between 0 and some seconds."""
    # Masses lie at multiples of the step; each stands for half a step to both sides.
    bounds = np.clip((np.arange(math.ceil(most_s / _STEP_S) + 2) - 0.5) * _STEP_S, 0.0, most_s)
    return np.diff(bounds) / most_s if most_s > 0 else np.ones(1)


def _constant(value_s: float) -> F64:
    return _shifted(np.ones(1), value_s)


def _shifted(mass: F64, by_s: float) -> F64:
    return np.concatenate([np.zeros(round(by_s / _STEP_S)), mass])


def _lognormal(median_s: float, sigma: float) -> F64:
    most_s = median_s * math.exp(4.75 * sigma)
    bounds = (np.arange(math.ceil(most_s / _STEP_S) + 1) - 0.5) * _STEP_S
    grown = np.zeros(bounds.size)
    grown[1:] = cdf(np.log(bounds[1:] / median_s) / max(sigma, 1e-9))
    return np.diff(grown)
