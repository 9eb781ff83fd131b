"""What `target` found: the cells to address, whom they reach, miss and disturb, and how other rules would have done."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ew4all.coverage.target_choice import Choice
    from ew4all.coverage.tradeoff import Outcome
    from ew4all.results import InputFile

SCHEMA = "ew4all/target/1"


@dataclass(frozen=True)
class CellRow:
    """A cell to address: people who camp on it inside and outside the area, and the share of them inside.

    `added` says that a settlement's floor needs it.
    """

    id: str
    site: str
    technology: str
    operator: str
    lon_deg: float
    lat_deg: float
    inside: float
    outside: float
    share: float
    tai: str
    emergency_area: str
    added: bool


@dataclass(frozen=True)
class GroupRow:
    """A code to address; `is_cell` where a cell without a code is listed by itself."""

    code: str
    is_cell: bool
    operator: str
    cells: int
    inside: float
    outside: float
    share: float


@dataclass(frozen=True)
class RuleRow:
    """What another rule would do."""

    rule: str
    does: str
    outcome: Outcome


@dataclass(frozen=True)
class OperatorRow:
    """What one operator's cells do for its own customers."""

    name: str
    share: float
    outcome: Outcome


@dataclass(frozen=True)
class SettlementRow:
    """A settlement: its people in the area, those whom a cell serves, and those on an addressed cell."""

    name: str
    people: float
    served: float
    reached: float


@dataclass(frozen=True)
class BleedRow:
    """What GOV.UK's console would expect around the area."""

    bleed_m: float
    people: float
    km2: float


@dataclass(frozen=True)
class EnsembleRow:
    """People missed in an ensemble of outages: by the set chosen for it, and by the one chosen with every cell on air."""

    members: int
    missed_mean: float
    missed_worst: float
    unserved_mean: float
    nominal_missed_mean: float
    nominal_missed_worst: float
    over_reach_mean: float
    nominal_over_reach_mean: float


@dataclass(frozen=True, eq=False)
class Target:
    """Result of `ew4all.target`.

    `choice` holds the arrays; everything else is a table. `rule` is what was asked for. `without_geofence` is the same set of
    cells where no phone filters, None where none does anyway.
    """

    rule: Mapping[str, Any]
    outcome: Outcome
    in_area_people: float
    in_area_km2: float
    network_cells: int
    cells: tuple[CellRow, ...]
    groups: tuple[GroupRow, ...]
    operators: tuple[OperatorRow, ...]
    rules: tuple[RuleRow, ...]
    settlements: tuple[SettlementRow, ...]
    bleed: BleedRow
    ensemble: EnsembleRow | None
    choice: Choice
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    assumptions: Mapping[str, float] = field(default_factory=dict)
    title: str | None = None
    version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the document ``ew4all/target/1``; what does not apply is absent."""
        curve = self.choice.curve
        out: dict[str, Any] = {
            "schema": SCHEMA,
            "version": self.version,
            "rule": dict(self.rule),
            "people": {"in_area": self.in_area_people, **people_of(self.outcome)},
            "area_km2": {"in_area": self.in_area_km2, **area_of(self.outcome)},
            "network_cells": self.network_cells,
            "cells": [asdict(row) for row in self.cells],
        }
        if self.groups:
            out["groups"] = [asdict(row) for row in self.groups]
        out["operators"] = [
            {"name": o.name, "share": o.share, **outcome_dict(o.outcome)} for o in self.operators
        ]
        if self.settlements:
            out["settlements"] = [asdict(row) for row in self.settlements]
        out["rules"] = [
            {"rule": r.rule, "does": r.does, **outcome_dict(r.outcome)} for r in self.rules
        ]
        out["bleed"] = asdict(self.bleed)
        if self.ensemble is not None:
            out["ensemble"] = asdict(self.ensemble)
        out["curve"] = {
            # Above 1 nobody is addressed, which is the first corner.
            "tau": np.minimum(curve.tau, 1.0).tolist(),
            "cells": curve.cells.tolist(),
            "missed": curve.missed.tolist(),
            "over_reach": curve.over_reach.tolist(),
            "missed_km2": curve.missed_km2.tolist(),
            "over_reach_km2": curve.over_reach_km2.tolist(),
            "shown_over_reach": curve.shown_over_reach.tolist(),
        }
        out["assumptions"] = dict(self.assumptions)
        out["inputs"] = [i.to_dict() for i in self.inputs]
        out["notes"] = list(self.notes)
        return out


def people_of(outcome: Outcome) -> dict[str, float]:
    """Return the people of an outcome."""
    names = ("reached", "missed", "unserved", "over_reach", "shown_reached", "shown_over_reach")
    return {name: getattr(outcome, name) for name in names}


def area_of(outcome: Outcome) -> dict[str, float]:
    """Return the square kilometres of an outcome."""
    names = ("reached", "missed", "unserved", "over_reach")
    return {name: getattr(outcome, f"{name}_km2") for name in names}


def outcome_dict(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as nested blocks."""
    return {"cells": outcome.cells, "people": people_of(outcome), "area_km2": area_of(outcome)}
