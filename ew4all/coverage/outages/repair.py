"""Repair: the mains come back by themselves, everything else waits for a crew.

Crews are a queue: jobs by priority (people, then the order given), each reachable once its road is open. How many crews work
grows with the number of jobs, but not in proportion: neighbours help, and have only so many. Times until mains are back are
Weibull. With a shape below 1, as fitted for the mainland, many are back soon and some very late. Two sets of parameters exist,
``mainland`` and ``island``, fitted by `tools/fit_repair.py` to shares of sites out that the FCC published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.outages.defaults import REPAIR_CLASSES, resolve
from ew4all.coverage.outages.draws import Draws, keys_of
from ew4all.coverage.outages.kernels import MAINS, REJOINED, REPAIR, schedule
from ew4all.coverage.outages.timeline import Timeline
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ew4all.units import F64

__all__ = ["Crews", "crews_for", "repair_class", "restore", "staggered", "work"]

HOUR_S = 3600.0
DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Crews:
    """A repair set: scale and shape of the time until mains return, crews per site of the network, and how they grow with jobs."""

    mains_tau_d: float
    mains_shape: float
    crews: float
    exponent: float

    def mains_s(self, unit: F64) -> F64:
        """Return times until mains are back, Weibull, of exponential numbers of mean 1."""
        return self.mains_tau_d * DAY_S * unit ** (1.0 / self.mains_shape)


def repair_class(name: str, values: Mapping[str, float]) -> Crews:
    """Return a repair set by name.

    Raises
    ------
    OptionError
        No such set.
    """
    if name not in REPAIR_CLASSES:
        msg = f"there is no repair class '{name}'; use one of {', '.join(REPAIR_CLASSES)}"
        raise OptionError(msg)
    return Crews(
        values[f"{name}_mains_tau_d"],
        values[f"{name}_mains_shape"],
        values[f"{name}_crews"],
        values["crews_exponent"],
    )


def crews_for(crews: Crews, sites: int, jobs: int) -> int:
    """Return the number of crews at work; at least one where there is anything to do and anybody to do it."""
    if jobs == 0 or crews.crews == 0.0:
        return 0
    wanted: float = (
        crews.crews * float(sites) ** (1.0 - crews.exponent) * float(jobs) ** crews.exponent
    )
    return max(1, round(wanted))


def work(order: NDArray[np.int64], open_s: F64, work_s: F64, free_s: F64) -> F64:
    """Return when each job is done, by crews that are free from `free_s` on; see `kernels.schedule`."""
    out = np.empty(order.size)
    schedule(
        np.ascontiguousarray(order, np.int64),
        np.ascontiguousarray(open_s, np.float64),
        np.ascontiguousarray(work_s, np.float64),
        np.array(free_s, np.float64),
        out,
    )
    return out


def restore(
    down: NDArray[np.bool_],
    *,
    repair: str = "mainland",
    ids: NDArray[np.str_] | None = None,
    people: F64 | None = None,
    at_s: float = 0.0,
    seed: int = 0,
    replica: int = 0,
    assume: Mapping[str, float] | None = None,
) -> Timeline:
    """Return what becomes of an observed outage: which sites come back when.

    The observation says which sites are out, not why: causes are drawn by the shares ``cause_*``. Times until the mains return
    count from the observation, as they do in the fit, whose series begin with the first report of a storm.

    Parameters
    ----------
    down
        Which sites are out; shape (sites,).
    repair
        ``"mainland"`` or ``"island"``.
    ids
        Names of the sites, on which the draws hang; their numbers by default.
    people
        Whom each site serves: crews go to the most people first.
    at_s
        Time of the observation.
    seed, replica
        Of the draws.
    assume
        Values in place of the defaults.

    Raises
    ------
    OptionError, AssumptionError
        No such repair class or assumption.
    """
    values = resolve(assume)
    crews = repair_class(repair, values)
    sites = down.size
    lost = np.flatnonzero(down)
    draw = Draws(seed, replica)
    key = (np.arange(sites, dtype=np.uint64) if ids is None else keys_of(ids))[lost]
    mix = np.cumsum([values["cause_damage"], values["cause_power"], values["cause_transport"]])
    code = 1 + np.searchsorted(mix, draw.uniform("cause", key)).clip(0, 2)

    back_s = np.full(lost.size, np.inf)
    mains_s = crews.mains_s(draw.exponential("mains", key))
    back_s[code == 2] = mains_s[code == 2] + values["restart_h"] * HOUR_S

    jobs = np.flatnonzero(code != 2)
    median_h = np.where(code[jobs] == 1, values["site_work_h"], values["link_work_h"])
    work_h = draw.lognormal("work", key[jobs], median_h, values["work_beta"])
    work_s = (values["crew_travel_h"] + work_h) * HOUR_S
    served = np.zeros(lost.size) if people is None else np.asarray(people, np.float64)[lost]
    order = np.lexsort((draw.uniform("order", key[jobs]), -served[jobs]))
    free_s = staggered(crews_for(crews, sites, jobs.size), work_s, draw)
    back_s[jobs] = work(order, np.zeros(jobs.size), work_s, free_s)

    returns = np.flatnonzero(np.isfinite(back_s))
    returned_by = np.array([0, REPAIR, MAINS, REJOINED], np.int8)[code[returns]]
    time_s = np.concatenate((np.full(lost.size, at_s), at_s + back_s[returns]))
    site = np.concatenate((lost, lost[returns])).astype(np.int32)
    state = np.concatenate((code, np.zeros(returns.size))).astype(np.int8)
    why = np.concatenate((np.zeros(lost.size, np.int8), returned_by))
    order = np.argsort(time_s, kind="stable")
    return Timeline(sites, time_s[order], site[order], state[order], why[order])


def staggered(crews: int, work_s: F64, draw: Draws) -> F64:
    """Return when each crew is free, if all were at work already: somewhere within the job it is at."""
    if crews == 0 or work_s.size == 0:
        return np.zeros(0)
    lot = draw.uniform("crews", np.arange(crews, dtype=np.uint64))
    return np.asarray(lot * work_s.mean(), np.float64)
