"""From what cells serve to the cells to address, with everything that may be asked of the choice at once.

In this order: sums of an ensemble of outages become one; cells become groups; each operator's cells or groups are chosen by
the threshold (or a budget, or the best so many); settlements that fall below the floor get further ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ew4all.coverage.cell_groups import Groups, group_sums
from ew4all.coverage.floors import Floors, SettlementService, raise_to_floor
from ew4all.coverage.targeting import TAU, mean_of, share, threshold, union_of
from ew4all.coverage.tradeoff import Curve, curve_of, limited, within_budget
from ew4all.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.coverage.targeting import CellSums
    from ew4all.units import I64

__all__ = ["Choice", "Demand", "choose", "tau_of_weight"]

MEASURES = ("people", "area")
ROBUST = ("mean", "union")


def tau_of_weight(weight: float) -> float:
    """Threshold of those for whom one person disturbed weighs as much as `weight` people reached.

    Raises
    ------
    OptionError
        The weight is negative or not a number.
    """
    if not 0.0 <= weight < np.inf:
        msg = f"the weight of a person disturbed is 0 people reached or more, but got {weight}"
        raise OptionError(msg)
    return weight / (1.0 + weight)


@dataclass(frozen=True)
class Demand:
    """What is asked of a choice.

    Attributes
    ----------
    tau
        Least share of a cell's people who are inside.
    measure
        ``"people"``, or ``"area"`` where nobody knows where people are.
    limit
        Most cells (or groups) of each operator; None: any number.
    limit_order
        Which are kept, see `tradeoff.limited`.
    budget
        Most people of each operator disturbed, in the place of the threshold.
    floor
        Share of the served people of each settlement who must be reached.
    epsilon
        See `targeting.threshold`.
    robust
        What an ensemble is chosen by: the ``"mean"`` of what each cell serves, or the ``"union"`` of the sets of its members.
    """

    tau: float = TAU["evacuation"]
    measure: str = "people"
    limit: int | None = None
    limit_order: str = "gain"
    budget: float | None = None
    floor: float | None = None
    epsilon: float = 0.0
    robust: str = "mean"

    def __post_init__(self) -> None:
        """Refuse what excludes each other.

        Raises
        ------
        OptionError
            A word that is none of the allowed ones, or a budget beside a limit or a union.
        """
        if self.measure not in MEASURES:
            msg = f"cells are measured by 'people' or 'area', but got {self.measure!r}"
            raise OptionError(msg)
        if self.robust not in ROBUST:
            msg = f"an ensemble is joined by its 'mean' or 'union', but got {self.robust!r}"
            raise OptionError(msg)
        if self.budget is not None and (self.limit is not None or self.robust == "union"):
            other = "a limit of cells" if self.limit is not None else "the union of an ensemble"
            msg = f"a budget of over-reach and {other} exclude each other; leave one of them out"
            raise OptionError(msg)


@dataclass(frozen=True, eq=False)
class Choice:
    """The cells to address and what they were chosen by.

    Attributes
    ----------
    cells
        Whether each cell is addressed, shape (cells,).
    units
        The same for each group; for each cell where cells are addressed one by one.
    sums, unit_sums
        What each cell, and each group, serves; the mean over an ensemble.
    added
        Cells or groups that a floor added, shape of `units`.
    unserved
        Settlements that no cell serves.
    curve
        Every corner of the trade-off of the groups (or cells).
    """

    cells: NDArray[np.bool_]
    units: NDArray[np.bool_]
    sums: CellSums
    unit_sums: CellSums
    added: NDArray[np.bool_]
    unserved: tuple[str, ...]
    curve: Curve


def choose(
    members: Sequence[CellSums],
    demand: Demand,
    *,
    operator: I64 | None = None,
    groups: Groups | None = None,
    settlements: SettlementService | None = None,
) -> Choice:
    """Choose the cells to address.

    Parameters
    ----------
    members
        What each cell serves, in each member of an ensemble of outages; one where there is none.
    operator
        Number of the operator of each cell, shape (cells,); limits and budgets hold for each. None: one operator.
    groups
        Codes that are addressed in the place of cells. No group may hold cells of two operators.
    settlements
        Who serves each settlement; needed for a floor.

    Raises
    ------
    OptionError
        A floor without settlements; a floor that needs more cells than the limit allows; or a group of two operators.
    """
    sums = mean_of(members) if len(members) > 1 else members[0]
    of_unit = np.zeros(len(sums), np.int64) if operator is None else operator
    unit_members, service = list(members), settlements
    if groups is not None:
        unit_members = [group_sums(m, groups) for m in members]
        of_unit = _operator_of_groups(groups, of_unit)
        service = None if settlements is None else _by_group(settlements, groups)
    unit_sums = mean_of(unit_members) if len(unit_members) > 1 else unit_members[0]
    units = np.zeros(len(unit_sums), np.bool_)
    for k in np.unique(of_unit):
        mine = of_unit == k
        units |= _of_operator([m.part(mine) for m in unit_members], unit_sums.part(mine), demand)
    floors = Floors(units, np.zeros_like(units), ())
    if demand.floor is not None:
        if service is None:
            msg = "a floor is kept for each settlement, but no settlements were given; give them, or leave the floor out"
            raise OptionError(msg)
        floors = _raised(units, service, unit_sums, demand, of_unit)
    cells = floors.chosen if groups is None else groups.cells(floors.chosen)
    return Choice(
        cells=cells,
        units=floors.chosen,
        sums=sums,
        unit_sums=unit_sums,
        added=floors.added,
        unserved=floors.unserved,
        curve=curve_of(unit_sums, measure=demand.measure),
    )


def best_share(choice: Choice, measure: str) -> tuple[int, float]:
    """Return the cell or group with the largest share inside, and that share."""
    values = share(*choice.unit_sums.counts(measure))
    best = int(np.argmax(values))
    return best, float(values[best])


def _of_operator(members: Sequence[CellSums], sums: CellSums, demand: Demand) -> NDArray[np.bool_]:
    inside, outside = sums.counts(demand.measure)
    if demand.budget is not None:
        return within_budget(inside, outside, demand.budget).chosen
    if demand.robust == "union" and len(members) > 1:
        chosen = union_of(members, demand.tau, measure=demand.measure)
        if demand.limit is None or int(chosen.sum()) <= demand.limit:
            return chosen
        # Of those that some member wants, the ones that serve most in the mean.
        only = np.where(chosen, inside, 0.0), np.where(chosen, outside, 0.0)
        return limited(*only, 0.0, demand.limit, order=demand.limit_order)
    if demand.limit is not None:
        return limited(inside, outside, demand.tau, demand.limit, order=demand.limit_order)
    return threshold(inside, outside, demand.tau, epsilon=demand.epsilon)


def _raised(
    units: NDArray[np.bool_],
    service: SettlementService,
    sums: CellSums,
    demand: Demand,
    operator: I64,
) -> Floors:
    assert demand.floor is not None
    inside, outside = sums.counts(demand.measure)
    found = raise_to_floor(units, service, inside, outside, floor=demand.floor, tau=demand.tau)
    if demand.limit is not None:
        most = int(np.bincount(operator[found.chosen], minlength=1).max())
        if most > demand.limit:
            msg = (
                f"to reach {demand.floor:.0%} of every settlement takes {most} entries of one operator's list, but the limit is "
                f"{demand.limit}; raise the limit or lower the floor"
            )
            raise OptionError(msg)
    return found


def _operator_of_groups(groups: Groups, operator: I64) -> I64:
    of_group = np.zeros(len(groups), np.int64)
    of_group[groups.of_cell] = operator
    wrong = np.flatnonzero(of_group[groups.of_cell] != operator)
    if wrong.size:
        code = groups.codes[groups.of_cell[wrong[0]]]
        msg = f"the code {code!r} names cells of two operators, but each operator broadcasts on its own; group by operator too"
        raise OptionError(msg)
    return of_group


def _by_group(service: SettlementService, groups: Groups) -> SettlementService:
    return SettlementService.of(
        service.names,
        service.total,
        service.settlement,
        groups.of_cell[service.cell],
        service.people,
        len(groups),
    )
