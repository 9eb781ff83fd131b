"""The whole trade-off between people missed and people disturbed, and choices under a budget or a limit of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ew4all.coverage.targeting import share, threshold, weight_of
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ew4all.coverage.targeting import CellSums
    from ew4all.units import F64, I64

__all__ = ["Budget", "Curve", "Outcome", "curve_of", "limited", "outcome_of", "within_budget"]


@dataclass(frozen=True)
class Outcome:
    """What addressing a set of cells does.

    People `reached` and `missed` inside (a cell serves them, but it is not addressed), `unserved` inside (no cell serves
    them), `over_reach` outside; the same in square kilometres. `shown_reached` and `shown_over_reach` count only people
    whose phone shows the alert, where phones filter by place.
    """

    cells: int
    reached: float
    missed: float
    unserved: float
    over_reach: float
    shown_reached: float
    shown_over_reach: float
    reached_km2: float
    missed_km2: float
    unserved_km2: float
    over_reach_km2: float

    def __add__(self, other: Outcome) -> Outcome:
        """Add what another operator does for its own customers; square kilometres stay those of each."""
        names = self.__dataclass_fields__
        return Outcome(**{n: getattr(self, n) + getattr(other, n) for n in names})


def outcome_of(sums: CellSums, chosen: NDArray[np.bool_]) -> Outcome:
    """Return what addressing the `chosen` cells, shape (cells,), does."""

    def on(values: F64) -> float:
        return float(values[chosen].sum())

    return Outcome(
        cells=int(chosen.sum()),
        reached=on(sums.inside),
        missed=float(sums.inside[~chosen].sum()),
        unserved=sums.unserved_people,
        over_reach=on(sums.outside),
        shown_reached=on(sums.shown_inside),
        shown_over_reach=on(sums.shown_outside),
        reached_km2=on(sums.inside_km2),
        missed_km2=float(sums.inside_km2[~chosen].sum()),
        unserved_km2=sums.unserved_km2,
        over_reach_km2=on(sums.outside_km2),
    )


@dataclass(frozen=True, eq=False)
class Curve:
    """All corners of the trade-off, from nobody addressed to everybody inside; arrays of shape (corners,).

    `tau` is the least share of the cells addressed at that corner (above 1 where none is), `order` the cells in the order
    in which they join, and the first ``cells[k]`` of them are addressed at corner `k`.
    """

    tau: F64
    cells: I64
    missed: F64
    over_reach: F64
    missed_km2: F64
    over_reach_km2: F64
    shown_over_reach: F64
    order: I64

    def __len__(self) -> int:
        """Return the number of corners."""
        return int(self.tau.size)

    def at(self, tau: float) -> int:
        """Return the corner of a threshold."""
        return int(np.flatnonzero(self.tau >= tau - 1e-12)[-1])

    def chosen(self, corner: int, cells: int) -> NDArray[np.bool_]:
        """Return the cells addressed at a corner, shape (cells,)."""
        out = np.zeros(cells, np.bool_)
        out[self.order[: self.cells[corner]]] = True
        return out


def curve_of(sums: CellSums, *, measure: str = "people") -> Curve:
    """Return every corner of the trade-off: cells join in the order of their share inside, equal shares together."""
    inside, outside = sums.counts(measure)
    part = share(inside, outside)
    joins = np.flatnonzero(inside > 0.0)
    # Equal shares in the order of cells, so that the curve is the same wherever it is made.
    order = joins[np.argsort(-part[joins], kind="stable")]
    sorted_share = part[order]
    last = np.flatnonzero(np.diff(sorted_share, append=-1.0) != 0.0)
    cells = np.concatenate([[0], last + 1]).astype(np.int64)

    def grown(values: F64) -> F64:
        out: F64 = np.concatenate([[0.0], np.cumsum(values[order])])[cells]
        return out

    def left(values: F64) -> F64:
        # Summed from the end, so that nothing is left at the end: a difference would leave rounding.
        from_end = np.concatenate([np.cumsum(values[order][::-1])[::-1], [0.0]])[cells]
        never = np.ones(values.size, np.bool_)
        never[order] = False
        return np.asarray(from_end + values[never].sum())

    tau = np.concatenate([[np.nextafter(1.0, 2.0)], sorted_share[last]])
    return Curve(
        tau=tau,
        cells=cells,
        missed=left(sums.inside),
        over_reach=grown(sums.outside),
        missed_km2=left(sums.inside_km2),
        over_reach_km2=grown(sums.outside_km2),
        shown_over_reach=grown(sums.shown_outside),
        order=order,
    )


class Budget(NamedTuple):
    """A choice within a budget: the cells, what they reach and disturb, and the most (or least) that any choice could."""

    chosen: NDArray[np.bool_]
    reached: float
    over_reach: float
    bound: float


def within_budget(inside: F64, outside: F64, most_over_reach: float) -> Budget:
    """Reach as many as can be with at most `most_over_reach` disturbed.

    Between two corners of the curve this is a knapsack. Cells join by their share inside as long as they fit, then each
    further one that still fits; `bound` is what the best choice cannot exceed (the curve taken as straight between
    corners), at most one cell away.

    Parameters
    ----------
    inside, outside
        What each cell serves, shape (cells,).

    Raises
    ------
    OptionError
        The budget is negative or not a number.
    """
    if not most_over_reach >= 0.0:
        msg = f"a budget of over-reach is 0 people or more, but got {most_over_reach}"
        raise OptionError(msg)
    joins = np.flatnonzero(inside > 0.0)
    order = joins[np.argsort(-share(inside, outside)[joins], kind="stable")]
    chosen = np.zeros(inside.size, np.bool_)
    reached, spent, bound = 0.0, 0.0, np.nan
    for c in order:
        if spent + outside[c] <= most_over_reach * (1.0 + 1e-12):
            chosen[c] = True
            reached += inside[c]
            spent += outside[c]
        elif np.isnan(bound):
            bound = reached + inside[c] * (most_over_reach - spent) / outside[c]
    # One cell alone may beat all that came before the one that did not fit.
    fits = (inside > reached) & (outside <= most_over_reach)
    if fits.any():
        chosen[:] = False
        chosen[int(np.argmax(np.where(fits, inside, -1.0)))] = True
    reached, spent = float(inside[chosen].sum()), float(outside[chosen].sum())
    return Budget(chosen, reached, spent, reached if np.isnan(bound) else float(bound))


def limited(
    inside: F64, outside: F64, tau: float, most_cells: int, *, order: str = "gain"
) -> NDArray[np.bool_]:
    """Address at most `most_cells` cells.

    Parameters
    ----------
    inside, outside
        What each cell serves, shape (cells,).
    tau
        Threshold; cells below it are never addressed.
    order
        ``"gain"`` keeps the cells with the largest ``inside - weight x outside``, which is the best set of that size for
        the people that the threshold stands for; ``"share"`` keeps those with the largest share inside, which may prefer
        a cell of one person over a town.

    Raises
    ------
    OptionError
        Less than one cell, or an order that is neither.
    """
    if most_cells < 1:
        msg = f"a list of cells holds at least one, but the limit is {most_cells}"
        raise OptionError(msg)
    if order not in {"gain", "share"}:
        msg = f"cells are ordered by 'gain' or 'share', but got {order!r}"
        raise OptionError(msg)
    chosen = threshold(inside, outside, tau)
    if int(chosen.sum()) <= most_cells:
        return chosen
    if order == "share":
        value = share(inside, outside)
    else:
        weight = weight_of(tau)
        value = inside if np.isinf(weight) else inside - weight * outside
    ids = np.flatnonzero(chosen)
    ids = ids[np.lexsort((ids, -inside[ids], -value[ids]))][:most_cells]
    out = np.zeros(inside.size, np.bool_)
    out[ids] = True
    return out
