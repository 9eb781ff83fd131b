"""Where the missed people of a run live: its rows given back to the pixels of the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.reprojection import to_lonlat
from ew4all.run_results import ALL, PEOPLE_KEYS, Zone
from ew4all.run_study import states_of
from ew4all.sim.unfolding import share_of_cohorts, unfold
from ew4all.study import outline

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from ew4all.grid import Block, Grid
    from ew4all.run_intake import RunInputs
    from ew4all.run_results import Stats
    from ew4all.run_study import RunResult
    from ew4all.study import Study

    F64 = NDArray[np.float64]

__all__ = ["Places", "zones_of"]

_ROUNDS: Final = 50
_NEAR: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Places:
    """The map of a run.

    Attributes
    ----------
    share
        Share of each cohort that is at risk and was not warned, shape (cohorts,).
    """

    inputs: RunInputs
    result: RunResult
    share: F64

    @classmethod
    def of(cls, inputs: RunInputs, result: RunResult, people: Mapping[str, Stats]) -> Places:
        """Give cohorts the shares of their rows.

        Parameters
        ----------
        result
            The central run.
        people
            Of `RunResults`: in each zone the missed are scaled to the mean over replicas, so that the map adds up to it.
        """
        prepared, losses = result.prepared, result.played.losses
        folded, rows = prepared.folded, prepared.world.rows
        missed = np.where(rows.at_risk, losses.missed, 0.0)
        per_row = np.divide(
            missed, losses.people, out=np.zeros_like(missed), where=losses.people > 0.0
        )
        shares = states_of(result.plan, inputs.zones)(folded.cohorts, inputs.groups)
        share = share_of_cohorts(folded.cohorts, shares, rows, per_row)
        wanted = people["zone"].mean[:, PEOPLE_KEYS.index("missed")]
        scaled = _scaled(share, folded.cohorts.people, folded.cohorts.zone, wanted)
        return cls(inputs, result, scaled)

    @property
    def study(self) -> Study:
        """The same inputs as `reach` has them."""
        return self.inputs.study

    @property
    def grid(self) -> Grid:
        """Grid on which people are folded."""
        return self.inputs.ground.division.grid

    def blocks(self, workers: int | Executor = 1) -> Iterator[tuple[Block, F64, F64]]:
        """Yield blocks with everybody and the missed people of each pixel."""
        yield from unfold(
            self.inputs.ground, self.result.prepared.folded, self.share,
            block=self.inputs.block, workers=workers,
        )  # fmt: skip


def _scaled(share: F64, people: F64, zone: NDArray[np.int32], wanted: F64) -> F64:
    """Scale shares in each zone until they give the wanted number of people; a cohort that is missed whole is not more so."""
    whole = np.zeros(share.size, bool)
    for _ in range(_ROUNDS):
        fixed = np.bincount(zone[whole], people[whole], wanted.size)
        free = np.bincount(zone[~whole], (people * share)[~whole], wanted.size)
        scale = np.divide(wanted - fixed, free, out=np.ones(wanted.size), where=free > 0.0)
        share = np.where(whole, share, np.minimum(1.0, share * np.maximum(0.0, scale)[zone]))
        if np.all(scale <= 1.0 + _NEAR):
            break
        whole = share >= 1.0
    return share


def zones_of(inputs: RunInputs) -> tuple[Zone, ...]:
    """Return the zones of a run with their shapes in lon/lat; everybody as one where there are none."""
    study = inputs.study
    if study.zones is None:
        whole = np.array([outline(study.grid)], dtype=object)
        return (Zone(ALL, "everybody", to_lonlat(whole, study.grid)[0]),)
    shapes = (*to_lonlat(study.zone_shapes, study.grid), None)
    return tuple(Zone(*one) for one in zip(inputs.zones, inputs.zone_names, shapes, strict=True))
