"""Many possible courses of one disaster: how far they differ, and which sites are alive in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ew4all.coverage.outages.simulation import simulate
from ew4all.coverage.outages.timeline import STATES
from ew4all.coverage.workers import in_order
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.coverage.outages.backhaul import Backhaul
    from ew4all.coverage.outages.simulation import Outage
    from ew4all.coverage.outages.timeline import Timeline
    from ew4all.units import F64, I64

__all__ = ["Ensemble", "members_of"]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Members by their replica, 0 first."""

    timelines: tuple[Timeline, ...]
    outages: tuple[Outage, ...] = ()

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.timelines)

    def alive_at(self, time_s: float) -> NDArray[np.bool_]:
        """Return which sites serve at a time, shape (members, sites): what a choice of cells must be robust to."""
        return np.array([timeline.alive_at(time_s) for timeline in self.timelines])

    def counts(self, times_s: F64) -> I64:
        """Return the sites in each state, shape (members, times, states)."""
        return np.array([timeline.counts(times_s) for timeline in self.timelines])

    def share_up(self, times_s: F64) -> F64:
        """Return the share of sites that serve, shape (members, times)."""
        counts = self.counts(times_s)
        serving = [STATES.index(name) for name in ("up", "temporary", "backup")]
        sites = max(self.timelines[0].sites, 1)
        share: F64 = counts[:, :, serving].sum(axis=2) / sites
        return share


def members_of(
    backhaul: Backhaul,
    threats: Sequence[Any] = (),
    *,
    members: int,
    seed: int = 0,
    workers: int | Executor = 1,
    progress: Callable[[int, int], None] | None = None,
    **settings: Any,
) -> Ensemble:
    """Draw `members` courses of events; member k is replica k of `simulate`, whatever the number of members or workers.

    Raises
    ------
    OptionError
        Fewer than one member; and see `simulate`.
    """
    if members < 1:
        msg = f"an ensemble has at least one member, but got {members}"
        raise OptionError(msg)
    jobs = [(backhaul, threats, seed, k, settings) for k in range(members)]
    outages = []
    for done, outage in enumerate(in_order(_one, jobs, workers), 1):
        outages.append(outage)
        if progress is not None:
            progress(done, members)
    return Ensemble(tuple(o.timeline for o in outages), tuple(outages))


def _one(
    backhaul: Backhaul, threats: Sequence[Any], seed: int, replica: int, settings: dict[str, Any]
) -> Outage:
    return simulate(backhaul, threats, seed=seed, replica=replica, **settings)
