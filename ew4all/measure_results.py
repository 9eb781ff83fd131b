"""What `ew4all plan measures` finds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ew4all import __version__
from ew4all.planning.costs import CURRENCY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.planning.measures import Measure
    from ew4all.results import InputFile

__all__ = ["CurvePoint", "MeasurePlan", "Optimum", "PlannedMeasure"]


@dataclass(frozen=True)
class PlannedMeasure:
    """A measure and what it brings.

    Attributes
    ----------
    alone
        People whom it would newly reach if nothing else was done.
    added
        People whom it newly reaches after those before it in the plan; None: it is not chosen.
    weighted
        The same as the objective counts them.
    """

    measure: Measure
    alone: float
    added: float | None = None
    weighted: float | None = None

    @property
    def cost_per_person(self) -> float | None:
        """Money for each person added to the plan; None where it is not chosen or adds nobody."""
        return self._each(self.added or 0.0)

    @property
    def cost_per_person_alone(self) -> float | None:
        """Money for each person whom it would reach if nothing else was done; None where that is nobody, or without a price."""
        return self._each(self.alone)

    def _each(self, people: float) -> float | None:
        cost = self.measure.cost
        return None if cost is None or people <= 0.0 else cost / people

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        m = self.measure
        place = {"lon": m.lon_deg, "lat": m.lat_deg} if math.isfinite(m.lon_deg) else {}
        return {
            "id": m.id,
            "kind": m.kind,
            "name": m.name,
            **place,
            **({"site": m.site} if m.site else {}),
            **({"zone": m.zone} if m.zone else {}),
            "cost": m.cost,
            "people_alone": self.alone,
            **({} if self.added is None else {"people_added": self.added}),
            **({} if self.weighted is None else {"objective_added": self.weighted}),
            **({} if self.added is None else {"cost_per_person": self.cost_per_person}),
            "cost_per_person_alone": self.cost_per_person_alone,
            "proposed_here": m.is_generated,
        }


@dataclass(frozen=True)
class Optimum:
    """How far from the best choice there is.

    Attributes
    ----------
    reached, bound
        Objective of the plan, and what no plan within the budget exceeds.
    proven
        Share of the optimum that is certain.
    method, guarantee
        How it was chosen, and the share of the optimum which that method always reaches.
    exact
        Objective of the exact optimum; None where it was not looked for or not found in time.
    """

    reached: float
    bound: float
    proven: float
    method: str
    guarantee: float
    exact: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the block of the JSON document."""
        exact = {}
        if self.exact is not None:
            exact = {"exact": self.exact, "of_exact": self.reached / self.exact if self.exact > 0.0 else 1.0}  # fmt: skip
        return {
            "objective": self.reached,
            "upper_bound": self.bound,
            "proven_share": self.proven,
            "method": self.method,
            "guarantee": self.guarantee,
            **exact,
        }


@dataclass(frozen=True)
class CurvePoint:
    """The plan for another budget: what it costs, and people newly reached."""

    budget: float
    cost: float
    people: float
    objective: float
    measures: int


@dataclass(frozen=True)
class MeasurePlan:
    """Result of `ew4all plan measures`.

    Attributes
    ----------
    people, unreached
        People of the study area, and those whom no channel reaches now.
    chosen
        In the order in which they bring most for their money.
    others
        Priced and not chosen, those that bring most for their money first.
    unpriced
        Of unknown cost: never chosen, never free.
    states
        From the state of the network to its share of the warnings.
    caution
        What must be known to read the numbers at all: it stands on every picture.
    """

    budget: float
    people: float
    unreached: float
    chosen: tuple[PlannedMeasure, ...]
    others: tuple[PlannedMeasure, ...]
    unpriced: tuple[PlannedMeasure, ...]
    optimum: Optimum
    curve: tuple[CurvePoint, ...]
    years: float
    objective: str
    states: Mapping[str, float]
    costs: Mapping[str, float | None]
    assumptions: Mapping[str, float]
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    currency: str = CURRENCY
    title: str | None = None
    caution: str | None = None
    version: str = __version__

    @property
    def cost(self) -> float:
        """Cost of the plan over its years."""
        return math.fsum(row.measure.cost or 0.0 for row in self.chosen)

    @property
    def reached(self) -> float:
        """People newly reached by the plan."""
        return math.fsum(row.added or 0.0 for row in self.chosen)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document, schema ``ew4all/plan-measures/1``."""
        reached, cost = self.reached, self.cost
        return {
            "schema": "ew4all/plan-measures/1",
            "version": self.version,
            **({"title": self.title} if self.title else {}),
            "budget": self.budget,
            "currency": self.currency,
            "years": self.years,
            "objective": self.objective,
            "states": dict(self.states),
            "people": {
                "total": self.people,
                "unreached_before": self.unreached,
                "newly_reached": reached,
                "unreached_after": max(self.unreached - reached, 0.0),
            },
            "cost": cost,
            "cost_per_person": cost / reached if reached > 0.0 else None,
            "chosen": [row.to_dict() for row in self.chosen],
            "optimum": self.optimum.to_dict(),
            "curve": [
                {"budget": p.budget, "cost": p.cost, "people": p.people, "objective": p.objective, "measures": p.measures}
                for p in self.curve
            ],
            "not_chosen": [row.to_dict() for row in self.others],
            "unpriced": [row.to_dict() for row in self.unpriced],
            "costs": dict(self.costs),
            "assumptions": dict(self.assumptions),
            "inputs": [i.to_dict() for i in self.inputs],
            "notes": list(self.notes),
        }  # fmt: skip
