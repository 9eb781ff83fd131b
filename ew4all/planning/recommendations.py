"""Recommendations of a plan: what to do, ranked by people gained, cost and readiness.

The rule: each recommendation has three places, 1 for the best, equal ones sharing the better place: by people newly reached (most
first), by cost for each of them (least first; what has no price comes last, it is never free), by readiness (what is certain first:
the share of the items it needs that are answered with yes, a *partly* counting half; at equal shares what may still be, an unknown
counting as yes). The sum of the three places ranks; at equal sums more people come first, then less cost, then the name. What is better
in one of the three and worse in none never comes later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ew4all.planning.costs import COSTS
from ew4all.planning.measures import KINDS, price_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ew4all.planning.checklist import Answer

__all__ = [
    "Advice",
    "Money",
    "Ranked",
    "Readiness",
    "label",
    "money_of",
    "ranked_advice",
    "readiness_of",
]

_CERTAIN: Final = {"yes": 1.0, "partly": 0.5, "no": 0.0, "unknown": 0.0}
_ROWS: Final = {row.name: row for row in COSTS}


@dataclass(frozen=True)
class Readiness:
    """How much of what a measure needs is there.

    Attributes
    ----------
    low, high
        Share of its items that is there: for certain, and at most, if everything unknown is.
    missing, unknown
        Items answered with no or partly, and those nobody answered.
    """

    low: float
    high: float
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Money:
    """A cost and its range; None: not known."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Advice:
    """One recommendation before it is ranked.

    Attributes
    ----------
    people, people_high
        Newly reached: at least, and at most; the same where it is known. None where it cannot be told.
    rows
        Where it comes from: identifiers of rows in a result.
    """

    kind: str
    name: str
    people: float | None
    people_high: float | None
    cost: Money
    readiness: Readiness
    source: str
    rows: tuple[str, ...]
    note: str = ""

    @property
    def cost_per_person(self) -> float | None:
        """Money for each person newly reached at least; None where one of the two is not known."""
        if self.cost.value is None or not self.people:
            return None
        return self.cost.value / self.people


@dataclass(frozen=True)
class Ranked:
    """A recommendation with its rank and its places by people, cost and readiness."""

    rank: int
    advice: Advice
    by_people: int
    by_cost: int
    by_readiness: int

    @property
    def total(self) -> int:
        """Sum of the places."""
        return self.by_people + self.by_cost + self.by_readiness


def readiness_of(kind: str, answers: Sequence[Answer]) -> Readiness:
    """Return how much of what a kind of measure needs is there; nothing needed is everything there."""
    needed = [one for one in answers if kind in one.item.measures]
    if not needed:
        return Readiness(1.0, 1.0, (), ())
    certain = math.fsum(_CERTAIN[one.answer] for one in needed)
    unknown = tuple(one.item.id for one in needed if one.answer == "unknown")
    missing = tuple(one.item.id for one in needed if one.answer in {"no", "partly"})
    return Readiness(certain / len(needed), (certain + len(unknown)) / len(needed), missing, unknown)  # fmt: skip


def money_of(
    kind: str,
    costs: Sequence[float],
    used: Mapping[str, float | None],
    years: float,
    *,
    people: float = 1.0,
    listed: bool = False,
) -> Money:
    """Return what measures of a kind cost together, with the range of the table of costs.

    Parameters
    ----------
    costs
        Of each measure, over the years of the plan.
    used
        Every price of the plan by name.
    people
        Of the country, for what is paid for each of them.
    listed
        Whether the prices are those of the user's own list, which has no range.
    """
    total = math.fsum(costs)
    names = [name for name in (kind, f"{kind}_least", f"{kind}_year") if name in _ROWS]
    is_own = listed or any(used.get(name) != _ROWS[name].value for name in names if name in used)
    if is_own or kind not in _ROWS:
        return Money(total)
    every = {**{row.name: row.value for row in COSTS}, **used}
    ends = [
        price_of(kind, {**every, **{name: getattr(_ROWS[name], end) for name in names}}, people).total(years)
        for end in ("low", "value", "high")
    ]  # fmt: skip
    low, middle, high = ends
    if low is None or high is None or not middle:
        return Money(total)
    return Money(total, total * low / middle, total * high / middle)


def ranked_advice(advice: Sequence[Advice]) -> tuple[Ranked, ...]:
    """Rank recommendations by the rule of this module; the order they come in does not matter."""
    people = _places(advice, lambda one: (-(one.people or 0.0),))
    cost = _places(advice, lambda one: (math.inf if one.cost_per_person is None else one.cost_per_person,))  # fmt: skip
    readiness = _places(advice, lambda one: (-one.readiness.low, -one.readiness.high))
    order = sorted(
        range(len(advice)),
        key=lambda k: (
            people[k] + cost[k] + readiness[k],
            -(advice[k].people or 0.0),
            math.inf if advice[k].cost.value is None else advice[k].cost.value,
            advice[k].name,
            advice[k].kind,
        ),
    )
    return tuple(
        Ranked(rank, advice[k], people[k], cost[k], readiness[k]) for rank, k in enumerate(order, 1)
    )


def label(kind: str) -> str:
    """Return the words for a kind of measure; a kind of another version is called as it is."""
    return KINDS[kind].label if kind in KINDS else kind


def _places(advice: Sequence[Advice], key: Callable[[Advice], tuple[float, ...]]) -> list[int]:
    """Return the place of each, 1 for the smallest key; equal ones share the better place."""
    keys = [tuple(round(part, 9) for part in key(one)) for one in advice]
    return [1 + sum(other < mine for other in keys) for mine in keys]
