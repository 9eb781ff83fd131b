"""A choice of measures with a switch: cell broadcast is introduced or not, and all others depend on it.

A new site warns nobody while the networks do not broadcast: the two together bring more than the sum, which a greedy choice
would not see. The switch is therefore tried both ways, and the others are chosen for each: all guarantees of `choose` stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ew4all.planning.exact import exact_choice, is_small
from ew4all.planning.greedy import WORK, choose, gains_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ew4all.planning.greedy import Choice, Instance

__all__ = ["Option", "Picked", "exact_of", "pick"]


@dataclass(frozen=True, eq=False)
class Option:
    """One way to set the switch.

    Attributes
    ----------
    cost
        Of setting it so.
    objective, people
        What that alone brings.
    instance
        The other measures, given that.
    """

    cost: float
    objective: float
    people: float
    instance: Instance


@dataclass(frozen=True, eq=False)
class Picked:
    """The best choice over all options.

    Attributes
    ----------
    option
        Its number.
    people
        People newly reached by each chosen measure, after those before it.
    """

    option: int
    choice: Choice
    people: tuple[float, ...]
    cost: float
    objective: float
    newly_reached: float
    bound: float


def pick(
    options: Sequence[Option], budget: float, *, work: int = WORK, proving: bool = True
) -> Picked:
    """Return the best choice for a budget; of equals the first option.

    Parameters
    ----------
    options
        The first costs nothing and brings nothing: the switch as it is.
    work, proving
        See `choose`.
    """
    best: Picked | None = None
    bound = 0.0
    for k, option in enumerate(options):
        if option.cost > budget:
            continue
        choice = choose(option.instance, budget - option.cost, work=work, proving=proving)
        people = tuple(gains_in_order(option.instance, choice.chosen))
        objective = option.objective + choice.reached
        bound = max(bound, option.objective + choice.bound)
        if best is None or objective > best.objective * (1.0 + 1e-12):
            best = Picked(
                k, choice, people, option.cost + choice.cost, objective, option.people + sum(people), 0.0
            )  # fmt: skip
    assert best is not None
    return Picked(
        best.option, best.choice, best.people, best.cost, best.objective, best.newly_reached, max(bound, best.objective)
    )  # fmt: skip


def exact_of(options: Sequence[Option], budget: float) -> float | None:
    """Return the exact optimum of the objective over all options; None where the problem is not small or was not solved."""
    best = 0.0
    for option in options:
        if option.cost > budget:
            continue
        if len(option.instance) == 0:
            best = max(best, option.objective)
            continue
        if not is_small(option.instance):
            return None
        found = exact_choice(option.instance, budget - option.cost)
        if found is None or not found.is_proven:
            return None
        best = max(best, option.objective + found.reached)
    return best
