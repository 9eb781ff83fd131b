"""The best measures for a budget: a lazy greedy choice, how far from the best it can be at most, and the same choice each time.

People newly reached by a set S of measures are ``F(S) = sum over rows of weight x (1 - product over S of (1 - chance))``:
whom two measures reach counts once. F never falls and has diminishing returns, on which everything here rests.

What is chosen is the best of three, by size of the problem:

* by people a unit of money, dropping what does not fit, and the best prefix of that plus one measure more. At least 1/2 of the
  optimum (Yaroslavtsev, Zhou and Avdiukhin, AISTATS 2020);
* the same begun with each measure: at least 0.6174 (Feldman, Nutov and Shoham, Algorithmica 2023);
* the same begun with each pair: at least 1 - 1/e = 0.632, which no quick method beats (same authors).

Every choice comes with an upper bound of its own problem, so that more is usually proven than these numbers. A larger budget
never reaches fewer: at a smaller one the greedy choice runs the same way until the first measure that no longer fits, and
what it takes instead costs less and gains less a unit of money; the same holds after any beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from ew4all.errors import OptionError
from ew4all.planning.greedy_kernels import gain_of, gains_of, greedy, guessed, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ew4all.units import F32, F64, I32, I64

__all__ = ["GUARANTEES", "Choice", "Instance", "choose", "gains_in_order", "reached_by", "upper_bound"]  # fmt: skip

GUARANTEES: Final = {"greedy": 0.5, "one": 0.6174, "pairs": 1.0 - 1.0 / float(np.e)}
"""Least share of the optimum, by how many measures the choice is begun with."""

WORK: Final = 1_500_000_000
"""Entries that beginnings may touch, some seconds; larger problems begin with fewer measures."""

_PREFIXES = 12


@dataclass(frozen=True, eq=False)
class Instance:
    """Measures and whom they reach.

    Attributes
    ----------
    ids
        Names, in rising order; of equals the first is chosen.
    cost
        In one currency, 0 or more, shape (measures,).
    start, row, chance
        Measure j reaches the share ``chance[k]`` of ``row[k]``, for k from ``start[j]`` to ``start[j + 1]``.
    weight
        People of each row who are not reached, times what one of them counts, shape (rows,).
    people
        The same people without that; None: each counts 1.

    Raises
    ------
    OptionError
        Costs that are negative or no numbers, or names out of order.
    """

    ids: tuple[str, ...]
    cost: F64
    start: I64
    row: I32
    chance: F32
    weight: F64
    people: F64 | None = None

    def __post_init__(self) -> None:
        """Refuse what would be chosen wrongly."""
        if not (np.isfinite(self.cost).all() and (self.cost >= 0.0).all()):
            msg = "a measure whose cost is unknown or negative cannot be chosen; leave it out as unpriced"
            raise OptionError(msg)
        if any(a >= b for a, b in zip(self.ids, self.ids[1:], strict=False)):
            msg = "names of measures must rise and none may be there twice, so that equals are always chosen alike"
            raise OptionError(msg)

    def __len__(self) -> int:
        """Return the number of measures."""
        return len(self.ids)

    @property
    def work(self) -> int:
        """Entries touched by one run, about."""
        return 2 * self.row.size + self.weight.size

    @cached_property
    def worth(self) -> F64:
        """What each measure brings by itself, as the objective counts it; every budget asks for it."""
        out = np.zeros(len(self))
        gains_of(self.start, self.row, self.chance, self.weight, out)
        return out

    def take(self, numbers: Sequence[int]) -> Instance:
        """Return the problem with some of its measures, in rising order."""
        some = np.asarray(numbers, np.int64)
        size = np.diff(self.start)[some]
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        entry = np.repeat(self.start[:-1][some] - start[:-1], size) + np.arange(start[-1])
        return Instance(
            tuple(self.ids[j] for j in some), self.cost[some], start, self.row[entry], self.chance[entry], self.weight,
            self.people,
        )  # fmt: skip

    def alone(self) -> F64:
        """Return the people whom each measure would newly reach by itself, each counted as one."""
        out = np.zeros(len(self))
        people = self.weight if self.people is None else self.people
        gains_of(self.start, self.row, self.chance, people, out)
        return out


@dataclass(frozen=True, eq=False)
class Choice:
    """What to do with a budget.

    Attributes
    ----------
    chosen
        Numbers of the measures, the most for the money first.
    gain
        People newly reached by each, after those before it.
    cost, reached
        Of all of them.
    bound
        No choice within the budget reaches more.
    method
        A key of `GUARANTEES`.
    evaluations
        Gains that were computed by the first run.
    """

    chosen: tuple[int, ...]
    gain: tuple[float, ...]
    cost: float
    reached: float
    bound: float
    method: str
    evaluations: int

    @property
    def proven(self) -> float:
        """Share of the optimum that is certain: by the bound of this problem or by the method's guarantee."""
        by_bound = self.reached / self.bound if self.bound > 0.0 else 1.0
        return max(min(by_bound, 1.0), GUARANTEES[self.method])


def choose(instance: Instance, budget: float, *, work: int = WORK, proving: bool = True) -> Choice:
    """Return the measures to take for a budget.

    Parameters
    ----------
    budget
        In the currency of the costs, 0 or more.
    work
        See `WORK`. It must not depend on the budget where a larger budget is to reach no fewer.
    proving
        Whether to look for a bound, which takes most of the time; infinite without.

    Raises
    ------
    OptionError
        The budget is negative or no number.
    """
    if not budget >= 0.0:
        msg = f"a budget is a sum of money, 0 or more, but got {budget!r}"
        raise OptionError(msg)
    n = len(instance)
    arrays = instance.start, instance.row, instance.chance
    alone = instance.worth
    chosen, total = np.empty(n, np.int64), np.empty(n)
    count, best, cut, extra, evaluations = greedy(
        *arrays, instance.cost, float(budget), 0.0, instance.weight.copy(), alone.copy(), chosen, total
    )  # fmt: skip
    picks = [int(j) for j in chosen[:cut]] + ([int(extra)] if extra >= 0 else [])
    method = "greedy"
    if n * n // 2 * instance.work <= work:
        method = "pairs"
    elif n * instance.work <= work:
        method = "one"
    if method != "greedy":
        found, other, used = guessed(
            *arrays, instance.cost, float(budget), instance.weight, alone, method == "pairs"
        )
        # What differs by rounding only is the same choice.
        if found > best * (1.0 + 1e-12):
            picks = [int(j) for j in other[:used]]
    order, gain = _in_order(instance, picks)
    reached = float(np.sum(gain))
    bound = np.inf
    if proving:
        bound = upper_bound(instance, budget, [int(j) for j in chosen[:count]])
    spent = float(np.sum(instance.cost[list(order)])) if order else 0.0
    return Choice(order, gain, spent, reached, max(bound, reached), method, int(evaluations))


def reached_by(instance: Instance, measures: Sequence[int]) -> float:
    """Return what some measures together reach, as the objective counts it."""
    left = instance.weight.copy()
    return sum(_taken(instance, j, left) for j in measures)


def gains_in_order(instance: Instance, measures: Sequence[int]) -> list[float]:
    """Return the people, each counted as one, whom each measure newly reaches after those before it."""
    left = (instance.weight if instance.people is None else instance.people).copy()
    return [_taken(instance, j, left) for j in measures]


def upper_bound(instance: Instance, budget: float, sequence: Sequence[int]) -> float:
    """Return people whom no choice within a budget can exceed.

    After any set of measures, the optimum adds at most what the others would add one by one; the best that money buys of
    that, in parts too, is quickly found (Leskovec et al., KDD 2007). The least over some beginnings of `sequence` counts.
    """
    n = len(instance)
    arrays = instance.start, instance.row, instance.chance
    left = instance.weight.copy()
    affordable = instance.cost <= budget
    gains = np.empty(n)
    at = set(np.unique(np.linspace(0, len(sequence), _PREFIXES).round().astype(int)).tolist())
    best, reached = np.inf, 0.0
    for k in range(len(sequence) + 1):
        if k in at:
            gains_of(*arrays, left, gains)
            best = min(best, reached + _in_parts(np.where(affordable, gains, 0.0), instance.cost, budget))  # fmt: skip
        if k < len(sequence):
            reached += _taken(instance, sequence[k], left)
    everything = instance.weight.copy()
    for j in np.flatnonzero(affordable):
        take(j, *arrays, everything)
    return float(min(best, float(np.sum(instance.weight - everything))))


def _in_parts(gains: F64, cost: F64, budget: float) -> float:
    """Return the most that a budget buys where measures can be taken in part."""
    free = cost <= 0.0
    total = float(gains[free].sum())
    gains, cost = gains[~free], cost[~free]
    order: NDArray[np.intp] = np.argsort(-gains / cost, kind="stable")
    spent = np.cumsum(cost[order])
    whole = int(np.searchsorted(spent, budget, side="right"))
    total += float(gains[order[:whole]].sum())
    if whole < order.size:
        rest = budget - (float(spent[whole - 1]) if whole else 0.0)
        total += float(gains[order[whole]] / cost[order[whole]]) * rest
    return total


def _in_order(
    instance: Instance, picks: Sequence[int]
) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Return a set of measures by what each adds for its money, and what it adds."""
    if not picks:
        return (), ()
    n = len(instance)
    some = sorted(picks)
    bound = np.zeros(n)
    for j in some:
        bound[j] = gain_of(j, instance.start, instance.row, instance.chance, instance.weight)
    chosen, total = np.empty(n, np.int64), np.empty(n)
    count, _, _, _, _ = greedy(
        instance.start, instance.row, instance.chance, instance.cost, np.inf, 0.0, instance.weight.copy(), bound, chosen, total
    )  # fmt: skip
    order = tuple(int(j) for j in chosen[:count])
    # What adds nothing beside the others is not bought.
    return order, tuple(np.diff(total[:count], prepend=0.0).tolist())


def _taken(instance: Instance, j: int, left: F64) -> float:
    arrays = instance.start, instance.row, instance.chance
    gain = float(gain_of(j, *arrays, left))
    take(j, *arrays, left)
    return gain
