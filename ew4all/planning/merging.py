"""Planning cells: neighbouring cells taken together, so that a country has some 400,000 of them.

Cells of a square of k x k that lie in one zone and have one strongest site become one; k is the least for which there are few enough.
People and groups keep their sums: shares are means over the people whom they divide. The effect of a measure is computed on the
cells themselves and then averaged over the people on whom it acts, so that what a measure brings by itself is kept as well.
What is lost is who within a planning cell is reached by two measures: they are taken to be independent there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.planning.measures import DEVICE, KINDS, KIT, RADIO, SIGNAL, SITE, Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.planning.measures import Measure
    from ew4all.planning.rows import Crowd, Outage
    from ew4all.units import F64, I64

__all__ = ["MOST_CELLS", "Merging", "merging_of"]

MOST_CELLS: Final = 500_000
"""Planning cells that a plan has at most; countries with fewer cells are planned cell by cell."""

_TINY: Final = 1e-12
_FAINT: Final = 1e-9
"""Weight of people on whom a measure does not act: a mean where there are no others."""


@dataclass(frozen=True, eq=False)
class Merging:
    """Which cells are taken together.

    Attributes
    ----------
    side
        Cells along the side of a square, k; 1: nothing is taken together.
    of
        Planning cell of each cell, shape (cells,).
    busiest
        The cell with most people of each planning cell, shape (planning cells,).
    """

    side: int
    of: I64
    busiest: I64

    def __len__(self) -> int:
        """Return the number of planning cells."""
        return int(self.busiest.size)

    def crowd(self, crowd: Crowd) -> Crowd:
        """Return the people of planning cells."""
        if self.side == 1:
            return crowd
        missed = crowd.people * crowd.missed
        left = missed * (np.maximum(1.0 - crowd.by_phone, 0.0) + _FAINT)
        without = missed * (np.maximum(crowd.signal - crowd.by_phone, 0.0) + _FAINT) + _FAINT * crowd.people  # fmt: skip
        people = self._sum(crowd.people)
        return replace(
            crowd,
            people=people,
            value=self._mean(crowd.value, left),
            missed=self._sum(missed) / np.maximum(people, _TINY),
            has_set=self._mean(crowd.has_set, left),
            signal=self._mean(crowd.signal, missed + _FAINT * crowd.people),
            by_phone=self._mean(crowd.by_phone, missed + _FAINT * crowd.people),
            lacks_phone=self._mean(crowd.lacks_phone, without),
            with_phone=self._mean(crowd.with_phone, without),
        )

    def outage(self, outage: Outage | None) -> Outage | None:
        """Return the sites that serve planning cells: those of the cell with most people."""
        if self.side == 1 or outage is None:
            return outage
        return replace(
            outage, site=outage.site[:, self.busiest], chance=outage.chance[:, self.busiest]
        )

    def effects(self, measures: Sequence[Measure], effects: Sequence[Effect], crowd: Crowd) -> list[Effect]:  # fmt: skip
        """Return effects on planning cells: means over the people on whom a measure acts.

        Parameters
        ----------
        crowd
            People of the cells.
        """
        if self.side == 1:
            return list(effects)
        # One set of weights at a time: each has the size of the country.
        found: dict[int, Effect] = {}
        for acts in {KINDS[m.kind].acts for m in measures}:
            weight = _acted_on(acts, crowd)
            total = self._sum(weight)
            for j, (measure, effect) in enumerate(zip(measures, effects, strict=True)):
                if KINDS[measure.kind].acts == acts:
                    found[j] = effect if acts == SITE else self._effect(effect, weight, total)
        return [found[j] for j in range(len(measures))]

    def _effect(self, effect: Effect, weight: F64, total: F64) -> Effect:
        to, at = np.unique(self.of[effect.cell], return_inverse=True)
        reached = np.bincount(at, weight[effect.cell] * effect.chance, to.size)
        chance = np.minimum(reached / np.maximum(total[to], _TINY), 1.0)
        return replace(effect, cell=to.astype(np.int32), chance=chance.astype(np.float32))

    def _sum(self, values: F64) -> F64:
        found: F64 = np.bincount(self.of, values, len(self)).astype(np.float64)
        return found

    def _mean(self, values: F64, weight: F64) -> F64:
        found: F64 = self._sum(values * weight) / np.maximum(self._sum(weight), 1e-300)
        return found


def merging_of(row: I64, col: I64, people: F64, *keys: I64, most: int = MOST_CELLS) -> Merging:
    """Return which cells to take together.

    Parameters
    ----------
    row, col, people
        Of each cell.
    keys
        Numbers that cells of one planning cell share (zone, strongest site).
    most
        Planning cells there may be; where keys alone have more, the squares end growing at 64 cells.
    """
    side, of = 1, np.arange(row.size)
    while of.size and int(of.max()) + 1 > most and side < 64:
        side += 1
        of = _numbered(row // side, col // side, *keys)
    # Of each planning cell the one with most people, of equals the first.
    order = np.lexsort((np.arange(of.size), -people, of))
    busiest = order[np.flatnonzero(np.diff(of[order], prepend=-1))]
    return Merging(side, of, busiest)


def _numbered(*columns: I64) -> I64:
    """Return the number of each combination of some columns, from 0, in their order."""
    found = np.zeros(columns[0].size, np.int64)
    for column in columns:
        low = int(column.min())
        joint = found * (int(column.max()) - low + 1) + (column - low)
        found = np.unique(joint, return_inverse=True)[1].astype(np.int64)
    return found


def _acted_on(acts: str, crowd: Crowd) -> F64:
    """Return the people of each cell on whom measures of a kind act, at least a trace of whoever is missed."""
    by_other = np.maximum(1.0 - crowd.by_phone, 0.0)
    share = {
        RADIO: by_other * crowd.has_set,
        SIGNAL: np.maximum(1.0 - crowd.signal, 0.0),
        KIT: crowd.by_phone,
        DEVICE: np.maximum(crowd.signal - crowd.by_phone, 0.0) * crowd.lacks_phone,
    }.get(acts, by_other)
    found: F64 = crowd.people * (crowd.missed * (share + _FAINT) + _FAINT**2)
    return found
