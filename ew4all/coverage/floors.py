"""No settlement is left behind: cells added until a share of the served people of each one is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.coverage.targeting import weight_of
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.units import F64, I64

__all__ = ["Floors", "SettlementService", "raise_to_floor"]

_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class SettlementService:
    """Who serves each settlement, as entries of shape (entries,): `people` of `settlement` camp on `cell`.

    `total`, shape (settlements,), is everybody in each settlement, served or not.
    """

    names: tuple[str, ...]
    total: F64
    settlement: I64
    cell: I64
    people: F64

    @classmethod
    def of(
        cls, names: Sequence[str], total: F64, settlement: I64, cell: I64, people: F64, cells: int
    ) -> SettlementService:
        """Add up entries of the same settlement and cell."""
        key = settlement.astype(np.int64) * cells + cell
        found, where = np.unique(key, return_inverse=True)
        summed = np.bincount(where, people, minlength=found.size).astype(np.float64)
        return cls(tuple(names), total, found // cells, found % cells, summed)

    @property
    def served(self) -> F64:
        """People of each settlement whom some cell serves."""
        return self._by_settlement(np.ones(self.cell.size, np.bool_))

    def reached(self, chosen: NDArray[np.bool_]) -> F64:
        """People of each settlement on the chosen cells."""
        return self._by_settlement(chosen[self.cell])

    def share(self, chosen: NDArray[np.bool_]) -> F64:
        """Share of the served people of each settlement who are reached; NaN where nobody is served."""
        served = self.served
        out = np.full(served.size, np.nan)
        np.divide(self.reached(chosen), served, out=out, where=served > 0.0)
        return out

    def _by_settlement(self, entries: NDArray[np.bool_]) -> F64:
        return np.asarray(
            np.bincount(self.settlement[entries], self.people[entries], minlength=self.total.size),
            np.float64,
        )


class Floors(NamedTuple):
    """A choice that keeps a floor: the cells, those that had to be added, settlements without any service."""

    chosen: NDArray[np.bool_]
    added: NDArray[np.bool_]
    unserved: tuple[str, ...]


def raise_to_floor(
    chosen: NDArray[np.bool_],
    service: SettlementService,
    inside: F64,
    outside: F64,
    *,
    floor: float,
    tau: float,
) -> Floors:
    """Add cells until each settlement has at least `floor` of its served people reached.

    One by one the cell that closes most of what is missing for each person disturbed; then those of the added cells that
    turn out not to be needed are taken out again, the most disturbing first. This is a cover problem, for which the
    greedy choice is near the best, not always the best.

    Parameters
    ----------
    chosen
        Cells to start from, shape (cells,).
    inside, outside
        What each cell serves, shape (cells,).
    floor
        Share of the served people of each settlement, 0..1.
    tau
        Threshold, which says what an added cell must be worth to stay without being needed.

    Raises
    ------
    OptionError
        The floor is not in 0..1.
    """
    if not 0.0 <= floor <= 1.0:
        msg = f"the floor of a settlement is a share of 0 to 1, but got {floor}"
        raise OptionError(msg)
    served = service.served
    wanted = floor * served * (1.0 - _SLACK)
    now = chosen.copy()
    cells = chosen.size
    while True:
        lacking = np.maximum(wanted - service.reached(now), 0.0)
        if not lacking.any():
            break
        open_entry = ~now[service.cell]
        help_of = np.minimum(service.people, lacking[service.settlement]) * open_entry
        gain = np.bincount(service.cell, help_of, minlength=cells)
        # A cell that disturbs nobody comes first; among several the one that helps most.
        worth = np.divide(gain, outside, out=np.full(cells, np.inf), where=outside > 0.0)
        worth[gain <= 0.0] = -1.0
        best = int(np.lexsort((np.arange(cells), -gain, -worth))[0])
        now[best] = True
    weight = weight_of(tau)
    for c in sorted(np.flatnonzero(now & ~chosen).tolist(), key=lambda k: (-outside[k], k)):
        now[c] = False
        short = (service.reached(now) < wanted).any()
        worth_it = inside[c] > 0.0 and (np.isfinite(weight) and inside[c] >= weight * outside[c])
        now[c] = bool(short or worth_it)
    names = tuple(n for n, s in zip(service.names, served, strict=True) if s <= 0.0)
    return Floors(now, now & ~chosen, names)
